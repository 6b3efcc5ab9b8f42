//! Duplicate keys in a mapping.
//!
//! CloudFormation uses the last of equal keys, in YAML and in JSON, without a warning (aws-cli#2404, cdk-real-drift#1074). In a
//! template to be deployed, a duplicate key is an error, as it could replace a table unnoticed. In a deployed template, the last
//! key is used and the others are reported.

use std::fmt;

use crate::error::quote;
use crate::{Entry, ParseError, ParseErrorKind, Position};

/// A key that CloudFormation ignores, as the same key follows later in the mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicateKey {
    /// The key, shortened and escaped as in a [`ParseErrorKind`].
    pub key: String,
    /// Position of the ignored key.
    pub ignored: Position,
    /// Position of the used key.
    pub taken: Position,
}

impl fmt::Display for DuplicateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, ignored, taken } = self;
        write!(f, "{ignored}: duplicate key `{key}`; CloudFormation uses the one at {taken}")
    }
}

/// How to handle duplicate keys.
#[derive(Debug)]
pub(crate) enum Duplicates {
    /// A duplicate key is an error.
    Refused,
    /// The last of equal keys is used, the others are recorded.
    Noted(Vec<DuplicateKey>),
}

impl Duplicates {
    /// Handles the duplicate keys of a complete mapping.
    pub(crate) fn settle(&mut self, entries: &mut Vec<Entry>) -> Result<(), ParseError> {
        let mut order: Vec<usize> = (0..entries.len()).collect();
        // The sort is stable, so equal keys stay in the order of the document.
        order.sort_by(|a, b| entries[*a].key.cmp(&entries[*b].key));
        let equal = order.chunk_by(|a, b| entries[*a].key == entries[*b].key).filter(|same| same.len() > 1);
        match self {
            Self::Refused => match equal.min_by_key(|same| same[1]) {
                None => Ok(()),
                Some(same) => {
                    let (first, second) = (&entries[same[0]], &entries[same[1]]);
                    let (key, first) = (quote(&first.key), first.key_position);
                    Err(ParseErrorKind::DuplicateKey { key, first }.at(second.key_position))
                }
            },
            Self::Noted(noted) => {
                let mut takes = vec![true; entries.len()];
                for same in equal {
                    let (taken, ignored) = same.split_last().expect("there are two at least");
                    for number in ignored {
                        takes[*number] = false;
                        noted.push(DuplicateKey {
                            key: quote(&entries[*number].key),
                            ignored: entries[*number].key_position,
                            taken: entries[*taken].key_position,
                        });
                    }
                }
                let mut takes = takes.into_iter();
                entries.retain(|_| takes.next().unwrap_or_default());
                Ok(())
            }
        }
    }

    /// Returns the recorded duplicates, in the order of the document.
    pub(crate) fn noted(self) -> Vec<DuplicateKey> {
        match self {
            Self::Refused => Vec::new(),
            Self::Noted(mut noted) => {
                noted.sort_by_key(|key| key.ignored);
                noted
            }
        }
    }
}
