//! What the code of the derives asserts while the user's crate is compiled: items and their table agree.
//!
//! In: constant data of a table, and of an item that is stored in it. Out: nothing, or the compiler's error at the place
//! that calls, with the names of both sides in it. Not for people: the derives call it, and it may change with them.
//! *Invariant:* silent where the data is a fallback (an empty name), because the first mistake was reported already.

use crate::{AttributeDef, ItemDef, KeyPart, KeyRole, Scalar};

/// A field that is marked as a key of the table that its item is stored in.
#[derive(Clone, Copy)]
pub struct StoredKey {
    /// The name on the wire.
    pub name: &'static str,
    /// What it is stored as.
    pub scalar: Scalar,
    /// Whether its type has a `None`.
    pub optional: bool,
    /// Whether serde may leave it out.
    pub skipped: bool,
}

/// Asserts that a field marked `key` is a key of the table, and of the same type.
#[track_caller]
pub const fn key_fits(table: &ItemDef, item: &str, key: &StoredKey) {
    if is_fallback(table) {
        return;
    }
    let StoredKey { name, .. } = *key;
    let Some((attribute, place)) = find(table, name) else {
        no_such_key(table, item, name);
    };
    if matches!(place, Place::Ttl) {
        fail(&["`", name, "` is the ttl attribute of table `", table.id, "`: mark it `#[ddb(ttl)]`"]);
    }
    if !same_scalar(attribute.scalar, key.scalar) {
        let (table_has, item_has) = (attribute.scalar.as_str(), key.scalar.as_str());
        fail(&[
            "`",
            name,
            "` is stored as ",
            item_has,
            " by `",
            item,
            "` and as ",
            table_has,
            " in table `",
            table.id,
            "`: give it a type that is stored as ",
            table_has,
        ]);
    }
    match place {
        Place::Partition | Place::Sort if key.optional || key.skipped => {
            fail(&[
                "`",
                name,
                "` is ",
                place.words(),
                " of table `",
                table.id,
                "`, and every item must have it: it cannot be an `Option`, nor be skipped",
            ]);
        }
        Place::IndexKey if key.optional && !key.skipped => {
            fail(&[
                "`",
                name,
                "` is a key of an index of table `",
                table.id,
                "`, and DynamoDB refuses an item where it is NULL: leave `None` out with \
                 `#[serde(skip_serializing_if = \"Option::is_none\")]`",
            ]);
        }
        Place::Partition | Place::Sort | Place::IndexKey | Place::Ttl => {}
    }
}

/// Asserts that the field marked `ttl` is the ttl attribute of the table.
#[track_caller]
pub const fn ttl_fits(table: &ItemDef, name: &str) {
    if is_fallback(table) {
        return;
    }
    match &table.ttl {
        Some(ttl) if same(ttl.name, name) => {}
        Some(ttl) => {
            fail(&[
                "`",
                name,
                "` is marked as the ttl attribute, and that of table `",
                table.id,
                "` is `",
                ttl.name,
                "`",
            ]);
        }
        None => fail(&[
            "table `",
            table.id,
            "` has no ttl attribute: mark a field of that name in it with `#[ddb(ttl)]`",
        ]),
    }
}

/// Asserts that a field without a mark is no key of the table, so that no type goes unchecked.
#[track_caller]
pub const fn is_no_key(table: &ItemDef, name: &str) {
    if is_fallback(table) {
        return;
    }
    if let Some((_, place)) = find(table, name) {
        let mark = if matches!(place, Place::Ttl) { "ttl" } else { "key" };
        fail(&[
            "`",
            name,
            "` is ",
            place.words(),
            " of table `",
            table.id,
            "`: mark it `#[ddb(",
            mark,
            ")]`, so that its type is checked",
        ]);
    }
}

/// Asserts that the tag of serde, a String beside the fields, is in nobody's way.
#[track_caller]
pub const fn tag_fits(table: &ItemDef, item: &str, tag: &'static str) {
    if !is_fallback(table) && find(table, tag).is_some() {
        key_fits(table, item, &StoredKey { name: tag, scalar: Scalar::S, optional: false, skipped: false });
    }
}

