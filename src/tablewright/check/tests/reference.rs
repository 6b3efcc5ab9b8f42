//! References of a stack: each mistake with a similar valid definition, and its source location.

use serde_json::{Value as Json, json};

use super::{book, index};
use crate::check::check;
use crate::{
    Argument, Assembly, Billing, Capacity, Csv, Delimiter, Encryption, Env, Expression, Global, IndexKind,
    Kinesis, Parameter, Place, PointInTimeRecovery, Problem, S3Import, Scalar, Schedule, Stack, StreamView,
    Table, TableClass, Test, Value, WarmThroughput,
};

type Fill = fn(&mut Stack);

/// Returns the problems of a stack, in the profile that adds nothing to it.
fn problems(fill: impl FnOnce(&mut Stack)) -> Vec<Problem> {
    let mut stack = Stack::new("books");
    fill(&mut stack);
    let env = Env::new("library", "dev");
    stack.apply_environment(&env);
    let all = check(&Assembly { stacks: vec![stack], ..Assembly::new(&env, &[]) });
    all.into_iter().filter(|problem| !matches!(problem.rule.as_str(), "V2" | "L2")).collect()
}

/// Returns the rule and message of each problem.
fn messages(fill: impl FnOnce(&mut Stack)) -> Vec<String> {
    let said = |problem: Problem| format!("{}: {}", problem.rule, problem.message);
    problems(fill).into_iter().map(said).collect()
}

fn get(name: &str) -> Expression {
    Expression::Ref(name.into())
}

fn attribute(id: &str, attribute: &str) -> Expression {
    Expression::GetAtt(id.into(), attribute.into())
}

fn topic(properties: &Json) -> Json {
    json!({ "Type": "AWS::SNS::Topic", "Properties": properties })
}

/// Checks the problems of a stack, and that a similar valid stack has none.
#[track_caller]
fn check_pair(fault: Fill, expected: &[&str], neighbour: Fill) {
    assert_eq!(messages(fault), expected);
    assert_eq!(messages(neighbour), Vec::<String>::new());
}

#[test]
fn parameters_and_resources_exist() {
    check_pair(
        |stack| drop(stack.table(book().name(get("Nmae")))),
        &["X3: stack `books` has no parameter and no resource `Nmae`"],
        |stack| {
            let name = stack.parameter(Parameter::string("Name"));
            stack.table(book().name(name));
        },
    );
    check_pair(
        |stack| drop(stack.table(book().tag("where", get("AWS::Regoin")))),
        &["X3: stack `books` has no parameter and no resource `AWS::Regoin`"],
        |stack| drop(stack.table(book().tag("where", get("AWS::Region")))),
    );
    check_pair(
        |stack| drop(stack.table(book().tag("where", Expression::sub("${AWS::Region}-${Stage}")))),
        &["X3: stack `books` has no parameter and no resource `Stage`"],
        |stack| {
            stack.table(book().tag("where", Expression::sub_with("${Stage}-${!Stage}", [("Stage", "dev")])));
        },
    );
    check_pair(
        |stack| {
            stack.table(book());
            stack.output("BooksTable", get("Books"));
        },
        &["X3: stack `books` has no parameter and no resource `Books`"],
        |stack| {
            stack.table(book());
            stack.output("BooksTable", get("Book"));
        },
    );
    check_pair(
        |stack| drop(stack.table(book().depends_on("Topic"))),
        &["X3: stack `books` has no resource `Topic`"],
        |stack| {
            stack.raw_resource("Topic", topic(&json!({})));
            stack.table(book().depends_on("Topic"));
        },
    );
    check_pair(
        |stack| {
            stack.parameter(Parameter::string("Key"));
            stack.table(
                book().tag("key", get("Key")).encryption(Encryption::customer_key(attribute("Key", "Arn"))),
            );
        },
        &["X3: `Key` is a parameter of stack `books`, not a resource"],
        |stack| {
            let key = stack.parameter(Parameter::string("Key"));
            stack.table(book().encryption(Encryption::customer_key(key)));
        },
    );
    check_pair(
        |stack| {
            stack.table(book());
            stack.raw_resource("Topic", topic(&json!({ "TopicName": { "Fn::GetAtt": ["Boook", "Arn"] } })));
        },
        &["X3: stack `books` has no resource `Boook`"],
        |stack| {
            stack.table(book());
            stack.raw_resource("Topic", topic(&json!({ "TopicName": { "Fn::GetAtt": ["Book", "Arn"] } })));
        },
    );
    check_pair(
        |stack| {
            stack.raw_resource("Topic", topic(&json!({ "TopicName": { "Fn::Sub": "${x:-y}" } })));
        },
        &["X3: an intrinsic function has invalid arguments"],
        |stack| {
            stack.raw_resource("Topic", topic(&json!({ "TopicName": { "Fn::Sub": "${!x:-y}" } })));
        },
    );
}

