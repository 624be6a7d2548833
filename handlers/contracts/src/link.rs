//! Kinds of links between a function and what it may reach, typed by what flows through them.

use policies::{CfnString, Grant};
use std::marker::PhantomData;

/// A kind of link; the type parameter of a [`Wire`] and of what a handler opens.
pub trait Kind {
    /// The service behind it, by which a handler names the crate that opens it.
    type Service;
}

/// Services behind links, as types: they are compared when a handler is compiled.
pub mod service {
    /// Amazon DynamoDB.
    pub struct DynamoDb;
    /// Amazon S3.
    pub struct S3;
    /// AWS Secrets Manager.
    pub struct SecretsManager;
    /// Amazon SNS.
    pub struct Sns;
    /// Amazon SQS.
    pub struct Sqs;
    /// None: the variable itself holds the value.
    pub struct Variable;
}

/// Puts messages of type `M` into a queue.
pub struct SendTo<M>(PhantomData<fn() -> M>);
/// Reads a secret whose value is a `T`.
pub struct ReadSecret<T>(PhantomData<fn() -> T>);
/// Writes objects below a prefix of a bucket, in place of what it has seen there.
pub struct PutObjects;
/// Publishes messages of type `M` to a topic.
pub struct PublishTo<M>(PhantomData<fn() -> M>);
/// Reads, inserts and replaces records of type `T` in a table.
pub struct KeepRecords<T>(PhantomData<fn() -> T>);
/// Inserts records of type `T` into a table, and nothing else.
pub struct InsertRecords<T>(PhantomData<fn() -> T>);
/// Counts in a table, up to a limit.
pub struct Count;
/// Remembers in a table which work was started and which is done, so that it is done once.
pub struct ClaimWork;
/// What a link of kind `K` is, or nothing: the stack decides which.
pub struct Optional<K>(PhantomData<fn() -> K>);
/// A value of type `T` that the stage file or the deployer decides.
pub struct Setting<T>(PhantomData<fn() -> T>);

impl<M> Kind for SendTo<M> {
    type Service = service::Sqs;
}
impl<T> Kind for ReadSecret<T> {
    type Service = service::SecretsManager;
}
impl Kind for PutObjects {
    type Service = service::S3;
}
impl<M> Kind for PublishTo<M> {
    type Service = service::Sns;
}
impl<T> Kind for KeepRecords<T> {
    type Service = service::DynamoDb;
}
impl<T> Kind for InsertRecords<T> {
    type Service = service::DynamoDb;
}
impl Kind for Count {
    type Service = service::DynamoDb;
}
impl Kind for ClaimWork {
    type Service = service::DynamoDb;
}
impl<K: Kind> Kind for Optional<K> {
    type Service = K::Service;
}
impl<T> Kind for Setting<T> {
    type Service = service::Variable;
}

/// The function answers HTTP requests of API Gateway.
pub struct Http;
/// The function is fed from a queue of messages of type `M`.
pub struct Sqs<M>(PhantomData<fn() -> M>);

/// One end of a link in a stack: what the variable holds and what it allows.
///
/// Only resources make wires (`queue.send()`): `Wire::new` is refused elsewhere by a lint.
pub struct Wire<K> {
    value: CfnString,
    grants: Vec<Grant>,
    kind: PhantomData<fn() -> K>,
}

impl<K: Kind> Wire<K> {
    /// A wire that puts `value` into the variable and gives these grants to the function's role.
    pub fn new(value: CfnString, grants: Vec<Grant>) -> Self {
        Self { value, grants, kind: PhantomData }
    }

    /// The same wire where a contract takes one or none.
    pub fn given(self) -> Wire<Optional<K>> {
        Wire { value: self.value, grants: self.grants, kind: PhantomData }
    }

    /// No wire where a contract takes one or none: the variable is empty, and nothing is granted.
    pub fn none() -> Wire<Optional<K>> {
        Wire { value: CfnString::text(""), grants: Vec::new(), kind: PhantomData }
    }

    /// What the variable holds, and the grants.
    pub fn into_parts(self) -> (CfnString, Vec<Grant>) {
        (self.value, self.grants)
    }
}

/// Opens links of kind `K` at run time.
///
/// The other end of [`Wire`]: implemented where the AWS SDK may be seen.
pub trait Linker<K> {
    /// What a handler holds.
    type Link;
    /// Why a link cannot be opened.
    type Error;

    /// Opens the link whose value is in the variable named `variable`.
    fn link(&self, variable: &'static str) -> Result<Self::Link, Self::Error>;
}