/// Asserts that an enum's tag is no key of the table: each of its items has those already.
#[track_caller]
pub const fn tag_is_beside_the_keys(table: &ItemDef, item: &str, tag: &'static str) {
    tag_fits(table, item, tag);
    if same(table.partition.name, tag) || matches!(&table.sort, Some(sort) if same(sort.name, tag)) {
        fail(&[
            "the tag `",
            tag,
            "` is a key of table `",
            table.id,
            "`, which the items of the enum write too: choose another tag",
        ]);
    }
}

/// Asserts that an item has every key of the table. `own` are its marked fields and its tag.
#[track_caller]
pub const fn has_keys(table: &ItemDef, item: &str, own: &[&str], nested: &[&[KeyPart]]) {
    if is_fallback(table) {
        return;
    }
    has_key(table, &table.partition, Place::Partition, item, own, nested);
    if let Some(sort) = &table.sort {
        has_key(table, sort, Place::Sort, item, own, nested);
    }
}

#[track_caller]
const fn has_key(
    table: &ItemDef,
    key: &AttributeDef,
    place: Place,
    item: &str,
    own: &[&str],
    nested: &[&[KeyPart]],
) {
    if !contains(own, key.name) && !contains_part(nested, key.name) {
        fail(&[
            "`",
            item,
            "` has no `",
            key.name,
            "`, ",
            place.words(),
            " of table `",
            table.id,
            "`: add the field and mark it `#[ddb(key)]`",
        ]);
    }
}

/// Asserts that the keys of a key struct are keys of the table.
#[track_caller]
pub const fn parts_fit(table: &ItemDef, item: &str, parts: &[KeyPart]) {
    let mut at = 0;
    while at < parts.len() && !is_fallback(table) && !is_fallback_part(&parts[at]) {
        let KeyPart { role, may_lack, attribute, .. } = parts[at];
        let AttributeDef { name, scalar, .. } = attribute;
        key_fits(table, item, &StoredKey { name, scalar, optional: may_lack, skipped: may_lack });
        let (is, word) = match role {
            KeyRole::Partition => (same(table.partition.name, name), "partition"),
            KeyRole::Sort => (matches!(&table.sort, Some(sort) if same(sort.name, name)), "sort"),
            KeyRole::Key => (true, "key"),
        };
        if !is {
            fail(&[
                "`",
                name,
                "` is marked `",
                word,
                "` in a key struct of `",
                item,
                "`, and it is not the ",
                word,
                " key of table `",
                table.id,
                "`: mark it `#[ddb(key)]`",
            ]);
        }
        at += 1;
    }
}

/// Asserts that no key of a key struct has the name of another attribute.
#[track_caller]
pub const fn names_differ(own: &[&str], nested: &[&[KeyPart]]) {
    let mut list = 0;
    while list < nested.len() {
        let mut at = 0;
        while at < nested[list].len() {
            let name = nested[list][at].attribute.name;
            if contains(own, name) || contains_part(nested.split_at(list).0, name) {
                fail(&[
                    "two attributes are `",
                    name,
                    "` on the wire: one of them is a key in a nested struct",
                ]);
            }
            at += 1;
        }
        list += 1;
    }
}

