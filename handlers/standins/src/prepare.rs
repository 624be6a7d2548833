//! What tests put into stand-ins, or read from them, without the control calls.

use crate::backlog::Backlog;
use crate::backlog::custom_field::BacklogCustomField;
use crate::backlog::file::BacklogFile;
use crate::server::Standins;
use serde_json::Value;

impl Standins {
    /// Returns every issue of Backlog with its comments, as `GET /_control/backlog/issues` does.
    #[must_use]
    pub fn backlog_issues(&self) -> Vec<Value> {
        self.service::<Backlog>().issues()
    }

    /// Puts a file into a project, as `POST /_control/backlog/files` does.
    ///
    /// # Panics
    ///
    /// The file contradicts itself, or its project contradicts one that is already there.
    #[track_caller]
    pub fn put_file(&self, file: BacklogFile) {
        let id = file.id;
        let wrong = self.service::<Backlog>().put_file(file).err();
        assert!(wrong.is_none(), "file {id}: {}", wrong.unwrap_or_default());
    }

    /// Puts a custom field into a project, as `POST /_control/backlog/custom-fields` does.
    ///
    /// # Panics
    ///
    /// The field contradicts itself, or there is no such project.
    #[track_caller]
    pub fn put_custom_field(&self, field: BacklogCustomField) {
        let wrong = self.service::<Backlog>().put_custom_field(field).err();
        assert!(wrong.is_none(), "custom field: {}", wrong.unwrap_or_default());
    }
}
