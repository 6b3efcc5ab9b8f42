//! The resource types, each with its entry in CloudFormation's registry.

use serde::{Deserialize, Serialize};

use crate::state::change_set::Replacement;

/// The registry's entry of a type.
struct Shape {
    name: &'static str,
    /// What `Fn::GetAtt` can ask for.
    attributes: &'static [&'static str],
    /// The properties that identify a resource to an import.
    identifiers: &'static [&'static str],
    /// The property that names the resource, when the template may leave the name to CloudFormation.
    name_property: Option<&'static str>,
    /// Properties whose change replaces the physical resource.
    always: &'static [&'static str],
    /// Properties whose change may replace it.
    conditionally: &'static [&'static str],
}

macro_rules! resource_types {
    ($($variant:ident = $text:literal {
        attributes: $attributes:expr, identifiers: $identifiers:expr, name: $name:expr, always: $always:expr,
        conditionally: $conditionally:expr $(,)?
    })*) => {
        /// A type of resource.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub(crate) enum ResourceType {
            $(#[serde(rename = $text)] $variant,)*
        }

        impl ResourceType {
            const ALL: &[Self] = &[$(Self::$variant,)*];

            fn shape(self) -> Shape {
                match self {
                    $(Self::$variant => Shape {
                        name: $text,
                        attributes: &$attributes,
                        identifiers: &$identifiers,
                        name_property: $name,
                        always: &$always,
                        conditionally: &$conditionally,
                    },)*
                }
            }
        }
    };
}

resource_types! {
    ScalableTarget = "AWS::ApplicationAutoScaling::ScalableTarget" {
        attributes: ["Id"],
        identifiers: ["ResourceId", "ScalableDimension", "ServiceNamespace"],
        name: None,
        always: ["ResourceId", "ScalableDimension", "ServiceNamespace"],
        conditionally: [],
    }
    ScalingPolicy = "AWS::ApplicationAutoScaling::ScalingPolicy" {
        attributes: ["Arn", "PolicyName"],
        identifiers: ["Arn", "ScalableDimension"],
        name: None,
        always: ["PolicyName", "ResourceId", "ScalableDimension", "ScalingTargetId", "ServiceNamespace"],
        conditionally: [],
    }
    // The attributes of a nested stack are its outputs.
    Stack = "AWS::CloudFormation::Stack" {
        attributes: [], identifiers: ["StackId"], name: None, always: [], conditionally: [],
    }
    WaitConditionHandle = "AWS::CloudFormation::WaitConditionHandle" {
        attributes: [], identifiers: [], name: None, always: [], conditionally: [],
    }
    Alarm = "AWS::CloudWatch::Alarm" {
        attributes: ["Arn"],
        identifiers: ["AlarmName"],
        name: Some("AlarmName"),
        always: ["AlarmName"],
        conditionally: [],
    }
    GlobalTable = "AWS::DynamoDB::GlobalTable" {
        attributes: ["Arn", "StreamArn", "TableId"],
        identifiers: ["TableName"],
        name: Some("TableName"),
        always: ["TableName"],
        conditionally: ["AttributeDefinitions", "GlobalTableSourceArn", "KeySchema", "LocalSecondaryIndexes"],
    }
    Table = "AWS::DynamoDB::Table" {
        attributes: ["Arn", "StreamArn"],
        identifiers: ["TableName"],
        name: Some("TableName"),
        always: ["TableName", "KeySchema"],
        conditionally: ["AttributeDefinitions", "LocalSecondaryIndexes"],
    }
    ManagedPolicy = "AWS::IAM::ManagedPolicy" {
        attributes: [
            "PolicyArn", "PolicyId", "DefaultVersionId", "AttachmentCount", "CreateDate", "IsAttachable",
            "PermissionsBoundaryUsageCount", "UpdateDate",
        ],
        identifiers: ["PolicyArn"],
        name: Some("ManagedPolicyName"),
        always: ["Description", "ManagedPolicyName", "Path"],
        conditionally: [],
    }
    Role = "AWS::IAM::Role" {
        attributes: ["Arn", "RoleId"],
        identifiers: ["RoleName"],
        name: Some("RoleName"),
        always: ["Path", "RoleName"],
        conditionally: [],
    }
    Alias = "AWS::KMS::Alias" {
        attributes: [], identifiers: ["AliasName"], name: Some("AliasName"), always: ["AliasName"], conditionally: [],
    }
    Key = "AWS::KMS::Key" {
        attributes: ["Arn", "KeyId"], identifiers: ["KeyId"], name: None, always: [], conditionally: [],
    }
    Stream = "AWS::Kinesis::Stream" {
        attributes: ["Arn"],
        identifiers: ["Name"],
        name: Some("Name"),
        always: ["Name"],
        conditionally: [],
    }
    LogGroup = "AWS::Logs::LogGroup" {
        attributes: ["Arn"],
        identifiers: ["LogGroupName"],
        name: Some("LogGroupName"),
        always: ["LogGroupName"],
        conditionally: [],
    }
    Topic = "AWS::SNS::Topic" {
        attributes: ["TopicArn", "TopicName"],
        identifiers: ["TopicArn"],
        name: Some("TopicName"),
        always: ["FifoTopic", "TopicName"],
        conditionally: [],
    }
    Parameter = "AWS::SSM::Parameter" {
        attributes: ["Arn", "Type", "Value"], identifiers: ["Name"], name: Some("Name"), always: ["Name"], conditionally: [],
    }
}

