//! Each rule with a definition that breaks only this rule, and a similar valid definition.

// Half of the proofs are in the template.
#[cfg(feature = "render")]
mod cases;
#[cfg(feature = "render")]
mod profile;
mod reference;

use std::ops::RangeInclusive;

use serde_json::json;

use crate::check::check;
use crate::{
    Assembly, Attribute, AutoScaling, Billing, Capacity, Csv, Days, Encryption, Env, Expression, Global,
    Index, IndexKind, Key, Kinesis, Parameter, PointInTimeRecovery, Policy, Projection, S3Import, Scalar,
    Schedule, Severity, Stack, Statement, StreamView, Table, TableItem, Test, WarmThroughput,
};

#[derive(TableItem)]
#[ddb(index(name = "by-author", partition(author), sort(year)))]
#[expect(dead_code, reason = "only its shape is of interest")]
struct Book {
    #[ddb(partition)]
    id: String,
    #[ddb(sort)]
    part: u32,
    author: String,
    year: u32,
    #[ddb(ttl)]
    gone_at: u64,
}

/// Returns the rules that a table breaks, in a stack with only this table.
fn broken(table: Table) -> Vec<(String, Severity)> {
    broken_in(|stack| {
        stack.table(table);
    })
}

fn broken_in(fill: impl FnOnce(&mut Stack)) -> Vec<(String, Severity)> {
    let mut stack = Stack::new("books");
    fill(&mut stack);
    let env = Env::new("library", "dev");
    stack.apply_environment(&env);
    let assembly = Assembly { stacks: vec![stack], ..Assembly::new(&env, &[]) };
    check(&assembly).into_iter().map(|problem| (problem.rule, problem.severity)).collect()
}

fn book() -> Table {
    Table::of::<Book>()
}

/// Returns a value that is known only to CloudFormation.
fn unknown() -> Expression {
    Expression::import_value("books-value")
}

fn attribute(name: &str, scalar: Scalar) -> Attribute {
    Attribute { name: name.into(), scalar, doc: String::new(), at: book().at }
}

fn index(name: &str, kind: IndexKind, partition: &[&str], sort: &[&str]) -> Index {
    let attributes = |names: &[&str]| names.iter().map(|name| attribute(name, Scalar::S)).collect();
    Index {
        name: name.into(),
        kind,
        key: Key { partition: attributes(partition), sort: attributes(sort) },
        projection: Projection::All,
        provisioned: None,
        on_demand: Billing::on_demand(),
        warm_throughput: None,
        contributor_insights: None,
        at: book().at,
    }
}

fn with(change: impl FnOnce(&mut Table)) -> Table {
    let mut table = book();
    change(&mut table);
    table
}

fn with_index(index: Index) -> Table {
    with(|table| table.indexes.push(index))
}

fn included(count: usize) -> Index {
    let names = (0..count).map(|i| format!("a{i}")).collect();
    Index {
        projection: Projection::Include(names),
        ..index(&format!("with-{count}"), IndexKind::Global, &["x"], &[])
    }
}

#[test]
fn a_valid_table_has_no_problems() {
    assert_eq!(broken(book()), []);
    let full = book()
        .billing(Billing::provisioned(Capacity::auto(5..=50).target(70), 5_u64))
        .point_in_time_recovery(Days(35))
        .stream(StreamView::NewImage)
        .tag("team", "core");
    assert_eq!(broken(full), []);
}

