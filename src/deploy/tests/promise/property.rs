//! Random rollouts.

use std::collections::BTreeSet;

use proptest::prelude::{Just, Strategy, prop, prop_oneof};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use serde_json::Value;
use tablewright_sandbox::CallFailure;

use crate::colleague::{Act, Edit as Theirs};
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
    deployed: [Option<Vec<Edit>>; 2],
    /// What leads from there to the wanted one; `None` for a stack that is not deployed in this run.
    wanted: [Option<Vec<Edit>>; 2],
    consent: Option<Loss>,
    script: Script,
}

fn edit() -> impl Strategy<Value = Edit> {
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
    ]
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    prop::collection::vec(edit(), 0..=5)
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

fn act(around: Around) -> impl Strategy<Value = Act> {
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
        ])
    };
    let ours = if around.colleagues_use_our_names {
        "tablewright-0123456789abcdef0123456789abcdef"
    } else {
        "release"
    };
    let name = prop::sample::select(vec!["waiting", ours]);
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
    ]
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
}

fn case(around: Around) -> impl Strategy<Value = Case> {
    let mild = if around.mild_consents { Loss::Replacement } else { Loss::Data };
    let consent = prop_oneof![Just(None), Just(Some(mild)), Just(Some(Loss::Data))];
    let deployed = (prop::option::weighted(0.9, edits()), prop::option::weighted(0.5, edits()));
    let wanted = (edits(), prop::option::weighted(0.4, edits()));
    (deployed, wanted, consent, script(around)).prop_map(
        |((first, second), (wanted, other), consent, script)| Case {
            deployed: [first, second],
            wanted: [Some(wanted), other],
            consent,
            script,
        },
    )
}

/// Returns what is broken in a run, with what was said.
async fn run(case: &Case) -> Result<(), String> {
    let world = World::new().await;
    let mut wish = Wish::default();
    let mut is_exported = false;
    for (position, name) in NAMES.into_iter().enumerate() {
        let plain = StackDef::plain();
        let deployed = case.deployed[position].as_ref().map(|edits| plain.edited(edits));
        if let Some(deployed) = &deployed {
            let template = deployed.template(position, is_exported);
            world.direct.create(name, &template, &deployed.tags).await;
        }
        let was_exported = is_exported;
        is_exported = deployed.as_ref().is_some_and(|deployed| deployed.exports);
        let Some(edits) = &case.wanted[position] else { continue };
        let wanted = deployed.unwrap_or(plain).edited(edits);
        let template = wanted.template(position, was_exported);
        consents(&world, name, &template, case.consent, &mut wish).await;
        wish.stacks.push(WantedStack { tags: wanted.tags, ..WantedStack::new(name, template) });
    }
    let (told, broken) = judged(&world, &wish, case.script.clone()).await;
    if broken.is_empty() { Ok(()) } else { Err(format!("{}\nit is said: {told:#?}", broken.join("\n"))) }
}

/// Consents to every loss, by name.
async fn consents(world: &World, stack: &'static str, wanted: &Value, loss: Option<Loss>, wish: &mut Wish) {
    let Some(loss) = loss else { return };
    let Some(deployed) = world.direct.stack(stack).await else { return };
    let resources = |template: &Value| -> BTreeSet<String> {
        template["Resources"].as_object().into_iter().flatten().map(|(id, _)| id.clone()).collect()
    };
    let differs = |id: &String| deployed.template["Resources"][id] != wanted["Resources"][id];
    for resource in resources(&deployed.template).into_iter().filter(differs) {
        wish.consents.push(Consent { stack, resource, loss });
    }
}

/// Tries random runs; the message of a failure says how to run just these again.
fn hold(around: Around, cases: u32) {
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
    let tried = runner.run(&case(around), |case| runtime.block_on(run(&case)).map_err(TestCaseError::fail));
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
    hold(Around { faults: true, ..Around::default() }, 25);
}

#[test]
fn whatever_a_colleague_does() {
    hold(Around { colleagues: true, ..Around::default() }, 35);
}

#[test]
fn wherever_it_is_interrupted() {
    hold(Around { interrupts: true, ..Around::default() }, 15);
}

#[test]
fn all_of_that_at_once() {
    hold(Around { colleagues: true, faults: true, interrupts: true, ..Around::default() }, 25);
}

#[test]
fn whatever_is_consented_to() {
    hold(Around { mild_consents: true, ..Around::default() }, 20);
}

#[test]
fn whatever_a_colleague_does_with_tablewright() {
    hold(Around { colleagues: true, colleagues_use_our_names: true, ..Around::default() }, 15);
}

#[test]
fn whatever_a_colleague_deletes() {
    hold(Around { colleagues: true, colleagues_delete: true, ..Around::default() }, 60);
}
