//! The constants that the derive gives to the application.

use serde::Serialize;
use tablewright::{Attr, IndexName, KeyParts, TableItem};

#[derive(Serialize, TableItem)]
#[serde(rename_all = "camelCase")]
#[ddb(
    index(name = "by-region", partition(region)),
    local_index(name = "by.total", sort(total)),
    index(name = "email", partition(email)),
    index(name = "2nd", partition(total))
)]
#[expect(non_snake_case, reason = "names as on the wire")]
struct Event {
    #[ddb(partition)]
    tenant_id: String,
    #[ddb(sort)]
    r#type: String,
    region: String,
    total: u64,
    email: String,
    #[serde(rename = "X")]
    someBody: String,
    #[serde(skip)]
    _cached: Option<u8>,
}

#[test]
fn every_attribute_has_its_name_as_a_constant() {
    assert_eq!(Event::TENANT_ID, "tenantId");
    assert_eq!(Event::TYPE, "type");
    assert_eq!(Event::SOME_BODY, "X");
    assert_eq!(Event::ATTRIBUTES, ["tenantId", "type", "region", "total", "email", "X"]);
}

#[test]
fn every_index_has_a_handle() {
    assert_eq!(Event::BY_REGION, IndexName::new("by-region"));
    assert_eq!(Event::BY_TOTAL.name(), "by.total");
    // `EMAIL` is the attribute.
    assert_eq!((Event::EMAIL, Event::EMAIL_INDEX.name()), ("email", "email"));
    assert_eq!(Event::_2ND.name(), "2nd");
}

#[test]
fn a_handle_goes_where_a_name_goes() {
    let name: &str = &Event::BY_REGION;
    let owned: String = Event::BY_REGION.into();
    assert_eq!((name, owned.as_str(), Event::BY_REGION.as_ref()), ("by-region", "by-region", "by-region"));
    assert_eq!(format!("{:>10}", Event::BY_REGION.to_string()), " by-region");
}

#[test]
fn a_table_of_keys_and_a_key_struct_have_constants_too() {
    #[derive(TableItem)]
    #[ddb(
        keys_only,
        rename_all = "camelCase",
        index(name = "gsi1", partition(gsi1pk), project(only(order_total)))
    )]
    struct App {
        #[ddb(partition)]
        pk: String,
        gsi1pk: String,
        order_total: Attr,
    }

    #[derive(KeyParts)]
    struct Keys {
        #[ddb(partition)]
        _pk: String,
    }
    assert_eq!((App::PK, App::ORDER_TOTAL, App::GSI1.name()), ("pk", "orderTotal", "gsi1"));
    assert_eq!(Keys::_PK, "_pk");
}

#[test]
fn a_field_keeps_the_name_that_we_would_use() {
    #[derive(Serialize, TableItem)]
    struct Thing {
        #[ddb(partition)]
        attributes: String,
        item: String,
    }
    assert_eq!(Thing::ATTRIBUTES, "attributes");
    // A field `item` hides the constant of the trait, which then goes by its full name.
    assert_eq!(Thing::ITEM, "item");
    assert_eq!(<Thing as TableItem>::ITEM.id, "Thing");
}

#[test]
fn constants_can_be_left_to_the_user() {
    #[derive(Serialize, TableItem)]
    #[ddb(no_constants)]
    #[expect(non_snake_case, reason = "two names that would be one constant")]
    struct Note {
        #[ddb(partition)]
        user_id: String,
        userId: String,
    }

    impl Note {
        const USER_ID: u8 = 1;
    }
    let note = Note { user_id: String::from("a"), userId: String::from("b") };
    assert_eq!(Note::USER_ID, 1);
    assert_eq!(serde_json::to_value(&note).ok(), Some(serde_json::json!({ "user_id": "a", "userId": "b" })));
}

mod apart {
    //! Constants are as visible as the struct, whatever its fields are.
    #![deny(dead_code, missing_docs, unreachable_pub)]

    use tablewright::TableItem;

    /// Seen in the crate.
    #[derive(TableItem)]
    #[ddb(index(name = "by-owner", partition(owner)))]
    pub(crate) struct Seen<T>
    where
        T: Clone,
    {
        #[ddb(partition)]
        id: String,
        owner: String,
        body: T,
    }

    impl<T: Clone> Seen<T> {
        /// Makes one.
        pub(crate) fn new(body: T) -> Self {
            Self { id: String::new(), owner: String::new(), body }
        }

        /// Counts what is in it.
        pub(crate) fn len(&self) -> (usize, T) {
            (self.id.len() + self.owner.len(), self.body.clone())
        }
    }

    /// Nobody makes one of these, and no constant of it is used.
    #[derive(TableItem)]
    #[ddb(keys_only, index(name = "unused", partition(other)))]
    pub(crate) struct Keys {
        #[ddb(partition)]
        pk: String,
        other: String,
    }
}

#[test]
fn constants_are_as_visible_as_the_struct_and_never_a_warning() {
    assert_eq!(apart::Seen::<u8>::ID, "id");
    assert_eq!(apart::Seen::<u8>::BY_OWNER.name(), "by-owner");
    assert_eq!(apart::Seen::new(1).len(), (0, 1));
    assert_eq!(apart::Keys::ITEM.id, "Keys");
}
