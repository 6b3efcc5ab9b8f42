//! Mistakes in templates that cfn-lint was measured with: those that it reports, and those that only AWS reports.
//!
//! For each mistake, there is the rule that reports it, or a proof that no definition can contain it: the type has no such value,
//! or the most similar definition renders without the mistake. *Invariant:* every mistake has a case. Overrides and expressions
//! are not covered: overrides are warnings (V2), and expressions are known only to CloudFormation.

use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use super::{errors, index, unknown, warnings};
use crate::render::{Templates, render};
use crate::table::import::ImportFormat;
use crate::{
    Billing, Days, Encryption, Env, Index, IndexKind, PointInTimeRecovery, Projection, S3Import, Scalar,
    Stack, StreamView, Table, TableClass, Value, WarmThroughput,
};

/// Mistakes that cfn-lint 1.51.0 reports.
const CAUGHT: [&str; 15] = [
    "unused AttributeDefinitions",
    "missing AttributeDefinitions",
    "bad attribute type",
    "HASH/RANGE order on the table key",
    "ProvisionedThroughput under PAY_PER_REQUEST",
    "PROVISIONED without ProvisionedThroughput",
    "key id without SSEType",
    "PITR days > 35",
    "LSI on a hash-only table",
    "duplicate tag keys",
    "aws: tags",
    "index name length for LSIs",
    "attribute name length for LSIs",
    "missing DeletionPolicy",
    "missing UpdateReplacePolicy",
];

/// Mistakes that cfn-lint 1.51.0 does not report.
const SILENT: [&str; 29] = [
    "table name length",
    "table name charset",
    "bogus StreamViewType",
    "bogus TableClass",
    "bogus BillingMode",
    "bogus ProjectionType",
    "bogus InputFormat",
    "neither BillingMode nor ProvisionedThroughput",
    "capacity 0",
    "TTL without attribute",
    "GSI ProvisionedThroughput under PAY_PER_REQUEST",
    "missing GSI ProvisionedThroughput under PROVISIONED",
    "duplicate index names",
    "21 GSIs",
    "6 LSIs",
    "5 HASH keys in a GSI",
    "RANGE before HASH in a GSI",
    "INCLUDE without list",
    "list without INCLUDE",
    "LSI with a different hash key",
    "SSEType with SSEEnabled=false",
    "PITR days while disabled",
    "OnDemandThroughput of a table under PROVISIONED",
    "OnDemandThroughput of a GSI under PROVISIONED",
    "OnDemandThroughput empty",
    "WarmThroughput too low",
    "empty index lists",
    "51 tags",
    "LSI + S3 import",
];

