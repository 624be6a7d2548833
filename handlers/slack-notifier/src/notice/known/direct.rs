//! What services publish themselves, without EventBridge, and what comes both ways: mail and money.
//!
//! Source: Amazon RDS user guide, "Amazon RDS event notification"; AWS DMS user guide, "Working with events and
//! notifications"; Amazon SES developer guide, "Examples of event data"; AWS Cost Management user guide, "Creating an
//! Amazon SNS topic for anomaly notifications"; Amazon EC2 Auto Scaling user guide, "Amazon SNS notification options";
//! AWS CodeDeploy user guide, "JSON data formats for CodeDeploy triggers".

use super::super::severity;
use super::operations::by_database;
use super::{At, BLANK, By, Known, Moment, When};
use crate::json::Json;
use crate::notice::Severity;

pub(super) const KNOWN: &[Known] = &[
    Known { when: When::Event("aws.ses", &["Email *"]), ..MAIL },
    Known { when: When::Members(&["notificationType", "mail"]), ..MAIL },
    Known { when: When::Members(&["eventType", "mail"]), ..MAIL },
    Known { when: When::Event("aws.ce", &["Anomaly Detected"]), ..ANOMALY },
    Known { when: When::Members(&["anomalyId", "impact"]), ..ANOMALY },
    Known {
        when: When::Members(&["Event Source", "Event Message"]),
        state: At("Event Source"),
        name: At("Source ID or SourceId"),
        severity: |event, _| by_database(&event.whole.said("Event Message").unwrap_or_default(), ""),
        text: &[At("Event Message")],
        fields: &[("Event", By(|event| Some(event.whole.said("Event ID")?.rsplit('#').next()?.trim().to_owned())))],
        links: &[("Open the source in the console", "given:Identifier Link")],
        arn: "Source ARN",
        time: "Event Time",
        ..BLANK
    },
    Known {
        when: When::Members(&["AutoScalingGroupName", "Event"]),
        what: "Auto Scaling",
        state: At("Event|:"),
        name: At("AutoScalingGroupName"),
        severity: |event, state| match severity::of(state) {
            Severity::Neutral => event.whole.seen("StatusCode").map_or(Severity::Neutral, severity::of),
            severity => severity,
        },
        text: &[At("StatusMessage or Cause")],
        fields: &[
            ("Instance", At("EC2InstanceId")),
            ("Activity", At("Description")),
            ("Zone", At("Details/Availability Zone")),
        ],
        links: &[(
            "Open the group in EC2 Auto Scaling",
            "ec2/home?region={region}#AutoScalingGroupDetails:id={AutoScalingGroupName};view=activity",
        )],
        arn: "AutoScalingGroupARN",
        time: "Time",
        ..BLANK
    },
    Known {
        when: When::Members(&["deploymentId", "applicationName"]),
        what: "CodeDeploy",
        state: At("status or instanceStatus"),
        name: By(|event| {
            let parts = [event.whole.said("applicationName"), event.whole.said("deploymentGroupName")];
            Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" / "))
        }),
        text: &[By(|event| {
            // JSON within a string of JSON.
            let error = Json::read(event.whole.seen("errorInformation")?)?;
            Some(error["ErrorMessage"].seen()?.to_owned())
        })],
        fields: &[
            ("Deployment", At("deploymentId")),
            ("Instance", At("instanceId|/")),
            ("Trigger", At("eventTriggerName")),
            ("Started", Moment("createTime")),
            ("Ended", Moment("completeTime")),
        ],
        links: &[(
            "Open the deployment in CodeDeploy",
            "codesuite/codedeploy/deployments/{deploymentId}?region={region}",
        )],
        ..BLANK
    },
];

const MAIL: Known = Known {
    what: "SES",
    state: At("notificationType or eventType"),
    name: By(|event| {
        let recipients = event.whole.said(
            "bounce/bouncedRecipients/*/emailAddress or complaint/complainedRecipients/*/emailAddress \
             or deliveryDelay/delayedRecipients/*/emailAddress or mail/destination",
        );
        Some(recipients?.replace('\n', ", "))
    }),
    severity: |event, state| match state {
        "Bounce" if event.whole.seen("bounce/bounceType") == Some("Transient") => Severity::Warning,
        "Bounce" | "Complaint" | "Reject" | "Rendering Failure" => Severity::Bad,
        "DeliveryDelay" => Severity::Warning,
        "Delivery" => Severity::Good,
        _ => Severity::Neutral,
    },
    text: &[At("bounce/bouncedRecipients/*/diagnosticCode or reject/reason or failure/errorMessage or \
         deliveryDelay/delayedRecipients/*/diagnosticCode or delivery/smtpResponse")],
    fields: &[
        (
            "Kind",
            By(|event| {
                let parts = [
                    event.whole.said("bounce/bounceType or deliveryDelay/delayType"),
                    event.whole.said("bounce/bounceSubType"),
                ];
                Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" / "))
            }),
        ),
        ("Feedback", At("complaint/complaintFeedbackType")),
        ("From", At("mail/source")),
        ("Subject", At("mail/commonHeaders/subject")),
        ("Reported by", At("bounce/reportingMTA or delivery/reportingMTA")),
        ("Message", At("mail/messageId")),
    ],
    links: &[("Open SES", "ses/home?region={region}#/account")],
    arn: "mail/sourceArn",
    time: "bounce/timestamp",
    ..BLANK
};

const ANOMALY: Known = Known {
    what: "Cost anomaly",
    state: At(""),
    name: By(|event| event.whole.said("dimensionalValue or monitorName or anomalyId")),
    severity: |_, _| Severity::Warning,
    fields: &[
        (
            "Impact",
            By(|event| {
                let percent = event
                    .whole
                    .said("impact/totalImpactPercentage")
                    .map_or_else(String::new, |percent| format!(" ({percent} %)"));
                Some(event.whole.said("impact/totalImpact or impact/maxImpact")? + &percent)
            }),
        ),
        ("Spent", At("impact/totalActualSpend")),
        ("Expected", At("impact/totalExpectedSpend")),
        ("Monitor", At("monitorName or monitorArn|/")),
        ("Account", At("accountName or accountId")),
        ("From", Moment("anomalyStartDate")),
        ("To", Moment("anomalyEndDate")),
        (
            "Root causes",
            By(|event| {
                let causes = event.whole.all("rootCauses/*").into_iter().map(|cause| {
                    let parts = ["service", "region", "linkedAccountName", "linkedAccount", "usageType"]
                        .map(|name| cause[name].seen());
                    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
                });
                Some(causes.collect::<Vec<_>>().join("\n"))
            }),
        ),
    ],
    links: &[
        ("Open the anomaly in Cost Management", "given:anomalyDetailsLink"),
        (
            "Open the anomaly in Cost Management",
            "/cost-management/home#/anomaly-detection/monitors/{monitorArn|/}/anomalies/{anomalyId}",
        ),
    ],
    arn: "monitorArn",
    ..BLANK
};
