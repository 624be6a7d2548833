//! Services that build and release software: CodeBuild, CodeDeploy, CodePipeline, CodeCommit, ECR, CloudFormation.
//!
//! Source: the user guides of the services, "Build notifications input format reference" (CodeBuild), "Monitoring
//! deployments with Amazon CloudWatch events" (CodeDeploy), "Amazon ECR events and EventBridge", "Managing events
//! with CloudFormation and Amazon EventBridge".

use super::super::{pipeline, severity};
use super::{At, BLANK, By, Known, When};
use crate::notice::Severity;
use crate::notice::envelope::Event;

const BUILD: &str = "codesuite/codebuild/projects/{project-name}/build/{build-id|/}/?region={region}";

pub(super) const KNOWN: &[Known] = &[
    Known {
        when: When::Event("aws.codebuild", &["CodeBuild Build State Change"]),
        what: "CodeBuild",
        state: At("build-status"),
        name: At("project-name"),
        text: &[By(failed_phases)],
        fields: &[
            ("Build", At("build-id|/")),
            ("Started by", At("additional-information/initiator")),
            ("Source", At("additional-information/source/location")),
            ("Version", At("additional-information/source-version")),
            ("Log", At("additional-information/logs/group-name")),
        ],
        links: &[("Open the build in CodeBuild", BUILD)],
        ..BLANK
    },
    Known {
        when: When::Event("aws.codebuild", &["CodeBuild Build Phase Change"]),
        what: "CodeBuild",
        state: At("completed-phase-status"),
        name: By(|event| {
            Some(format!("{}: {}", event.whole.said("project-name")?, event.whole.said("completed-phase")?))
        }),
        text: &[At("completed-phase-context")],
        fields: &[("Build", At("build-id|/"))],
        links: &[("Open the build in CodeBuild", BUILD)],
        ..BLANK
    },
    Known {
        when: When::Event("aws.codedeploy", &["CodeDeploy *"]),
        what: "CodeDeploy",
        state: At("state"),
        name: By(|event| {
            let parts = [event.whole.said("application"), event.whole.said("deploymentGroup")];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            Some(parts.join(" / ")).filter(|name| !name.is_empty()).or_else(|| event.whole.said("deploymentId"))
        }),
        text: &[At("/additionalAttributes/errorInformation or /additionalAttributes/additionalInformation")],
        fields: &[("Deployment", At("deploymentId")), ("Instance", At("instanceId")), ("Group", At("instanceGroupId"))],
        links: &[(
            "Open the deployment in CodeDeploy",
            "codesuite/codedeploy/deployments/{deploymentId}?region={region}",
        )],
        ..BLANK
    },
    Known { when: When::Event("aws.codepipeline", &["*"]), reader: Some(pipeline::read), ..BLANK },
    Known {
        when: When::Event("aws.codecommit", &["*"]),
        what: "CodeCommit",
        state: At("event"),
        name: By(|event| {
            let title = event.whole.said("title or referenceName or commitId or afterCommitId");
            let repository = event.whole.said("repositoryNames or repositoryName or repositoryId");
            let parts: Vec<String> = [repository, title].into_iter().flatten().collect();
            Some(parts.join(": ")).filter(|name| !name.is_empty())
        }),
        severity: |_, _| Severity::Neutral,
        text: &[At("/additionalAttributes/comments/*/commentText or notificationBody")],
        fields: &[
            ("Status", At("pullRequestStatus")),
            ("By", At("callerUserArn|: or author|:")),
            ("From", At("sourceReference")),
            ("Into", At("destinationReference")),
            ("Commit", At("commitId or afterCommitId")),
        ],
        links: &[
            (
                "Open the pull request in CodeCommit",
                "codesuite/codecommit/repositories/{repositoryNames/0}/pull-requests/{pullRequestId}/details?region={region}",
            ),
            (
                "Open the repository in CodeCommit",
                "codesuite/codecommit/repositories/{repositoryName}/browse?region={region}",
            ),
        ],
        ..BLANK
    },
    Known {
        when: When::Event("aws.ecr", &["ECR Image Scan"]),
        what: "ECR scan",
        state: At("scan-status"),
        name: By(image),
        severity: |event, state| super::security::by_counts(event, "finding-severity-counts", severity::of(state)),
        fields: &[
            ("Findings", At("finding-severity-counts")),
            ("Tags", At("image-tags")),
            ("Digest", At("image-digest")),
        ],
        links: &[(
            "Open the image in ECR",
            "ecr/repositories/private/{/account}/{repository-name|path}/_/image/{image-digest}/details?region={region}",
        )],
        ..BLANK
    },
    Known {
        when: When::Event("aws.ecr", &["ECR Image Action"]),
        what: "ECR",
        state: At("action-type"),
        name: By(|event| {
            let tag = event.whole.said("image-tag").map_or_else(String::new, |tag| format!(":{tag}"));
            Some(event.whole.said("repository-name")? + &tag)
        }),
        severity: |event, _| event.whole.seen("result").map_or(Severity::Neutral, severity::of),
        fields: &[("Result", At("result")), ("Digest", At("image-digest"))],
        links: &[(
            "Open the repository in ECR",
            "ecr/repositories/private/{/account}/{repository-name|path}?region={region}",
        )],
        ..BLANK
    },
    Known {
        when: When::Event("aws.cloudformation", &["CloudFormation *"]),
        what: "CloudFormation",
        state: At("status-details/status or status-details/stack-drift-status"),
        name: By(|event| {
            let stack = event.whole.said("stack-id|1/")?;
            Some(match event.whole.said("logical-resource-id") {
                Some(resource) => format!("{stack} / {resource}"),
                None => stack,
            })
        }),
        text: &[At("status-details/status-reason")],
        fields: &[("Type", At("resource-type")), ("Physical id", At("physical-resource-id"))],
        links: &[(
            "Open the stack in CloudFormation",
            "cloudformation/home?region={region}#/stacks/stackinfo?stackId={stack-id}",
        )],
        ..BLANK
    },
];

/// Phases that failed, with what they say; a phase without a reason says `: `.
fn failed_phases(event: &Event) -> Option<String> {
    let phases = event.whole.all("additional-information/phases/*");
    let failed =
        phases.into_iter().filter(|phase| phase["phase-status"].seen().map(severity::of) == Some(Severity::Bad));
    let lines = failed.filter_map(|phase| {
        let contexts = phase["phase-context"].items().iter().filter_map(|context| context.seen());
        let contexts: Vec<&str> = contexts.filter(|context| context.contains(char::is_alphanumeric)).collect();
        let name = phase["phase-type"].seen()?;
        (!contexts.is_empty()).then(|| format!("{name}: {}", contexts.join("\n")))
    });
    Some(lines.collect::<Vec<_>>().join("\n")).filter(|lines| !lines.is_empty())
}

/// A repository with the tags of an image.
fn image(event: &Event) -> Option<String> {
    let repository = event.whole.said("repository-name")?;
    Some(match event.whole.said("image-tags/0") {
        Some(tag) => format!("{repository}:{tag}"),
        None => repository,
    })
}
