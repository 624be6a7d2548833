//! Who did what, and what was found: GuardDuty, Security Hub, Inspector, Macie, Access Analyzer, Config, CloudTrail.
//!
//! Source: the user guides of the services, "Sending GuardDuty findings to Amazon EventBridge", "Event types for
//! Security Hub in EventBridge", "Amazon EventBridge event schema for Amazon Inspector events", "Amazon EventBridge
//! event schema for Macie findings", "AWS Console sign-in events" (CloudTrail).

use super::super::severity;
use super::{At, BLANK, By, Known, Moment, When};
use crate::notice::Severity;
use crate::notice::envelope::Event;

pub(super) const KNOWN: &[Known] = &[
    Known {
        when: When::Event("aws.guardduty", &["GuardDuty Finding"]),
        what: "GuardDuty",
        state: By(|event| Some(format!("{} ({})", level(score(event)?)?, event.whole.said("severity")?))),
        name: At("title or type"),
        severity: |event, _| by_score(score(event)),
        text: &[At("description")],
        fields: &[
            ("Type", At("type")),
            (
                "Resource",
                At("resource/instanceDetails/instanceId or resource/s3BucketDetails/*/name \
                     or resource/accessKeyDetails/userName or resource/eksClusterDetails/name \
                     or resource/lambdaDetails/functionName or resource/rdsDbInstanceDetails/dbInstanceIdentifier \
                     or resource/resourceType"),
            ),
            ("Account", At("accountId")),
            (
                "From",
                At("service/action/networkConnectionAction/remoteIpDetails/ipAddressV4 \
                     or service/action/awsApiCallAction/remoteIpDetails/ipAddressV4 \
                     or service/action/portProbeAction/portProbeDetails/0/remoteIpDetails/ipAddressV4"),
            ),
            ("Count", At("service/count")),
            ("Last seen", Moment("service/eventLastSeen or updatedAt")),
        ],
        links: &[("Open the finding in GuardDuty", "guardduty/home?region={region}#/findings?macros=current&fId={id}")],
        ..BLANK
    },
    Known {
        when: When::Event("aws.guardduty", &["GuardDuty Malware Protection *"]),
        what: "GuardDuty malware scan",
        state: At("scanResultDetails/scanResultStatus or scanStatus"),
        name: By(|event| {
            let key = event.whole.said("s3ObjectDetails/objectKey");
            let bucket = event.whole.said("s3ObjectDetails/bucketName");
            bucket
                .zip(key)
                .map(|(bucket, key)| format!("{bucket}/{key}"))
                .or_else(|| event.whole.said("/resources/0|:"))
        }),
        fields: &[("Threats", At("scanResultDetails/threats/*/name"))],
        links: &[("Open GuardDuty", "guardduty/home?region={region}#/malware-scans")],
        ..BLANK
    },
    Known {
        when: When::Event("aws.securityhub", &["Security Hub Findings*", "Findings Imported V2"]),
        what: "Security Hub",
        state: At("findings/0/Severity/Label or findings/0/severity"),
        name: At("findings/0/Title or findings/0/finding_info/title or actionName"),
        severity: by_hub,
        text: &[At("findings/0/Description or findings/0/finding_info/desc")],
        fields: &[
            ("Resource", At("findings/0/Resources/*/Id or findings/0/resources/*/uid")),
            ("Product", At("findings/0/ProductName or findings/0/metadata/product/name")),
            ("Compliance", At("findings/0/Compliance/Status or findings/0/compliance/status")),
            ("Status", At("findings/0/Workflow/Status or findings/0/status")),
            ("Account", At("findings/0/AwsAccountId or findings/0/cloud/account/uid")),
            ("Remedy", At("findings/0/Remediation/Recommendation/Text or findings/0/remediation/desc")),
            ("Other findings", By(other_findings)),
        ],
        links: &[("Open Security Hub", "securityhub/home?region={region}#/findings")],
        ..BLANK
    },
    Known {
        when: When::Event("aws.inspector2", &["Inspector2 Finding"]),
        what: "Inspector",
        state: At("severity"),
        name: At("title or type"),
        severity: |event, state| match event.whole.seen("status") {
            Some("CLOSED") => Severity::Good,
            Some("SUPPRESSED") => Severity::Neutral,
            _ => severity::of(state),
        },
        text: &[At("description")],
        fields: &[
            ("Resource", At("resources/*/id")),
            ("Status", At("status")),
            ("Score", At("inspectorScore")),
            ("Vulnerability", At("packageVulnerabilityDetails/vulnerabilityId")),
            ("Packages", At("packageVulnerabilityDetails/vulnerablePackages/*/name")),
            ("Remedy", At("remediation/recommendation/text")),
        ],
        links: &[("Open Inspector", "inspector/v2/home?region={region}#/findings")],
        ..BLANK
    },
    Known {
        when: When::Event("aws.inspector2", &["Inspector2 Scan"]),
        what: "Inspector scan",
        state: At("scan-status or scan-status/status"),
        name: At("repository-name|/ or /resources/0|/"),
        severity: |event, state| by_counts(event, "finding-severity-counts", severity::of(state)),
        fields: &[
            ("Findings", At("finding-severity-counts")),
            ("Tags", At("image-tags")),
            ("Digest", At("image-digest")),
        ],
        links: &[("Open Inspector", "inspector/v2/home?region={region}#/findings")],
        ..BLANK
    },
    Known {
        when: When::Event("aws.macie", &["Macie Finding"]),
        what: "Macie",
        state: At("severity/description"),
        name: At("title or type"),
        text: &[At("description")],
        fields: &[
            ("Type", At("type")),
            ("Bucket", At("resourcesAffected/s3Bucket/name")),
            ("Object", At("resourcesAffected/s3Object/key")),
        ],
        links: &[("Open the finding in Macie", "macie/home?region={region}#findings?itemId={id}")],
        ..BLANK
    },
    Known {
        when: When::Event(
            "aws.access-analyzer",
            &[
                "Access Analyzer Finding",
                "External Access Finding*",
                "Internal Access Finding*",
                "Unused Access Finding*",
            ],
        ),
        what: "Access Analyzer",
        state: At("status"),
        name: At("resource|: or resource"),
        severity: |_, state| if state == "ACTIVE" { Severity::Bad } else { Severity::Good },
        fields: &[
            ("Type", At("resourceType")),
            ("Public", At("isPublic")),
            ("Actions", At("action")),
            ("Principal", At("principal")),
        ],
        links: &[("Open Access Analyzer", "access-analyzer/home?region={region}#/findings")],
        ..BLANK
    },
    Known {
        when: When::Event("aws.config", &["Config Rules Compliance Change"]),
        what: "Config",
        state: At("newEvaluationResult/complianceType"),
        name: By(|event| {
            let resource = event.whole.said("resourceId").map_or_else(String::new, |id| format!(": {id}"));
            Some(event.whole.said("configRuleName")? + &resource)
        }),
        text: &[At("newEvaluationResult/annotation")],
        fields: &[("Resource type", At("resourceType")), ("Before", At("oldEvaluationResult/complianceType"))],
        links: &[(
            "Open the rule in Config",
            "config/home?region={region}#/rules/details?configRuleName={configRuleName}",
        )],
        ..BLANK
    },
    Known {
        when: When::Event("aws.signin", &["*"]),
        what: "Console sign-in",
        state: At("responseElements/ConsoleLogin or responseElements/SwitchRole or eventName"),
        name: By(who),
        severity: by_sign_in,
        text: &[At("errorMessage")],
        fields: &[
            ("Who", At("userIdentity/arn")),
            ("From", At("sourceIPAddress")),
            ("MFA", At("additionalEventData/MFAUsed")),
            ("With", At("userAgent")),
        ],
        links: CLOUDTRAIL,
        ..BLANK
    },
    Known {
        when: When::Event(
            "*",
            &["AWS API Call via CloudTrail", "AWS Service Event via CloudTrail", "AWS Console Action via CloudTrail"],
        ),
        what: "CloudTrail",
        state: At("errorCode"),
        name: By(|event| {
            let service = event
                .whole
                .said("eventSource")
                .map_or_else(String::new, |service| format!("{} ", service.trim_end_matches(".amazonaws.com")));
            Some(service + &event.whole.said("eventName")?)
        }),
        severity: |event, state| {
            if !state.is_empty() || is_root(event) { Severity::Warning } else { Severity::Neutral }
        },
        text: &[At("errorMessage")],
        fields: &[
            ("Who", At("userIdentity/arn or userIdentity/principalId or userIdentity/invokedBy")),
            ("From", At("sourceIPAddress")),
            ("With", At("userAgent")),
            ("Request", At("requestParameters")),
        ],
        links: CLOUDTRAIL,
        ..BLANK
    },
];

