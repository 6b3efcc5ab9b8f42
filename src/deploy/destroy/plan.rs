//! What the deletion of a stack does.

use futures_util::stream::{self, StreamExt as _};
use tablewright_cloudformation::stack;
use tablewright_cloudformation::{ApiErrorKind, Client, StackClass};
use tablewright_dynamodb::{Backup, LiveTable, Reading, RecoveryWindow, Unreadable};

use crate::consent::ResourcePath;
use crate::destroy::refusal::{KeyInUse, keys_in_use};
use crate::destroy::tree::{DeployedStack, FoundResource, read_tree};
use crate::error::Error;
use crate::target::Target;

/// How many exports are looked up, and how many tables are asked for their backups, at the same time: ListImports and ListBackups
/// take only some calls a second.
const FEW: usize = 4;

/// What the deletion of a stack does.
#[derive(Clone, Debug)]
pub struct DestroyPlan {
    /// The stack.
    pub stack: stack::Stack,
    /// The resources of the stack and of the stacks nested in it, in the order of CloudFormation. Resources that do not exist, and
    /// tables that were deleted by other means, are left out.
    pub resources: Vec<DestroyedResource>,
    /// The exports that other stacks import.
    pub exports_in_use: Vec<ExportInUse>,
    /// The keys that are deleted, and that tables which stay are encrypted with.
    pub keys_in_use: Vec<KeyInUse>,
    /// Why it is not known who imports the exports, if that could not be read.
    pub imports_unreadable: Option<Unreadable>,
}

/// A resource of a stack that is deleted.
#[derive(Clone, Debug, PartialEq)]
pub struct DestroyedResource {
    /// Its logical id, after those of the nested stacks that lead to it, such as `Child/Orders`.
    pub path: String,
    /// Its type.
    pub resource_type: String,
    /// Its name in the account.
    pub physical_id: Option<String>,
    /// What becomes of it.
    pub fate: Fate,
    /// The table as it is, where it is a table.
    pub table: Option<TableToLose>,
}

/// What becomes of a resource when its stack is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is deleted.
    Deleted,
    /// It is deleted after a snapshot was made of it.
    Snapshot,
    /// It is retained, with all that it holds.
    Retained,
    /// Its deletion policy is an expression, so only CloudFormation knows.
    Unknown,
}

/// A table of a stack that is deleted.
#[derive(Clone, Debug, PartialEq)]
pub struct TableToLose {
    /// The table as it is. Never [`Reading::Missing`].
    pub live: Reading<LiveTable>,
    /// Whether it is protected against deletion, by its template or as it is.
    pub is_protected: bool,
    /// The window of point-in-time recovery; only read of tables that are not retained.
    pub recovery: Option<Reading<Option<RecoveryWindow>>>,
    /// The newest backup; only read of tables that are not retained.
    pub last_backup: Option<Reading<Option<Backup>>>,
}

/// An export of a stack that other stacks import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportInUse {
    /// The export.
    pub export: String,
    /// The names of the stacks that import it.
    pub stacks: Vec<String>,
}

/// Plans the deletion of a stack; `None` when there is none of that name. Reads only.
///
/// # Errors
///
/// When the stack, its resources or its template cannot be read. Tables and imports that cannot be read are no error: the plan says so.
pub async fn plan_destroy(target: &Target, stack_name: &str) -> Result<Option<DestroyPlan>, Error> {
    let client = &target.cloudformation;
    let Some(stack) = stack::describe(client, stack_name).await? else { return Ok(None) };
    // By its ARN, a deleted stack is still found.
    if stack.status.class() == StackClass::Gone {
        return Ok(None);
    }
    let tree = read_tree(client, &stack).await?;
    let resources = read_tables(target, &tree).await;
    let (exports_in_use, imports_unreadable) = exports_in_use(client, &tree).await?;
    let keys_in_use = keys_in_use(&tree, &resources);
    Ok(Some(DestroyPlan { stack, resources, exports_in_use, keys_in_use, imports_unreadable }))
}

impl DestroyPlan {
    /// Returns the tables whose items are lost, or may be.
    pub fn lost_tables(&self) -> impl Iterator<Item = (&DestroyedResource, &TableToLose)> {
        let lost = self.resources.iter().filter(|resource| resource.fate != Fate::Retained);
        lost.filter_map(|resource| Some((resource, resource.table.as_ref()?)))
    }

    /// Returns the tables whose loss is not consented to. `environment` and `stack` are the words by which consents name the stack.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownConsent`] for a consent that names no table that is lost: a misspelled name must not pass for one.
    pub fn not_consented(
        &self,
        environment: &str,
        stack: &str,
        consents: &[ResourcePath],
    ) -> Result<Vec<ResourcePath>, Error> {
        let path = |(resource, _): (&DestroyedResource, _)| ResourcePath {
            environment: environment.to_owned(),
            stack: stack.to_owned(),
            logical_id: resource.path.clone(),
        };
        let mut lost: Vec<ResourcePath> = self.lost_tables().map(path).collect();
        if let Some(unknown) = consents.iter().find(|consent| !lost.contains(consent)) {
            let known = lost.iter().map(ToString::to_string).collect();
            return Err(Error::UnknownConsent { resource: unknown.clone(), known });
        }
        lost.retain(|path| !consents.contains(path));
        Ok(lost)
    }

