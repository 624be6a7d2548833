//! Every resource that has a price by the month is counted in the table of costs.

use stacks::{Stage, StageName};

#[test]
fn nothing_else_in_the_templates_has_a_price_by_the_month() {
    const FREE_WHEN_IDLE: [&str; 30] = [
        "AWS::ApiGateway::Deployment",
        "AWS::ApiGateway::GatewayResponse",
        "AWS::ApiGateway::Method",
        "AWS::ApiGateway::Resource",
        "AWS::ApiGateway::RestApi",
        "AWS::ApiGateway::Stage",
        "AWS::CertificateManager::Certificate",
        "AWS::CloudFront::Distribution",
        "AWS::CloudFront::OriginAccessControl",
        "AWS::CloudFront::ResponseHeadersPolicy",
        "AWS::DynamoDB::Table",
        "AWS::Events::Connection",
        "AWS::IAM::Role",
        "AWS::Lambda::EventSourceMapping",
        "AWS::Lambda::Function",
        "AWS::Lambda::Permission",
        "AWS::Logs::LogGroup",
        "AWS::Route53::RecordSet",
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::Subscription",
        "AWS::SNS::Topic",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::Queue",
        "AWS::SQS::QueuePolicy",
        "AWS::Scheduler::Schedule",
        "AWS::StepFunctions::StateMachine",
        // Each has its price in the README.
        "AWS::CloudWatch::Alarm",
        "AWS::KMS::Key",
        "AWS::SecretsManager::Secret",
    ];
    let text = std::fs::read_to_string(format!("{}/stages/example.yaml", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let stage = Stage::parse(StageName::try_from("example".to_owned()).unwrap(), &text).unwrap();
    for stack in stacks::all(&stage) {
        let template: serde_json::Value = serde_yaml::from_str(&stack.template()).unwrap();
        for (id, entry) in template["Resources"].as_object().unwrap() {
            let kind = entry["Type"].as_str().unwrap();
            let is_known = FREE_WHEN_IDLE.contains(&kind) || kind.starts_with("AWS::WAFv2::");
            assert!(is_known, "{}: {id}: what does {kind} cost when nothing happens?", stack.name());
        }
    }
}
