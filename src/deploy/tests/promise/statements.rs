//! The five statements, asserted from the record of what was executed and from what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use aws_sdk_cloudformation::types::StackEvent;
use serde_json::Value;

use crate::colleague::{self, Done};
use crate::interposer::Script;
use crate::record::{Call, Executed, Record, stack_name};
use crate::subject::{Loss, Said, Told, WantedStack, Wish, deploy};
use crate::world::{Direct, REGION, StackState, TableState, World};

/// More virtual time than any rollout of a test needs.
const TIME_LIMIT: u64 = 6 * 3_600;

/// Types that hold data, or without which data is unreadable.
const DATA_TYPES: [&str; 3] = ["AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", "AWS::KMS::Key"];

/// Deploys, and returns what was said and which statements are broken, a line each.
pub(crate) async fn judged(world: &World, wish: &Wish, script: Script) -> (Told, Vec<String>) {
    let started = world.direct.clock.now();
    // Unoptimized, these futures are too large for the stack of a test's thread.
    let told = Box::pin(deploy(world, wish, script)).await;
    let broken = Box::pin(broken(world, wish, &told, started)).await;
    (told, broken)
}

/// `started` is the virtual time at which the rollout began.
async fn broken(world: &World, wish: &Wish, told: &Told, started: SystemTime) -> Vec<String> {
    let direct = &world.direct;
    let record = std::mem::take(&mut *world.interposer.record());
    let mut broken = Vec::new();
    if record.is_endless {
        broken.push("4: the rollout does not end".to_owned());
    }
    let took = direct.clock.now().duration_since(started).unwrap_or_default().as_secs();
    if took > TIME_LIMIT {
        broken.push(format!("4: the rollout took {took} s"));
    }
    for wanted in &wish.stacks {
        let of_stack = OfStack { wanted, wish, record: &record };
        broken.extend(of_stack.executions());
        broken.extend(of_stack.success(told, direct).await);
    }
    broken.extend(endings(&record, told));
    broken.extend(others(&record, wish, direct).await);
    // What was begun goes on to its end before it is asked what is gone.
    direct.wait(4 * 3_600);
    broken.extend(losses(&record, wish, direct, started).await);
    broken
}

struct OfStack<'a> {
    wanted: &'a WantedStack,
    wish: &'a Wish,
    record: &'a Record,
}

