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
    /// Changes one item of a table in place.
    UPDATE_ITEM = "dynamodb:UpdateItem", "change items of";
    /// Writes one item of a table.
    PUT_ITEM = "dynamodb:PutItem", "write items to";
    /// Reads the settings and the state of a connection.
    DESCRIBE_CONNECTION = "events:DescribeConnection", "look at the connection";
    /// Takes what a connection authenticates with, for one request.
    RETRIEVE_CONNECTION_CREDENTIALS = "events:RetrieveConnectionCredentials", "authenticate with the connection";
    /// Replaces what a connection authenticates with.
    UPDATE_CONNECTION = "events:UpdateConnection", "update the connection";
    /// Calls a REST API.
    INVOKE_API = "execute-api:Invoke", "call the API";
    /// Calls off the deletion of a key.
    CANCEL_KEY_DELETION = "kms:CancelKeyDeletion", "keep the key after all";
    /// Decrypts with a key.
    DECRYPT = "kms:Decrypt", "decrypt with the key";
    /// Reads what is known of a key.
    DESCRIBE_KEY = "kms:DescribeKey", "look at the key";
    /// Switches a key off.
    DISABLE_KEY = "kms:DisableKey", "switch off the key";
    /// Ends the yearly renewal of a key.
    DISABLE_KEY_ROTATION = "kms:DisableKeyRotation", "end the renewal of the key";
    /// Switches a key on.
    ENABLE_KEY = "kms:EnableKey", "switch on the key";
    /// Begins the yearly renewal of a key.
    ENABLE_KEY_ROTATION = "kms:EnableKeyRotation", "renew the key yearly";
    /// Makes a key to encrypt data with, encrypted by another one.
    GENERATE_DATA_KEY = "kms:GenerateDataKey", "encrypt with the key";
    /// Reads the policy of a key.
    GET_KEY_POLICY = "kms:GetKeyPolicy", "read the policy of the key";
    /// Reads whether a key is renewed.
    GET_KEY_ROTATION_STATUS = "kms:GetKeyRotationStatus", "see whether the key is renewed";
    /// Reads the names of the policies of a key.
    LIST_KEY_POLICIES = "kms:ListKeyPolicies", "list the policies of the key";
    /// Reads the tags of a key.
    LIST_RESOURCE_TAGS = "kms:ListResourceTags", "read the tags of the key";
    /// Replaces the policy of a key.
    PUT_KEY_POLICY = "kms:PutKeyPolicy", "replace the policy of the key";
    /// Deletes a key after some days.
    SCHEDULE_KEY_DELETION = "kms:ScheduleKeyDeletion", "delete the key";
    /// Adds tags to a key.
    TAG_KEY = "kms:TagResource", "tag the key";
    /// Removes tags from a key.
    UNTAG_KEY = "kms:UntagResource", "remove tags from the key";
    /// Replaces the description of a key.
    UPDATE_KEY_DESCRIPTION = "kms:UpdateKeyDescription", "describe the key";
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
    /// Makes a secret.
    CREATE_SECRET = "secretsmanager:CreateSecret", "make the secret";
    /// Deletes a secret.
    DELETE_SECRET = "secretsmanager:DeleteSecret", "delete the secret";
    /// Replaces the settings or the value of a secret.
    UPDATE_SECRET = "secretsmanager:UpdateSecret", "update the secret";
    /// Reads what is known of a secret, without its value.
    DESCRIBE_SECRET = "secretsmanager:DescribeSecret", "look at the secret";
    /// Replaces the value of a secret.
    PUT_SECRET_VALUE = "secretsmanager:PutSecretValue", "replace the secret";
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
    /// Calls a web service from a state machine.
    INVOKE_HTTP_ENDPOINT = "states:InvokeHTTPEndpoint", "call web services from";
    /// Starts an execution of a state machine.
    START_EXECUTION = "states:StartExecution", "start";
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
