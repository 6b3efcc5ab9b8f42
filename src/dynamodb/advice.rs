//! What DynamoDB's and CloudFormation's refusals mean for a table, and what to do about them.
//!
//! In: the reason of a failed event. Out: a sentence. The texts are AWS's own, from events that people met.

/// Fragments of reasons and what to do, the most special first.
const KNOWN: &[(&str, &str)] = &[
    (
        "Cannot perform more than one GSI creation or deletion",
        "one index can be created or deleted in an update; the plan of `tablewright deploy` takes them one by one",
    ),
    (
        "Cannot update GSI's properties other than",
        "keys and projection of an index cannot change; give the index another name, and remove the old one later",
    ),
    (
        "custom-named resource requires replacing",
        "the change needs a new table; `tablewright diff` shows how to get there without losing items",
    ),
    (
        "Attempting to create an index which already exists",
        "the index was left by an earlier rollback; delete it with UpdateTable, then deploy again",
    ),
    (
        "CapacityUnits|dynamodb already exists",
        "a scalable target is there already, made outside the stack: deregister it in Application Auto Scaling",
    ),
    (
        "already exists",
        "a table of this name is there already, retained or somebody else's: import it, delete it if nobody needs its items, or use another name",
    ),
    (
        "Only 1 online index can be created or deleted simultaneously",
        "another index of the table is still being made or deleted; deploy again when it is ACTIVE",
    ),
    (
        "Attempt to change a resource which is still in use",
        "the table is busy with another change; deploy again in a minute",
    ),
    ("Table is being updated", "the table is busy with another change; deploy again in a minute"),
    ("Index is being updated", "an index is busy with another change; deploy again in a minute"),
    (
        "Cannot delete table while indexes are being created, updated, or deleted",
        "wait until every index is ACTIVE, then delete again",
    ),
    (
        "Backups are being enabled for the table",
        "DynamoDB is busy with the backups of a new table; deploy again in a few seconds",
    ),
    (
        "Time to live has been modified multiple times within a fixed interval",
        "TTL can change about once an hour; deploy again then",
    ),
    (
        "TimeToLive is active on a different AttributeName",
        "turn TTL off first, wait an hour, then turn it on for the other attribute",
    ),
    (
        "AttributeName property of TimeToLiveSpecification is required",
        "TTL cannot be dropped from a template; it has to be said with `Enabled: false`",
    ),
    ("Table already has an enabled stream", "turn the stream off first, then on with the other view"),
    (
        "EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED",
        "remove the Kinesis stream first, wait until it is DISABLED, then add the other",
    ),
    (
        "modification must be the only operation in the request",
        "this change must be deployed alone; take the others back for now",
    ),
    (
        "currently protected against deletion",
        "deploy with `.deletion_protection(false)` first; only then can the table be deleted",
    ),
    (
        "Subscriber limit exceeded",
        "too many tables are being made or changed at once; deploy again when they are done",
    ),
    (
        "Replica cannot be deleted because it has acted as a source region",
        "a replica that others were made from can be deleted only a day later",
    ),
    ("KMS", "look at the key: is it enabled, in this region, and does its policy let DynamoDB use it?"),
];

/// Returns what to do about a reason that is known.
///
/// ```
/// let reason = "Resource handler returned message: \"Cannot perform more than one GSI creation or deletion in a single update\"";
/// assert!(tablewright_dynamodb::advice(reason).is_some());
/// assert_eq!(tablewright_dynamodb::advice("Resource creation cancelled"), None);
/// ```
#[must_use]
pub fn advice(reason: &str) -> Option<&'static str> {
    KNOWN.iter().find(|(fragment, _)| reason.contains(fragment)).map(|(_, advice)| *advice)
}
