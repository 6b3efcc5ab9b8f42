//! The values of pseudo parameters, derived from a Region or the ARN of a deployed stack.
//!
//! `AWS::NoValue` is not included, as it means that a property is absent; neither is `AWS::NotificationARNs`, which is not known.

use serde_json::{Value, json};

/// What `Ref` returns for the pseudo parameters of one stack; `None` where it is not known.
///
/// ```
/// use tablewright_plan::PseudoParameters;
///
/// let known = PseudoParameters::of_region("cn-north-1");
/// assert_eq!(known.partition.as_deref(), Some("aws-cn"));
/// assert_eq!(known.account_id, None);
///
/// let known = PseudoParameters::of_stack("arn:aws:cloudformation:eu-west-1:123456789012:stack/notes/1-2").unwrap();
/// assert_eq!(known.stack_name.as_deref(), Some("notes"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PseudoParameters {
    /// `AWS::Region`
    pub region: Option<String>,
    /// `AWS::AccountId`
    pub account_id: Option<String>,
    /// `AWS::Partition`
    pub partition: Option<String>,
    /// `AWS::URLSuffix`
    pub url_suffix: Option<String>,
    /// `AWS::StackName`
    pub stack_name: Option<String>,
    /// `AWS::StackId`
    pub stack_id: Option<String>,
}

/// The partitions by the prefix of their Regions, each with its URL suffix, after `partitions.json` of botocore.
const PARTITIONS: [(&str, &str, &str); 8] = [
    ("cn-", "aws-cn", "amazonaws.com.cn"),
    ("us-gov-", "aws-us-gov", "amazonaws.com"),
    ("us-iso-", "aws-iso", "c2s.ic.gov"),
    ("us-isob-", "aws-iso-b", "sc2s.sgov.gov"),
    ("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"),
    ("us-isof-", "aws-iso-f", "csp.hci.ic.gov"),
    ("eusc-", "aws-eusc", "amazonaws.eu"),
    ("", "aws", "amazonaws.com"),
];

impl PseudoParameters {
    /// Returns the values that follow from a Region: itself, its partition, and the partition's URL suffix.
    #[must_use]
    pub fn of_region(region: &str) -> Self {
        let found = PARTITIONS.iter().find(|(prefix, ..)| region.starts_with(prefix));
        Self {
            region: Some(region.to_owned()),
            partition: found.map(|(_, partition, _)| (*partition).to_owned()),
            url_suffix: found.map(|(.., suffix)| (*suffix).to_owned()),
            ..Self::default()
        }
    }

    /// Returns all values from the ARN of a stack; `None` if the text is not such an ARN.
    #[must_use]
    pub fn of_stack(stack_id: &str) -> Option<Self> {
        let parts: Vec<&str> = stack_id.splitn(6, ':').collect();
        let ["arn", partition, "cloudformation", region, account, resource] = parts[..] else { return None };
        let (stack_name, _) = resource.strip_prefix("stack/")?.split_once('/')?;
        Some(Self {
            partition: Some(partition.to_owned()),
            account_id: Some(account.to_owned()),
            stack_name: Some(stack_name.to_owned()),
            stack_id: Some(stack_id.to_owned()),
            ..Self::of_region(region)
        })
    }

    /// Returns the known values by their names in `Ref`.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&'static str, Value)> {
        let all = [
            ("AWS::Region", &self.region),
            ("AWS::AccountId", &self.account_id),
            ("AWS::Partition", &self.partition),
            ("AWS::URLSuffix", &self.url_suffix),
            ("AWS::StackName", &self.stack_name),
            ("AWS::StackId", &self.stack_id),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, json!(value.as_ref()?))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_tells_its_partition() {
        for (region, partition, suffix) in [
            ("eu-west-1", "aws", "amazonaws.com"),
            ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
            ("us-isob-east-1", "aws-iso-b", "sc2s.sgov.gov"),
            ("eusc-de-east-1", "aws-eusc", "amazonaws.eu"),
        ] {
            let known = PseudoParameters::of_region(region);
            assert_eq!(known.partition.as_deref(), Some(partition), "{region}");
            assert_eq!(known.url_suffix.as_deref(), Some(suffix), "{region}");
        }
    }

    #[test]
    fn what_is_no_arn_of_a_stack_tells_nothing() {
        for text in
            ["", "notes", "arn:aws:sns:eu-west-1:1:t", "arn:aws:cloudformation:eu-west-1:1:stack/notes"]
        {
            assert_eq!(PseudoParameters::of_stack(text), None, "{text}");
        }
    }
}
