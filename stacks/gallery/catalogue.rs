//! What is sold: tables without a struct, because programs in other languages own the items. They begin with items from S3.
//!
//! The same checks hold, when the stack is made instead of when it is compiled.

use serde_json::json;
use tablewright::{
    Billing, Compression, ContributorInsights, Csv, Delimiter, Encryption, Env, Expression, Index,
    InsightsMode, Parameter, Profile, Projection, Result, S3Import, Scalar, Stack, Table, Test,
};

pub fn stack(env: &Env) -> Result<Stack> {
    let mut stack = Stack::new("catalogue")
        .description("Coffees, prices & reviews; first filled from S3")
        .tag("team", "shop");
    let bucket = stack.parameter(
        // CloudFormation reads the value from the Parameter Store when it deploys.
        Parameter::ssm("SeedBucket", "/roastery/seed-bucket").description("Where the first items lie"),
    );
    let stage = stack.parameter(Parameter::string("Stage").default("live").allow("live").allow("preview"));
    stack.condition("IsLive", Test::equals(stage, "live"));

    // What the stack `audit` exports. Such a value is known to CloudFormation alone.
    let key = Expression::import_value(Expression::sub_with(
        "${Project}-audit-${Env}-key",
        [("Project", env.project()), ("Env", env.name())],
    ));

    // What a definition says holds in every profile. A hardened one has a better key for tables that say nothing.
    let open = env.profile() != Profile::Hardened;

    let coffees = stack.table(
        Table::define("Coffee")
            .doc("A coffee: where it grew, how it tastes.\n\nMaintained in a sheet: \"id;origin;altitude;…\"")
            .partition("id", Scalar::S)
            .gsi(
                Index::new("by-origin")
                    .partition("country", Scalar::S)
                    .partition("region", Scalar::S)
                    .sort("altitude", Scalar::N)
                    .project(Projection::only(["name", "taste: short"])),
            )
            .name(Expression::sub("${AWS::StackName}-coffees"))
            .billing(Billing::on_demand().max_read(Expression::if_else("IsLive", 4_000, 100)))
            .encryption(Encryption::customer_key(key.clone()))
            // Read when the table is made and never again; yet to change or remove it would replace the table, so it stays.
            .import_data(
                S3Import::csv(
                    bucket.clone(),
                    Csv::new().delimiter(Delimiter::Semicolon).headers([
                        "id",
                        "country",
                        "region",
                        "altitude",
                        "name",
                        "taste: short",
                    ]),
                )
                // Of the key's account: `arn:aws:kms:REGION:ACCOUNT:key/…`.
                .owner(Expression::select_split(4, ":", key))
                .prefix("catalogue/coffees/")
                .compression(Compression::Gzip),
            ),
    );
    let prices = stack.table(
        Table::define("Price")
            .doc("Prices by day. The till asks for `#today` first.")
            .partition("coffee", Scalar::S)
            .sort("#from", Scalar::S)
            // CloudFormation makes the name. Know what this gives up: a table with a name of its own is never replaced.
            .generated_name()
            .when(open, |table| {
                table.encryption(Encryption::AwsManagedIf(Expression::if_else("IsLive", true, false)))
            })
            .contributor_insights(ContributorInsights {
                enabled: Expression::if_else("IsLive", true, false).into(),
                mode: Some(InsightsMode::ThrottledKeys.into()),
            })
            .import_data(
                S3Import::dynamodb_json(bucket).prefix("catalogue/prices/").compression(Compression::Zstd),
            ),
    );
    stack.table(
        Table::define("Review")
            .doc("What customers say")
            .partition("coffee", Scalar::S)
            .sort("at", Scalar::N)
            .gsi(
                Index::new("by-stars")
                    .partition("stars", Scalar::N)
                    .sort("at", Scalar::N)
                    .project(Projection::KeysOnly),
            )
            .when(open, |table| table.encryption(Encryption::AwsManaged))
            // A dynamic reference: CloudFormation looks it up in any text.
            .import_data(
                S3Import::ion("{{resolve:ssm:/roastery/export-bucket}}").compression(Compression::None),
            )
            .condition("IsLive"),
    );
    stack.table(
        Table::define("Legacy")
            .doc("The old shop's own table, until its last program is gone.")
            .name("SHOP_v1.items")
            .partition("PK", Scalar::S)
            .sort("SK", Scalar::S)
            .lsi(Index::new("LSI1").sort("LSI1SK", Scalar::N).project(Projection::only(["Title"])))
            .gsi(Index::new("GSI1").partition("GSI1PK", Scalar::S).sort("GSI1SK", Scalar::B))
            // Nothing expires any more; the attribute stays named, or CloudFormation could not turn it off.
            .ttl("TTL")
            .time_to_live(false)
            .when(open, |table| table.encryption(Encryption::AwsOwned))
            // What there is no word for, or not yet. `tablewright check` shows it.
            .override_property(
                "/Tags",
                json!([{ "Key": "migrated-by", "Value": { "Fn::Sub": "${AWS::StackName}" } }]),
            ),
    );

    stack.output("CoffeesTable", coffees.name());
    stack.output("PricesTable", prices.name()).condition("IsLive");
    Ok(stack)
}
