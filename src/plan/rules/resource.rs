//! Whole resources, and the attributes that every resource has.
//!
//! The types that stand next to tables are known by their schemas; of all others only CloudFormation knows which
//! property replaces them, and the verdict says that instead of guessing.

use serde_json::Value;

use super::{Case, Judgement, Stage};
use crate::Verdict;
use crate::equality::{same_option, text};
use crate::recipe;
use crate::view::{
    SCALABLE_TARGET, SIMPLE_TABLE, TABLE, display_name, is_protected, is_scaling, is_table, kind, property,
    retains,
};

/// A resource type whose update rules are known, after its schema.
pub(crate) struct KnownType {
    name: &'static str,
    /// Its createOnlyProperties: a change makes a new resource and deletes the old one.
    create_only: &'static [&'static str],
    /// The property that names it, when a replacement for another reason would clash with the old name.
    named_by: Option<&'static str>,
    /// What any other change does.
    updated: (Verdict, &'static str),
    /// What goes with it when it is deleted.
    deleted: (Verdict, &'static str),
}

const IN_PLACE: (Verdict, &str) = (Verdict::InPlace, "it is updated in place");

const KNOWN_TYPES: &[KnownType] = &[
    KnownType {
        name: "AWS::ApplicationAutoScaling::ScalableTarget",
        create_only: &["ServiceNamespace", "ScalableDimension", "ResourceId"],
        named_by: None,
        updated: IN_PLACE,
        deleted: (Verdict::InPlace, "capacity stays at what auto scaling set last"),
    },
    KnownType {
        name: "AWS::ApplicationAutoScaling::ScalingPolicy",
        create_only: &[
            "PolicyName",
            "ServiceNamespace",
            "ResourceId",
            "ScalableDimension",
            "ScalingTargetId",
        ],
        named_by: None,
        updated: IN_PLACE,
        deleted: (Verdict::InPlace, "capacity stays at what auto scaling set last"),
    },
    // Counts who uses which construct; it exists only on paper.
    KnownType {
        name: "AWS::CDK::Metadata",
        create_only: &[],
        named_by: None,
        updated: (Verdict::None, "it is text for people and tools"),
        deleted: (Verdict::None, "it is text for people and tools"),
    },
    KnownType {
        name: "AWS::CloudFormation::Stack",
        create_only: &[],
        named_by: None,
        updated: (Verdict::InPlaceWithRisk, "what changes inside the nested stack is not in this template"),
        deleted: (Verdict::DataLoss, "the whole nested stack goes, with the tables that it may hold"),
    },
    KnownType {
        name: "AWS::CloudWatch::Alarm",
        create_only: &["AlarmName"],
        named_by: None,
        updated: IN_PLACE,
        deleted: (Verdict::InPlace, "nobody is told any more"),
    },
    KnownType {
        name: "AWS::IAM::ManagedPolicy",
        create_only: &["ManagedPolicyName", "Description", "Path"],
        named_by: Some("ManagedPolicyName"),
        updated: IN_PLACE,
        deleted: (Verdict::InPlace, "whoever had rights by it loses them"),
    },
    KnownType {
        name: "AWS::KMS::Key",
        create_only: &[],
        named_by: None,
        updated: IN_PLACE,
        deleted: (
            Verdict::DataLoss,
            "what it encrypted can no longer be read once its waiting period is over",
        ),
    },
    KnownType {
        name: "AWS::Kinesis::Stream",
        create_only: &["Name"],
        named_by: None,
        updated: IN_PLACE,
        deleted: (Verdict::InPlaceWithRisk, "the records in it go with it"),
    },
    KnownType {
        name: "AWS::Lambda::EventSourceMapping",
        create_only: &[
            "EventSourceArn",
            "StartingPosition",
            "StartingPositionTimestamp",
            "SelfManagedEventSource",
        ],
        named_by: None,
        updated: IN_PLACE,
        deleted: (Verdict::InPlace, "the function no longer sees changes"),
    },
    KnownType {
        name: "AWS::SSM::Parameter",
        create_only: &["Name"],
        named_by: None,
        updated: IN_PLACE,
        deleted: (Verdict::InPlaceWithRisk, "whoever reads it finds nothing"),
    },
];

/// Returns what is known about a type.
pub(crate) fn known_type(kind: &str) -> Option<&'static KnownType> {
    KNOWN_TYPES.iter().find(|known| known.name == kind)
}

