//! Counts the notes of a day whenever one is written on it.

use aws_lambda_events::event::dynamodb::Event;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, Select};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use sam_notes::notes::Note;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let client = Client::new(&aws_config::load_from_env().await);
    // Set in template.yaml, by tablewright: the same name on AWS and under `sam local`.
    let table = std::env::var("NOTE_TABLE_NAME")?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Event>| count(&client, &table, event.payload))).await
}

async fn count(client: &Client, table: &str, event: Event) -> Result<(), Error> {
    for record in event.records.into_iter().filter(|record| record.event_name == "INSERT") {
        let note: Note = serde_dynamo::from_item(record.change.new_image)?;
        let notes = client
            .query()
            .table_name(table)
            .index_name("by-day")
            .key_condition_expression("#day = :day")
            .expression_attribute_names("#day", "day")
            .expression_attribute_values(":day", AttributeValue::S(note.day.clone()))
            .select(Select::Count)
            .send()
            .await?;
        println!("{}: {} notes", note.day, notes.count());
    }
    Ok(())
}
