//! AWS's clients at the emulator, held to what handlers' tests believe of the services in memory.
//!
//! `cargo xtask ci` runs it by `xtask/tests/links.rs`, which gives it the address and the key of an emulator in the
//! variables that Lambda would set. It makes what it needs under names of its own.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use aws_sdk_secretsmanager::primitives::Blob;
use aws_sdk_sqs::types::QueueAttributeName;
use contracts::{
    ClaimWork, Count, Headers, InsertRecords, JsonObject, KeepRecords, PublishTo, PutObjects, ReadSecret, SendTo,
};
use runtime::{Environment, Opens};
use std::collections::HashMap;
use std::time::SystemTime;
use testing::conformance;

/// A name that no earlier run has used.
fn name(kind: &str) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    format!("links-{kind}-{}", now.as_nanos())
}

/// The environment of a function whose stack has set these variables.
#[expect(clippy::disallowed_methods, reason = "the emulator's address and key are in the environment, as in Lambda")]
fn environment(of_stack: &[(&'static str, &str)]) -> Environment {
    let of_stack: HashMap<&str, String> = of_stack.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let environment = Environment::new(move |name| of_stack.get(name).cloned().or_else(|| std::env::var(name).ok()));
    environment.variable("AWS_ENDPOINT_URL").expect("this asks the emulator and never AWS");
    environment
}

fn open<K, O: Opens<K>>(environment: &Environment, variable: &'static str) -> O::Link {
    O::open(environment, variable).unwrap()
}

async fn table() -> String {
    let client = aws_sdk_dynamodb::Client::new(&aws::connection(&environment(&[])).unwrap().config);
    let name = name("table");
    let id = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S);
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash);
    let call = client.create_table().table_name(&name).billing_mode(BillingMode::PayPerRequest);
    call.attribute_definitions(id.build().unwrap()).key_schema(key.build().unwrap()).send().await.unwrap();
    name
}

#[tokio::test]
async fn tables() {
    let environment = environment(&[("TABLE", &table().await), ("MISSING", "links-no-such-table")]);
    let records = open::<KeepRecords<_>, dynamodb::Opener>(&environment, "TABLE");
    conformance::records(&records, "records").await;
    let archive = open::<InsertRecords<_>, dynamodb::Opener>(&environment, "TABLE");
    conformance::archives(&archive, &records, "archive").await;
    conformance::missing_table(&open::<KeepRecords<_>, dynamodb::Opener>(&environment, "MISSING")).await;
}

#[tokio::test]
async fn claims() {
    let environment = environment(&[("TABLE", &table().await)]);
    conformance::claims(&open::<ClaimWork, dynamodb::Opener>(&environment, "TABLE"), "claims").await;
}

#[tokio::test]
async fn counters() {
    let environment = environment(&[("TABLE", &table().await)]);
    conformance::counters(&open::<Count, dynamodb::Opener>(&environment, "TABLE"), "counters").await;
}

/// A queue of its own, and how to take out of it what has arrived.
struct Queue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl Queue {
    async fn new() -> Self {
        let client = aws_sdk_sqs::Client::new(&aws::connection(&environment(&[])).unwrap().config);
        let made = client.create_queue().queue_name(name("queue")).send().await.unwrap();
        Self { client, url: made.queue_url.unwrap() }
    }

    async fn arn(&self) -> String {
        let asked = self.client.get_queue_attributes().queue_url(&self.url);
        let attributes = asked.attribute_names(QueueAttributeName::QueueArn).send().await.unwrap().attributes.unwrap();
        attributes[&QueueAttributeName::QueueArn].clone()
    }

    /// What arrives within a few seconds; the call ends as soon as there is something.
    async fn take(&self) -> Vec<(String, Headers)> {
        let asked = self.client.receive_message().queue_url(&self.url).wait_time_seconds(10);
        let taken = asked.message_attribute_names("All").max_number_of_messages(10).send().await.unwrap();
        let mut messages = Vec::new();
        for message in taken.messages.unwrap_or_default() {
            let receipt = message.receipt_handle.unwrap();
            self.client.delete_message().queue_url(&self.url).receipt_handle(receipt).send().await.unwrap();
            let attributes = message.message_attributes.unwrap_or_default().into_iter();
            let headers = attributes.map(|(name, value)| (name, value.string_value.unwrap())).collect();
            messages.push((message.body.unwrap(), headers));
        }
        messages
    }
}

#[tokio::test]
async fn queues() {
    let queue = Queue::new().await;
    let link = open::<SendTo<JsonObject>, sqs::Opener>(&environment(&[("QUEUE", &queue.url)]), "QUEUE");
    conformance::queues(&link, async || queue.take().await).await;
}

#[tokio::test]
async fn topics() {
    let client = aws_sdk_sns::Client::new(&aws::connection(&environment(&[])).unwrap().config);
    let topic = client.create_topic().name(name("topic")).send().await.unwrap().topic_arn.unwrap();
    let queue = Queue::new().await;
    let arn = queue.arn().await;
    let policy = serde_json::json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }]});
    let change = queue.client.set_queue_attributes().queue_url(&queue.url);
    change.attributes(QueueAttributeName::Policy, policy.to_string()).send().await.unwrap();
    let subscription = client.subscribe().topic_arn(&topic).protocol("sqs").endpoint(&arn);
    subscription.attributes("RawMessageDelivery", "true").send().await.unwrap();

    let link = open::<PublishTo<JsonObject>, sns::Opener>(&environment(&[("TOPIC", &topic)]), "TOPIC");
    let received = async || queue.take().await.into_iter().map(|(body, _)| body).collect();
    conformance::topics(&link, received).await;
}

#[tokio::test]
async fn secrets() {
    let client = aws_sdk_secretsmanager::Client::new(&aws::connection(&environment(&[])).unwrap().config);
    let made = client.create_secret().name(name("secret")).secret_string("before").send().await.unwrap();
    let arn = made.arn.unwrap();
    let environment = environment(&[("SECRET", &arn), ("MISSING", &format!("{arn}x"))]);
    let put = async |text: Option<&str>| {
        let call = client.put_secret_value().secret_id(&arn);
        let call = match text {
            Some(text) => call.secret_string(text),
            None => call.secret_binary(Blob::new("no text")),
        };
        call.send().await.unwrap();
    };
    conformance::secrets(|| open::<ReadSecret<_>, secretsmanager::Opener>(&environment, "SECRET"), put).await;
    conformance::missing_secret(&open::<ReadSecret<_>, secretsmanager::Opener>(&environment, "MISSING")).await;
}

#[tokio::test]
async fn objects() {
    let connection = aws::connection(&environment(&[])).unwrap();
    let config = aws_sdk_s3::config::Builder::from(&connection.config).force_path_style(true).build();
    let client = aws_sdk_s3::Client::from_conf(config);
    let bucket = name("bucket");
    let region = connection.config.region().unwrap().as_ref();
    let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::from(region));
    client.create_bucket().bucket(&bucket).create_bucket_configuration(place.build()).send().await.unwrap();

    let target = format!("s3://{bucket}/target/");
    let link = open::<PutObjects, s3::Opener>(&environment(&[("TARGET", &target)]), "TARGET");
    let read = async |name: &str| {
        let got = client.get_object().bucket(&bucket).key(format!("target/{name}")).send().await.ok()?;
        Some(got.body.collect().await.unwrap().to_vec())
    };
    conformance::objects(&link, read).await;
}
