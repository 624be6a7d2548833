//! Alarms of CloudWatch, metric and composite.
//!
//! Source: Amazon CloudWatch user guide, "Notify users on alarm changes" and "Alarm events and EventBridge", and
//! alarms as they came.

use super::envelope::Event;
use super::{Context, Notice, Severity};
use crate::arn::Arn;
use crate::console;
use crate::json::Json;
use contracts::TimeZone;

pub(super) fn read(object: &Json, context: &Context) -> Option<Notice> {
    let (name, state) = (object["AlarmName"].seen()?, object["NewStateValue"].seen()?);
    let mut notice = noticed(name, state, [&object["AlarmDescription"], &object["NewStateReason"]]);
    let change = object["OldStateValue"].seen().map(|old| format!("{old} → {state}"));
    notice.add("State", change);
    let trigger = &object["Trigger"];
    notice.add("Metric", metric(trigger));
    notice.add("Threshold", threshold(trigger));
    notice.add("Rule", object["AlarmRule"].seen());
    notice.add("Triggered by", children(object));
    let suppressor = Suppressor {
        alarm: object["ActionsSuppressor"].seen(),
        by: object["ActionsSuppressedBy"].seen(),
        reason: object["ActionsSuppressedReason"].seen(),
    };
    suppressor.tell(&mut notice);

    let arn = object["AlarmArn"].seen().and_then(|arn| Arn::regional(arn, "cloudwatch"));
    notice.link = arn.and_then(console::alarm);
    let region = arn.map(|arn| arn.region).or_else(|| object["Region"].seen());
    let account = object["AWSAccountId"].seen().or_else(|| arn.map(|arn| arn.account));
    notice.footer = context.footer(region, account, object["StateChangeTime"].seen());
    Some(notice)
}

/// An alarm as EventBridge reports it; its configuration says neither operator nor number of periods.
pub(super) fn read_event(event: &Event, context: &Context) -> Option<Notice> {
    let (state, before, configuration) =
        (&event.detail["state"], &event.detail["previousState"], &event.detail["configuration"]);
    let (name, value) = (event.detail["alarmName"].seen()?, state["value"].seen()?);
    let mut notice = noticed(name, value, [&configuration["description"], &state["reason"]]);
    notice.add("State", before["value"].seen().map(|before| format!("{before} → {value}")));
    let metrics = configuration["metrics"].items().iter().filter_map(part_of_event);
    notice.add("Metric", Some(metrics.collect::<Vec<_>>().join("\n")));
    // JSON within a string of JSON.
    let data = state["reasonData"].seen().and_then(Json::read);
    notice.add("Threshold", data.as_ref().and_then(threshold_of_event));
    notice.add("Rule", configuration["alarmRule"].seen());
    let suppressor = Suppressor {
        alarm: configuration["actionsSuppressor"].seen(),
        by: state["actionsSuppressedBy"].seen(),
        reason: state["actionsSuppressedReason"].seen(),
    };
    suppressor.tell(&mut notice);
    notice.link = event.resource("cloudwatch").and_then(console::alarm);
    notice.footer = event.footer(context);
    Some(notice)
}

/// An alarm with its state, and why it is in it.
fn noticed(name: &str, state: &str, why: [&Json; 2]) -> Notice {
    let severity = match state {
        "ALARM" => Severity::Bad,
        "OK" => Severity::Good,
        _ => Severity::Neutral,
    };
    let mut notice = Notice::new("alarm", severity, format!("{state}: {name}"));
    let why: Vec<&str> = why.into_iter().filter_map(Json::seen).collect();
    notice.text = Some(why.join("\n\n")).filter(|text| !text.is_empty());
    notice
}

/// Who keeps a composite alarm from acting.
///
/// Source: Amazon CloudWatch user guide, "Composite alarm action suppression".
struct Suppressor<'a> {
    /// The alarm that is asked, by its name or its ARN.
    alarm: Option<&'a str>,
    /// `Alarm`, `WaitPeriod` or `ExtensionPeriod` while actions are suppressed.
    by: Option<&'a str>,
    reason: Option<&'a str>,
}

