//! Numbers by which Backlog's API calls things; people know them by name.

use crate::SettingValue;

/// Declares the number of one kind of thing.
macro_rules! backlog_id {
    ($(#[$doc:meta])* $name:ident, $word:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name(u64);

        impl $name {
            /// The number, as Backlog has it.
            pub const fn new(number: u64) -> Self {
                Self(number)
            }

            /// The number.
            pub const fn number(self) -> u64 {
                self.0
            }
        }

        impl SettingValue for $name {
            fn render(&self) -> String {
                self.0.to_string()
            }

            fn parse(text: &str) -> Result<Self, String> {
                text.parse().map(Self).map_err(|_| format!("`{text}` is not the number of {}", $word))
            }
        }
    };
}

backlog_id! {
    /// Number of a project.
    ProjectId, "a project"
}
backlog_id! {
    /// Number of a type of issue; it belongs to one project.
    IssueTypeId, "an issue type"
}
backlog_id! {
    /// Number of a priority; the same in every project.
    PriorityId, "a priority"
}
backlog_id! {
    /// Number of a user; the same in every project of a space.
    UserId, "a user"
}
backlog_id! {
    /// Number of a milestone, which Backlog also calls a version; it belongs to one project.
    MilestoneId, "a milestone"
}
