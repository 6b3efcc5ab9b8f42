//! Rules for global secondary indexes: one can be created or deleted per update, and its key and projection cannot be changed.

use serde_json::Value;

use super::identity::is_reordered;
use super::{Case, IndexChange, Judgement, Stage};
use crate::Verdict;
use crate::equality::text;
use crate::recipe;
use crate::view::billing_mode;

/// What CloudFormation says to more than one index that comes or goes (aws-cdk#12246).
pub(crate) const ONE_INDEX: &str = "Cannot perform more than one GSI creation or deletion in a single update";

/// What CloudFormation says to another key or projection of an index (amplify-cli#11384).
const FIXED: &str = "Cannot update GSI's properties other than Provisioned Throughput and Contributor Insights Specification. You can create a new GSI with a different name.";

pub(super) fn index(case: &Case) -> Judgement {
    let name = case.path.index().map_or("", |(_, name)| name);
    match (case.before.is_some(), case.after.is_some()) {
        (false, _) => {
            let why = format!(
                "index `{name}` is built while the table stays available, and can be queried once it is ACTIVE"
            );
            Judgement::new(Verdict::InPlace, why).at(Stage::Index(IndexChange::Create))
        }
        (true, false) => {
            let why = format!(
                "index `{name}` is deleted; the items remain in the table, and queries on the index fail"
            );
            Judgement::new(Verdict::InPlaceWithRisk, why).at(Stage::Index(IndexChange::Delete))
        }
        (true, true) => unreadable_indexes(case),
    }
}

pub(super) fn unreadable_indexes(_: &Case) -> Judgement {
    let why = "the indexes cannot be matched by name because of their conditions, and CloudFormation allows one creation or deletion per update";
    Judgement::new(Verdict::InPlaceWithRisk, why).server(ONE_INDEX).recipe(recipe::one_index_at_a_time())
}

/// The key or the projection of an index, where a value that is not known decides it.
pub(crate) fn unknown_index_definition() -> Judgement {
    let why = "if the value changes, the definition of the index does, which is fixed when it is created";
    Judgement::new(Verdict::Refused, why).server(FIXED)
}

/// Several changes of indexes whose attribute definitions cannot be recomputed: there is no valid step between.
pub(crate) fn not_separable() -> Judgement {
    let why = "several indexes change, and conditions prevent computing the attribute definitions of the intermediate steps";
    Judgement::new(Verdict::Refused, why).server(ONE_INDEX).recipe(recipe::one_index_at_a_time())
}

/// The key or the projection of an index that both sides have.
pub(super) fn index_definition(case: &Case) -> Judgement {
    let name = case.path.index().map_or("", |(_, name)| name);
    let property = case.path.property();
    if let (Some(before), Some(after)) = (case.before, case.after)
        && property == "KeySchema"
        && is_reordered(before, after)
    {
        return Judgement::new(
            Verdict::Refused,
            format!("the partition key of index `{name}` must come first"),
        )
        .server("All HASH key attributes must precede RANGE key attributes");
    }
    let what = match property {
        "KeySchema" => "key",
        "Projection" => "projection",
        "Dimensions" => "number of dimensions",
        "DistanceFunction" => "distance function",
        "SearchSchema" => "search schema",
        _ => "vector attribute",
    };
    let why = format!("the {what} of index `{name}` is fixed when it is created");
    if case.path.item_of("VectorIndexes").is_some() {
        return fixed_vector_index(case, name, &why);
    }
    if case.templates.options.redefine_indexes.contains(case.id) {
        let why =
            format!("{why}: it is deleted and created again, and queries on it fail until it is ACTIVE");
        return Judgement::new(Verdict::Staged, why).server(FIXED).at(Stage::Index(IndexChange::Redefine));
    }
    Judgement::new(Verdict::Refused, why)
        .server(FIXED)
        .recipe(recipe::another_index(case.language(), case.id, name))
        .at(Stage::Index(IndexChange::Redefine))
}

/// A vector index: only on-demand tables have some.
pub(super) fn vector_index(case: &Case) -> Judgement {
    if case.after.is_some() && billing_mode(case.wanted).as_deref() == Some("PROVISIONED") {
        let why = "only an on-demand table can have vector indexes";
        return Judgement::new(Verdict::Refused, why)
            .recipe(recipe::on_demand_first(case.language(), case.id));
    }
    index(case)
}

fn fixed_vector_index(case: &Case, name: &str, why: &str) -> Judgement {
    if case.templates.options.redefine_indexes.contains(case.id) {
        let why =
            format!("{why}: it is deleted and created again, and searches on it fail until it is ACTIVE");
        return Judgement::new(Verdict::Staged, why).at(Stage::Index(IndexChange::Redefine));
    }
    Judgement::new(Verdict::Refused, why)
        .recipe(recipe::another_index(case.language(), case.id, name))
        .at(Stage::Index(IndexChange::Redefine))
}

/// Returns the number of attributes that an index projects by name.
pub(crate) fn projected(index: &Value) -> usize {
    match index {
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| match value {
                Value::Array(names) if name == "NonKeyAttributes" => names.iter().filter_map(text).count(),
                _ => projected(value),
            })
            .sum(),
        Value::Array(items) => items.iter().map(projected).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}