impl Suppressor<'_> {
    fn tell(&self, notice: &mut Notice) {
        let alarm = self.alarm.map(name_of);
        let label = if self.by.is_some() { "Actions suppressed by" } else { "Can be suppressed by" };
        let by = match self.by {
            None | Some("Alarm") => None,
            Some("WaitPeriod") => Some("wait period"),
            Some("ExtensionPeriod") => Some("extension period"),
            Some(other) => Some(other),
        };
        let who = match (alarm, by) {
            (Some(alarm), Some(by)) => Some(format!("{by} of {alarm}")),
            (alarm, by) => alarm.or(by).or(self.by).map(str::to_owned),
        };
        let lines: Vec<String> = [who, self.reason.map(str::to_owned)].into_iter().flatten().collect();
        notice.add(label, Some(lines.join("\n")));
    }
}

/// How soon after its first period an alarm that was made or changed comes to its first verdict.
const BEGINNING_SECONDS: i64 = 4 * 60;
/// The period of an alarm that does not say it, such as one of several metrics.
const USUAL_PERIOD_SECONDS: i64 = 5 * 60;

/// Whether an alarm only reports that it is new and in order: nothing has recovered.
///
/// Every new alarm goes from `INSUFFICIENT_DATA` to `OK` by itself, and a deployment makes many. The later
/// it does, the likelier is something else: it went off and lost its data before it recovered.
pub(super) fn has_just_begun(object: &Json) -> bool {
    let state = |name: &str| object[name].seen();
    let is_first = (state("OldStateValue"), state("NewStateValue")) == (Some("INSUFFICIENT_DATA"), Some("OK"));
    let moment = |name: &str| object[name].seen().and_then(TimeZone::seconds_of_iso);
    let made_and_judged = moment("AlarmConfigurationUpdatedTimestamp").zip(moment("StateChangeTime"));
    let period = object["Trigger"]["Period"].count().and_then(|seconds| i64::try_from(seconds).ok());
    // Source: CloudWatch API reference, PutMetricAlarm: up to a day.
    let period = period.filter(|seconds| (1..=86_400).contains(seconds)).unwrap_or(USUAL_PERIOD_SECONDS);
    let beginning = 0..=period + BEGINNING_SECONDS;
    is_first && made_and_judged.is_some_and(|(made, judged)| beginning.contains(&(judged - made)))
}

/// One metric with its dimensions, or the expressions of several.
fn metric(trigger: &Json) -> Option<String> {
    if let Some(name) = trigger["MetricName"].seen() {
        return Some(named_metric(&trigger["Namespace"], name, dimensions(trigger)));
    }
    let lines: Vec<String> = trigger["Metrics"].items().iter().filter_map(part_of_expression).collect();
    Some(lines.join("\n"))
}

fn named_metric(namespace: &Json, name: &str, dimensions: Vec<String>) -> String {
    let mut text = match namespace.seen() {
        Some(namespace) => format!("{namespace} {name}"),
        None => name.to_owned(),
    };
    if !dimensions.is_empty() {
        text.push_str(&format!(" ({})", dimensions.join(", ")));
    }
    text
}

fn dimensions(metric: &Json) -> Vec<String> {
    let dimension = |dimension: &Json| Some(format!("{} {}", dimension["name"].seen()?, dimension["value"].seen()?));
    metric["Dimensions"].items().iter().filter_map(dimension).collect()
}

fn part_of_expression(part: &Json) -> Option<String> {
    let id = part["Id"].seen().unwrap_or("?");
    if let Some(expression) = part["Expression"].seen() {
        return Some(named_expression(id, expression, &part["Label"]));
    }
    let (stat, metric) = (&part["MetricStat"], &part["MetricStat"]["Metric"]);
    let statistic = stat["Stat"].seen().map(|statistic| format!("{statistic} of ")).unwrap_or_default();
    let named = named_metric(&metric["Namespace"], metric["MetricName"].seen()?, dimensions(metric));
    Some(format!("{id} = {statistic}{named}"))
}

