//! What DynamoDB and CloudFormation would refuse, said before anything is sent, all at once and with the Rust line.
//!
//! In: an [`Assembly`]. Out: every [`Problem`] in it. Each rule has a stable id, says what to do, and quotes the answer of
//! AWS that it prevents. *Invariant:* a rule looks at values only; what tokens can tell, the derive has told already.
//! What expressions come to is not judged, since CloudFormation alone knows it; what they refer to is.
//!
//! | rule | what | what AWS would say |
//! | --- | --- | --- |
//! | N1 | names of tables and indexes: 3 to 255 of `a-z A-Z 0-9 _ . -`; index names are unique | `failed to satisfy constraint`, `Duplicate index name: X` |
//! | N2 | names of key, TTL and included attributes: 1 to 255 bytes | |
//! | N3 | names of stacks | `Value 'X' at 'stackName' failed to satisfy constraint` |
//! | K1 | the table's key: one partition key, one sort key at most, different names | `The first KeySchemaElement is not a HASH key type` |
//! | K2 | keys of global indexes: 1 to 4 and 0 to 4 attributes, each once | `The KeySchema exceeds the maximum allowed number of HASH key attributes` |
//! | K3 | one type for each attribute | `Property AttributeDefinitions is inconsistent with the KeySchema` |
//! | K4 | key types are S, N or B | cannot be said otherwise: [`Scalar`](crate::Scalar) |
//! | X1 | an index that is changed exists | |
//! | X2 | a condition that is named exists: in `Condition`, `Fn::If`, other conditions | `Unresolved condition dependency X` |
//! | X3 | a parameter or resource that is named exists: in `Ref`, `Fn::Sub`, `Fn::GetAtt`, `DependsOn`; conditions and names of exports name no resource | `Unresolved resource dependencies [X] in the Resources block of the template` |
//! | X4 | an attribute of a table exists; `StreamArn` where there is a stream | `resource X does not support attribute type Y in Fn::GetAtt` |
//! | X5 | a mapping and its keys exist | `Unable to get mapping for X::Y::Z` |
//! | X6 | no resource and no condition waits for itself | `Circular dependency between resources: [X]` |
//! | U1 | *warning:* a parameter, mapping or condition that nothing uses | cfn-lint: W2001, W7001, W8001 |
//! | L1 | local indexes: 5 at most, the table's partition key, one sort key, on a table with one | `Number of LocalSecondaryIndexes exceeds per-table limit of 5` |
//! | L2 | *warning:* a local index limits a partition to 10 GB | |
//! | G1 | *warning:* more than 20 global indexes | `GlobalSecondaryIndex count exceeds the per-table limit of 20` |
//! | P1 | included attributes: 1 to 20, no keys, each once | `ProjectionType is INCLUDE, but NonKeyAttributes is not specified` |
//! | P2 | 100 included attributes in all indexes | |
//! | P3 | no empty lists; only an override could say one | `List of GlobalSecondaryIndexes is empty` |
//! | B1 | throughput of at least 1; *warning:* above the usual quotas | `Member must have value greater than or equal to 1` |
//! | B2 | capacity with provisioned tables only, limits with on-demand ones only | `Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST` |
//! | B3 | the billing mode is always written | the renderer writes it |
//! | W1 | warm throughput: at least 12,000 and 4,000 on demand, at least the capacity if provisioned | `lower than initial throughput for OnDemand` |
//! | A1 | auto scaling: least ≤ first ≤ most, target 20 to 90, schedules that mean something | `Maximum capacity cannot be less than minimum capacity` |
//! | T1 | time to live: a Number, and a name where it is turned off | `AttributeName property of TimeToLiveSpecification is required` |
//! | S1 | encryption: the key is a KMS key | `KMSMasterKeyId is not valid` |
//! | S2 | streams: a policy needs one, and Kinesis the ARN of one in the Region | |
//! | R1 | resource policies: 20,480 bytes, statements with a principal, not for everybody | `Maximum policy size of 20480 bytes exceeded`, `Resource-based policy grants unbounded access` |
//! | R2 | point-in-time recovery: 1 to 35 days, and none where it is off | `Member must have value less than or equal to 35` |
//! | C1 | *warning:* contributor insights show keys of a table with a key of yours | |
//! | I1 | imports: no local index, sound columns | |
//! | D1 | tags: 50, lengths, no `aws:` | `Number of Tags exceed the current limit` |
//! | GT1 | a global table with replicas has a stream of new and old images | |
//! | GT2 | its writes are scaled, without schedules | `Table write capacity should either be Pay-Per-Request or AutoScaled.` |
//! | GT3 | its Regions: the stack's own among them, each once | |
//! | GT4 | strong consistency: three Regions of one set, no time to live, no local index | `Unsupported replica count`, `Unsupported Region(s) specified` |
//! | GT5 | a key of yours for every replica, of its Region | `KMSMasterKeyId must be specified for each replica.` |
//! | GT6 | a global table imports nothing | |
//! | V1 | overrides hit something, raw resources have a type, and neither they nor metadata have a `null` inside | `null values are not allowed in templates` |
//! | V2 | *warning:* a property is overridden | |
//! | ID1 | logical ids: letters and digits, each once | `Resource name X is non alphanumeric.` |
//! | ID2 | stacks and tables whose name is taken | `Resource of type 'AWS::DynamoDB::Table' with identifier 'X' already exists.` |
//! | O1 | outputs: names, each once, 200 at most | |
//! | Q1 | what fits in a stack | `At least one Resources member must be defined.` |
//!
//! Whether an override hits something is seen with the feature `render` only, which knows the properties; the command has it.
//! With it there is also `hold`, for what a profile demands of definitions that AWS would take.

