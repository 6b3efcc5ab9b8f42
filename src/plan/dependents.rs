//! Adds the effects of a change on values that refer to it.
//!
//! A property that is unchanged but refers to a replaced resource is a change, too. A parameter, mapping or condition gets the
//! worst verdict of the changes that it causes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tablewright_template::Reference;

use crate::compare::{Finding, finding, is_expanded, judge, unreadable};
use crate::diff::Difference;
use crate::nested::stacks_with_other_outputs;
use crate::parameters::Parameters;
use crate::path::Path;
use crate::recipe::Language;
use crate::refs;
use crate::rules::{self, Case, Judgement, Stage};
use crate::view::{Templates, entries, fixed_attributes, is_table, kind, resource};
use crate::{Action, Change, Verdict};

/// Adds to the findings what follows from them.
pub(crate) fn follow<'a>(templates: Templates<'a>, findings: &mut Vec<Finding<'a>>) {
    let defines = |finding: &Finding| {
        matches!(finding.change.section.as_str(), "Parameters" | "Mappings" | "Conditions")
    };
    let has_effect =
        |finding: &Finding| new_attributes(finding).is_some() || loses_stream(finding) || defines(finding);
    if !findings.iter().any(has_effect) {
        return;
    }
    let uses = Uses::of(templates.wanted);
    refuse_lost_streams(templates.options.language, &uses, findings);
    follow_replacements(templates, &uses, findings);
    follow_definitions(templates, &uses, findings);
}

/// Adds what follows from other outputs of nested stacks for names and keys of tables.
pub(crate) fn follow_outputs<'a>(
    templates: Templates<'a>,
    nested: &[Change],
    findings: &mut Vec<Finding<'a>>,
) {
    let stacks: BTreeSet<&str> = stacks_with_other_outputs(nested).collect();
    if stacks.is_empty() {
        return;
    }
    let uses = Uses::of(templates.wanted);
    for id in stacks {
        for NameUse { at, is_attribute, .. } in uses.names.get(id).into_iter().flatten() {
            if *is_attribute && decides_table(templates, at) {
                findings.extend(by_reference(templates, id, at, findings));
            }
        }
    }
}

/// Where names are used, in resources, conditions and outputs.
#[derive(Default)]
struct Uses<'a> {
    names: BTreeMap<&'a str, Vec<NameUse>>,
    conditions: BTreeMap<&'a str, Vec<Path>>,
    mappings: Vec<MappingUse<'a>>,
}

struct NameUse {
    at: Path,
    /// Whether it may read the ARN of the stream.
    may_be_stream: bool,
    /// Whether it reads an attribute, which can change while what `Ref` returns does not.
    is_attribute: bool,
}

/// An `Fn::FindInMap`: what of it is literal.
struct MappingUse<'a> {
    at: Path,
    map: Option<&'a str>,
    top: Option<&'a str>,
    second: Option<&'a str>,
}

impl<'a> Uses<'a> {
    fn of(template: &'a Value) -> Self {
        let mut uses = Self::default();
        for section in ["Conditions", "Resources", "Outputs"] {
            for (id, entry) in entries(template, section) {
                refs::visit(entry, &Path::entry(section, id), &mut |at, reference| uses.add(at, reference));
            }
        }
        uses
    }

    fn add(&mut self, at: Path, reference: Reference<&'a str>) {
        match reference {
            Reference::Name(name) => {
                self.names.entry(name).or_default().push(NameUse {
                    at,
                    may_be_stream: false,
                    is_attribute: false,
                });
            }
            Reference::Attribute { resource, attribute } => {
                let may_be_stream = attribute.is_none_or(|attribute| attribute == "StreamArn");
                self.names.entry(resource).or_default().push(NameUse {
                    at,
                    may_be_stream,
                    is_attribute: true,
                });
            }
            Reference::Condition(name) | Reference::If(name) => {
                self.conditions.entry(name).or_default().push(at);
            }
            Reference::Mapping { map, top, second } => {
                self.mappings.push(MappingUse { at, map, top, second });
            }
            // The text of `DependsOn` names no value that could change; CloudFormation refuses what is malformed.
            Reference::DependsOn(_) | Reference::Macro | Reference::Malformed(_) => {}
        }
    }
}

