//! Compile-time assertions for single-table design: that the keys of items match their table.
//!
//! The derives generate calls of these functions in constants; a failed assertion is a compiler error that names the table and
//! the item. Not a public API: it may change with the derives. *Invariant:* data with an empty name is a fallback for input that
//! the derive already reported, and is not reported again.

use crate::{AttributeDef, ItemDef, KeyPart, KeyRole, Scalar};

/// A field of an item that is marked as a key of its table.
#[derive(Clone, Copy)]
pub struct StoredKey {
    /// The serialized name.
    pub name: &'static str,
    /// The key type.
    pub scalar: Scalar,
    /// Whether its type is an `Option`.
    pub optional: bool,
    /// Whether it has `skip_serializing_if`.
    pub skipped: bool,
}

/// Asserts that a field marked `key` is a key of the table, with the same type, and is present where DynamoDB requires it.
#[track_caller]
pub const fn assert_key(table: &ItemDef, item: &str, key: &StoredKey) {
    if is_fallback(table) {
        return;
    }
    let StoredKey { name, .. } = *key;
    let Some((attribute, used_as)) = find(table, name) else {
        no_such_key(table, item, name);
    };
    if matches!(used_as, Use::Ttl) {
        fail(&["`", name, "` is the TTL attribute of table `", table.id, "`: mark it `#[ddb(ttl)]`"]);
    }
    if !same_scalar(attribute.scalar, key.scalar) {
        let (table_has, item_has) = (attribute.scalar.as_str(), key.scalar.as_str());
        fail(&[
            "`",
            name,
            "` is stored as ",
            item_has,
            " in `",
            item,
            "`, but as ",
            table_has,
            " in table `",
            table.id,
            "`: use a type that is stored as ",
            table_has,
        ]);
    }
    match used_as {
        Use::Partition | Use::Sort if key.optional || key.skipped => {
            fail(&[
                "`",
                name,
                "` is ",
                used_as.description(),
                " of table `",
                table.id,
                "`, and every item must have it: it cannot be an `Option` or be skipped",
            ]);
        }
        Use::IndexKey if key.optional && !key.skipped => {
            fail(&[
                "`",
                name,
                "` is a key of an index of table `",
                table.id,
                "`, and DynamoDB rejects an item where it is NULL: skip `None` with \
                 `#[serde(skip_serializing_if = \"Option::is_none\")]`",
            ]);
        }
        Use::Partition | Use::Sort | Use::IndexKey | Use::Ttl => {}
    }
}

/// Asserts that the field marked `ttl` is the TTL attribute of the table.
#[track_caller]
pub const fn assert_ttl(table: &ItemDef, name: &str) {
    if is_fallback(table) {
        return;
    }
    match &table.ttl {
        Some(ttl) if same(ttl.name, name) => {}
        Some(ttl) => {
            fail(&[
                "`",
                name,
                "` is marked as the TTL attribute, but that of table `",
                table.id,
                "` is `",
                ttl.name,
                "`",
            ]);
        }
        None => fail(&[
            "table `",
            table.id,
            "` has no TTL attribute: mark the field of this name in its definition with `#[ddb(ttl)]`",
        ]),
    }
}

/// Asserts that an unmarked field is not a key of the table, as its type would not be checked.
#[track_caller]
pub const fn assert_not_a_key(table: &ItemDef, name: &str) {
    if is_fallback(table) {
        return;
    }
    if let Some((_, used_as)) = find(table, name) {
        let mark = if matches!(used_as, Use::Ttl) { "ttl" } else { "key" };
        fail(&[
            "`",
            name,
            "` is ",
            used_as.description(),
            " of table `",
            table.id,
            "`: mark it `#[ddb(",
            mark,
            ")]`, so that its type is checked",
        ]);
    }
}

/// Asserts that serde's tag, a string attribute, has the right type if it is a key of the table.
#[track_caller]
pub const fn assert_tag(table: &ItemDef, item: &str, tag: &'static str) {
    if !is_fallback(table) && find(table, tag).is_some() {
        assert_key(table, item, &StoredKey { name: tag, scalar: Scalar::S, optional: false, skipped: false });
    }
}

