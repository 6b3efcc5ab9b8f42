//! Two who work on one stack at the same time. Whoever comes second is refused (exit code 6) or told that the plan is stale (7); it is
//! never said that the definitions are wrong (2).

use serde_json::Value;

use crate::colleague::{Act, Edit};
use crate::interposer::When;
use crate::shop::{SHOP, acting, held, kind, shop, wish};
use crate::subject::{Kind, Said};
use crate::world::World;

async fn world(deployed: Option<&Value>) -> World {
    let world = World::new().await;
    if let Some(template) = deployed {
        world.direct.create(SHOP, template, &std::collections::BTreeMap::new()).await;
    }
    world
}

/// Deploys indexes, or a new stack, while a colleague acts.
async fn race(is_new: bool, indexes: &[&str], when: When, act: &Act) -> Said {
    let before = shop(&[]);
    let world = world((!is_new).then_some(&before)).await;
    let told = Box::pin(held(&world, &wish(shop(indexes)), acting(when, act.clone()))).await;
    told.only().clone()
}

#[tokio::test]
async fn whoever_comes_second_is_refused_or_stale() {
    let add = Act::Update(SHOP, Edit::AddTable);
    let begin = Act::BeginUpdate(SHOP, Edit::AddTable);
    let (create, describe, execute) = ("CreateChangeSet", "DescribeChangeSet", "ExecuteChangeSet");
    let races = [
        (false, When::Of(create, 0), add.clone()),
        (false, When::Of(describe, 0), add.clone()),
        (false, When::Of(execute, 0), add.clone()),
        (false, When::Of(create, 0), begin.clone()),
        (false, When::Of(execute, 0), begin.clone()),
        (false, When::Of(create, 1), begin),
        (false, When::Of(execute, 1), add),
        (false, When::Of(create, 0), Act::DeleteStack(SHOP)),
        (false, When::Of(execute, 0), Act::DeleteStack(SHOP)),
        (false, When::Of(create, 1), Act::BeginDeletion(SHOP)),
        (false, When::Of(execute, 0), Act::DeleteChangeSets(SHOP)),
        (false, When::Of(execute, 0), Act::MakeAnew(SHOP)),
        (true, When::Of(create, 0), Act::CreateStack(SHOP)),
        (true, When::Of(execute, 0), Act::CreateStack(SHOP)),
    ];
    for (is_new, when, act) in races {
        let said = race(is_new, &["g", "h"], when, &act).await;
        assert!(matches!(kind(&said), Some(Kind::Refused | Kind::Stale)), "{act:?} at {when:?}: {said:?}");
    }
}

/// The same at every call.
#[tokio::test]
async fn no_race_is_said_to_be_a_wrong_definition() {
    let acts = [
        Act::Update(SHOP, Edit::AddTable),
        Act::BeginUpdate(SHOP, Edit::AddTable),
        Act::DeleteStack(SHOP),
        Act::BeginDeletion(SHOP),
        Act::DeleteChangeSets(SHOP),
        Act::MakeAnew(SHOP),
        Act::CreateStack(SHOP),
    ];
    for act in &acts {
        let is_new = matches!(act, Act::CreateStack(_));
        for call in 0..16 {
            let said = race(is_new, &["g"], When::Call(call), act).await;
            assert_ne!(kind(&said), Some(Kind::Other), "{act:?} at call {call}: {said:?}");
        }
    }
}