#[test]
fn resources_that_tablewright_adds_can_be_referenced() {
    let sound = messages(|stack| {
        let table = stack.table(book().billing(Billing::provisioned(Capacity::auto(1..=9), 5_u64)));
        stack.publish_ssm("/books/table", table.name());
        stack.output("Target", get("BookReadScaling"));
        stack.output("Policy", attribute("BookByAuthorReadScalingPolicy", "Arn"));
        stack.output("Published", get("PublishedBooksTable"));
    });
    assert_eq!(sound, Vec::<String>::new());
}

#[test]
fn conditions_and_export_names_cannot_refer_to_resources() {
    check_pair(
        |stack| {
            stack.table(book());
            stack.condition("HasBooks", Test::equals(get("Book"), ""));
            stack.output("Book", get("Book")).condition("HasBooks");
        },
        &["X3: condition `HasBooks` refers to resource `Book`"],
        |stack| {
            stack.table(book());
            stack.condition("HasBooks", Test::equals(get("AWS::Region"), ""));
            stack.output("Book", get("Book")).condition("HasBooks");
        },
    );
    check_pair(
        |stack| {
            stack.table(book());
            let arn: Value<String> = attribute("Book", "Arn").into();
            stack.condition("HasBooks", Test::Or(vec![Test::equals("", arn), Test::equals("", "a")]));
            stack.output("Book", get("Book")).condition("HasBooks");
        },
        &["X3: condition `HasBooks` refers to resource `Book`"],
        |stack| {
            stack.table(book());
            let stage = stack.parameter(Parameter::string("Stage"));
            stack.condition("HasBooks", Test::And(vec![Test::equals("", stage), Test::equals("", "a")]));
            stack.output("Book", get("Book")).condition("HasBooks");
        },
    );
    check_pair(
        |stack| {
            stack.table(book());
            stack.output("Book", get("Book")).export(Expression::sub("${Book}-name"));
        },
        &["X3: the name of an export refers to resource `Book`"],
        |stack| {
            stack.table(book());
            stack.output("Book", get("Book")).export(Expression::sub("${AWS::StackName}-name"));
        },
    );
}

#[test]
fn referenced_conditions_exist() {
    check_pair(
        |stack| drop(stack.table(book().deletion_protection(Expression::if_else("IsPord", true, false)))),
        &["X2: stack `books` has no condition `IsPord`"],
        |stack| {
            stack.condition("IsProd", Test::equals(get("AWS::Region"), "eu-west-1"));
            stack.table(book().deletion_protection(Expression::if_else("IsProd", true, false)));
        },
    );
    check_pair(
        |stack| stack.raw_resource("Topic", json!({ "Type": "AWS::SNS::Topic", "Condition": "IsProd" })),
        &["X2: stack `books` has no condition `IsProd`"],
        |stack| {
            stack.raw_resource(
                "Topic",
                topic(&json!({ "Statement": { "Condition": { "Bool": { "a": "b" } } } })),
            );
        },
    );
    check_pair(
        |stack| {
            stack.table(book());
            stack.output("Book", get("Book")).condition("IsProd");
        },
        &["X2: stack `books` has no condition `IsProd`"],
        |stack| drop(stack.table(book())),
    );
    check_pair(
        |stack| drop(stack.table(book().condition("IsProd"))),
        &["X2: stack `books` has no condition `IsProd`"],
        |stack| {
            stack.condition("IsProd", Test::equals(get("AWS::Region"), "eu-west-1").negated());
            stack.table(book().condition("IsProd"));
        },
    );
}