#[test]
fn each_mistake_breaks_only_its_rule() {
    let provisioned = || Billing::provisioned(5_u64, 5_u64);
    let faults: Vec<(&str, Table)> = vec![
        ("N1", book().name("ab")),
        ("N1", book().name("a".repeat(256))),
        ("N1", book().name("a b")),
        ("N1", with_index(index("ab", IndexKind::Global, &["x"], &[]))),
        ("N1", with_index(index("by-author", IndexKind::Global, &["x"], &[]))),
        ("N2", with(|table| table.key.partition[0].name = "a".repeat(256))),
        ("N2", with(|table| table.key.partition[0].name.clear())),
        ("K1", with(|table| table.key.partition.clear())),
        ("K1", with(|table| table.key.partition.push(attribute("x", Scalar::S)))),
        ("K1", with(|table| table.key.sort.push(attribute("x", Scalar::S)))),
        ("K1", with(|table| table.key.sort = table.key.partition.clone())),
        ("K2", with_index(index("none", IndexKind::Global, &[], &[]))),
        ("K2", with_index(index("five", IndexKind::Global, &["a", "b", "c", "d", "e"], &[]))),
        ("K2", with_index(index("five", IndexKind::Global, &["a"], &["b", "c", "d", "e", "f"]))),
        ("K2", with_index(index("twice", IndexKind::Global, &["a"], &["a"]))),
        ("K3", with_index(index("other-type", IndexKind::Global, &["year"], &[]))),
        ("L1", with_index(index("other-key", IndexKind::Local, &["author"], &["x"]))),
        ("L1", with_index(index("no-sort", IndexKind::Local, &["id"], &[]))),
        ("P1", with_index(included(0))),
        ("P1", with_index(included(21))),
        (
            "P1",
            with_index(Index {
                projection: Projection::Include(vec!["t".into(), "t".into()]),
                ..included(1)
            }),
        ),
        ("P1", with_index(Index { projection: Projection::Include(vec!["id".into()]), ..included(1) })),
        ("B1", book().billing(Billing::provisioned(0_u64, 5_u64))),
        ("B1", book().billing(Billing::on_demand().max_write(0))),
        (
            "B1",
            book()
                .billing(provisioned())
                .index("by-author", |i| i.provisioned(Billing::provisioned(5_u64, 0_u64))),
        ),
        ("B2", book().index("by-author", |i| i.provisioned(Billing::provisioned(5_u64, 5_u64)))),
        (
            "B2",
            book()
                .billing(provisioned())
                .index("by-author", |i| i.on_demand(Billing::on_demand().max_read(9))),
        ),
        ("A1", book().billing(Billing::provisioned(Capacity::auto(RangeInclusive::new(9, 3)), 5_u64))),
        ("A1", book().billing(Billing::provisioned(Capacity::auto(1..=3).target(95), 5_u64))),
        ("T1", with(|table| table.ttl = Some(attribute("gone_at", Scalar::S)))),
        ("R2", book().point_in_time_recovery(Days(36))),
        ("D1", (0..51).fold(book(), |table, i| table.tag(format!("t{i}"), "x"))),
        ("D1", book().tag("aws:x", "y")),
        ("D1", book().tag("", "y")),
        ("D1", book().tag("x", "y".repeat(257))),
        ("ID1", with(|table| table.id = "Book-1".into())),
    ];
    for (position, (rule, table)) in faults.into_iter().enumerate() {
        assert_eq!(errors(table), [rule], "fault {position}");
    }
}

/// Returns the rules with errors that a table breaks.
fn errors(table: Table) -> Vec<String> {
    let errors = broken(table).into_iter().filter(|(_, severity)| *severity == Severity::Error);
    errors.map(|(rule, _)| rule).collect()
}

fn warnings(table: Table) -> Vec<String> {
    let all = broken(table);
    assert!(all.iter().all(|(_, severity)| *severity == Severity::Warning), "{all:?}");
    all.into_iter().map(|(rule, _)| rule).collect()
}

/// Checks rules, each with a definition that breaks only this rule, and a similar valid definition.
fn check_pairs(pairs: Vec<(&str, Table, Table)>) {
    for (position, (rule, fault, neighbour)) in pairs.into_iter().enumerate() {
        assert_eq!(errors(fault), [rule], "fault {position}");
        assert_eq!(errors(neighbour), Vec::<String>::new(), "neighbour {position}");
    }
}