impl OfStack<'_> {
    fn executed(&self) -> impl Iterator<Item = &Executed> {
        self.record.executed.iter().filter(|executed| executed.stack == self.wanted.name)
    }

    /// Returns the wanted stack. What is not given stays as it is deployed.
    fn wanted_atoms(&self, deployed: &StackState) -> Atoms {
        let deployed_values = &deployed.parameters;
        let declared = self.wanted.template["Parameters"].as_object().into_iter().flatten();
        let value = |(name, body): (&String, &Value)| {
            let given = self.wish.parameters.get(name).or_else(|| deployed_values.get(name)).cloned();
            let default = || body["Default"].as_str().unwrap_or_default().to_owned();
            let is_hidden = body["NoEcho"] == true;
            (name.clone(), if is_hidden { "****".to_owned() } else { given.unwrap_or_else(default) })
        };
        let options = &self.wish.options;
        let alarms = options.rollback.as_ref().map(|rollback| rollback.alarms.clone());
        let parameters = declared.map(value).collect();
        let children = self.wanted.children.iter().map(|(id, template)| {
            let given =
                resolved(&self.wanted.template["Resources"][id]["Properties"]["Parameters"], &parameters);
            let given = given.as_object().into_iter().flatten();
            let given =
                given.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()));
            let (template, parameters) = (template.clone(), given.collect());
            (id.clone(), StackState { template, parameters, ..StackState::default() })
        });
        atoms(&StackState {
            template: self.wanted.template.clone(),
            tags: self.wanted.tags.clone(),
            children: children.collect(),
            parameters,
            topics: options.notification_arns.clone().unwrap_or_else(|| deployed.topics.clone()),
            alarms: alarms.unwrap_or_else(|| deployed.alarms.clone()),
            ..StackState::default()
        })
    }

    /// Statement 1: each difference that an execution made was between the deployed stack that the plan was made from and the
    /// wanted one, and began where the plan or one of its steps had left it.
    fn executions(&self) -> Vec<String> {
        let nothing = vec![None];
        let planned = self.record.planned.get(self.wanted.name).unwrap_or(&nothing);
        let mut planned: Vec<(Atoms, Atoms)> = planned
            .iter()
            .map(|state| {
                let state = state.clone().unwrap_or_default();
                (atoms(&state), self.wanted_atoms(&state))
            })
            .collect();
        // What happens in nested stacks is shown by the first change set.
        let nested_shown = self.record.nested_shown.get(self.wanted.name);
        planned.extend(nested_shown.map(|(before, after)| (nested_atoms(before), nested_atoms(after))));
        let mut steps: Vec<Atoms> = Vec::new();
        let mut broken = Vec::new();
        for (number, executed) in self.executed().enumerate() {
            let before = executed.before.as_ref().map(atoms).unwrap_or_default();
            let after = atoms(&executed.after);
            for place in places(&before, &after) {
                let (from, to) = (before.get(place), after.get(place));
                let is_approved = planned.iter().any(|(deployed, wanted)| {
                    let began =
                        from == deployed.get(place) || steps.iter().any(|step| from == step.get(place));
                    let is_shown = deployed.get(place) != wanted.get(place);
                    is_shown && began && (to == wanted.get(place) || is_on_the_way(place, to))
                });
                if !is_approved {
                    let shown: Vec<_> = planned
                        .iter()
                        .map(|(deployed, wanted)| (deployed.get(place), wanted.get(place)))
                        .collect();
                    broken.push(format!(
                        "1: step {} of {} took {place} from {from:?} to {to:?}; shown was {shown:?}",
                        number + 1,
                        self.wanted.name
                    ));
                }
            }
            steps.push(after);
        }
        broken
    }

    /// Statement 2: a success was one when it was last looked.
    async fn success(&self, told: &Told, direct: &Direct) -> Vec<String> {
        let is_looked_at = match told.stacks.get(self.wanted.name) {
            Some(Said::Done { usable }) => *usable,
            Some(Said::Unchanged) => false,
            _ => return Vec::new(),
        };
        let name = self.wanted.name;
        let last_execution = self.executed().map(|executed| executed.call).max().unwrap_or_default();
        let (looked, state) = match self.record.last_read.get(name) {
            Some((call, state)) if *call > last_execution => (*call, state.clone()),
            _ => (usize::MAX, direct.stack(name).await),
        };
        let Some(state) = state else { return vec![format!("2: {name} is done and does not exist")] };
        let (deployed, wanted) = (atoms(&state), self.wanted_atoms(&state));
        // CloudFormation finds no change in these alone, and so cannot apply them.
        let is_text = |place: &str| {
            matches!(place, "Description" | "Settings/Alarms") || place.starts_with("Parameters/")
        };
        // What is at the URL of a nested stack is not known to every test, and what a colleague puts there is what is deployed.
        let acts = || self.record.acts.iter().map(|(_, act)| act);
        let is_other_child = acts().any(|act| matches!(act, Done::PutChild(_)));
        let is_unknown = |child: &&String| is_other_child || !self.wanted.children.contains_key(*child);
        let is_nested = |place: &str| {
            let mut children = state.children.keys().chain(self.wanted.children.keys()).filter(is_unknown);
            children.any(|child| nested_place(place, child))
        };
        let is_excused = |place: &str| is_text(place) || is_nested(place);
        let differing = places(&deployed, &wanted).into_iter().filter(|place| !is_excused(place));
        let mut broken: Vec<String> = differing
            .map(|place| {
                format!(
                    "2: {name} is done, and {place} is {:?} instead of {:?}",
                    deployed.get(place),
                    wanted.get(place)
                )
            })
            .collect();
        let is_left_alone = !acts().any(|act| matches!(act, Done::Guarded(stack) if stack == name));
        if is_left_alone {
            let is_protected = direct.stack(name).await.map(|stack| stack.is_protected);
            if self.wanted.is_protected.is_some()
                && is_protected.is_some_and(|is| Some(is) != self.wanted.is_protected)
            {
                broken.push(format!("2: {name} is done, and its protection is {is_protected:?}"));
            }
            let policy = direct.policy(name).await;
            if self.wanted.policy.is_some() && policy != self.wanted.policy {
                broken.push(format!("2: {name} is done, and its policy is {policy:?}"));
            }
        }
        // What a colleague does after the rollout has looked at its tables for the last time, it cannot know.
        let is_look = |call: &Call| {
            let table = call.parameters.get("TableName");
            call.action == "DescribeTable" && table.is_some_and(|table| table.starts_with(name))
        };
        let last_look = self.record.calls.iter().rposition(is_look);
        let last_look = looked.min(last_look.map_or(usize::MAX, |call| call + 1));
        let was_disturbed = self.record.acts.iter().any(|(call, _)| *call > last_look);
        if is_looked_at && !was_disturbed {
            broken.extend(self.tables(direct).await);
        }
        broken
    }

    /// Every table has the wanted indexes, all of them `ACTIVE`, those of nested stacks, too.
    async fn tables(&self, direct: &Direct) -> Vec<String> {
        let name = self.wanted.name;
        let mut broken = tables(direct, name, &self.wanted.template).await;
        let resources = direct.resources(name).await;
        for (id, template) in &self.wanted.children {
            let child = resources.get(id).map_or("", |(_, physical)| physical);
            broken.extend(tables(direct, child, template).await);
        }
        broken
    }
}