#[test]
fn referenced_attributes_of_known_types_exist() {
    check_pair(
        |stack| {
            stack.table(book());
            stack.output("Book", attribute("Book", "TableName"));
        },
        &["X4: table `Book` has no attribute `TableName`"],
        |stack| {
            stack.table(book());
            stack.output("Book", attribute("Book", "Arn"));
        },
    );
    check_pair(
        |stack| {
            stack.table(book());
            stack.output("Book", Expression::sub("${Book.TableId}"));
        },
        &["X4: table `Book` has no attribute `TableId`"],
        |stack| {
            stack.table(book().global(Global::single_replica()));
            stack.output("Book", Expression::sub("${Book.TableId}"));
        },
    );
    check_pair(
        |stack| {
            stack.table(book());
            stack.output("Stream", attribute("Book", "StreamArn"));
        },
        &["X4: table `Book` has no `StreamArn`, as it has no stream"],
        |stack| {
            stack.table(book().stream(StreamView::KeysOnly));
            stack.output("Stream", attribute("Book", "StreamArn"));
        },
    );
    check_pair(
        |stack| {
            let off =
                book().stream(StreamView::KeysOnly).override_property("/StreamSpecification", Json::Null);
            stack.table(off);
            stack.output("Stream", attribute("Book", "StreamArn"));
        },
        &["X4: table `Book` has no `StreamArn`, as it has no stream"],
        |stack| {
            let on = json!({ "StreamViewType": "KEYS_ONLY" });
            stack.table(book().override_property("/StreamSpecification", on));
            stack.output("Stream", attribute("Book", "StreamArn"));
        },
    );
    let twice = messages(|stack| {
        let on = book().override_property("/StreamSpecification", json!({ "StreamViewType": "KEYS_ONLY" }));
        stack.table(on.override_property("/StreamSpecification", Json::Null));
        stack.output("Stream", attribute("Book", "StreamArn"));
    });
    assert_eq!(twice, ["X4: table `Book` has no `StreamArn`, as it has no stream"]);
    let raw = |kind: &str, properties: Json| json!({ "Type": kind, "Properties": properties });
    let of_raw = |body: Json, attribute: &str| {
        messages(|stack| {
            stack.raw_resource("Raw", body);
            stack.output("Raw", Expression::GetAtt("Raw".into(), attribute.into()));
        })
    };
    let stream = json!({ "StreamSpecification": { "StreamViewType": "KEYS_ONLY" } });
    let macro_call = json!({ "Fn::Transform": { "Name": "AWS::Include" } });
    let (plain, global) = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable");
    assert_eq!(of_raw(raw(plain, json!({})), "Name"), ["X4: table `Raw` has no attribute `Name`"]);
    assert_eq!(
        of_raw(raw(plain, json!({})), "StreamArn"),
        ["X4: table `Raw` has no `StreamArn`, as it has no stream"]
    );
    assert_eq!(of_raw(raw(plain, json!({})), "TableId"), ["X4: table `Raw` has no attribute `TableId`"]);
    for (body, attribute) in [
        (raw(plain, stream.clone()), "StreamArn"),
        (raw(plain, macro_call), "StreamArn"),
        (raw(global, json!({})), "TableId"),
        (raw(global, stream), "StreamArn"),
        (raw("AWS::CloudFormation::Stack", json!({})), "Outputs.Anything"),
        (raw("Custom::Thing", json!({})), "Whatever"),
    ] {
        assert_eq!(of_raw(body, attribute), Vec::<String>::new(), "{attribute}");
    }
}