/// The code that handles a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handler {
    ScalableTarget,
    ScalingPolicy,
    /// The engine itself.
    Stack,
    WaitConditionHandle,
    GlobalTable,
    Table,
    Parameter,
    /// A type of which only the properties are kept.
    Record,
}

impl ResourceType {
    pub(crate) fn handler(self) -> Handler {
        match self {
            Self::ScalableTarget => Handler::ScalableTarget,
            Self::ScalingPolicy => Handler::ScalingPolicy,
            Self::Stack => Handler::Stack,
            Self::WaitConditionHandle => Handler::WaitConditionHandle,
            Self::GlobalTable => Handler::GlobalTable,
            Self::Table => Handler::Table,
            Self::Parameter => Handler::Parameter,
            Self::Alarm
            | Self::Alias
            | Self::Key
            | Self::LogGroup
            | Self::ManagedPolicy
            | Self::Role
            | Self::Stream
            | Self::Topic => Handler::Record,
        }
    }

    /// The type of that name, if the sandbox models it.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        self.shape().name
    }

    /// What `Fn::GetAtt` can ask for.
    pub(crate) fn has_attribute(self, attribute: &str) -> bool {
        self.shape().attributes.contains(&attribute)
            || (self == Self::Stack && attribute.starts_with("Outputs."))
    }

    /// The properties that identify a resource to an import.
    pub(crate) fn identifiers(self) -> &'static [&'static str] {
        self.shape().identifiers
    }

    /// Whether the sandbox can import it. AWS can import more types.
    pub(crate) fn can_be_imported(self) -> bool {
        match self {
            Self::Alarm
            | Self::GlobalTable
            | Self::Table
            | Self::Key
            | Self::LogGroup
            | Self::Parameter
            | Self::Role
            | Self::Stream => true,
            Self::ScalableTarget
            | Self::ScalingPolicy
            | Self::Stack
            | Self::WaitConditionHandle
            | Self::ManagedPolicy
            | Self::Alias
            | Self::Topic => false,
        }
    }

    /// The property that names the resource, when the template may leave the name to CloudFormation.
    pub(crate) fn name_property(self) -> Option<&'static str> {
        self.shape().name_property
    }

    /// The name in a physical id, which is an ARN for some types.
    pub(crate) fn name_in(self, physical_id: &str) -> &str {
        match self {
            Self::Topic => physical_id.rsplit(':').next().unwrap_or(physical_id),
            Self::ManagedPolicy => physical_id.rsplit('/').next().unwrap_or(physical_id),
            _ => physical_id,
        }
    }

    /// The capability that a template with such a resource demands, and the one that it demands when it is named there.
    pub(crate) fn capabilities(self) -> Option<(&'static str, &'static str)> {
        matches!(self, Self::ManagedPolicy | Self::Role).then_some(("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"))
    }

    /// Whether the stack's tags are added to the resource.
    pub(crate) fn takes_stack_tags(self) -> bool {
        matches!(self, Self::Table)
    }

    /// Whether a change of this property replaces the resource, as a change set shows it.
    pub(crate) fn recreation(self, property: &str) -> Replacement {
        let shape = self.shape();
        if shape.always.contains(&property) {
            Replacement::True
        } else if shape.conditionally.contains(&property) {
            Replacement::Conditional
        } else {
            Replacement::False
        }
    }
}
