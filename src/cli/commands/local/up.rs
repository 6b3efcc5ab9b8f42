use std::io::Write as _;
use std::path::PathBuf;

use tablewright::{Stack, Table};
use tablewright_dynamodb::local::{Call, Deployed, Operation, create, update};
use tablewright_sam::{RegionsError, env_json};

use crate::args::{Common, select};
use crate::commands::local::endpoint::{Endpoint, EndpointArgs};
use crate::commands::local::env_file::EnvFile;
use crate::commands::local::refused::{is_unknown_operation, no_requests, refused};
use crate::commands::sam::no_regions;
use crate::error::Result;
use crate::event_loop::run;
use crate::exit::Exit;
use crate::report::print;

/// Create the tables of the stacks from the definitions, and update existing ones
///
/// Nothing is created on AWS: requires `--endpoint-url`, `--sandbox`, or one of the variables AWS_ENDPOINT_URL_DYNAMODB and
/// AWS_ENDPOINT_URL. Any credentials are accepted.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Stacks whose tables to create (default: all)
    #[arg(value_name = "STACK")]
    stacks: Vec<String>,
    #[command(flatten)]
    endpoint: EndpointArgs,
    /// Send and write nothing; print a document for `aws dynamodb create-table --cli-input-json` for each table
    #[arg(long)]
    dry_run: bool,
    /// Write the table names to this file, for `sam local --env-vars`; other entries are kept
    #[arg(long, value_name = "FILE")]
    env_json: Option<PathBuf>,
}

/// A table, and the requests that create it or update it to its definition.
struct Work<'s> {
    stack: &'s Stack,
    table: &'s Table,
    name: String,
    calls: Vec<Call>,
}

/// The result for a table.
#[derive(Default)]
struct Done {
    created: bool,
    updated: Vec<String>,
    /// Settings that the endpoint does not implement.
    left_out: Vec<String>,
}

pub(super) fn up(common: &Common, args: &Args) -> Result<Exit> {
    let project = common.project()?;
    let (env, env_config) = common.env(&project)?;
    // Returns an error before anything is built.
    let place = (!args.dry_run).then(|| args.endpoint.place()).transpose()?;
    let assembly = common.sound_assembly(&project, &env)?;
    let stacks = select(&assembly, &args.stacks)?;
    let mut wanted = Vec::new();
    for stack in &stacks {
        wanted.extend(create(stack).map_err(no_requests)?.into_iter().map(|call| (*stack, call)));
    }
    let Some(place) = place else {
        for (_, call) in &wanted {
            print(&format!("{:#}\n", call.input))?;
        }
        return Ok(Exit::Done);
    };
    let file = args.env_json.as_deref().map(EnvFile::read).transpose()?;
    let variables =
        env_json(stacks.iter().copied()).map_err(|problem| no_regions(RegionsError::Problem(problem)))?;
    run(async {
        let endpoint = place.connect(&project.scratch(), env_config.region.clone()).await?;
        // All tables are compared before the first one is changed, so that an impossible change is an error before any change.
        let mut works = Vec::new();
        for (stack, call) in wanted {
            works.push(look(&endpoint, stack, call).await?);
        }
        for work in &works {
            let done = bring(&endpoint, work).await.map_err(|error| {
                let context =
                    format!("{}: table `{}` cannot be updated to its definition", work.table.at, work.name);
                error.context(context).at(Some(work.table.at.clone()))
            })?;
            if !common.quiet {
                let _ = writeln!(anstream::stderr(), "{}  {}  {}", work.stack.id, work.name, done.told());
            }
        }
        Ok(())
    })?;
    if let Some(file) = file
        && file.write(&variables)?
        && !common.quiet
    {
        let _ = writeln!(anstream::stderr(), "Wrote {}", file.path.display());
    }
    Ok(Exit::Done)
}

/// Returns the requests that create a table or update it to its definition.
async fn look<'s>(endpoint: &Endpoint, stack: &'s Stack, create: Call) -> Result<Work<'s>> {
    let table = stack.tables.iter().find(|table| table.id == create.table);
    let table = table.expect("a call is about a table of its stack");
    let name = create.input["TableName"].as_str().unwrap_or_default().to_owned();
    let calls = match endpoint.describe(&name).await? {
        None => vec![create],
        Some(_) => {
            endpoint.settle(&name).await?;
            changes(stack, table, &endpoint.deployed(&name).await?)?
        }
    };
    Ok(Work { stack, table, name, calls })
}