#[test]
fn referenced_mapping_keys_exist() {
    fn with_limits(stack: &mut Stack) {
        stack.mapping("Limits", [("dev", [("reads", "5")]), ("prod", [("reads", "50")])]);
    }
    fn reads(map: &str, top: impl Into<Argument>, second: impl Into<Argument>) -> Table {
        book().billing(Billing::on_demand().max_read(Expression::find_in_map(map, top, second)))
    }
    check_pair(
        |stack| drop(stack.table(reads("Limits", "dev", "reads"))),
        &["X5: stack `books` has no mapping `Limits`"],
        |stack| {
            with_limits(stack);
            stack.table(reads("Limits", "dev", "reads"));
        },
    );
    check_pair(
        |stack| {
            with_limits(stack);
            stack.table(reads("Limits", "test", "reads"));
        },
        &["X5: mapping `Limits` has no key `test`"],
        |stack| {
            with_limits(stack);
            stack.table(reads("Limits", get("AWS::Region"), "reads"));
        },
    );
    check_pair(
        |stack| {
            with_limits(stack);
            stack.table(reads("Limits", "dev", "writes"));
        },
        &["X5: `dev` of mapping `Limits` has no key `writes`"],
        |stack| {
            with_limits(stack);
            stack.table(reads("Limits", "dev", get("AWS::Region")));
        },
    );
    fn with_uneven(stack: &mut Stack) {
        stack.mapping("Limits", [("dev", [("reads", "5")]), ("prod", [("writes", "50")])]);
    }
    check_pair(
        |stack| {
            with_uneven(stack);
            stack.table(reads("Limits", "dev", "writes"));
        },
        &["X5: `dev` of mapping `Limits` has no key `writes`"],
        |stack| {
            with_uneven(stack);
            stack.table(reads("Limits", get("AWS::Region"), "writes"));
        },
    );
    check_pair(
        |stack| {
            with_limits(stack);
            stack.table(reads("Limits", get("AWS::Region"), "writes"));
        },
        &["X5: mapping `Limits` has no key `writes`"],
        |stack| {
            with_limits(stack);
            stack.mapping("Uneven", [("dev", [("writes", "5")])]);
            let map = Expression::find_in_map(get("AWS::Region"), "dev", "writes");
            stack.table(book().billing(Billing::on_demand().max_read(map)));
        },
    );
}

