//! The contract of the function that copies shared files of Backlog to S3.

use crate::backlog::{BacklogApiKey, BacklogEvent, Folder, ProjectKey};
use crate::contract::contract;
use crate::{Origin, PutObjects, ReadSecret, Setting, SizeLimit, Sqs};

contract! {
    /// Copies added and updated files of the watched folder from Backlog to S3.
    "file-replicator" on Sqs<BacklogEvent>, within 900 s and 512 MiB {
        /// The place for the files.
        target: PutObjects = "TARGET",
        /// The key of Backlog's API.
        api_key: ReadSecret<BacklogApiKey> = "API_KEY_SECRET_ARN",
        /// The origin of Backlog's API.
        backlog: Setting<Origin> = "BACKLOG_URL",
        /// The project whose events count; those of others are ignored.
        project: Setting<ProjectKey> = "PROJECT_KEY",
        /// The folder whose files are copied.
        folder: Setting<Folder> = "WATCHED_FOLDER",
        /// The largest size of a file; larger ones go to the dead-letter queue.
        size_limit: Setting<SizeLimit> = "SIZE_LIMIT",
    }
}
