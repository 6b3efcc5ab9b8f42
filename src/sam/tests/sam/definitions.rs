//! A fragment is embedded only in a template that defines what it refers to.

use tablewright::render::Templates;
use tablewright::{Expression, Test};
use tablewright_sam::{
    Edit, EmbedError, FragmentKind, Options, Request, Way, embed, embed_fragment, fragment, regions,
};

use crate::fragments::stack;

/// Embeds a fragment for the table `NoteItem` in a template.
fn embed_in(
    template: &str,
    kind: FragmentKind,
    change: impl FnOnce(&mut Request<'_>),
) -> Result<Edit, EmbedError> {
    let stack = stack();
    let mut request = Request::new(&stack, "NoteItem", "Api");
    change(&mut request);
    embed_fragment(template, &fragment(kind, &request).unwrap(), Options::default())
}

const KINDS: [FragmentKind; 6] = [
    FragmentKind::Env,
    FragmentKind::Policies,
    FragmentKind::Connector,
    FragmentKind::Events,
    FragmentKind::Globals,
    FragmentKind::Outputs,
];

#[test]
fn a_fragment_without_its_table_is_refused() {
    let bare = include_str!("cases/fragment-without-its-table.yaml");
    let refused = |template: &str, kind, way, names: &str, hint: &str| {
        let edit = embed_in(template, kind, |request| {
            (request.function, request.way) = ("Reader", way);
        });
        let error = edit.expect_err(template);
        let message = format!("the template does not define {names}, to which the fragment refers");
        assert_eq!((error.to_string(), error.hint().as_deref()), (message, Some(hint)), "{template}");
    };
    let embed_first = "run `tablewright sam embed <TEMPLATE> notes` first; or, if another stack has the table, add `--consume parameter`, `getstackoutput`, `import` or `ssm` to both";
    for (kind, names) in KINDS.into_iter().zip([
        "`NoteItemTableName`",
        "`NoteItem`",
        "`NoteItem`",
        "`NoteItem`",
        "`NoteItemTableName`",
        "`NoteItem` and `NoteItemTableName`",
    ]) {
        refused(bare, kind, Way::Embedded, names, embed_first);
    }
    let nested = format!(
        "{bare}  Tables:\n    Type: AWS::CloudFormation::Stack\n  Other:\n    Type: AWS::Serverless::Application\n"
    );
    refused(
        &nested,
        FragmentKind::Policies,
        Way::Embedded,
        "`NoteItem`",
        "run `tablewright sam embed <TEMPLATE> notes` first; or, if the nested stack `Tables` or `Other` has the table, add `--consume nested` to both",
    );
    let parameter = "`NoteItemTableName`";
    let first =
        |option: &str| format!("run `tablewright sam embed <TEMPLATE> notes --consume {option}` first");
    refused(bare, FragmentKind::Env, Way::Nested, parameter, &first("nested"));
    refused(bare, FragmentKind::Env, Way::Include, parameter, &first("include"));
    refused(bare, FragmentKind::Policies, Way::Include, "`NoteItem`", &first("include"));
    refused(bare, FragmentKind::Policies, Way::Parameter, parameter, &first("parameter"));
    refused(bare, FragmentKind::Events, Way::Parameter, "`NoteItemStreamArn`", &first("parameter"));
    refused(bare, FragmentKind::Policies, Way::Ssm, parameter, &first("ssm"));
    refused(bare, FragmentKind::Events, Way::Nested, "`Notes`", &first("nested"));
    // What another stack exports or outputs is not in the template.
    for way in [Way::GetStackOutput, Way::ImportValue] {
        let edit =
            embed_in(bare, FragmentKind::Env, |request| (request.function, request.way) = ("Reader", way));
        assert_eq!(edit.unwrap().warnings, []);
    }
}

#[test]
fn a_fragment_finds_the_table_that_was_embedded() {
    let bare = include_str!("cases/fragment-without-its-table.yaml");
    let mut stack = stack();
    // The other table is not published.
    stack.tables.truncate(1);
    for way in [Way::Embedded, Way::Nested, Way::Include, Way::Parameter, Way::Ssm] {
        let regions = regions(&stack, "dev", &Templates::builtin(), way).unwrap();
        let template = embed(bare, &regions, Options::default()).unwrap().text;
        for kind in KINDS {
            let request = Request { way, ..Request::new(&stack, "NoteItem", "Reader") };
            // The stream is not published either.
            let Ok(fragment) = fragment(kind, &request) else { continue };
            let edit = embed_fragment(&template, &fragment, Options::default());
            assert_eq!(edit.unwrap_or_else(|error| panic!("{way:?} {kind:?}: {error}")).warnings, []);
        }
    }
}

#[test]
fn a_macro_may_define_the_table() {
    let functions = "Resources:\n  Api:\n    Type: AWS::Serverless::Function\n";
    let policies = |template: &str| embed_in(template, FragmentKind::Policies, |_| {});
    for template in [
        format!("{functions}  Fn::Transform: {{Name: 'AWS::Include'}}\n"),
        format!("{functions}  Fn::ForEach::Tables: [T, [a], {{}}]\n"),
        format!("{functions}Fn::Transform: {{Name: Ours}}\n"),
        format!("{functions}Transform: [AWS::Serverless-2016-10-31, Ours]\n"),
        format!("{functions}Transform: Ours\n"),
        format!("A: &a\n  NoteItem: {{Type: 'AWS::DynamoDB::Table'}}\n{functions}  <<: *a\n"),
    ] {
        assert_eq!(policies(&template).unwrap().warnings, [], "{template}");
    }
    for template in [
        format!("{functions}Transform: [AWS::Serverless-2016-10-31, 'AWS::LanguageExtensions']\n"),
        format!("{functions}Outputs:\n  Fn::ForEach::Names: [T, [a], {{}}]\n"),
    ] {
        assert!(matches!(policies(&template), Err(EmbedError::NotDefined { .. })), "{template}");
    }
    let env = embed_in(&format!("{functions}  Fn::Transform: x\n"), FragmentKind::Env, |_| {});
    assert!(matches!(env, Err(EmbedError::NotDefined { .. })), "`Resources` has no parameters");
}

#[test]
fn a_table_of_another_type_or_under_a_condition_is_reported() {
    let check = |table: &str, function: &str, kind| {
        let template = format!(
            "Parameters:\n  NoteItemTableName: {{}}\nResources:\n  NoteItem:\n{table}  Api:\n    Type: AWS::Serverless::Function\n{function}"
        );
        match embed_in(&template, kind, |_| {}) {
            Ok(edit) => {
                edit.warnings.iter().map(|it| format!("{}: {}", it.position.line, it.message)).collect()
            }
            Err(error) => vec![format!("refused: {error}"), error.hint().unwrap_or_default()],
        }
    };
    let no_warnings: [&str; 0] = [];
    let of_type = |name: &str| format!("    Type: {name}\n");
    let simple = of_type("AWS::Serverless::SimpleTable");
    let another =
        "4: `NoteItem` is an `AWS::Serverless::SimpleTable`, but its definition is an `AWS::DynamoDB::Table`";
    let rename =
        "rename one of them: the fragment refers to the table, or its nested stack, by its logical id";
    assert_eq!(check(&simple, "", FragmentKind::Policies), [another]);
    assert_eq!(check(&simple, "", FragmentKind::Connector), [another]);
    assert_eq!(check(&simple, "", FragmentKind::Env), no_warnings, "it refers to the parameter");
    assert_eq!(
        check(&simple, "", FragmentKind::Events),
        [
            "refused: line 4, column 3: `NoteItem` is an `AWS::Serverless::SimpleTable`, but the fragment refers to an `AWS::DynamoDB::Table`",
            rename,
        ],
    );
    assert_eq!(
        check(&of_type("AWS::DynamoDB::GlobalTable"), "", FragmentKind::Events),
        ["4: `NoteItem` is an `AWS::DynamoDB::GlobalTable`, but its definition is an `AWS::DynamoDB::Table`"],
    );
    assert_eq!(
        check(&of_type("AWS::SNS::Topic"), "", FragmentKind::Policies),
        [
            "refused: line 4, column 3: `NoteItem` is an `AWS::SNS::Topic`, but the fragment refers to an `AWS::DynamoDB::Table`",
            rename,
        ],
    );
    let sometimes = of_type("AWS::DynamoDB::Table") + "    Condition: HasNotes\n";
    let under = |rest: &str| format!("4: `NoteItem` depends on the condition `HasNotes`, but {rest}");
    let of_function =
        under("function `Api`, which refers to it, does not; add `Condition: HasNotes` to the function");
    assert_eq!(check(&sometimes, "", FragmentKind::Policies), [of_function.as_str()]);
    assert_eq!(check(&sometimes, "    Condition: Other\n", FragmentKind::Events), [of_function]);
    assert_eq!(check(&sometimes, "    Condition: HasNotes\n", FragmentKind::Policies), no_warnings);
    assert_eq!(
        check(&sometimes, "", FragmentKind::Outputs),
        [under("what refers to it does not; add `Condition: HasNotes` to it")],
    );
    assert_eq!(check(&sometimes, "", FragmentKind::Env), no_warnings);
    let always = of_type("AWS::DynamoDB::Table");
    assert_eq!(check(&always, "    Condition: HasNotes\n", FragmentKind::Policies), no_warnings);
    let nested = "Parameters:\n  NoteItemTableName: {}\nResources:\n  Notes:\n    Type: AWS::SNS::Topic\n  Api:\n    Type: AWS::Serverless::Function\n";
    let error = embed_in(nested, FragmentKind::Events, |request| request.way = Way::Nested).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 4, column 3: `Notes` is an `AWS::SNS::Topic`, but the fragment refers to an `AWS::CloudFormation::Stack`"
    );
}

#[test]
fn what_is_added_for_a_table_under_a_condition_has_the_condition() {
    let mut stack = stack();
    stack.condition("HasNotes", Test::equals(Expression::Ref("AWS::Region".into()), "eu-west-1"));
    stack.tables[0].condition = Some("HasNotes".to_owned());
    let regions = regions(&stack, "dev", &Templates::builtin(), Way::Embedded).unwrap();
    let bare = include_str!("cases/fragment-without-its-table.yaml");
    let template = embed(bare, &regions, Options::default()).unwrap().text;
    for kind in [FragmentKind::Connector, FragmentKind::Outputs, FragmentKind::Policies] {
        let fragment = fragment(kind, &Request::new(&stack, "NoteItem", "Reader")).unwrap();
        let edit = embed_fragment(&template, &fragment, Options::default()).unwrap();
        let is_of_function = kind == FragmentKind::Policies;
        assert_eq!(fragment.text.contains("Condition: HasNotes\n"), !is_of_function, "{}", fragment.text);
        assert_eq!(edit.warnings.len(), usize::from(is_of_function), "{:?}", edit.warnings);
    }
}