/// Asserts that the tag of an enum is not a key of the table, as each variant already has all keys.
#[track_caller]
pub const fn assert_tag_of_enum(table: &ItemDef, item: &str, tag: &'static str) {
    assert_tag(table, item, tag);
    if same(table.partition.name, tag) || matches!(&table.sort, Some(sort) if same(sort.name, tag)) {
        fail(&[
            "the tag `",
            tag,
            "` is a key of table `",
            table.id,
            "`, which each item of the enum already has: choose another tag",
        ]);
    }
}

/// Asserts that an item has the partition and sort key of the table. `own` are the names of its marked fields and its tag.
#[track_caller]
pub const fn assert_has_keys(table: &ItemDef, item: &str, own: &[&str], nested: &[&[KeyPart]]) {
    if is_fallback(table) {
        return;
    }
    assert_has_key(table, &table.partition, Use::Partition, item, own, nested);
    if let Some(sort) = &table.sort {
        assert_has_key(table, sort, Use::Sort, item, own, nested);
    }
}

#[track_caller]
const fn assert_has_key(
    table: &ItemDef,
    key: &AttributeDef,
    used_as: Use,
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
            used_as.description(),
            " of table `",
            table.id,
            "`: add the field and mark it `#[ddb(key)]`",
        ]);
    }
}

/// Asserts that the keys of a key struct are keys of the table.
#[track_caller]
pub const fn assert_key_parts(table: &ItemDef, item: &str, parts: &[KeyPart]) {
    let mut at = 0;
    while at < parts.len() && !is_fallback(table) && !is_fallback_part(&parts[at]) {
        let KeyPart { role, may_lack, attribute, .. } = parts[at];
        let AttributeDef { name, scalar, .. } = attribute;
        assert_key(table, item, &StoredKey { name, scalar, optional: may_lack, skipped: may_lack });
        let is_that_key = match role {
            KeyRole::Partition => same(table.partition.name, name),
            KeyRole::Sort => matches!(&table.sort, Some(sort) if same(sort.name, name)),
            KeyRole::Key => true,
        };
        if !is_that_key {
            let word = word_of(role);
            fail(&[
                "`",
                name,
                "` is marked `",
                word,
                "` in a key struct of `",
                item,
                "`, but it is not the ",
                word,
                " key of table `",
                table.id,
                "`: mark it `#[ddb(key)]`",
            ]);
        }
        at += 1;
    }
}

/// Asserts that the keys of nested key structs have different names than each other and than `own`.
#[track_caller]
pub const fn assert_names_differ(own: &[&str], nested: &[&[KeyPart]]) {
    let mut list = 0;
    while list < nested.len() {
        let mut at = 0;
        while at < nested[list].len() {
            let name = nested[list][at].attribute.name;
            if contains(own, name) || contains_part(nested.split_at(list).0, name) {
                fail(&[
                    "two attributes are serialized as `",
                    name,
                    "`, one of them a key of a nested struct: rename one of them",
                ]);
            }
            at += 1;
        }
        list += 1;
    }
}

/// Asserts that a variant of an enum of items is stored in the enum's table.
#[track_caller]
pub const fn assert_same_table(table: &ItemDef, variant: &ItemDef, enumeration: &str, name: &str) {
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
            "variant `",
            name,
            "` of `",
            enumeration,
            "` is stored in table `",
            variant.id,
            "`, but the enum in table `",
            table.id,
            "`: all variants must share one table",
        ]);
    }
}

/// Returns the partition key of an item's nested key structs; fails if there is none.
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

/// Returns the sort key of an item's nested key structs, if any.
#[track_caller]
#[must_use]
pub const fn sort_of(item: &str, nested: &[&[KeyPart]]) -> Option<AttributeDef> {
    with_role(item, nested, KeyRole::Sort)
}

