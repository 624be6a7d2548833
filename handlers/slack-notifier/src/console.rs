//! URLs of the AWS console, built from checked parts only.

use crate::arn::Arn;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What is encoded in one component of an address.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What is encoded where slashes and colons have to stay.
const PATH: &AsciiSet = &COMPONENT.remove(b'/').remove(b':');
/// What is encoded of an address that is one already: what stands in none.
const ADDRESS: &AsciiSet = &PATH
    .remove(b'?')
    .remove(b'#')
    .remove(b'[')
    .remove(b']')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b'%');
/// Longest encoded key of an object that goes into an address.
const KEY_LIMIT: usize = 2000;

/// A URL with a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub label: &'static str,
    pub url: String,
}

/// An alarm of CloudWatch.
pub fn alarm(arn: Arn) -> Option<Link> {
    let name = arn.resource.strip_prefix("alarm:")?;
    let (console, region) = (regional(arn.partition, arn.region)?, arn.region);
    // The console writes `$` where others write `%`, and does not find a name with a slash or a percent sign otherwise.
    let name = encoded(name).replace('%', "$");
    let url = format!("{console}/cloudwatch/home?region={region}#alarmsV2:alarm/{name}");
    Some(Link { label: "Open the alarm in CloudWatch", url })
}

/// A pipeline, or one execution of it.
pub fn pipeline(partition: &str, region: &str, name: &str, execution: Option<&str>) -> Option<Link> {
    let (console, name) = (regional(partition, region)?, encoded(name));
    let place = match execution {
        Some(execution) => format!("executions/{}/timeline", encoded(execution)),
        None => "view".to_owned(),
    };
    let url = format!("{console}/codesuite/codepipeline/pipelines/{name}/{place}?region={region}");
    Some(Link { label: "Open the pipeline in CodePipeline", url })
}

/// A bucket, or one object in it.
pub fn bucket(partition: &str, region: &str, name: &str, key: Option<&str>) -> Option<Link> {
    let (console, name) = (regional(partition, region)?, encoded(name));
    let key = key.map(encoded).filter(|key| key.len() <= KEY_LIMIT);
    Some(match key {
        Some(key) => Link {
            label: "Open the object in S3",
            url: format!("{console}/s3/object/{name}?region={region}&prefix={key}"),
        },
        None => Link { label: "Open the bucket in S3", url: format!("{console}/s3/buckets/{name}?region={region}") },
    })
}

/// A stack of CloudFormation, by its ARN.
pub fn stack(arn: &str) -> Option<Link> {
    let Arn { partition, region, .. } = Arn::regional(arn, "cloudformation")?;
    let console = regional(partition, region)?;
    let stack = encoded(arn);
    let url = format!("{console}/cloudformation/home?region={region}#/stacks/stackinfo?stackId={stack}");
    Some(Link { label: "Open the stack in CloudFormation", url })
}

/// The budgets of an account.
pub fn budgets(partition: &str) -> Option<Link> {
    let url = format!("https://{}/billing/home#/budgets", host(partition)?);
    Some(Link { label: "Open AWS Budgets", url })
}

/// A page of the console. A path is of the region's console; one that begins with `/` is of the console of all
/// regions; an address of its own is of the partition `aws` alone.
///
/// The caller has encoded all of the page that is not its own.
pub fn page(label: &'static str, partition: &str, region: Option<&str>, page: &str) -> Option<Link> {
    let url = if page.starts_with("https://") {
        (partition == "aws").then(|| page.to_owned())?
    } else if page.starts_with('/') {
        format!("https://{}{page}", host(partition)?)
    } else {
        format!("{}/{page}", regional(partition, region?)?)
    };
    Some(Link { label, url })
}

/// An address that came with a message, if it leads to the console and nowhere else.
pub fn given(label: &'static str, address: &str) -> Option<Link> {
    let rest = address.strip_prefix("https://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (name, page) = rest.split_at_checked(end)?;
    let is_console = ["aws", "aws-cn", "aws-us-gov"].into_iter().filter_map(host).any(|host| {
        name.strip_suffix(host)
            .is_some_and(|before| before.is_empty() || before.strip_suffix('.').is_some_and(crate::arn::is_code))
    });
    is_console.then(|| Link { label, url: format!("https://{name}{}", utf8_percent_encode(page, ADDRESS)) })
}

/// Where the console of a region is; none for a partition whose console is unknown.
fn regional(partition: &str, region: &str) -> Option<String> {
    let host = host(partition)?;
    let is_place = crate::arn::is_code(region) && crate::arn::partition_of(region) == partition;
    match partition {
        _ if !is_place => None,
        "aws-us-gov" => Some(format!("https://{host}")),
        _ => Some(format!("https://{region}.{host}")),
    }
}

/// Source: Amazon Web Services in China and AWS GovCloud (US) user guides, endpoints and console.
fn host(partition: &str) -> Option<&'static str> {
    match partition {
        "aws" => Some("console.aws.amazon.com"),
        "aws-cn" => Some("console.amazonaws.cn"),
        "aws-us-gov" => Some("console.amazonaws-us-gov.com"),
        _ => None,
    }
}

