//! `tablewright local up`: tables in an endpoint of one's own, straight from the definitions.

use std::fs;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{AGES, Cloud, Output, Peer, Project, moments};
use tablewright_sandbox::{CallFailure, CallFault, Faults, Timings};

const UP: [&str; 2] = ["local", "up"];

fn up(project: &Project, args: &[&str]) -> Output {
    project.run(&[&UP[..], args].concat())
}

#[test]
fn created_once_and_kept_up_to_date() {
    let project = Project::sample("local-up");
    let cloud = Cloud::quick(&project);
    let run = || up(&project, &["--sandbox"]);
    assert_snapshot!(run(), @"
    exit code 0
    --- stderr
    shop  demo-dev-product  created
    shop  demo-dev-category  created
    notes  demo-dev-notes  created
    ");
    assert_eq!(cloud.table("demo-dev-notes")["ProvisionedThroughput"]["ReadCapacityUnits"], 5);
    assert_snapshot!(run(), @"
    exit code 0
    --- stderr
    shop  demo-dev-product  up to date
    shop  demo-dev-category  up to date
    notes  demo-dev-notes  up to date
    ");

    let index = "#[ddb(index(name = \"byTime\", partition(created_at)))]\npub struct Note";
    project.replace("notes.rs", "pub struct Note", index);
    project.replace(
        "shop.rs",
        "Table::of::<Product>()",
        "Table::of::<Product>().ttl(\"goneAt\").tag(\"team\", \"shop\").deletion_protection(true)",
    );
    assert_snapshot!(run(), @"
    exit code 0
    --- stderr
    shop  demo-dev-product  updated: DeletionProtectionEnabled, TimeToLive, Tags
    shop  demo-dev-category  up to date
    notes  demo-dev-notes  updated: Create byTime
    ");
    let notes = cloud.table("demo-dev-notes");
    assert_eq!(notes["GlobalSecondaryIndexes"][0]["IndexName"], "byTime");
    assert_eq!(notes["GlobalSecondaryIndexes"][0]["IndexStatus"], "ACTIVE");
    let ttl = cloud.dynamodb("DescribeTimeToLive", &json!({ "TableName": "demo-dev-product" }));
    assert!(ttl.contains("goneAt"), "{ttl}");
    assert_snapshot!(run(), @"
    exit code 0
    --- stderr
    shop  demo-dev-product  up to date
    shop  demo-dev-category  up to date
    notes  demo-dev-notes  up to date
    ");
    assert_eq!(up(&project, &["shop", "--sandbox", "--quiet"]).ends_with(0).stderr, "");

    // A key is for life: nothing is changed, not even in the tables before it.
    project.replace("notes.rs", "#[ddb(sort)]", "");
    project.replace("shop.rs", "deletion_protection(true)", "deletion_protection(false)");
    assert_snapshot!(run(), @"
    exit code 6
    --- stderr
    error: stacks/notes.rs:10: the table `demo-dev-notes` exists with another key than `Note` defines
      help: delete it: `aws dynamodb delete-table --table-name demo-dev-notes --endpoint-url …`
    ");
    assert_eq!(cloud.table("demo-dev-product")["DeletionProtectionEnabled"], true);
}

#[test]
fn over_the_wire_with_any_credentials() {
    let project = Project::sample("local-wire");
    let cloud = Cloud::new(&project, moments(), Faults::default());
    let mut server = project.start(&["sandbox", "serve"]);
    let url = server.line_with("http://127.0.0.1:");
    assert_snapshot!(up(&project, &["shop", "--endpoint-url", &url]), @"
    exit code 0
    --- stderr
    shop  demo-dev-product  created
    shop  demo-dev-category  created
    ");
    assert_eq!(cloud.table("demo-dev-product")["TableStatus"], "ACTIVE");
    // The special variable comes first.
    for (name, other) in [("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1"), ("AWS_ENDPOINT_URL", "")] {
        let mut command = project.command(&["local", "up"]);
        command.env("AWS_ENDPOINT_URL", other).env(name, &url);
        let _ = project.finish(&mut command).ends_with(0).says("shop  demo-dev-category  up to date");
    }
    server.signal("INT");
    let _ = server.end().ends_with(0);
}

#[test]
fn a_dry_run_needs_no_endpoint_and_writes_nothing() {
    let project = Project::sample("local-dry");
    project.replace("notes.rs", "Table::of::<Note>()", "Table::of::<Note>().ttl(\"goneAt\")");
    let output = up(&project, &["--dry-run", "--env-json", "env.json"]).ends_with(0);
    assert_snapshot!(output, @r#"
    exit code 0
    --- stdout
    {
      "AttributeDefinitions": [
        {
          "AttributeName": "Id",
          "AttributeType": "S"
        }
      ],
      "BillingMode": "PAY_PER_REQUEST",
      "DeletionProtectionEnabled": false,
      "KeySchema": [
        {
          "AttributeName": "Id",
          "KeyType": "HASH"
        }
      ],
      "TableName": "demo-dev-product"
    }
    {
      "AttributeDefinitions": [
        {
          "AttributeName": "Id",
          "AttributeType": "S"
        }
      ],
      "BillingMode": "PAY_PER_REQUEST",
      "DeletionProtectionEnabled": false,
      "KeySchema": [
        {
          "AttributeName": "Id",
          "KeyType": "HASH"
        }
      ],
      "TableClass": "STANDARD",
      "TableName": "demo-dev-category"
    }
    {
      "AttributeDefinitions": [
        {
          "AttributeName": "noteId",
          "AttributeType": "S"
        },
        {
          "AttributeName": "userId",
          "AttributeType": "S"
        }
      ],
      "BillingMode": "PROVISIONED",
      "DeletionProtectionEnabled": false,
      "KeySchema": [
        {
          "AttributeName": "userId",
          "KeyType": "HASH"
        },
        {
          "AttributeName": "noteId",
          "KeyType": "RANGE"
        }
      ],
      "ProvisionedThroughput": {
        "ReadCapacityUnits": 5,
        "WriteCapacityUnits": 5
      },
      "TableName": "demo-dev-notes"
    }
    "#);
    assert!(!project.root.join("env.json").exists());
    let documents = serde_json::Deserializer::from_str(&output.stdout).into_iter::<Value>();
    assert_eq!(documents.map(Result::unwrap).count(), 3);
}

#[test]
fn names_for_sam_local() {
    let project = Project::sample("local-env");
    let _ = Cloud::quick(&project);
    let run = |file: &str| up(&project, &["--sandbox", "--env-json", file]);
    let _ = run("env.json").ends_with(0).says("Wrote env.json");
    assert_snapshot!(project.read("env.json"), @r#"
    {
      "Parameters": {
        "CATEGORY_TABLE_NAME": "demo-dev-category",
        "NOTE_TABLE_NAME": "demo-dev-notes",
        "PRODUCT_TABLE_NAME": "demo-dev-product"
      }
    }
    "#);
    assert!(!run("env.json").ends_with(0).stderr.contains("Wrote"));

    // What somebody else wants functions to know stays.
    project.write(
        "env.json",
        r#"{"Reader": {"LEVEL": "debug"}, "Parameters": {"LEVEL": "info", "NOTE_TABLE_NAME": "old"}}"#,
    );
    let _ = run("env.json").ends_with(0).says("Wrote env.json");
    let env: Value = serde_json::from_str(&project.read("env.json")).unwrap();
    assert_eq!(env["Reader"]["LEVEL"], "debug");
    assert_eq!(env["Parameters"]["LEVEL"], "info");
    assert_eq!(env["Parameters"]["NOTE_TABLE_NAME"], "demo-dev-notes");

    for text in ["{", "[]", r#"{"Parameters": 1}"#] {
        project.write("bad.json", text);
        let _ = run("bad.json").ends_with(2).says("cannot update bad.json");
        assert_eq!(project.read("bad.json"), text);
    }
    fs::create_dir(project.root.join("folder")).unwrap();
    let _ = run("folder").ends_with(2).says("cannot read folder");
    assert_snapshot!(run("bad.json"), @"
    exit code 2
    --- stderr
    error: cannot update bad.json: it is not a file for `sam local --env-vars`
      because: `Parameters` is not an object in an object
      help: use another file, or delete it
    ");
}

#[test]
fn aws_endpoints_are_refused() {
    let project = Project::sample("local-refused");
    assert_snapshot!(up(&project, &[]), @"
    exit code 2
    --- stderr
    error: no endpoint: tables are never created on AWS itself
      help: pass one, such as `--endpoint-url http://127.0.0.1:8000`, or use `--sandbox`; `tablewright deploy` creates tables on AWS
    ");
    assert_snapshot!(up(&project, &["--endpoint-url", "https://dynamodb.eu-west-1.amazonaws.com"]), @"
    exit code 2
    --- stderr
    error: https://dynamodb.eu-west-1.amazonaws.com (as given) is AWS itself
      help: pass one, such as `--endpoint-url http://127.0.0.1:8000`, or use `--sandbox`; `tablewright deploy` creates tables on AWS
    ");
    let mut command = project.command(&UP);
    command.env("AWS_ENDPOINT_URL", "https://dynamodb.eu-west-1.amazonaws.com");
    assert_snapshot!(project.finish(&mut command), @"
    exit code 2
    --- stderr
    error: https://dynamodb.eu-west-1.amazonaws.com (AWS_ENDPOINT_URL) is AWS itself
      help: pass one, such as `--endpoint-url http://127.0.0.1:8000`, or use `--sandbox`; `tablewright deploy` creates tables on AWS
    ");
    let _ = up(&project, &["--sandbox", "--endpoint-url", "http://127.0.0.1:8000"]).ends_with(2);
    // Nothing was built for any of it.
    assert!(!project.root.join(".tablewright").exists());
}

#[test]
fn endpoints_that_are_not_dynamodb() {
    let project = Project::sample("local-strange");
    let at = |url: &str| up(&project, &["shop", "--endpoint-url", url]);
    assert_snapshot!(at("localhost:8000"), @"
    exit code 2
    --- stderr
    error: `localhost:8000` (as given) is not a valid endpoint: it does not begin with `http://` or `https://`
      help: use a URL such as http://127.0.0.1:4566
    ");
    let mut command = project.command(&UP);
    assert_snapshot!(project.finish(command.env("AWS_ENDPOINT_URL", "localhost:8000")), @"
    exit code 3
    --- stderr
    error: `localhost:8000` (AWS_ENDPOINT_URL) is not a valid endpoint: it does not begin with `http://` or `https://`
      help: use a URL such as http://127.0.0.1:4566
    ");
    assert_snapshot!(at(&Peer::nobody().url), @"
    exit code 3
    --- stderr
    error: no connection to http://127.0.0.1:…: Connection refused (os error 111)
      help: check the endpoint: `--endpoint-url`, AWS_ENDPOINT_URL and the profile
      help: check that it is running, or use `--sandbox`
    ");
    assert_snapshot!(at(&Peer::with_page("200 OK", "<html>Hello</html>").url), @"
    exit code 3
    --- stderr
    error: http://127.0.0.1:… is not DynamoDB: the response to DescribeTable was HTTP 200, text/html, `<html>Hello</html>`
      help: check the endpoint
    ");
    let _ =
        at(&Peer::with_page("404 Not Found", "<html>Hello</html>").url).ends_with(3).says("is not DynamoDB");
}

#[test]
fn what_the_endpoint_refuses_is_told_with_the_line() {
    let project = Project::sample("local-words");
    // Time to live changes hands once an hour.
    let cloud = Cloud::new(&project, Timings { ttl_cool_down: AGES, ..moments() }, Faults::default());
    project.replace("shop.rs", "Table::of::<Product>()", "Table::of::<Product>().ttl(\"a\")");
    let _ = up(&project, &["shop", "--sandbox"]).ends_with(0);
    project.replace("shop.rs", ".ttl(\"a\")", ".ttl(\"b\")");
    assert_snapshot!(up(&project, &["shop", "--sandbox"]), @"
    exit code 2
    --- stderr
    error: stacks/shop.rs:9: table `demo-dev-product` cannot be updated to its definition
      because: UpdateTimeToLive was refused: Time to live has been modified multiple times within a fixed interval
      help: time to live can be changed about once an hour; deploy again later
    ");
    assert_snapshot!(up(&project, &["shp", "--sandbox"]), @"
    exit code 2
    --- stderr
    error: no stack `shp`
      help: did you mean `shop`?
      help: the stacks are: shop, notes
    ");

    let denied =
        CallFault { action: "CreateTable".into(), from: 1, to: 9, failure: CallFailure::AccessDenied };
    cloud.set_faults(Faults { calls: vec![denied], ..Faults::default() });
    assert_snapshot!(up(&project, &["notes", "--sandbox"]), @"
    exit code 3
    --- stderr
    error: stacks/notes.rs:9: table `demo-dev-notes` cannot be updated to its definition
      because: CreateTable is not allowed: User: arn:aws:iam::000000000000:user/sandbox is not authorized to perform: dynamodb:CreateTable
    ");
}

/// DynamoDB Local is one.
#[test]
fn an_endpoint_without_tags() {
    let project = Project::sample("local-tags");
    let peer = in_front_of(Cloud::quick(&project), |action, _| {
        let unknown = json!({ "__type": "com.amazonaws.dynamodb.v20120810#UnknownOperationException" });
        matches!(action, "TagResource" | "ListTagsOfResource").then_some(unknown)
    });
    project.replace("shop.rs", "Table::of::<Product>()", "Table::of::<Product>().tag(\"team\", \"shop\")");
    let run = || up(&project, &["shop", "--endpoint-url", &peer.url]);
    assert_snapshot!(run(), @"
    exit code 0
    --- stderr
    shop  demo-dev-product  created; not supported by the endpoint: Tags
    shop  demo-dev-category  created
    ");
    assert_snapshot!(run(), @"
    exit code 0
    --- stderr
    shop  demo-dev-product  unchanged; not supported by the endpoint: Tags
    shop  demo-dev-category  up to date
    ");
    project.replace("shop.rs", ".tag(", ".ttl(\"goneAt\").tag(");
    assert_snapshot!(run(), @"
    exit code 0
    --- stderr
    shop  demo-dev-product  updated: TimeToLive; not supported by the endpoint: Tags
    shop  demo-dev-category  up to date
    ");
}

#[test]
fn what_an_endpoint_does_not_keep_is_not_sent_twice_to_a_new_table() {
    let project = Project::sample("local-less");
    let cloud = Cloud::quick(&project);
    let file = cloud.clone();
    let peer = in_front_of(cloud, move |action, input| {
        let mut kept = input.clone();
        kept.as_object_mut().unwrap().remove("DeletionProtectionEnabled");
        assert_ne!(action, "UpdateTable", "{input}");
        (action == "CreateTable").then(|| serde_json::from_str(&file.dynamodb(action, &kept)).unwrap())
    });
    project.replace("shop.rs", "Table::of::<Product>()", "Table::of::<Product>().deletion_protection(true)");
    let _ =
        up(&project, &["shop", "--endpoint-url", &peer.url]).ends_with(0).says("demo-dev-product  created");
}

#[test]
fn tags_come_in_pages() {
    let project = Project::sample("local-pages");
    let peer = in_front_of(Cloud::quick(&project), |action, input| {
        let page = match input["NextToken"].as_str() {
            None => json!({ "Tags": [{ "Key": "team", "Value": "shop" }], "NextToken": "next" }),
            Some(_) => json!({ "Tags": [{ "Key": "old", "Value": "tag" }] }),
        };
        (action == "ListTagsOfResource").then_some(page)
    });
    let run = || up(&project, &["shop", "--endpoint-url", &peer.url]);
    let _ = run().ends_with(0);
    project.replace("shop.rs", "Table::of::<Product>()", "Table::of::<Product>().tag(\"team\", \"shop\")");
    let _ = run().ends_with(0).says("demo-dev-product  updated: Tags");
    project.replace("shop.rs", ".tag(\"team\", \"shop\")", ".tag(\"team\", \"shop\").tag(\"old\", \"tag\")");
    let _ = run().ends_with(0).says("demo-dev-product  up to date");
}

/// Answers for a sandbox, but for what `own` answers.
fn in_front_of(cloud: Cloud, own: impl Fn(&str, &Value) -> Option<Value> + Send + 'static) -> Peer {
    Peer::answering(move |request| {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let (_, target) = head.split_once("DynamoDB_20120810.").unwrap();
        let action = target.lines().next().unwrap();
        let input = serde_json::from_str(body).unwrap();
        let answer =
            own(action, &input).map_or_else(|| cloud.dynamodb(action, &input), |own| own.to_string());
        (if answer.contains("__type") { "400 Bad Request" } else { "200 OK" }, answer)
    })
}
