//! When an operation can end, as far as its own entries tell. Pure.
//!
//! In go the entries so far and what the change set promised; out comes a lower bound for the end. What a resource needs
//! is learned from others of its type in the same history, never assumed: this crate knows no types.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime};

use crate::operation::entry::Entry;
use crate::stack::status::{ResourceStatus, StackStatus};

/// What is known about the end of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forecast {
    /// The operation has no entries yet.
    NotBegun,
    /// Not before this much time has passed, and perhaps soon after it: others took that long.
    NotBefore(Duration),
    /// Not before this much time has passed, and who knows when.
    SomeTimeAfter(Duration),
    /// At any moment: everything is at rest, or what runs has run for as long as others did.
    Near,
    /// Nothing is known.
    Open,
}

/// The quickest that a resource has been seen to begin and end.
const QUICKEST: Duration = Duration::from_millis(900);
/// What passes before each of the stack's own entries.
pub(crate) const SETTLING: Duration = Duration::from_millis(900);

/// How long the resources of a type took, by what was done to them.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownDurations(HashMap<(String, Work), Duration>);

/// What is done to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Work {
    Create,
    Update,
    Delete,
}

impl KnownDurations {
    /// Learns from the entries of one stack, oldest first. The shortest time counts: it is the lower bound that is sought.
    pub(crate) fn learn(&mut self, entries: &[Entry]) {
        let mut began: HashMap<&str, (Work, SystemTime)> = HashMap::new();
        for entry in entries {
            let Some((work, ends)) = entry.resource_status().as_ref().and_then(work) else { continue };
            let id = entry.logical_id.as_str();
            if !ends {
                let begun = began.entry(id).or_insert((work, entry.at));
                if begun.0 != work {
                    *begun = (work, entry.at);
                }
            } else if let Some((begun, at)) = began.remove(id)
                && begun == work
            {
                let length = entry.at.duration_since(at).unwrap_or_default();
                let known = self.0.entry((entry.resource_type.clone(), work)).or_insert(length);
                *known = length.min(*known);
            }
        }
    }

    /// A time before which such a resource is not done: a tenth less than the shortest that was seen.
    fn at_least(&self, resource_type: &str, work: Work) -> Option<Duration> {
        self.0.get(&(resource_type.to_owned(), work)).map(|length| length.mul_f64(0.9))
    }

    /// A time before which such a resource is not done, whatever is done to it.
    fn shortest(&self, resource_type: &str) -> Duration {
        let works = [Work::Create, Work::Update, Work::Delete];
        works.into_iter().filter_map(|work| self.at_least(resource_type, work)).min().unwrap_or(QUICKEST)
    }
}

/// The work that a status tells of, and whether it is its good end.
fn work(status: &ResourceStatus) -> Option<(Work, bool)> {
    match status {
        ResourceStatus::CreateInProgress => Some((Work::Create, false)),
        ResourceStatus::CreateComplete => Some((Work::Create, true)),
        ResourceStatus::UpdateInProgress => Some((Work::Update, false)),
        ResourceStatus::UpdateComplete => Some((Work::Update, true)),
        ResourceStatus::DeleteInProgress => Some((Work::Delete, false)),
        ResourceStatus::DeleteComplete => Some((Work::Delete, true)),
        ResourceStatus::CreateFailed
        | ResourceStatus::UpdateFailed
        | ResourceStatus::DeleteFailed
        | ResourceStatus::DeleteSkipped
        | ResourceStatus::ImportInProgress
        | ResourceStatus::ImportComplete
        | ResourceStatus::ImportFailed
        | ResourceStatus::ImportRollbackInProgress
        | ResourceStatus::ImportRollbackComplete
        | ResourceStatus::ImportRollbackFailed
        | ResourceStatus::ExportInProgress
        | ResourceStatus::ExportComplete
        | ResourceStatus::ExportFailed
        | ResourceStatus::ExportRollbackInProgress
        | ResourceStatus::ExportRollbackComplete
        | ResourceStatus::ExportRollbackFailed
        | ResourceStatus::RollbackInProgress
        | ResourceStatus::RollbackComplete
        | ResourceStatus::RollbackFailed
        | ResourceStatus::UpdateRollbackInProgress
        | ResourceStatus::UpdateRollbackComplete
        | ResourceStatus::UpdateRollbackFailed
        | ResourceStatus::Unknown(_) => None,
    }
}

