//! What one kind of link allows: an intent, turned into exactly the actions it takes.

use crate::{Action, Statement, Value};

/// Something that a function's role is allowed to do, and to what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grant {
    /// Put messages into the queue with this ARN.
    SendMessages {
        /// ARN of the queue.
        queue: Value,
    },
    /// Be fed from the queue with this ARN, and decide when a message comes back.
    ///
    /// The first three actions are the ones that Lambda's poller needs in the function's role.
    ConsumeMessages {
        /// ARN of the queue.
        queue: Value,
    },
    /// Read the current value of one secret.
    ReadSecret {
        /// ARN of the secret.
        secret: Value,
    },
    /// Write objects below a prefix of a bucket, whole or in parts.
    PutObjects {
        /// ARN of the bucket.
        bucket: Value,
        /// Key prefix; empty, or ending with `/`.
        prefix: String,
    },
    /// Publish to the topic with this ARN.
    Publish {
        /// ARN of the topic.
        topic: Value,
    },
    /// Read, add and replace items of the table with this ARN.
    KeepRecords {
        /// ARN of the table.
        table: Value,
    },
    /// Add items to the table with this ARN; by its condition a write replaces none.
    InsertRecords {
        /// ARN of the table.
        table: Value,
    },
    /// Write to one log group.
    WriteLogs {
        /// ARN of the log group with its `:*` suffix, as `Fn::GetAtt` yields it.
        log_group: Value,
    },
}

impl Grant {
    /// What the grant is about, and what may be done with it in a word or two.
    pub fn subject(&self) -> (&Value, &'static str) {
        match self {
            Self::SendMessages { queue } => (queue, "sends to"),
            Self::ConsumeMessages { queue } => (queue, "consumes"),
            Self::ReadSecret { secret } => (secret, "reads"),
            Self::PutObjects { bucket, .. } => (bucket, "writes to"),
            Self::Publish { topic } => (topic, "publishes to"),
            Self::KeepRecords { table } => (table, "remembers in"),
            Self::InsertRecords { table } => (table, "adds to"),
            Self::WriteLogs { log_group } => (log_group, "logs to"),
        }
    }

    /// The statement that allows exactly this.
    pub fn statement(&self) -> Statement {
        match self {
            Self::SendMessages { queue } => Statement::allow([Action::SEND_MESSAGE], vec![queue.clone()]),
            Self::ConsumeMessages { queue } => Statement::allow(
                [
                    Action::CHANGE_MESSAGE_VISIBILITY,
                    Action::DELETE_MESSAGE,
                    Action::GET_QUEUE_ATTRIBUTES,
                    Action::RECEIVE_MESSAGE,
                ],
                vec![queue.clone()],
            ),
            Self::ReadSecret { secret } => Statement::allow([Action::GET_SECRET_VALUE], vec![secret.clone()]),
            Self::PutObjects { bucket, prefix } => Statement::allow(
                [Action::ABORT_MULTIPART_UPLOAD, Action::PUT_OBJECT],
                vec![bucket.clone().then(format!("/{prefix}*"))],
            ),
            Self::Publish { topic } => Statement::allow([Action::PUBLISH], vec![topic.clone()]),
            Self::KeepRecords { table } => Statement::allow([Action::GET_ITEM, Action::PUT_ITEM], vec![table.clone()]),
            Self::InsertRecords { table } => Statement::allow([Action::PUT_ITEM], vec![table.clone()]),
            Self::WriteLogs { log_group } => {
                Statement::allow([Action::CREATE_LOG_STREAM, Action::PUT_LOG_EVENTS], vec![log_group.clone()])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_objects_stays_below_the_prefix() {
        let grant = Grant::PutObjects { bucket: Value::attribute("Files", "Arn"), prefix: "target/".into() };
        assert_eq!(
            serde_json::to_value(grant.statement()).unwrap(),
            serde_json::json!({
                "Effect": "Allow",
                "Action": ["s3:AbortMultipartUpload", "s3:PutObject"],
                "Resource": [{"Fn::Sub": "${Files.Arn}/target/*"}],
            })
        );
    }
}
