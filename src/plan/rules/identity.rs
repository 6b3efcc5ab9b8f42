//! Rules for immutable properties of a table: name, key, types of key attributes, local indexes, import. A change of one of them
//! requires a replacement, which CloudFormation makes unless the name is already used.

use serde_json::Value;

use super::resource::clashing_name;
use super::{Case, Judgement, Stage};
use crate::equality::{identity, intrinsic, same, text};
use crate::recipe;
use crate::view::{
    display_name, fixed_attributes, indexes, is_custom_named, key_attributes, property, resource, retains,
};
use crate::{Recipe, Verdict};

/// What CloudFormation does to a table that must be replaced.
///
/// With an explicit name it refuses, since the new table cannot exist beside the old one. With a generated name,
/// or with a new explicit one, it goes ahead, and `UpdateReplacePolicy` decides what becomes of the old table.
pub(crate) fn replacement(case: &Case, cause: &str, recipe: Recipe) -> Judgement {
    let judgement = if is_custom_named(case.deployed, case.wanted) {
        let name = display_name(case.id, case.deployed);
        let why = format!("{cause}, and CloudFormation does not replace a table that has an explicit name");
        Judgement::new(Verdict::Refused, why).server(format!(
            "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename {name} and update the stack again."
        ))
    } else {
        kept_or_lost(case, cause)
    };
    judgement.recipe(recipe)
}

/// What becomes of the items when CloudFormation does replace the table.
pub(crate) fn kept_or_lost(case: &Case, cause: &str) -> Judgement {
    let before = retains(case.deployed, "UpdateReplacePolicy");
    let after = retains(case.wanted, "UpdateReplacePolicy");
    if before && after {
        let why = format!(
            "{cause}, so CloudFormation creates a new, empty table; `UpdateReplacePolicy` retains the old one outside the stack"
        );
        return Judgement::new(Verdict::ReplacementKept, why).at(Stage::Last);
    }
    // AWS does not say which of the two templates decides, so only both together are trusted.
    let policy = match (before, after) {
        (false, true) => "`UpdateReplacePolicy: Retain` is in the wanted template only: deploy that first",
        (true, false) => "the wanted template removes `UpdateReplacePolicy: Retain`",
        _ => "no `UpdateReplacePolicy: Retain` retains it",
    };
    let why = format!(
        "{cause}, so CloudFormation creates a new, empty table and deletes the old one with its items; {policy}"
    );
    Judgement::new(Verdict::DataLoss, why).at(Stage::Last)
}

pub(super) fn table_name(case: &Case) -> Judgement {
    let holder = case.after.and_then(|name| case.templates.holder(&identity(name), case.id));
    // Where a condition leaves the other table out, the name is free.
    let is_certain = |id: &str| {
        resource(case.templates.deployed, id).is_some_and(|table| table.get("Condition").is_none())
    };
    if let Some(holder) = holder.filter(|holder| is_certain(holder)) {
        return clashing_name(holder, case.wanted);
    }
    // Unlike every other replacement this one is not refused: the new name is free.
    let old_name = case.before.and_then(text);
    let recipe = recipe::rename_table(case.language(), case.id, case.is_retained(), old_name.as_deref());
    kept_or_lost(case, "a table cannot be renamed").recipe(recipe)
}

