//! What one kind of link allows: an intent, turned into exactly the actions it takes.

use crate::{Action, CfnString, Condition, Statement};

/// Something that a function's role is allowed to do, and to what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grant {
    /// Put messages into the queue with this ARN.
    SendMessages {
        /// ARN of the queue.
        queue: CfnString,
    },
    /// Be fed from the queue with this ARN, and decide when a message comes back.
    ///
    /// The first three actions are the ones that Lambda's poller needs in the function's role.
    ConsumeMessages {
        /// ARN of the queue.
        queue: CfnString,
    },
    /// Read the current value of one secret.
    ReadSecret {
        /// ARN of the secret.
        secret: CfnString,
    },
    /// Write objects below a prefix of a bucket, whole or in parts, in place of what was seen there.
    ///
    /// Source: Amazon S3 user guide, "How to prevent object overwrites with conditional writes": a write that is
    /// bound to an object's tag takes the right to read it, as looking at it does.
    PutObjects {
        /// ARN of the bucket.
        bucket: CfnString,
        /// Key prefix; empty, or ending with `/`.
        prefix: String,
    },
    /// Publish to the topic with this ARN.
    Publish {
        /// ARN of the topic.
        topic: CfnString,
    },
    /// Read, add and replace items of the table with this ARN.
    KeepRecords {
        /// ARN of the table.
        table: CfnString,
    },
    /// Add items to the table with this ARN; by its condition a write replaces none.
    InsertRecords {
        /// ARN of the table.
        table: CfnString,
    },
    /// Count in items of the table with this ARN.
    Count {
        /// ARN of the table.
        table: CfnString,
    },
    /// Let a state machine call one endpoint with one method.
    CallEndpoint {
        /// ARN of the state machine.
        machine: CfnString,
        /// The URL without its query.
        endpoint: CfnString,
        /// Such as `GET`.
        method: &'static str,
    },
    /// Authenticate a request by a connection of this name.
    UseConnection {
        /// Name of the connection.
        connection: CfnString,
    },
    /// Read what EventBridge keeps of a connection in a secret of its own.
    ReadConnectionSecret {
        /// Name of the connection.
        connection: CfnString,
    },
    /// See in which state a connection is.
    DescribeConnection {
        /// Name of the connection.
        connection: CfnString,
    },
    /// Replace what a connection authenticates with.
    UpdateConnection {
        /// Name of the connection.
        connection: CfnString,
    },
    /// Keep a connection's parameters in a secret of EventBridge, which is part of updating the connection.
    ///
    /// A connection that was de-authorized has lost its secret: the update creates another one.
    ///
    /// Source: EventBridge user guide, "Authorization methods for connections": a caller that updates a connection
    /// needs what AmazonEventBridgeFullAccess allows on such secrets; here it is those of one connection.
    KeepConnectionSecret {
        /// Name of the connection.
        connection: CfnString,
    },
    /// Encrypt and decrypt the data of one state machine.
    UseKey {
        /// ARN of the key.
        key: CfnString,
        /// ARN of the state machine.
        machine: CfnString,
    },
    /// Start executions of one state machine.
    StartExecution {
        /// ARN of the state machine.
        machine: CfnString,
    },
    /// Write to one log group.
    WriteLogs {
        /// ARN of the log group with its `:*` suffix, as `Fn::GetAtt` yields it.
        log_group: CfnString,
    },
}