async fn tables(direct: &Direct, stack: &str, template: &Value) -> Vec<String> {
    let name = stack_name(stack);
    let resources = direct.resources(stack).await;
    let mut broken = Vec::new();
    for (id, table) in template["Resources"].as_object().into_iter().flatten() {
        if table["Type"] != "AWS::DynamoDB::Table" {
            continue;
        }
        let physical = resources.get(id).map_or("", |(_, physical)| physical);
        let wanted = table["Properties"]["GlobalSecondaryIndexes"].as_array().into_iter().flatten();
        let wanted: BTreeSet<&str> = wanted.filter_map(|index| index["IndexName"].as_str()).collect();
        match direct.table(physical).await {
            Some(table) if table.is_active() && has_indexes(&table, &wanted) => {}
            table => broken.push(format!("2: {name} is usable, and table {id} is {table:?}")),
        }
    }
    broken
}

fn has_indexes(table: &TableState, wanted: &BTreeSet<&str>) -> bool {
    table.indexes.keys().map(String::as_str).collect::<BTreeSet<_>>() == *wanted
}

/// Statements 1 and 3: nothing that holds data is gone, nor left behind, without a consent to just that.
async fn losses(record: &Record, wish: &Wish, direct: &Direct, started: SystemTime) -> Vec<String> {
    let mut broken = Vec::new();
    for stack in direct.stack_ids().await {
        let events = direct.events(&stack).await;
        let is_ours = |event: &&StackEvent| {
            event.client_request_token().is_some_and(|token| !token.starts_with(colleague::TOKEN))
        };
        // What an earlier run has done was judged then.
        let is_of_run = |event: &&StackEvent| {
            event.timestamp().is_some_and(|time| SystemTime::try_from(*time).unwrap() >= started)
        };
        let is_data =
            |event: &&StackEvent| event.resource_type().is_some_and(|kind| DATA_TYPES.contains(&kind));
        let of_data: Vec<&StackEvent> =
            events.iter().filter(is_data).filter(is_ours).filter(is_of_run).collect();
        let status =
            |event: &StackEvent| event.resource_status().map_or(String::new(), |s| s.as_str().to_owned());
        let made: BTreeSet<_> = of_data
            .iter()
            .filter(|event| status(event) == "CREATE_COMPLETE")
            .map(|event| event.physical_resource_id())
            .collect();
        for event in &of_data {
            let loss = match status(event).as_str() {
                "DELETE_COMPLETE" => Loss::Data,
                // A key that is retained reads what it has written.
                "DELETE_SKIPPED" if event.resource_type() == Some("AWS::KMS::Key") => continue,
                "DELETE_SKIPPED" => Loss::Replacement,
                _ => continue,
            };
            // What a failed creation takes away again has held nothing.
            if made.contains(&event.physical_resource_id()) {
                continue;
            }
            let resource = event.logical_resource_id().unwrap_or_default();
            let name = stack_name(&stack);
            if !is_consented(record, wish, name, resource, loss) {
                broken.push(format!(
                    "3: {name}/{resource} ({}) is gone ({loss:?}) without consent to that",
                    event.physical_resource_id().unwrap_or_default()
                ));
            }
        }
    }
    broken
}

