//! Instructions for changes that an update cannot make without losing items, in the language of the definition.
//!
//! They follow the DynamoDB developer guide and common practice. They are not carried out by this tool. A step that neither this tool
//! nor a template can make names the AWS CLI.

use crate::Recipe;

/// The language in which what is planned is written, and in which a [`Recipe`] says how to change it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// CloudFormation templates: `DeletionPolicy: Retain`.
    #[default]
    Template,
    /// Definitions in Rust: `.deletion_policy(DeletionPolicy::Retain)`.
    Rust,
}

impl Language {
    /// Returns the words for a template or for a definition.
    fn say<'a>(self, template: &'a str, rust: &'a str) -> &'a str {
        match self {
            Self::Template => template,
            Self::Rust => rust,
        }
    }

    /// Returns the flag that `deploy` needs to remove a table that is retained.
    fn with_consent(self, id: &str) -> String {
        match self {
            Self::Template => String::new(),
            Self::Rust => format!(" with `--allow-replacement ENV/STACK/{id}`"),
        }
    }

    fn retain(self) -> &'static str {
        self.say("`DeletionPolicy: Retain`", "`.deletion_policy(DeletionPolicy::Retain)`")
    }
}

fn recipe(goal: impl Into<String>, steps: &[&str]) -> Recipe {
    Recipe { goal: goal.into(), steps: steps.iter().map(|step| (*step).to_owned()).collect() }
}

/// `is_retained` says whether the deployed table is retained already when it leaves the template.
pub(crate) fn new_table(language: Language, id: &str, is_retained: bool, what: &str) -> Recipe {
    let add = match language {
        Language::Template => format!(
            "Add a second table with the new definition, such as `{id}2`, with a name of its own, and deploy."
        ),
        Language::Rust => format!(
            "Define the new table beside the old one, with a struct of its own such as `{id}2` and `stack.table(Table::of::<{id}2>())`, and deploy."
        ),
    };
    let copy = language.say(
        "Write to both tables, and backfill the items. Or export the old table to S3 first, and let `ImportSourceSpecification` fill the new one when it is created.",
        "Write to both tables, and backfill the items. Or export the old table to S3 first, and let `.import_data(…)` fill the new one when it is created.",
    );
    let leave = if is_retained {
        format!(
            "Remove `{id}` and deploy{}: its `DeletionPolicy` retains the table with its items.",
            language.with_consent(id)
        )
    } else {
        format!(
            "Set {} on `{id}` and deploy, then remove it and deploy again{}.",
            language.retain(),
            language.with_consent(id)
        )
    };
    recipe(
        format!("change {what} and keep the items"),
        &[&add, copy, "Let readers and writers use the new table, and compare.", &leave],
    )
}

/// `old_name` is the name of the deployed table, where it is known.
pub(crate) fn rename_table(
    language: Language,
    id: &str,
    is_retained: bool,
    old_name: Option<&str>,
) -> Recipe {
    let keep = match (language, old_name) {
        (Language::Template, Some(name)) => format!("Keep its name: `TableName: {name}`."),
        (Language::Template, None) => "Keep its name: leave `TableName` as it is deployed.".to_owned(),
        (Language::Rust, Some(name)) => {
            format!("Keep its name: the `.base_name(…)` or the struct's name that led to `{name}`.")
        }
        (Language::Rust, None) => {
            "Keep its name: leave `.name(…)`, `.base_name(…)` or `.generated_name()` as it is deployed."
                .to_owned()
        }
    };
    let copied = new_table(language, id, is_retained, "the name");
    let mut steps = vec![keep];
    steps.extend(
        copied.steps.into_iter().enumerate().map(|(at, step)| if at == 0 { or(&step) } else { step }),
    );
    Recipe { goal: "give the table another name and keep the items".to_owned(), steps }
}

pub(crate) fn change_type(language: Language, id: &str, is_retained: bool) -> Recipe {
    let stream = language.say(
        "with `StreamViewType: NEW_AND_OLD_IMAGES` in its `StreamSpecification`",
        "with `.stream(StreamView::NewAndOldImages)`",
    );
    let retained = format!(
        "Deploy `{id}` as it is now, {stream}{}.",
        if is_retained { String::new() } else { format!(" and {}", language.retain()) }
    );
    let remove =
        format!("Remove `{id}` and what refers to it, and deploy: the table is retained outside the stack.");
    let import = language.say(
        "Import it under the other type, with one replica and all its real settings, by a change set of type IMPORT (`aws cloudformation create-change-set --change-set-type IMPORT`), and check for drift.",
        "Render the definition of the other type, with one replica (`.global(Global::single_replica())`) and all its real settings, import it by a change set of type IMPORT (`aws cloudformation create-change-set --change-set-type IMPORT`), and check for drift.",
    );
    recipe(
        "turn a table into a global table, or back",
        &[&retained, &remove, import, "Restore the references, then add one replica per deployment."],
    )
}

