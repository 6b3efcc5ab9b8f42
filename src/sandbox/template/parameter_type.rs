//! The types of parameters, as CloudFormation documents them.

use serde_json::Value;

/// A type whose values are names or ids of things in the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Specific {
    name: &'static str,
    /// What an id begins with, before 8 to 17 hexadecimal digits. `None` for names, which can be anything.
    prefix: Option<&'static str>,
}

const fn specific(name: &'static str, prefix: Option<&'static str>) -> Specific {
    Specific { name, prefix }
}

const SPECIFIC: &[Specific] = &[
    specific("AWS::EC2::AvailabilityZone::Name", None),
    specific("AWS::EC2::Image::Id", Some("ami-")),
    specific("AWS::EC2::Instance::Id", Some("i-")),
    specific("AWS::EC2::KeyPair::KeyName", None),
    specific("AWS::EC2::SecurityGroup::GroupName", None),
    specific("AWS::EC2::SecurityGroup::Id", Some("sg-")),
    specific("AWS::EC2::Subnet::Id", Some("subnet-")),
    specific("AWS::EC2::VPC::Id", Some("vpc-")),
    specific("AWS::EC2::Volume::Id", Some("vol-")),
    specific("AWS::Route53::HostedZone::Id", None),
];

impl Specific {
    /// Whether a value can be of the type. Whether it exists is not known here: the account has none of these things, and a
    /// well-formed id is taken as one of its.
    pub(crate) fn fits(self, value: &str) -> bool {
        let is_id = |digits: &str| {
            (8..=17).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        match self.prefix {
            None => !value.is_empty(),
            Some(prefix) => value.strip_prefix(prefix).is_some_and(is_id),
        }
    }
}

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParameterType {
    Text,
    Number,
    /// `CommaDelimitedList` and `List<String>`.
    Texts,
    Numbers,
    Specific(Specific),
    Specifics(Specific),
    /// The name of a parameter in the store.
    Name,
    /// The name of a parameter in the store that stands for its value: a list, or not.
    Stored(bool),
}

impl ParameterType {
    /// The type of that name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let inner = |outer: &str| name.strip_prefix(outer)?.strip_suffix('>');
        if let Some(stored) = inner("AWS::SSM::Parameter::Value<") {
            return match Self::of(stored)? {
                Self::Text | Self::Specific(_) => Some(Self::Stored(false)),
                Self::Texts | Self::Specifics(_) => Some(Self::Stored(true)),
                Self::Number | Self::Numbers | Self::Name | Self::Stored(_) => None,
            };
        }
        let known = |name: &str| SPECIFIC.iter().copied().find(|specific| specific.name == name);
        match (name, inner("List<")) {
            ("String", _) => Some(Self::Text),
            ("Number", _) => Some(Self::Number),
            ("CommaDelimitedList", _) | (_, Some("String")) => Some(Self::Texts),
            (_, Some("Number")) => Some(Self::Numbers),
            ("AWS::SSM::Parameter::Name", _) => Some(Self::Name),
            (_, Some(item)) => known(item).map(Self::Specifics),
            (name, None) => known(name).map(Self::Specific),
        }
    }

    /// The type in a declaration that has been checked.
    pub(crate) fn declared(declaration: &Value) -> Self {
        declaration.get("Type").and_then(Value::as_str).and_then(Self::of).unwrap_or(Self::Text)
    }

    /// Whether `Ref` gives a list.
    pub(crate) fn is_list(self) -> bool {
        match self {
            Self::Texts | Self::Numbers | Self::Specifics(_) => true,
            Self::Stored(list) => list,
            Self::Text | Self::Number | Self::Specific(_) | Self::Name => false,
        }
    }

    /// The type that each item is of, if it is one of the account's.
    pub(crate) fn element(self) -> Option<Specific> {
        match self {
            Self::Specific(specific) | Self::Specifics(specific) => Some(specific),
            Self::Text | Self::Number | Self::Texts | Self::Numbers | Self::Name | Self::Stored(_) => None,
        }
    }

    /// The values to hold against the constraints: the items of a list, or the value.
    pub(crate) fn items(self, value: &str) -> Vec<&str> {
        match self {
            Self::Texts | Self::Numbers | Self::Specifics(_) => value.split(',').map(str::trim).collect(),
            Self::Number => vec![value.trim()],
            Self::Text | Self::Specific(_) | Self::Name | Self::Stored(_) => vec![value],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_known_by_their_names() {
        for (name, list) in [
            ("String", false),
            ("Number", false),
            ("CommaDelimitedList", true),
            ("List<String>", true),
            ("List<Number>", true),
            ("AWS::EC2::VPC::Id", false),
            ("List<AWS::EC2::Subnet::Id>", true),
            ("AWS::SSM::Parameter::Name", false),
            ("AWS::SSM::Parameter::Value<String>", false),
            ("AWS::SSM::Parameter::Value<List<String>>", true),
            ("AWS::SSM::Parameter::Value<CommaDelimitedList>", true),
            ("AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", false),
            ("AWS::SSM::Parameter::Value<List<AWS::EC2::Subnet::Id>>", true),
        ] {
            assert_eq!(ParameterType::of(name).map(ParameterType::is_list), Some(list), "{name}");
        }
        for unknown in [
            "string",
            "List<CommaDelimitedList>",
            "List<List<String>>",
            "List<AWS::SSM::Parameter::Name>",
            "AWS::EC2::Nothing::Id",
            "AWS::SSM::Parameter::Value<Number>",
            "AWS::SSM::Parameter::Value<AWS::SSM::Parameter::Name>",
            "List<String",
        ] {
            assert_eq!(ParameterType::of(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn ids_have_a_form() {
        let fits = |kind: &str, value: &str| {
            ParameterType::of(kind).and_then(ParameterType::element).is_some_and(|one| one.fits(value))
        };
        assert!(fits("AWS::EC2::VPC::Id", "vpc-0a1b2c3d"));
        assert!(fits("AWS::EC2::Subnet::Id", "subnet-0123456789abcdef0"));
        assert!(fits("AWS::EC2::KeyPair::KeyName", "me"));
        for (kind, value) in [
            ("AWS::EC2::VPC::Id", "vpc-1"),
            ("AWS::EC2::VPC::Id", "subnet-0a1b2c3d"),
            ("AWS::EC2::KeyPair::KeyName", ""),
        ] {
            assert!(!fits(kind, value), "{kind} {value}");
        }
    }
}