/// Asserts that an item of an enum is stored in the same table as the others.
#[track_caller]
pub const fn same_table(table: &ItemDef, variant: &ItemDef, enumeration: &str, name: &str) {
    if is_fallback(table) || is_fallback(variant) {
        return;
    }
    let sorts_agree = match (&table.sort, &variant.sort) {
        (Some(table), Some(variant)) => same_key(table, variant),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    if !same(table.id, variant.id) || !same_key(&table.partition, &variant.partition) || !sorts_agree {
        fail(&[
            "the items of `",
            enumeration,
            "` are stored in table `",
            table.id,
            "`, and those of variant `",
            name,
            "` in table `",
            variant.id,
            "`: the items of an enum share one table",
        ]);
    }
}

/// Returns the partition key that the key structs of an item hold.
#[track_caller]
#[must_use]
pub const fn partition_of(item: &str, nested: &[&[KeyPart]]) -> AttributeDef {
    match with_role(item, nested, KeyRole::Partition) {
        Some(attribute) => attribute,
        None => fail(&[
            "`",
            item,
            "` has no partition key: mark one field of it, or of a nested key struct, with \
            `#[ddb(partition)]`",
        ]),
    }
}

/// Returns the sort key that the key structs of an item hold, if any.
#[track_caller]
#[must_use]
pub const fn sort_of(item: &str, nested: &[&[KeyPart]]) -> Option<AttributeDef> {
    with_role(item, nested, KeyRole::Sort)
}

/// Asserts that the key structs of an item leave the partition key to its own field.
#[track_caller]
pub const fn no_partition(own: &str, item: &str, nested: &[&[KeyPart]]) {
    if let Some(second) = with_role(item, nested, KeyRole::Partition) {
        fail(&[
            "`",
            own,
            "` is already the partition key, and a table has one: `",
            second.name,
            "` in a nested key struct is another",
        ]);
    }
}

/// Asserts that the key structs of an item leave the sort key to its own field.
#[track_caller]
pub const fn no_sort(own: &str, item: &str, nested: &[&[KeyPart]]) {
    if let Some(second) = with_role(item, nested, KeyRole::Sort) {
        fail(&[
            "`",
            own,
            "` is already the sort key, and a table has one: `",
            second.name,
            "` in a nested key struct is another",
        ]);
    }
}

/// Returns the key that an index names as `field.part`.
#[track_caller]
#[must_use]
pub const fn part(path: &str, field: &str, parts: &[KeyPart]) -> AttributeDef {
    let mut at = 0;
    while at < parts.len() {
        if same(parts[at].field, field) || is_fallback_part(&parts[at]) {
            return parts[at].attribute;
        }
        at += 1;
    }
    let mut message = Message::new(&["`", path, "` is no key of the nested struct, which has"]);
    at = 0;
    while at < parts.len() {
        message = message.and(&[if at == 0 { " `" } else { ", `" }, parts[at].field, "`"]);
        at += 1;
    }
    panic!("{}", message.as_str())
}

/// Where a table has an attribute.
#[derive(Clone, Copy)]
enum Place {
    Partition,
    Sort,
    IndexKey,
    Ttl,
}

impl Place {
    const fn words(self) -> &'static str {
        match self {
            Self::Partition => "the partition key",
            Self::Sort => "the sort key",
            Self::IndexKey => "a key of an index",
            Self::Ttl => "the ttl attribute",
        }
    }
}

const fn find(table: &ItemDef, name: &str) -> Option<(AttributeDef, Place)> {
    if same(table.partition.name, name) {
        return Some((table.partition, Place::Partition));
    }
    if let Some(sort) = table.sort
        && same(sort.name, name)
    {
        return Some((sort, Place::Sort));
    }
    let mut at = 0;
    while at < table.indexes.len() {
        let index = &table.indexes[at];
        if let Some(attribute) = named(index.partition, name) {
            return Some((attribute, Place::IndexKey));
        }
        if let Some(attribute) = named(index.sort, name) {
            return Some((attribute, Place::IndexKey));
        }
        at += 1;
    }
    match table.ttl {
        Some(ttl) if same(ttl.name, name) => Some((ttl, Place::Ttl)),
        Some(_) | None => None,
    }
}

const fn named(attributes: &[AttributeDef], name: &str) -> Option<AttributeDef> {
    let mut at = 0;
    while at < attributes.len() {
        if same(attributes[at].name, name) {
            return Some(attributes[at]);
        }
        at += 1;
    }
    None
}

#[track_caller]
const fn with_role(item: &str, nested: &[&[KeyPart]], role: KeyRole) -> Option<AttributeDef> {
    let mut found: Option<AttributeDef> = None;
    let mut list = 0;
    while list < nested.len() {
        let mut at = 0;
        while at < nested[list].len() {
            let part = &nested[list][at];
            if part.role as u8 == role as u8 {
                if let Some(first) = found {
                    fail(&[
                        "`",
                        item,
                        "` has two keys where a table has one: `",
                        first.name,
                        "` and `",
                        part.attribute.name,
                        "` in nested key structs",
                    ]);
                }
                found = Some(part.attribute);
            }
            at += 1;
        }
        list += 1;
    }
    found
}

