//! Backlog's shared files, copied to S3 as they are added and updated.

use crate::integration::Integration;
use crate::lookup::BacklogLookup;
use crate::stack::{Api, Feeding, Sender, Stack, Webhook};
use crate::stage::{BacklogSettings, NameOrId, Section, SenderRange, Senders, Shared, Stage, senders};
use crate::test_plan::{Branch, Effect, Entry, StandInFile, TestPlan};
use contracts::backlog::{self, BacklogApiKey, BacklogEvent, Folder, KeyPrefix};
use contracts::{Message, SizeLimit, WebhookToken, file_replicator};
use serde::Deserialize;

const BUCKET: &str = "FilesBucket";

/// What the section `backlog_files` says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a section with its settings below it")]
pub(crate) struct Settings {
    /// The folder whose files are copied; `/` copies all files.
    watched_folder: Folder,
    /// The prefix of their keys in the bucket.
    target_prefix: KeyPrefix,
    /// The largest file to copy; a larger one goes to the dead-letter queue.
    #[serde(default = "default_size_limit")]
    size_limit: SizeLimit,
    /// The addresses that may call the webhook. Default: all.
    #[serde(default, deserialize_with = "senders")]
    allowed_senders: Vec<SenderRange>,
}

fn default_size_limit() -> SizeLimit {
    SizeLimit::new(20 << 30)
}

impl Section for Settings {}

impl Integration for Settings {
    const ABOUT: &'static str =
        "Copies files that are shared in Backlog to S3: webhook, API Gateway, queue, function, bucket";
    const SHARED: &'static [Shared] = &[Shared::Backlog];

    /// Webhook, queue, function, bucket.
    ///
    /// Panics if the stage has no section `backlog`, which reading the stage file refuses.
    fn define(&self, stage: &Stage, stack: &mut Stack, api: Api) {
        let Some(space) = &stage.backlog else { panic!("the stage has no section `backlog`") };
        let token = stack.generated_secret::<WebhookToken>("WebhookToken");
        let api_key = stack.given_secret::<BacklogApiKey>("BacklogApiKey");
        let files = stack.bucket("Files", BUCKET);

        let url = stack.service_url(&backlog::SAAS);
        // Events of other projects are ignored.
        stack.named_in_backlog(BacklogLookup::Project(NameOrId::Name(space.project.as_str().into())));
        let events = stack.consumer(
            "Events",
            "FileReplicator",
            // One file at a time has the whole time of an invocation; Backlog asks for few at once.
            Feeding { batch_size: 1, maximum_concurrency: 2 },
            file_replicator::Wiring {
                target: files.put_objects(&self.target_prefix),
                api_key: api_key.read(),
                backlog: url,
                project: stack.setting(&space.project),
                folder: stack.setting(&self.watched_folder),
                size_limit: stack.setting(&self.size_limit),
            },
        );
        stack.webhook(
            "WebhookReceiver",
            &events,
            Webhook {
                api,
                saas: &backlog::SAAS,
                place: "Project settings, Integrations, Webhooks, Add webhook: field `Webhook URL`; tick `File: Add` and `File: Update`",
                sender: Sender::Token(&token),
                senders: match self.allowed_senders.as_slice() {
                    [] => Senders::Everyone,
                    only => Senders::Only(only.to_vec()),
                },
            },
        );
        stack.tested_by(BacklogEvent::TEST_EVENT, plan_test);
    }
}

/// The file of the event arrives in the bucket, unless the handler has a reason to ignore it.
///
/// A file keeps its number: a new content shows that it was copied again.
fn plan_test(stage: &Stage, event: &str, _fresh: Option<&str>) -> Result<TestPlan, String> {
    let (Some(settings), Some(space)) = (stage.section::<Settings>(), &stage.backlog) else {
        return Err("the stage has no section `backlog_files`".into());
    };
    let parsed: BacklogEvent = serde_json::from_str(event)
        .map_err(|error| format!("the event is not the JSON of a Backlog webhook: {error}"))?;
    let plan = |files, effect| TestPlan {
        files,
        entry: Entry::Webhook { function: "WebhookReceiver", body: event.to_owned() },
        branches: vec![Branch { function: "FileReplicator", effect }],
    };
    match effect(settings, space, parsed)? {
        Ok((file, effect)) => Ok(plan(vec![file], effect)),
        Err(why) => Ok(plan(vec![], Effect::Nothing(why.to_owned()))),
    }
}

/// The file that Backlog must serve, and the expected effect; the inner error says why the event is ignored.
fn effect(
    settings: &Settings,
    space: &BacklogSettings,
    event: BacklogEvent,
) -> Result<Result<(StandInFile, Effect), &'static str>, String> {
    let Some(file) = event.changed_file() else { return Ok(Err("no file was added or updated")) };
    let file = file.map_err(|problem| problem.to_string())?;
    let project = event.project_key().map_err(|problem| problem.to_string())?.unwrap_or_default().to_owned();
    if project != space.project.as_str() {
        return Ok(Err("the event is of another project"));
    }
    let unusable = |why| format!("the file cannot be stored: {why}");
    let Some(key) = settings.watched_folder.key_of(&file.dir, &file.name).map_err(unusable)? else {
        return Ok(Err("the file is in another folder"));
    };
    let key = settings.target_prefix.with(&key).map_err(unusable)?;
    let size = file.size.ok_or("the event says no size, by which the object could be known")?;
    let stand_in = StandInFile { project, id: file.id, dir: file.dir, name: file.name, size };
    Ok(Ok((stand_in, Effect::Object { bucket_output: BUCKET, key, size })))
}
