//! The differences between two values, by path.

use serde_json::{Map, Value};

use crate::equality::list_semantics::{Semantics, list_member};
use crate::equality::{intrinsic, is_no_value, same};
use crate::path::{Path, Segment, keyed};

/// One place where two templates differ in meaning.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Difference<'a> {
    pub(crate) path: Path,
    pub(crate) before: Option<&'a Value>,
    pub(crate) after: Option<&'a Value>,
}

/// Returns the differences at and below a place, in the order of the wanted template, then what was removed.
///
/// `whole` says at which places to stop: a TTL block is judged as one, not by its two members.
pub(crate) fn differences<'a>(
    at: Path,
    before: Option<&'a Value>,
    after: Option<&'a Value>,
    whole: &dyn Fn(&Path) -> bool,
) -> Vec<Difference<'a>> {
    let mut found = Vec::new();
    compare(at, before, after, whole, &mut found);
    found
}

fn compare<'a>(
    path: Path,
    before: Option<&'a Value>,
    after: Option<&'a Value>,
    whole: &dyn Fn(&Path) -> bool,
    found: &mut Vec<Difference<'a>>,
) {
    // The three arguments of `Fn::If` are no list of what the property holds.
    let branching = path.0.last() == Some(&Segment::Key("Fn::If".to_owned()));
    let name = if branching { "Fn::If" } else { path.property() };
    let present = |value: Option<&'a Value>| value.filter(|value| !is_no_value(value));
    let (there, here) = (present(before), present(after));
    match (there, here) {
        (None, None) => return,
        // A branch that is `AWS::NoValue` counts: a list would be compared without it.
        (Some(a), Some(b)) if !branching && same(name, a, b) => return,
        _ => {}
    }
    // A value under one and the same condition on both sides is judged branch by branch; a policy is judged as one.
    let descend = branching
        || is_conditional(there, here)
        || !whole(&path) && Semantics::of(path.property()) != Semantics::Document;
    match pairs(name, there, here) {
        Some(pairs) if descend => {
            for (segment, before, after) in pairs {
                compare(path.join(segment), before, after, whole, found);
            }
        }
        _ => found.push(Difference { path, before: there, after: here }),
    }
}

type Pair<'a> = (Segment, Option<&'a Value>, Option<&'a Value>);

/// Returns the parts of both values side by side; `None` when the values can only be compared as a whole.
fn pairs<'a>(name: &str, before: Option<&'a Value>, after: Option<&'a Value>) -> Option<Vec<Pair<'a>>> {
    const NOTHING: &[Value] = &[];
    match (before, after) {
        // A list of indexes that appears or vanishes is as many changes as it has indexes.
        (Some(Value::Array(items)), None) if list_member(name).is_some() => {
            items_by_name(name, items, NOTHING)
        }
        (None, Some(Value::Array(items))) if list_member(name).is_some() => {
            items_by_name(name, NOTHING, items)
        }
        // A resource without `Properties` has none of them.
        (Some(Value::Object(before)), None) if name == "Properties" => Some(members(Some(before), None)),
        (None, Some(Value::Object(after))) if name == "Properties" => Some(members(None, Some(after))),
        (Some(Value::Array(before)), Some(Value::Array(after))) => items(name, before, after),
        (Some(a @ Value::Object(before)), Some(b @ Value::Object(after))) => {
            match (intrinsic(a), intrinsic(b)) {
                (None, None) => Some(members(Some(before), Some(after))),
                (Some((_, a_branches)), Some((_, b_branches))) if is_conditional(Some(a), Some(b)) => {
                    Some(vec![(Segment::Key("Fn::If".to_owned()), Some(a_branches), Some(b_branches))])
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn is_conditional(before: Option<&Value>, after: Option<&Value>) -> bool {
    let (Some(("Fn::If", a)), Some(("Fn::If", b))) = (before.and_then(intrinsic), after.and_then(intrinsic))
    else {
        return false;
    };
    let complete = |argument: &Value| argument.as_array().is_some_and(|parts| parts.len() == 3);
    complete(a) && complete(b) && a[0] == b[0]
}

fn members<'a>(
    before: Option<&'a Map<String, Value>>,
    after: Option<&'a Map<String, Value>>,
) -> Vec<Pair<'a>> {
    let added = after.into_iter().flatten().map(|(key, value)| {
        (Segment::Key(key.clone()), before.and_then(|before| before.get(key)), Some(value))
    });
    let removed =
        before.into_iter().flatten().filter(|(key, _)| after.is_none_or(|after| !after.contains_key(*key)));
    let removed = removed.map(|(key, value)| (Segment::Key(key.clone()), Some(value), None));
    added.chain(removed).collect()
}

fn items<'a>(name: &str, before: &'a [Value], after: &'a [Value]) -> Option<Vec<Pair<'a>>> {
    if list_member(name).is_some() {
        // By position it would be other elements that differ.
        return items_by_name(name, before, after);
    }
    let pairs = before.iter().zip(after).enumerate();
    (before.len() == after.len())
        .then(|| pairs.map(|(at, (a, b))| (Segment::At(at), Some(a), Some(b))).collect())
}

fn items_by_name<'a>(name: &str, before: &'a [Value], after: &'a [Value]) -> Option<Vec<Pair<'a>>> {
    let (before, after) = (keyed(name, before)?, keyed(name, after)?);
    let position = |list: &[(Segment, &'a Value)], wanted: &Segment| {
        list.iter().position(|(segment, _)| matches!((segment, wanted), (Segment::Item { name: a, .. }, Segment::Item { name: b, .. }) if a == b))
    };
    let added = after.iter().map(|(segment, value)| {
        let before = position(&before, segment).map(|at| before[at].1);
        (segment.clone(), before, Some(*value))
    });
    let removed = before.iter().filter(|(segment, _)| position(&after, segment).is_none());
    let removed = removed.map(|(segment, value)| (segment.clone(), Some(*value), None));
    Some(added.chain(removed).collect())
}
