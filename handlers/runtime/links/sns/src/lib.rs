//! Links to topics of Amazon SNS.

use aws_sdk_sns::Client;
use contracts::{PublishTo, service};
use runtime::calls::{Answer, TopicCalls};
use runtime::{Environment, LinkError, Opens, Topic};
use serde::Serialize;

/// The service that this crate is for.
pub type Service = service::Sns;

/// Opens links to topics.
pub struct Opener;

impl<M: Serialize> Opens<PublishTo<M>> for Opener {
    type Link = Topic<M>;

    fn open(environment: &Environment, variable: &'static str) -> Result<Topic<M>, LinkError> {
        let client = Client::new(&aws::connection(environment)?.config);
        Ok(Topic::new(SnsTopic { client, arn: environment.variable(variable)? }))
    }
}

struct SnsTopic {
    client: Client,
    arn: String,
}

impl TopicCalls for SnsTopic {
    fn publish<'a>(&'a self, message: &'a str) -> Answer<'a, String> {
        Box::pin(async move {
            let call = self.client.publish().topic_arn(&self.arn).message(message);
            let answer = call.send().await.map_err(|error| aws::failed_call("sns:Publish", error))?;
            Ok(answer.message_id().unwrap_or_default().to_owned())
        })
    }
}