/// Looks ahead from `now`, which is AWS's time as well as it is known. `expected` are the resources of the change set with
/// their types; empty where nothing was promised.
pub(crate) fn forecast(
    entries: &[Entry],
    expected: &BTreeMap<String, String>,
    durations: &KnownDurations,
    now: SystemTime,
) -> Forecast {
    let Some(status) = entries.iter().rev().find_map(Entry::stack_status) else {
        return Forecast::NotBegun;
    };
    let (latest, runs) = latest(entries);
    let forward = matches!(
        status,
        StackStatus::CreateInProgress | StackStatus::UpdateInProgress | StackStatus::ImportInProgress
    );
    let cleaning = matches!(
        status,
        StackStatus::UpdateCompleteCleanupInProgress | StackStatus::UpdateRollbackCompleteCleanupInProgress
    );
    // A failure turns the operation around before what was promised is done.
    let failed =
        latest.values().any(|entry| entry.resource_status().is_some_and(|status| status.is_failed()));
    let promised = forward && !failed;
    let unbegun = expected.iter().filter(|(id, _)| promised && !latest.contains_key(id.as_str()));
    let unbegun = unbegun.map(|(_, resource_type)| durations.shortest(resource_type)).max();

    let settling = match status {
        // Cleaning up comes in between; with something left for the calls themselves.
        StackStatus::UpdateInProgress | StackStatus::UpdateRollbackInProgress => SETTLING * 7 / 4,
        _ => SETTLING,
    };
    if runs.is_empty() && unbegun.is_none() {
        let all_at_rest = cleaning || (promised && !expected.is_empty());
        return if all_at_rest { Forecast::Near } else { Forecast::Open };
    }

    let Remaining { bound, learned, overdue } = remaining(runs.values().copied(), unbegun, durations, now);
    match (bound.is_zero(), overdue, learned) {
        (true, true, _) => Forecast::Near,
        (false, _, true) => Forecast::NotBefore(bound + settling),
        (true, false, _) | (false, _, false) => Forecast::SomeTimeAfter(bound + settling),
    }
}

/// What is left of the resources that are in progress or have not begun.
struct Remaining {
    /// The time that the slowest of them still takes at least.
    bound: Duration,
    /// Whether the bound comes from what such resources took, and is not only the least that there is.
    learned: bool,
    /// Whether all of them have taken their usual time.
    overdue: bool,
}

/// Returns what is left of runs, each given with its beginning and its latest entry; `unbegun` is the bound of resources that
/// have not begun.
fn remaining<'a>(
    runs: impl Iterator<Item = (SystemTime, &'a Entry)>,
    unbegun: Option<Duration>,
    durations: &KnownDurations,
    now: SystemTime,
) -> Remaining {
    let mut bound = unbegun.unwrap_or_default();
    let mut learned = unbegun != Some(QUICKEST);
    let mut overdue = unbegun.is_none();
    for (began, entry) in runs {
        let length = entry
            .resource_status()
            .and_then(|status| work(&status))
            .and_then(|(work, _)| durations.at_least(&entry.resource_type, work));
        let ran = now.duration_since(began).unwrap_or_default();
        match length {
            Some(length) if length > ran => {
                learned |= length - ran > bound;
                bound = bound.max(length - ran);
            }
            // The usual time is over: the end is near.
            Some(length) if ran <= length * 5 / 4 + Duration::from_secs(3) => {}
            // Much slower than usual, or the usual time is unknown.
            Some(_) | None => overdue = false,
        }
    }
    Remaining { bound, learned, overdue }
}

/// CloudFormation's clock, from the times of its entries and of the reads that showed them first. The entry that came
/// soonest after it was written is the best witness.
#[derive(Debug, Clone, Default)]
pub(crate) struct ServerClock(Option<(SystemTime, SystemTime)>);

