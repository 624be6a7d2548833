//! How the machine's calls can fail, in the classes that it treats alike.
//!
//! Source: Step Functions developer guide, "Call HTTPS APIs" and "Integrating with AWS services"; states that a
//! call of an AWS service answers are named after the exceptions of the Java SDK.

use crate::workflow::TaskError;

/// Secrets Manager did not answer, or throttled the call, for which it has no exception of its own.
pub(super) const UNREAD: &[TaskError] = &[
    TaskError::Aws("SecretsManager", "InternalServiceErrorException"),
    TaskError::Aws("SecretsManager", "SdkClientException"),
    TaskError::Aws("SecretsManager", "SecretsManagerException"),
];

/// A server error, which passes.
pub(super) const SERVER: &[TaskError] =
    &[TaskError::HttpStatus(500), TaskError::HttpStatus(502), TaskError::HttpStatus(503), TaskError::HttpStatus(504)];

/// No answer within 60 seconds, for a reason that may pass.
pub(super) const SILENCE: &[TaskError] = &[TaskError::HttpSocket];

/// EventBridge could not give the credentials away.
pub(super) const INTERNAL: &[TaskError] = &[TaskError::Connection("InternalError")];

/// Something else answers, or nothing under this path. Step Functions does not follow redirects.
pub(super) const ELSEWHERE: &[TaskError] = &[
    TaskError::HttpStatus(301),
    TaskError::HttpStatus(302),
    TaskError::HttpStatus(303),
    TaskError::HttpStatus(307),
    TaskError::HttpStatus(308),
    TaskError::HttpStatus(404),
    TaskError::HttpStatus(405),
];

/// The connection is between two tokens, its own or those of another execution, or has none.
pub(super) const UNSETTLED: &[TaskError] = &[
    TaskError::Connection("AuthInProgress"),
    TaskError::Connection("ConcurrentModification"),
    TaskError::Connection("InvalidConnectionState"),
];

/// What EventBridge answers when too many want the same.
pub(super) const CROWDED: &[TaskError] = &[
    TaskError::Aws("EventBridge", "ConcurrentModificationException"),
    TaskError::Aws("EventBridge", "InternalException"),
    TaskError::Aws("EventBridge", "ThrottlingException"),
    TaskError::Aws("EventBridge", "SdkClientException"),
];

/// The role may not do it.
pub(super) const DENIED: &[TaskError] = &[
    TaskError::HttpAccessDenied,
    TaskError::Connection("AccessDenied"),
    TaskError::Aws("EventBridge", "AccessDeniedException"),
];

/// The connection is not there.
pub(super) const GONE: &[TaskError] =
    &[TaskError::Connection("ResourceNotFound"), TaskError::Aws("EventBridge", "ResourceNotFoundException")];
