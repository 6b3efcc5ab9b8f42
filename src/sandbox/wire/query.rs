//! Reads the form of AWS's Query protocol.
//!
//! `Tags.member.1.Key=a` becomes a flat map of names; [`Params::list`] and [`Params::records`] find the members again.
//! Bytes that are not UTF-8 are replaced, never refused: the action then refuses the value.

use std::collections::{BTreeMap, BTreeSet};

use super::error::ApiError;

/// The parameters of one call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Params(BTreeMap<String, String>);

impl Params {
    pub(crate) fn parse(form: &[u8]) -> Self {
        Self(
            form_urlencoded::parse(form).map(|(key, value)| (key.into_owned(), value.into_owned())).collect(),
        )
    }

    /// The parameters of a call made by the sandbox itself.
    pub(crate) fn from(map: BTreeMap<String, String>) -> Self {
        Self(map)
    }

    /// Everything as sent, for the record of calls.
    pub(crate) fn into_map(self) -> BTreeMap<String, String> {
        self.0
    }

    /// The value, unless it is absent or empty: SDKs write an empty list as `Name=`.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether a list was sent without members, which removes what it lists. An absent one keeps that.
    pub(crate) fn is_emptied(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(String::is_empty)
    }

    pub(crate) fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// The value, or AWS's refusal of a member that must not be null.
    pub(crate) fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.get(name).ok_or_else(|| {
            ApiError::validation(format!(
                "1 validation error detected: Value null at '{}' failed to satisfy constraint: Member must not be null",
                lower_first(name)
            ))
        })
    }

    pub(crate) fn flag(&self, name: &str) -> Result<bool, ApiError> {
        match self.get(name) {
            None => Ok(false),
            Some("true" | "True" | "TRUE") => Ok(true),
            Some("false" | "False" | "FALSE") => Ok(false),
            Some(other) => Err(ApiError::new(
                400,
                "MalformedInput",
                format!("Invalid boolean value '{other}' for {name}"),
            )),
        }
    }

    /// The members of a list of strings, in the order of their numbers.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        self.numbers(name)
            .into_iter()
            .filter_map(|number| self.0.get(&format!("{name}.member.{number}")).cloned())
            .collect()
    }

    /// The members of a list of structures, in the order of their numbers.
    pub(crate) fn records(&self, name: &str) -> Vec<Self> {
        self.numbers(name)
            .into_iter()
            .map(|number| {
                let prefix = format!("{name}.member.{number}.");
                Self(
                    self.0
                        .iter()
                        .filter_map(|(key, value)| {
                            Some((key.strip_prefix(&prefix)?.to_owned(), value.clone()))
                        })
                        .collect(),
                )
            })
            .collect()
    }

    /// The entries of a map, by key.
    pub(crate) fn entries(&self, name: &str) -> BTreeMap<String, String> {
        let prefix = format!("{name}.entry.");
        let numbers: BTreeSet<&str> =
            self.0.keys().filter_map(|key| key.strip_prefix(&prefix)?.split('.').next()).collect();
        numbers
            .into_iter()
            .filter_map(|number| {
                let part = |part: &str| self.0.get(&format!("{prefix}{number}.{part}")).cloned();
                Some((part("key")?, part("value")?))
            })
            .collect()
    }

    /// The names of the top-level parameters that carry a value.
    pub(crate) fn roots(&self) -> BTreeSet<&str> {
        self.0
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, _)| key.split('.').next().unwrap_or(key))
            .collect()
    }

    fn numbers(&self, name: &str) -> BTreeSet<u32> {
        let prefix = format!("{name}.member.");
        self.0.keys().filter_map(|key| key.strip_prefix(&prefix)?.split('.').next()?.parse().ok()).collect()
    }
}

/// `StackName` as AWS writes it in its constraint messages: `stackName`.
pub(crate) fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_come_back_in_order() {
        let params =
            Params::parse(b"L.member.10=c&L.member.2=b&T.member.1.Key=k&T.member.1.Value=v&E=&B=true");
        assert_eq!(params.list("L"), ["b", "c"]);
        let tags = params.records("T");
        assert_eq!(tags.len(), 1);
        assert_eq!((tags[0].get("Key"), tags[0].get("Value")), (Some("k"), Some("v")));
        assert_eq!(params.get("E"), None);
        assert!(params.flag("B").unwrap());
        assert_eq!(params.roots().into_iter().collect::<Vec<_>>(), ["B", "L", "T"]);
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = Params::default().required("StackName").unwrap_err();
        assert_eq!(
            error.message,
            "1 validation error detected: Value null at 'stackName' failed to satisfy constraint: Member must not be null"
        );
        assert!(Params::parse(b"B=perhaps").flag("B").is_err());
    }
}
