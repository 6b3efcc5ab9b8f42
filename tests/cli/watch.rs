//! `tablewright watch`, of what runs and of what has ended.

use insta::assert_snapshot;

use crate::support::{Cloud, Project};

#[test]
fn an_operation_that_has_ended() {
    let project = Project::sample("watch");
    let _ = Cloud::quick(&project);
    assert_snapshot!(project.run(&["watch", "shop", "--sandbox"]), @"
    exit code 2
    --- stderr
    error: no stack demo-shop-dev in the sandbox, us-east-1
      help: `tablewright deploy shop --sandbox` creates it
    ");
    let _ = project.run(&["deploy", "shop", "--sandbox", "--yes"]).ends_with(0);
    assert_snapshot!(project.run(&["watch", "shop", "--sandbox"]), @"
    exit code 0
    --- stdout
    shop.CategoryTable = demo-dev-category
    shop.ProductTable = demo-dev-product
    --- stderr
    shop: watching
    --:--:--  shop  stack  CREATE_IN_PROGRESS  User Initiated
    --:--:--  shop  Category  CREATE_IN_PROGRESS
    --:--:--  shop  Product  CREATE_IN_PROGRESS
    --:--:--  shop  Category  CREATE_IN_PROGRESS  Resource creation Initiated
    --:--:--  shop  Product  CREATE_IN_PROGRESS  Resource creation Initiated
    --:--:--  shop  Category  CREATE_COMPLETE
    --:--:--  shop  Product  CREATE_COMPLETE
    --:--:--  shop  stack  CREATE_COMPLETE
              shop  demo-dev-category  ACTIVE
              shop  demo-dev-product  ACTIVE
    ✓ shop: done, and the tables it changed can be used.
    ");
    let _ = project.run(&["destroy", "shop", "--sandbox", "--yes"]).ends_with(0);
    assert_snapshot!(project.run(&["watch", "shop", "--sandbox"]), @"
    exit code 2
    --- stderr
    error: no stack demo-shop-dev in the sandbox, us-east-1
      help: `tablewright deploy shop --sandbox` creates it
    ");
}