/// Asserts that the nested key structs of an item with a partition key have no other one.
#[track_caller]
pub const fn assert_no_other_partition(own: &str, item: &str, nested: &[&[KeyPart]]) {
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

/// Asserts that the nested key structs of an item with a sort key have no other one.
#[track_caller]
pub const fn assert_no_other_sort(own: &str, item: &str, nested: &[&[KeyPart]]) {
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

/// Returns the key of a key struct by the name of its field, for an index that refers to it as `path` (`nested.field`).
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
    let mut message = Message::new(&["`", path, "` is not a key of the nested struct, which has"]);
    at = 0;
    while at < parts.len() {
        message = message.and(&[if at == 0 { " `" } else { ", `" }, parts[at].field, "`"]);
        at += 1;
    }
    panic!("{}", message.as_str())
}

/// The use of an attribute in a table.
#[derive(Clone, Copy)]
enum Use {
    Partition,
    Sort,
    IndexKey,
    Ttl,
}

impl Use {
    const fn description(self) -> &'static str {
        match self {
            Self::Partition => "the partition key",
            Self::Sort => "the sort key",
            Self::IndexKey => "a key of an index",
            Self::Ttl => "the TTL attribute",
        }
    }
}

const fn find(table: &ItemDef, name: &str) -> Option<(AttributeDef, Use)> {
    if same(table.partition.name, name) {
        return Some((table.partition, Use::Partition));
    }
    if let Some(sort) = table.sort
        && same(sort.name, name)
    {
        return Some((sort, Use::Sort));
    }
    let mut at = 0;
    while at < table.indexes.len() {
        let index = &table.indexes[at];
        if let Some(attribute) = named(index.partition, name) {
            return Some((attribute, Use::IndexKey));
        }
        if let Some(attribute) = named(index.sort, name) {
            return Some((attribute, Use::IndexKey));
        }
        at += 1;
    }
    match table.ttl {
        Some(ttl) if same(ttl.name, name) => Some((ttl, Use::Ttl)),
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

/// Returns the `#[ddb(…)]` option for keys of this role.
const fn word_of(role: KeyRole) -> &'static str {
    match role {
        KeyRole::Partition => "partition",
        KeyRole::Sort => "sort",
        KeyRole::Key => "key",
    }
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
                        "` has two ",
                        word_of(role),
                        " keys in nested key structs, `",
                        first.name,
                        "` and `",
                        part.attribute.name,
                        "`: a table has one",
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

/// Fails with a message that lists the keys of the table.
#[track_caller]
const fn no_such_key(table: &ItemDef, item: &str, name: &str) -> ! {
    let mut message = Message::new(&[
        "`",
        name,
        "` is marked as a key in `",
        item,
        "`, but table `",
        table.id,
        "` has no such key: remove the mark, \
         or rename the field to a key of the table: `",
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
            message = message.and_unless_listed(keys[key].name);
            key += 1;
        }
        key = 0;
        let keys = table.indexes[index].sort;
        while key < keys.len() {
            message = message.and_unless_listed(keys[key].name);
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

/// Derived `PartialEq` is not const.
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

/// A string that is built during constant evaluation, where `format!` is not available.
struct Message {
    bytes: [u8; Self::CAPACITY],
    len: usize,
}

impl Message {
    /// In bytes: enough for two names of 255 bytes and a list of keys. Words that do not fit are dropped.
    const CAPACITY: usize = 2048;

    const fn new(words: &[&str]) -> Self {
        Self { bytes: [0; Self::CAPACITY], len: 0 }.and(words)
    }

    const fn and(mut self, words: &[&str]) -> Self {
        let mut at = 0;
        while at < words.len() {
            let word = words[at].as_bytes();
            if self.len + word.len() <= Self::CAPACITY {
                self.bytes.split_at_mut(self.len).1.split_at_mut(word.len()).0.copy_from_slice(word);
                self.len += word.len();
            }
            at += 1;
        }
        self
    }

    /// Appends a name to a list, unless the message already has it.
    const fn and_unless_listed(self, name: &str) -> Self {
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