#[test]
fn settings_of_a_table() {
    let kinesis = |arn: &str| book().kinesis(Kinesis::new(arn));
    let off = |days: Option<u64>| {
        book()
            .point_in_time_recovery(PointInTimeRecovery { enabled: false.into(), days: days.map(Into::into) })
    };
    let unnamed = |mut table: Table| {
        table.ttl = None;
        table
    };
    check_pairs(vec![
        ("T1", unnamed(book().time_to_live(false)), book().time_to_live(false)),
        ("R2", off(Some(7)), off(None)),
        ("R2", book().point_in_time_recovery(Days(0)), book().point_in_time_recovery(Days(1))),
        (
            "R2",
            book().point_in_time_recovery(Days(36)),
            book().point_in_time_recovery(PointInTimeRecovery::days(unknown())),
        ),
        (
            "S1",
            book().encryption(Encryption::customer_key("")),
            book().encryption(Encryption::customer_key("{{resolve:ssm:/key}}")),
        ),
        (
            "S1",
            book().encryption(Encryption::customer_key("arn:aws:iam::1:role/x")),
            book().encryption(Encryption::customer_key("arn:aws:kms:eu-west-1:1:key/x")),
        ),
        (
            "S2",
            book().stream_policy(Statement::allow(["dynamodb:GetRecords"]).account("1")),
            book()
                .stream(StreamView::KeysOnly)
                .stream_policy(Statement::allow(["dynamodb:GetRecords"]).account("1")),
        ),
        ("S2", kinesis("changes"), kinesis("arn:aws:kinesis:eu-west-1:1:stream/x")),
        ("S2", kinesis("arn:aws:sqs:eu-west-1:1:x"), book().kinesis(Kinesis::new(unknown()))),
        ("X1", book().index("by-autor", |index| index), book().index("by-author", |index| index)),
    ]);
}

#[test]
fn throughput_and_scaling_of_a_table() {
    let warm = |read, write| book().warm_throughput(WarmThroughput::new(read, write));
    let provisioned = |read: u64| book().billing(Billing::provisioned(read, 5_u64));
    let scaled = |change: fn(AutoScaling) -> AutoScaling| {
        book().billing(Billing::provisioned(change(Capacity::auto(5..=50)), 5_u64))
    };
    let by_author = |warm| book().index("by-author", |index| index.warm_throughput(warm));
    check_pairs(vec![
        ("W1", warm(11_999, 4_000), warm(12_000, 4_000)),
        ("W1", warm(12_000, 3_999), book().warm_throughput(WarmThroughput::write(4_000))),
        ("W1", book().warm_throughput(WarmThroughput { read: None, write: None }), book()),
        ("W1", by_author(WarmThroughput::read(1)), by_author(WarmThroughput::read(12_000))),
        (
            "W1",
            provisioned(100).warm_throughput(WarmThroughput::read(99)),
            provisioned(100).warm_throughput(WarmThroughput::read(100)),
        ),
        ("A1", scaled(|auto| auto.initial(4)), scaled(|auto| auto.initial(5))),
        ("A1", scaled(|auto| auto.initial(51)), scaled(|auto| auto.initial(unknown()))),
        ("A1", scaled(|auto| auto.target(19)), scaled(|auto| auto.target(20))),
        (
            "A1",
            scaled(|auto| auto.schedule(Schedule::new("x", "cron(0 7 ? * MON-FRI)").min(9))),
            scaled(|auto| auto.schedule(Schedule::new("x", "cron(0 7 ? * MON-FRI *)").min(9))),
        ),
        (
            "A1",
            scaled(|auto| auto.schedule(Schedule::new("x", "every day").min(9))),
            scaled(|auto| auto.schedule(Schedule::new("x", "rate(1 day)").min(9))),
        ),
        (
            "A1",
            scaled(|auto| auto.schedule(Schedule::new("x", "rate(1 day)"))),
            scaled(|auto| auto.schedule(Schedule::new("x", "rate(1 day)").max(9))),
        ),
        (
            "A1",
            scaled(|auto| auto.schedule(Schedule::new("x", "rate(1 day)").min(51))),
            scaled(|auto| auto.schedule(Schedule::new("x", "rate(1 day)").min(51).max(60))),
        ),
        (
            "A1",
            scaled(|auto| auto.schedule(Schedule::new("", "rate(1 day)").min(9))),
            scaled(|auto| auto.schedule(Schedule::new("x", unknown()).min(9))),
        ),
        (
            "A1",
            scaled(|auto| {
                auto.schedule(
                    Schedule::new("x", "rate(1 day)")
                        .min(9)
                        .start("2027-02-01T00:00:00Z")
                        .end("2027-01-01T00:00:00Z"),
                )
            }),
            scaled(|auto| {
                auto.schedule(
                    Schedule::new("x", "rate(1 day)")
                        .min(9)
                        .start("2027-01-01T00:00:00Z")
                        .end("2027-02-01T00:00:00Z"),
                )
            }),
        ),
        (
            "A1",
            scaled(|auto| {
                auto.schedule(Schedule::new("x", "rate(1 day)").min(9))
                    .schedule(Schedule::new("x", "rate(2 days)").min(8))
            }),
            scaled(|auto| {
                auto.schedule(Schedule::new("x", "rate(1 day)").min(9))
                    .schedule(Schedule::new("y", "rate(2 days)").min(8))
            }),
        ),
        (
            "B1",
            with_index(Index {
                contributor_insights: Some(true.into()),
                ..index("by-title", IndexKind::Local, &["id"], &["title"])
            }),
            with_index(Index {
                contributor_insights: Some(true.into()),
                ..index("by-title", IndexKind::Global, &["id"], &["title"])
            }),
        ),
    ]);
}

