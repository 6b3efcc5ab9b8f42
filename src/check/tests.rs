//! One fault at a time: each rule fires on it and is silent on the sound neighbour.

use std::ops::RangeInclusive;

use crate::check::check;
use crate::{
    Assembly, Attribute, Billing, Capacity, Days, Env, Index, IndexKind, Key, Projection, Scalar, Severity,
    Stack, StreamView, Table, TableItem,
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

/// Returns the rules that a table breaks in a stack of its own.
fn broken(table: Table) -> Vec<(String, Severity)> {
    broken_in(|stack| {
        stack.table(table);
    })
}

fn broken_in(fill: impl FnOnce(&mut Stack)) -> Vec<(String, Severity)> {
    let mut stack = Stack::new("books");
    fill(&mut stack);
    let env = Env::new("library", "dev");
    stack.settle(&env);
    let assembly = Assembly { stacks: vec![stack], ..Assembly::new(&env, &[]) };
    check(&assembly).into_iter().map(|problem| (problem.rule, problem.severity)).collect()
}

fn book() -> Table {
    Table::of::<Book>()
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
fn a_sound_table_has_no_problems() {
    assert_eq!(broken(book()), []);
    let full = book()
        .billing(Billing::provisioned(Capacity::auto(5..=50).target(70), 5_u64))
        .point_in_time_recovery(Days(35))
        .stream(StreamView::NewImage)
        .tag("team", "core");
    assert_eq!(broken(full), []);
}

#[test]
fn each_fault_breaks_its_rule_and_no_other() {
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
        let errors: Vec<_> =
            broken(table).into_iter().filter(|(_, severity)| *severity == Severity::Error).collect();
        assert_eq!(errors, [(rule.to_owned(), Severity::Error)], "fault {position}");
    }
}

#[test]
fn limits_of_a_quota_are_warnings() {
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
fn the_projected_attributes_of_all_indexes_are_counted_together() {
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

#[test]
fn two_tables_cannot_have_one_name_even_in_two_stacks() {
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
