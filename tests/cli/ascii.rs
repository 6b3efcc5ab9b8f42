//! Names beyond ASCII: CloudFormation returns `?` for such characters, so a template is sent with escapes.

use serde_json::{Value, json};

use crate::support::{Cloud, Output, Project};

/// A project whose shop consists of tables keyed by the attribute `größe`.
fn sized(name: &str, tables: usize) -> (Project, Cloud) {
    let project = Project::sample(name);
    let text = format!(
        "//! Tables by size.\n\nuse tablewright::{{Env, Index, Result, Scalar, Stack, Table}};\n\n\
         pub fn stack(_: &Env) -> Result<Stack> {{\n    \
             let indexes: [&str; 0] = [];\n    \
             let mut stack = Stack::new(\"shop\");\n    \
             for number in 0..{tables} {{\n        \
                 let table = Table::define(format!(\"T{{number}}\")).partition(\"größe\", Scalar::S);\n        \
                 let index = |name: &&str| Index::new(format!(\"by-{{}}\", name.len())).partition(*name, Scalar::S);\n        \
                 stack.table(indexes.iter().map(index).fold(table, Table::gsi));\n    \
             }}\n    \
             Ok(stack)\n\
         }}\n"
    );
    project.write("stacks/shop.rs", &text);
    let cloud = Cloud::quick(&project);
    let _ = deploy(&project).ends_with(0);
    (project, cloud)
}

fn deploy(project: &Project) -> Output {
    project.run(&["deploy", "shop", "--sandbox", "--yes"])
}

fn key(table: &Value) -> &Value {
    &table["KeySchema"][0]["AttributeName"]
}

#[test]
fn indexes_one_by_one_on_a_key_beyond_ascii() {
    let (project, cloud) = sized("ascii-indexes", 1);
    project.replace("shop.rs", "[&str; 0] = []", "[&str; 3] = [\"a\", \"bb\", \"höhe\"]");
    let _ = deploy(&project).ends_with(0).says("step 3 of 3");
    let table = cloud.table("demo-dev-t0");
    assert_eq!(key(&table), "größe");
    assert_eq!(table["GlobalSecondaryIndexes"].as_array().map(Vec::len), Some(3));
    let _ = deploy(&project).ends_with(0).says("nothing to change");
}

/// Compact JSON is sent, as the text is longer than a request can hold.
#[test]
fn a_large_stack_beyond_ascii_has_nothing_to_change() {
    let (project, cloud) = sized("ascii-large", 104);
    let text = project.run(&["render", "shop", "--env", "dev"]).ends_with(0);
    assert!(text.stdout.len() > 51_200, "{}", text.stdout.len());
    assert_eq!(
        cloud.table("demo-dev-t103")["KeySchema"],
        json!([{ "AttributeName": "größe", "KeyType": "HASH" }])
    );
    let _ = deploy(&project).ends_with(0).says("nothing to change");
}