#[test]
fn resource_policies() {
    let reads = || Statement::allow(["dynamodb:GetItem"]);
    let many =
        |count: usize| book().policy(Policy::new((0..count).map(|i| reads().account(format!("{i:012}")))));
    check_pairs(vec![
        ("R1", many(220), many(150)),
        ("R1", book().policy(reads()), book().policy(reads().service("lambda.amazonaws.com"))),
        (
            "R1",
            book().policy(reads().principal("*")),
            book().policy(reads().principal("*").condition("StringEquals", "aws:PrincipalOrgID", "o-1")),
        ),
        (
            "R1",
            book().policy(json!({ "Version": "2012-10-17" })),
            book().policy(json!({ "Fn::Select": [0, [{}, {}]] })),
        ),
        (
            "R1",
            book().policy(json!({ "Statement": { "Effect": "Allow", "Principal": ["*"] } })),
            book().policy(json!({ "Statement": { "Effect": "Deny", "Principal": ["*"] } })),
        ),
        (
            "R1",
            book().policy(json!({ "Statement": [{ "Principal": { "AWS": "1" }, "Condition": null }] })),
            book().policy(json!({ "Statement": [{ "Principal": { "AWS": "1" } }] })),
        ),
    ]);
    let big = many(220);
    assert!(serde_json::to_vec(&big.policy).unwrap().len() > 20_480);
}

#[test]
fn imports() {
    let from = |import| Table::define("Book").partition("id", Scalar::S).import_data(import);
    let csv = |headers: &[&str]| from(S3Import::csv("books", Csv::new().headers(headers.iter().copied())));
    let local = |table: Table| table.sort("part", Scalar::N).lsi(Index::new("lsi").sort("x", Scalar::S));
    let import = || S3Import::ion("books");
    let columns = |count: usize| {
        let names = std::iter::once("id".to_owned()).chain((1..count).map(|i| format!("c{i}")));
        from(S3Import::csv("books", Csv::new().headers(names)))
    };
    check_pairs(vec![
        ("I1", local(from(import())), from(import()).sort("part", Scalar::N)),
        ("I1", from(S3Import::ion("b")), from(S3Import::ion(unknown()))),
        ("I1", from(import().owner("me")), from(import().owner("111122223333"))),
        ("I1", csv(&["name"]), csv(&["name", "id"])),
        ("I1", csv(&["id", "id"]), csv(&[])),
        ("I1", columns(256), columns(255)),
    ]);
}