    /// Returns the resources that are deleted by this plan and not by one that was approved.
    pub(crate) fn not_in(&self, approved: &Self) -> Vec<String> {
        let is_approved = |resource: &DestroyedResource| {
            approved.resources.iter().any(|other| {
                (&other.path, &other.resource_type, &other.physical_id)
                    == (&resource.path, &resource.resource_type, &resource.physical_id)
                    && other.fate != Fate::Retained
            })
        };
        let deleted = self.resources.iter().filter(|resource| resource.fate != Fate::Retained);
        deleted.filter(|resource| !is_approved(resource)).map(|resource| resource.path.clone()).collect()
    }
}

/// Reads the tables of all stacks, several at once.
async fn read_tables(target: &Target, tree: &[DeployedStack]) -> Vec<DestroyedResource> {
    let all = tree.iter().flat_map(|stack| stack.resources.iter().map(move |resource| (stack, resource)));
    let read = stream::iter(all).map(async |(stack, resource)| {
        let table = if is_table(&resource.resource_type) {
            read_table(target, stack, resource).await
        } else {
            Ok(None)
        };
        table.ok().map(|table| DestroyedResource {
            path: format!("{}{}", stack.prefix, resource.logical_id),
            resource_type: resource.resource_type.clone(),
            physical_id: resource.physical_id.clone(),
            fate: resource.fate,
            table,
        })
    });
    let read: Vec<_> = read.buffered(target.table_polling.concurrency.max(1)).collect().await;
    let mut resources: Vec<DestroyedResource> = read.into_iter().flatten().collect();
    let lost = resources.iter_mut().filter(|resource| resource.fate != Fate::Retained);
    let lost = lost.filter_map(|resource| Some((resource.physical_id.clone()?, resource.table.as_mut()?)));
    let backups = stream::iter(lost).map(async |(name, table)| {
        table.recovery = Some(tablewright_dynamodb::recovery_window(&target.dynamodb, &name).await);
        table.last_backup = Some(tablewright_dynamodb::last_backup(&target.dynamodb, &name).await);
    });
    backups.buffered(FEW).collect::<Vec<()>>().await;
    resources
}

/// The table does not exist.
struct Gone;

async fn read_table(
    target: &Target,
    stack: &DeployedStack,
    resource: &FoundResource,
) -> Result<Option<TableToLose>, Gone> {
    let Some(name) = &resource.physical_id else { return Err(Gone) };
    let live = tablewright_dynamodb::live_table(&target.dynamodb, name).await;
    if live == Reading::Missing {
        return Err(Gone);
    }
    let properties = &stack.template["Resources"][&resource.logical_id]["Properties"];
    // A global table has the setting in each of its replicas, and DynamoDB tells that of one Region.
    let replicas = properties["Replicas"].as_array().into_iter().flatten();
    let by_template =
        replicas.chain([properties]).any(|settings| settings["DeletionProtectionEnabled"] == true);
    let is_global = resource.resource_type == GLOBAL_TABLE;
    let is_protected = match live.found() {
        Some(live) => live.deletion_protection || (is_global && by_template),
        None => by_template,
    };
    Ok(Some(TableToLose { live, is_protected, recovery: None, last_backup: None }))
}

/// Finds out who imports the exports of the stacks that are deleted. Stacks that are deleted themselves do not count.
async fn exports_in_use(
    client: &Client,
    tree: &[DeployedStack],
) -> Result<(Vec<ExportInUse>, Option<Unreadable>), Error> {
    let deleted = || tree.iter().filter(|stack| !stack.is_retained);
    let exports = deleted().flat_map(|stack| &stack.exports);
    let imports = stream::iter(exports)
        .map(async |export| (export, stack::importers(client, export).await))
        .buffered(FEW)
        .collect::<Vec<_>>()
        .await;
    let (mut in_use, mut unreadable) = (Vec::new(), None);
    for (export, importers) in imports {
        match importers {
            Ok(mut stacks) => {
                stacks.retain(|name| !deleted().any(|stack| stack.name == *name));
                if !stacks.is_empty() {
                    in_use.push(ExportInUse { export: export.clone(), stacks });
                }
            }
            Err(error) => match &error.kind {
                ApiErrorKind::Denied { .. } => {
                    let permission = Some("cloudformation:ListImports");
                    unreadable = Some(Unreadable { permission, message: error.message.clone() });
                }
                _ => return Err(error.into()),
            },
        }
    }
    Ok((in_use, unreadable))
}

pub(super) const GLOBAL_TABLE: &str = "AWS::DynamoDB::GlobalTable";

pub(super) fn is_table(resource_type: &str) -> bool {
    resource_type == "AWS::DynamoDB::Table" || resource_type == GLOBAL_TABLE
}