fn follow_replacements<'a>(templates: Templates<'a>, uses: &Uses<'a>, findings: &mut Vec<Finding<'a>>) {
    let mut next = 0;
    let mut followed = BTreeSet::new();
    // Findings that are added here are followed in their turn: a replaced target replaces its policies.
    while let Some(found) = findings.get(next) {
        next += 1;
        let Some(attributes) = new_attributes(found) else { continue };
        let id = found.change.logical_id.clone();
        for usage in uses.names.get(id.as_str()).into_iter().flatten() {
            let NameUse { at, may_be_stream, is_attribute } = usage;
            let concerned = match attributes {
                Attributes::All => true,
                Attributes::StreamArn => *may_be_stream,
                // Too little to stop for, unless a table hangs on it.
                Attributes::Perhaps { of_ref } => (of_ref || *is_attribute) && decides_table(templates, at),
            };
            if concerned && followed.insert((id.clone(), at.clone())) {
                findings.extend(by_reference(templates, &id, at, findings));
            }
        }
    }
}

#[derive(PartialEq)]
enum Attributes {
    All,
    StreamArn,
    /// Which ones, only CloudFormation knows; what `Ref` returns too, where a replacement is possible.
    Perhaps {
        of_ref: bool,
    },
}

/// Returns whether a place is one that a table keeps for life.
fn decides_table(templates: Templates, at: &Path) -> bool {
    let table = at.key_at(1).and_then(|id| resource(templates.wanted, id));
    let kind = table.and_then(kind).filter(|kind| is_table(kind));
    at.key_at(2) == Some("Properties") && kind.is_some_and(|kind| rules::is_fixed(kind, &at.pattern(3)))
}

/// Returns what `Ref` and `Fn::GetAtt` on the changed resource say anew.
fn new_attributes(found: &Finding) -> Option<Attributes> {
    let kind = found.change.resource_type.as_deref()?;
    let pattern = found.path.pattern(3);
    if found.change.action != Action::Modify && pattern.is_empty() {
        return None;
    }
    let property = pattern.split('/').next().unwrap_or_default();
    let replaced = if is_table(kind) {
        found.change.verdict > Verdict::Refused && found.path.pattern(2).starts_with("Properties/")
    } else {
        found.path.pattern(2).starts_with("Properties/")
            && rules::known_type(kind).is_some_and(|known| known.replaces(property))
    };
    match (replaced, pattern.as_str()) {
        (true, _) => Some(Attributes::All),
        (false, "StreamSpecification/StreamViewType") if is_table(kind) => Some(Attributes::StreamArn),
        (false, _) if !is_table(kind) && found.path.pattern(2).starts_with("Properties") => {
            Some(Attributes::Perhaps { of_ref: rules::known_type(kind).is_none() })
        }
        (false, _) => None,
    }
}

fn loses_stream(found: &Finding) -> bool {
    found.change.action == Action::Remove
        && found.change.resource_type.as_deref().is_some_and(is_table)
        && found.path.pattern(3) == "StreamSpecification"
}

/// A table without a stream has no `StreamArn`: an update in which something still reads it fails.
fn refuse_lost_streams(language: Language, uses: &Uses<'_>, findings: &mut [Finding<'_>]) {
    for found in findings.iter_mut().filter(|found| loses_stream(found)) {
        let id = found.change.logical_id.as_str();
        let readers = uses
            .names
            .get(id)
            .into_iter()
            .flatten()
            .filter(|usage| usage.may_be_stream && usage.at.key_at(2) != Some("Metadata"));
        let readers: BTreeSet<Path> = readers.map(|usage| usage.at.clone()).collect();
        if !readers.is_empty() {
            let refused = rules::stream_still_read(language, id, &places(&readers));
            found.change.verdict = refused.verdict;
            found.change.why = refused.why;
            found.change.server_text = refused.server_text;
            found.change.recipe = refused.recipe;
        }
    }
}