#[test]
fn circular_dependencies_are_reported() {
    check_pair(
        |stack| {
            stack.raw_resource("A", json!({ "Type": "AWS::SNS::Topic", "DependsOn": "B" }));
            stack.raw_resource("B", json!({ "Type": "AWS::SNS::Topic", "DependsOn": ["C"] }));
            stack.raw_resource("C", json!({ "Type": "AWS::SNS::Topic", "DependsOn": ["A"] }));
        },
        &["X6: resource `A` depends on itself: `A` → `B` → `C` → `A`"],
        |stack| {
            stack.raw_resource("A", json!({ "Type": "AWS::SNS::Topic", "DependsOn": ["B", "C"] }));
            stack.raw_resource("B", json!({ "Type": "AWS::SNS::Topic", "DependsOn": ["C"] }));
            stack.raw_resource("C", json!({ "Type": "AWS::SNS::Topic" }));
        },
    );
    check_pair(
        |stack| {
            let own = json!({ "Statement": { "Principal": { "AWS": "1" }, "Resource": { "Fn::GetAtt": ["Book", "Arn"] } } });
            stack.table(book().policy(own));
        },
        &["X6: resource `Book` depends on itself: `Book` → `Book`"],
        // References in `Metadata` are not dependencies.
        |stack| {
            stack.table(book().metadata("own", json!({ "Fn::GetAtt": ["Book", "Arn"] })));
            stack.raw_resource(
                "Topic",
                json!({ "Type": "AWS::SNS::Topic", "Metadata": { "own": { "Ref": "Topic" } } }),
            );
        },
    );
    check_pair(
        |stack| {
            let scaled = book().billing(Billing::provisioned(Capacity::auto(1..=9), 5_u64));
            stack.table(scaled.depends_on("BookReadScalingPolicy"));
        },
        &[
            "X6: resource `Book` depends on itself: `Book` → `BookReadScalingPolicy` → `BookReadScaling` → `Book`",
        ],
        |stack| {
            let scaled = book().billing(Billing::provisioned(Capacity::auto(1..=9), 5_u64));
            stack.table(scaled);
            stack.raw_resource(
                "Topic",
                json!({ "Type": "AWS::SNS::Topic", "DependsOn": "BookReadScalingPolicy" }),
            );
        },
    );
    check_pair(
        |stack| {
            stack.condition("A", Test::Condition("B".into()));
            stack.condition("B", Test::Condition("A".into()).negated());
            stack.table(book());
        },
        &["X6: condition `A` depends on itself: `A` → `B` → `A`"],
        |stack| {
            stack.condition("A", Test::Condition("B".into()));
            stack.condition("B", Test::equals(get("AWS::Region"), "").negated());
            stack.table(book().condition("A"));
        },
    );
    let with_a_member_in_common = messages(|stack| {
        for (id, on) in [("A", json!(["B", "C"])), ("B", json!("A")), ("C", json!("A"))] {
            stack.raw_resource(id, json!({ "Type": "AWS::SNS::Topic", "DependsOn": on }));
        }
    });
    assert_eq!(with_a_member_in_common, ["X6: resource `A` depends on itself: `A` → `B` → `A`"]);
    let two = messages(|stack| {
        for (id, on) in [("A", "B"), ("B", "A"), ("C", "A"), ("D", "D")] {
            stack.raw_resource(id, json!({ "Type": "AWS::SNS::Topic", "DependsOn": on }));
        }
    });
    assert_eq!(two.len(), 2, "two circles, and one who waits for one: {two:?}");
}

/// A limit that comes from a resource which depends on the table: the scalable target depends on that resource, the table does
/// not.
#[test]
fn a_limit_of_auto_scaling_may_come_from_a_dependent_of_the_table() {
    let sound = messages(|stack| {
        let most = stack.parameter(Parameter::number("Most"));
        assert!(most.literal().is_none());
        let scaling = crate::AutoScaling::between(1, attribute("Limit", "Most"))
            .target(Expression::Ref("Most".into()))
            .schedule(Schedule::new("day", attribute("Limit", "When")).min(2));
        stack.table(book().billing(Billing::provisioned(scaling, 5_u64)));
        stack.raw_resource(
            "Limit",
            json!({ "Type": "Custom::Limit", "Properties": { "Of": { "Ref": "Book" } } }),
        );
    });
    assert_eq!(sound, Vec::<String>::new());
}

#[test]
fn unused_definitions_are_reported() {
    check_pair(
        |stack| {
            stack.parameter(Parameter::string("Stage"));
            stack.mapping("Limits", [("dev", [("reads", "5")])]);
            stack.condition("IsProd", Test::equals("a", "b"));
            stack.table(book());
        },
        &[
            "U1: parameter `Stage` of stack `books` is not used",
            "U1: mapping `Limits` of stack `books` is not used",
            "U1: condition `IsProd` of stack `books` is not used",
        ],
        |stack| {
            let stage = stack.parameter(Parameter::string("Stage"));
            stack.mapping("Limits", [("dev", [("reads", "5")])]);
            stack.condition("IsProd", Test::equals(stage, "b"));
            stack.table(book().metadata(
                "any",
                json!({ "Fn::If": ["IsProd", { "Fn::FindInMap": ["Limits", "dev", "reads"] }, 1] }),
            ));
        },
    );
    // A macro may use anything.
    let with_macro = messages(|stack| {
        stack.parameter(Parameter::string("Stage"));
        stack.raw_resource("Topic", topic(&json!({ "Fn::Transform": { "Name": "AWS::Include" } })));
    });
    assert_eq!(with_macro, Vec::<String>::new());
}

