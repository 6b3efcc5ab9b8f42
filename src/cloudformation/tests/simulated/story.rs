//! What happened to a stack, as lines of text: second, who, status, reason.
//!
//! `STACK` is the root, `A` one of its resources, `N/STACK` a nested stack's own entry and `N/A` a resource in it. The type of
//! a resource is its name without digits. `A?` has no id in the account yet. `@token` behind a name is the operation's token
//! (`@-`: none), ours where nothing is said; `#id` another id in the account.

pub(crate) const TOKEN: &str = "tw-ours";
pub(crate) const CHANGE_SET: &str = "arn:aws:cloudformation:eu-west-1:1:changeSet/change/1";

/// One entry of a history.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub(crate) at: f64,
    /// The stack that it belongs to: `""` is the root.
    pub(crate) stack: String,
    pub(crate) logical_id: String,
    pub(crate) physical_id: String,
    pub(crate) resource_type: String,
    pub(crate) status: String,
    pub(crate) reason: String,
    pub(crate) token: String,
}

impl Line {
    /// Whether it is an entry of the stack itself.
    pub(crate) fn is_own(&self) -> bool {
        self.physical_id == arn(&self.stack)
    }

    /// How a test names what happened.
    pub(crate) fn told(&self) -> String {
        let who = if self.is_own() { "STACK" } else { &self.logical_id };
        let who = if self.stack.is_empty() { who.to_owned() } else { format!("{}/{who}", self.stack) };
        format!("{who} {}", self.status)
    }
}

/// The ARN of the stack at `path`: `""` is the root.
pub(crate) fn arn(path: &str) -> String {
    let name = if path.is_empty() { "shop".to_owned() } else { format!("shop-{}", path.replace('/', "-")) };
    format!("arn:aws:cloudformation:eu-west-1:1:stack/{name}/1")
}

/// Reads a story.
pub(crate) fn story(text: &str) -> Vec<Line> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let nested: Vec<String> = lines
        .iter()
        .filter_map(|line| line.split_whitespace().nth(1)?.strip_suffix("/STACK"))
        .map(str::to_owned)
        .collect();
    lines.iter().map(|line| read(line, &nested)).collect()
}

fn read(line: &str, nested: &[String]) -> Line {
    let mut words = line.splitn(4, ' ').map(str::trim);
    let at = words.next().and_then(|word| word.parse().ok()).unwrap_or_else(|| panic!("no time: {line}"));
    let (who, token) = match words.next().unwrap_or_default().split_once('@') {
        Some((who, "-")) => (who, ""),
        Some((who, token)) => (who, token),
        None => (line.split(' ').nth(1).unwrap_or_default(), TOKEN),
    };
    let (who, id) = who.split_once('#').unwrap_or((who, "1"));
    let (path, known) = who.strip_suffix('?').map_or((who, true), |path| (path, false));
    let (stack, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_nested = nested.iter().any(|nested| nested == path);
    let letters = name.trim_end_matches(|digit: char| digit.is_ascii_digit());
    let (logical_id, physical_id, resource_type) = match name {
        "STACK" => {
            let arn = arn(stack);
            (
                arn.split('/').nth(1).unwrap_or_default().to_owned(),
                arn,
                "AWS::CloudFormation::Stack".to_owned(),
            )
        }
        name if is_nested => (name.to_owned(), arn(path), "AWS::CloudFormation::Stack".to_owned()),
        name => (name.to_owned(), format!("{name}-{id}"), format!("Some::{letters}::Thing")),
    };
    Line {
        at,
        stack: stack.to_owned(),
        logical_id,
        physical_id: if known { physical_id } else { String::new() },
        resource_type,
        status: words.next().unwrap_or_else(|| panic!("no status: {line}")).to_owned(),
        reason: words.next().unwrap_or_default().to_owned(),
        token: token.to_owned(),
    }
}
