//! Orders of the shop: what a struct says about its table, and what the environment decides.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use tablewright::{
    Billing, Env, Expression, IndexName, KeyAttr, Result, Stack, StreamView, Table, TableItem, WarmThroughput,
};

/// An order, "as placed": what the customer sees & what the packer reads.
///
/// Orders of a customer lie together, the newest last. # of items: 1 - 200.
#[derive(Serialize, Deserialize, TableItem)]
#[serde(rename_all = "camelCase")]
#[ddb(
    // Several attributes make one key: no `branch#state` strings to be glued together and split again.
    index(name = "to-pack", partition(branch, state), sort(ready_by, order_id), project(only(total, gift))),
    // Sparse: an order without a parcel is not in it.
    index(name = "by-parcel", partition(parcel), project(keys_only)),
    // Another order of a customer's items. It is made with the table and stays for the table's life.
    local_index(name = "by-total", sort(total)),
)]
pub struct Order {
    /// The customer's number: *never* an e-mail address.
    #[ddb(partition)]
    pub customer_id: CustomerId,
    /// Sortable by time, such as a ULID.
    #[ddb(sort)]
    pub order_id: String,
    pub branch: Branch,
    pub state: State,
    /// Seconds since 1970.
    pub ready_by: u64,
    /// In cents: 1250 is 12.50.
    #[serde(rename = "totalCents")]
    pub total: u64,
    /// The carrier's number; not there until the parcel is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parcel: Option<String>,
    #[serde(default)]
    pub gift: bool,
    pub lines: Vec<Line>,
    /// When a basket that was never paid goes away, in seconds since 1970. Paid orders have none.
    #[ddb(ttl)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
}

/// A newtype is stored as what is in it.
#[derive(Serialize, Deserialize, KeyAttr)]
pub struct CustomerId(pub String);

/// An enum of names is stored as text.
#[derive(Serialize, Deserialize, KeyAttr)]
#[serde(rename_all = "kebab-case")]
pub enum Branch {
    HarbourSide,
    OldTown,
}

/// Where an order is on its way.
#[derive(Serialize, Deserialize, KeyAttr)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Basket,
    Paid,
    Packed,
    Shipped,
}

/// A coffee of an order.
#[derive(Serialize, Deserialize)]
pub struct Line {
    pub coffee: String,
    pub grams: u32,
}

/// `[env.….config.orders]` in `tablewright.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    most_reads: u64,
    most_writes: u64,
}

pub fn stack(env: &Env) -> Result<Stack> {
    let Limits { most_reads, most_writes } = env.config("orders")?;
    let mut stack = Stack::new("orders")
        .description("Orders: what is in them, where they are, and who's waiting")
        // CloudFormation hands the tags of a stack on to all of its resources.
        .tag("team", "shop");
    let orders = stack.table(
        Table::of::<Order>()
            .base_name("orders")
            // An upper limit, so that a loop in somebody's code costs hundreds and not thousands.
            .billing(Billing::on_demand().max_read(most_reads).max_write(most_writes))
            .index(Order::TO_PACK, |index| {
                index.on_demand(Billing::on_demand().max_read(most_reads / 2).max_write(most_writes))
            })
            // The mail and the loyalty points are made from changes.
            .stream(StreamView::NewAndOldImages)
            // Black Friday begins at 9:00, and nobody wants to be throttled until 9:20. It can be raised, never lowered.
            .when(env.is("prod"), |table| {
                table
                    .warm_throughput(WarmThroughput::new(20_000, 8_000))
                    .index(Order::TO_PACK, |index| index.warm_throughput(WarmThroughput::new(16_000, 8_000)))
            })
            .tag("personal-data", "yes")
            .tag("cost-centre", "4711: \"shop\""),
    );
    stack.raw_resource("PackingPolicy", packing_policy());

    stack.output("OrdersTable", orders.name()).description("Name of the table of orders");
    // An export holds on: it can be neither changed nor removed while another stack imports it.
    stack
        .output("OrdersStream", orders.stream_arn()?)
        .description("What the mailer reads")
        .export(Expression::sub("${AWS::StackName}-stream"));
    // A published name does not, and programs can read it as well.
    stack.publish_ssm(format!("/roastery/{}/orders", env.name()), orders.name());
    Ok(stack)
}

/// What the packing stations may do. Index and attribute are named by the struct's constants, so a renamed field cannot be
/// forgotten here.
fn packing_policy() -> Json {
    let index = |index: IndexName| json!({ "Fn::Sub": format!("${{Order.Arn}}/index/{index}") });
    json!({
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {
            "Description": "Reads what is to be packed",
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    { "Effect": "Allow", "Action": ["dynamodb:Query"], "Resource": index(Order::TO_PACK) },
                    {
                        "Effect": "Allow",
                        "Action": ["dynamodb:UpdateItem"],
                        "Resource": { "Fn::GetAtt": ["Order", "Arn"] },
                        "Condition": {
                            "ForAllValues:StringEquals": {
                                "dynamodb:Attributes": [Order::CUSTOMER_ID, Order::ORDER_ID, Order::STATE, Order::PARCEL],
                            },
                        },
                    },
                ],
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_fits_into_its_table() {
        tablewright::testing::assert_shape(&Order {
            customer_id: CustomerId("c-17".into()),
            order_id: "01KA3M".into(),
            branch: Branch::OldTown,
            state: State::Basket,
            ready_by: 1_800_000_000,
            total: 1_250,
            parcel: None,
            gift: false,
            lines: vec![Line { coffee: "Yirgacheffe".into(), grams: 500 }],
            expires_at: Some(1_800_086_400),
        });
    }
}