/// `old_name` is the name of the deployed table, where the wanted one has another.
pub(crate) fn keep_logical_id(language: Language, old: &str, new: &str, old_name: Option<&str>) -> Recipe {
    let keep = match (language, old_name) {
        (Language::Template, None) => format!("Keep the logical id `{old}`."),
        (Language::Template, Some(name)) => {
            format!("Keep the logical id `{old}` and the name: `TableName: {name}`.")
        }
        (Language::Rust, None) => {
            format!(
                "Keep the logical id: `#[ddb(id = \"{old}\")]` on the struct, or `Table::define(\"{old}\")`."
            )
        }
        (Language::Rust, Some(name)) => format!(
            "Keep the logical id, from which the default name follows: `#[ddb(id = \"{old}\")]` on the struct, or `Table::define(\"{old}\")`. The name must stay `{name}`."
        ),
    };
    let refactor = format!(
        "Or move it from `{old}` to `{new}` with a stack refactor (`aws cloudformation create-stack-refactor`), which leaves the table unchanged."
    );
    recipe(format!("keep the items of `{old}`"), &[&keep, &refactor])
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

pub(crate) fn retain_first(language: Language, id: &str) -> Recipe {
    let deploy = format!(
        "Set {} on `{id}` and deploy that alone: CloudFormation applies the deployed policy.",
        language.retain()
    );
    let remove = format!(
        "Then remove `{id}` and deploy again{}: the table is retained in the account.",
        language.with_consent(id)
    );
    recipe("remove the table from the stack and keep its items", &[&deploy, &remove])
}

pub(crate) fn unprotect_first(language: Language, id: &str) -> Recipe {
    let off = language.say("`DeletionProtectionEnabled: false`", "`.deletion_protection(false)`");
    let off = format!("Set {off} on `{id}` and deploy that alone.");
    let remove = format!("Then remove `{id}` and deploy again.");
    recipe(
        "delete the table with its items",
        &["Create a backup if an item may be needed later.", &off, &remove],
    )
}

pub(crate) fn another_index(language: Language, id: &str, index: &str) -> Recipe {
    let add = match language {
        Language::Template => format!(
            "Add the new definition under another name, such as `{index}-2`, deploy, and wait until it is ACTIVE."
        ),
        Language::Rust => format!(
            "Add the new definition under another name, such as `#[ddb(index(name = \"{index}-2\", …))]` on the struct of `{id}`, or `.gsi(…)`, deploy, and wait until it is ACTIVE."
        ),
    };
    let drop = format!("Switch the readers to it, then remove `{index}` and deploy again.");
    recipe("change an index without interrupting its queries", &[&add, &drop, REBUILD])
}

/// An attribute has one type in all keys of a table, so an index on the new type needs an attribute of its own.
pub(crate) fn another_attribute(language: Language, id: &str, index: &str, attribute: &str) -> Recipe {
    let write = format!(
        "Write the values of the new type to another attribute, such as `{attribute}2`, in new and old items."
    );
    let add = match language {
        Language::Template => {
            format!("Add an index on it, such as `{index}-2`, deploy, and wait until it is ACTIVE.")
        }
        Language::Rust => format!(
            "Add an index on it, such as `#[ddb(index(name = \"{index}-2\", …))]` on the struct of `{id}`, deploy, and wait until it is ACTIVE."
        ),
    };
    let drop = format!("Switch the readers to it, then remove `{index}` and deploy again.");
    recipe("change the type of an attribute without interrupting queries", &[&write, &add, &drop, REBUILD])
}

pub(crate) fn on_demand_first(language: Language, id: &str) -> Recipe {
    let mode = language.say("`BillingMode: PAY_PER_REQUEST`", "`.billing(Billing::on_demand())`");
    let set = format!("Set {mode} on `{id}`, and keep it while the table has a vector index.");
    recipe("have vector indexes", &[&set])
}

pub(crate) fn remove_vector_indexes_first(language: Language) -> Recipe {
    let switch = language.say("`BillingMode: PROVISIONED`", "`.billing(Billing::provisioned(…))`");
    let switch = format!("Then set {switch} and deploy again.");
    recipe(
        "provision the capacity of the table",
        &["Remove its vector indexes, deploy, and wait until they are gone.", &switch],
    )
}

pub(crate) fn key_for_each_replica(language: Language) -> Recipe {
    recipe(
        "encrypt a global table with customer managed keys",
        &[language.say(
            "Write `SSESpecification` with a `KMSMasterKeyId` of its Region into each replica, in one deployment.",
            "Give each replica a key of its Region, `.replica(…, |replica| replica.key(…))`, in one deployment.",
        )],
    )
}

pub(crate) fn one_index_at_a_time() -> Recipe {
    recipe(
        "change several indexes",
        &["Change one index, deploy, and wait until it is ACTIVE.", "Continue with the next one."],
    )
}

pub(crate) fn disable_ttl(language: Language) -> Recipe {
    recipe(
        "turn off time to live",
        &[language.say(
            "Keep `TimeToLiveSpecification` with its `AttributeName`, and write `Enabled: false`.",
            "Keep `#[ddb(ttl)]` on its field, and set `.time_to_live(false)` on the table.",
        )],
    )
}

pub(crate) fn disable_encryption(language: Language) -> Recipe {
    recipe(
        "return to the AWS owned key",
        &[language.say(
            "Keep `SSESpecification`, and write `SSEEnabled: false` in it.",
            "Set `.encryption(Encryption::AwsOwned)`, which turns encryption with a KMS key off explicitly.",
        )],
    )
}

pub(crate) fn unprotect_replica_first(language: Language, id: &str, region: &str) -> Recipe {
    let off = match language {
        Language::Template => format!(
            "Set `DeletionProtectionEnabled: false` on the replica of `{id}` in {region} and deploy that alone."
        ),
        Language::Rust => format!(
            "Set `.replica(\"{region}\", |replica| replica.deletion_protection(false))` on `{id}` and deploy that alone."
        ),
    };
    recipe("delete a replica", &[&off, "Then remove the replica and deploy again."])
}

pub(crate) fn keep_warm(language: Language) -> Recipe {
    recipe(
        "stop requesting warm throughput",
        &[language.say(
            "Keep the values, or remove `WarmThroughput`: the table keeps its warm throughput.",
            "Keep the values, or remove `.warm_throughput(…)`: the table keeps its warm throughput.",
        )],
    )
}

pub(crate) fn define_what_keys_use(attribute: &str) -> Recipe {
    let step = format!("Define `{attribute}` if and only if a key of the table or of an index uses it.");
    recipe("make keys and attribute definitions match", &[&step])
}

pub(crate) fn stream_off_and_on(language: Language) -> Recipe {
    let off = format!(
        "Deploy without {}, then with the new view type.",
        language.say("`StreamSpecification`", "`.stream(…)`")
    );
    recipe(
        "change the stream view type without losing records",
        &[
            "Let the consumers read the old stream to its end; stop the writers if no record may be missed.",
            &off,
            "Point consumers that are not in this stack at the new stream ARN.",
        ],
    )
}

pub(crate) fn stop_reading_stream(language: Language, id: &str) -> Recipe {
    let remove = match language {
        Language::Template => {
            format!("Remove what reads `{id}.StreamArn`: outputs, event source mappings, policies.")
        }
        Language::Rust => {
            format!("Remove what uses `.stream_arn()` of `{id}`: outputs, event source mappings, policies.")
        }
    };
    recipe(
        "disable a stream",
        &[&remove, "If another stack imports the ARN, remove the import there and deploy that stack first."],
    )
}

pub(crate) fn one_replica(language: Language) -> Recipe {
    let on = format!(
        "Change the stream and deploy; set {} again before adding replicas.",
        language.say("`StreamViewType: NEW_AND_OLD_IMAGES`", "`.stream(StreamView::NewAndOldImages)`")
    );
    recipe(
        "change or disable the stream of a global table",
        &["Remove replicas, one per deployment, until only the one in the stack's Region is left.", &on],
    )
}

pub(crate) fn move_home(language: Language, id: &str, is_retained: bool) -> Recipe {
    let leave = if is_retained {
        format!("Remove `{id}` from this stack and deploy: its `DeletionPolicy` retains the table.")
    } else {
        format!("Set {} on `{id}` and deploy, then remove it from this stack.", language.retain())
    };
    recipe(
        "move a global table to a stack in another Region",
        &[
            &leave,
            "Import it into a stack in a Region that keeps a replica, by a change set of type IMPORT (`aws cloudformation create-change-set --change-set-type IMPORT`), and remove the other replica there.",
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

pub(crate) fn one_replica_per_region() -> Recipe {
    recipe("define replicas", &["Define each Region once."])
}

pub(crate) fn one_of(property: &str, values: &str) -> Recipe {
    let step = format!("Set `{property}` to {values}.");
    recipe(format!("set `{property}`"), &[&step])
}

pub(crate) fn move_between_stacks(name: &str) -> Recipe {
    let another = format!("Or give the new table another name than `{name}`.");
    recipe(
        "move a table to another stack and keep its items",
        &[
            "Keep the name of the stack, or the table in the stack where it is.",
            "Or move it with a stack refactor (`aws cloudformation create-stack-refactor`), which leaves the table unchanged.",
            &another,
        ],
    )
}

pub(crate) fn show_nested_templates() -> Recipe {
    recipe(
        "compare what is in a nested stack",
        &[
            "Write the path of its template, relative to this one, and let `sam package` or `aws cloudformation package` upload it.",
            "Or compare with what is deployed: `tablewright deploy` shows what CloudFormation's change set does inside, and asks.",
        ],
    )
}

pub(crate) fn expand_first() -> Recipe {
    recipe(
        "compare templates with loops or macros",
        &["Plan with the processed templates, as `GetTemplate` returns them for the stage `Processed`."],
    )
}

const REBUILD: &str = "Or let `deploy --allow-index-rebuild ENV/STACK/TABLE` delete it and create it again under its name: queries on it fail until it is ACTIVE.";

/// Makes a step an alternative to the one before it.
fn or(step: &str) -> String {
    let mut letters = step.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase()).into_iter();
    format!("Or {}", first.chain(letters).collect::<String>())
}
