//! What the roles of the functions may do, as IAM judges their policies.

use crate::local::stage::Stage;
use crate::local::story::{Chapter, chapter};

pub const CHAPTERS: &[Chapter<Stage>] = &[chapter("the roles allow what functions need and no more", least_privilege)];

const ALLOWED: &str = "allowed";
const DENIED: &str = "implicitDeny";

fn least_privilege(stage: &Stage) {
    let mut rows = Vec::new();
    for (stack, function, allowed, denied) in [
        (
            "mackerel-incidents",
            "WebhookReceiver",
            &["sqs:SendMessage Alerts", "secretsmanager:GetSecretValue WebhookToken"][..],
            &[
                "sqs:SendMessage AlertsDeadLetters",
                "sqs:ReceiveMessage Alerts",
                "secretsmanager:GetSecretValue BacklogApiKey",
                "dynamodb:PutItem Incidents",
            ][..],
        ),
        (
            "mackerel-incidents",
            "IncidentReporter",
            &[
                "sqs:ReceiveMessage Alerts",
                "sqs:SendMessage AlertsDeadLetters",
                "secretsmanager:GetSecretValue BacklogApiKey",
                "dynamodb:GetItem Incidents",
                "dynamodb:PutItem Incidents",
            ],
            &[
                "sqs:SendMessage Alerts",
                "secretsmanager:GetSecretValue WebhookToken",
                "secretsmanager:PutSecretValue BacklogApiKey",
                "dynamodb:Scan Incidents",
                "dynamodb:DeleteItem Incidents",
            ],
        ),
        (
            "sns-slack",
            "SlackNotifier",
            &["sqs:DeleteMessage Notices", "secretsmanager:GetSecretValue SlackWebhook", "dynamodb:PutItem Claims"],
            &["sns:Publish Notifications", "sqs:SendMessage Notices", "dynamodb:DeleteTable Claims"],
        ),
        (
            "question-form",
            "QuestionReceiver",
            &["sns:Publish Questions", "dynamodb:UpdateItem Counts"],
            &[
                "sns:Subscribe Questions",
                "dynamodb:PutItem Counts",
                "dynamodb:PutItem Archive",
                "secretsmanager:GetSecretValue TeamsWorkflow",
            ],
        ),
        (
            "question-form",
            "TeamsPoster",
            &["secretsmanager:GetSecretValue TeamsWorkflow", "dynamodb:PutItem TeamsClaims"],
            &[
                "secretsmanager:GetSecretValue BacklogApiKey",
                "dynamodb:PutItem TicketClaims",
                "sqs:ReceiveMessage TicketQuestions",
            ],
        ),
        (
            "question-form",
            "TicketCreator",
            &["secretsmanager:GetSecretValue BacklogApiKey", "dynamodb:GetItem TicketClaims"],
            &["secretsmanager:GetSecretValue TeamsWorkflow", "dynamodb:PutItem TeamsClaims", "sns:Publish Questions"],
        ),
        (
            "question-form",
            "QuestionArchiver",
            &["dynamodb:PutItem Archive", "sqs:ChangeMessageVisibility ArchiveQuestions"],
            // It keeps what people ask and cannot read it.
            &["dynamodb:GetItem Archive", "dynamodb:DeleteItem Archive", "dynamodb:PutItem TicketClaims"],
        ),
    ] {
        let resources = stage.resources(stack);
        let decided = allowed.iter().map(|row| (row, ALLOWED)).chain(denied.iter().map(|row| (row, DENIED)));
        for (row, decision) in decided {
            let (action, id) = row.split_once(' ').unwrap();
            let role = resources[&format!("{function}Role")].clone();
            rows.push((role, action, arn(action, &resources[id]), decision));
        }
    }
    stage.decides(&rows);
}

/// The ARN of what CloudFormation names in its own way.
fn arn(action: &str, physical_id: &str) -> String {
    let name = physical_id.rsplit('/').next().unwrap();
    match action.split(':').next().unwrap() {
        "dynamodb" => format!("arn:aws:dynamodb:ap-northeast-1:000000000000:table/{name}"),
        "sqs" => format!("arn:aws:sqs:ap-northeast-1:000000000000:{name}"),
        _ => physical_id.to_owned(),
    }
}
