//! What goes over the wire, and what comes of answers.

use super::*;
use crate::account::WantedEvents;
use crate::account::scripted::{Answer, Scripted};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;

const GROUP: &str = "/aws/lambda/one";

fn body_of(request: &str) -> &str {
    request.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

#[tokio::test]
async fn pages_are_read_to_the_last_one_and_requests_are_signed() {
    let page = |message: &str, token: &str| {
        Answer::ok(&format!(r#"{{"events": [{{"timestamp": 7, "message": "{message}", "more": 1}}]{token}}}"#))
    };
    let aws = Scripted::start(vec![
        ("FilterLogEvents", page("one", r#", "nextToken": "t\"1""#)),
        ("FilterLogEvents", Answer::json_error(503, "ServiceUnavailableException")),
        ("FilterLogEvents", page("two", "")),
    ])
    .await;
    let wanted = WantedEvents { words: Some("a b"), since: Some(5) };
    let events = aws.account.logs.filter_log_events(GROUP, wanted).await.unwrap();
    let messages: Vec<(i64, &str)> = events.iter().map(|event| (event.timestamp, event.message.as_str())).collect();
    assert_eq!(messages, [(7, "one"), (7, "two")]);
    let asked = aws.asked("FilterLogEvents");
    let first = r#"{"filterPattern":"\"a b\"","logGroupName":"/aws/lambda/one","startTime":5}"#;
    assert_eq!(body_of(&asked[0]), first);
    assert!(asked[1..].iter().all(|request| body_of(request).contains(r#""nextToken":"t\"1""#)), "{asked:?}");
    let request = asked[0].to_lowercase();
    for header in [
        "post / http/1.1",
        "content-type: application/x-amz-json-1.1",
        "x-amz-target: logs_20140328.filterlogevents",
        "/ap-northeast-1/logs/aws4_request",
        "amz-sdk-request: attempt=1",
    ] {
        assert!(request.contains(header), "{header} is missing in {request}");
    }
}

#[tokio::test]
async fn a_path_is_taken_out_of_the_caches_of_a_service_without_regions() {
    let mut aws = Scripted::start(vec![]).await;
    let paths = ["/a&b.html".to_owned(), "/".to_owned()];
    // What it answers does not matter here.
    let _ = aws.account.cloudfront.create_invalidation("D1", &paths, "once").await;
    let asked = aws.all_asked();
    assert_eq!(
        body_of(&asked[0]),
        "<InvalidationBatch xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\"><Paths><Quantity>2</Quantity>\
         <Items><Path>/a&amp;b.html</Path><Path>/</Path></Items></Paths><CallerReference>once</CallerReference>\
         </InvalidationBatch>"
    );
    let request = asked[0].to_lowercase();
    assert!(request.starts_with("post /2020-05-31/distribution/d1/invalidation http/1.1"), "{request}");
    assert!(request.contains("/us-east-1/cloudfront/aws4_request"), "{request}");
    let _ = aws.told();
}

#[tokio::test]
async fn every_form_of_an_error_is_read() {
    let json = |body: &str| Answer::Body(400, body.to_owned());
    for (answer, expected) in [
        (json(r#"{"__type": "ResourceNotFoundException", "message": "gone"}"#), "gone (ResourceNotFoundException)"),
        (json(r#"{"__type": "com.amazonaws.logs#Other:http://x", "Message": "no"}"#), "no (Other)"),
        (json(r#"{"code": "Third"}"#), "no reason given (Third)"),
        (
            json("<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>"),
            "not you (AccessDenied)",
        ),
        (json("<html>a proxy</html>"), "the answer is not one of AWS's"),
        (json("[]"), "the answer is not one of AWS's"),
        (Answer::ok("no JSON"), "the answer is not one of AWS's"),
        (Answer::ok(r#"{"logGroups": 1}"#), "the answer is not one of AWS's"),
    ] {
        let aws = Scripted::start(vec![("DescribeLogGroups", answer)]).await;
        let error = aws.account.logs.describe_log_groups("/").await.unwrap_err().to_string();
        assert!(error.starts_with("logs:DescribeLogGroups failed: ") && error.contains(expected), "{error}");
    }
}

#[test]
fn an_endpoint_is_the_one_of_the_region_unless_another_one_is_named() {
    const REGIONAL: About = About { id: "CloudWatch Logs", name: "logs", global_region: None };
    const GLOBAL: About = About { id: "CloudFront", name: "cloudfront", global_region: Some("us-east-1") };
    let config = |region: &str| {
        let credentials = SharedCredentialsProvider::new(Credentials::new("k", "s", None, None, "test"));
        SdkConfig::builder().region(Region::new(region.to_owned())).credentials_provider(credentials)
    };
    for (about, config, expected) in [
        (&REGIONAL, config("eu-west-1"), "https://logs.eu-west-1.amazonaws.com"),
        (&REGIONAL, config("cn-north-1"), "https://logs.cn-north-1.amazonaws.com.cn"),
        (&REGIONAL, config("us-east-1").use_fips(true), "https://logs-fips.us-east-1.amazonaws.com"),
        (&REGIONAL, config("us-east-1").use_dual_stack(true), "https://logs.us-east-1.api.aws"),
        (&REGIONAL, config("us-east-1").endpoint_url("http://127.0.0.1:1"), "http://127.0.0.1:1"),
        (&GLOBAL, config("eu-west-1"), "https://cloudfront.amazonaws.com"),
        (&GLOBAL, config("eu-west-1").endpoint_url("http://127.0.0.1:1"), "http://127.0.0.1:1"),
    ] {
        assert_eq!(Service::new(about, &config.build(), &[]).endpoint(), expected);
    }
}