/// Says which keys there are, as the nearest thing to "did you mean".
#[track_caller]
const fn no_such_key(table: &ItemDef, item: &str, name: &str) -> ! {
    let mut message = Message::new(&[
        "`",
        name,
        "` is marked as a key by `",
        item,
        "`, and table `",
        table.id,
        "` has no such key: remove the mark, \
         or rename the field to what the table has: `",
        table.partition.name,
        "`",
    ]);
    if let Some(sort) = &table.sort {
        message = message.and(&[", `", sort.name, "`"]);
    }
    let mut index = 0;
    while index < table.indexes.len() {
        let mut key = 0;
        let keys = table.indexes[index].partition;
        while key < keys.len() {
            message = message.and_new(keys[key].name);
            key += 1;
        }
        key = 0;
        let keys = table.indexes[index].sort;
        while key < keys.len() {
            message = message.and_new(keys[key].name);
            key += 1;
        }
        index += 1;
    }
    panic!("{}", message.as_str())
}

#[track_caller]
const fn fail(words: &[&str]) -> ! {
    panic!("{}", Message::new(words).as_str())
}

const fn is_fallback(table: &ItemDef) -> bool {
    table.id.is_empty()
}

const fn is_fallback_part(part: &KeyPart) -> bool {
    part.attribute.name.is_empty()
}

const fn contains(names: &[&str], name: &str) -> bool {
    let mut at = 0;
    while at < names.len() {
        if same(names[at], name) {
            return true;
        }
        at += 1;
    }
    false
}

const fn contains_part(nested: &[&[KeyPart]], name: &str) -> bool {
    let mut list = 0;
    while list < nested.len() {
        let mut at = 0;
        while at < nested[list].len() {
            if same(nested[list][at].attribute.name, name) || is_fallback_part(&nested[list][at]) {
                return true;
            }
            at += 1;
        }
        list += 1;
    }
    false
}

const fn same_key(a: &AttributeDef, b: &AttributeDef) -> bool {
    same(a.name, b.name) && same_scalar(a.scalar, b.scalar)
}

/// `==` is not const for our types yet.
const fn same_scalar(a: Scalar, b: Scalar) -> bool {
    a as u8 == b as u8
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// A text that is put together while constants are evaluated: `format!` is not there yet, but `panic!` takes a `str`.
struct Message {
    bytes: [u8; Self::ROOM],
    len: usize,
}

impl Message {
    /// Two names of 255 bytes, a list of keys, and the words around them. What does not fit is left out word by word.
    const ROOM: usize = 2048;

    const fn new(words: &[&str]) -> Self {
        Self { bytes: [0; Self::ROOM], len: 0 }.and(words)
    }

    const fn and(mut self, words: &[&str]) -> Self {
        let mut at = 0;
        while at < words.len() {
            let word = words[at].as_bytes();
            if self.len + word.len() <= Self::ROOM {
                self.bytes.split_at_mut(self.len).1.split_at_mut(word.len()).0.copy_from_slice(word);
                self.len += word.len();
            }
            at += 1;
        }
        self
    }

    /// Adds a name to a list unless the text has it.
    const fn and_new(self, name: &str) -> Self {
        if self.mentions(name) { self } else { self.and(&[", `", name, "`"]) }
    }

    const fn mentions(&self, name: &str) -> bool {
        let name = name.as_bytes();
        let mut start = 1;
        while start + name.len() < self.len {
            let mut at = 0;
            while at < name.len() && self.bytes[start + at] == name[at] {
                at += 1;
            }
            if at == name.len() && self.bytes[start - 1] == b'`' && self.bytes[start + at] == b'`' {
                return true;
            }
            start += 1;
        }
        false
    }

    const fn as_str(&self) -> &str {
        match str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "the item and its table do not agree",
        }
    }
}