#[test]
fn overrides_and_metadata() {
    let over = |pointer: &str, value| book().override_property(pointer, value);
    check_pairs(vec![
        ("P3", over("/GlobalSecondaryIndexes", json!([])), over("/GlobalSecondaryIndexes", json!(null))),
        ("V1", over("/New", json!({ "a": [null] })), over("/New", json!({ "a": [1] }))),
        ("V1", book().metadata("a", json!([null])), book().metadata("a", json!([]))),
    ]);
    assert_eq!(warnings(over("/TableClass", json!("STANDARD"))), ["V2"]);
}

#[cfg(feature = "render")]
#[test]
fn an_override_needs_an_existing_parent() {
    let over = |pointer: &str, value| book().override_property(pointer, value);
    check_pairs(vec![
        (
            "V1",
            over("/SSESpecification/SSEType", json!("KMS")),
            over("/SSESpecification", json!({ "SSEType": "KMS" })),
        ),
        ("V1", over("TableName", json!("x")), over("/TableName", json!("x"))),
        ("V1", over("/StreamSpecification", json!(null)), over("/BillingMode", json!(null))),
        ("V1", over("/KeySchema/7/KeyType", json!("HASH")), over("/KeySchema/0/KeyType", json!("HASH"))),
    ]);
}

#[test]
fn global_tables() {
    let two = || Global::eventual().here(|r| r).replica("eu-west-1", |r| r);
    let plain = || with(|table| table.ttl = None);
    let streamless = |mut table: Table| {
        table.stream = None;
        table
    };
    let scaled = || Billing::provisioned(5_u64, Capacity::auto(5..=9));
    let strong = |global: Global| plain().global(global);
    let us = || Global::strong().replica("us-east-1", |r| r).replica("us-east-2", |r| r);
    let over_reads = |replica: fn(crate::Replica) -> crate::Replica, billing: Billing| {
        book().billing(billing).global(Global::eventual().here(|r| r).replica("eu-west-1", replica))
    };
    let arn = |service: &str, region: &str| format!("arn:aws:{service}:{region}:1:stream/x");
    let home = |region: &str| {
        let mut global = Global::eventual().replica(region, |r| r);
        global.home = Some("eu-west-1".into());
        // `apply_environment` has run, which sets the Region of the environment.
        let mut stack = Stack::new("books");
        stack.table(book());
        stack.apply_environment(&Env::new("library", "dev"));
        stack.tables[0].global = Some(global);
        let env = Env::new("library", "dev");
        check(&Assembly { stacks: vec![stack], ..Assembly::new(&env, &[]) }).len()
    };
    check_pairs(vec![
        ("GT1", book().global(two()).stream(StreamView::NewImage), book().global(two())),
        ("GT1", streamless(book().global(two())), streamless(book().global(Global::single_replica()))),
        (
            "GT2",
            book().billing(Billing::provisioned(5_u64, 5_u64)).global(two()),
            book().billing(scaled()).global(two()),
        ),
        (
            "GT2",
            book()
                .billing(scaled())
                .index("by-author", |index| index.provisioned(Billing::provisioned(5_u64, 5_u64)))
                .global(two()),
            book().billing(scaled()).index("by-author", |index| index.provisioned(scaled())).global(two()),
        ),
        (
            "GT2",
            book()
                .billing(Billing::provisioned(
                    5_u64,
                    Capacity::auto(5..=9).schedule(Schedule::new("x", "rate(1 day)").min(6)),
                ))
                .global(two()),
            book().billing(scaled()).global(two()),
        ),
        ("GT3", book().global(Global::eventual()), book().global(Global::single_replica())),
        (
            "GT3",
            book().global(two().replica("eu-west-1", |r| r)),
            book().global(two().replica("eu-west-2", |r| r)),
        ),
        (
            "GT3",
            book().global(two().replica("Frankfurt", |r| r)),
            book().global(two().replica("us-gov-east-1", |r| r)),
        ),
        ("GT4", strong(us()), strong(us().witness("us-west-2"))),
        ("GT4", strong(us().replica("eu-west-1", |r| r)), strong(us().replica("us-west-2", |r| r))),
        ("GT4", strong(us().witness("us-east-2")), strong(us().witness(unknown()))),
        (
            "GT4",
            book().global(us().witness("us-west-2")),
            book().time_to_live(false).global(us().witness("us-west-2")),
        ),
        (
            "GT4",
            strong(us().witness("us-west-2")).lsi(Index::new("lsi").sort("x", Scalar::S)),
            strong(us().witness("us-west-2")).gsi(Index::new("gsi").partition("x", Scalar::S)),
        ),
        ("GT4", book().global(two().witness("us-west-2")), book().global(two())),
        (
            "GT5",
            book().global(Global::eventual().here(|r| r.key("alias/x")).replica("eu-west-1", |r| r)),
            book().global(
                Global::eventual().here(|r| r.key("alias/x")).replica("eu-west-1", |r| r.key("alias/x")),
            ),
        ),
        (
            "GT5",
            book()
                .global(two().replica("eu-west-2", |r| r))
                .encryption(Encryption::customer_key(arn("kms", "eu-west-1"))),
            book().global(two().replica("eu-west-2", |r| r)).encryption(Encryption::customer_key("alias/x")),
        ),
        (
            "S2",
            book().global(
                two().replica("eu-west-2", |r| {
                    r.kinesis(Kinesis::new("arn:aws:kinesis:eu-west-1:1:stream/x"))
                }),
            ),
            book().global(
                two().replica("eu-west-2", |r| {
                    r.kinesis(Kinesis::new("arn:aws:kinesis:eu-west-2:1:stream/x"))
                }),
            ),
        ),
        (
            "GT6",
            Table::define("B").partition("id", Scalar::S).global(two()).import_data(S3Import::ion("books")),
            Table::define("B").partition("id", Scalar::S).import_data(S3Import::ion("books")),
        ),
        (
            "X1",
            book().global(Global::eventual().here(|r| r.index("by-autor", |i| i))),
            book().global(Global::eventual().here(|r| r.index("by-author", |i| i))),
        ),
        (
            "B2",
            over_reads(|r| r.read(5), Billing::on_demand().into()),
            over_reads(|r| r.max_read(5), Billing::on_demand().into()),
        ),
        ("B2", over_reads(|r| r.max_read(5), scaled().into()), over_reads(|r| r.read(5), scaled().into())),
        ("B1", over_reads(|r| r.read(0), scaled().into()), over_reads(|r| r.read(1), scaled().into())),
        (
            "R2",
            book().global(Global::eventual().here(|r| r.point_in_time_recovery(Days(36)))),
            book().global(Global::eventual().here(|r| r.point_in_time_recovery(Days(35)))),
        ),
        (
            "D1",
            book().global(Global::eventual().here(|r| r.tag("aws:x", "y"))),
            book().global(Global::eventual().here(|r| r.tag("x", "y"))),
        ),
    ]);
    assert_eq!((home("eu-west-1"), home("eu-west-2")), (0, 1), "GT3: the stack's own Region is known");
}

