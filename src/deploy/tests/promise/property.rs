//! Random rollouts.

use std::collections::BTreeSet;

use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop, prop_oneof};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use serde_json::Value;
use tablewright_deploy::Options;
use tablewright_sandbox::CallFailure;

use crate::colleague::{Act, CHILD, Edit as Theirs};
use crate::interposer::{Moment, Script, When};
use crate::stacks::{Edit, NAMES, StackDef};
use crate::statements::judged;
use crate::subject::{Consent, Loss, WantedStack, Wish};
use crate::world::World;

/// What the runs in CI are drawn from.
const SEED: u64 = 11;

/// One run.
#[derive(Clone, Debug)]
struct Case {
    /// What leads from a plain stack to the deployed one; `None` where nothing is deployed.
    deployed: [Option<Vec<Edit>>; 3],
    /// What leads from there to the wanted one; `None` for a stack that is not deployed in this run.
    wanted: [Option<Vec<Edit>>; 3],
    consent: Option<Loss>,
    /// The values of parameters that are given.
    given: Vec<(&'static str, u8)>,
    /// Whether topics are set, and which.
    topic: Option<bool>,
    more_at_once: usize,
    script: Script,
}

fn edit() -> BoxedStrategy<Edit> {
    let table = || 0..3_usize;
    prop_oneof![
        2 => (table(), 0..4_u8).prop_map(|(table, kind)| Edit::AddTable(table, kind)),
        1 => table().prop_map(Edit::RemoveTable),
        8 => (prop_oneof![4 => Just(0), 1 => table()], 0..4_usize).prop_map(|(table, index)| Edit::Index(table, index)),
        1 => (table(), 0..4_usize).prop_map(|(table, index)| Edit::Projection(table, index)),
        1 => table().prop_map(Edit::OtherKey),
        1 => table().prop_map(Edit::TimeToLive),
        1 => table().prop_map(Edit::Recovery),
        1 => (table(), 0..3_u8).prop_map(|(table, tag)| Edit::TableTag(table, tag)),
        1 => table().prop_map(Edit::Encrypt),
        1 => (table(), 0..4_usize).prop_map(|(table, policy)| Edit::DeletionPolicy(table, policy)),
        1 => (table(), 0..3_usize).prop_map(|(table, policy)| Edit::ReplacementPolicy(table, policy)),
        1 => (0..3_usize).prop_map(Edit::Key),
        2 => table().prop_map(Edit::Output),
        1 => Just(Edit::Export),
        1 => Just(Edit::Import),
        1 => (0..2_u8).prop_map(Edit::Parameter),
        1 => (0..3_u8).prop_map(Edit::Tag),
        1 => (0..3_u8).prop_map(Edit::Description),
        1 => Just(Edit::Respell),
        1 => Just(Edit::Secret),
        1 => prop_oneof![3 => Just(0_usize), 1 => 1..3_usize].prop_map(Edit::Policy),
        1 => Just(Edit::Protection),
        2 => nested_edit(),
    ]
    .boxed()
}

/// An edit of a nested stack.
fn nested_edit() -> BoxedStrategy<Edit> {
    let table = || 0..3_usize;
    prop_oneof![
        1 => Just(Edit::Child),
        4 => table().prop_map(Edit::ChildTable),
        1 => (table(), 0..4_usize).prop_map(|(table, policy)| Edit::ChildPolicy(table, policy)),
        2 => (table(), 0..4_usize).prop_map(|(table, index)| Edit::ChildIndex(table, index)),
        1 => table().prop_map(Edit::ChildKey),
        1 => Just(Edit::ChildUrl),
    ]
    .boxed()
}

/// Several edits; with `is_nested`, mostly of the nested stack.
fn edits(is_nested: bool) -> BoxedStrategy<Vec<Edit>> {
    if is_nested {
        let edits = prop::collection::vec(prop_oneof![2 => nested_edit(), 1 => edit()], 0..=4);
        return edits.boxed();
    }
    prop::collection::vec(edit(), 0..=5).boxed()
}

/// What is deployed at first: with `is_nested`, there is a nested stack from the beginning.
fn deployed(is_nested: bool) -> BoxedStrategy<Vec<Edit>> {
    let begun = move |edits: Vec<Edit>| {
        let child = is_nested.then_some(Edit::Child);
        let tables = is_nested.then_some(Edit::ChildTable(1));
        child.into_iter().chain(tables).chain(edits).collect()
    };
    edits(is_nested).prop_map(begun).boxed()
}

/// Where things happen: mostly at calls that matter.
fn when() -> impl Strategy<Value = When> {
    let action = prop::sample::select(vec![
        "CreateChangeSet",
        "DescribeChangeSet",
        "ExecuteChangeSet",
        "GetTemplate",
        "DescribeStacks",
        "DescribeStackEvents",
        "DescribeTable",
        "DeleteChangeSet",
    ]);
    prop_oneof![
        1 => (0..120_usize).prop_map(When::Call),
        2 => (action, 0..6_usize).prop_map(|(action, number)| When::Of(action, number)),
    ]
}

fn act(around: Around) -> BoxedStrategy<Act> {
    let stack = || prop_oneof![4 => Just(NAMES[0]), 1 => Just(NAMES[1])];
    let theirs = || {
        prop::sample::select(vec![
            Theirs::AddTable,
            Theirs::DeletionPolicies,
            Theirs::RemoveOutputs,
            Theirs::AddOutput,
            Theirs::Tag,
            Theirs::Recovery,
            Theirs::AddIndex,
            Theirs::RemoveKey,
        ])
    };
    let ours = if around.colleagues_use_our_names {
        "tablewright-0123456789abcdef0123456789abcdef"
    } else {
        "release"
    };
    let name = prop::sample::select(vec!["waiting", ours]);
    let nested = if around.nested { 4 } else { 1 };
    let deletes = around.colleagues_delete;
    let last = stack()
        .prop_map(move |stack| if deletes { Act::DeleteStack(stack) } else { Act::CreateStack(stack) });
    prop_oneof![
        6 => (stack(), theirs()).prop_map(|(stack, edit)| Act::Update(stack, edit)),
        1 => (stack(), theirs()).prop_map(|(stack, edit)| Act::BeginUpdate(stack, edit)),
        1 => stack().prop_map(Act::DropTable),
        2 => (stack(), name).prop_map(|(stack, name)| Act::LeaveChangeSet(stack, name.to_owned())),
        1 => last,
        1 => stack().prop_map(Act::CreateStack),
        nested => (stack(), theirs()).prop_map(|(stack, edit)| Act::UpdateChild(stack, edit)),
        nested => stack().prop_map(Act::DropFromChild),
        1 => stack().prop_map(Act::SetPolicy),
        1 => stack().prop_map(Act::Protect),
        1 => stack().prop_map(Act::DeleteChangeSets),
        1 => stack().prop_map(Act::ExecuteChangeSet),
    ]
    .boxed()
}

fn script(around: Around) -> impl Strategy<Value = Script> {
    let failure = prop::sample::select(vec![
        CallFailure::Throttled,
        CallFailure::ServerError,
        CallFailure::ExpiredToken,
        CallFailure::ConnectionLost,
        CallFailure::AnswerLost,
        CallFailure::AccessDenied,
        CallFailure::HtmlPage,
    ]);
    let moment = prop_oneof![Just(Moment::Before), Just(Moment::After)];
    let interrupt = prop_oneof![
        2 => when(),
        1 => (0..80_usize).prop_map(When::Pause),
    ];
    let interrupt = match around.interrupts {
        true => prop::option::weighted(0.6, (interrupt, moment)).boxed(),
        false => Just(None).boxed(),
    };
    let many = |is_wanted: bool| if is_wanted { 0..=2 } else { 0..=0 };
    (
        prop::collection::vec((when(), act(around)), many(around.colleagues)),
        prop::collection::vec((when(), failure), many(around.faults)),
        interrupt,
    )
        .prop_map(|(acts, faults, interrupt)| Script { acts, faults, interrupt })
}

/// What goes on in a run besides the rollout itself.
#[derive(Clone, Copy, Debug, Default)]
struct Around {
    colleagues: bool,
    faults: bool,
    interrupts: bool,
    /// Losses of all kinds are consented to as if they were replacements with a retained table.
    mild_consents: bool,
    /// Colleagues deploy with tablewright, too.
    colleagues_use_our_names: bool,
    /// Colleagues delete stacks.
    colleagues_delete: bool,
    /// Most of it is about nested stacks.
    nested: bool,
}

fn case(around: Around) -> impl Strategy<Value = Case> {
    let mild = if around.mild_consents { Loss::Replacement } else { Loss::Data };
    let consent = prop_oneof![Just(None), Just(Some(mild)), Just(Some(Loss::Data))];
    let others = |share| {
        (prop::option::weighted(share, edits(false)), prop::option::weighted(share / 2.0, edits(false)))
    };
    let deployed = (prop::option::weighted(0.9, deployed(around.nested)), others(0.5));
    let wanted = (edits(around.nested), others(0.4));
    let given = prop::collection::vec((prop::sample::select(vec!["Stage", "Secret"]), 0..2_u8), 0..=1);
    let settings = (given, prop::option::weighted(0.1, any::<bool>()), 0..2_usize);
    (deployed, wanted, consent, script(around), settings).prop_map(
        |(
            (first, (second, third)),
            (wanted, (other, last)),
            consent,
            script,
            (given, topic, more_at_once),
        )| Case {
            deployed: [first, second, third],
            wanted: [Some(wanted), other, last],
            consent,
            given,
            topic,
            more_at_once,
            script,
        },
    )
}

/// Returns what is broken in a run, with what was said.
async fn run(case: &Case) -> Result<(), String> {
    let world = World::new().await;
    let given = case.given.iter().map(|(name, value)| ((*name).to_owned(), format!("given-{value}")));
    let topic = |is_set: bool| if is_set { vec![TOPIC.to_owned()] } else { Vec::new() };
    let options = Options { notification_arns: case.topic.map(topic), ..Options::default() };
    let parameters = given.collect();
    let mut wish = Wish { options, parameters, more_at_once: case.more_at_once, ..Wish::default() };
    let mut is_exported = false;
    for (position, name) in NAMES.into_iter().enumerate() {
        let plain = StackDef::plain();
        let deployed = case.deployed[position].as_ref().map(|edits| plain.edited(edits));
        if let Some(deployed) = &deployed {
            put_child(&world, deployed, position);
            let template = deployed.template(position, is_exported);
            world.direct.create(name, &template, &deployed.tags).await;
            if let Some(policy) = deployed.stack_policy() {
                world.direct.set_policy(name, &policy).await;
            }
            if deployed.is_protected == Some(true) {
                world.direct.protect(name).await;
            }
        }
        // The first stack exports, and the others import.
        let was_exported = is_exported;
        is_exported |= position == 0 && deployed.as_ref().is_some_and(|deployed| deployed.exports);
        let Some(edits) = &case.wanted[position] else { continue };
        let wanted = deployed.unwrap_or(plain).edited(edits);
        put_child(&world, &wanted, position);
        let template = wanted.template(position, was_exported);
        consents(&world, name, (&template, wanted.child()), case.consent, &mut wish).await;
        wish.stacks.push(WantedStack {
            policy: wanted.stack_policy(),
            children: wanted.child().map(|child| (CHILD.to_owned(), child)).into_iter().collect(),
            is_protected: wanted.is_protected,
            tags: wanted.tags,
            ..WantedStack::new(name, template)
        });
    }
    let (told, broken) = Box::pin(judged(&world, &wish, case.script.clone())).await;
    if broken.is_empty() { Ok(()) } else { Err(format!("{}\nit is said: {told:#?}", broken.join("\n"))) }
}

const TOPIC: &str = "arn:aws:sns:eu-west-1:000000000000:deployments";

/// Puts the template of the nested stack where its parent looks for it.
fn put_child(world: &World, stack: &StackDef, position: usize) {
    if let Some(child) = stack.child() {
        world.direct.put("templates", &stack.child_place(position), &child.to_string());
    }
}

/// Consents to every loss, by name.
async fn consents(
    world: &World,
    stack: &'static str,
    (wanted, child): (&Value, Option<Value>),
    loss: Option<Loss>,
    wish: &mut Wish,
) {
    let Some(loss) = loss else { return };
    let Some(deployed) = world.direct.stack(stack).await else { return };
    let changed = |deployed: &Value, wanted: &Value| -> BTreeSet<String> {
        let resources = deployed["Resources"].as_object().into_iter().flatten();
        let differing = resources.filter(|(id, resource)| **resource != wanted["Resources"][id.as_str()]);
        differing.map(|(id, _)| id.clone()).collect()
    };
    let mut resources = changed(&deployed.template, wanted);
    if let Some((deployed, wanted)) = deployed.children.get(CHILD).zip(child) {
        resources.extend(changed(&deployed.template, &wanted).into_iter().map(|id| format!("{CHILD}/{id}")));
    }
    wish.consents.extend(resources.into_iter().map(|resource| Consent { stack, resource, loss }));
}

/// Tries random runs; the message of a failure says how to run just these again.
fn hold(around: Around, cases: u32) {
    // Unoptimized, the strategies and futures of a case need more than a thread of a test has.
    let thread = std::thread::Builder::new().stack_size(16 << 20).spawn(move || try_runs(around, cases));
    if let Err(failure) = thread.unwrap().join() {
        std::panic::resume_unwind(failure);
    }
}

fn try_runs(around: Around, cases: u32) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().ok());
    let seed = match number("PROMISE_SEED") {
        None => SEED,
        Some(Some(seed)) => seed,
        Some(None) => getrandom::u64().unwrap(),
    };
    let given = number("PROMISE_CASES").flatten();
    let cases = given.and_then(|cases| u32::try_from(cases).ok()).unwrap_or(cases);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let tried =
        runner.run(&case(around), |case| runtime.block_on(Box::pin(run(&case))).map_err(TestCaseError::fail));
    match tried {
        Ok(()) => {}
        Err(TestError::Fail(reason, case)) => {
            panic!("PROMISE_SEED={seed} PROMISE_CASES={cases}\n{reason}\n{case:#?}")
        }
        Err(error) => panic!("PROMISE_SEED={seed} PROMISE_CASES={cases}: {error}"),
    }
}

