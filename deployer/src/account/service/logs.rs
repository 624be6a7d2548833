//! CloudWatch Logs: groups, and the events in them.

use super::{About, Service};
use crate::error::Outcome;
use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use serde::Deserialize;
use serde_json::{Value as Json, json};

const ABOUT: About = About { id: "CloudWatch Logs", name: "logs", global_region: None };
const PROTOCOL: (&str, &str) = ("1.1", "Logs_20140328");

/// A client of CloudWatch Logs. Source of all calls: CloudWatch Logs API reference.
#[derive(Clone, Debug)]
pub(crate) struct Logs(Service);

/// A log group.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogGroup {
    pub(crate) log_group_name: String,
    /// In milliseconds since 1970.
    #[serde(default)]
    pub(crate) creation_time: i64,
}

/// A record of a log.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct LogEvent {
    /// In milliseconds since 1970.
    #[serde(default)]
    pub(crate) timestamp: i64,
    #[serde(default)]
    pub(crate) message: String,
}

/// What is looked for in a log group.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct WantedEvents<'a> {
    /// Words that a record holds, as they are.
    pub(crate) words: Option<&'a str>,
    /// The earliest time, in milliseconds since 1970.
    pub(crate) since: Option<u64>,
}

impl Logs {
    pub(crate) fn new(config: &SdkConfig, interceptors: &[SharedInterceptor]) -> Self {
        Self(Service::new(&ABOUT, config, interceptors))
    }

    /// Every log group whose name begins so.
    pub(crate) async fn describe_log_groups(&self, prefix: &str) -> Outcome<Vec<LogGroup>> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Page {
            #[serde(default)]
            log_groups: Vec<LogGroup>,
            next_token: Option<String>,
        }
        let (mut groups, mut asked) = (Vec::new(), json!({"logGroupNamePrefix": prefix}));
        loop {
            let page: Page = self.0.call_json("logs:DescribeLogGroups", PROTOCOL, "DescribeLogGroups", &asked).await?;
            groups.extend(page.log_groups);
            match page.next_token {
                Some(token) => asked["nextToken"] = token.into(),
                None => return Ok(groups),
            }
        }
    }

    /// The records of a log group, in the order in which the service gives them.
    pub(crate) async fn filter_log_events(&self, group: &str, wanted: WantedEvents<'_>) -> Outcome<Vec<LogEvent>> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Page {
            #[serde(default)]
            events: Vec<LogEvent>,
            next_token: Option<String>,
        }
        let mut asked = json!({"logGroupName": group});
        if let Some(words) = wanted.words {
            asked["filterPattern"] = format!("\"{words}\"").into();
        }
        if let Some(since) = wanted.since {
            asked["startTime"] = since.into();
        }
        let mut events = Vec::new();
        loop {
            let page: Page = self.0.call_json("logs:FilterLogEvents", PROTOCOL, "FilterLogEvents", &asked).await?;
            events.extend(page.events);
            match page.next_token {
                Some(token) => asked["nextToken"] = token.into(),
                None => return Ok(events),
            }
        }
    }

    /// Deletes a log group.
    pub(crate) async fn delete_log_group(&self, name: &str) -> Outcome<()> {
        let asked = json!({"logGroupName": name});
        let _: Json = self.0.call_json("logs:DeleteLogGroup", PROTOCOL, "DeleteLogGroup", &asked).await?;
        Ok(())
    }
}