impl ServerClock {
    /// An entry of `written` was read at `read`, our time.
    pub(crate) fn witness(&mut self, written: SystemTime, read: SystemTime) {
        let lag = |(written, read)| nanoseconds(read) - nanoseconds(written);
        if self.0.is_none_or(|best| lag((written, read)) < lag(best)) {
            self.0 = Some((written, read));
        }
    }

    /// CloudFormation's time when ours is `now`.
    pub(crate) fn at(&self, now: SystemTime) -> SystemTime {
        let Some((written, read)) = self.0 else { return now };
        written + now.duration_since(read).unwrap_or_default()
    }
}

fn nanoseconds(time: SystemTime) -> i128 {
    let nanoseconds = |span: Duration| i128::try_from(span.as_nanos()).expect("no time is that far away");
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => nanoseconds(after),
        Err(before) => -nanoseconds(before.duration()),
    }
}

/// The last entry of each resource.
type Latest<'a> = HashMap<&'a str, &'a Entry>;
/// The resources that run: when they began, and their last entry.
type Runs<'a> = HashMap<&'a str, (SystemTime, &'a Entry)>;

/// How each resource stands.
fn latest(entries: &[Entry]) -> (Latest<'_>, Runs<'_>) {
    let (mut latest, mut runs) = (Latest::new(), Runs::new());
    for entry in entries {
        let Some(status) = entry.resource_status() else { continue };
        let id = entry.logical_id.as_str();
        latest.insert(id, entry);
        if status.is_in_progress() {
            let began = runs.get(id).filter(|(_, last)| last.status == entry.status).map(|(at, _)| *at);
            runs.insert(id, (began.unwrap_or(entry.at), entry));
        } else {
            runs.remove(id);
        }
    }
    (latest, runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STACK: &str = "arn:stack";

    fn at(seconds: f64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs_f64(seconds)
    }

    /// Entries of `seconds, logical id, status`; the stack itself is `STACK`. The type is the id without its digits.
    fn entries(lines: &[(f64, &str, &str)]) -> Vec<Entry> {
        let entry = |(index, (seconds, id, status)): (usize, &(f64, &str, &str))| Entry {
            id: index.to_string(),
            at: at(*seconds),
            stack_id: STACK.to_owned(),
            logical_id: (*id).to_owned(),
            physical_id: Some(if *id == "STACK" { STACK.to_owned() } else { format!("{id}-1") }),
            resource_type: match *id {
                "STACK" => crate::stack::STACK_TYPE.to_owned(),
                id => id.trim_end_matches(|digit: char| digit.is_ascii_digit()).to_owned(),
            },
            status: (*status).to_owned(),
            reason: None,
            token: None,
        };
        lines.iter().enumerate().map(entry).collect()
    }

    #[track_caller]
    fn check(expected: &[&str], now: f64, lines: &[(f64, &str, &str)], forecast_expected: Forecast) {
        let entries = entries(lines);
        let mut durations = KnownDurations::default();
        durations.learn(&entries);
        let kind = |id: &str| id.trim_end_matches(|digit: char| digit.is_ascii_digit()).to_owned();
        let expected = expected.iter().map(|id| ((*id).to_owned(), kind(id))).collect();
        assert_eq!(forecast(&entries, &expected, &durations, at(now)), forecast_expected);
    }

    fn not_before(seconds: f64) -> Forecast {
        Forecast::NotBefore(Duration::from_secs_f64(seconds))
    }

    fn after(seconds: f64) -> Forecast {
        Forecast::SomeTimeAfter(Duration::from_secs_f64(seconds))
    }

    const BEGUN: (f64, &str, &str) = (0.0, "STACK", "CREATE_IN_PROGRESS");

    #[test]
    fn the_servers_clock_is_what_its_freshest_entry_says() {
        let mut clock = ServerClock::default();
        assert_eq!(clock.at(at(50.0)), at(50.0));
        clock.witness(at(10.0), at(113.0));
        assert_eq!(clock.at(at(120.0)), at(17.0));
        clock.witness(at(20.0), at(121.0));
        clock.witness(at(22.0), at(130.0));
        assert_eq!(clock.at(at(131.0)), at(30.0));
        // Ours may be behind.
        clock.witness(at(300.0), at(200.0));
        assert_eq!(clock.at(at(201.0)), at(301.0));
    }

    #[test]
    fn nothing_read_is_nothing_known() {
        check(&["A"], 1.0, &[], Forecast::NotBegun);
        check(&[], 1.0, &[BEGUN], Forecast::Open);
    }

    #[test]
    fn what_has_not_begun_cannot_have_ended() {
        check(&["A"], 1.0, &[BEGUN], after(1.8));
        let one = [BEGUN, (4.0, "A", "CREATE_IN_PROGRESS")];
        check(&["A", "B"], 5.0, &one, after(1.8));
        check(&["A"], 5.0, &one, after(0.9));
    }

    #[test]
    fn all_at_rest_is_the_end() {
        let done = [BEGUN, (4.0, "A", "CREATE_IN_PROGRESS"), (6.0, "A", "CREATE_COMPLETE")];
        check(&["A"], 6.5, &done, Forecast::Near);
        // Nobody promised that this is all.
        check(&[], 6.5, &done, Forecast::Open);
    }

    #[test]
    fn others_of_the_type_tell_how_long_it_takes() {
        let lines = [
            BEGUN,
            (4.0, "T1", "CREATE_IN_PROGRESS"),
            (4.7, "T1", "CREATE_IN_PROGRESS"),
            (14.0, "T1", "CREATE_COMPLETE"),
            (15.0, "T2", "CREATE_IN_PROGRESS"),
            (15.7, "T2", "CREATE_IN_PROGRESS"),
        ];
        check(&["T1", "T2"], 16.0, &lines, not_before(8.9));
        // Whatever has not begun takes no less.
        check(&["T1", "T2", "T3"], 24.5, &lines, not_before(9.9));
        check(&["T1", "T2"], 24.5, &lines, Forecast::Near);
        // Ten seconds were not enough, so how many are?
        check(&["T1", "T2"], 30.0, &lines, after(0.9));
        // What was learned of a creation says nothing about a deletion, nor about another type.
        let other = [lines[0], lines[1], lines[3], (15.0, "T2", "DELETE_IN_PROGRESS")];
        check(&["T1", "T2"], 16.0, &other, after(0.9));
        let other = [lines[0], lines[1], lines[3], (15.0, "U1", "CREATE_IN_PROGRESS")];
        check(&["T1", "U1"], 16.0, &other, after(0.9));
    }

    #[test]
    fn an_update_is_cleaned_up_before_it_ends() {
        let lines = [(0.0, "STACK", "UPDATE_IN_PROGRESS"), (4.0, "A", "UPDATE_IN_PROGRESS")];
        check(&["A"], 5.0, &lines, after(1.575));
        check(&["A", "B"], 5.0, &lines, after(2.475));
    }

    #[test]
    fn a_failure_ends_what_was_promised() {
        let failed = [BEGUN, (4.0, "A", "CREATE_IN_PROGRESS"), (5.0, "A", "CREATE_FAILED")];
        check(&["A", "B"], 5.5, &failed, Forecast::Open);
        let back = [failed[0], failed[1], failed[2], (6.0, "STACK", "ROLLBACK_IN_PROGRESS")];
        check(&["A", "B"], 6.5, &back, Forecast::Open);
    }

    #[test]
    fn cleaning_up_is_near_the_end_unless_something_is_being_deleted() {
        let mut lines = vec![
            (0.0, "STACK", "UPDATE_IN_PROGRESS"),
            (4.0, "A", "UPDATE_IN_PROGRESS"),
            (5.0, "A", "UPDATE_COMPLETE"),
            (6.0, "STACK", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        ];
        // `B` is removed, or was found not to change.
        check(&["A", "B"], 6.5, &lines, Forecast::Near);
        lines.push((8.0, "B", "DELETE_IN_PROGRESS"));
        check(&["A", "B"], 8.5, &lines, after(0.9));
        lines.push((9.0, "B", "DELETE_COMPLETE"));
        check(&["A", "B"], 9.5, &lines, Forecast::Near);
    }
}
