//! Keys that are in a mapping twice: what is said of them, and which one counts.
//!
//! CloudFormation takes the last of them, in YAML and in JSON, without a word (aws-cli#2404, cdk-real-drift#1074). In a
//! template that somebody writes that is a mistake, which can replace a table; in one that is deployed it is a fact.

use std::fmt;

use crate::error::quote;
use crate::{Entry, ParseError, ParseErrorKind, Position};

/// A key that is there again later in its mapping, and counts for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicateKey {
    /// The key, shortened and escaped as in a [`ParseErrorKind`].
    pub key: String,
    /// Where the one is that CloudFormation passes over.
    pub ignored: Position,
    /// Where the one is that it takes.
    pub taken: Position,
}

impl fmt::Display for DuplicateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, ignored, taken } = self;
        write!(f, "{ignored}: duplicate key `{key}`; CloudFormation takes the one at {taken}")
    }
}

/// What becomes of duplicate keys.
#[derive(Debug)]
pub(crate) enum Duplicates {
    /// The first is an error.
    Refused,
    /// The last of a key counts, the others are noted.
    Noted(Vec<DuplicateKey>),
}

impl Duplicates {
    /// Refuses or settles the duplicates of a mapping that is complete.
    pub(crate) fn settle(&mut self, entries: &mut Vec<Entry>) -> Result<(), ParseError> {
        let mut order: Vec<usize> = (0..entries.len()).collect();
        // Stable: of equal keys, the order is that of the document.
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

    /// Returns what was noted, in the order of the document.
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
