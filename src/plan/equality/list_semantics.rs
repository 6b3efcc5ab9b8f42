//! The semantics of lists: which lists are sets, and where a single value is equal to a list with one item.
//!
//! They depend on the name of the property. In a policy document they follow IAM's grammar: statements, actions, resources and
//! principals are sets, and a list with one item can be written as a single value.

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Semantics {
    /// As it stands.
    Plain,
    /// A list whose order says nothing.
    Set,
    /// A set; one element may stand without the list.
    OneOrMany,
    /// A set of keys and values, as a list of pairs or as a map.
    Tags,
    /// A policy: JSON, or text that holds JSON.
    Document,
    Statements,
    Statement,
    /// `{ "AWS": …, "Service": … }`
    Principal,
    /// `{ "StringEquals": { "aws:SourceArn": … } }`
    Conditions,
}

impl Semantics {
    /// Returns the form of what stands under a property name.
    pub(crate) fn of(name: &str) -> Self {
        match name {
            "DependsOn" => Self::OneOrMany,
            "Tags" => Self::Tags,
            "PolicyDocument" | "AssumeRolePolicyDocument" | "KeyPolicy" => Self::Document,
            "Dimensions" | "GlobalTableWitnesses" | "NonKeyAttributes" | "ScheduledActions" => Self::Set,
            name if list_member(name).is_some() => Self::Set,
            _ => Self::Plain,
        }
    }

    /// Returns the form of a member of an object.
    pub(crate) fn member(self, name: &str) -> Self {
        match (self, name) {
            (Self::Document, "Statement") => Self::Statements,
            (Self::Statements | Self::Statement, "Action" | "NotAction" | "Resource" | "NotResource")
            | (Self::Principal, _) => Self::OneOrMany,
            (Self::Statements | Self::Statement, "Principal" | "NotPrincipal") | (Self::Conditions, _) => {
                Self::Principal
            }
            (Self::Statements | Self::Statement, "Condition") => Self::Conditions,
            (Self::Document | Self::Statements | Self::Statement, _) => Self::Plain,
            (Self::Plain | Self::Set | Self::OneOrMany | Self::Tags, name) => Self::of(name),
        }
    }

    /// Returns the form of an element of a list.
    pub(crate) fn element(self) -> Self {
        match self {
            Self::Statements => Self::Statement,
            Self::Plain
            | Self::Set
            | Self::OneOrMany
            | Self::Tags
            | Self::Document
            | Self::Statement
            | Self::Principal
            | Self::Conditions => Self::Plain,
        }
    }

    /// Returns whether the order of a list says nothing.
    pub(crate) fn is_set(self) -> bool {
        match self {
            Self::Set | Self::OneOrMany | Self::Tags | Self::Statements => true,
            Self::Plain | Self::Document | Self::Statement | Self::Principal | Self::Conditions => false,
        }
    }

    /// Returns whether one element may stand without the list.
    pub(crate) fn may_be_bare(self) -> bool {
        matches!(self, Self::OneOrMany | Self::Statements)
    }
}

/// The member that identifies the elements of a list, for lists whose order has no meaning.
pub(crate) fn list_member(name: &str) -> Option<&'static str> {
    match name {
        "AttributeDefinitions" => Some("AttributeName"),
        "GlobalSecondaryIndexes" | "LocalSecondaryIndexes" | "VectorIndexes" => Some("IndexName"),
        "SearchSchema" => Some("AttributeName"),
        "Replicas" => Some("Region"),
        "Tags" => Some("Key"),
        _ => None,
    }
}