fn changes(stack: &Stack, table: &Table, deployed: &Deployed) -> Result<Vec<Call>> {
    update(stack, &table.id, deployed).map_err(no_requests)
}

/// Sends the requests of a table, waiting until it is ACTIVE before each.
async fn bring(endpoint: &Endpoint, work: &Work<'_>) -> Result<Done> {
    let mut done = Done::default();
    for call in &work.calls {
        done.take(endpoint, &work.name, call).await?;
    }
    if done.created {
        let deployed = endpoint.deployed(&work.name).await?;
        let mut rest = changes(work.stack, work.table, &deployed)?;
        // CreateTable has all settings; the endpoint would ignore again what it ignored then.
        rest.retain(|call| call.operation != Operation::UpdateTable);
        for call in &rest {
            done.take(endpoint, &work.name, call).await?;
        }
    }
    Ok(done)
}

impl Done {
    async fn take(&mut self, endpoint: &Endpoint, table: &str, call: &Call) -> Result<()> {
        match endpoint.send(call.operation.as_str(), &call.input).await {
            Ok(_) if call.operation == Operation::CreateTable => self.created = true,
            Ok(_) => add(&mut self.updated, what(call)),
            Err(error) if is_unknown_operation(&error) => add(&mut self.left_out, what(call)),
            Err(error) => return Err(refused(error)),
        }
        endpoint.settle(table).await
    }

    fn told(&self) -> String {
        let updated = self.updated.join(", ");
        let mut told = match (self.created, updated.as_str()) {
            (true, _) => "created".to_owned(),
            (false, "") if !self.left_out.is_empty() => "unchanged".to_owned(),
            (false, "") => "up to date".to_owned(),
            (false, updated) => format!("updated: {updated}"),
        };
        if !self.left_out.is_empty() {
            told.push_str(&format!("; not supported by the endpoint: {}", self.left_out.join(", ")));
        }
        told
    }
}

fn add(words: &mut Vec<String>, word: String) {
    if !words.contains(&word) {
        words.push(word);
    }
}

/// Returns the members that a request changes, as named in the API.
fn what(call: &Call) -> String {
    match call.operation {
        Operation::CreateTable => "CreateTable".to_owned(),
        Operation::UpdateTimeToLive => "TimeToLive".to_owned(),
        Operation::TagResource | Operation::UntagResource => "Tags".to_owned(),
        Operation::UpdateTable => match call.input["GlobalSecondaryIndexUpdates"][0].as_object() {
            // A change of the billing mode includes the indexes.
            Some(index) if call.input.get("BillingMode").is_none() => {
                let (action, index) = index.iter().next().expect("an update of an index does something");
                format!("{action} {}", index["IndexName"].as_str().unwrap_or_default())
            }
            _ => {
                let members = call.input.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
                let members = members.filter(|name| *name != "TableName");
                members.filter(|name| *name != "GlobalSecondaryIndexUpdates").collect::<Vec<_>>().join(", ")
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::{Call, Operation, what};

    #[test]
    fn what_a_request_changes() {
        #[track_caller]
        fn check(operation: Operation, input: Json, expected: &str) {
            assert_eq!(what(&Call { table: "Note".to_owned(), operation, input }), expected);
        }
        let units = json!({ "ReadCapacityUnits": 1, "WriteCapacityUnits": 1 });
        let indexes = json!([{ "Update": { "IndexName": "byTime", "ProvisionedThroughput": units } }]);
        let billing = json!({
            "TableName": "notes",
            "BillingMode": "PROVISIONED",
            "ProvisionedThroughput": units,
            "GlobalSecondaryIndexUpdates": indexes,
        });
        check(Operation::UpdateTable, billing, "BillingMode, ProvisionedThroughput");
        let index = json!({ "TableName": "notes", "GlobalSecondaryIndexUpdates": indexes });
        check(Operation::UpdateTable, index, "Update byTime");
        let index = json!([{ "Delete": { "IndexName": "byTime" } }]);
        check(Operation::UpdateTable, json!({ "GlobalSecondaryIndexUpdates": index }), "Delete byTime");
        check(Operation::UpdateTimeToLive, json!({ "TableName": "notes" }), "TimeToLive");
        check(Operation::UntagResource, json!({ "TagKeys": ["team"] }), "Tags");
    }
}
