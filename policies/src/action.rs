//! The IAM actions in use, each spelled once.

use serde::{Serialize, Serializer};

/// An IAM action; there is no way to write one with a wildcard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Action(&'static str);

/// Declares the actions with their IAM names and what they allow, in words.
macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $iam:literal, $words:literal;)*) => {
        impl Action {
            $($(#[$doc])* pub const $name: Action = Action($iam);)*

            /// Every declared action, in order of declaration.
            pub const ALL: &'static [Action] = &[$(Action::$name,)*];

            /// What an IAM action allows, in words that follow "may"; `None` for one not declared here.
            pub fn words(iam: &str) -> Option<&'static str> {
                match iam {
                    $($iam => Some($words),)*
                    _ => None,
                }
            }
        }
    };
}

actions! {
    /// Reads one item of a table.
    GET_ITEM = "dynamodb:GetItem", "read items of";
    /// Writes one item of a table.
    PUT_ITEM = "dynamodb:PutItem", "write items to";
    /// Calls a REST API.
    INVOKE_API = "execute-api:Invoke", "call the API";
    /// Writes log events to a stream.
    PUT_LOG_EVENTS = "logs:PutLogEvents", "write log events to";
    /// Opens a log stream.
    CREATE_LOG_STREAM = "logs:CreateLogStream", "open log streams in";
    /// Reads an object.
    GET_OBJECT = "s3:GetObject", "read objects of";
    /// Writes an object or a part of one.
    PUT_OBJECT = "s3:PutObject", "write objects to";
    /// Gives up a multipart upload.
    ABORT_MULTIPART_UPLOAD = "s3:AbortMultipartUpload", "abort uploads to";
    /// Reads the value of a secret.
    GET_SECRET_VALUE = "secretsmanager:GetSecretValue", "read the secret";
    /// Sends a message to everyone who has subscribed to a topic.
    PUBLISH = "sns:Publish", "publish to";
    /// Hides a message for a while longer, or shows it at once.
    CHANGE_MESSAGE_VISIBILITY = "sqs:ChangeMessageVisibility", "postpone messages of";
    /// Removes a message that is done.
    DELETE_MESSAGE = "sqs:DeleteMessage", "delete messages from";
    /// Reads the settings and counts of a queue.
    GET_QUEUE_ATTRIBUTES = "sqs:GetQueueAttributes", "read the attributes of";
    /// Takes messages from a queue.
    RECEIVE_MESSAGE = "sqs:ReceiveMessage", "receive messages from";
    /// Puts a message into a queue.
    SEND_MESSAGE = "sqs:SendMessage", "send messages to";
    /// Takes on a role.
    ASSUME_ROLE = "sts:AssumeRole", "assume the role";
}

impl Action {
    /// The name that IAM uses, such as `sqs:SendMessage`.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl Serialize for Action {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_action_holds_a_wildcard_and_each_has_a_service() {
        for action in Action::ALL {
            assert!(!action.as_str().contains('*'), "{action:?}");
            assert_eq!(action.as_str().split(':').count(), 2, "{action:?}");
            assert!(Action::words(action.as_str()).is_some());
        }
    }
}
