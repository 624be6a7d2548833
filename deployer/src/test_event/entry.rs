//! The way of an event into the stack.

use super::trace::{Ended, Logged};
use super::{Run, TestReport, diagnose, trace};
use crate::error::{Error, Outcome};
use crate::outputs::SignedBy;
use crate::random::random_word;
use crate::web::{client_for, web_client};
use aws_smithy_types::retry::RetryConfig;
use serde_json::Value as Json;
use stacks::Entry;
use std::time::{Duration, Instant};

/// How long an endpoint may take to answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// An event that was taken.
pub(super) struct Sent {
    /// Id under which it is found in the logs.
    pub(super) id: String,
    /// When it was sent, in milliseconds since 1970.
    pub(super) at: u64,
    /// Function that took it, if one did.
    pub(super) taken_by: Option<&'static str>,
}

/// The error when the answer to a message is missing.
fn perhaps_sent(error: Error) -> Error {
    match error.is_transient() {
        true => Error::Test {
            what: format!("{error}\n  it is unknown whether the message was accepted"),
            hint: "check where it would be shown; the same command publishes another one".into(),
        },
        false => error,
    }
}

impl Run<'_> {
    /// Sends the event as the plan says; `None` if it was not taken.
    pub(super) async fn send(&self, report: &mut TestReport) -> Outcome<Option<Sent>> {
        let nowhere = |what: &str| Error::Test { what: what.into(), hint: "deploy the stack again".into() };
        match &self.plan.entry {
            Entry::Webhook { function, body } => {
                let registration =
                    self.there.registrations.first().ok_or_else(|| nowhere("the stack has no endpoint"))?;
                let signature = match &registration.key {
                    None => vec![],
                    // As the SaaS would, with an id that no event had before.
                    Some(SignedBy { key, scheme, .. }) => scheme
                        .sign(key, &random_word(8)?, body.as_bytes(), trace::now_millis() / 1000)
                        .map_err(|problem| nowhere(problem.reason()))?,
                };
                self.post(report, function, &registration.url, &signature, body).await
            }
            Entry::Post { function, site_output, path, body } => {
                let site = self.there.outputs.get(*site_output).ok_or_else(|| nowhere("the stack has no site"))?;
                self.post(report, function, &format!("{}{path}", site.trim_end_matches('/')), &[], body).await
            }
            Entry::Publish { topic_output, subject, message } => {
                let topic = self.there.outputs.get(*topic_output).ok_or_else(|| nowhere("the stack has no topic"))?;
                self.publish(report, topic, subject.as_deref(), message).await
            }
            Entry::Send { queue_output, message } => {
                let queue = self.there.outputs.get(*queue_output).ok_or_else(|| nowhere("the stack has no queue"))?;
                self.send_to_queue(report, queue, message).await
            }
            Entry::Execute { .. } => Ok(None),
        }
    }

    async fn send_to_queue(&self, report: &mut TestReport, queue: &str, message: &str) -> Outcome<Option<Sent>> {
        let (at, began) = (trace::now_millis(), Instant::now());
        let call = self.account.sqs.send_message().queue_url(queue).message_body(message).customize();
        // A standard queue cannot distinguish a repeated request from a second message.
        let once = aws_sdk_sqs::config::Builder::new().retry_config(RetryConfig::disabled());
        let answer = call.config_override(once).send().await.map_err(Error::aws("sqs:SendMessage"));
        let id = answer.map_err(perhaps_sent)?.message_id.unwrap_or_default();
        let name = queue.rsplit('/').next().unwrap_or(queue);
        report.passed(format!("send to {name}"), Some(began.elapsed()), format!("sent as {id}"));
        Ok(Some(Sent { id, at, taken_by: None }))
    }

    async fn publish(
        &self,
        report: &mut TestReport,
        topic: &str,
        subject: Option<&str>,
        message: &str,
    ) -> Outcome<Option<Sent>> {
        let (at, began) = (trace::now_millis(), Instant::now());
        // A topic that was there already may be in another region, and is only known there.
        let region = topic.split(':').nth(3).unwrap_or_default();
        let account = (region != self.account.region).then(|| self.account.in_region(region));
        let sns = account.as_ref().map_or(&self.account.sns, |account| &account.sns);
        let call = sns.publish().topic_arn(topic).message(message).set_subject(subject.map(str::to_owned)).customize();
        // SNS cannot distinguish a repeated request from a second message.
        let once = aws_sdk_sns::config::Builder::new().retry_config(RetryConfig::disabled());
        let answer = call.config_override(once).send().await.map_err(Error::aws("sns:Publish"));
        let answer = answer.map_err(|error| not_published(perhaps_sent(error), topic, &self.account.id))?;
        let id = answer.message_id.unwrap_or_default();
        let name = topic.rsplit(':').next().unwrap_or(topic);
        report.passed(format!("publish to {name}"), Some(began.elapsed()), format!("published as {id}"));
        Ok(Some(Sent { id, at, taken_by: None }))
    }

    /// Posts the event as the SaaS or the form would.
    async fn post(
        &self,
        report: &mut TestReport,
        function: &'static str,
        url: &str,
        signature: &[(String, String)],
        body: &str,
    ) -> Outcome<Option<Sent>> {
        let hop = format!("POST to {function}");
        let client = match &self.account.local {
            Some(local) => client_for(local, url)?,
            None => web_client(self.account.trust())?,
        };
        let (at, began) = (trace::now_millis(), Instant::now());
        let _wait = self.account.reporter.wait(format!("the endpoint of {function} to answer"));
        let mut call = client.post(url).header("content-type", "application/json");
        for (name, value) in signature {
            call = call.header(name, value);
        }
        let answer = call.timeout(ANSWER_LIMIT).body(body.to_owned()).send().await;
        let took = Some(began.elapsed());
        let (status, body) = match answer {
            Ok(answer) => (answer.status().as_u16(), answer.text().await.unwrap_or_default()),
            Err(error) => (0, error.without_url().to_string()),
        };
        let said: Json = serde_json::from_str(&body).unwrap_or(Json::Null);
        if let (200, Some(id)) = (status, said["id"].as_str()) {
            report.passed(hop, took, format!("200, queued as {id}"));
            return Ok(Some(Sent { id: id.to_owned(), at, taken_by: Some(function) }));
        }
        let shown: String = body.chars().take(200).collect();
        let problem = trace::last_problem(self.account, self.stack, function).await;
        let cause = match problem.as_ref().and_then(Logged::ended) {
            Some(Ended::Failure { cause, .. }) if status >= 500 && !cause.is_other() => {
                diagnose::of_failure(self.account, self.stack, function, cause).await
            }
            _ => diagnose::of_answer(self.account, self.stack, function, status).await,
        };
        report.broke(hop, took, format!("{status} {shown}"), problem.map(|line| line.text), cause);
        Ok(None)
    }
}

