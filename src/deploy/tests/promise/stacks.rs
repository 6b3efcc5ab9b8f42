//! Stacks as data, the edits that lead from a deployed to a wanted one, and their templates.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// The names of the stacks: the others may import what the first exports.
pub(crate) const NAMES: [&str; 3] = ["demo-first", "demo-second", "demo-third"];

const TABLES: [&str; 3] = ["Note", "Order", "User"];
const INDEXES: [&str; 4] = ["by-a", "by-b", "by-c", "by-d"];
const POLICIES: [&str; 3] = ["Retain", "Delete", "RetainExceptOnCreate"];

/// A table with a key and nothing else.
pub(crate) fn bare_table(policy: Option<&str>) -> Value {
    let mut table = json!({ "Type": "AWS::DynamoDB::Table", "Properties": {
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        "BillingMode": "PAY_PER_REQUEST",
    } });
    if let Some(policy) = policy {
        table["DeletionPolicy"] = json!(policy);
        table["UpdateReplacePolicy"] = json!(policy);
    }
    table
}

/// A stack.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct StackDef {
    /// By position in [`TABLES`].
    pub(crate) tables: BTreeMap<usize, TableDef>,
    /// A key of its own, and how it is retained.
    pub(crate) key: Option<&'static str>,
    /// Outputs with the ARN of a table; the second is exported.
    pub(crate) outputs: BTreeSet<usize>,
    pub(crate) exports: bool,
    pub(crate) imports: bool,
    pub(crate) parameter: Option<u8>,
    /// A parameter whose value is not shown.
    pub(crate) has_secret: bool,
    /// The tables of a nested stack, by position in [`TABLES`].
    pub(crate) child: Option<BTreeMap<usize, TableDef>>,
    /// Its template is at another URL.
    pub(crate) child_at_other_url: bool,
    /// The stack policy.
    pub(crate) policy: Option<usize>,
    pub(crate) is_protected: Option<bool>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) description: Option<u8>,
    /// The region is written as a reference.
    pub(crate) region_is_reference: bool,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TableDef {
    pub(crate) is_named: bool,
    pub(crate) other_key: bool,
    /// Position in [`INDEXES`], and whether it has the keys alone.
    pub(crate) indexes: BTreeMap<usize, bool>,
    pub(crate) ttl: bool,
    pub(crate) recovery: bool,
    pub(crate) tag: u8,
    pub(crate) is_encrypted: bool,
    pub(crate) deletion: Option<&'static str>,
    pub(crate) replacement: Option<&'static str>,
}

/// One difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    AddTable(usize, u8),
    RemoveTable(usize),
    Index(usize, usize),
    Projection(usize, usize),
    OtherKey(usize),
    TimeToLive(usize),
    Recovery(usize),
    TableTag(usize, u8),
    Encrypt(usize),
    DeletionPolicy(usize, usize),
    ReplacementPolicy(usize, usize),
    Key(usize),
    Output(usize),
    Export,
    Import,
    Parameter(u8),
    Tag(u8),
    Description(u8),
    Respell,
    Secret,
    /// The nested stack, with a table.
    Child,
    ChildTable(usize),
    ChildPolicy(usize, usize),
    ChildIndex(usize, usize),
    ChildKey(usize),
    ChildUrl,
    Policy(usize),
    Protection,
}

impl StackDef {
    /// One table without anything that is dangerous to touch.
    pub(crate) fn plain() -> Self {
        let table = TableDef { deletion: Some("Retain"), replacement: Some("Retain"), ..TableDef::default() };
        Self { tables: BTreeMap::from([(0, table)]), ..Self::default() }
    }

    pub(crate) fn edited(&self, edits: &[Edit]) -> Self {
        let mut stack = self.clone();
        for edit in edits {
            stack.edit(*edit);
        }
        if stack.tables.is_empty() {
            // A template without resources is refused by CloudFormation.
            stack.tables.insert(2, TableDef::default());
        }
        stack
    }

