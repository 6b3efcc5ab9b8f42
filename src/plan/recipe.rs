//! Instructions for changes that an update cannot make without losing items.
//!
//! They follow the DynamoDB developer guide and common practice. They are not carried out by this tool.

use crate::Recipe;

fn recipe(goal: impl Into<String>, steps: &[&str]) -> Recipe {
    Recipe { goal: goal.into(), steps: steps.iter().map(|step| (*step).to_owned()).collect() }
}

pub(crate) fn new_table(what: &str) -> Recipe {
    recipe(
        format!("change {what} and keep the items"),
        &[
            "Add a second table with the new definition under its own logical id and name, and deploy.",
            "Copy the items: export the old table to S3 from point-in-time recovery and import, or write to both and backfill.",
            "Let readers and writers use the new table, and compare.",
            "Set `DeletionPolicy: Retain` on the old table, deploy, then remove it from the definitions.",
        ],
    )
}

pub(crate) fn rename_table() -> Recipe {
    recipe(
        "give the table another name and keep the items",
        &[
            "Restore the table under the new name from point-in-time recovery or a backup; a restore cannot change the keys.",
            "Set tags, time to live, point-in-time recovery, policies and scaling again: a restore does not copy them.",
            "Retain the old table, remove it from the definitions, and import the new one.",
        ],
    )
}

pub(crate) fn change_type() -> Recipe {
    recipe(
        "turn a table into a global table, or back",
        &[
            "Deploy the table with `DeletionPolicy: Retain` and `UpdateReplacePolicy: Retain`, and with a stream of NEW_AND_OLD_IMAGES.",
            "Remove the table and what refers to it from the definitions, and deploy: the table is retained outside the stack.",
            "Import it as the other type, with one replica and all its real settings, and check for drift.",
            "Restore the references, then add one replica per deployment.",
        ],
    )
}

pub(crate) fn keep_logical_id(old: &str, new: &str) -> Recipe {
    let keep = format!("Keep the old logical id: `id = \"{old}\"` on the definition.");
    let refactor = format!(
        "Or move it with a stack refactor from `{old}` to `{new}`, which leaves the table unchanged."
    );
    let import = format!("Or retain `{old}`, remove it from the stack, and import the table as `{new}`.");
    recipe(format!("change the logical id of the table to `{new}`"), &[&keep, &refactor, &import])
}

pub(crate) fn another_name() -> Recipe {
    recipe(
        "keep both tables",
        &["Rename one of them: CloudFormation creates new resources before it deletes old ones."],
    )
}

pub(crate) fn another_logical_id(id: &str) -> Recipe {
    let add = format!(
        "Give the new resource another logical id than `{id}`, and another name if it has an explicit one."
    );
    recipe(
        "replace a resource with one of another type",
        &[&add, "The old one is removed by the same update."],
    )
}

pub(crate) fn retain_first(id: &str) -> Recipe {
    let deploy = format!(
        "Set `DeletionPolicy: Retain` on `{id}` and deploy that alone: CloudFormation applies the deployed policy."
    );
    recipe(
        "remove the table from the stack and keep its items",
        &[
            &deploy,
            "Then remove it from the definitions and deploy again: the table is retained in the account.",
        ],
    )
}

pub(crate) fn unprotect_first(id: &str) -> Recipe {
    let off = format!("Turn `DeletionProtectionEnabled` off on `{id}` and deploy that alone.");
    recipe(
        "delete the table with its items",
        &[
            "Create a backup if an item may be needed later.",
            &off,
            "Then remove it from the definitions and deploy again.",
        ],
    )
}

pub(crate) fn another_index(index: &str) -> Recipe {
    let add = format!(
        "Add the new definition under another name than `{index}`, deploy, and wait until it is ACTIVE."
    );
    let drop = format!("Switch the readers to it, then remove `{index}` and deploy again.");
    recipe(
        "change an index without interrupting its queries",
        &[
            &add,
            &drop,
            "Or let `deploy --allow-index-rebuild` delete it and create it again under its name: queries on it fail until it is ACTIVE.",
        ],
    )
}

pub(crate) fn on_demand_first() -> Recipe {
    recipe(
        "have vector indexes",
        &["Set `BillingMode: PAY_PER_REQUEST`, and keep it while the table has a vector index."],
    )
}

pub(crate) fn remove_vector_indexes_first() -> Recipe {
    recipe(
        "provision the capacity of the table",
        &[
            "Remove its vector indexes, deploy, and wait until they are gone.",
            "Then change the billing mode.",
        ],
    )
}

