//! Reviews to show and to judge: one with everything in it, one that means harm, one that is too long.

use serde_json::{Value, json};
use tablewright::{Place, Problem};
use tablewright_plan::{AccessChange, Action, Change, PlanOptions, Recipe, Verdict, plan};
use tablewright_review::{Comparison, Digests, FoundProblem, Located, Review};

/// Everything that a review can tell: all verdicts, three comparisons, problems with the server's words.
pub(crate) fn rich() -> Review {
    let mut review = Review {
        comparisons: vec![prod(), dev(), unchanged()],
        problems: found(problems()),
        ..Review::default()
    };
    review.problems[0].environments = vec!["dev".to_owned(), "prod".to_owned()];
    let found =
        |verdict| review.comparisons.iter().flat_map(|it| &it.changes).any(|it| it.change.verdict == verdict);
    assert!(Verdict::ALL.into_iter().all(found), "the sample has every verdict");
    review
}

/// Problems that were found in no environment in particular.
pub(crate) fn found(problems: Vec<Problem>) -> Vec<FoundProblem> {
    problems.into_iter().map(Into::into).collect()
}

/// Nothing changes and nothing is wrong.
pub(crate) fn sound() -> Review {
    Review { comparisons: vec![unchanged()], ..Review::default() }
}

/// Names and texts that try to be more than text.
pub(crate) fn hostile() -> Review {
    let change = |name: &str| Change {
        logical_id: name.to_owned(),
        before: Some(json!(name)),
        after: Some(json!({ "IndexName": name })),
        why: format!("the key of `{name}` is {name}"),
        server_text: Some(name.to_owned()),
        recipe: Some(Recipe { goal: name.to_owned(), steps: vec![name.to_owned()] }),
        ..bare(Verdict::Refused)
    };
    let comparison = |name: &&str| Comparison {
        stack: (*name).to_owned(),
        stack_name: Some((*name).to_owned()),
        environment: Some((*name).to_owned()),
        before: (*name).to_owned(),
        after: (*name).to_owned(),
        template: Some((*name).to_owned()),
        changes: vec![Located::new(change(name), Some(Place { file: (*name).to_owned(), line: 1 }))],
        digests: Some(Digests {
            deployed: (*name).to_owned(),
            wanted: (*name).to_owned(),
            account: None,
            region: "eu-west-1".to_owned(),
            made: None,
        }),
        text_diff: Some(format!("+{name}\n-{name}")),
        ..Comparison::default()
    };
    let problem = |name: &&str| {
        let at = Place { file: (*name).to_owned(), line: 7 };
        Problem::error(name, &at, *name).help(*name).server_text(*name)
    };
    Review {
        comparisons: HOSTILE.iter().map(comparison).collect(),
        problems: found(HOSTILE.iter().map(problem).collect()),
        ..Review::default()
    }
}

/// What names and values may be made of by somebody who means harm.
pub(crate) const HOSTILE: &[&str] = &[
    "a|b",
    r"a\|b",
    r"\",
    "`",
    "``` ` ```",
    "```\n\n<h1>out</h1>",
    "<script>alert(1)</script>",
    "</details><details open>",
    "<!-- tablewright:other -->",
    "-->",
    "@octocat",
    "mail@example.com",
    "#123",
    "GH-123",
    "rust-lang/rust#1",
    "0123456789abcdef0123456789abcdef01234567",
    "https://example.com/",
    "www.example.com",
    "[a](https://example.com)",
    "![a](b)",
    "][full-report]",
    "**bold** _it_ ~~no~~",
    "$x$ :tada:",
    "&lt; &amp; &#64;",
    "a\r\nb",
    "\n\n# heading\n\n| a | b |",
    "- list",
    "1. list",
    "> quote",
    "::error::b",
    "%0A::error::b",
    "a,b:c%",
    "\u{202e}gnp.exe",
    "\u{0}\u{1b}[2J",
    " a ",
    " ",
    "",
    "日本語 🎉",
];

/// More than any form takes: 6,000 changes, most of them harmless, the worst ones last.
pub(crate) fn long() -> Review {
    let change = |number: usize| {
        let verdict = if number < 5_990 { Verdict::InPlace } else { Verdict::DataLoss };
        let change = Change {
            logical_id: format!("Table{number}"),
            before: Some(json!("before")),
            after: Some(json!("after")),
            why: "the table is deleted with its items".to_owned(),
            ..bare(verdict)
        };
        Located::new(change, Some(Place { file: "stacks/large.rs".to_owned(), line: 10 + number as u32 }))
    };
    let text_diff = (0..2_000).map(|line| format!("+ line {line}\n")).collect();
    let comparison = Comparison {
        stack: "large".to_owned(),
        before: "deployed".to_owned(),
        after: "definitions".to_owned(),
        changes: (0..6_000).map(change).collect(),
        text_diff: Some(text_diff),
        stopped: true,
        ..Comparison::default()
    };
    Review { comparisons: vec![comparison], ..Review::default() }
}

/// A change of a property of a table, with nothing to say.
pub(crate) fn bare(verdict: Verdict) -> Change {
    Change {
        section: "Resources".to_owned(),
        logical_id: "Notes".to_owned(),
        resource_type: Some("AWS::DynamoDB::Table".to_owned()),
        action: Action::Modify,
        path: "/Properties/BillingMode".to_owned(),
        before: None,
        after: None,
        verdict,
        why: String::new(),
        server_text: None,
        recipe: None,
    }
}