/// The error if a topic refuses the event: only its owner can open a topic of another account.
fn not_published(error: Error, topic: &str, account: &str) -> Error {
    let owner = topic.split(':').nth(4).unwrap_or_default();
    // Source: Amazon SNS API reference, Publish: an action that is denied, also on a topic that does not exist.
    let is_refused = matches!(error.code(), Some("AuthorizationError" | "AuthorizationErrorException" | "NotFound"));
    match is_refused && owner != account {
        true => Error::Test {
            what: format!("account {account} may not publish to `{topic}`, which belongs to account {owner}: {error}"),
            hint: format!(
                "test without this permission: ask someone in account {owner} to run `aws sns publish --topic-arn {topic} --message test`, then check the channel for the message; or let the topic's policy allow account {account} sns:Publish"
            ),
        },
        false => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_of_another_account_that_cannot_be_published_to_is_told_with_another_way() {
        let refused = |code: &str| Error::Aws { operation: "sns:Publish", code: code.into(), message: "no".into() };
        let topic = "arn:aws:sns:ap-northeast-1:444455556666:alarms";
        for code in ["AuthorizationError", "NotFound"] {
            let error = not_published(refused(code), topic, "111122223333");
            assert!(error.to_string().contains("belongs to account 444455556666"), "{error}");
            assert!(error.hint().unwrap().contains(&format!("aws sns publish --topic-arn {topic}")));
        }
        for (code, account) in [("AuthorizationError", "444455556666"), ("Throttling", "111122223333")] {
            assert_eq!(not_published(refused(code), topic, account).code(), Some(code));
        }
    }
}
