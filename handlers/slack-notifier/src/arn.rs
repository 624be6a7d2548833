//! ARNs whose parts are checked, so that a URL may be built from them.

/// An ARN with plausible parts; region and account may be empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    pub partition: &'a str,
    pub service: &'a str,
    pub region: &'a str,
    pub account: &'a str,
    /// All after the fifth colon, as it is: names may hold anything, colons included.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Reads an ARN; `None` for whatever else.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let mut part = || parts.next();
        let (prefix, arn) = (
            part()?,
            Self { partition: part()?, service: part()?, region: part()?, account: part()?, resource: part()? },
        );
        let is_arn = prefix == "arn"
            && is_code(arn.partition)
            && is_code(arn.service)
            && (arn.region.is_empty() || is_code(arn.region))
            && arn.account.bytes().all(|byte| byte.is_ascii_digit())
            && !arn.resource.is_empty();
        is_arn.then_some(arn)
    }

    /// The same for an ARN of this service that names its region.
    pub fn regional(text: &'a str, service: &str) -> Option<Self> {
        Self::parse(text).filter(|arn| arn.service == service && !arn.region.is_empty())
    }
}

/// Whether a text is what partitions, services and regions are: `aws-cn`, `s3`, `ap-northeast-1`.
///
/// It may then be part of a host's name.
pub fn is_code(text: &str) -> bool {
    let is_part =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    text.len() <= 40 && text.split('-').all(is_part)
}

/// The partition that a region belongs to, for messages that name no ARN.
pub fn partition_of(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("cn") => "aws-cn",
        Some("us") if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// What a topic is called: the last part of its ARN, or all there is of one that is none.
pub fn topic_name(topic_arn: &str) -> &str {
    topic_arn.rsplit(':').next().unwrap_or(topic_arn).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_taken_apart_and_keeps_the_colons_of_a_name() {
        let arn = Arn::regional("arn:aws-cn:cloudwatch:cn-north-1:1:alarm:a:b c", "cloudwatch").unwrap();
        assert_eq!(
            (arn.partition, arn.region, arn.account, arn.resource),
            ("aws-cn", "cn-north-1", "1", "alarm:a:b c")
        );
        assert_eq!(Arn::parse("arn:aws:s3:::bucket").unwrap().resource, "bucket");
    }

    #[test]
    fn what_is_no_arn_is_none() {
        for text in [
            "",
            "arn",
            "arn:aws:sns:r:1",
            "arn:aws:sns:r:1:",
            "urn:aws:sns:r:1:t",
            "arn::sns:r:1:t",
            "arn:aws:sns:evil.example/:1:t",
            "arn:aws:sns:a--b:1:t",
            "arn:aws:sns:R:1:t",
            "arn:aws:sns:r:x:t",
            "arn:aws:sns:rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr:1:t",
        ] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
        assert_eq!(Arn::regional("arn:aws:s3:::bucket", "s3"), None);
        assert_eq!(Arn::regional("arn:aws:sns:r:1:t", "sqs"), None);
    }

    #[test]
    fn a_topic_has_a_name_whatever_its_arn_is() {
        for (text, name) in [
            ("arn:aws:sns:r:1:alarms", "alarms"),
            ("arn:aws:sns:r:1:a.fifo", "a.fifo"),
            ("alarms", "alarms"),
            ("a:", ""),
            ("", ""),
        ] {
            assert_eq!(topic_name(text), name, "{text}");
        }
    }

    #[test]
    fn a_region_tells_its_partition() {
        for (region, partition) in
            [("ap-northeast-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("us-east-1", "aws")]
        {
            assert_eq!(partition_of(region), partition);
        }
    }
}
