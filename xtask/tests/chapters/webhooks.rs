//! Forged and mutated webhooks, by seed: none gets in without the token, and none that gets in is lost.

use super::mutants::{forged_token, mutant};
use super::world::full;
use crate::local::stage::{Stage, sources};
use crate::local::story::{Chapter, chapter};
use fastrand::Rng;
use futures_util::StreamExt;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Another number makes other events.
const SEED: u64 = 20_261_127;
/// How many of each kind `ci` sends to each webhook, and how many `ci --thorough` does.
const N_SAMPLE: usize = 60;
const N_THOROUGH: usize = 2_500;
/// The number of requests at the same time.
const N_CONNECTIONS: usize = 8;
/// The largest file that the stand-in makes for a mutant.
const LARGEST_FILE_BYTES: u64 = 1 << 20;
/// The first id of the files and alerts of this chapter.
const FIRST_ID: u64 = 500_000;

pub const CHAPTERS: &[Chapter<Stage>] = &[
    chapter("webhooks: forged ones are refused", forged),
    chapter("webhooks: every mutated one is accounted for", mutated),
];

/// A webhook, its queue, and the event that is mutated.
#[derive(Clone, Copy)]
struct Webhook {
    stack: &'static str,
    queue: &'static str,
    event: &'static str,
}

const WEBHOOKS: [Webhook; 2] = [
    Webhook { stack: "backlog-files", queue: "Events", event: "backlog-file-added.json" },
    Webhook { stack: "mackerel-incidents", queue: "Alerts", event: "mackerel-alert.json" },
];

/// An answer of a webhook.
struct Answered {
    status: u16,
    body: String,
}

impl Answered {
    /// The id under which the event was queued, if it was.
    fn id(&self) -> Option<String> {
        let body: Json = serde_json::from_str(&self.body).ok()?;
        Some(body["id"].as_str()?.to_owned())
    }
}

fn forged(stage: &Stage) {
    for webhook in WEBHOOKS {
        let mut random = Rng::with_seed(SEED);
        let url = stage.registered(webhook.stack);
        let (address, token) = url.rsplit_once('/').unwrap();
        let posts = (0..n_events()).map(|index| {
            (format!("{address}/{}", forged_token(&mut random, token)), webhook.event(index).to_string().into_bytes())
        });
        let posts: Vec<_> = posts.collect();
        let answers = post_all(&posts);
        let wrong: Vec<_> = answers.iter().zip(&posts).filter(|(answer, _)| !is_refused(answer.status)).collect();
        let lines: Vec<_> =
            wrong.iter().map(|(answer, (url, _))| format!("{} {}: {url}", answer.status, answer.body)).collect();
        assert!(wrong.is_empty(), "{}", lines.join("\n"));
        println!("    {}: {}/{} forged ones refused", webhook.stack, answers.len(), posts.len());
    }
}

fn mutated(stage: &Stage) {
    for webhook in WEBHOOKS {
        let mut random = Rng::with_seed(SEED);
        let bodies: Vec<_> = (0..n_events()).map(|index| mutant(&mut random, webhook.event(index))).collect();
        bodies.iter().for_each(|body| give_file(stage, body));
        // What others left there is not of these.
        dead_letters(stage, webhook);
        let url = stage.registered(webhook.stack);
        let posts: Vec<_> = bodies.into_iter().map(|body| (url.clone(), body)).collect();
        let answers = post_all(&posts);
        for (answer, (_, body)) in answers.iter().zip(&posts) {
            let is_known = [200, 400, 413].contains(&answer.status);
            assert!(is_known, "{} {}: {}", answer.status, answer.body, String::from_utf8_lossy(body));
        }
        let ids: BTreeSet<String> = answers.iter().filter_map(Answered::id).collect();
        assert!(
            ids.len() * 2 > posts.len(),
            "only {} of {} were taken: the mutants are too wild",
            ids.len(),
            posts.len()
        );
        drain(stage, webhook);
        are_accounted_for(stage, webhook, &ids);
    }
}

impl Webhook {
    /// The event of this chapter with this number; a few alerts are the same.
    fn event(self, index: usize) -> Json {
        let text = std::fs::read_to_string(sources().join("handlers/contracts/events").join(self.event)).unwrap();
        let mut event: Json = serde_json::from_str(&text).unwrap();
        let id = FIRST_ID + index as u64;
        match self.stack {
            "backlog-files" => {
                event["content"]["id"] = json!(id);
                event["content"]["name"] = json!(format!("mutant {id}.pdf"));
            }
            _ => event["alert"]["id"] = json!(format!("mutant{}", if index.is_multiple_of(4) { FIRST_ID } else { id })),
        }
        event
    }
}