/// A text as one component of an address: only unreserved characters stay as they are.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, COMPONENT).to_string()
}

/// The same where slashes and colons have to stay: in names of repositories, and in ARNs.
pub fn encoded_path(text: &str) -> String {
    utf8_percent_encode(text, PATH).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alarm_url(arn: &str) -> Option<String> {
        Arn::regional(arn, "cloudwatch").and_then(alarm).map(|link| link.url)
    }

    #[test]
    fn an_alarm_is_found_in_every_partition_whose_console_is_known() {
        for (arn, url) in [
            (
                "arn:aws:cloudwatch:ap-northeast-1:1:alarm:checkout-errors",
                "https://ap-northeast-1.console.aws.amazon.com/cloudwatch/home?region=ap-northeast-1#alarmsV2:alarm/checkout-errors",
            ),
            (
                "arn:aws-cn:cloudwatch:cn-north-1:1:alarm:x",
                "https://cn-north-1.console.amazonaws.cn/cloudwatch/home?region=cn-north-1#alarmsV2:alarm/x",
            ),
            (
                "arn:aws-us-gov:cloudwatch:us-gov-west-1:1:alarm:x",
                "https://console.amazonaws-us-gov.com/cloudwatch/home?region=us-gov-west-1#alarmsV2:alarm/x",
            ),
        ] {
            assert_eq!(alarm_url(arn).as_deref(), Some(url));
        }
        assert_eq!(alarm_url("arn:aws-iso:cloudwatch:us-iso-east-1:1:alarm:x"), None);
        assert_eq!(alarm_url("arn:aws:cloudwatch:cn-north-1:1:alarm:x"), None);
        assert_eq!(alarm_url("arn:aws:cloudwatch:us-east-1:1:dashboard:x"), None);
    }

    #[test]
    fn a_name_cannot_leave_its_place_in_an_address() {
        let url = alarm_url("arn:aws:cloudwatch:us-east-1:1:alarm:a|b> <c/é?#&%:").unwrap();
        assert!(url.ends_with("#alarmsV2:alarm/a$7Cb$3E$20$3Cc$2F$C3$A9$3F$23$26$25$3A"), "{url}");
        for region in ["evil.example/", "x@evil", "", "a b", "us-east-1.evil"] {
            assert_eq!(pipeline("aws", region, "p", None), None, "{region}");
            assert_eq!(bucket("aws", region, "b", None), None, "{region}");
        }
    }

    #[test]
    fn a_key_too_long_for_an_address_leads_to_its_bucket() {
        let url = |key: &str| bucket("aws", "us-east-1", "b", Some(key)).unwrap().url;
        assert_eq!(
            url("見 a+b.txt"),
            "https://us-east-1.console.aws.amazon.com/s3/object/b?region=us-east-1&prefix=%E8%A6%8B%20a%2Bb.txt"
        );
        assert_eq!(url(&"あ".repeat(341)), "https://us-east-1.console.aws.amazon.com/s3/buckets/b?region=us-east-1");
    }

    #[test]
    fn an_address_of_others_is_taken_only_if_it_leads_to_the_console() {
        let url = |address: &str| given("x", address).map(|link| link.url);
        for right in [
            "https://console.aws.amazon.com/rds/home?region=us-east-1#dbinstance:id=demo",
            "https://us-east-1.console.aws.amazon.com/x",
            "https://cn-north-1.console.amazonaws.cn/x",
            "https://console.aws.amazon.com",
        ] {
            assert_eq!(url(right).as_deref(), Some(right));
        }
        for wrong in [
            "http://console.aws.amazon.com/x",
            "https://evilconsole.aws.amazon.com.example/x",
            "https://evil.example/console.aws.amazon.com",
            "https://evilconsole.aws.amazon.com/x",
            "https://console.aws.amazon.com@evil.example/x",
            "https://console.aws.amazon.com:8443/x",
            "https://a@b.console.aws.amazon.com/x",
            "console.aws.amazon.com/x",
        ] {
            assert_eq!(url(wrong), None, "{wrong}");
        }
        assert_eq!(
            url("https://console.aws.amazon.com/a b|c>").as_deref(),
            Some("https://console.aws.amazon.com/a%20b%7Cc%3E")
        );
    }
}