fn prod() -> Comparison {
    let deployed = json!({
        "Description": "Notes of people",
        "Resources": {
            "Notes": table("app-prod-notes", json!({ "BillingMode": "PROVISIONED", "Tags": [{ "Key": "team", "Value": "notes" }] })),
            "Audit": table("app-prod-audit", json!({})),
            "Archive": { "DeletionPolicy": "Retain", "Type": "AWS::DynamoDB::Table", "Properties": { "TableName": "app-prod-archive" } },
        },
        "Outputs": { "NotesArn": { "Value": { "Fn::GetAtt": ["Notes", "Arn"] }, "Export": { "Name": "notes-arn" } } },
    });
    let wanted = json!({
        "Description": "Notes",
        "Resources": {
            "Notes": table("app-prod-notes", json!({
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{ "AttributeName": "noteId", "AttributeType": "S" }],
                "KeySchema": [{ "AttributeName": "noteId", "KeyType": "HASH" }],
                "TimeToLiveSpecification": { "Enabled": true, "AttributeName": "expiresAt" },
                "Tags": [{ "Key": "team", "Value": "notes | @org/notes" }],
            })),
            "Drafts": table("app-prod-drafts", json!({})),
        },
    });
    let diff = "--- deployed\n+++ definitions\n@@ -3,3 +3,3 @@\n-    BillingMode: PROVISIONED\n+    BillingMode: PAY_PER_REQUEST\n     # A comment with ``` in it\n";
    let mut comparison = compare("notes", ["deployed", "definitions"], &deployed, &wanted);
    comparison.stack_name = Some("app-prod-notes".to_owned());
    comparison.environment = Some("prod".to_owned());
    comparison.at = place("stacks/src/notes.rs", 12);
    comparison.text_diff = Some(diff.to_owned());
    comparison.access =
        vec![grant(true, true, &["dynamodb:PutItem", "dynamodb:*"]), grant(false, true, &["dynamodb:Query"])];
    comparison.digests = Some(Digests {
        deployed: "sha256:01".to_owned(),
        wanted: "sha256:02".to_owned(),
        account: Some("000000000000".to_owned()),
        region: "eu-west-1".to_owned(),
        made: Some("2026-01-01T00:00:00Z".to_owned()),
    });
    comparison
}

fn grant(is_new: bool, is_allowed: bool, actions: &[&str]) -> AccessChange {
    AccessChange {
        logical_id: "Notes".to_owned(),
        property: "ResourcePolicy".to_owned(),
        is_new,
        is_allowed,
        principals: vec!["arn:aws:iam::111122223333:root".to_owned()],
        actions: actions.iter().map(|action| (*action).to_owned()).collect(),
        resources: vec!["Notes".to_owned()],
        condition: is_new.then(|| "{\"Bool\":{\"a|b\":\"true\"}}".to_owned()),
    }
}

fn dev() -> Comparison {
    let index = |name: &str| {
        json!({
            "IndexName": name,
            "KeySchema": [{ "AttributeName": name, "KeyType": "HASH" }],
            "Projection": { "ProjectionType": "ALL" },
        })
    };
    let attributes = |names: &[&str]| -> Value {
        names.iter().map(|name| json!({ "AttributeName": name, "AttributeType": "S" })).collect()
    };
    let deployed = json!({ "Resources": { "Notes": table("app-dev-notes", json!({
        "TimeToLiveSpecification": { "Enabled": true, "AttributeName": "expires" },
    })) } });
    let wanted = json!({ "Resources": { "Notes": table("app-dev-notes", json!({
        "AttributeDefinitions": attributes(&["userId", "tag", "day"]),
        "GlobalSecondaryIndexes": [index("tag"), index("day")],
        "TimeToLiveSpecification": { "Enabled": true, "AttributeName": "expiresAt" },
    })) } });
    let template = "stacks/rendered/dev/notes.yaml";
    let before = format!("{template} at main");
    let mut comparison = compare("notes", [&before, template], &deployed, &wanted);
    comparison.environment = Some("dev".to_owned());
    comparison.template = Some(template.to_owned());
    comparison
}

fn unchanged() -> Comparison {
    let template = json!({ "Resources": { "Orders": table("orders", json!({})) } });
    compare("shop", ["deployed", "definitions"], &template, &template)
}

fn compare(stack: &str, names: [&str; 2], deployed: &Value, wanted: &Value) -> Comparison {
    let plan = plan(Some(deployed), wanted, &PlanOptions::default());
    // What is gone from the definitions has no line any more.
    let lines = [("Notes", 20), ("Drafts", 41)];
    Comparison::of(stack, names, &plan, |change| {
        let found = lines.iter().find(|(table, _)| *table == change.logical_id && stack == "notes");
        found.filter(|_| names[0] == "deployed").and_then(|(_, line)| place("stacks/src/notes.rs", *line))
    })
}

fn table(name: &str, more: Value) -> Value {
    let mut properties = json!({
        "TableName": name,
        "AttributeDefinitions": [{ "AttributeName": "userId", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "userId", "KeyType": "HASH" }],
    });
    if let (Value::Object(properties), Value::Object(more)) = (&mut properties, more) {
        properties.extend(more);
    }
    json!({ "Type": "AWS::DynamoDB::Table", "Properties": properties })
}

fn problems() -> Vec<Problem> {
    let at = |line| Place { file: "stacks/src/notes.rs".to_owned(), line };
    vec![
        Problem::warning("L2", &at(30), "table `Notes` has a local secondary index")
            .help("a partition of it holds 10 GB at most; use a global index where that can be too little"),
        Problem::error("K2", &at(24), "index `by-day` has 5 partition attributes")
            .help("use at most 4")
            .server_text("The KeySchema exceeds the maximum allowed number of HASH key attributes"),
        Problem::error("N1", &at(44), "the name `ab` has 2 characters"),
    ]
}

fn place(file: &str, line: u32) -> Option<Place> {
    Some(Place { file: file.to_owned(), line })
}