/// Every field of the model that can have a reference. A field that is not searched shows as an unused parameter.
#[test]
fn every_field_is_searched() {
    let at = || get("P");
    let number = || Value::<u64>::from(get("P"));
    let provisioned = |capacity: Capacity| book().billing(Billing::provisioned(capacity, 5_u64));
    let scaled = |change: fn(crate::AutoScaling) -> crate::AutoScaling| {
        provisioned(change(Capacity::auto(1..=9)).into())
    };
    let index_with = |change: fn(crate::Index) -> crate::Index| book().index("by-author", change);
    let import = |import: S3Import| Table::define("Book").partition("id", Scalar::S).import_data(import);
    let global =
        |global: Global| book().billing(Billing::provisioned(5_u64, Capacity::auto(5..=9))).global(global);
    let replica = |change: fn(crate::Replica) -> crate::Replica| global(Global::eventual().here(change));
    let in_policy = || json!({ "Statement": { "Principal": { "AWS": { "Ref": "P" } } } });
    let places: Vec<Table> = vec![
        book().name(at()),
        book().time_to_live(at()),
        book().billing(Billing::on_demand().max_read(at())),
        book().billing(Billing::on_demand().max_write(at())),
        provisioned(Capacity::fixed(at())),
        book().billing(Billing::provisioned(5_u64, Capacity::fixed(at()))),
        scaled(|auto| crate::AutoScaling { min: get("P").into(), ..auto }),
        scaled(|auto| crate::AutoScaling { max: get("P").into(), ..auto }),
        scaled(|auto| auto.initial(get("P"))),
        scaled(|auto| auto.target(get("P"))),
        scaled(|auto| auto.cooldowns(get("P"), 1)),
        scaled(|auto| auto.cooldowns(1, get("P"))),
        scaled(|auto| auto.disable_scale_in(get("P"))),
        scaled(|auto| auto.schedule(Schedule::new("x", get("P")).min(2))),
        scaled(|auto| auto.schedule(Schedule::new("x", "rate(1 day)").min(get("P")))),
        scaled(|auto| auto.schedule(Schedule::new("x", "rate(1 day)").max(get("P")))),
        scaled(|auto| auto.schedule(Schedule::new("x", "rate(1 day)").min(2).timezone(get("P")))),
        scaled(|auto| auto.schedule(Schedule::new("x", "rate(1 day)").min(2).start(get("P")))),
        scaled(|auto| auto.schedule(Schedule::new("x", "rate(1 day)").min(2).end(get("P")))),
        book().warm_throughput(WarmThroughput::read(number())),
        book().warm_throughput(WarmThroughput::write(number())),
        book().class(Value::<TableClass>::from(at())),
        book().encryption(Encryption::customer_key(at())),
        book().encryption(Encryption::AwsManagedIf(at())),
        book().point_in_time_recovery(at()),
        book().point_in_time_recovery(PointInTimeRecovery::days(at())),
        book().deletion_protection(at()),
        book().stream(at()),
        book().stream(StreamView::KeysOnly).stream_policy(in_policy()),
        book().policy(in_policy()),
        book().kinesis(Kinesis::new(at())),
        book().kinesis(Kinesis::new("{{resolve:ssm:/x}}").precision(at())),
        book().contributor_insights(at()),
        book().contributor_insights(crate::ContributorInsights {
            enabled: true.into(),
            mode: Some(at().into()),
        }),
        book().tag("x", at()),
        book().metadata("x", json!({ "Ref": "P" })),
        book().override_property("/TableClass", json!({ "Ref": "P" })),
        import(S3Import::ion(at())),
        import(S3Import::ion("books").owner(at())),
        import(S3Import::ion("books").prefix(at())),
        import(S3Import::ion("books").compression(at())),
        import(S3Import::csv("books", Csv::new().headers([get("P")]))),
        import(S3Import::csv("books", Csv::new().delimiter(Value::<Delimiter>::from(at())))),
        index_with(|index| index.on_demand(Billing::on_demand().max_read(get("P")))),
        index_with(|index| index.warm_throughput(WarmThroughput::read(Value::from(get("P"))))),
        index_with(|index| index.contributor_insights(get("P"))),
        provisioned(Capacity::fixed(5))
            .index("by-author", |index| index.provisioned(Billing::provisioned(5_u64, get("P")))),
        global(Global { consistency: at().into(), ..Global::single_replica() }),
        global(Global::single_replica().source(at())),
        global(Global::single_replica().replica(at(), |r| r)),
        replica(|r| r.class(Value::<TableClass>::from(get("P")))),
        replica(|r| r.point_in_time_recovery(get("P"))),
        replica(|r| r.deletion_protection(get("P"))),
        replica(|r| r.key(get("P"))),
        replica(|r| r.contributor_insights(get("P"))),
        replica(|r| r.kinesis(Kinesis::new(get("P")))),
        replica(|r| r.policy(json!({ "Statement": { "Principal": { "AWS": { "Ref": "P" } } } }))),
        replica(|r| r.read(Capacity::fixed(get("P")))),
        replica(|r| r.read(Capacity::auto(1..=9).target(get("P")))),
        replica(|r| r.tag("x", get("P"))),
        replica(|r| r.settings_replication(get("P"))),
        replica(|r| r.index("by-author", |i| i.contributor_insights(get("P")))),
        replica(|r| r.index("by-author", |i| i.read(Capacity::fixed(get("P"))))),
        book()
            .billing(Billing::provisioned(5_u64, Capacity::auto(1..=9).target(get("P"))))
            .global(Global::single_replica()),
        book().billing(Billing::on_demand()).global(Global::eventual().here(|r| r.max_read(get("P")))),
        book().gsi(crate::Index {
            on_demand: Billing::on_demand().max_write(at()),
            ..index("gsi", IndexKind::Global, &["x"], &[])
        }),
    ];
    for (position, table) in places.into_iter().enumerate() {
        let without = messages(|stack| drop(stack.table(table.clone())));
        assert_eq!(without, ["X3: stack `books` has no parameter and no resource `P`"], "place {position}");
        let with = messages(|stack| {
            stack.parameter(Parameter::string("P"));
            stack.table(table);
        });
        assert_eq!(with, Vec::<String>::new(), "place {position}");
    }
}

