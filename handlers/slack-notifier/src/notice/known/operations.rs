//! What runs and what it needs: alarms, ECS, Auto Scaling, RDS, Glue, Step Functions, Batch, Health, Backup, others.
//!
//! Source: the user guides of the services, "Amazon ECS events", "Create EventBridge rules to monitor Auto Scaling
//! events", "Amazon RDS event categories and event messages", "Automating AWS Glue with EventBridge", "Automating
//! Step Functions event delivery with EventBridge", "AWS Health events and EventBridge schema", "Monitoring AWS
//! Backup events using Amazon EventBridge", "Monitoring AWS Trusted Advisor check results with EventBridge".

use super::super::{alarm, severity, storage};
use super::{At, BLANK, By, Known, Moment, When};
use crate::notice::Severity;
use crate::notice::envelope::Event;

pub(super) const KNOWN: &[Known] = &[
    Known {
        when: When::Event("aws.cloudwatch", &["CloudWatch Alarm State Change"]),
        reader: Some(alarm::read_event),
        ..BLANK
    },
    Known { when: When::Event("aws.s3", &["*"]), reader: Some(storage::read_event), ..BLANK },
    Known {
        when: When::Event("aws.ecs", &["ECS Task State Change"]),
        what: "ECS task",
        state: At("lastStatus"),
        name: At("group or taskDefinitionArn|/"),
        severity: by_task,
        text: &[At("stoppedReason")],
        fields: &[
            ("Containers", By(containers)),
            ("Why", At("stopCode")),
            ("Cluster", At("clusterArn|/")),
            ("Definition", At("taskDefinitionArn|/")),
        ],
        links: &[(
            "Open the task in ECS",
            "ecs/v2/clusters/{clusterArn|/}/tasks/{taskArn|/}/configuration?region={region}",
        )],
        ..BLANK
    },
    Known {
        when: When::Event("aws.ecs", &["ECS Deployment State Change", "ECS Service Action"]),
        what: "ECS",
        state: At("eventName"),
        name: At("/resources/0|/"),
        severity: |event, state| match event.whole.seen("eventType") {
            Some("ERROR") => Severity::Bad,
            Some("WARN") => Severity::Warning,
            _ => severity::of(state),
        },
        text: &[At("reason")],
        fields: &[("Cluster", At("clusterArn|/ or /resources/0|1/")), ("Deployment", At("deploymentId"))],
        links: &[(
            "Open the service in ECS",
            "ecs/v2/clusters/{/resources/0|1/}/services/{/resources/0|2/}/deployments?region={region}",
        )],
        ..BLANK
    },
    Known {
        when: When::Event("aws.autoscaling", &["*"]),
        state: At("/detail-type"),
        name: At("AutoScalingGroupName"),
        severity: |_, state| {
            let severity = severity::worst_of(state.split(' '));
            if severity == Severity::Neutral { Severity::Ongoing } else { severity }
        },
        text: &[At("StatusMessage or Cause")],
        fields: &[
            ("Instance", At("EC2InstanceId")),
            ("Activity", At("Description")),
            ("Zone", At("Details/Availability Zone")),
            ("Refresh", At("InstanceRefreshId")),
        ],
        links: &[(
            "Open the group in EC2 Auto Scaling",
            "ec2/home?region={region}#AutoScalingGroupDetails:id={AutoScalingGroupName};view=activity",
        )],
        ..BLANK
    },
    Known {
        when: When::Event("aws.rds", &["RDS *"]),
        what: "RDS",
        state: By(|event| Some(event.whole.said("EventCategories")?.replace('\n', ", "))),
        name: At("SourceIdentifier"),
        severity: |event, state| by_database(&event.whole.said("Message").unwrap_or_default(), state),
        text: &[At("Message")],
        fields: &[("Kind", At("SourceType")), ("Event", At("EventID"))],
        links: &[("Open the database in RDS", "rds/home?region={region}#database:id={SourceIdentifier}")],
        ..BLANK
    },
    Known {
        when: When::Event("aws.glue", &["Glue Job *"]),
        what: "Glue job",
        state: At("state"),
        name: At("jobName"),
        text: &[At("message")],
        fields: &[("Severity", At("severity")), ("Run", At("jobRunId"))],
        links: &[("Open the job in Glue", "gluestudio/home?region={region}#/editor/job/{jobName}/runs")],
        ..BLANK
    },
    Known {
        when: When::Event("aws.glue", &["Glue Crawler State Change"]),
        what: "Glue crawler",
        state: At("state"),
        name: At("crawlerName"),
        text: &[At("errorMessage or message")],
        links: &[(
            "Open the crawler in Glue",
            "glue/home?region={region}#/v2/data-catalog/crawlers/view/{crawlerName}",
        )],
        ..BLANK
    },
    Known {
        when: When::Event("aws.states", &["Step Functions *"]),
        what: "Step Functions",
        state: At("status"),
        name: By(|event| {
            let machine = event.whole.said("stateMachineArn|:")?;
            Some(event.whole.said("name").map_or_else(|| machine.clone(), |name| format!("{machine} / {name}")))
        }),
        text: &[At("cause")],
        fields: &[("Error", At("error"))],
        links: &[(
            "Open the execution in Step Functions",
            "states/home?region={region}#/v2/executions/details/{executionArn|path}",
        )],
        ..BLANK
    },
    Known {
        when: When::Event("aws.batch", &["Batch Job State Change"]),
        what: "Batch job",
        state: At("status"),
        name: At("jobName"),
        text: &[At("statusReason or container/reason")],
        fields: &[
            ("Queue", At("jobQueue|/")),
            ("Exit code", At("container/exitCode")),
            ("Log", At("container/logStreamName")),
        ],
        links: &[("Open the job in Batch", "batch/home?region={region}#jobs/detail/{jobId}")],
        ..BLANK
    },
    Known {
        when: When::Event("aws.health", &["AWS Health *"]),
        what: "Health",
        state: By(|event| {
            let parts = [event.whole.said("eventTypeCategory"), event.whole.said("statusCode")];
            Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" ")).filter(|state| !state.is_empty())
        }),
        name: At("eventTypeCode or service"),
        severity: |event, state| match event.whole.seen("statusCode") {
            Some("closed") => Severity::Good,
            _ => severity::worst_of(state.split(' ')),
        },
        text: &[By(health_text)],
        fields: &[
            ("Service", At("service")),
            ("Region", At("eventRegion")),
            ("Account", At("affectedAccount")),
            ("Affected", At("affectedEntities/*/entityValue or /resources")),
            ("Begins", Moment("startTime")),
            ("Ends", Moment("endTime")),
        ],
        links: &[(
            "Open the event in AWS Health",
            "https://health.aws.amazon.com/health/home#/account/event-log?eventID={eventArn}&eventTab=details",
        )],
        ..BLANK
    },
    Known {
        when: When::Event("aws.backup", &["Backup Job *", "Copy Job *", "Restore Job *"]),
        state: By(|event| {
            Some(format!(
                "{} {}",
                event.detail_type.trim_end_matches(" State Change"),
                event.whole.said("state or status")?
            ))
        }),
        name: At(
            "resourceArn|: or resourceName or destinationBackupVaultArn|: or createdResourceArn|: or resourceType",
        ),
        severity: |event, _| {
            event.whole.said("state or status").map_or(Severity::Neutral, |state| severity::of(&state))
        },
        text: &[At("statusMessage or message")],
        fields: &[
            ("Resource type", At("resourceType")),
            ("Vault", At("backupVaultName or backupVaultArn|: or sourceBackupVaultArn|:")),
            ("Job", At("backupJobId or copyJobId or restoreJobId")),
        ],
        links: &[
            ("Open the job in AWS Backup", "backup/home?region={region}#/jobs/backup/details/{backupJobId}"),
            ("Open the job in AWS Backup", "backup/home?region={region}#/jobs/copy/details/{copyJobId}"),
            ("Open the job in AWS Backup", "backup/home?region={region}#/jobs/restore/details/{restoreJobId}"),
        ],
        ..BLANK
    },
    Known {
        when: When::Event("aws.trustedadvisor", &["*"]),
        what: "Trusted Advisor",
        state: At("status or check-item-detail/Status"),
        name: At("check-name"),
        fields: &[("Resource", At("resource_id")), ("Item", At("check-item-detail"))],
        links: &[("Open Trusted Advisor", "trustedadvisor/home?region={region}#/dashboard")],
        ..BLANK
    },
    Known {
        when: When::Event("aws.acm", &["ACM Certificate *"]),
        what: "ACM certificate",
        state: By(|event| {
            Some(match event.whole.said("DaysToExpiry") {
                Some(days) => format!("expires in {days} days"),
                None => event.detail_type.trim_start_matches("ACM Certificate ").to_lowercase(),
            })
        }),
        name: At("CommonName or /resources/0|:"),
        severity: |event, _| match event.detail_type {
            "ACM Certificate Available" => Severity::Good,
            "ACM Certificate Expired" | "ACM Certificate Revoked" => Severity::Bad,
            _ => Severity::Warning,
        },
        fields: &[("Action", At("Action")), ("In use", At("InUse"))],
        links: &[("Open the certificate in ACM", "acm/home?region={region}#/certificates/{/resources/0|/}")],
        ..BLANK
    },
];

