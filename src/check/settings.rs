//! T1: time to live. PITR: days of recovery. D1: tags. S: what the policies mean.

use crate::problem::Problem;
use crate::scalar::Scalar;
use crate::table::Table;

const MOST_TAGS: usize = 50;

pub(super) fn check(table: &Table, problems: &mut Vec<Problem>) {
    if let Some(ttl) = &table.ttl
        && ttl.scalar != Scalar::N
    {
        problems.push(
            Problem::error(
                "T1",
                &ttl.at,
                format!("TTL attribute `{}` is stored as {}", ttl.name, ttl.scalar),
            )
            .help("DynamoDB reads epoch seconds from a Number and ignores anything else"),
        );
    }
    if let Some(days) =
        table.point_in_time_recovery.as_ref().and_then(|recovery| recovery.days.as_ref()?.literal())
        && !(1..=35).contains(days)
    {
        problems.push(
            Problem::error(
                "R2",
                &table.at,
                format!("point-in-time recovery of table `{}` reaches back {days} days", table.id),
            )
            .help("1 to 35 days are allowed"),
        );
    }
    tags(table, problems);
}

fn tags(table: &Table, problems: &mut Vec<Problem>) {
    if table.tags.len() > MOST_TAGS {
        problems.push(
            Problem::error(
                "D1",
                &table.at,
                format!("table `{}` has {} tags; {MOST_TAGS} are allowed", table.id, table.tags.len()),
            )
            .help("put some of them on the stack")
            .server_text("Number of Tags exceed the current limit"),
        );
    }
    for (key, value) in &table.tags {
        let wrong = if key.starts_with("aws:") {
            "begins with `aws:`, which is reserved".to_owned()
        } else if !(1..=128).contains(&key.chars().count()) {
            "has a key that is not 1 to 128 characters long".to_owned()
        } else if value.literal().is_some_and(|value| value.chars().count() > 256) {
            "has a value of more than 256 characters".to_owned()
        } else {
            continue;
        };
        problems.push(
            Problem::error("D1", &table.at, format!("tag `{key}` of table `{}` {wrong}", table.id))
                .help("rename or shorten it"),
        );
    }
}