/// How a mistake is prevented.
enum Answer {
    /// The rule that reports an error.
    Refused(&'static str, Table),
    /// The rule that reports a warning, as AWS can raise the limit.
    Warned(&'static str, Table),
    /// Why no definition can contain it, and whether the type accepts a valid value and rejects the mistake.
    NoSuchValue(&'static str, bool),
    /// Why it is never rendered, the most similar definition, and the value of its resource at each pointer; `null` if there is
    /// none.
    NeverWritten(&'static str, Table, Vec<(&'static str, Json)>),
}
use Answer::{NeverWritten, NoSuchValue, Refused, Warned};

#[test]
fn every_mistake_has_a_case() {
    let faults = |cases: Vec<(&'static str, Answer)>| -> Vec<&str> {
        cases.into_iter().map(|(fault, _)| fault).collect()
    };
    assert_eq!(faults(caught()), CAUGHT);
    assert_eq!(faults(silent()), SILENT);
}

#[test]
fn each_mistake_is_prevented() {
    for (fault, answer) in caught().into_iter().chain(silent()) {
        match answer {
            Refused(rule, table) => assert_eq!(errors(table), [rule], "{fault}"),
            Warned(rule, table) => assert_eq!(warnings(table), [rule], "{fault}"),
            NoSuchValue(why, proven) => assert!(proven, "{fault}: {why}"),
            NeverWritten(why, table, written) => {
                assert_eq!(errors(table.clone()), Vec::<String>::new(), "{fault}: the neighbour is sound");
                let resource = resource(table);
                for (pointer, expected) in written {
                    let found = resource.pointer(pointer).unwrap_or(&Json::Null);
                    assert_eq!(*found, expected, "{fault}: {pointer}: {why}");
                }
            }
        }
    }
}

fn caught() -> Vec<(&'static str, Answer)> {
    let derived = "the renderer derives the definitions from the keys of the table and its indexes";
    let definitions = |names: &[&str]| {
        let of = |name| json!({ "AttributeName": name, "AttributeType": "S" });
        vec![("/Properties/AttributeDefinitions", names.iter().map(of).collect())]
    };
    let policies = "every table says what becomes of it";
    vec![
        (
            "unused AttributeDefinitions",
            NeverWritten(
                derived,
                song().ttl("gone_at").gsi(by_genre().project(Projection::only(["length"]))),
                definitions(&["artist", "genre", "title"]),
            ),
        ),
        (
            "missing AttributeDefinitions",
            NeverWritten(
                derived,
                song().gsi(by_genre().sort("label", Scalar::S)).lsi(by_year()),
                definitions(&["artist", "genre", "label", "title", "year"]),
            ),
        ),
        (
            "bad attribute type",
            NoSuchValue("a key is S, N or B", reads_only::<Scalar>(json!("S"), json!("BOOL"))),
        ),
        (
            "HASH/RANGE order on the table key",
            NeverWritten(
                "partition keys are written first, however they were declared",
                Table::define("Song").sort("title", Scalar::S).partition("artist", Scalar::S),
                vec![("/Properties/KeySchema", key_schema(&["artist"], &["title"]))],
            ),
        ),
        (
            "ProvisionedThroughput under PAY_PER_REQUEST",
            NoSuchValue(
                "capacity is what the provisioned mode consists of",
                reads_only::<Billing>(
                    json!({ "provisioned": units() }),
                    json!({ "on_demand": {}, "provisioned": units() }),
                ),
            ),
        ),
        (
            "PROVISIONED without ProvisionedThroughput",
            NoSuchValue(
                "capacity is what the provisioned mode consists of",
                reads_only::<Billing>(json!({ "provisioned": units() }), json!({ "provisioned": {} })),
            ),
        ),
        (
            "key id without SSEType",
            NeverWritten(
                "a key brings its type along",
                song().encryption(Encryption::customer_key("alias/songs")),
                vec![(
                    "/Properties/SSESpecification",
                    json!({ "SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": "alias/songs" }),
                )],
            ),
        ),
        ("PITR days > 35", Refused("R2", song().point_in_time_recovery(Days(36)))),
        (
            "LSI on a hash-only table",
            Refused("L1", Table::define("Song").partition("artist", Scalar::S).lsi(by_year())),
        ),
        (
            "duplicate tag keys",
            NeverWritten(
                "tags are a map: the last value stands",
                song().tag("team", "one").tag("team", "two"),
                vec![("/Properties/Tags", json!([{ "Key": "team", "Value": "two" }]))],
            ),
        ),
        ("aws: tags", Refused("D1", song().tag("aws:team", "one"))),
        ("index name length for LSIs", Refused("N1", song().lsi(Index { name: "ab".into(), ..by_year() }))),
        (
            "attribute name length for LSIs",
            Refused("N2", song().lsi(Index::new("by-year").sort("y".repeat(256), Scalar::S))),
        ),
        (
            "missing DeletionPolicy",
            NeverWritten(policies, song(), vec![("/DeletionPolicy", json!("RetainExceptOnCreate"))]),
        ),
        (
            "missing UpdateReplacePolicy",
            NeverWritten(policies, song(), vec![("/UpdateReplacePolicy", json!("Retain"))]),
        ),
    ]
}

fn silent() -> Vec<(&'static str, Answer)> {
    let provisioned = || song().billing(Billing::provisioned(5_u64, 5_u64));
    let many =
        |count: usize, index: fn(String) -> Index| (0..count).map(move |i| index(format!("index-{i}")));
    let global = |name: String| Index { name, ..by_genre() };
    let local = |name: String| Index { name, ..by_year() };
    let words = "the type has CloudFormation's words and no other";
    vec![
        ("table name length", Refused("N1", song().name("ab"))),
        ("table name charset", Refused("N1", song().name("all songs"))),
        (
            "bogus StreamViewType",
            NoSuchValue(words, reads_only::<Value<StreamView>>(json!("NEW_IMAGE"), json!("NEWEST_IMAGE"))),
        ),
        (
            "bogus TableClass",
            NoSuchValue(words, reads_only::<Value<TableClass>>(json!("STANDARD"), json!("COLD"))),
        ),
        (
            "bogus BillingMode",
            NoSuchValue(words, reads_only::<Billing>(json!({ "on_demand": {} }), json!({ "prepaid": {} }))),
        ),
        (
            "bogus ProjectionType",
            NoSuchValue(words, reads_only::<Projection>(json!("keys_only"), json!("some"))),
        ),
        ("bogus InputFormat", NoSuchValue(words, reads_only::<ImportFormat>(json!("ion"), json!("parquet")))),
        (
            "neither BillingMode nor ProvisionedThroughput",
            NeverWritten(
                "the billing mode is always written (B3)",
                song(),
                vec![("/Properties/BillingMode", json!("PAY_PER_REQUEST"))],
            ),
        ),
        ("capacity 0", Refused("B1", song().billing(Billing::provisioned(0_u64, 5_u64)))),
        ("TTL without attribute", Refused("T1", song().time_to_live(unknown()))),
        (
            "GSI ProvisionedThroughput under PAY_PER_REQUEST",
            Refused("B2", song().gsi(by_genre().provisioned(Billing::provisioned(5_u64, 5_u64)))),
        ),
        (
            "missing GSI ProvisionedThroughput under PROVISIONED",
            NeverWritten(
                "an index without capacity of its own has the table's",
                provisioned().gsi(by_genre()),
                vec![(
                    "/Properties/GlobalSecondaryIndexes/0/ProvisionedThroughput",
                    json!({ "ReadCapacityUnits": 5, "WriteCapacityUnits": 5 }),
                )],
            ),
        ),
        ("duplicate index names", Refused("N1", song().gsi(by_genre()).lsi(local("by-genre".into())))),
        ("21 GSIs", Warned("G1", many(21, global).fold(song(), Table::gsi))),
        ("6 LSIs", Refused("L1", many(6, local).fold(song(), Table::lsi))),
        (
            "5 HASH keys in a GSI",
            Refused("K2", song().gsi(index("five", IndexKind::Global, &["a", "b", "c", "d", "e"], &[]))),
        ),
        (
            "RANGE before HASH in a GSI",
            NeverWritten(
                "partition keys are written first, however they were declared",
                song().gsi(Index::new("by-genre").sort("title", Scalar::S).partition("genre", Scalar::S)),
                vec![("/Properties/GlobalSecondaryIndexes/0/KeySchema", key_schema(&["genre"], &["title"]))],
            ),
        ),
        (
            "INCLUDE without list",
            Refused("P1", song().gsi(by_genre().project(Projection::Include(Vec::new())))),
        ),
        (
            "list without INCLUDE",
            NoSuchValue(
                "the list is what an including projection consists of",
                reads_only::<Projection>(json!({ "include": ["length"] }), json!({ "all": ["length"] }))
                    && reads_only::<Projection>(json!("keys_only"), json!({ "keys_only": ["length"] })),
            ),
        ),
        (
            "LSI with a different hash key",
            Refused("L1", {
                let mut table = song();
                table.indexes.push(index("by-genre", IndexKind::Local, &["genre"], &["year"]));
                table
            }),
        ),
        (
            "SSEType with SSEEnabled=false",
            NeverWritten(
                "encryption that is off has no type",
                song().encryption(Encryption::AwsOwned),
                vec![("/Properties/SSESpecification", json!({ "SSEEnabled": false }))],
            ),
        ),
        (
            "PITR days while disabled",
            Refused(
                "R2",
                song().point_in_time_recovery(PointInTimeRecovery {
                    enabled: false.into(),
                    days: Some(7.into()),
                }),
            ),
        ),
        (
            "OnDemandThroughput of a table under PROVISIONED",
            NoSuchValue(
                "limits are part of the on-demand mode",
                reads_only::<Billing>(
                    json!({ "on_demand": { "max_read": 9 } }),
                    json!({ "on_demand": { "max_read": 9 }, "provisioned": units() }),
                ),
            ),
        ),
        (
            "OnDemandThroughput of a GSI under PROVISIONED",
            Refused("B2", provisioned().gsi(by_genre().on_demand(Billing::on_demand().max_read(9)))),
        ),
        (
            "OnDemandThroughput empty",
            NeverWritten(
                "without a limit there is no block",
                song().billing(Billing::on_demand()).gsi(by_genre().on_demand(Billing::on_demand())),
                vec![
                    ("/Properties/OnDemandThroughput", Json::Null),
                    ("/Properties/GlobalSecondaryIndexes/0/OnDemandThroughput", Json::Null),
                ],
            ),
        ),
        ("WarmThroughput too low", Refused("W1", song().warm_throughput(WarmThroughput::new(11_999, 4_000)))),
        (
            "empty index lists",
            NeverWritten(
                "a list without entries is left out; an override with one breaks P3",
                song(),
                vec![
                    ("/Properties/GlobalSecondaryIndexes", Json::Null),
                    ("/Properties/LocalSecondaryIndexes", Json::Null),
                ],
            ),
        ),
        ("51 tags", Refused("D1", (0..51).fold(song(), |table, i| table.tag(format!("t{i}"), "x")))),
        ("LSI + S3 import", Refused("I1", song().lsi(by_year()).import_data(S3Import::ion("songs")))),
    ]
}

fn song() -> Table {
    Table::define("Song").partition("artist", Scalar::S).sort("title", Scalar::S)
}

fn by_genre() -> Index {
    Index::new("by-genre").partition("genre", Scalar::S)
}

/// Sorts by year; [`Table::lsi`] adds the table's partition key.
fn by_year() -> Index {
    Index::new("by-year").sort("year", Scalar::S)
}

fn units() -> Json {
    json!({ "read": { "fixed": 5 }, "write": { "fixed": 5 } })
}

fn key_schema(partition: &[&str], sort: &[&str]) -> Json {
    let element = |key_type| move |name| json!({ "AttributeName": name, "KeyType": key_type });
    partition.iter().map(element("HASH")).chain(sort.iter().map(element("RANGE"))).collect()
}

/// Whether a type of the model accepts the first value and rejects the second.
fn reads_only<T: DeserializeOwned>(sound: Json, fault: Json) -> bool {
    serde_json::from_value::<T>(sound).is_ok() && serde_json::from_value::<T>(fault).is_err()
}

/// Returns a table as it is rendered in the template.
fn resource(table: Table) -> Json {
    let id = table.id.clone();
    let mut stack = Stack::new("songs");
    stack.table(table);
    stack.apply_environment(&Env::new("library", "dev"));
    render(&stack, "dev", &Templates::builtin()).unwrap().template["Resources"][id].clone()
}