pub(super) fn key_schema(case: &Case) -> Judgement {
    if let (Some(before), Some(after)) = (case.before, case.after)
        && is_reordered(before, after)
    {
        return Judgement::new(Verdict::Refused, "the partition key must come first in a key schema")
            .server("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
            .recipe(case.new_table("the key"));
    }
    replacement(case, "the key of a table is fixed when it is created", case.new_table("the key"))
}

pub(super) fn local_index(case: &Case) -> Judgement {
    let cause = "local secondary indexes are fixed when the table is created";
    replacement(case, cause, case.new_table("local secondary indexes"))
}

pub(super) fn import_source(case: &Case) -> Judgement {
    let cause = "an import source applies to a new table only and cannot change";
    replacement(case, cause, case.new_table("the import source"))
}

pub(super) fn source_arn(case: &Case) -> Judgement {
    replacement(
        case,
        "the source of a global table is fixed when it is created",
        case.new_table("the source"),
    )
}

pub(super) fn multi_region_consistency(case: &Case) -> Judgement {
    let mode = |value: Option<&Value>| value.map_or(Some("EVENTUAL".to_owned()), text);
    if case.path.property() == "MultiRegionConsistency"
        && mode(case.before).is_some_and(|before| mode(case.after) == Some(before))
    {
        return Judgement::new(Verdict::None, "EVENTUAL is the default of `MultiRegionConsistency`");
    }
    Judgement::new(
        Verdict::Refused,
        "the consistency mode and the witnesses of a global table are fixed when it is created",
    )
    .recipe(case.new_table("the consistency of a global table"))
}

pub(super) fn unreadable_definitions(_: &Case) -> Judgement {
    let why =
        "the attribute definitions cannot be matched by name, and a changed type would replace the table";
    Judgement::new(Verdict::Refused, why).recipe(recipe::expand_first())
}

pub(super) fn attribute_definition(case: &Case) -> Judgement {
    const INCONSISTENT: &str = "Property AttributeDefinitions is inconsistent with the KeySchema of the table and the secondary indexes";
    let Some((_, name)) = case.path.item_of("AttributeDefinitions") else {
        return unreadable_definitions(case);
    };
    let role =
        if fixed_attributes(case.wanted).contains(name) || fixed_attributes(case.deployed).contains(name) {
            "the key of the table"
        } else {
            "the index that uses it"
        };
    match (case.before, case.after, is_used(case.wanted, name)) {
        (Some(_), Some(_), Some(false)) => {
            Judgement::new(Verdict::Refused, format!("no key of the table or its indexes uses `{name}`"))
                .server(INCONSISTENT)
                .recipe(recipe::define_what_keys_use(name))
        }
        (Some(_), Some(_), None) => {
            let cause = format!(
                "whether `{name}` is part of the table's key depends on expressions, and the type of a key is fixed when it is created"
            );
            replacement(case, &cause, case.new_table("the type of a key"))
        }
        (Some(_), Some(_), Some(true)) => attribute_type(case, name),
        (_, _, None) => {
            let why = format!("whether a key uses `{name}` depends on expressions");
            Judgement::new(Verdict::InPlaceWithRisk, why).at(Stage::Definition)
        }
        (None, _, Some(false)) => {
            Judgement::new(Verdict::Refused, format!("no key of the table or its indexes uses `{name}`"))
                .server(INCONSISTENT)
                .recipe(recipe::define_what_keys_use(name))
        }
        (_, None, Some(true)) => Judgement::new(
            Verdict::Refused,
            format!("`{name}` is a key attribute and no longer has a definition"),
        )
        .server(INCONSISTENT)
        .recipe(recipe::define_what_keys_use(name)),
        (None, _, Some(true)) => {
            Judgement::new(Verdict::InPlace, format!("`{name}` is defined for {role}")).at(Stage::Definition)
        }
        (_, None, Some(false)) => {
            Judgement::new(Verdict::InPlace, format!("`{name}` is removed with {role}")).at(Stage::Definition)
        }
    }
}

/// Returns whether a key of the table or its indexes uses the attribute; `None` when expressions decide.
fn is_used(table: &Value, name: &str) -> Option<bool> {
    let lists = ["GlobalSecondaryIndexes", "LocalSecondaryIndexes", "VectorIndexes"];
    let lists = lists.map(|list| property(table, list));
    let mut keys = fixed_attributes(table);
    lists.iter().flatten().for_each(|list| keys.extend(key_attributes(list)));
    let is_expression = |name: &str| name.starts_with('{');
    let hidden = |value: &Value| intrinsic(value).is_some_and(|(function, _)| function != "Fn::If");
    let unknown = is_expression(name)
        || keys.iter().any(|key| is_expression(key))
        || lists.iter().flatten().any(|list| hidden(list))
        || property(table, "KeySchema").is_some_and(hidden);
    if keys.contains(name) { Some(true) } else { (!unknown).then_some(false) }
}

fn attribute_type(case: &Case, name: &str) -> Judgement {
    let fixed = |resource| fixed_attributes(resource).contains(name);
    if fixed(case.deployed) && fixed(case.wanted) {
        let cause =
            format!("`{name}` is part of the table's key, and the type of a key is fixed when it is created");
        return replacement(case, &cause, case.new_table("the type of a key"));
    }
    let redefined = index_redefinitions(case.deployed, case.wanted, name);
    let is_of_index = |(_, index): (String, &Value)| key_attributes(index).contains(name);
    let leaves = indexes(case.deployed).unwrap_or_default().into_iter().any(is_of_index);
    if redefined.is_empty() && !leaves && !fixed(case.deployed) {
        let cause = format!(
            "`{name}` is defined for a key that an expression names, which may be that of the table, and the type of a key is fixed when it is created"
        );
        return replacement(case, &cause, case.new_table("the type of a key"));
    }
    let Some(index) = redefined.first() else {
        let why = format!("`{name}` leaves with its old indexes and comes back with the new type");
        return Judgement::new(Verdict::InPlace, why).at(Stage::Definition);
    };
    let why = format!("index `{index}` has `{name}` in its key, so another type means another index");
    let judgement = if case.templates.options.redefine_indexes.contains(case.id) {
        Judgement::new(
            Verdict::Staged,
            format!("{why}: it is deleted and created again, and queries on it fail until it is ACTIVE"),
        )
    } else {
        let recipe = recipe::another_attribute(case.language(), case.id, index, name);
        Judgement::new(Verdict::Refused, why).recipe(recipe)
    };
    let direct = replacement(case, "", recipe::another_index(case.language(), case.id, index));
    Judgement { server_text: direct.server_text, ..judgement }.at(Stage::Definition)
}

/// Returns the indexes that stay and whose key has this attribute, which changes its type.
pub(crate) fn index_redefinitions(deployed: &Value, wanted: &Value, attribute: &str) -> Vec<String> {
    let using = |table: &Value| -> Vec<String> {
        let indexes = indexes(table).unwrap_or_default().into_iter();
        let using = indexes.filter(|(_, index)| key_attributes(index).contains(attribute));
        using.map(|(name, _)| name).collect()
    };
    let after = using(wanted);
    using(deployed).into_iter().filter(|name| after.contains(name)).collect()
}

/// Returns whether only the order of a key schema changed, so that a sort key stands before a partition key.
pub(super) fn is_reordered(before: &Value, after: &Value) -> bool {
    let elements = after.as_array().map(Vec::as_slice).unwrap_or_default();
    let has = |role: &'static str| {
        move |element: &Value| element.get("KeyType").and_then(text).as_deref() == Some(role)
    };
    let (sort, partition) = (elements.iter().position(has("RANGE")), elements.iter().rposition(has("HASH")));
    // A property whose lists are sets: compares what is in them, not the order.
    same("NonKeyAttributes", before, after)
        && sort.zip(partition).is_some_and(|(sort, partition)| sort < partition)
}
