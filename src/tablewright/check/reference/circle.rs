//! X6: circular dependencies. CloudFormation creates a resource after all resources that it refers to.

use std::collections::{HashMap, HashSet};

use tablewright_template::Reference;

use crate::check::reference::find::{From, Use};
use crate::problem::Problem;
use crate::stack::Stack;
use crate::table::scaling::dimensions;

/// Dependencies by name, in the order of the template. Unknown names have no dependencies.
type Dependencies = Vec<(String, String)>;

pub(super) fn check(stack: &Stack, uses: &[Use], problems: &mut Vec<Problem>) {
    for circle in circles(&of_resources(stack, uses)) {
        let at = stack.place_of("Resources", &circle[0], None).unwrap_or(&stack.at);
        problems.push(
            Problem::error("X6", at, message("resource", &circle))
                .help(match circle.len() {
                    1 => "remove the reference; in the policy of a table, `Resource: \"*\"` is the table itself",
                    _ => "remove one of the references, or move one of the resources to another stack",
                })
                .server_text(format!("Circular dependency between resources: [{}]", circle.join(", "))),
        );
    }
    for circle in circles(&of_conditions(uses)) {
        let at = stack.place_of("Conditions", &circle[0], None).unwrap_or(&stack.at);
        problems.push(
            Problem::error("X6", at, message("condition", &circle))
                .help("define one of them with parameters only")
                .server_text("Template error: Found circular condition dependency"),
        );
    }
}

fn message(what: &str, circle: &[String]) -> String {
    let names: Vec<String> = circle.iter().chain(&circle[..1]).map(|name| format!("`{name}`")).collect();
    format!("{what} `{}` depends on itself: {}", circle[0], names.join(" → "))
}

fn of_resources(stack: &Stack, uses: &[Use]) -> Dependencies {
    let mut dependencies = Dependencies::new();
    for Use { of, from, at: _ } in uses {
        if let (
            From::Resource(id),
            Reference::Name(on) | Reference::Attribute { resource: on, .. } | Reference::DependsOn(on),
        ) = (from, of)
        {
            dependencies.push((id.clone(), on.clone()));
        }
    }
    // Resources that tablewright adds have dependencies, too, and can be part of a circle with the user's resources.
    if !dependencies.is_empty() {
        for table in &stack.tables {
            for dimension in dimensions(table) {
                dependencies.push((dimension.policy_id(), dimension.id.clone()));
                dependencies.push((dimension.id, table.id.clone()));
            }
        }
    }
    dependencies
}

fn of_conditions(uses: &[Use]) -> Dependencies {
    let mut dependencies = Dependencies::new();
    for Use { of, from, at: _ } in uses {
        if let (From::Condition(name), Reference::Condition(on)) = (from, of) {
            dependencies.push((name.clone(), on.clone()));
        }
    }
    dependencies
}

/// Returns circles, no two of which have a member in common: overlapping ones are reported after the first is fixed.
fn circles(dependencies: &Dependencies) -> Vec<Vec<String>> {
    let mut search = Search::default();
    for (name, on) in dependencies {
        search.dependencies.entry(name).or_default().push(on);
    }
    for (name, _) in dependencies {
        search.visit(name);
    }
    search.circles
}

#[derive(Default)]
struct Search<'a> {
    dependencies: HashMap<&'a str, Vec<&'a str>>,
    seen: HashSet<&'a str>,
    path: Vec<&'a str>,
    circles: Vec<Vec<String>>,
}

impl<'a> Search<'a> {
    fn visit(&mut self, name: &'a str) {
        if let Some(start) = self.path.iter().position(|on_path| *on_path == name) {
            let circle: Vec<String> = self.path[start..].iter().map(|name| (*name).to_owned()).collect();
            if !self.circles.iter().flatten().any(|member| circle.contains(member)) {
                self.circles.push(circle);
            }
        } else if self.seen.insert(name) {
            self.path.push(name);
            for on in self.dependencies.get(name).cloned().unwrap_or_default() {
                self.visit(on);
            }
            self.path.pop();
        }
    }
}
