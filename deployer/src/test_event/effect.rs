//! What must be there before an event is sent, and what must be there afterwards.

use crate::account::Account;
use crate::error::{Error, Outcome};
use crate::local::loopback_client;
use crate::outputs::Deployed;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use sha2::{Digest, Sha256};
use stacks::{Effect, StandInFile, TestPlan};

/// Largest content that is made and compared byte by byte; of a larger one only the size is.
const COMPARED_BYTES: u64 = 4 * 1024 * 1024;

/// What was prepared for one run.
pub(super) struct Arranged {
    /// The content that the SaaS holds, if it was made for this run.
    content: Option<Vec<u8>>,
    /// Version of the object that is already there.
    previous_version: Option<String>,
}

/// Gives the stand-ins what the event is about, and remembers what is in the bucket.
pub(super) async fn arrange(account: &Account, plan: &TestPlan, there: &Deployed) -> Outcome<Arranged> {
    let mut content = None;
    if let Some(local) = &account.local {
        for file in &plan.files {
            content = content_for(file)?;
            give(&local.stand_ins_url(), file, content.as_deref()).await?;
        }
    }
    let previous_version = match &plan.effect {
        Effect::Object { bucket_output, key, .. } => {
            find_object(account, there, bucket_output, key).await?.map(|object| object.version)
        }
        Effect::Nothing(_) => None,
    };
    Ok(Arranged { content, previous_version })
}

/// Bytes that no earlier run had, so that an old object cannot pass for a new one.
fn content_for(file: &StandInFile) -> Outcome<Option<Vec<u8>>> {
    let Some(size) = usize::try_from(file.size).ok().filter(|_| file.size <= COMPARED_BYTES) else { return Ok(None) };
    let mut content = vec![0; size];
    getrandom::fill(&mut content).map_err(|error| Error::Local {
        what: format!("the system has no random numbers: {error}"),
        hint: "check /dev/urandom".into(),
    })?;
    Ok(Some(content))
}

async fn give(stand_ins: &str, file: &StandInFile, content: Option<&[u8]>) -> Outcome<()> {
    let mut body = json!({
        "id": file.id, "dir": file.dir, "name": file.name, "project": file.project,
    });
    match content {
        Some(content) => body["content_base64"] = json!(BASE64_STANDARD.encode(content)),
        None => body["size"] = json!(file.size),
    }
    let refused = |what: String| Error::Local {
        what: format!("the stand-in of Backlog refuses the file: {what}"),
        hint: "give another event with `--file`".into(),
    };
    let answer = loopback_client()?
        .post(format!("{stand_ins}/_control/backlog/files"))
        .json(&body)
        .send()
        .await
        .map_err(|error| refused(error.to_string()))?;
    match answer.status().is_success() {
        true => Ok(()),
        false => Err(refused(answer.text().await.unwrap_or_default())),
    }
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

/// The effect that is waited for.
pub(super) struct Expected<'a> {
    pub(super) account: &'a Account,
    pub(super) plan: &'a TestPlan,
    pub(super) there: &'a Deployed,
    pub(super) arranged: &'a Arranged,
}

impl Expected<'_> {
    /// What is there, or what is missing.
    pub(super) async fn find(&self) -> Outcome<Result<String, String>> {
        let (bucket_output, key, size) = match &self.plan.effect {
            Effect::Nothing(why) => return Ok(Ok(why.clone())),
            Effect::Object { bucket_output, key, size } => (bucket_output, key, *size),
        };
        let Some(found) = find_object(self.account, self.there, bucket_output, key).await? else {
            return Ok(Err(format!("there is no object `{key}`")));
        };
        if self.arranged.previous_version.as_ref() == Some(&found.version) {
            return Ok(Err(format!("object `{key}` is still the one from before")));
        }
        if found.size != size {
            return Ok(Err(format!("object `{key}` has {} bytes in place of {size}", found.size)));
        }
        match &self.arranged.content {
            None => Ok(Ok(format!("{key}, {size} bytes"))),
            Some(content) => self.compare(bucket_output, key, content).await,
        }
    }

    async fn compare(&self, bucket_output: &str, key: &str, content: &[u8]) -> Outcome<Result<String, String>> {
        let bucket = self.there.outputs.get(bucket_output).cloned().unwrap_or_default();
        let object = self.account.s3.get_object().bucket(bucket).key(key).send().await;
        let object = object.map_err(Error::aws("s3:GetObject"))?;
        let Ok(bytes) = object.body.collect().await else {
            return Ok(Err(format!("object `{key}` cannot be read to its end")));
        };
        let digest = Sha256::digest(content);
        if Sha256::digest(bytes.into_bytes()) != digest {
            return Ok(Err(format!("object `{key}` has other bytes than the file")));
        }
        let short: String = digest[..6].iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Ok(format!("{key}, {} bytes, SHA-256 {short}… as in Backlog", content.len())))
    }
}