    fn edit(&mut self, edit: Edit) {
        let toggle = |set: &mut BTreeSet<usize>, one: usize| {
            if !set.remove(&one) {
                set.insert(one);
            }
        };
        match edit {
            Edit::AddTable(table, kind) => {
                let policy = POLICIES.get(usize::from(kind)).copied();
                let new = TableDef {
                    is_named: kind % 2 == 0,
                    deletion: policy,
                    replacement: policy.filter(|policy| *policy != "RetainExceptOnCreate"),
                    ..TableDef::default()
                };
                self.tables.entry(table).or_insert(new);
            }
            Edit::RemoveTable(table) => {
                self.tables.remove(&table);
            }
            Edit::Key(policy) => {
                self.key = if self.key.is_some() { None } else { Some(POLICIES[policy]) };
            }
            Edit::Output(table) => toggle(&mut self.outputs, table),
            Edit::Export => self.exports = !self.exports,
            Edit::Import => self.imports = !self.imports,
            Edit::Parameter(value) => {
                self.parameter = if self.parameter == Some(value) { None } else { Some(value) };
            }
            Edit::Tag(value) => {
                self.tags.insert("team".to_owned(), value.to_string());
            }
            Edit::Description(value) => self.description = Some(value),
            Edit::Secret => self.has_secret = !self.has_secret,
            Edit::Child => {
                self.child = match self.child {
                    Some(_) => None,
                    None => Some(BTreeMap::from([(0, TableDef::default())])),
                };
            }
            Edit::ChildUrl => self.child_at_other_url = !self.child_at_other_url,
            Edit::Policy(policy) => self.policy = Some(policy),
            Edit::Protection => self.is_protected = Some(self.is_protected != Some(true)),
            Edit::ChildTable(_) | Edit::ChildPolicy(..) | Edit::ChildIndex(..) | Edit::ChildKey(_) => {
                if let Some(tables) = &mut self.child {
                    edit_child(tables, edit);
                }
            }
            Edit::Respell => self.region_is_reference = !self.region_is_reference,
            Edit::Index(table, _)
            | Edit::Projection(table, _)
            | Edit::OtherKey(table)
            | Edit::TimeToLive(table)
            | Edit::Recovery(table)
            | Edit::TableTag(table, _)
            | Edit::Encrypt(table)
            | Edit::DeletionPolicy(table, _)
            | Edit::ReplacementPolicy(table, _) => {
                if let Some(table) = self.tables.get_mut(&table) {
                    table.edit(edit);
                }
            }
        }
    }

    /// Returns the template of the nested stack.
    pub(crate) fn child(&self) -> Option<Value> {
        let tables = self.child.as_ref()?.iter().map(|(table, def)| {
            let stage = self.parameter.map(|_| json!({ "Ref": "Stage" }));
            (TABLES[*table].to_owned(), def.resource("", false, [("stage", stage), ("", None)]))
        });
        let mut template = json!({ "Resources": tables.collect::<Map<_, _>>() });
        if self.parameter.is_some() {
            template["Parameters"]["Stage"] = json!({ "Type": "String" });
        }
        Some(template)
    }

    /// Returns where the template of the nested stack of the stack at a position of [`NAMES`] is.
    pub(crate) fn child_place(&self, position: usize) -> String {
        format!("{}{}", NAMES[position], if self.child_at_other_url { "-2" } else { "" })
    }

    pub(crate) fn stack_policy(&self) -> Option<Value> {
        let statement = |effect: &str, action: &str, resource: &str| json!({ "Effect": effect, "Action": action, "Principal": "*", "Resource": resource });
        let allow = statement("Allow", "Update:*", "*");
        Some(match self.policy? {
            0 => json!({ "Statement": [allow] }),
            1 => json!({ "Statement": [allow, statement("Deny", "Update:Delete", "*")] }),
            _ => {
                json!({ "Statement": [allow, statement("Deny", "Update:Modify", "LogicalResourceId/Note")] })
            }
        })
    }

    /// Returns the template of the stack at a position of [`NAMES`].
    pub(crate) fn template(&self, position: usize, exported: bool) -> Value {
        let mut resources = Map::new();
        if let Some(policy) = self.key {
            let body = json!({ "Type": "AWS::KMS::Key", "DeletionPolicy": policy, "Properties": {
                "KeyPolicy": { "Version": "2012-10-17", "Statement": [{
                    "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::000000000000:root" }, "Action": "kms:*", "Resource": "*",
                }] },
            } });
            resources.insert("Key".to_owned(), body);
        }
        if self.child.is_some() {
            let url = format!("https://s3.amazonaws.com/templates/{}", self.child_place(position));
            let mut nested =
                json!({ "Type": "AWS::CloudFormation::Stack", "Properties": { "TemplateURL": url } });
            if self.parameter.is_some() {
                nested["Properties"]["Parameters"] = json!({ "Stage": { "Ref": "Stage" } });
            }
            resources.insert("Child".to_owned(), nested);
        }
        for (table, def) in &self.tables {
            let region =
                if self.region_is_reference { json!({ "Ref": "AWS::Region" }) } else { json!("eu-west-1") };
            let stage = self.parameter.map(|_| json!({ "Ref": "Stage" }));
            let secret = self.has_secret.then(|| json!({ "Ref": "Secret" }));
            let extra = [("region", Some(region)), ("stage", stage), ("secret", secret)];
            let name = format!("{}-{}", NAMES[position], TABLES[*table].to_lowercase());
            resources.insert(TABLES[*table].to_owned(), def.resource(&name, self.key.is_some(), extra));
        }
        let mut template = json!({ "Resources": resources });
        if let Some(value) = self.parameter {
            template["Parameters"]["Stage"] =
                json!({ "Type": "String", "Default": format!("stage-{value}") });
        }
        if self.has_secret {
            template["Parameters"]["Secret"] =
                json!({ "Type": "String", "NoEcho": true, "Default": "swordfish" });
        }
        if let Some(value) = self.description {
            template["Description"] = json!(format!("description {value}"));
        }
        for table in self.outputs.iter().filter(|table| self.tables.contains_key(table)) {
            let value = json!({ "Fn::GetAtt": [TABLES[*table], "Arn"] });
            template["Outputs"][format!("{}Arn", TABLES[*table])] = json!({ "Value": value });
        }
        if self.exports {
            let export =
                json!({ "Value": "exported", "Export": { "Name": format!("{}-word", NAMES[position]) } });
            template["Outputs"]["Word"] = export;
        }
        if self.imports && exported {
            let import = json!({ "Value": { "Fn::ImportValue": format!("{}-word", NAMES[0]) } });
            template["Outputs"]["Imported"] = import;
        }
        template
    }
}