/// Whether the plan showed that loss of the resource, or a worse one, and it was consented to as shown.
fn is_consented(record: &Record, wish: &Wish, stack: &str, resource: &str, loss: Loss) -> bool {
    let Some(wanted) = wish.stacks.iter().find(|wanted| wanted.name == stack) else {
        // CloudFormation names a nested stack after its parent and its logical id there.
        return wish.consents.iter().any(|consent| {
            // With a nested stack goes everything in it.
            if loss <= consent.loss && stack.starts_with(&format!("{}-{}-", consent.stack, consent.resource))
            {
                return true;
            }
            let path = consent.resource.rsplit_once('/').filter(|(_, id)| *id == resource);
            let child = path.and_then(|(parents, _)| parents.rsplit('/').next());
            loss <= consent.loss
                && child.is_some_and(|child| stack.starts_with(&format!("{}-{child}-", consent.stack)))
        });
    };
    let shown = record.planned.get(stack).into_iter().flatten().flatten();
    let shown = shown.filter_map(|state| shown_loss(&state.template, &wanted.template, resource)).max();
    let consent = wish.consents.iter().find(|consent| consent.stack == stack && consent.resource == resource);
    shown.zip(consent).is_some_and(|(shown, consent)| loss <= shown && shown <= consent.loss)
}

/// What becomes of a resource of the deployed template; `None` when it is kept as it is. A removal goes by the policy that is deployed,
/// a replacement by the one that comes with it.
fn shown_loss(deployed: &Value, wanted: &Value, resource: &str) -> Option<Loss> {
    let before = deployed["Resources"].get(resource)?;
    let after = &wanted["Resources"][resource];
    let policy = if after.is_null() { &before["DeletionPolicy"] } else { &after["UpdateReplacePolicy"] };
    let kept = |name: &str| before["Properties"][name] == after["Properties"][name];
    if !after.is_null() && kept("KeySchema") && kept("TableName") {
        return None;
    }
    let retains = matches!(policy.as_str(), Some("Retain" | "RetainExceptOnCreate"));
    Some(if retains { Loss::Replacement } else { Loss::Data })
}

/// Statement 4: what is said at the end is what was done.
fn endings(record: &Record, told: &Told) -> Vec<String> {
    let mut broken = Vec::new();
    for (stack, said) in &told.stacks {
        let executed = record.executed.iter().filter(|executed| executed.stack == *stack).count();
        match said {
            Said::Failed { text, .. }
                if executed > 0 && text.to_lowercase().contains("nothing was changed") =>
            {
                broken.push(format!(
                    "4: {executed} change sets of {stack} were executed, and it is said: {text}"
                ));
            }
            Said::NotStarted | Said::Unchanged if executed > 0 => {
                broken
                    .push(format!("4: {executed} change sets of {stack} were executed, and it is {said:?}"));
            }
            _ => {}
        }
    }
    if let Some(running) = &told.running {
        let stacks: BTreeSet<&str> = record.executed.iter().map(|executed| executed.stack.as_str()).collect();
        let is_said = |stack: &&str| running.iter().any(|name| name == stack);
        // A change set that is executing when it is to be deleted is said by its error.
        let is_left = told.left.iter().any(|error| error.contains("continues"));
        let unsaid: Vec<&str> = stacks.into_iter().filter(|stack| !is_said(stack)).collect();
        if unsaid.len() > usize::from(is_left) {
            broken.push(format!("4: {unsaid:?} were changed, and the interrupt does not say so"));
        }
    }
    broken
}

