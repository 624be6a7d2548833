//! A form for questions, which go to Teams, to Backlog and into a table.

use crate::integration::Integration;
use crate::stack::{Api, Feeding, FurtherStack, IssueWires, OpenEndpoint, SiteFile, SiteSettings, Stack};
use crate::stage::{Domain, IssueSettings, RateRule, Section, Shared, Stage, present};
use crate::test_plan::{Branch, Effect, Entry, TestPlan};
use contracts::backlog::{self, BacklogApiKey};
use contracts::claim::Progress;
use contracts::question::Question;
use contracts::question_archiver::ArchivedQuestion;
use contracts::question_receiver::DailyLimit;
use contracts::teams::{self, TeamsWorkflowUrl};
use contracts::{Days, Message, question, question_archiver, question_receiver, teams_poster, ticket_creator};
use serde::Deserialize;

const API_KEY: &str = "BacklogApiKey";
const CERTIFICATE_STACK: FurtherStack = FurtherStack::with_certificate("question-form-certificate");
const SITE: &str = "FormUrl";
const ARCHIVE: &str = "ArchiveName";
const ARCHIVE_TABLE: &str = "Archive";

/// Revalidated each time, because what the page refers to must fit it; the others are asked for again as well.
const NOT_KEPT: &str = "no-cache";

const NOT_FOUND: &str = "not-found.html";

const FILES: &[SiteFile] = &[
    SiteFile {
        path: "index.html",
        content: include_bytes!("question_form/site/index.html"),
        content_type: "text/html; charset=utf-8",
        cache_control: NOT_KEPT,
    },
    SiteFile {
        path: NOT_FOUND,
        content: include_bytes!("question_form/site/not-found.html"),
        content_type: "text/html; charset=utf-8",
        cache_control: NOT_KEPT,
    },
    SiteFile {
        path: "style.css",
        content: include_bytes!("question_form/site/style.css"),
        content_type: "text/css; charset=utf-8",
        cache_control: NOT_KEPT,
    },
    SiteFile {
        path: "form.js",
        content: include_bytes!("question_form/site/form.js"),
        content_type: "text/javascript; charset=utf-8",
        cache_control: NOT_KEPT,
    },
    SiteFile {
        path: "favicon.svg",
        content: include_bytes!("question_form/site/favicon.svg"),
        content_type: "image/svg+xml",
        cache_control: "max-age=86400",
    },
];

const FULL: &str = "A question was rejected because `daily_limit` of the stage file is reached. Check the questions: \
                    if they are genuine, raise the limit and deploy.";

/// What the section `question_form` says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a section with its settings below it")]
pub(crate) struct Settings {
    /// The settings of the issue that each question opens.
    issue: IssueSettings,
    /// How many questions are accepted per day, from all users together.
    #[serde(default)]
    pub(crate) daily_limit: DailyLimit,
    /// How many requests one address may make within five minutes. Default: no limit.
    #[serde(default, deserialize_with = "present")]
    pub(crate) rate_rule: Option<RateRule>,
    /// After how many days a question is deleted from the table. Default: never.
    #[serde(default)]
    keep_days: Option<Days>,
    /// The form's own domain. Default: the name that CloudFront gives it.
    #[serde(default, deserialize_with = "present")]
    domain: Option<Domain>,
}

impl Section for Settings {}