/// One difference in a nested stack, which keeps a table.
fn edit_child(tables: &mut BTreeMap<usize, TableDef>, edit: Edit) {
    match edit {
        Edit::ChildTable(table) => {
            if tables.len() > 1 && tables.remove(&table).is_some() {
                return;
            }
            tables.entry(table).or_default();
        }
        Edit::ChildPolicy(table, policy) => {
            if let Some(table) = tables.get_mut(&table) {
                table.edit(Edit::DeletionPolicy(0, policy));
                table.edit(Edit::ReplacementPolicy(0, policy));
            }
        }
        Edit::ChildIndex(table, index) => {
            if let Some(table) = tables.get_mut(&table) {
                table.edit(Edit::Index(0, index));
            }
        }
        Edit::ChildKey(table) => {
            if let Some(table) = tables.get_mut(&table) {
                table.edit(Edit::OtherKey(0));
            }
        }
        _ => {}
    }
}

impl TableDef {
    fn edit(&mut self, edit: Edit) {
        match edit {
            Edit::Index(_, index) => {
                let removed = self.indexes.remove(&index);
                if removed.is_none() {
                    self.indexes.insert(index, false);
                }
            }
            Edit::Projection(_, index) => {
                if let Some(keys_only) = self.indexes.get_mut(&index) {
                    *keys_only = !*keys_only;
                }
            }
            Edit::OtherKey(_) => self.other_key = !self.other_key,
            Edit::TimeToLive(_) => self.ttl = !self.ttl,
            Edit::Recovery(_) => self.recovery = !self.recovery,
            Edit::TableTag(_, value) => self.tag = value,
            Edit::Encrypt(_) => self.is_encrypted = !self.is_encrypted,
            Edit::DeletionPolicy(_, policy) => self.deletion = POLICIES.get(policy).copied(),
            Edit::ReplacementPolicy(_, policy) => self.replacement = POLICIES[..2].get(policy).copied(),
            _ => {}
        }
    }

    fn resource(
        &self,
        name: &str,
        has_key: bool,
        extra: impl IntoIterator<Item = (&'static str, Option<Value>)>,
    ) -> Value {
        let key = if self.other_key { "other" } else { "id" };
        let hash = |name: &str| json!([{ "AttributeName": name, "KeyType": "HASH" }]);
        let names = self.indexes.keys().map(|index| INDEXES[*index]);
        let attributes = [key].into_iter().chain(names.clone().map(|name| &name[3..]));
        let attribute = |name| json!({ "AttributeName": name, "AttributeType": "S" });
        let tags = [("tag", (self.tag > 0).then(|| json!(self.tag.to_string())))].into_iter().chain(extra);
        let tag = |(key, value): (&str, Option<Value>)| Some(json!({ "Key": key, "Value": value? }));
        let mut properties = json!({
            "AttributeDefinitions": attributes.map(attribute).collect::<Vec<_>>(),
            "KeySchema": hash(key),
            "BillingMode": "PAY_PER_REQUEST",
            "Tags": tags.filter_map(tag).collect::<Vec<_>>(),
        });
        let index = |(index, keys_only): (&usize, &bool)| {
            let projection = if *keys_only { "KEYS_ONLY" } else { "ALL" };
            json!({
                "IndexName": INDEXES[*index],
                "KeySchema": hash(&INDEXES[*index][3..]),
                "Projection": { "ProjectionType": projection },
            })
        };
        let indexes: Vec<Value> = self.indexes.iter().map(index).collect();
        let settings = [
            ("TableName", self.is_named, json!(name)),
            ("GlobalSecondaryIndexes", !indexes.is_empty(), json!(indexes)),
            ("TimeToLiveSpecification", self.ttl, json!({ "AttributeName": "expires", "Enabled": true })),
            (
                "PointInTimeRecoverySpecification",
                self.recovery,
                json!({ "PointInTimeRecoveryEnabled": true }),
            ),
            (
                "SSESpecification",
                self.is_encrypted && has_key,
                json!({ "SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": { "Fn::GetAtt": ["Key", "Arn"] } }),
            ),
        ];
        for (name, _, value) in settings.into_iter().filter(|(_, is_set, _)| *is_set) {
            properties[name] = value;
        }
        let mut resource = json!({ "Type": "AWS::DynamoDB::Table", "Properties": properties });
        for (name, policy) in [("DeletionPolicy", self.deletion), ("UpdateReplacePolicy", self.replacement)] {
            if let Some(policy) = policy {
                resource[name] = json!(policy);
            }
        }
        resource
    }
}
