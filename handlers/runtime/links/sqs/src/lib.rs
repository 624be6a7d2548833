//! Links to queues of Amazon SQS.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::MessageAttributeValue;
use contracts::{Headers, SendTo, service};
use runtime::calls::{Answer, QueueCalls};
use runtime::{Environment, Failure, LinkError, Opens, Queue};
use std::time::Duration;

/// The service that this crate is for.
pub type Service = service::Sqs;

/// Opens links to queues.
pub struct Opener;

impl<M> Opens<SendTo<M>> for Opener {
    type Link = Queue<M>;

    fn open(environment: &Environment, variable: &'static str) -> Result<Queue<M>, LinkError> {
        let client = Client::new(&aws::connection(environment)?.config);
        Ok(Queue::new(SqsQueue { client, url: environment.variable(variable)? }))
    }
}

struct SqsQueue {
    client: Client,
    url: String,
}

impl QueueCalls for SqsQueue {
    fn send<'a>(&'a self, body: &'a str, attributes: &'a Headers) -> Answer<'a, String> {
        Box::pin(async move {
            let mut call = self.client.send_message().queue_url(&self.url).message_body(body);
            for (name, value) in attributes {
                let attribute = MessageAttributeValue::builder().data_type("String").string_value(value);
                let attribute = attribute.build().map_err(|error| Failure::retry(error.to_string()))?;
                call = call.message_attributes(name, attribute);
            }
            let answer = call.send().await.map_err(|error| aws::failed_call("sqs:SendMessage", error))?;
            Ok(answer.message_id().unwrap_or_default().to_owned())
        })
    }

    fn postpone<'a>(&'a self, receipt: &'a str, delay: Duration) -> Answer<'a, ()> {
        Box::pin(async move {
            let call = self.client.change_message_visibility().queue_url(&self.url).receipt_handle(receipt);
            let call = call.visibility_timeout(i32::try_from(delay.as_secs()).unwrap_or(i32::MAX));
            call.send().await.map_err(|error| aws::failed_call("sqs:ChangeMessageVisibility", error))?;
            Ok(())
        })
    }
}