/// Puts the file into the stand-in that an event announces: one of another size would be waited for.
fn give_file(stage: &Stage, body: &[u8]) {
    let Ok(event) = serde_json::from_slice::<Json>(body) else { return };
    let content = &event["content"];
    let (Some(id), Some(size)) = (content["id"].as_u64(), content["size"].as_u64()) else { return };
    if size <= LARGEST_FILE_BYTES {
        stage.control("backlog/files", &json!({"id": id, "dir": "/sample/", "name": "mutant", "size": size}));
    }
}

/// Waits until all that was queued has come to an end.
fn drain(stage: &Stage, webhook: Webhook) {
    stage.until(&format!("{} is empty", webhook.queue), || {
        // Lifts the limit of issues in a minute, of which Backlog makes people wait.
        if webhook.stack == "mackerel-incidents" {
            assert!(stage.control("reset", &json!({})).is_success());
        }
        stage.depth(webhook.stack, webhook.queue) == 0
    });
}

/// Each event was done or ignored, or is in the dead-letter queue with its reason; nothing crashed.
fn are_accounted_for(stage: &Stage, webhook: Webhook, ids: &BTreeSet<String>) {
    let mut ends: BTreeMap<&str, &str> = BTreeMap::new();
    let logs = stage.logs();
    let lines: Vec<Json> =
        logs.lines().filter_map(|line| serde_json::from_str(&line[line.find('{')?..]).ok()).collect();
    for line in &lines {
        let (Some(id), Some(trace)) = (line["message_id"].as_str(), line["trace"].as_str()) else { continue };
        if !["received", "queued"].contains(&trace) {
            ends.insert(id, trace);
        }
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for id in ids {
        *counts.entry(ends.get(id.as_str()).copied().unwrap_or("nothing is known of it")).or_default() += 1;
    }
    const GIVEN_UP: &str = "given_up";
    let known = ["done", "repeated", "ignored", "nothing_done", GIVEN_UP];
    let unknown: Vec<_> = counts.iter().filter(|(end, _)| !known.contains(end)).collect();
    assert!(unknown.is_empty(), "{counts:?}");
    for word in ["panicked", "Task timed out", "signal:"] {
        assert!(!logs.contains(word), "a function says `{word}`:\n{logs}");
    }
    let letters = dead_letters(stage, webhook);
    assert!(letters.iter().all(|letter| letter["reason"].as_str().is_some_and(|reason| !reason.is_empty())));
    assert_eq!(letters.len(), counts.get(GIVEN_UP).copied().unwrap_or(0), "{letters:#?}");
    println!("    {}: {}/{} mutants that got in are accounted for: {counts:?}", webhook.stack, ids.len(), ids.len());
}

/// Takes all messages out of a webhook's dead-letter queue.
fn dead_letters(stage: &Stage, webhook: Webhook) -> Vec<Json> {
    let letters = stage.account("receive_all", &[&full(webhook.stack), &format!("{}DeadLetters", webhook.queue)]);
    letters.as_array().unwrap().clone()
}

/// Whether a webhook without the token got what it should.
fn is_refused(status: u16) -> bool {
    [400, 401, 403, 404, 414].contains(&status)
}

/// Posts bodies to their addresses, those that the API's limit refuses again, and returns the answers in order.
fn post_all(posts: &[(String, Vec<u8>)]) -> Vec<Answered> {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio.block_on(
        futures_util::stream::iter(posts).map(|(url, body)| post(&client, url, body)).buffered(N_CONNECTIONS).collect(),
    )
}

async fn post(client: &reqwest::Client, url: &str, body: &[u8]) -> Answered {
    loop {
        let call = client.post(url).header("content-type", "application/json").body(body.to_vec());
        let answer = call.send().await.unwrap();
        let status = answer.status().as_u16();
        if status != 429 {
            return Answered { status, body: answer.text().await.unwrap() };
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "`ci --thorough` says by this variable that all is wanted")]
fn n_events() -> usize {
    if std::env::var("FAULTS").is_ok_and(|wanted| wanted == "all") { N_THOROUGH } else { N_SAMPLE }
}