impl KnownType {
    /// Returns whether a change of this property makes a new resource.
    pub(crate) fn replaces(&self, property: &str) -> bool {
        self.create_only.contains(&property)
    }
}

/// A resource that is only in the wanted template.
pub(crate) fn added(kind: &str) -> Judgement {
    let judgement = Judgement::new(Verdict::InPlace, "it is created");
    // Always after tables and indexes, also when they were changed by an earlier run.
    if is_scaling(kind) { judgement.at(Stage::Last) } else { judgement }
}

/// A resource that is only in the deployed template. Its deployed policy decides, whatever was written since.
pub(crate) fn removed(id: &str, resource: &Value) -> Judgement {
    let kind = kind(resource).unwrap_or_default();
    let retained = retains(resource, "DeletionPolicy");
    if is_table(kind) {
        return removed_table(id, resource, retained);
    }
    if retained {
        return Judgement::new(Verdict::InPlaceWithRisk, "`DeletionPolicy` keeps it, outside the stack");
    }
    match known_type(kind) {
        Some(KnownType { deleted: (verdict, what), .. }) => {
            Judgement::new(*verdict, format!("it is deleted: {what}"))
        }
        None => Judgement::new(Verdict::InPlaceWithRisk, "it is deleted, with what it may hold"),
    }
}