fn by_reference<'a>(
    templates: Templates<'a>,
    id: &str,
    at: &Path,
    findings: &[Finding<'a>],
) -> Option<Finding<'a>> {
    let section = at.key_at(0)?;
    let entry = at.key_at(1)?;
    let kind = if section == "Resources" { kind(resource(templates.wanted, entry)?) } else { None };
    // In a condition a resource cannot be named; metadata does nothing.
    if section == "Conditions" || section == "Resources" && at.key_at(2) != Some("Properties") {
        return None;
    }
    let place = match kind {
        Some(kind) if is_table(kind) => rules::judged_place(kind, at),
        _ => at.clone(),
    };
    let covered = |other: &Path| other.0.starts_with(&place.0) || place.0.starts_with(&other.0);
    if findings.iter().any(|finding| covered(&finding.path)) {
        return None;
    }
    let (before, after) = (place.get(templates.deployed), place.get(templates.wanted));
    let judgement = match (kind, resource(templates.deployed, entry), resource(templates.wanted, entry)) {
        (Some(kind), Some(deployed), Some(wanted)) => {
            let entry = templates.wanted.get("Resources")?.as_object()?.get_key_value(entry)?.0;
            let path = &place;
            judge(
                &Case { templates, id: entry, deployed, wanted, path, before, after, by_reference: true },
                kind,
            )
        }
        _ => {
            let whole = |template: &'a Value| template.get(section).and_then(|section| section.get(entry));
            let pattern = place.pattern(2);
            rules::section_entry(section, &pattern, whole(templates.deployed), whole(templates.wanted))
        }
    };
    let why = format!("it refers to `{id}`, which changes: {}", judgement.why);
    let judgement = Judgement { why, ..judgement };
    let mut finding = finding(Difference { path: place, before, after }, kind, judgement);
    finding.by_reference = true;
    Some(finding)
}

fn follow_definitions<'a>(templates: Templates<'a>, uses: &Uses<'a>, findings: &mut [Finding<'a>]) {
    let mut written = None;
    for found in findings.iter_mut().filter(|found| found.before.is_some() && found.after.is_some()) {
        let attribute = found.path.pattern(2);
        let is_value = found.change.section == "Parameters" && found.by_reference;
        let is_certain = match found.change.section.as_str() {
            "Mappings" | "Conditions" => true,
            "Parameters" if is_value => true,
            // A value is read as the type says: as that of another parameter, or as a list.
            "Parameters" if attribute == "Type" => true,
            "Parameters" if attribute == "Default" => false,
            _ => continue,
        };
        let mut reached = uses.reached_by(found);
        if attribute == "Default" && templates.options.wanted_parameters.is_some() {
            // The value counts, wherever it came from.
            reached.clear();
        }
        if reached.is_empty() {
            // Unused, or written out wherever it was used.
            let written = written.get_or_insert_with(|| Uses::of(templates.written));
            if !written.reached_by(found).is_empty() {
                found.change.why = rules::followed_definition().why;
            }
            continue;
        }
        let mut worst: Option<Judgement> = None;
        for place in &reached {
            if let Some(judgement) = at_worst(templates, is_certain, place)
                && worst.as_ref().is_none_or(|worst| worst.verdict < judgement.verdict)
            {
                worst = Some(judgement);
            }
        }
        if let Some(worst) = worst {
            found.change.verdict = worst.verdict;
            found.change.why = format!("it determines {}; {}", places(&reached), worst.why);
            found.change.server_text = worst.server_text;
            found.change.recipe = worst.recipe;
            found.stage = Stage::Free;
        }
    }
}

