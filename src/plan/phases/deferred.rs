//! What a new replica can get only in a later update than the one that creates it.
//!
//! "The AWS::DynamoDB::GlobalTable resource doesn't support creating a replica and adding a resource-based policy to that replica in
//! the same stack update in Regions other than the Region where you deploy the stack update" (DynamoDB developer guide,
//! "Resource-based policy considerations"; aws-cdk#30705).

use serde_json::{Map, Value, json};

use crate::view::{GLOBAL_TABLE, kind};

/// Returns a replica as it can be created, and whether that leaves something out.
pub(super) fn new_replica(replica: &Value) -> (Value, bool) {
    let mut created = replica.clone();
    let is_reduced = created.as_object_mut().is_some_and(without_policies);
    (created, is_reduced)
}

/// Returns a new resource as it can be created, and the Regions of the replicas for which that leaves something out.
///
/// `home` is the Region of the stack, where it is known.
pub(super) fn new_resource(resource: &Value, home: Option<&str>) -> (Value, Vec<String>) {
    let mut created = resource.clone();
    let mut reduced = Vec::new();
    if kind(resource) == Some(GLOBAL_TABLE)
        && let Some(replicas) = created.pointer_mut("/Properties/Replicas").and_then(Value::as_array_mut)
        && replicas.len() > 1
    {
        let is_home = |region: &Value| match home {
            Some(home) => region == home,
            None => *region == json!({ "Ref": "AWS::Region" }),
        };
        let abroad = replicas.iter_mut().filter_map(Value::as_object_mut);
        for replica in abroad.filter(|replica| replica.get("Region").is_some_and(|region| !is_home(region))) {
            if without_policies(replica) {
                reduced.push(crate::equality::identity(&replica["Region"]));
            }
        }
    }
    (created, reduced)
}

/// Removes the policies of a replica and of its stream, and returns whether there were any.
fn without_policies(replica: &mut Map<String, Value>) -> bool {
    let mut is_reduced = replica.remove("ResourcePolicy").is_some();
    if let Some(Value::Object(stream)) = replica.get_mut("ReplicaStreamSpecification") {
        is_reduced |= stream.remove("ResourcePolicy").is_some();
        if stream.is_empty() {
            replica.remove("ReplicaStreamSpecification");
        }
    }
    is_reduced
}
