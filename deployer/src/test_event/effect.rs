//! What is prepared before an event is sent, and the effects that are checked afterwards.

use super::Run;
use super::trace::Ended;
use crate::account::Account;
use crate::error::{Error, Outcome};
use crate::local_stage::LocalStage;
use crate::outputs::Deployed;
use crate::random::random_bytes;
use crate::saas_client::SaasClient;
use crate::web::loopback_client;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use contracts::Saas;
use contracts::trace::{Made, Trace};
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use sha2::{Digest, Sha256};
use stacks::lookup::{ISSUE_API, issue_text};
use stacks::{Effect, StandInFile, TestPlan};

/// Largest content that is made and compared byte by byte; of a larger one only the size is.
const COMPARED_BYTES: u64 = 4 * 1024 * 1024;

/// What was prepared for one run.
pub(super) struct Arranged {
    /// The content that a SaaS holds, if it was made for this run.
    content: Option<(&'static Saas, Vec<u8>)>,
    /// Version of the object that is already there.
    previous_version: Option<String>,
    /// How many messages the stand-ins have that could be taken for the event's own.
    n_messages: Vec<(&'static Saas, usize)>,
}

/// Gives the stand-ins what the event is about, and remembers what is in the bucket.
pub(super) async fn arrange(account: &Account, plan: &TestPlan, there: &Deployed) -> Outcome<Arranged> {
    let mut content = None;
    if let Some(local) = &account.local {
        for file in &plan.files {
            let made = content_for(file)?;
            give(local, file, made.as_deref()).await?;
            content = made.map(|made| (file.saas(), made));
        }
    }
    let (mut previous_version, mut n_messages) = (None, Vec::new());
    for branch in &plan.branches {
        if let Effect::Object { bucket_output, key, .. } = &branch.effect {
            previous_version = find_object(account, there, bucket_output, key).await?.map(|object| object.version);
        }
        if let (Effect::Message { saas, item, holds }, Some(local)) = (&branch.effect, &account.local) {
            n_messages.push((*saas, count_messages(local, saas, item, holds).await?));
        }
    }
    Ok(Arranged { content, previous_version, n_messages })
}

/// Bytes that no earlier run had, so that an old object cannot pass for a new one.
fn content_for(file: &StandInFile) -> Outcome<Option<Vec<u8>>> {
    let Some(size) = usize::try_from(file.size).ok().filter(|_| file.size <= COMPARED_BYTES) else { return Ok(None) };
    let content = random_bytes(size)?;
    Ok(Some(content))
}

async fn give(local: &LocalStage, file: &StandInFile, content: Option<&[u8]>) -> Outcome<()> {
    let mut body = json!({
        "id": file.id, "dir": file.dir, "name": file.name, "project": file.project,
    });
    match content {
        Some(content) => body["content_base64"] = json!(BASE64_STANDARD.encode(content)),
        None => body["size"] = json!(file.size),
    }
    let refused = |what: String| Error::Local {
        what: format!("the stand-in of {} refuses the file: {what}", file.saas().name),
        hint: "give another event with `--file`".into(),
    };
    let answer = control(local, Method::POST, &format!("{}/files", file.saas().id()))?
        .json(&body)
        .send()
        .await
        .map_err(|error| refused(error.to_string()))?;
    match answer.status().is_success() {
        true => Ok(()),
        false => Err(refused(answer.text().await.unwrap_or_default())),
    }
}

/// A call of the stand-ins' control interface.
fn control(local: &LocalStage, method: Method, path: &str) -> Outcome<RequestBuilder> {
    let url = format!("{}/_control/{path}", local.stand_ins_url());
    Ok(loopback_client()?.request(method, url).header("x-control-token", local.control_token()))
}

/// An object as it is in the bucket now.
struct Found {
    version: String,
    size: u64,
}

async fn find_object(account: &Account, there: &Deployed, bucket_output: &str, key: &str) -> Outcome<Option<Found>> {
    let Some(bucket) = there.outputs.get(bucket_output) else { return Ok(None) };
    match account.s3.head_object().bucket(bucket).key(key).send().await {
        Ok(head) => Ok(Some(Found {
            version: head.version_id().or(head.e_tag()).unwrap_or_default().to_owned(),
            size: head.content_length().and_then(|size| u64::try_from(size).ok()).unwrap_or(0),
        })),
        Err(error) if error.raw_response().is_some_and(|answer| answer.status().as_u16() == 404) => Ok(None),
        Err(error) => Err(Error::aws("s3:GetObject")(error)),
    }
}

/// The effect that was found, or what is missing.
///
/// `id` is the message's, `ended` what the function logged at last.
pub(super) async fn find(
    run: &Run<'_>,
    effect: &Effect,
    id: &str,
    ended: Option<Ended<'_>>,
    arranged: &Arranged,
) -> Outcome<Result<String, String>> {
    let made = ended.and_then(Ended::made);
    match effect {
        Effect::Nothing(why) => Ok(Ok(why.clone())),
        Effect::Object { bucket_output, key, size } => {
            let is_done = matches!(ended, Some(Ended::Effect(_) | Ended::Nothing(Trace::Repeated { .. })));
            find_copy(run, (bucket_output, key, *size), is_done, arranged).await
        }
        Effect::Issue { key_secret, holds } => find_issue(run, key_secret, holds, made).await,
        Effect::Item { table_output, attribute, holds } => find_item(run, table_output, attribute, holds, id).await,
        Effect::Message { saas, item, holds } => find_message(run.account, (saas, item), holds, made, arranged).await,
    }
}

/// Whether the object of this bucket, key and size is a copy of the file.
async fn find_copy(
    run: &Run<'_>,
    (bucket_output, key, size): (&str, &str, u64),
    is_done: bool,
    arranged: &Arranged,
) -> Outcome<Result<String, String>> {
    let Some(found) = find_object(run.account, run.there, bucket_output, key).await? else {
        return Ok(Err(format!("object `{key}` does not exist")));
    };
    let is_new = arranged.previous_version.as_ref() != Some(&found.version);
    // Equal bytes are not written again: then the function is done and the object is the one from before.
    let may_be_old = arranged.content.is_none() && is_done;
    if !is_new && !may_be_old {
        return Ok(Err(format!("object `{key}` is still the one from before")));
    }
    if found.size != size {
        return Ok(Err(format!("object `{key}` has {} bytes in place of {size}", found.size)));
    }
    match &arranged.content {
        None if is_new => Ok(Ok(format!("{key}, {size} bytes"))),
        None => Ok(Ok(format!("{key}, {size} bytes, as before"))),
        Some((saas, content)) => compare(run, (bucket_output, key), saas, content).await,
    }
}

async fn compare(
    run: &Run<'_>,
    (bucket_output, key): (&str, &str),
    saas: &Saas,
    content: &[u8],
) -> Outcome<Result<String, String>> {
    let bucket = run.there.outputs.get(bucket_output).cloned().unwrap_or_default();
    let object = run.account.s3.get_object().bucket(bucket).key(key).send().await;
    let object = object.map_err(Error::aws("s3:GetObject"))?;
    let Ok(bytes) = object.body.collect().await else {
        return Ok(Err(format!("object `{key}` cannot be read to its end")));
    };
    let digest = Sha256::digest(content);
    if Sha256::digest(bytes.into_bytes()) != digest {
        return Ok(Err(format!("object `{key}` has other bytes than the file")));
    }
    let short = hex::encode(&digest[..6]);
    Ok(Ok(format!("{key}, {} bytes, SHA-256 {short}… as in {}", content.len(), saas.name)))
}

/// The function says which issue it made; the SaaS itself is asked what is in it.
async fn find_issue(
    run: &Run<'_>,
    key_secret: &str,
    holds: &str,
    made: Option<&Made>,
) -> Outcome<Result<String, String>> {
    let Some(Made::Issue(issue_key)) = made else {
        return Ok(Err("the function has logged no issue".into()));
    };
    let Some(mut client) = SaasClient::of_stack(run.account, run.stack, &ISSUE_API, key_secret).await? else {
        return Ok(Err("the secret with the API key no longer exists; deploy again".into()));
    };
    let text = client.read(|answers| issue_text(issue_key, answers)).await?.unwrap_or_default();
    Ok(match text {
        None => Err(format!("{} has no issue {issue_key}", ISSUE_API.saas.name)),
        Some(text) if !text.contains(holds) => Err(format!("issue {issue_key} does not hold `{holds}`")),
        Some(text) => Ok(format!("{issue_key}, {}", text.lines().next().unwrap_or_default())),
    })
}

async fn find_item(
    run: &Run<'_>,
    table_output: &str,
    attribute: &str,
    holds: &str,
    id: &str,
) -> Outcome<Result<String, String>> {
    let Some(table) = run.there.outputs.get(table_output) else {
        return Ok(Err("the stack has no table; deploy it again".into()));
    };
    let answer = run
        .account
        .dynamodb
        .get_item()
        .table_name(table)
        .key("id", AttributeValue::S(id.to_owned()))
        .consistent_read(true)
        .send()
        .await
        .map_err(Error::aws("dynamodb:GetItem"))?;
    let Some(item) = answer.item else { return Ok(Err(format!("item `{id}` does not exist"))) };
    let value = item.get(attribute).and_then(|value| value.as_s().ok());
    Ok(match value {
        Some(value) if value.contains(holds) => Ok(format!("{id}, {} attributes", item.len())),
        _ => Err(format!("item `{id}` does not hold `{holds}` in `{attribute}`")),
    })
}

/// A SaaS that only takes messages cannot be asked for them; its stand-in can.
async fn find_message(
    account: &Account,
    (saas, item): (&'static Saas, &str),
    holds: &str,
    made: Option<&Made>,
    arranged: &Arranged,
) -> Outcome<Result<String, String>> {
    let with = if holds.is_empty() { String::new() } else { format!(" with `{holds}`") };
    let Some(local) = &account.local else {
        let seen = || format!("{} took it; look for a {item}{with} in the channel", saas.name);
        return Ok(match made {
            Some(Made::Message) => Ok(seen()),
            _ => Err(format!("{} has taken nothing yet", saas.name)),
        });
    };
    let before = arranged.n_messages.iter().find(|(known, _)| *known == saas).map_or(0, |(_, n)| *n);
    let there = count_messages(local, saas, item, holds).await?;
    Ok(match there.saturating_sub(before) {
        0 => Err(format!("the stand-in of {} has no new {item}{with}", saas.name)),
        1 => Ok(format!("one {item}{with}")),
        n => Err(format!("the stand-in of {} has {n} new {item}s{with}", saas.name)),
    })
}

/// How many messages of a stand-in hold a text; of an empty one, how many there are.
async fn count_messages(local: &LocalStage, saas: &Saas, item: &str, holds: &str) -> Outcome<usize> {
    let path = format!("{}/{item}s", saas.id());
    let unreadable = |error: reqwest::Error| Error::Local {
        what: format!("the stand-in of {} cannot be asked: {error}", saas.name),
        hint: "check whether it runs: cargo xtask local status".into(),
    };
    let call = control(local, Method::GET, &path)?;
    let messages: Vec<serde_json::Value> = call.send().await.map_err(unreadable)?.json().await.map_err(unreadable)?;
    // A text may stand in the JSON with escapes; a word of letters and digits stands as it is.
    Ok(messages.iter().filter(|message| message.to_string().contains(holds)).count())
}
