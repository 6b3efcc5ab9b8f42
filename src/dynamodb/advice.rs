//! Advice for refusals of DynamoDB and CloudFormation that are about a table.
//!
//! In: the reason of a failed event. Out: a sentence. The fragments are texts of AWS, from reported events.

/// Fragments of reasons, each with its advice. The first that occurs in a reason counts, so special ones come first.
const KNOWN: &[(&str, &str)] = &[
    (
        "Cannot perform more than one GSI creation or deletion",
        "an update can create or delete only one index of a table; `tablewright deploy` plans one update for each",
    ),
    (
        "Cannot update GSI's properties other than",
        "the key and the projection of an index cannot be changed; add an index with another name, and delete the old one later",
    ),
    (
        "custom-named resource requires replacing",
        "the change needs a new table; `tablewright diff` shows how to make it without losing items",
    ),
    (
        "Attempting to create an index which already exists",
        "an earlier rollback has left the index; delete it with UpdateTable, then deploy again",
    ),
    (
        "CapacityUnits|dynamodb already exists",
        "a scalable target for it already exists outside the stack; deregister it in Application Auto Scaling, then deploy again",
    ),
    (
        "already exists",
        "a table with this name already exists: one that was retained, or one of another stack; import it, delete it if its items are no longer needed, or use another name",
    ),
    (
        "Only 1 online index can be created or deleted simultaneously",
        "another index of the table is still being created or deleted; deploy again when every index is ACTIVE",
    ),
    (
        "Attempt to change a resource which is still in use",
        "the table is still being changed; deploy again in a minute",
    ),
    ("Table is being updated", "the table is still being changed; deploy again in a minute"),
    ("Index is being updated", "an index is still being changed; deploy again in a minute"),
    (
        "Cannot delete table while indexes are being created, updated, or deleted",
        "wait until every index is ACTIVE, then delete the stack again",
    ),
    (
        "Backups are being enabled for the table",
        "point-in-time recovery of the new table is still being enabled; deploy again in a few seconds",
    ),
    (
        "Time to live has been modified multiple times within a fixed interval",
        "time to live can be changed about once an hour; deploy again later",
    ),
    (
        "TimeToLive is active on a different AttributeName",
        "disable time to live first, wait an hour, then enable it for the other attribute",
    ),
    (
        "AttributeName property of TimeToLiveSpecification is required",
        "time to live cannot be removed from a template; disable it with `Enabled: false`",
    ),
    (
        "Table already has an enabled stream",
        "disable the stream first, then enable it with the other view type",
    ),
    (
        "EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED",
        "remove the Kinesis destination first, wait until it is DISABLED, then add the other one",
    ),
    (
        "modification must be the only operation in the request",
        "DynamoDB accepts this change only alone; deploy it without the other changes of the table",
    ),
    (
        "currently protected against deletion",
        "deploy with `.deletion_protection(false)` first; only then can the table be deleted",
    ),
    (
        "Subscriber limit exceeded",
        "too many tables are being created or changed at the same time; deploy again when they are ACTIVE",
    ),
    (
        "Replica cannot be deleted because it has acted as a source region",
        "a replica from which others were created can be deleted a day later at the earliest",
    ),
    (
        "KMS",
        "check that the KMS key is enabled and in this Region, and that its policy allows DynamoDB to use it",
    ),
];

/// Returns the advice for the reason of a failed event; `None` for a reason that is not known.
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