#[test]
fn probable_mistakes_are_warnings() {
    let encrypted = || book().encryption(Encryption::customer_key("alias/books"));
    assert_eq!(warnings(encrypted()), Vec::<String>::new());
    assert_eq!(warnings(encrypted().contributor_insights(true)), ["C1"]);
    assert_eq!(warnings(encrypted().contributor_insights(false)), Vec::<String>::new());
    assert_eq!(warnings(encrypted().index("by-author", |index| index.contributor_insights(true))), ["C1"]);
    assert_eq!(warnings(encrypted().contributor_insights(true).global(Global::single_replica())), ["C1"]);
    assert_eq!(warnings(book().encryption(Encryption::customer_key("alias/aws/dynamodb"))), ["S1"]);
    assert_eq!(warnings(Table::define("Book").partition("id", Scalar::S).ttl("id")), ["T1"]);
    let denies = || Statement::deny(["dynamodb:*"]).principal("*");
    assert_eq!(warnings(book().policy(denies())), Vec::<String>::new());
    assert_eq!(warnings(book().policy(denies()).global(Global::single_replica())), ["R1"]);
}

#[test]
fn the_capacity_of_all_tables_is_added_up() {
    let table = |units: u64| book().billing(Billing::provisioned(units, 1_u64));
    assert_eq!(warnings(table(40_000)), Vec::<String>::new(), "the index has the same: 80,000");
    assert_eq!(warnings(table(40_000).gsi(Index::new("gsi").partition("id", Scalar::S))), ["B1"]);
}