pub(crate) fn key_for_each_replica() -> Recipe {
    recipe(
        "encrypt a global table with customer managed keys",
        &[
            "Write `SSESpecification` with a `KMSMasterKeyId` of its Region into each replica, in one deployment.",
        ],
    )
}

pub(crate) fn one_index_at_a_time() -> Recipe {
    recipe(
        "change several indexes",
        &["Change one index, deploy, and wait until it is ACTIVE.", "Continue with the next one."],
    )
}

pub(crate) fn disable_ttl() -> Recipe {
    recipe(
        "turn off time to live",
        &["Keep `TimeToLiveSpecification` with its `AttributeName`, and write `Enabled: false`."],
    )
}

pub(crate) fn disable_encryption() -> Recipe {
    recipe("return to the AWS owned key", &["Keep `SSESpecification`, and write `SSEEnabled: false` in it."])
}

pub(crate) fn unprotect_replica_first(id: &str, region: &str) -> Recipe {
    let off = format!(
        "Turn `DeletionProtectionEnabled` off on the replica of `{id}` in {region} and deploy that alone."
    );
    recipe("delete a replica", &[&off, "Then remove the replica and deploy again."])
}

pub(crate) fn keep_warm() -> Recipe {
    recipe(
        "stop requesting warm throughput",
        &["Keep the values, or remove `WarmThroughput`: the table keeps its warm throughput."],
    )
}

pub(crate) fn define_what_keys_use(attribute: &str) -> Recipe {
    let step = format!("Define `{attribute}` if and only if a key of the table or of an index uses it.");
    recipe("make keys and attribute definitions match", &[&step])
}

pub(crate) fn stream_off_and_on() -> Recipe {
    recipe(
        "change the stream view type without losing records",
        &[
            "Let the consumers read the old stream to its end; stop the writers if no record may be missed.",
            "Deploy without `StreamSpecification`, then with the new view type.",
            "Point consumers that are not in this stack at the new stream ARN.",
        ],
    )
}

pub(crate) fn stop_reading_stream(id: &str) -> Recipe {
    let remove = format!("Remove what reads `{id}.StreamArn`: outputs, event source mappings, policies.");
    recipe(
        "disable a stream",
        &[&remove, "If another stack imports the ARN, remove the import there and deploy that stack first."],
    )
}

pub(crate) fn one_replica() -> Recipe {
    recipe(
        "change or disable the stream of a global table",
        &[
            "Remove replicas, one per deployment, until only the one in the stack's Region is left.",
            "Change the stream and deploy; set NEW_AND_OLD_IMAGES again before adding replicas.",
        ],
    )
}

pub(crate) fn move_home() -> Recipe {
    recipe(
        "move a global table to a stack in another Region",
        &[
            "Set `DeletionPolicy: Retain` on the table and deploy, then remove it from this stack.",
            "Import it into a stack in a Region that keeps a replica, and remove the other replica there.",
        ],
    )
}

pub(crate) fn another_key() -> Recipe {
    recipe(
        "use another kind of key",
        &[
            "Add a second key under its own logical id, and deploy.",
            "Let the tables use it, and deploy: DynamoDB encrypts them anew.",
            "Keep the old key as long as backups that are encrypted with it are needed.",
        ],
    )
}

pub(crate) fn free_export(name: &str) -> Recipe {
    let consumers = format!("Remove every import of `{name}` from other stacks, and deploy those first.");
    recipe("change or remove an export", &[&consumers, "Then deploy this stack."])
}

pub(crate) fn free_scaling_identity(old: &str, new: &str) -> Recipe {
    let keep = format!("Keep the old logical id `{old}`.");
    let remove = format!("Or remove `{old}` and deploy, then add `{new}` and deploy again.");
    recipe("change the logical id of the scalable target", &[&keep, &remove])
}

pub(crate) fn rename_resource(property: &str) -> Recipe {
    let rename = format!(
        "Change `{property}` as well, so that the replacement does not conflict with the old resource."
    );
    recipe("replace a resource that has an explicit name", &[&rename])
}

pub(crate) fn one_change_of_a_nested_stack() -> Recipe {
    recipe(
        "make several changes in a nested stack",
        &[
            "Make one of the changes in the template of the nested stack, and deploy the parent.",
            "Wait until the indexes of its tables are ACTIVE, then continue with the next one.",
        ],
    )
}

pub(crate) fn expand_first() -> Recipe {
    recipe(
        "compare templates with loops or macros",
        &["Plan with the processed templates, as `GetTemplate` returns them for the stage `Processed`."],
    )
}
