//! Schedules of EventBridge.

use super::Resource;
use policies::CfnString;
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
    target: Reached,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Reached {
    arn: CfnString,
    dead_letter_config: Json,
    input: &'static str,
    retry_policy: Json,
    role_arn: CfnString,
}

impl Resource for Schedule {
    const TYPE: &'static str = "AWS::Scheduler::Schedule";
}

/// What a schedule reaches.
pub(crate) struct Target {
    /// ARN of a state machine to start, or of a queue to send to.
    pub(crate) arn: CfnString,
    /// What it gets, as JSON.
    pub(crate) input: &'static str,
    /// ARN of the role in whose name it is reached.
    pub(crate) role: CfnString,
    /// ARN of the queue for what failed for good.
    pub(crate) dead_letters: CfnString,
}

impl Schedule {
    /// Reaches a target at the times of the expression in the zone of that name.
    pub(crate) fn of(target: Target, expression: String, time_zone: String, description: String) -> Self {
        Self {
            description,
            flexible_time_window: json!({"Mode": "OFF"}),
            schedule_expression: expression,
            schedule_expression_timezone: time_zone,
            target: Reached {
                arn: target.arn,
                dead_letter_config: json!({"Arn": target.dead_letters}),
                input: target.input,
                retry_policy: json!({
                    "MaximumEventAgeInSeconds": TRIED_FOR_SECONDS,
                    "MaximumRetryAttempts": 10,
                }),
                role_arn: target.role,
            },
        }
    }
}
