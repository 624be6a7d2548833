//! The contract of the function that copies shared files of Backlog to S3.

use crate::backlog::{BacklogApiKey, BacklogEvent, Folder, ProjectKey};
use crate::contract::contract;
use crate::{Origin, PutObjects, ReadSecret, Setting, SizeLimit, Sqs};

contract! {
    /// Copies added and updated files of the watched folder from Backlog to S3.
    "file-replicator" on Sqs<BacklogEvent>, within 900 s and 512 MiB {
        /// Where the files go.
        target: PutObjects = "TARGET",
        /// Opens Backlog's API.
        api_key: ReadSecret<BacklogApiKey> = "API_KEY_SECRET_ARN",
        /// Where Backlog's API answers.
        backlog: Setting<Origin> = "BACKLOG_URL",
        /// The only project whose events are followed.
        project: Setting<ProjectKey> = "PROJECT_KEY",
        /// The only folder whose files are copied.
        folder: Setting<Folder> = "WATCHED_FOLDER",
        /// Files above this size are refused.
        size_limit: Setting<SizeLimit> = "SIZE_LIMIT",
    }
}
