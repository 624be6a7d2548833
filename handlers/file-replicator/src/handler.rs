//! What the function does with one event.

use crate::backlog::{Download, Source};
use contracts::backlog::{BacklogEvent, SharedFile};
use contracts::file_replicator::Links as Declared;
use runtime::{Delivery, Done, Failure, Live, Upload, timeout_at};

type Links = Declared<Live>;

/// How much must have come for the speed to be that of the whole transfer.
const TELLING_BYTES: u64 = 256 * 1024 * 1024;

/// Copies the file that the event announces; everything else is acknowledged.
pub async fn handle(links: &Links, delivery: Delivery<BacklogEvent>) -> Result<Done, Failure> {
    let Links { target, api_key, backlog, project, folder, size_limit } = links;
    let event = &delivery.message;
    let Some(file) = event.changed_file() else {
        return Ok(Done::Ignored("no file was added or updated".into()));
    };
    let sender = event.project.as_ref().map(|project| project.project_key.as_str());
    if sender != Some(project.as_str()) {
        return Ok(Done::Ignored("the event is of another project".into()));
    }
    let file = file.map_err(|_| Failure::permanent("the event does not describe its file"))?;
    let unusable = |why| Failure::permanent(format!("file {} cannot be stored: {why}", file.id));
    let Some(key) = folder.key_of(&file.dir, &file.name).map_err(unusable)? else {
        return Ok(Done::Ignored("the file is in another folder".into()));
    };
    if file.size > size_limit.bytes() {
        return Err(Failure::permanent(format!(
            "file {} has {} bytes and the stage allows {size_limit}",
            file.id, file.size
        )));
    }

    let source = Source { origin: backlog, project, api_key };
    let mut upload = target.upload(&key, file.size)?;
    let copying = copy(&source, &file, &mut upload);
    let outcome = timeout_at(delivery.deadline, copying).await;
    let outcome = outcome.unwrap_or_else(|_| Err(out_of_time(&file, upload.written_bytes())));
    if outcome.is_err() {
        upload.abort().await;
    }
    outcome
}

/// Passes the content on piece by piece and stops as soon as it is more than announced.
async fn copy(source: &Source<'_>, file: &SharedFile, upload: &mut Upload) -> Result<Done, Failure> {
    let mut content = match source.open(file.id).await? {
        Download::Content(content) => content,
        Download::Gone => {
            return Ok(Done::Warned(format!("file {} is no longer in Backlog", file.id)));
        }
    };
    while let Some(bytes) = content.next().await? {
        if upload.written_bytes() + bytes.len() as u64 > file.size {
            return Err(differs(file, "more"));
        }
        upload.write(bytes).await?;
    }
    if upload.written_bytes() < file.size {
        return Err(differs(file, "fewer"));
    }
    upload.finish().await?;
    Ok(Done::Worked(format!("copied {} bytes to {}", file.size, upload.key())))
}

/// Nothing is stored: a later event brings the file as it is now, if it was replaced.
fn differs(file: &SharedFile, how: &str) -> Failure {
    Failure::retry(format!(
        "file {} has {how} bytes in Backlog than the {} of the event; it was replaced since, or the transfer was cut",
        file.id, file.size
    ))
}

/// A file of which not half came in time will not come whole the next time; a short beginning tells nothing.
fn out_of_time(file: &SharedFile, written_bytes: u64) -> Failure {
    let what = format!("file {} could not be copied in the time of one invocation", file.id);
    match written_bytes > TELLING_BYTES && written_bytes < file.size / 2 {
        true => Failure::permanent(format!("{what}: {written_bytes} of {} bytes came, which is too slow", file.size)),
        false => Failure::retry(what),
    }
}

#[cfg(test)]
mod tests;