fn removed_table(id: &str, resource: &Value, retained: bool) -> Judgement {
    if retained {
        let why = "the table leaves the stack and stays in the account with its items, as its deployed `DeletionPolicy` says";
        return Judgement::new(Verdict::ReplacementKept, why).at(Stage::Last);
    }
    if is_protected(resource) {
        let why = "the table is protected against deletion: CloudFormation would leave it behind, after a failed attempt";
        return Judgement::new(Verdict::Refused, why)
            .server("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
            .recipe(recipe::unprotect_first(id));
    }
    let why = "the table is deleted with its items; its deployed `DeletionPolicy` does not keep it";
    Judgement::new(Verdict::DataLoss, why).at(Stage::Last).recipe(recipe::retain_first(id))
}

/// A table that is the same under another logical id.
pub(crate) fn moved(old: &str, new: &str, deployed: &Value, wanted: &Value) -> Judgement {
    let same_type = kind(deployed) == kind(wanted);
    let recipe = if same_type { recipe::keep_logical_id(old, new) } else { recipe::change_type() };
    let properties = |table: &'_ Value| table.get("Properties").cloned();
    let besides = if same_type
        && !same_option("Properties", properties(deployed).as_ref(), properties(wanted).as_ref())
    {
        "; what else changes about it is told once it has its id"
    } else {
        ""
    };
    if property(deployed, "TableName").is_some() {
        let why = format!(
            "to CloudFormation `{new}` is a new table, and its name is taken by the one it knows as `{old}`{besides}"
        );
        return taken(why, wanted).recipe(recipe);
    }
    let table = removed_table(old, deployed, retains(deployed, "DeletionPolicy"));
    let why = format!(
        "to CloudFormation `{new}` is a new, empty table, and `{old}` is removed: {}{besides}",
        table.why
    );
    Judgement { why, recipe: Some(recipe), ..table }
}

/// A table name that another table keeps.
pub(crate) fn clashing_name(holder: &str, wanted: &Value) -> Judgement {
    let why = format!("the name belongs to the table `{holder}` of this stack, which keeps it");
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
pub(crate) fn type_changed(id: &str, deployed: &Value, wanted: &Value) -> Judgement {
    if let (Some(SIMPLE_TABLE), Some(TABLE)) | (Some(TABLE), Some(SIMPLE_TABLE)) =
        (kind(deployed), kind(wanted))
    {
        let why = "SAM writes the one as the other, so the two can only be compared after its transform";
        return Judgement::new(Verdict::Refused, why).recipe(recipe::expand_first());
    }
    let judgement = Judgement::new(Verdict::Refused, "CloudFormation does not change the type of a resource").server(format!(
        "Update of resource type is not permitted. The new template modifies resource type of the following resources: [{id}]"
    ));
    let tables = [deployed, wanted].into_iter().all(|resource| kind(resource).is_some_and(is_table));
    judgement.recipe(if tables { recipe::change_type() } else { recipe::another_logical_id(id) })
}

/// Everything that a resource has beside its table properties: `pattern` is the place below the resource.
pub(crate) fn attribute(case: &Case, kind: &str, pattern: &str) -> Judgement {
    let mut parts = pattern.split('/');
    match (parts.next().unwrap_or_default(), parts.next()) {
        ("Metadata", _) => Judgement::new(Verdict::None, "metadata does nothing to the resource"),
        ("DependsOn", _) => Judgement::new(Verdict::None, "only the order of creation and deletion changes"),
        ("DeletionPolicy" | "UpdateReplacePolicy", _) => policy(case),
        ("Condition", _) => condition(case, kind),
        ("CreationPolicy" | "UpdatePolicy", _) => {
            Judgement::new(Verdict::InPlace, "it counts from the next update on")
        }
        ("Properties", Some(property)) => other_property(case, kind, property),
        (name, _) => {
            let why =
                format!("`{name}` has no rule here, so only CloudFormation's change set says what it does");
            Judgement::new(Verdict::InPlaceWithRisk, why)
        }
    }
}

fn policy(case: &Case) -> Judgement {
    let policy = case.path.property();
    match (retains(case.deployed, policy), retains(case.wanted, policy)) {
        (true, false) => {
            let why = format!("`{policy}` no longer keeps the resource when it is dropped");
            Judgement::new(Verdict::InPlaceWithRisk, why)
        }
        _ => Judgement::new(Verdict::InPlace, format!("`{policy}` counts from the next update on")),
    }
}

fn condition(case: &Case, kind: &str) -> Judgement {
    match case.after {
        None => Judgement::new(Verdict::InPlaceWithRisk, "it is there under every condition now"),
        Some(_) => depends_on_condition(case.id, case.deployed, kind),
    }
}

/// A value that a parameter, mapping or condition decides.
pub(crate) fn unknown_value() -> Judgement {
    Judgement::new(
        Verdict::InPlaceWithRisk,
        "what becomes of it depends on values that cannot be worked out here",
    )
}

/// A resource that may or may not be there any more: which, only the values of parameters say.
pub(crate) fn depends_on_condition(id: &str, deployed: &Value, kind: &str) -> Judgement {
    let why = "whether it stays depends on a condition that cannot be worked out here";
    if !is_table(kind) {
        return Judgement::new(Verdict::InPlaceWithRisk, why);
    }
    let removed = removed_table(id, deployed, retains(deployed, "DeletionPolicy"));
    Judgement { why: format!("{why}, and if it does not: {}", removed.why), ..removed }
}

fn other_property(case: &Case, kind: &str, property_name: &str) -> Judgement {
    let Some(known) = known_type(kind) else {
        let why = format!(
            "the update rules of {kind} are not known here: CloudFormation's change set says whether it is replaced"
        );
        return Judgement::new(Verdict::InPlaceWithRisk, why);
    };
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
            "`{property_name}` is fixed when it is created, and a new one cannot have the name of the old one"
        );
        return Judgement::new(Verdict::Refused, why)
            .server(format!("CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename {old} and update the stack again."))
            .recipe(recipe::rename_resource(named_by));
    }
    let (_, deleted) = known.deleted;
    let why = format!(
        "`{property_name}` is fixed when it is created: a new one is made and the old one deleted; {deleted}"
    );
    Judgement::new(Verdict::InPlaceWithRisk, why)
}

/// A scalable target under another logical id: created before the old one is deregistered.
pub(crate) fn clashing_target(old: &str, new: &str, wanted: &Value) -> Judgement {
    let part = |name| property(wanted, name).and_then(text).unwrap_or_else(|| "…".to_owned());
    let (resource, dimension) = (part("ResourceId"), part("ScalableDimension"));
    Judgement::new(
        Verdict::Refused,
        format!("it is the target that the stack knows as `{old}`, and is created before that is removed"),
    )
    .server(format!("{resource}|{dimension}|dynamodb already exists"))
    .recipe(recipe::free_scaling_identity(old, new))
}
