//! Alarms of CloudWatch, metric and composite.
//!
//! Source: Amazon CloudWatch user guide, "Notify users on alarm changes", and alarms as they came.

use super::{Context, Notice, Object, Severity, number, seen_string, string};
use crate::arn::Arn;
use crate::console;
use contracts::TimeZone;
use serde_json::Value;

pub(super) fn read(object: &Object, context: &Context) -> Option<Notice> {
    let (name, state) = (string(object, "AlarmName")?, string(object, "NewStateValue")?);
    let severity = match state {
        "ALARM" => Severity::Bad,
        "OK" => Severity::Good,
        _ => Severity::Neutral,
    };
    let mut notice = Notice::new("alarm", severity, format!("{state}: {name}"));
    let why = [string(object, "AlarmDescription"), string(object, "NewStateReason")];
    let why: Vec<&str> = why.into_iter().flatten().collect();
    notice.text = Some(why.join("\n\n")).filter(|text| !text.is_empty());

    let change = string(object, "OldStateValue").map(|old| format!("{old} → {state}"));
    notice.add("State", change);
    if let Some(trigger) = object.get("Trigger").and_then(Value::as_object) {
        notice.add("Metric", metric(trigger));
        notice.add("Threshold", threshold(trigger));
    }
    notice.add("Rule", string(object, "AlarmRule"));
    notice.add("Triggered by", children(object));

    let arn = string(object, "AlarmArn").and_then(|arn| Arn::regional(arn, "cloudwatch"));
    notice.link = arn.and_then(console::alarm);
    let region = arn.map(|arn| arn.region).or_else(|| string(object, "Region"));
    let account = string(object, "AWSAccountId").or_else(|| arn.map(|arn| arn.account));
    notice.footer = context.footer(region, account, string(object, "StateChangeTime"));
    Some(notice)
}

/// How soon after its first period an alarm that was made or changed comes to its first verdict.
const BEGINNING_SECONDS: i64 = 4 * 60;
/// The period of an alarm that does not say it, such as one of several metrics.
const USUAL_PERIOD_SECONDS: i64 = 5 * 60;

/// Whether an alarm only tells that it was made and found nothing amiss: nothing has recovered.
///
/// Every new alarm goes from `INSUFFICIENT_DATA` to `OK` by itself, and a deployment makes many. The later
/// it does, the likelier is something else: it went off and lost its data before it recovered.
pub(super) fn has_just_begun(object: &Object) -> bool {
    let state = |name| string(object, name);
    let is_first = (state("OldStateValue"), state("NewStateValue")) == (Some("INSUFFICIENT_DATA"), Some("OK"));
    let moment = |name| string(object, name).and_then(TimeZone::seconds_of_iso);
    let made_and_judged = moment("AlarmConfigurationUpdatedTimestamp").zip(moment("StateChangeTime"));
    let period = object.get("Trigger").and_then(|trigger| trigger["Period"].as_i64());
    // Source: CloudWatch API reference, PutMetricAlarm: up to a day.
    let period = period.filter(|seconds| (1..=86_400).contains(seconds)).unwrap_or(USUAL_PERIOD_SECONDS);
    let beginning = 0..=period + BEGINNING_SECONDS;
    is_first && made_and_judged.is_some_and(|(made, judged)| beginning.contains(&(judged - made)))
}

/// One metric with its dimensions, or the expressions of several.
fn metric(trigger: &Object) -> Option<String> {
    if let Some(name) = string(trigger, "MetricName") {
        return Some(named_metric(trigger, name));
    }
    let metrics = trigger.get("Metrics")?.as_array()?;
    let lines: Vec<String> = metrics.iter().filter_map(Value::as_object).filter_map(part_of_expression).collect();
    Some(lines.join("\n"))
}

fn named_metric(metric: &Object, name: &str) -> String {
    let mut text = match string(metric, "Namespace") {
        Some(namespace) => format!("{namespace} {name}"),
        None => name.to_owned(),
    };
    let dimensions = metric.get("Dimensions").and_then(Value::as_array);
    let dimensions = dimensions.into_iter().flatten().filter_map(|dimension| {
        Some(format!("{} {}", seen_string(&dimension["name"])?, seen_string(&dimension["value"])?))
    });
    let dimensions: Vec<String> = dimensions.collect();
    if !dimensions.is_empty() {
        text.push_str(&format!(" ({})", dimensions.join(", ")));
    }
    text
}

fn part_of_expression(part: &Object) -> Option<String> {
    let id = string(part, "Id").unwrap_or("?");
    if let Some(expression) = string(part, "Expression") {
        return Some(match string(part, "Label") {
            Some(label) if label != expression => format!("{id} = {expression} ({label})"),
            _ => format!("{id} = {expression}"),
        });
    }
    let stat = part.get("MetricStat")?.as_object()?;
    let metric = stat.get("Metric")?.as_object()?;
    let statistic = string(stat, "Stat").map(|statistic| format!("{statistic} of ")).unwrap_or_default();
    Some(format!("{id} = {statistic}{}", named_metric(metric, string(metric, "MetricName")?)))
}

/// For example `SUM > 5, 1 period of 300 s`.
fn threshold(trigger: &Object) -> Option<String> {
    let statistic = string(trigger, "Statistic").or_else(|| string(trigger, "ExtendedStatistic"));
    let operator = string(trigger, "ComparisonOperator").map(|operator| match operator {
        "GreaterThanThreshold" => ">",
        "GreaterThanOrEqualToThreshold" => "≥",
        "LessThanThreshold" => "<",
        "LessThanOrEqualToThreshold" => "≤",
        "LessThanLowerOrGreaterThanUpperThreshold" => "outside of the expected band",
        "LessThanLowerThreshold" => "below the expected band",
        "GreaterThanUpperThreshold" => "above the expected band",
        other => other,
    })?;
    let is_band = operator.ends_with("band");
    let value = trigger.get("Threshold").and_then(number).filter(|_| !is_band);
    if value.is_none() && !is_band {
        return None;
    }
    let parts = [statistic.map(str::to_owned), Some(operator.to_owned()), value];
    let mut text = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let periods = trigger.get("EvaluationPeriods").and_then(Value::as_u64);
    if let (Some(periods), Some(seconds)) = (periods, trigger.get("Period").and_then(Value::as_u64)) {
        let noun = if periods == 1 { "period" } else { "periods" };
        text.push_str(&format!(", {periods} {noun} of {seconds} s"));
    }
    Some(text)
}

/// The alarms that made a composite alarm change, with their states.
fn children(object: &Object) -> Option<String> {
    let children = object.get("TriggeringChildren")?.as_array()?;
    let lines = children.iter().filter_map(|child| {
        let arn = seen_string(&child["Arn"])?;
        let name = Arn::parse(arn).and_then(|arn| arn.resource.strip_prefix("alarm:")).unwrap_or(arn);
        Some(match seen_string(&child["State"]["Value"]) {
            Some(state) => format!("{name}: {state}"),
            None => name.to_owned(),
        })
    });
    Some(lines.collect::<Vec<_>>().join("\n"))
}
