//! What to do when the answer is not an update: the ways that keep the items, in words.
//!
//! They are the recipes of the DynamoDB guide and of the field; none of them is carried out here.

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
            "Restore the table under the new name from point-in-time recovery or a backup; keys cannot change on the way.",
            "Set tags, time to live, point-in-time recovery, policies and scaling again: a restore does not carry them.",
            "Retain the old table, remove it from the definitions, and import the new one.",
        ],
    )
}

pub(crate) fn change_type() -> Recipe {
    recipe(
        "turn a table into a global table, or back",
        &[
            "Deploy the table with `DeletionPolicy: Retain` and `UpdateReplacePolicy: Retain`, and with a stream of NEW_AND_OLD_IMAGES.",
            "Remove the table and what refers to it from the definitions, and deploy: the table stays, outside the stack.",
            "Import it as the other type, with one replica and all its real settings, and check for drift.",
            "Restore the references, then add one replica in each deploy.",
        ],
    )
}

pub(crate) fn keep_logical_id(old: &str, new: &str) -> Recipe {
    let keep = format!("Keep the old logical id: `id = \"{old}\"` on the definition.");
    let refactor =
        format!("Or move it with a stack refactor from `{old}` to `{new}`, which touches no table.");
    let import = format!("Or retain `{old}`, remove it from the stack, and import the table as `{new}`.");
    recipe(format!("call the table `{new}` in the template"), &[&keep, &refactor, &import])
}

pub(crate) fn another_name() -> Recipe {
    recipe(
        "have both tables",
        &["Give one of them another name: CloudFormation makes what is new before it removes what is old."],
    )
}

pub(crate) fn another_logical_id(id: &str) -> Recipe {
    let add =
        format!("Give the new resource another logical id than `{id}`, and a name of its own if it has one.");
    recipe(
        "put a resource of another type in its place",
        &[&add, "The old one is removed by the same update."],
    )
}

pub(crate) fn retain_first(id: &str) -> Recipe {
    let deploy = format!(
        "Set `DeletionPolicy: Retain` on `{id}` and deploy that alone: CloudFormation goes by the deployed policy."
    );
    recipe(
        "take the table out of the stack and keep it",
        &[&deploy, "Then remove it from the definitions and deploy again: the table stays in the account."],
    )
}

pub(crate) fn unprotect_first(id: &str) -> Recipe {
    let off = format!("Turn `DeletionProtectionEnabled` off on `{id}` and deploy that alone.");
    recipe(
        "delete the table with its items",
        &[
            "Take a backup if anyone may ask for an item again.",
            &off,
            "Then remove it from the definitions and deploy again.",
        ],
    )
}

pub(crate) fn another_index(index: &str) -> Recipe {
    let add = format!(
        "Add the new definition under another name than `{index}`, deploy, and wait until it is ACTIVE."
    );
    let drop = format!("Let the readers use it, then remove `{index}` and deploy again.");
    recipe(
        "redefine an index without a moment without it",
        &[
            &add,
            &drop,
            "Or consent to delete and create it under its name: queries on it fail until the new one is built.",
        ],
    )
}

pub(crate) fn one_index_at_a_time() -> Recipe {
    recipe(
        "change several indexes that cannot be read from the template one by one",
        &["Change one index, deploy, and wait until it is ACTIVE.", "Go on with the next."],
    )
}

pub(crate) fn disable_ttl() -> Recipe {
    recipe(
        "turn time to live off",
        &["Keep `TimeToLiveSpecification` with its `AttributeName`, and write `Enabled: false`."],
    )
}

pub(crate) fn keep_warm() -> Recipe {
    recipe(
        "stop asking for warm throughput",
        &["Leave the numbers as they are, or take `WarmThroughput` away: the table stays as warm as it is."],
    )
}

pub(crate) fn define_what_keys_use(attribute: &str) -> Recipe {
    let step = format!(
        "Define `{attribute}` exactly when a key of the table or of an index uses it: no other attribute has a definition."
    );
    recipe("bring keys and attribute definitions together", &[&step])
}

pub(crate) fn stream_off_and_on() -> Recipe {
    recipe(
        "change what the stream carries without losing records",
        &[
            "Let the consumers read the old stream to its end; stop writers while that matters.",
            "Deploy without `StreamSpecification`, then with the new view type.",
            "Point consumers that are not in this stack at the new stream ARN.",
        ],
    )
}

pub(crate) fn one_replica() -> Recipe {
    recipe(
        "change or end the stream of a global table",
        &[
            "Remove replicas, one in each deploy, until the one in the stack's own Region is left.",
            "Change the stream and deploy; replicas need NEW_AND_OLD_IMAGES again before they come back.",
        ],
    )
}

pub(crate) fn free_export(name: &str) -> Recipe {
    let consumers = format!("Let every stack that imports `{name}` go without it, and deploy those first.");
    recipe("change or remove an export", &[&consumers, "Then deploy this stack."])
}

pub(crate) fn free_scaling_identity(old: &str, new: &str) -> Recipe {
    let keep = format!("Keep the old logical id `{old}`.");
    let remove = format!("Or remove `{old}` and deploy, then add `{new}` and deploy again.");
    recipe("call the scalable target by another logical id", &[&keep, &remove])
}

pub(crate) fn rename_resource(property: &str) -> Recipe {
    let rename = format!(
        "Change `{property}` together with it, so that the replacement can exist beside the old one."
    );
    recipe("replace a resource that has a name of its own", &[&rename])
}

pub(crate) fn expand_first() -> Recipe {
    recipe(
        "compare templates that loops and macros write",
        &["Plan with the processed templates, as `GetTemplate` returns them for the stage `Processed`."],
    )
}