impl<'a> Uses<'a> {
    /// Returns the places in resources and outputs whose value a changed definition decides, by way of other
    /// conditions too.
    fn reached_by(&self, found: &Finding) -> BTreeSet<Path> {
        let id = found.change.logical_id.as_str();
        let mut open: Vec<Path> = match found.change.section.as_str() {
            "Parameters" => self.names.get(id).into_iter().flatten().map(|usage| usage.at.clone()).collect(),
            "Mappings" => {
                let is = |literal: Option<&str>, changed: Option<&str>| {
                    literal.is_none() || changed.is_none() || literal == changed
                };
                let (top, second) = (found.path.key_at(2), found.path.key_at(3));
                let reads = |usage: &&MappingUse<'_>| {
                    is(usage.map, Some(id)) && is(usage.top, top) && is(usage.second, second)
                };
                self.mappings.iter().filter(reads).map(|usage| usage.at.clone()).collect()
            }
            _ => self.conditions.get(id).cloned().unwrap_or_default(),
        };
        let mut reached = BTreeSet::new();
        while let Some(path) = open.pop() {
            if reached.insert(path.clone()) && path.key_at(0) == Some("Conditions") {
                let condition = path.key_at(1).unwrap_or_default();
                open.extend(self.conditions.get(condition).into_iter().flatten().cloned());
            }
        }
        // What metadata says does nothing.
        reached.retain(|path| path.key_at(0) != Some("Conditions") && path.key_at(2) != Some("Metadata"));
        reached
    }
}

/// Judges a place whose value may become anything; `None` when it is not deployed yet. Whether it changes at all may be
/// uncertain.
fn at_worst<'a>(templates: Templates<'a>, is_certain: bool, place: &Path) -> Option<Judgement> {
    let id = place.key_at(1)?;
    if place.key_at(0) == Some("Outputs") {
        templates.deployed.get("Outputs")?.get(id)?;
        return Some(rules::unknown_value());
    }
    let (deployed, wanted) = (resource(templates.deployed, id)?, resource(templates.wanted, id)?);
    if is_expanded(id) {
        return Some(unreadable(id));
    }
    let kind = kind(wanted)?;
    if rules::is_container(kind) && is_certain && templates.options.report_only {
        return Some(rules::unknown_content());
    }
    // The value of a parameter is given with the deploy, and its default counts only when none is: too little to
    // stop for. Mappings and conditions are the template's own.
    if is_certain && place.0.len() == 2 {
        let holds =
            |known: &Parameters, resource: &Value| known.holds_here(resource.get("Condition")?.as_str()?);
        if holds(templates.after, wanted) == Some(true) || holds(templates.before, deployed) == Some(false) {
            return Some(rules::added(kind));
        }
        return Some(rules::depends_on_condition(templates.options.language, id, deployed, kind));
    }
    if !is_certain || !is_table(kind) {
        return Some(rules::unknown_value());
    }
    let pattern = place.pattern(3);
    if pattern.starts_with("GlobalSecondaryIndexes/*/KeySchema")
        || pattern.starts_with("GlobalSecondaryIndexes/*/Projection")
    {
        return Some(rules::unknown_index_definition());
    }
    if place.key_at(2) == Some("Properties")
        && (rules::is_fixed(kind, &pattern) || is_type_of_key(place, deployed))
    {
        let (before, after) = (place.get(templates.deployed), place.get(templates.wanted));
        let case = Case { templates, id, deployed, wanted, path: place, before, after, by_reference: true };
        let cause = "if its value changes, the table is replaced";
        return Some(match place.pattern(3).as_str() {
            "TableName" => rules::kept_or_lost(&case, cause),
            _ => rules::replacement(&case, cause, case.new_table("a fixed property")),
        });
    }
    Some(rules::unknown_value())
}

/// Returns whether a place decides the type of an attribute of the table's own key, or may do so.
fn is_type_of_key(place: &Path, table: &Value) -> bool {
    let fixed = fixed_attributes(table);
    place.key_at(3) == Some("AttributeDefinitions")
        && place
            .item_of("AttributeDefinitions")
            .is_none_or(|(_, name)| name.starts_with('{') || fixed.contains(name))
}

fn places(reached: &BTreeSet<Path>) -> String {
    let mut names: Vec<String> = reached.iter().map(|path| format!("`{}`", &path.pointer(1)[1..])).collect();
    let more = names.len().saturating_sub(3);
    names.truncate(3);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", names.join(", "))
}