#[test]
fn a_problem_has_the_source_location_of_the_reference() {
    let lines =
        |fill: Fill| -> Vec<u32> { problems(fill).into_iter().map(|problem| problem.at.line).collect() };
    let first = Place::caller().line + 2;
    let found = lines(|stack| {
        stack.table(Table::define("A").partition("id", Scalar::S).name(get("P")));
        stack.raw_resource("B", topic(&json!({ "TopicName": { "Ref": "P" } })));
        stack.publish_ssm("/x", get("P"));
        stack.output("C", get("P"));
        stack.condition("D", Test::equals(get("P"), ""));
        let change = |table: Table| table.override_property("/TableClass", json!({ "Ref": "P" }));
        stack.table(change(Table::define("E").partition("id", Scalar::S)));
    });
    // In the order conditions, tables, resources, published values, outputs; then the unused condition `D`.
    assert_eq!(found, [first + 4, first, first + 5, first + 1, first + 2, first + 3, first + 4]);
}

/// An override replaces a value of the model; only references in the template are checked.
#[cfg(feature = "render")]
#[test]
fn references_in_overridden_values_are_ignored() {
    let sound = messages(|stack| {
        drop(stack.table(book().name(get("Gone")).override_property("/TableName", json!("books"))));
    });
    assert_eq!(sound, Vec::<String>::new());
    let twice = messages(|stack| {
        let table = book().override_property("/TableClass", json!({ "Ref": "Gone" }));
        stack.table(table.override_property("/TableClass", json!("STANDARD")));
    });
    assert_eq!(twice, Vec::<String>::new());
    let of_another = messages(|stack| {
        stack.table(Table::define("Other").partition("id", Scalar::S).name(get("Gone")));
        stack.table(book().override_property("/TableClass", json!("STANDARD")));
    });
    assert_eq!(of_another, ["X3: stack `books` has no parameter and no resource `Gone`"]);
    let other = messages(|stack| {
        drop(stack.table(book().name(get("Gone")).override_property("/TableClass", json!("STANDARD"))));
    });
    assert_eq!(other, ["X3: stack `books` has no parameter and no resource `Gone`"]);
}

