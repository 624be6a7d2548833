//! What the function does with one event.

use crate::backlog::{Content, Download, Source};
use backlog_client::BACKLOG;
use contracts::SizeLimit;
use contracts::backlog::{BacklogEvent, SharedFile};
use contracts::file_replicator::Links as Declared;
use contracts::trace::{Cause, Made};
use runtime::{Delivery, Done, Failure, KnownObject, ObjectStore, Upload, Written, timeout_at};
use sha2::{Digest, Sha256};

runtime::linker!(Live: s3, secretsmanager, sqs);

type Links = Declared<Live>;

/// How much must have come for the speed to be that of the whole transfer.
const TELLING_BYTES: u64 = 256 * 1024 * 1024;

/// Notes on each object: the number of the file, and what stands for its path as Backlog writes it.
const FILE: &str = "backlog-file";
const PATH: &str = "backlog-path";

/// Copies the file that the event announces; everything else is acknowledged.
pub async fn handle(links: &Links, delivery: Delivery<BacklogEvent>) -> Result<Done, Failure> {
    let Links { target, api_key, backlog, project, folder, size_limit } = links;
    let event = &delivery.message;
    let Some(file) = event.changed_file() else {
        return Ok(Done::Ignored("no file was added or updated".into()));
    };
    let undescribed = |problem: contracts::backlog::Undescribed| Failure::permanent(problem.to_string());
    if event.project_key().map_err(undescribed)? != Some(project.as_str()) {
        return Ok(Done::Ignored("the event is of another project".into()));
    }
    let file = file.map_err(undescribed)?;
    let unusable = |why| Failure::permanent(format!("file {} cannot be stored: {why}", file.id));
    let Some(key) = folder.key_of(&file.dir, &file.name).map_err(unusable)? else {
        return Ok(Done::Ignored("the file is in another folder".into()));
    };
    let source = Source { origin: backlog, project, api_key };
    let copying = Copying { source, target, file: &file, key: &key, limit: *size_limit };
    copying.check_size(file.size)?;

    let late = |n_bytes, size| out_of_time(file.id, n_bytes, size);
    let opened = timeout_at(delivery.deadline, copying.open()).await.unwrap_or_else(|_| Err(late(0, None)))?;
    let Opened { content, there } = match opened {
        Ok(opened) => opened,
        Err(done) => return Ok(done),
    };
    let size = content.size_bytes().or(file.size);
    let mut upload = target.upload(&key, there, notes(&file), size.unwrap_or_default())?;
    let outcome = timeout_at(delivery.deadline, copying.copy(content, &mut upload)).await;
    let outcome = outcome.unwrap_or_else(|_| Err(late(upload.written_bytes(), size)));
    upload.abort().await;
    outcome
}

/// A file with where it comes from and where it goes.
struct Copying<'a> {
    source: Source<'a>,
    target: &'a ObjectStore,
    file: &'a SharedFile,
    key: &'a str,
    limit: SizeLimit,
}

/// A file that can be read, and the object that it replaces.
struct Opened {
    content: Content,
    there: Option<KnownObject>,
}

impl Copying<'_> {
    /// Opens the file; the inner error is an end without a copy.
    ///
    /// The object is looked at before the file is: what is written in between may be newer than what is read here,
    /// and then writing fails.
    async fn open(&self) -> Result<Result<Opened, Done>, Failure> {
        let id = self.file.id;
        let there = self.target.find(self.key).await?;
        if let Some(other) = there.as_ref().and_then(|there| namesake(there, self.file))
            && self.source.has(other).await?
        {
            return Err(Failure::permanent(format!(
                "file {id} cannot be stored: file {other} has its key, since their paths differ only in how Unicode \
                 composes letters; rename one of them in Backlog"
            )));
        }
        Ok(match (self.source.open(id).await?, self.file.size) {
            (Download::Content(content), _) => {
                self.check_size(content.size_bytes())?;
                Ok(Opened { content, there })
            }
            (Download::Gone, _) => {
                let gone = Cause::Missing { from: BACKLOG.into() };
                Err(Done::warned(gone, format!("file {id} is no longer in Backlog")))
            }
            (Download::Refused(_), None) => {
                Err(Done::warned(Cause::Other, format!("file {id} has no size and no content: it is a folder")))
            }
            (Download::Refused(failure), Some(_)) => return Err(failure),
        })
    }

    fn check_size(&self, size: Option<u64>) -> Result<(), Failure> {
        let (id, limit) = (self.file.id, self.limit);
        match size.filter(|size| *size > limit.bytes()) {
            None => Ok(()),
            Some(size) => Err(Failure::permanent(format!("file {id} has {size} bytes and the stage allows {limit}"))),
        }
    }

    /// Passes the content on piece by piece.
    ///
    /// Its size may be another one than that of the event, because the file was written again since; then the
    /// answer itself must say that it is the file, and has its end.
    async fn copy(&self, mut content: Content, upload: &mut Upload) -> Result<Done, Failure> {
        while let Some(bytes) = content.next().await? {
            upload.write(bytes).await?;
            self.check_size(Some(upload.written_bytes()))?;
        }
        let n_bytes = upload.written_bytes();
        let is_announced = self.file.size == Some(n_bytes);
        if !is_announced && !content.is_whole_file() {
            return Err(self.differs(n_bytes));
        }
        let written = upload.finish().await?;
        let key = upload.key();
        let made = Made::Object(key.to_owned());
        Ok(match (written, self.file.size) {
            (Written::Unchanged, _) => Done::worked(made, format!("{key} already has these {n_bytes} bytes")),
            // What Backlog serves may be older than the event, if its servers do not agree yet.
            (Written::New, Some(size)) if !is_announced => {
                Done::look_again(made, format!("copied {n_bytes} bytes to {key}; the event announced {size}"))
            }
            (Written::New, _) => Done::worked(made, format!("copied {n_bytes} bytes to {key}")),
        })
    }

    /// Nothing is stored: what came may be a part of the file, or a page that says something else.
    fn differs(&self, n_bytes: u64) -> Failure {
        let announced = match self.file.size {
            Some(size) => format!("the event announced {size}"),
            None => "the event announced no size".into(),
        };
        Failure::retry(format!(
            "{n_bytes} bytes came for file {}, which may not be the file or all of it: {announced}",
            self.file.id
        ))
    }
}

/// The number of another file that the object is a copy of, if only the composition of letters keeps the paths apart.
fn namesake(there: &KnownObject, file: &SharedFile) -> Option<u64> {
    let other = there.note(FILE)?.parse().ok()?;
    (other != file.id && there.note(PATH) != Some(path_digest(file).as_str())).then_some(other)
}

fn notes(file: &SharedFile) -> runtime::Notes {
    vec![(FILE, file.id.to_string()), (PATH, path_digest(file))]
}

/// What stands for a path, which may be longer than all notes together.
fn path_digest(file: &SharedFile) -> String {
    let digest = Sha256::digest(format!("{}{}", file.dir, file.name));
    hex::encode(&digest[..16])
}

/// A file of which not half came in time will not come whole the next time; a short beginning tells nothing.
fn out_of_time(file_id: u64, written_bytes: u64, size: Option<u64>) -> Failure {
    let what = format!("file {file_id} could not be copied in the time of one invocation");
    match size.filter(|size| written_bytes > TELLING_BYTES && written_bytes < size / 2) {
        Some(size) => Failure::permanent(format!("{what}: {written_bytes} of {size} bytes came, which is too slow")),
        None => Failure::retry(what),
    }
}

#[cfg(test)]
mod tests;
