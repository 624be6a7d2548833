//! Schedules of EventBridge.

use super::Resource;
use policies::Value;
use serde::Serialize;
use serde_json::{Value as Json, json};

/// Seconds for which a start that failed is tried again; later, the next one is near enough.
const TRIED_FOR_SECONDS: u32 = 3600;

/// Starts something at certain times.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Schedule {
    description: String,
    flexible_time_window: Json,
    schedule_expression: String,
    schedule_expression_timezone: String,
    target: Target,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    arn: Value,
    dead_letter_config: Json,
    input: &'static str,
    retry_policy: Json,
    role_arn: Value,
}

impl Resource for Schedule {
    const TYPE: &'static str = "AWS::Scheduler::Schedule";
}

/// What a schedule starts, in whose name, and where a start goes that failed for good; all by ARN.
pub(crate) struct Starting {
    pub(crate) machine: Value,
    pub(crate) role: Value,
    pub(crate) dead_letters: Value,
}

impl Schedule {
    /// Starts a state machine without input, at the times of the expression in the zone of that name.
    pub(crate) fn starting(starting: Starting, expression: String, time_zone: String, description: String) -> Self {
        Self {
            description,
            flexible_time_window: json!({"Mode": "OFF"}),
            schedule_expression: expression,
            schedule_expression_timezone: time_zone,
            target: Target {
                arn: starting.machine,
                dead_letter_config: json!({"Arn": starting.dead_letters}),
                input: "{}",
                retry_policy: json!({
                    "MaximumEventAgeInSeconds": TRIED_FOR_SECONDS,
                    "MaximumRetryAttempts": 10,
                }),
                role_arn: starting.role,
            },
        }
    }
}
