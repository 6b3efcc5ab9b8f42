//! One side of the comparison, with what is known written out.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tablewright_plan::PlanOptions;

use crate::normal::Resource;
use crate::resolve::{Facts, expanded, resolved};

/// One side of the comparison.
pub(crate) struct Side {
    /// As it is written, but for loops.
    pub(crate) expanded: Value,
    /// With values.
    pub(crate) template: Value,
    pub(crate) resources: BTreeMap<String, Resource>,
}

impl Side {
    pub(crate) fn of(template: &Value, facts: Facts<'_>) -> Self {
        let expanded = expanded(template, facts);
        let template = resolved(template, facts);
        let resources = template["Resources"].as_object().into_iter().flatten();
        let resources = resources.map(|(id, resource)| (id.clone(), Resource::of(resource))).collect();
        Self { expanded, template, resources }
    }

    /// The same table name, in a resource that the other side does not have.
    pub(crate) fn named<'a>(&'a self, name: &Value, other: &Self) -> Option<&'a str> {
        let mut all = self.resources.iter().filter(|(id, resource)| {
            resource.is_table() && resource.get("TableName") == name && !other.resources.contains_key(*id)
        });
        all.find(|_| !name.is_null()).map(|(id, _)| id.as_str())
    }

    /// What Application Auto Scaling manages of the table: `table/${ID}` and `table/${ID}/index/NAME`.
    pub(crate) fn scaled(&self, id: &str) -> Vec<String> {
        let of_table = format!("table/${{{id}}}");
        let places = self.resources.values().filter_map(|resource| {
            let place = &resource.written["ResourceId"];
            place["Fn::Sub"].as_str().or(place.as_str())
        });
        places.filter(|place| place.starts_with(&of_table)).map(str::to_owned).collect()
    }
}

type Values = BTreeMap<String, String>;

/// Both sides, with the values that the options give. Where those of one side are not known, only the parameters that the other
/// side does not have are: an expression that both have cannot be compared by its value.
pub(crate) fn sides(deployed: &Value, wanted: &Value, options: &PlanOptions) -> (Side, Side) {
    let side = |template: &Value, other: &Value, own: &Option<Values>, others: &Option<Values>| {
        let mut shared = BTreeSet::new();
        if own.is_none() || others.is_none() {
            let names = other["Parameters"].as_object().into_iter().flat_map(|parameters| parameters.keys());
            shared.extend(names.cloned());
        }
        let facts = Facts { parameters: own.as_ref(), hidden: &shared, pseudo: &options.pseudo_parameters };
        Side::of(template, facts)
    };
    let (before, after) = (&options.deployed_parameters, &options.wanted_parameters);
    (side(deployed, wanted, before, after), side(wanted, deployed, after, before))
}