#[test]
fn a_definition_without_a_struct_is_checked_and_has_a_source_location() {
    let line = line!() + 2;
    let table =
        Table::define("Legacy").partition("pk", Scalar::S).gsi(Index::new("gsi1").partition("pk", Scalar::N));
    let mut stack = Stack::new("books");
    stack.table(table);
    let env = Env::new("library", "dev");
    stack.apply_environment(&env);
    let problems = check(&Assembly { stacks: vec![stack], ..Assembly::new(&env, &[]) });
    assert_eq!(problems[0].rule, "K3");
    assert_eq!(problems[0].at.to_string(), format!("src/tablewright/check/tests.rs:{line}"));
    assert_eq!(errors(Table::define("Legacy")), ["K1"]);
}

#[test]
fn exceeded_quotas_are_warnings() {
    let many = |count: usize| {
        with(|table| {
            table
                .indexes
                .extend((1..count).map(|i| index(&format!("gsi{i}"), IndexKind::Global, &["x"], &[])));
        })
    };
    assert_eq!(broken(many(20)), []);
    assert_eq!(broken(many(21)), [("G1".to_owned(), Severity::Warning)]);
    assert_eq!(
        broken(book().billing(Billing::on_demand().max_read(40_001))),
        [("B1".to_owned(), Severity::Warning)]
    );
    let local = with_index(index("by-title", IndexKind::Local, &["id"], &["title"]));
    assert_eq!(broken(local), [("L2".to_owned(), Severity::Warning)]);
}

#[test]
fn projected_attributes_of_all_indexes_are_added_up() {
    let five_of = |count: usize| {
        with(|table| {
            table.indexes.extend((0..5).map(|i| Index { name: format!("gsi{i}"), ..included(count) }));
        })
    };
    assert_eq!(broken(five_of(20)), []);
    let over = with(|table| {
        table.indexes.extend((0..5).map(|i| Index { name: format!("gsi{i}"), ..included(20) }));
        table.indexes.push(Index { name: "one-more".into(), ..included(1) });
    });
    assert_eq!(broken(over), [("P2".to_owned(), Severity::Error)]);
}