#[test]
fn whatever_goes_wrong() {
    hold(Around { faults: true, ..Around::default() }, 15);
}

#[test]
fn whatever_a_colleague_does() {
    hold(Around { colleagues: true, ..Around::default() }, 30);
}

#[test]
fn wherever_it_is_interrupted() {
    hold(Around { interrupts: true, ..Around::default() }, 10);
}

#[test]
fn all_of_that_at_once() {
    hold(Around { colleagues: true, faults: true, interrupts: true, ..Around::default() }, 25);
}

#[test]
fn whatever_is_consented_to() {
    hold(Around { mild_consents: true, ..Around::default() }, 15);
}

#[test]
fn whatever_a_colleague_does_with_tablewright() {
    hold(Around { colleagues: true, colleagues_use_our_names: true, ..Around::default() }, 10);
}

#[test]
fn whatever_a_colleague_deletes() {
    hold(Around { colleagues: true, colleagues_delete: true, ..Around::default() }, 25);
}

#[test]
fn whatever_happens_in_nested_stacks() {
    hold(Around { nested: true, colleagues: true, ..Around::default() }, 25);
}

#[test]
fn whatever_goes_wrong_with_nested_stacks() {
    hold(
        Around { nested: true, faults: true, interrupts: true, mild_consents: true, ..Around::default() },
        15,
    );
}
