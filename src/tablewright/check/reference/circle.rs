//! X6: what waits for itself. CloudFormation makes a resource when everything that it refers to is there.

use std::collections::{HashMap, HashSet};

use tablewright_template::Reference;

use crate::check::reference::find::{From, Use};
use crate::problem::Problem;
use crate::stack::Stack;
use crate::table::scaling::dimensions;

/// Who waits for whom, in the order of the template. A name that nobody has waits for nothing.
type Waits = Vec<(String, String)>;

pub(super) fn check(stack: &Stack, uses: &[Use], problems: &mut Vec<Problem>) {
    for circle in circles(&of_resources(stack, uses)) {
        let at = stack.place_of("Resources", &circle[0], None).unwrap_or(&stack.at);
        problems.push(
            Problem::error("X6", at, message("resource", &circle))
                .help(match circle.len() {
                    1 => "leave the reference out; in a policy of a table, `Resource: \"*\"` is that table",
                    _ => "let one of them do without the other, or put it into another stack",
                })
                .server_text(format!("Circular dependency between resources: [{}]", circle.join(", "))),
        );
    }
    for circle in circles(&of_conditions(uses)) {
        let at = stack.place_of("Conditions", &circle[0], None).unwrap_or(&stack.at);
        problems.push(
            Problem::error("X6", at, message("condition", &circle))
                .help("decide one of them by parameters alone")
                .server_text("Template error: Found circular condition dependency"),
        );
    }
}

fn message(what: &str, circle: &[String]) -> String {
    let names: Vec<String> = circle.iter().chain(&circle[..1]).map(|name| format!("`{name}`")).collect();
    format!("{what} `{}` waits for itself: {}", circle[0], names.join(" → "))
}

fn of_resources(stack: &Stack, uses: &[Use]) -> Waits {
    let mut waits = Waits::new();
    for Use { of, from, at: _ } in uses {
        if let (
            From::Resource(id),
            Reference::Name(on) | Reference::Attribute { resource: on, .. } | Reference::DependsOn(on),
        ) = (from, of)
        {
            waits.push((id.clone(), on.clone()));
        }
    }
    // What tablewright itself makes waits too; it can be part of a circle only where the user has made a part of it.
    if !waits.is_empty() {
        for table in &stack.tables {
            for dimension in dimensions(table) {
                waits.push((dimension.policy_id(), dimension.id.clone()));
                waits.push((dimension.id, table.id.clone()));
            }
        }
    }
    waits
}

fn of_conditions(uses: &[Use]) -> Waits {
    let mut waits = Waits::new();
    for Use { of, from, at: _ } in uses {
        if let (From::Condition(name), Reference::Condition(on)) = (from, of) {
            waits.push((name.clone(), on.clone()));
        }
    }
    waits
}

/// Returns circles, no two with a member in common: one is broken up, and the next run names what is left.
fn circles(waits: &Waits) -> Vec<Vec<String>> {
    let mut search = Search::default();
    for (who, on) in waits {
        search.waits.entry(who).or_default().push(on);
    }
    for (who, _) in waits {
        search.go(who);
    }
    search.circles
}

#[derive(Default)]
struct Search<'a> {
    waits: HashMap<&'a str, Vec<&'a str>>,
    seen: HashSet<&'a str>,
    way: Vec<&'a str>,
    circles: Vec<Vec<String>>,
}

impl<'a> Search<'a> {
    fn go(&mut self, name: &'a str) {
        if let Some(start) = self.way.iter().position(|on_the_way| *on_the_way == name) {
            let circle: Vec<String> = self.way[start..].iter().map(|name| (*name).to_owned()).collect();
            if !self.circles.iter().flatten().any(|member| circle.contains(member)) {
                self.circles.push(circle);
            }
        } else if self.seen.insert(name) {
            self.way.push(name);
            for on in self.waits.get(name).cloned().unwrap_or_default() {
                self.go(on);
            }
            self.way.pop();
        }
    }
}