#[test]
fn a_stack_is_checked_as_a_whole() {
    let errors = |rule: &str| [(rule.to_owned(), Severity::Error)];
    assert_eq!(broken_in(|_| {}), errors("Q1"));
    assert_eq!(
        broken_in(|stack| {
            stack.table(book());
            stack.table(book().name("another"));
        }),
        errors("ID1")
    );
    assert_eq!(
        broken_in(|stack| {
            let book = stack.table(book());
            stack.output("Book-Table", book.name());
        }),
        errors("O1")
    );
    assert_eq!(
        broken_in(|stack| {
            let book = stack.table(book());
            stack.output("Book", book.name());
            stack.output("Book", book.arn());
        }),
        errors("O1")
    );
    assert_eq!(
        broken_in(|stack| {
            stack.table(book());
            stack.name = Some("9lives".into());
        }),
        errors("N3")
    );
}

type Fill = fn(&mut Stack);

#[test]
fn other_parts_of_a_stack() {
    let rules = |fill: Fill| -> Vec<String> {
        let all = broken_in(|stack| {
            stack.table(book());
            fill(stack);
        });
        let errors = all.into_iter().filter(|(_, severity)| *severity == Severity::Error);
        errors.map(|(rule, _)| rule).collect()
    };
    let topic = || json!({ "Type": "AWS::SNS::Topic" });
    assert_eq!(rules(|_| ()), Vec::<String>::new());
    let faults: [(&str, Fill); 12] = [
        ("ID1", |stack| drop(stack.parameter(Parameter::string("Book")))),
        ("ID1", |stack| drop(stack.parameter(Parameter::string("a-b")))),
        ("ID1", |stack| stack.raw_resource("Book", json!({ "Type": "AWS::SNS::Topic" }))),
        ("ID1", |stack| stack.mapping("A b", [("x", [("y", "z")])])),
        ("V1", |stack| stack.raw_resource("Topic", json!({ "Properties": {} }))),
        ("V1", |stack| {
            stack.raw_resource("Topic", json!({ "Type": "AWS::SNS::Topic", "Properties": { "A": null } }));
        }),
        ("X2", |stack| stack.condition("A", Test::Not([Box::new(Test::Condition("B".into()))]))),
        ("X2", |stack| stack.tables[0].condition = Some("B".into())),
        ("Q1", |stack| {
            (0..500)
                .for_each(|i| stack.raw_resource(format!("Topic{i}"), json!({ "Type": "AWS::SNS::Topic" })));
        }),
        ("Q1", |stack| (0..201).for_each(|i| stack.mapping(format!("M{i}"), [("x", [("y", "z")])]))),
        ("Q1", |stack| stack.mapping("M", (0..201).map(|i| (&*format!("x{i}").leak(), [("y", "z")])))),
        ("Q1", |stack| drop(stack.parameter(Parameter::string("P").default("x".repeat(4_097))))),
    ];
    for (position, (rule, fault)) in faults.into_iter().enumerate() {
        assert_eq!(rules(fault), [rule], "fault {position}");
    }
    let sound = broken_in(|stack| {
        stack.raw_resource("Topic", topic());
        let stage = stack.parameter(Parameter::string("Stage"));
        stack.condition("IsProd", Test::equals(stage, "prod"));
        stack.condition("IsNot", Test::Condition("IsProd".into()).negated());
        stack.publish_ssm("/books/topic", Expression::Ref("Topic".into()));
        stack.output("Topic", Expression::Ref("Topic".into())).condition("IsNot");
    });
    assert_eq!(sound, []);
}

#[test]
fn table_names_are_unique_across_stacks() {
    let env = Env::new("library", "dev");
    let assembly = Assembly::new(
        &env,
        &[
            ("one", |_| {
                let mut stack = Stack::new("one");
                stack.table(Table::of::<Book>());
                Ok(stack)
            }),
            ("two", |_| {
                let mut stack = Stack::new("two");
                stack.table(Table::of::<Book>());
                Ok(stack)
            }),
            ("three", |_| Err("no idea".into())),
        ],
    );
    let rules: Vec<String> = check(&assembly).into_iter().map(|problem| problem.rule).collect();
    assert_eq!(rules, ["stack-failed", "ID2"]);
}