/// A metric or an expression of an event, whose members have other names than those of a notification.
fn part_of_event(part: &Json) -> Option<String> {
    let id = part["id"].seen().unwrap_or("?");
    if let Some(expression) = part["expression"].seen() {
        return Some(named_expression(id, expression, &part["label"]));
    }
    let (stat, metric) = (&part["metricStat"], &part["metricStat"]["metric"]);
    let dimensions = metric["dimensions"].members().iter();
    let dimensions = dimensions.filter_map(|(name, value)| Some(format!("{} {}", name.said, value.words()?)));
    let statistic = stat["stat"].seen().map(|statistic| format!("{statistic} of ")).unwrap_or_default();
    let named = named_metric(&metric["namespace"], metric["name"].seen()?, dimensions.collect());
    Some(format!("{id} = {statistic}{named}"))
}

fn named_expression(id: &str, expression: &str, label: &Json) -> String {
    match label.seen() {
        Some(label) if label != expression => format!("{id} = {expression} ({label})"),
        _ => format!("{id} = {expression}"),
    }
}

/// For example `SUM > 5, 1 period of 300 s`, or `SUM > 5, 2 of 5 periods of 60 s`.
fn threshold(trigger: &Json) -> Option<String> {
    let statistic = trigger["Statistic"].seen().or_else(|| trigger["ExtendedStatistic"].seen());
    let operator = trigger["ComparisonOperator"].seen().map(|operator| match operator {
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
    let value = trigger["Threshold"].number().filter(|_| !is_band);
    if value.is_none() && !is_band {
        return None;
    }
    let mut text = [statistic, Some(operator), value].into_iter().flatten().collect::<Vec<_>>().join(" ");
    if let Some(periods) = periods(trigger) {
        text.push_str(&format!(", {periods}"));
    }
    Some(text)
}

/// How many of how many periods have to cross the threshold; all of them unless it is said.
///
/// Source: Amazon CloudWatch user guide, "Evaluating an alarm".
fn periods(trigger: &Json) -> Option<String> {
    let all = trigger["EvaluationPeriods"].count()?;
    let noun = if all == 1 { "period" } else { "periods" };
    let crossing = trigger["DatapointsToAlarm"].count().filter(|crossing| *crossing < all);
    let of = crossing.map(|crossing| format!("{crossing} of ")).unwrap_or_default();
    let seconds = trigger["Period"].count().map(|seconds| format!(" of {seconds} s"));
    // An alarm on several metrics may have no period of its own.
    (seconds.is_some() || crossing.is_some()).then(|| format!("{of}{all} {noun}{}", seconds.unwrap_or_default()))
}

/// For example `Average against 80, periods of 300 s`: an event does not name the operator.
fn threshold_of_event(data: &Json) -> Option<String> {
    let statistic = data["statistic"].seen().map(|statistic| format!("{statistic} against ")).unwrap_or_default();
    let period = data["period"].count().map(|seconds| format!(", periods of {seconds} s")).unwrap_or_default();
    Some(format!("{statistic}{}{period}", data["threshold"].number()?))
}

/// The alarms that made a composite alarm change, with their states.
fn children(object: &Json) -> Option<String> {
    let lines = object["TriggeringChildren"].items().iter().filter_map(|child| {
        let name = name_of(child["Arn"].seen()?);
        Some(match child["State"]["Value"].seen() {
            Some(state) => format!("{name}: {state}"),
            None => name.to_owned(),
        })
    });
    Some(lines.collect::<Vec<_>>().join("\n"))
}

/// The name of an alarm, by its ARN or as it is.
fn name_of(alarm: &str) -> &str {
    Arn::parse(alarm).and_then(|arn| arn.resource.strip_prefix("alarm:")).unwrap_or(alarm)
}