mod global;
mod index;
mod key;
mod name;
mod overrides;
#[cfg(feature = "render")]
pub mod profile;
mod reference;
mod resource_policy;
mod settings;
mod stack;
mod throughput;

#[cfg(test)]
mod tests;

use serde_json::Value as Json;

use crate::problem::Problem;
use crate::program::assembly::Assembly;
#[cfg(feature = "render")]
pub use profile::{Demands, hold};

/// Returns everything that is wrong with an assembly, in the order of the stacks and tables; empty when all is well.
///
/// ```
/// use tablewright::{Assembly, Env, Stack, Table, TableItem, check::check};
///
/// #[derive(serde::Serialize, TableItem)]
/// struct Note {
///     #[ddb(partition)]
///     id: String,
/// }
///
/// let env = Env::new("demo", "dev");
/// let assembly = Assembly::new(&env, &[("notes", |_| {
///     let mut stack = Stack::new("notes");
///     stack.table(Table::of::<Note>().name("ab"));
///     Ok(stack)
/// })]);
/// let problems = check(&assembly);
/// assert_eq!(problems[0].rule, "N1");
/// ```
#[must_use]
pub fn check(assembly: &Assembly) -> Vec<Problem> {
    let mut problems = assembly.problems.clone();
    for stack in &assembly.stacks {
        stack::check(stack, &mut problems);
        reference::check(stack, &mut problems);
        for table in &stack.tables {
            problems.extend_from_slice(&table.problems);
            name::check(table, &mut problems);
            key::check(table, &mut problems);
            index::check(table, &mut problems);
            throughput::check(table, &mut problems);
            settings::check(table, &mut problems);
            resource_policy::check(table, &mut problems);
            global::check(table, &mut problems);
            overrides::check(table, &mut problems);
        }
    }
    stack::check_across(&assembly.stacks, &mut problems);
    throughput::check_across(&assembly.stacks, &mut problems);
    problems
}

/// Returns whether a JSON value has a `null` anywhere: CloudFormation takes none.
fn has_null(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Array(items) => items.iter().any(has_null),
        Json::Object(entries) => entries.values().any(has_null),
        Json::String(_) | Json::Number(_) | Json::Bool(_) => false,
    }
}