#[test]
fn problems_have_the_error_of_aws_and_the_known_names() {
    let told = |fill: Fill| {
        let problem = problems(fill).remove(0);
        (problem.help.unwrap_or_default(), problem.server_text.unwrap_or_default())
    };
    for (fill, help, server_text) in [
        (
            (|stack| drop(stack.table(book().name(get("Gone"))))) as Fill,
            "add the parameter with `stack.parameter(…)`; known: `Book`",
            "Template format error: Unresolved resource dependencies [Gone] in the Resources block of the template",
        ),
        (
            |stack| {
                for id in ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J"] {
                    stack.raw_resource(id, topic(&json!({})));
                }
                stack.output("Gone", attribute("Gone", "Arn"));
            },
            "known: `A`, `B`, `C`, `D`, `E`, `F`, `G`, `H` and 2 more",
            "Template error: instance of Fn::GetAtt references undefined resource Gone",
        ),
        (
            |stack| drop(stack.table(book().name(get("AWS::Gone")))),
            "known: `AWS::AccountId`, `AWS::NoValue`, `AWS::NotificationARNs`, `AWS::Partition`, `AWS::Region`, `AWS::StackId`, `AWS::StackName`, `AWS::URLSuffix`",
            "Template format error: Unresolved resource dependencies [AWS::Gone] in the Resources block of the template",
        ),
        (
            |stack| {
                stack.table(book());
                stack.output("Gone", get("Gone"));
            },
            "add the parameter with `stack.parameter(…)`; known: `Book`",
            "Template format error: Unresolved resource dependencies [Gone] in the Outputs block of the template",
        ),
        (
            |stack| drop(stack.table(book().name(Expression::if_else("Gone", "a", "b")))),
            "add it with `stack.condition(…)`; known: none",
            "Template error: unresolved condition dependency Gone in Fn::If",
        ),
        (
            |stack| drop(stack.table(book().condition("Gone"))),
            "add it with `stack.condition(…)`; known: none",
            "Template format error: Unresolved condition dependency Gone in the template",
        ),
        (
            |stack| {
                stack.mapping("M", [("a", [("x", "1")]), ("b", [("x", "2")])]);
                stack.table(book().name(Expression::find_in_map("M", get("AWS::Region"), "y")));
            },
            "known: `x`",
            "Template error: Unable to get mapping for M::…::y",
        ),
        (
            |stack| {
                stack.condition("A", Test::equals(get("Gone"), "a"));
                stack.table(book().condition("A"));
            },
            "add the parameter with `stack.parameter(…)`; known: `Book`",
            "Template format error: Unresolved dependencies [Gone]. Cannot reference resources in the Conditions block of the template",
        ),
        (
            |stack| {
                stack.condition("A", Test::equals(attribute("Gone", "Arn"), "a"));
                stack.table(book().condition("A"));
            },
            "known: `Book`",
            "Template format error: Unresolved dependencies [Gone]. Cannot reference resources in the Conditions block of the template",
        ),
        (
            |stack| drop(stack.table(book().depends_on("Book"))),
            "remove the reference; in the policy of a table, `Resource: \"*\"` is the table itself",
            "Circular dependency between resources: [Book]",
        ),
    ] {
        assert_eq!(told(fill), (help.to_owned(), server_text.to_owned()));
    }
}