/// Statement 5: what others have made is as they left it.
async fn others(record: &Record, wish: &Wish, direct: &Direct) -> Vec<String> {
    let mut broken = Vec::new();
    let ours = |action: &str| {
        let calls = record.calls.iter().filter(|call| call.action == action);
        calls.filter_map(|call| call.parameters.get("ChangeSetName")).collect::<BTreeSet<_>>()
    };
    let made = ours("CreateChangeSet");
    let is_known = |name: &&String| made.iter().any(|made| name.contains(made.as_str()));
    for name in ours("DeleteChangeSet").into_iter().filter(|name| !is_known(name)) {
        broken.push(format!("5: change set {name} of somebody else was deleted"));
    }
    for (_, act) in &record.acts {
        let Done::LeftChangeSet(stack, name) = act else { continue };
        let was_executed = record.executed.iter().any(|executed| executed.stack == *stack)
            || record.acts.iter().any(
                |(_, done)| matches!(done, Done::Updated(other) | Done::Deleted(other) if other == stack),
            );
        if !was_executed && !direct.change_sets(stack).await.contains(name) {
            broken.push(format!("5: change set {name} of {stack} is gone"));
        }
    }
    let reads = ["Describe", "List", "Get", "Validate"];
    let changes = |call: &&Call| !reads.iter().any(|verb| call.action.starts_with(verb));
    for call in record.calls.iter().filter(changes) {
        let (action, stack) = (&call.action, call.stack_name());
        if !wish.stacks.iter().any(|wanted| wanted.name == stack) {
            broken.push(format!("5: {action} was called for {stack:?}"));
        }
        if action == "DeleteStack" && record.planned.get(&stack).into_iter().flatten().any(Option::is_some) {
            broken.push(format!("5: stack {stack} was deleted"));
        }
    }
    broken
}

/// A stack in small pieces: each place with its value.
type Atoms = BTreeMap<String, Value>;

/// Returns the places at which two stacks differ.
fn places<'a>(before: &'a Atoms, after: &'a Atoms) -> BTreeSet<&'a str> {
    let all = before.keys().chain(after.keys());
    all.filter(|place| before.get(*place) != after.get(*place)).map(String::as_str).collect()
}

/// Whether a value is one that a step may leave at a place for the next one: an index that is redefined is deleted first, and time to
/// live is switched off before it gets another attribute.
fn is_on_the_way(place: &str, to: Option<&Value>) -> bool {
    let is_index = place.contains("/GlobalSecondaryIndexes/") && to.is_none();
    is_index || place.ends_with("/TimeToLiveSpecification") && to.is_none_or(|to| to["Enabled"] == false)
}

/// Takes a stack apart, by its meaning: references to the region are its name, lists that are sets are sets, and an attribute's type
/// belongs to the keys that it is part of.
fn atoms(state: &StackState) -> Atoms {
    let mut atoms = Atoms::new();
    let parameters =
        state.parameters.iter().map(|(key, value)| (format!("Values/{key}"), Value::from(value.as_str())));
    atoms.extend(parameters);
    atoms.extend(state.tags.iter().map(|(key, value)| (format!("Tags/{key}"), Value::from(value.as_str()))));
    for (setting, arns) in [("Topics", &state.topics), ("Alarms", &state.alarms)] {
        if !arns.is_empty() {
            atoms.insert(format!("Settings/{setting}"), arns.as_slice().into());
        }
    }
    atoms.extend(nested_atoms(state));
    let template = resolved(&state.template, &state.parameters);
    for (section, body) in template.as_object().into_iter().flatten() {
        match (section.as_str(), body.as_object()) {
            ("AWSTemplateFormatVersion" | "Metadata", _) => {}
            ("Resources", Some(resources)) => {
                for (id, resource) in resources {
                    resource_atoms(id, resource, &mut atoms);
                }
            }
            (_, Some(entries)) => {
                atoms.extend(entries.iter().map(|(name, body)| (format!("{section}/{name}"), body.clone())));
            }
            (_, None) => {
                atoms.insert(section.clone(), body.clone());
            }
        }
    }
    atoms
}

