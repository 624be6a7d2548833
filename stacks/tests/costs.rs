//! The README says what the stacks cost a month when nothing happens; this counts it from the templates.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use stacks::{Stage, StageName};
use std::fmt::Write;

/// List prices of us-east-1 in hundredths of a cent, a month each.
///
/// Sources, November 2026: the pricing pages of CloudWatch (a standard-resolution alarm), Secrets Manager, KMS
/// (a customer managed key) and SQS (0.40 dollars for a million requests).
const ALARM: usize = 1_000;
const SECRET: usize = 4_000;
const KEY: usize = 10_000;
const MILLION_REQUESTS: usize = 4_000;

/// Requests of one event source mapping to an empty queue: five pollers that wait 20 seconds each, for 30 days.
///
/// Source: Lambda developer guide, "Using Lambda with Amazon SQS", on how polling begins; an estimate.
const REQUESTS_OF_POLLING: usize = 5 * 3 * 60 * 24 * 30;

/// Every account has so much for nothing: ten alarms, and a million requests to SQS.
const FREE: usize = 10 * ALARM + MILLION_REQUESTS;

#[derive(Clone, Copy, Default)]
struct Idle {
    alarms: usize,
    secrets: usize,
    keys: usize,
    polled_queues: usize,
}

impl Idle {
    fn of(template: &str) -> Self {
        let template: serde_json::Value = serde_yaml::from_str(template).unwrap();
        let resources = template["Resources"].as_object().unwrap();
        let count = |kind: &str| resources.values().filter(|entry| entry["Type"] == kind).count();
        Self {
            alarms: count("AWS::CloudWatch::Alarm"),
            // A connection keeps what it authenticates with in a secret that costs its user nothing.
            secrets: count("AWS::SecretsManager::Secret"),
            keys: count("AWS::KMS::Key"),
            polled_queues: count("AWS::Lambda::EventSourceMapping"),
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            alarms: self.alarms + other.alarms,
            secrets: self.secrets + other.secrets,
            keys: self.keys + other.keys,
            polled_queues: self.polled_queues + other.polled_queues,
        }
    }

    fn price(self) -> usize {
        let polling = self.polled_queues * REQUESTS_OF_POLLING * MILLION_REQUESTS / 1_000_000;
        self.alarms * ALARM + self.secrets * SECRET + self.keys * KEY + polling
    }

    fn row(self, name: &str) -> String {
        let Self { alarms, secrets, keys, polled_queues } = self;
        format!("| {name} | {alarms} | {secrets} | {keys} | {polled_queues} | {} |", dollars(self.price()))
    }
}

fn dollars(price: usize) -> String {
    let cents = (price + 50) / 100;
    format!("{}.{:02}", cents / 100, cents % 100)
}

#[test]
fn the_readme_says_what_the_stacks_cost_when_nothing_happens() {
    let path = |name: &str| format!("{}/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path("stages/example.yaml")).unwrap();
    // The rule of AWS WAF has its own sentence, since nobody pays for it who did not ask for it.
    let stage = Stage::parse(StageName::try_from("example".to_owned()).unwrap(), &text).unwrap();
    let mut table = String::from("| stack | alarms | secrets | keys | queues polled | dollars |\n");
    table += "| --- | --- | --- | --- | --- | --- |\n";
    let mut all = Idle::default();
    for stack in stacks::all(&stage) {
        let idle = Idle::of(&stack.template());
        writeln!(table, "{}", idle.row(&format!("`{}`", stack.name()))).unwrap();
        all = all.plus(idle);
    }
    writeln!(table, "{}", all.row("all")).unwrap();
    let after = format!("about {} dollars", dollars(all.price() - FREE));
    let readme = std::fs::read_to_string(path("../README.md")).unwrap();
    assert!(readme.contains(&table), "README.md lacks this table:\n{table}");
    assert!(readme.contains(&after), "README.md does not say `{after}`");
}

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
