//! Rules for whole resources, and for attributes that every resource has.
//!
//! Resource types that are commonly used with tables are known by their schemas. For all others, only CloudFormation knows which
//! properties cause a replacement, and the verdict says so.

use serde_json::Value;

use super::known_types::{self, KEY, REPLICA_KEY, known_type};
use super::{Case, Judgement, Stage};
use crate::Verdict;
use crate::equality::{same_option, text};
use crate::recipe::{self, Language};
use crate::view::{
    SCALABLE_TARGET, SIMPLE_TABLE, TABLE, display_name, is_protected, is_scaling, is_table, kind, property,
    retains, table_name,
};

/// A resource that is only in the wanted template.
pub(crate) fn added(kind: &str) -> Judgement {
    let judgement = Judgement::new(Verdict::InPlace, "it is created");
    // Always after tables and indexes, also when they were changed by an earlier run.
    if is_scaling(kind) { judgement.at(Stage::Last) } else { judgement }
}

/// A resource that is only in the deployed template. Its deployed policy decides, whatever was written since.
pub(crate) fn removed(language: Language, id: &str, resource: &Value) -> Judgement {
    let kind = kind(resource).unwrap_or_default();
    let retained = retains(resource, "DeletionPolicy");
    if is_table(kind) {
        return removed_table(language, id, resource, retained);
    }
    // The resources of a module have policies of their own.
    if retained && !kind.ends_with("::MODULE") {
        return Judgement::new(Verdict::InPlaceWithRisk, "`DeletionPolicy` retains it outside the stack");
    }
    if known_types::snapshots(kind, resource) {
        let why = "it is deleted, after a snapshot of it is made";
        return Judgement::new(Verdict::InPlaceWithRisk, why);
    }
    match known_types::deleted(kind) {
        Some((verdict, what)) => Judgement::new(verdict, format!("it is deleted: {what}")),
        None => {
            let why = format!(
                "it is deleted with any data in it: tablewright does not know what a resource of type {kind} holds"
            );
            Judgement::new(Verdict::InPlaceWithRisk, why)
        }
    }
}