const CLOUDTRAIL: &[(&str, &str)] =
    &[("Open the event in CloudTrail", "cloudtrailv2/home?region={region}#/events/{eventID}")];

/// How bad the worst of these counts is; what it is without any if there is none.
pub(super) fn by_counts(event: &Event, place: &str, without: Severity) -> Severity {
    let counts = event.whole.all(place);
    let counted = counts
        .iter()
        .flat_map(|counts| counts.members())
        .filter(|(name, n)| name.said != "TOTAL" && n.count() > Some(0));
    let worst = severity::worst_of(counted.map(|(name, _)| &*name.said));
    if worst == Severity::Neutral { without } else { worst }
}

fn score(event: &Event) -> Option<f64> {
    event.whole.said("severity")?.parse().ok()
}

/// Source: Amazon GuardDuty user guide, "Severity levels of GuardDuty findings".
fn level(score: f64) -> Option<&'static str> {
    Some(match score {
        score if score >= 9.0 => "CRITICAL",
        score if score >= 7.0 => "HIGH",
        score if score >= 4.0 => "MEDIUM",
        _ => "LOW",
    })
}

fn by_score(score: Option<f64>) -> Severity {
    score.and_then(level).map_or(Severity::Neutral, severity::of)
}

/// What is settled is not bad any more, whatever it was.
fn by_hub(event: &Event, state: &str) -> Severity {
    let is = |place: &str, wanted: &str| event.whole.seen(place) == Some(wanted);
    if is("findings/0/Workflow/Status", "RESOLVED")
        || is("findings/0/Compliance/Status", "PASSED")
        || is("findings/0/status", "Resolved")
    {
        Severity::Good
    } else if is("findings/0/RecordState", "ARCHIVED") || is("findings/0/Workflow/Status", "SUPPRESSED") {
        Severity::Neutral
    } else {
        severity::of(state)
    }
}

fn other_findings(event: &Event) -> Option<String> {
    let findings = event.whole.all("findings/*");
    let titles = findings.iter().skip(1).filter_map(|finding| {
        let label = finding["Severity"]["Label"].seen().or_else(|| finding["severity"].seen()).unwrap_or("?");
        let title = finding["Title"].seen().or_else(|| finding["finding_info"]["title"].seen())?;
        Some(format!("{label}: {title}"))
    });
    Some(titles.collect::<Vec<_>>().join("\n"))
}

/// Root without its ARN, others by their names.
fn who(event: &Event) -> Option<String> {
    if is_root(event) {
        return Some("root".to_owned());
    }
    event.whole.said("userIdentity/userName or userIdentity/arn|/ or userIdentity/principalId")
}

fn is_root(event: &Event) -> bool {
    event.whole.seen("userIdentity/type") == Some("Root")
}

fn by_sign_in(event: &Event, state: &str) -> Severity {
    match state {
        "Failure" => Severity::Warning,
        _ if is_root(event) => Severity::Bad,
        _ if event.whole.seen("additionalEventData/MFAUsed") == Some("No") => Severity::Warning,
        _ => Severity::Neutral,
    }
}