/// A task is bad if it failed to start or a container ended with an error; it may have been stopped on purpose.
fn by_task(event: &Event, state: &str) -> Severity {
    let codes = event.whole.all("containers/*/exitCode");
    let is_error = codes.into_iter().filter_map(|code| code.number()).any(|code| code != "0");
    match (state, event.whole.seen("stopCode")) {
        ("STOPPED" | "DEPROVISIONING" | "STOPPING", Some("TaskFailedToStart")) => Severity::Bad,
        ("STOPPED", Some("UserInitiated" | "ServiceSchedulerInitiated")) => Severity::Neutral,
        ("STOPPED", _) if is_error => Severity::Bad,
        ("STOPPED", Some("SpotInterruption" | "TerminationNotice")) => Severity::Warning,
        ("RUNNING", _) => Severity::Good,
        ("STOPPED", _) => Severity::Neutral,
        _ => Severity::Ongoing,
    }
}

/// For example `web: STOPPED, exit code 1, OutOfMemoryError`.
fn containers(event: &Event) -> Option<String> {
    let lines = event.whole.all("containers/*").into_iter().filter_map(|container| {
        let name = container["name"].seen()?;
        let status = container["lastStatus"].seen().map(str::to_owned);
        let code = container["exitCode"].number().map(|code| format!("exit code {code}"));
        let reason = container["reason"].seen().map(str::to_owned);
        let parts: Vec<String> = [status, code, reason].into_iter().flatten().collect();
        Some(format!("{name}: {}", parts.join(", ")))
    });
    Some(lines.collect::<Vec<_>>().join("\n"))
}

/// What RDS says of a database; its categories say what it is about, and seldom how bad it is.
pub(super) fn by_database(message: &str, categories: &str) -> Severity {
    let words = |text: &'_ str| severity::worst_of(text.split(|c: char| !c.is_alphanumeric()));
    match (words(categories), words(message)) {
        (Severity::Bad, _) | (_, Severity::Bad) => Severity::Bad,
        _ if ["failover", "low storage", "read-only"].iter().any(|word| categories.contains(word)) => Severity::Warning,
        _ if message.to_lowercase().contains("failover") => Severity::Warning,
        _ => Severity::Neutral,
    }
}

/// The description in English, or in whatever language comes first.
fn health_text(event: &Event) -> Option<String> {
    let descriptions = event.whole.all("eventDescription/*");
    let english = descriptions
        .iter()
        .position(|description| description["language"].seen().is_some_and(|code| code.starts_with("en")));
    event.whole.said(&format!("eventDescription/{}/latestDescription|lines", english.unwrap_or(0)))
}