fn removed_table(language: Language, id: &str, resource: &Value, retained: bool) -> Judgement {
    if retained {
        let why = "the table is removed from the stack; its deployed `DeletionPolicy` retains it in the account with its items";
        return Judgement::new(Verdict::ReplacementKept, why).at(Stage::Last);
    }
    if is_protected(resource) {
        let why = "the table has deletion protection: CloudFormation would fail to delete it, and it would remain outside the stack";
        return Judgement::new(Verdict::Refused, why)
            .server("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
            .recipe(recipe::unprotect_first(language, id));
    }
    let why = "the table is deleted with its items; its deployed `DeletionPolicy` does not retain it";
    Judgement::new(Verdict::DataLoss, why).at(Stage::Last).recipe(recipe::retain_first(language, id))
}

/// A table that is the same under another logical id.
pub(crate) fn moved(language: Language, old: &str, new: &str, deployed: &Value, wanted: &Value) -> Judgement {
    let same_type = kind(deployed) == kind(wanted);
    let is_retained = retains(deployed, "DeletionPolicy");
    let has_other_name = table_name(deployed) != table_name(wanted);
    let old_name = property(deployed, "TableName").and_then(text).filter(|_| has_other_name);
    let recipe = if same_type {
        recipe::keep_logical_id(language, old, new, old_name.as_deref())
    } else {
        recipe::change_type(language, old, is_retained)
    };
    let properties = |table: &'_ Value| table.get("Properties").cloned();
    let besides = if same_type
        && !same_option("Properties", properties(deployed).as_ref(), properties(wanted).as_ref())
    {
        "; its other changes are reported once it has its logical id"
    } else {
        ""
    };
    let table = removed_table(language, old, deployed, is_retained);
    // Where its condition does not hold there is no new table, and the old one is removed.
    let may_be_absent = wanted.get("Condition").is_some() && table.verdict > Verdict::Refused;
    if table_name(deployed).is_some() && !has_other_name && !may_be_absent {
        let why =
            format!("for CloudFormation `{new}` is a new table, and its name is in use by `{old}`{besides}");
        return taken(why, wanted).recipe(recipe);
    }
    let gone = table.why.replacen("the table", &format!("`{old}`"), 1);
    let why = format!("for CloudFormation `{new}` is a new, empty table, and {gone}{besides}");
    Judgement { why, recipe: Some(recipe), ..table }
}

/// A table name that another table keeps.
pub(crate) fn clashing_name(holder: &str, wanted: &Value) -> Judgement {
    let why = format!("the name is in use by the table `{holder}` of this stack");
    taken(why, wanted).recipe(recipe::another_name())
}

fn taken(why: String, wanted: &Value) -> Judgement {
    let name = display_name("…", wanted);
    Judgement::new(Verdict::Refused, why).server(format!(
        "Resource of type '{}' with identifier '{name}' already exists.",
        kind(wanted).unwrap_or(TABLE)
    ))
}

/// A logical id whose type changed.
pub(crate) fn type_changed(language: Language, id: &str, deployed: &Value, wanted: &Value) -> Judgement {
    if let (Some(SIMPLE_TABLE), Some(TABLE)) | (Some(TABLE), Some(SIMPLE_TABLE)) =
        (kind(deployed), kind(wanted))
    {
        let why =
            "the SAM transform turns one into the other, so they can only be compared after the transform";
        return Judgement::new(Verdict::Refused, why).recipe(recipe::expand_first());
    }
    let judgement = Judgement::new(Verdict::Refused, "CloudFormation cannot change the type of a resource").server(format!(
        "Update of resource type is not permitted. The new template modifies resource type of the following resources: [{id}]"
    ));
    let tables = [deployed, wanted].into_iter().all(|resource| kind(resource).is_some_and(is_table));
    judgement.recipe(if tables {
        recipe::change_type(language, id, retains(deployed, "DeletionPolicy"))
    } else {
        recipe::another_logical_id(id)
    })
}

/// Everything that a resource has beside its table properties: `pattern` is the place below the resource.
pub(crate) fn attribute(case: &Case, kind: &str, pattern: &str) -> Judgement {
    let mut parts = pattern.split('/');
    match (parts.next().unwrap_or_default(), parts.next()) {
        ("Metadata", _) => Judgement::new(Verdict::None, "metadata has no effect on the resource"),
        ("DependsOn", _) => Judgement::new(Verdict::None, "only the order of creation and deletion changes"),
        ("DeletionPolicy" | "UpdateReplacePolicy", _) => policy(case, kind),
        ("Condition", _) => condition(case, kind),
        ("CreationPolicy" | "UpdatePolicy", _) => {
            Judgement::new(Verdict::InPlace, "it applies from the next update")
        }
        ("Properties", Some(property)) => other_property(case, kind, property),
        (name, _) => {
            let why =
                format!("tablewright has no rule for `{name}`: CloudFormation's change set shows its effect");
            Judgement::new(Verdict::InPlaceWithRisk, why)
        }
    }
}

fn policy(case: &Case, kind: &str) -> Judgement {
    let policy = case.path.property();
    let in_force = |resource: &Value| match resource.get(policy) {
        None => Some(known_types::default_policy(policy, kind, resource).to_owned()),
        Some(value) => text(value),
    };
    if in_force(case.deployed).is_some_and(|before| in_force(case.wanted) == Some(before)) {
        return Judgement::new(Verdict::None, format!("`{policy}` has the value that it has by default"));
    }
    match (retains(case.deployed, policy), retains(case.wanted, policy)) {
        (true, false) => {
            let why = format!("`{policy}` no longer retains the resource");
            Judgement::new(Verdict::InPlaceWithRisk, why)
        }
        _ => Judgement::new(Verdict::InPlace, format!("`{policy}` applies from the next update")),
    }
}

fn condition(case: &Case, kind: &str) -> Judgement {
    match case.after {
        None => Judgement::new(Verdict::InPlaceWithRisk, "it no longer depends on a condition"),
        Some(_) => depends_on_condition(case.language(), case.id, case.deployed, kind),
    }
}

/// A nested stack, an application or a module whose resources are not known, and may be others now.
pub(crate) fn unknown_content() -> Judgement {
    let why = "the resources in it are not known, and may be replaced or removed, tables among them";
    Judgement::new(Verdict::Refused, why).recipe(recipe::show_nested_templates())
}

/// A value that a parameter, mapping or condition decides.
pub(crate) fn unknown_value() -> Judgement {
    Judgement::new(Verdict::InPlaceWithRisk, "the effect depends on values that are not known")
}

/// A resource that may or may not be there any more: which, only the values of parameters say.
pub(crate) fn depends_on_condition(language: Language, id: &str, deployed: &Value, kind: &str) -> Judgement {
    let why = "whether it is kept depends on a condition whose value is not known";
    let removed = removed(language, id, deployed);
    if !is_table(kind) && removed.verdict <= Verdict::InPlaceWithRisk {
        return Judgement::new(Verdict::InPlaceWithRisk, why);
    }
    Judgement { why: format!("{why}, and if it is not: {}", removed.why), ..removed }
}

fn other_property(case: &Case, kind: &str, property_name: &str) -> Judgement {
    let is_harmless = matches!(property_name, "NotificationARNs" | "Tags" | "TimeoutInMinutes");
    if known_types::is_container(kind) && case.templates.options.report_only && !is_harmless {
        return unknown_content();
    }
    let Some(known) = known_type(kind) else {
        let why = format!(
            "tablewright has no update rules for {kind}: CloudFormation's change set shows whether it is replaced"
        );
        return Judgement::new(Verdict::InPlaceWithRisk, why);
    };
    if matches!(kind, KEY | REPLICA_KEY)
        && let Some(judgement) = key_property(case, property_name)
    {
        return judgement;
    }
    if !known.replaces(property_name) {
        let (verdict, why) = known.updated;
        return Judgement::new(verdict, why);
    }
    if kind == SCALABLE_TARGET
        && let Some(old) = case.templates.scaling.holder(case.wanted).filter(|old| *old != case.id)
    {
        return clashing_target(old, case.id, case.wanted);
    }
    let name = |resource| known.named_by.and_then(|named_by| property(resource, named_by));
    if let Some(named_by) = known.named_by
        && let Some(old) = name(case.deployed)
        && same_option(named_by, Some(old), name(case.wanted))
    {
        let old = text(old).unwrap_or_else(|| case.id.to_owned());
        let why = format!(
            "`{property_name}` is fixed when it is created, and a replacement cannot have the same name"
        );
        return Judgement::new(Verdict::Refused, why)
            .server(format!("CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename {old} and update the stack again."))
            .recipe(recipe::rename_resource(named_by));
    }
    let created =
        format!("`{property_name}` is fixed when it is created: a new resource is created and the old one");
    let policy = "UpdateReplacePolicy";
    if retains(case.deployed, policy) && retains(case.wanted, policy) {
        return Judgement::new(Verdict::InPlaceWithRisk, format!("{created} retained outside the stack"));
    }
    let (verdict, deleted) = known.deleted;
    Judgement::new(verdict.max(Verdict::InPlaceWithRisk), format!("{created} deleted; {deleted}"))
}

/// A property of a KMS key: what is encrypted with it can be read only while it is enabled, and by whom its policy allows it.
fn key_property(case: &Case, property_name: &str) -> Option<Judgement> {
    let number = |resource| property(resource, property_name).and_then(text)?.parse::<u32>().ok();
    let risk = |why: &str| Some(Judgement::new(Verdict::InPlaceWithRisk, why));
    match property_name {
        "Enabled" => match property(case.wanted, property_name).map(text) {
            None => None,
            Some(Some(value)) if value == "true" => None,
            Some(Some(value)) if value == "false" => {
                let why = "the key is disabled: tables that are encrypted with it become inaccessible, and DynamoDB archives them after 7 days";
                Some(Judgement::new(Verdict::DataLoss, why))
            }
            Some(_) => risk(
                "whether the key is enabled depends on an expression, and without it the tables that it encrypts are inaccessible",
            ),
        },
        "KeyPolicy" => {
            risk("a principal that may no longer use the key cannot read what is encrypted with it")
        }
        "PendingWindowInDays" if number(case.wanted) < number(case.deployed) => {
            risk("less time is left to keep the key once its deletion is scheduled")
        }
        // "If you change the value of the KeySpec, KeyUsage, Origin, or MultiRegion properties of an existing KMS key, the update
        // request fails, regardless of the value of the UpdateReplacePolicy attribute."
        "KeySpec" | "KeyUsage" | "MultiRegion" | "Origin" => {
            let why = format!("`{property_name}` of a key is fixed when it is created, and the update fails");
            Some(Judgement::new(Verdict::Refused, why).recipe(recipe::another_key()))
        }
        _ => None,
    }
}

/// A scalable target under another logical id: created before the old one is deregistered.
pub(crate) fn clashing_target(old: &str, new: &str, wanted: &Value) -> Judgement {
    let part = |name| property(wanted, name).and_then(text).unwrap_or_else(|| "…".to_owned());
    let (resource, dimension) = (part("ResourceId"), part("ScalableDimension"));
    Judgement::new(
        Verdict::Refused,
        format!("the same target exists in the stack as `{old}`, and CloudFormation creates resources before it deletes others"),
    )
    .server(format!("{resource}|{dimension}|dynamodb already exists"))
    .recipe(recipe::free_scaling_identity(old, new))
}