impl Grant {
    /// What the grant is about, and what may be done with it in a word or two.
    pub fn subject(&self) -> (&CfnString, &'static str) {
        match self {
            Self::SendMessages { queue } => (queue, "sends to"),
            Self::ConsumeMessages { queue } => (queue, "consumes"),
            Self::ReadSecret { secret } => (secret, "reads"),
            Self::PutObjects { bucket, .. } => (bucket, "writes to"),
            Self::Publish { topic } => (topic, "publishes to"),
            Self::KeepRecords { table } => (table, "remembers in"),
            Self::InsertRecords { table } => (table, "adds to"),
            Self::Count { table } => (table, "counts in"),
            Self::CallEndpoint { endpoint, .. } => (endpoint, "calls"),
            Self::UseConnection { connection } | Self::ReadConnectionSecret { connection } => {
                (connection, "authenticates by")
            }
            Self::DescribeConnection { connection } => (connection, "looks at"),
            Self::UpdateConnection { connection } | Self::KeepConnectionSecret { connection } => {
                (connection, "updates")
            }
            Self::UseKey { key, .. } => (key, "encrypts with"),
            Self::StartExecution { machine } => (machine, "starts"),
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
                [Action::ABORT_MULTIPART_UPLOAD, Action::GET_OBJECT, Action::PUT_OBJECT],
                vec![bucket.clone().then(format!("/{prefix}*"))],
            ),
            Self::Publish { topic } => Statement::allow([Action::PUBLISH], vec![topic.clone()]),
            Self::KeepRecords { table } => Statement::allow([Action::GET_ITEM, Action::PUT_ITEM], vec![table.clone()]),
            Self::InsertRecords { table } => Statement::allow([Action::PUT_ITEM], vec![table.clone()]),
            Self::Count { table } => Statement::allow([Action::UPDATE_ITEM], vec![table.clone()]),
            Self::CallEndpoint { machine, endpoint, method } => {
                Statement::allow([Action::INVOKE_HTTP_ENDPOINT], vec![machine.clone()])
                    .under(Condition::http_call(endpoint.clone(), method))
            }
            Self::UseConnection { connection } => {
                Statement::allow([Action::RETRIEVE_CONNECTION_CREDENTIALS], vec![any_of_name(connection)])
            }
            Self::ReadConnectionSecret { connection } => {
                Statement::allow([Action::DESCRIBE_SECRET, Action::GET_SECRET_VALUE], vec![managed_secret(connection)])
            }
            Self::DescribeConnection { connection } => {
                Statement::allow([Action::DESCRIBE_CONNECTION], vec![named(connection), any_of_name(connection)])
            }
            Self::UpdateConnection { connection } => {
                Statement::allow([Action::UPDATE_CONNECTION], vec![named(connection), any_of_name(connection)])
            }
            Self::KeepConnectionSecret { connection } => {
                let actions = [
                    Action::CREATE_SECRET,
                    Action::DELETE_SECRET,
                    Action::GET_SECRET_VALUE,
                    Action::PUT_SECRET_VALUE,
                    Action::UPDATE_SECRET,
                ];
                Statement::allow(actions, vec![managed_secret(connection)])
            }
            Self::UseKey { key, machine } => {
                Statement::allow([Action::DECRYPT, Action::GENERATE_DATA_KEY], vec![key.clone()])
                    .under(Condition::for_data_of_machine(machine.clone()))
            }
            Self::StartExecution { machine } => Statement::allow([Action::START_EXECUTION], vec![machine.clone()]),
            Self::WriteLogs { log_group } => {
                Statement::allow([Action::CREATE_LOG_STREAM, Action::PUT_LOG_EVENTS], vec![log_group.clone()])
            }
        }
    }
}

/// The ARN of a connection without the id that each creation of it gets.
fn named(connection: &CfnString) -> CfnString {
    CfnString::arn("events", "connection/").join(connection.clone())
}

/// The ARNs of a connection with such an id.
fn any_of_name(connection: &CfnString) -> CfnString {
    named(connection).then("/*")
}

/// The ARNs of the secret that EventBridge keeps for a connection; it too holds an id.
fn managed_secret(connection: &CfnString) -> CfnString {
    CfnString::arn("secretsmanager", "secret:events!connection/").join(connection.clone()).then("/*")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_reached_by_its_name_alone() {
        let connection = CfnString::reference("Connection");
        let check = |grant: Grant, expected: serde_json::Value| {
            assert_eq!(serde_json::to_value(grant.statement()).unwrap()["Resource"], expected);
        };
        let arn = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:connection/${Connection}";
        let secret = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:events!connection/${Connection}/*";
        let with_id = serde_json::json!({"Fn::Sub": format!("{arn}/*")});
        check(Grant::UseConnection { connection: connection.clone() }, serde_json::json!([with_id.clone()]));
        check(
            Grant::UpdateConnection { connection: connection.clone() },
            serde_json::json!([{"Fn::Sub": arn}, with_id]),
        );
        check(Grant::KeepConnectionSecret { connection }, serde_json::json!([{"Fn::Sub": secret}]));
    }

    #[test]
    fn writing_objects_stays_below_the_prefix() {
        let grant = Grant::PutObjects { bucket: CfnString::attribute("Files", "Arn"), prefix: "target/".into() };
        assert_eq!(
            serde_json::to_value(grant.statement()).unwrap(),
            serde_json::json!({
                "Effect": "Allow",
                "Action": ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
                "Resource": [{"Fn::Sub": "${Files.Arn}/target/*"}],
            })
        );
    }
}