/// Returns those of the nested stacks alone.
fn nested_atoms(state: &StackState) -> Atoms {
    let mut atoms = Atoms::new();
    for (id, child) in &state.children {
        // Tags come down from the parent, and so do the values of parameters.
        let child =
            StackState { tags: BTreeMap::new(), topics: Vec::new(), alarms: Vec::new(), ..child.clone() };
        let of_child = self::atoms(&child).into_iter();
        let of_child = of_child.filter(|(place, _)| !is_of_parent(place));
        atoms.extend(of_child.map(|(place, value)| (format!("{id}/{place}"), value)));
    }
    atoms
}

/// Whether a place is one of a nested stack, and not of the resource in its parent.
fn nested_place(place: &str, child: &str) -> bool {
    let below = place.strip_prefix(child).and_then(|rest| rest.strip_prefix('/'));
    below.is_some_and(|below| below.contains('/'))
}

/// Whether a place of a nested stack says nothing of its resources.
fn is_of_parent(place: &str) -> bool {
    place == "Description" || place.starts_with("Values/") || place.starts_with("Parameters/")
}

fn resource_atoms(id: &str, resource: &Value, atoms: &mut Atoms) {
    for (name, body) in resource.as_object().into_iter().flatten() {
        match name.as_str() {
            "DependsOn" | "Metadata" | "Properties" => {}
            // The default of every type here.
            "DeletionPolicy" | "UpdateReplacePolicy" if body == "Delete" => {}
            _ => {
                atoms.insert(format!("{id}/{name}"), body.clone());
            }
        }
    }
    let properties = &resource["Properties"];
    for (name, body) in properties.as_object().into_iter().flatten() {
        match (name.as_str(), body.as_array()) {
            ("AttributeDefinitions", _) => {}
            ("GlobalSecondaryIndexes", Some(indexes)) => atoms.extend(indexes.iter().map(|index| {
                let place = format!("{id}/{name}/{}", index["IndexName"].as_str().unwrap_or_default());
                (place, typed(index, properties))
            })),
            ("Tags", Some(tags)) => atoms.extend(tags.iter().map(|tag| {
                (format!("{id}/{name}/{}", tag["Key"].as_str().unwrap_or_default()), tag["Value"].clone())
            })),
            ("KeySchema", _) => {
                atoms.insert(
                    format!("{id}/{name}"),
                    typed(&serde_json::json!({ "KeySchema": body }), properties),
                );
            }
            _ => {
                atoms.insert(format!("{id}/{name}"), body.clone());
            }
        }
    }
}

/// Adds the types of the attributes to a key.
fn typed(index: &Value, properties: &Value) -> Value {
    let mut index = index.clone();
    for part in index["KeySchema"].as_array_mut().into_iter().flatten() {
        let definitions = properties["AttributeDefinitions"].as_array().into_iter().flatten();
        let mut definitions = definitions.filter(|one| one["AttributeName"] == part["AttributeName"]);
        part["type"] = definitions.next().map_or(Value::Null, |one| one["AttributeType"].clone());
    }
    index
}

/// Puts the region and the values of parameters in the place of references to them.
fn resolved(value: &Value, parameters: &BTreeMap<String, String>) -> Value {
    match value {
        Value::Object(fields) if fields.len() == 1 => {
            if let Some(name) = fields.get("Ref").and_then(Value::as_str) {
                let known = if name == "AWS::Region" {
                    Some(REGION)
                } else {
                    parameters.get(name).map(String::as_str)
                };
                return known.map_or_else(|| value.clone(), Value::from);
            }
            if let Some(text) = fields.get("Fn::Sub").and_then(Value::as_str) {
                let text = text.replace("${AWS::Region}", REGION);
                if !text.contains("${") {
                    return Value::from(text);
                }
            }
            fields.iter().map(|(key, value)| (key.clone(), resolved(value, parameters))).collect()
        }
        Value::Object(fields) => {
            fields.iter().map(|(key, value)| (key.clone(), resolved(value, parameters))).collect()
        }
        Value::Array(items) => items.iter().map(|item| resolved(item, parameters)).collect(),
        other => other.clone(),
    }
}
