//! Checks definitions for everything that DynamoDB and CloudFormation would reject, before anything is sent.
//!
//! All problems are reported at once, with their source location. Each rule has a stable id, a help text, and the error message
//! of AWS that it prevents. *Invariant:* rules check values only; what the tokens of a struct show is checked by the derive. The
//! value of an expression is not checked, as only CloudFormation can evaluate it, but the names that it refers to are.
//!
//! | rule | what is checked | error message of AWS |
//! | --- | --- | --- |
//! | N1 | names of tables and indexes: 3 to 255 of `a-z A-Z 0-9 _ . -`; index names are unique | `failed to satisfy constraint`, `Duplicate index name: X` |
//! | N2 | names of key, TTL and included attributes: 1 to 255 bytes | |
//! | N3 | names of stacks | `Value 'X' at 'stackName' failed to satisfy constraint` |
//! | K1 | the table's key: one partition key, one sort key at most, different names | `The first KeySchemaElement is not a HASH key type` |
//! | K2 | keys of global indexes: 1 to 4 and 0 to 4 attributes, each once | `The KeySchema exceeds the maximum allowed number of HASH key attributes` |
//! | K3 | one type for each attribute | `Property AttributeDefinitions is inconsistent with the KeySchema` |
//! | K4 | key types are S, N or B | enforced by the type [`Scalar`](crate::Scalar) |
//! | X1 | an index that is changed exists | |
//! | X2 | a referenced condition exists: in `Condition`, `Fn::If`, other conditions | `Unresolved condition dependency X` |
//! | X3 | a referenced parameter or resource exists: in `Ref`, `Fn::Sub`, `Fn::GetAtt`, `DependsOn`; conditions and export names do not refer to resources | `Unresolved resource dependencies [X] in the Resources block of the template` |
//! | X4 | a referenced attribute of a table exists; `StreamArn` only if it has a stream | `resource X does not support attribute type Y in Fn::GetAtt` |
//! | X5 | a referenced mapping and its keys exist | `Unable to get mapping for X::Y::Z` |
//! | X6 | no resource and no condition depends on itself | `Circular dependency between resources: [X]` |
//! | U1 | *warning:* an unused parameter, mapping or condition | cfn-lint: W2001, W7001, W8001 |
//! | L1 | local indexes: 5 at most, the table's partition key, one sort key, on a table with one | `Number of LocalSecondaryIndexes exceeds per-table limit of 5` |
//! | L2 | *warning:* a local index limits a partition to 10 GB | |
//! | G1 | *warning:* more than 20 global indexes | `GlobalSecondaryIndex count exceeds the per-table limit of 20` |
//! | P1 | included attributes: 1 to 20, no keys, each once | `ProjectionType is INCLUDE, but NonKeyAttributes is not specified` |
//! | P2 | 100 included attributes in all indexes | |
//! | P3 | no empty lists; possible only in an override | `List of GlobalSecondaryIndexes is empty` |
//! | B1 | throughput of at least 1; *warning:* above the usual quotas | `Member must have value greater than or equal to 1` |
//! | B2 | capacity with provisioned tables only, limits with on-demand ones only | `Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST` |
//! | B3 | the billing mode is always set | enforced by the renderer |
//! | W1 | warm throughput: at least 12,000 and 4,000 on demand, at least the capacity if provisioned | `lower than initial throughput for OnDemand` |
//! | A1 | auto scaling: minimum ≤ initial ≤ maximum, target 20 to 90, valid schedules | `Maximum capacity cannot be less than minimum capacity` |
//! | T1 | TTL: a Number, and an attribute name even if it is turned off | `AttributeName property of TimeToLiveSpecification is required` |
//! | S1 | encryption: the key is a KMS key | `KMSMasterKeyId is not valid` |
//! | S2 | streams: a stream policy requires a stream; Kinesis requires the ARN of a stream in the Region | |
//! | R1 | resource policies: 20,480 bytes, statements with a principal, not allowed for everyone | `Maximum policy size of 20480 bytes exceeded`, `Resource-based policy grants unbounded access` |
//! | R2 | point-in-time recovery: 1 to 35 days, and only if it is on | `Member must have value less than or equal to 35` |
//! | C1 | *warning:* Contributor Insights exposes keys of a table that is encrypted with a customer managed key | |
//! | I1 | imports: no local index, valid columns | |
//! | D1 | tags: 50, lengths, no `aws:` | `Number of Tags exceed the current limit` |
//! | GT1 | a global table with replicas has a stream of new and old images | |
//! | GT2 | its write capacity has auto scaling, without schedules | `Table write capacity should either be Pay-Per-Request or AutoScaled.` |
//! | GT3 | its Regions: including the Region of the stack, each once | |
//! | GT4 | strong consistency: three Regions of one set, no TTL, no local index | `Unsupported replica count`, `Unsupported Region(s) specified` |
//! | GT5 | a customer managed key for every replica, in its Region | `KMSMasterKeyId must be specified for each replica.` |
//! | GT6 | a global table has no import | |
//! | V1 | overrides have an existing parent, raw resources have a type, and neither they nor metadata contain `null` | `null values are not allowed in templates` |
//! | V2 | *warning:* a property is overridden | |
//! | ID1 | logical ids: letters and digits, each once | `Resource name X is non alphanumeric.` |
//! | ID2 | unique names of stacks and tables | `Resource of type 'AWS::DynamoDB::Table' with identifier 'X' already exists.` |
//! | O1 | outputs: names, each once, 200 at most | |
//! | Q1 | quotas of a stack: resources, parameters, mappings, description, defaults | `At least one Resources member must be defined.` |
//!
//! [`check_policy`] checks the additional requirements of a profile.

mod global;
mod index;
mod key;
mod name;
mod overrides;
#[cfg(feature = "render")]
pub mod profile;
pub(crate) mod quota;
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
pub use profile::{Policy, check_policy};
pub use quota::{ExceededQuota, PARAMETER_VALUE_BYTES};

/// Returns all problems of an assembly, in the order of its stacks and tables.
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

/// Whether a JSON value contains `null`, which CloudFormation rejects.
fn has_null(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Array(items) => items.iter().any(has_null),
        Json::Object(entries) => entries.values().any(has_null),
        Json::String(_) | Json::Number(_) | Json::Bool(_) => false,
    }
}
