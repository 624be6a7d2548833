//! Alarms of CloudWatch.

use super::*;

/// The contract's test event, as it is except for what `change` does.
fn event(change: impl FnOnce(&mut Value)) -> String {
    let mut event = serde_json::from_str(PlainText::TEST_EVENT).unwrap();
    change(&mut event);
    event.to_string()
}

#[test]
fn a_metric_alarm_says_what_and_why_and_leads_to_the_console() {
    let expected = message(
        "ALARM: checkout-errors: More than five failed checkouts in five minutes Threshold Crossed: \
         1 datapoint [7.0 (04/08/26 02:00:00)] was greater than the threshold (5.0).",
        "ALARM: checkout-errors",
        "#d13212",
        json!([
            section(
                "More than five failed checkouts in five minutes\n\nThreshold Crossed: \
                 1 datapoint [7.0 (04/08/26 02:00:00)] was greater than the threshold (5.0)."
            ),
            fields(&[
                "State\nOK → ALARM",
                "Metric\nAWS/Lambda Errors (FunctionName checkout)",
                "Threshold\nSUM &gt; 5, 1 period of 300 s",
            ]),
            marked_section(
                "<https://ap-northeast-1.console.aws.amazon.com/cloudwatch/home?region=ap-northeast-1\
                 #alarmsV2:alarm/checkout-errors|Open the alarm in CloudWatch>"
            ),
            footer(FOOTER),
        ]),
    );
    assert_eq!(payload(None, PlainText::TEST_EVENT), expected);
}

#[test]
fn a_state_has_its_color() {
    for (state, severity) in
        [("ALARM", Severity::Bad), ("OK", Severity::Good), ("INSUFFICIENT_DATA", Severity::Neutral)]
    {
        let notice = notice(None, &event(|event| event["NewStateValue"] = state.into()));
        assert_eq!((notice.severity, notice.title), (severity, format!("{state}: checkout-errors")));
    }
}

#[test]
fn a_composite_alarm_names_its_rule_and_its_children() {
    let child = "arn:aws-cn:cloudwatch:cn-north-1:444455556666:alarm:api-5xx";
    let alarm = json!({
        "AlarmName": "shop is down",
        "AlarmDescription": null,
        "AWSAccountId": "444455556666",
        "NewStateValue": "ALARM",
        "NewStateReason": format!("{child} transitioned to ALARM at Tuesday 04 August, 2026 02:01:52 UTC"),
        "StateChangeTime": "2026-08-04T02:01:52.640+0000",
        "Region": "China (Beijing)",
        "AlarmArn": "arn:aws-cn:cloudwatch:cn-north-1:444455556666:alarm:shop is down",
        "OldStateValue": "OK",
        "AlarmRule": format!("ALARM({child}) AND NOT ALARM(maintenance)"),
        "TriggeringChildren": [
            {"Arn": child, "State": {"Value": "ALARM", "Timestamp": "2026-08-04T02:01:52.640+0000"}},
        ],
    });
    let reason = format!("{child} transitioned to ALARM at Tuesday 04 August, 2026 02:01:52 UTC");
    let expected = message(
        &format!("ALARM: shop is down: {reason}"),
        "ALARM: shop is down",
        "#d13212",
        json!([
            section(&reason),
            fields(&[
                "State\nOK → ALARM",
                &format!("Rule\nALARM({child}) AND NOT ALARM(maintenance)"),
                "Triggered by\napi-5xx: ALARM",
            ]),
            marked_section(
                "<https://cn-north-1.console.amazonaws.cn/cloudwatch/home?region=cn-north-1\
                 #alarmsV2:alarm/shop$20is$20down|Open the alarm in CloudWatch>"
            ),
            footer("alarms · cn-north-1 · 444455556666 · 2026-08-04 11:01:52 +09:00"),
        ]),
    );
    assert_eq!(payload(Some("ALARM: \"shop is down\" in China (Beijing)"), &alarm.to_string()), expected);
}

#[test]
fn a_composite_alarm_says_who_suppresses_its_actions() {
    let maintenance = "arn:aws:cloudwatch:us-east-1:444455556666:alarm:maintenance";
    for (by, reason, label, expected) in [
        (
            json!("Alarm"),
            json!("Actions suppressed by alarm"),
            "Actions suppressed by",
            "maintenance\nActions suppressed by alarm",
        ),
        (json!("WaitPeriod"), json!(null), "Actions suppressed by", "wait period of maintenance"),
        (json!("ExtensionPeriod"), json!(null), "Actions suppressed by", "extension period of maintenance"),
        (json!(null), json!(null), "Can be suppressed by", "maintenance"),
    ] {
        let notice = notice(
            None,
            &event(|event| {
                event["ActionsSuppressor"] = maintenance.into();
                event["ActionsSuppressedBy"] = by;
                event["ActionsSuppressedReason"] = reason;
            }),
        );
        assert_eq!(value(&notice, label), expected);
    }
    let by_nobody_known = notice(None, &event(|event| event["ActionsSuppressedBy"] = "Alarm".into()));
    assert_eq!(value(&by_nobody_known, "Actions suppressed by"), "Alarm");
}