impl Integration for Settings {
    const ABOUT: &'static str = "A question form on CloudFront; each question goes to Teams, Backlog and DynamoDB";
    const SHARED: &'static [Shared] = &[Shared::Backlog];
    const RETAINS: &'static [&'static str] = &[ARCHIVE_TABLE];
    const FURTHER: &'static [FurtherStack] = &[CERTIFICATE_STACK];

    /// Form, API, topic, three queues, three functions.
    fn define(&self, stage: &Stage, stack: &mut Stack, api: Api) {
        let questions = stack.topic::<Question>("Questions", "TopicArn");
        let taken = stack.daily_counts("Counts", FULL);
        let host = stack.open_endpoint(
            "QuestionReceiver",
            OpenEndpoint {
                api,
                resource: "questions",
                // Half of what a day may bring, within an hour, is no course that asks.
                requests_per_hour: self.daily_limit.questions().div_ceil(2),
                rate_rule: self.rate_rule,
            },
            question_receiver::Wiring {
                questions: questions.publish(),
                taken: taken.count(),
                daily_limit: stack.setting(&self.daily_limit),
                time_zone: stack.setting(&stage.time_zone),
            },
        );
        let site = SiteSettings {
            url_output: SITE,
            files: FILES,
            not_found: NOT_FOUND,
            domain: self.domain.as_ref(),
            certificate_stack: CERTIFICATE_STACK,
        };
        stack.site(site, host);
        stack.registration(
            "a page or mail of yours",
            "a link for the people who ask; `?project_id=…` behind it fills in what the question is about",
            SITE,
        );

        // One at a time: each end is as slow as a SaaS, and a failure concerns one question.
        let feeding = Feeding { batch_size: 1, maximum_concurrency: 2 };
        let workflow = stack.given_secret::<TeamsWorkflowUrl>("TeamsWorkflow");
        let shown = stack.memory::<Progress>("TeamsClaims");
        let for_teams = stack.consumer(
            "TeamsQuestions",
            "TeamsPoster",
            feeding,
            teams_poster::Wiring {
                shown: shown.claim(),
                workflow: workflow.read(),
                time_zone: stack.setting(&stage.time_zone),
            },
        );
        stack.subscribe(&for_teams, &questions);

        let api_key = stack.given_secret::<BacklogApiKey>(API_KEY);
        let created = stack.memory::<Progress>("TicketClaims");
        let IssueWires { project, issue_type, priority, assignee, milestone, custom_fields, text_formatting } =
            stack.issue(&self.issue);
        let url = stack.service_url(&backlog::SAAS);
        let for_backlog = stack.consumer(
            "TicketQuestions",
            "TicketCreator",
            feeding,
            ticket_creator::Wiring {
                created: created.claim(),
                api_key: api_key.read(),
                backlog: url,
                project,
                issue_type,
                priority,
                assignee,
                milestone,
                custom_fields,
                text_formatting,
            },
        );
        stack.subscribe(&for_backlog, &questions);

        let archive = stack.data_table::<ArchivedQuestion>(ARCHIVE_TABLE, ARCHIVE);
        let for_archive = stack.consumer(
            "ArchiveQuestions",
            "QuestionArchiver",
            feeding,
            question_archiver::Wiring { archive: archive.insert(), keep_days: stack.setting(&self.keep_days) },
        );
        stack.subscribe(&for_archive, &questions);
        stack.tested_by(Question::TEST_EVENT, plan_test);
    }

    /// The certificate of the form's own domain.
    fn further(&self, stage: &Stage) -> Vec<Stack> {
        let domain = self.domain.iter();
        domain.filter_map(|domain| Stack::with_certificate(CERTIFICATE_STACK, stage, domain)).collect()
    }
}

/// The question arrives at all three ends.
fn plan_test(_stage: &Stage, event: &str, fresh: Option<&str>) -> Result<TestPlan, String> {
    let body = match fresh {
        Some(fresh) => question::with_marker(event, fresh)?,
        None => event.to_owned(),
    };
    let question: Question =
        serde_json::from_str(&body).map_err(|error| format!("the event is not a question: {error}"))?;
    question.check().map_err(|refusal| format!("the form refuses the question: {}", refusal.reason()))?;
    // The first word stands in the summary of the issue and in one piece on the card.
    let holds = question.text.split_whitespace().next().unwrap_or_default().to_owned();
    let branch = |function, effect| Branch { function, effect };
    Ok(TestPlan {
        files: vec![],
        entry: Entry::Post { function: "QuestionReceiver", site_output: SITE, path: "/api/questions", body },
        branches: vec![
            branch("TeamsPoster", Effect::Message { saas: &teams::SAAS, item: "card", holds: holds.clone() }),
            branch("TicketCreator", Effect::Issue { key_secret: API_KEY, holds: holds.clone() }),
            branch("QuestionArchiver", Effect::Item { table_output: ARCHIVE, attribute: "text", holds }),
        ],
    })
}
