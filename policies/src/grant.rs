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
    /// Write to one log group.
    WriteLogs {
        /// ARN of the log group with its `:*` suffix, as `Fn::GetAtt` yields it.
        log_group: Value,
    },
}

impl Grant {
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