#[test]
fn a_threshold_is_written_as_people_do() {
    for (trigger, expected) in [
        (
            json!({"Statistic": "SUM", "ComparisonOperator": "LessThanOrEqualToThreshold", "Threshold": 0.5}),
            "SUM ≤ 0.5",
        ),
        (
            json!({"ExtendedStatistic": "p99", "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                   "Threshold": 3000, "EvaluationPeriods": 3, "Period": 60}),
            "p99 ≥ 3000, 3 periods of 60 s",
        ),
        (
            json!({"ComparisonOperator": "GreaterThanUpperThreshold", "ThresholdMetricId": "ad1",
                   "EvaluationPeriods": 2}),
            "above the expected band",
        ),
        (json!({"ComparisonOperator": "SomethingNew", "Threshold": -1e300}), "SomethingNew -1e+300"),
        (
            json!({"Statistic": "SUM", "ComparisonOperator": "GreaterThanOrEqualToThreshold", "Threshold": 1.0,
                   "EvaluationPeriods": 20, "DatapointsToAlarm": 1, "Period": 60}),
            "SUM ≥ 1, 1 of 20 periods of 60 s",
        ),
        (
            json!({"ComparisonOperator": "GreaterThanThreshold", "Threshold": 5.0, "EvaluationPeriods": 5,
                   "DatapointsToAlarm": 5, "Period": 60}),
            "> 5, 5 periods of 60 s",
        ),
        (
            json!({"ComparisonOperator": "LessThanLowerThreshold", "EvaluationPeriods": 3, "DatapointsToAlarm": 2}),
            "below the expected band, 2 of 3 periods",
        ),
    ] {
        let notice = notice(None, &event(|event| event["Trigger"] = trigger));
        assert_eq!(value(&notice, "Threshold"), expected);
    }
}

#[test]
fn an_expression_of_metrics_shows_its_parts() {
    let trigger = json!({
        "Period": 60, "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold", "Threshold": 1.5,
        "Metrics": [
            {"Id": "e1", "Expression": "m1 / m2 * 100", "Label": "Error rate", "ReturnData": true},
            {"Id": "m1", "ReturnData": false, "MetricStat": {"Period": 60, "Stat": "Sum", "Metric": {
                "MetricName": "5XXError", "Namespace": "AWS/ApiGateway",
                "Dimensions": [{"value": "shop", "name": "ApiName"}]}}},
            {"Id": "m2", "ReturnData": false, "MetricStat": {"Metric": {"MetricName": "Count"}}},
            {"Id": "m3"},
        ],
    });
    let notice = notice(None, &event(|event| event["Trigger"] = trigger));
    assert_eq!(
        value(&notice, "Metric"),
        "e1 = m1 / m2 * 100 (Error rate)\nm1 = Sum of AWS/ApiGateway 5XXError (ApiName shop)\nm2 = Count"
    );
    assert_eq!(value(&notice, "Threshold"), "> 1.5, 1 period of 60 s");
}

#[test]
fn an_arn_that_is_none_gives_no_link_and_the_rest_is_shown() {
    for arn in [json!(null), json!(7), json!("x"), json!("arn:aws:cloudwatch:evil.example/:1:alarm:x")] {
        let notice = notice(None, &event(|event| event["AlarmArn"] = arn));
        assert_eq!((notice.kind, notice.link), ("alarm", None));
        assert_eq!(notice.footer[1], "Asia Pacific (Tokyo)");
    }
}

#[test]
fn an_alarm_of_odd_members_is_shown_as_far_as_it_goes() {
    let odd = json!({
        "AlarmName": "a", "NewStateValue": "ALARM", "NewStateReason": [], "OldStateValue": {}, "StateChangeTime": "soon",
        "AWSAccountId": 1, "Trigger": {"MetricName": "m", "Dimensions": "x", "Threshold": "high"},
        "TriggeringChildren": [1, {}, {"Arn": "x"}], "AlarmRule": " ",
    });
    let notice = notice(None, &odd.to_string());
    assert_eq!((notice.title.as_str(), notice.text.as_deref()), ("ALARM: a", None));
    let shown: Vec<_> = notice.fields.iter().map(|field| (field.label.as_str(), field.value.as_str())).collect();
    assert_eq!(shown, [("Metric", "m"), ("Triggered by", "x")]);
    assert_eq!(notice.footer, ["alarms", "ap-northeast-1", "111122223333", "soon"]);
}

#[test]
fn json_that_only_resembles_an_alarm_is_shown_as_json() {
    for near in [json!({"AlarmName": "a"}), json!({"AlarmName": "", "NewStateValue": "OK"}), json!({"AlarmName": 1})] {
        assert_eq!(notice(None, &near.to_string()).kind, "JSON");
    }
}
