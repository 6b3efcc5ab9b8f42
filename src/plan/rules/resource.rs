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
        deleted: (Verdict::InPlace, "the capacity stays at the value that auto scaling set last"),
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
        deleted: (Verdict::InPlace, "the capacity stays at the value that auto scaling set last"),
    },
    // Counts who uses which construct; it exists only on paper.
    KnownType {
        name: "AWS::CDK::Metadata",
        create_only: &[],
        named_by: None,
        updated: (Verdict::None, "it has no effect on resources"),
        deleted: (Verdict::None, "it has no effect on resources"),
    },
    KnownType {
        name: "AWS::CloudFormation::Stack",
        create_only: &[],
        named_by: None,
        updated: (Verdict::InPlaceWithRisk, "the changes inside the nested stack are not in this template"),
        deleted: (
            Verdict::DataLoss,
            "all resources of the nested stack are deleted, which may include tables",
        ),
    },
    KnownType {
        name: "AWS::CloudWatch::Alarm",
        create_only: &["AlarmName"],
        named_by: None,
        updated: IN_PLACE,
        deleted: (Verdict::InPlace, "its actions no longer run"),
    },
    KnownType {
        name: "AWS::IAM::ManagedPolicy",
        create_only: &["ManagedPolicyName", "Description", "Path"],
        named_by: Some("ManagedPolicyName"),
        updated: IN_PLACE,
        deleted: (Verdict::InPlace, "principals lose the permissions that it grants"),
    },
    KnownType {
        name: "AWS::KMS::Key",
        create_only: &[],
        named_by: None,
        updated: IN_PLACE,
        deleted: (Verdict::DataLoss, "data encrypted with it cannot be read after its waiting period"),
    },
    KnownType {
        name: "AWS::Kinesis::Stream",
        create_only: &["Name"],
        named_by: None,
        updated: IN_PLACE,
        deleted: (Verdict::InPlaceWithRisk, "its records are lost"),
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
        deleted: (Verdict::InPlace, "the function no longer receives records"),
    },
    KnownType {
        name: "AWS::SSM::Parameter",
        create_only: &["Name"],
        named_by: None,
        updated: IN_PLACE,
        deleted: (Verdict::InPlaceWithRisk, "reading the parameter fails"),
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
        return Judgement::new(Verdict::InPlaceWithRisk, "`DeletionPolicy` retains it outside the stack");
    }
    match known_type(kind) {
        Some(KnownType { deleted: (verdict, what), .. }) => {
            Judgement::new(*verdict, format!("it is deleted: {what}"))
        }
        None => Judgement::new(Verdict::InPlaceWithRisk, "it is deleted with any data in it"),
    }
}

fn removed_table(id: &str, resource: &Value, retained: bool) -> Judgement {
    if retained {
        let why = "the table is removed from the stack; its deployed `DeletionPolicy` retains it in the account with its items";
        return Judgement::new(Verdict::ReplacementKept, why).at(Stage::Last);
    }
    if is_protected(resource) {
        let why = "the table has deletion protection: CloudFormation would fail to delete it, and it would remain outside the stack";
        return Judgement::new(Verdict::Refused, why)
            .server("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
            .recipe(recipe::unprotect_first(id));
    }
    let why = "the table is deleted with its items; its deployed `DeletionPolicy` does not retain it";
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
        "; its other changes are reported once it has its logical id"
    } else {
        ""
    };
    if property(deployed, "TableName").is_some() {
        let why =
            format!("for CloudFormation `{new}` is a new table, and its name is in use by `{old}`{besides}");
        return taken(why, wanted).recipe(recipe);
    }
    let table = removed_table(old, deployed, retains(deployed, "DeletionPolicy"));
    let why = format!(
        "for CloudFormation `{new}` is a new, empty table, and `{old}` is removed: {}{besides}",
        table.why
    );
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
pub(crate) fn type_changed(id: &str, deployed: &Value, wanted: &Value) -> Judgement {
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
    judgement.recipe(if tables { recipe::change_type() } else { recipe::another_logical_id(id) })
}

/// Everything that a resource has beside its table properties: `pattern` is the place below the resource.
pub(crate) fn attribute(case: &Case, kind: &str, pattern: &str) -> Judgement {
    let mut parts = pattern.split('/');
    match (parts.next().unwrap_or_default(), parts.next()) {
        ("Metadata", _) => Judgement::new(Verdict::None, "metadata has no effect on the resource"),
        ("DependsOn", _) => Judgement::new(Verdict::None, "only the order of creation and deletion changes"),
        ("DeletionPolicy" | "UpdateReplacePolicy", _) => policy(case),
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

fn policy(case: &Case) -> Judgement {
    let policy = case.path.property();
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
        Some(_) => depends_on_condition(case.id, case.deployed, kind),
    }
}

/// A value that a parameter, mapping or condition decides.
pub(crate) fn unknown_value() -> Judgement {
    Judgement::new(Verdict::InPlaceWithRisk, "the effect depends on values that are not known")
}

/// A resource that may or may not be there any more: which, only the values of parameters say.
pub(crate) fn depends_on_condition(id: &str, deployed: &Value, kind: &str) -> Judgement {
    let why = "whether it is kept depends on a condition whose value is not known";
    if !is_table(kind) {
        return Judgement::new(Verdict::InPlaceWithRisk, why);
    }
    let removed = removed_table(id, deployed, retains(deployed, "DeletionPolicy"));
    Judgement { why: format!("{why}, and if it is not: {}", removed.why), ..removed }
}

fn other_property(case: &Case, kind: &str, property_name: &str) -> Judgement {
    let Some(known) = known_type(kind) else {
        let why = format!(
            "tablewright has no update rules for {kind}: CloudFormation's change set shows whether it is replaced"
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
            "`{property_name}` is fixed when it is created, and a replacement cannot have the same name"
        );
        return Judgement::new(Verdict::Refused, why)
            .server(format!("CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename {old} and update the stack again."))
            .recipe(recipe::rename_resource(named_by));
    }
    let (_, deleted) = known.deleted;
    let why = format!(
        "`{property_name}` is fixed when it is created: a new resource is created and the old one deleted; {deleted}"
    );
    Judgement::new(Verdict::InPlaceWithRisk, why)
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
