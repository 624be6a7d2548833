//! Why an execution ends without a list: each reason with what to do about it.
//!
//! Step Functions keeps nothing of what a web service answers to a failed request but its status, so no
//! text promises more.

use crate::workflow::{Expression, Fail, Text};

const fn plain(error: &'static str, cause: &'static str) -> Fail {
    Fail { error, cause: Text::Plain(cause) }
}

const fn computed(error: &'static str, cause: &'static str) -> Fail {
    Fail { error, cause: Text::Of(Expression(cause)) }
}

pub(super) const NO_KEY: Fail = plain(
    "Bytebase.NoKey",
    "The secret holds no key. Set BYTEBASE_SERVICE_KEY to the key of the service account and deploy the stack again.",
);

pub(super) const KEY_UNREADABLE: Fail = computed(
    "Bytebase.KeyUnreadable",
    r#""The key cannot be read from Secrets Manager (" & $failure & "). Check that the secret holds text, not binary data, and that nothing denies the role of the state machine to read it.""#,
);

pub(super) const WRONG_KEY: Fail = plain(
    "Bytebase.WrongKey",
    "Bytebase refuses the service key (401). It was tried only once, because Bytebase allows five attempts in ten minutes. Compare `service_account` in the stage file with Bytebase. If it is right, reset the key in Bytebase, set BYTEBASE_SERVICE_KEY to the new one and deploy the stack again; the next execution uses it.",
);

pub(super) const LOGIN_FORBIDDEN: Fail = plain(
    "Bytebase.LoginForbidden",
    "Bytebase does not let this account log in through its API (403). Set `service_account` in the stage file to an active service account; a user cannot log in this way.",
);

pub(super) const LOCKED_OUT: Fail = plain(
    "Bytebase.LockedOut",
    "Bytebase throttles the logins of this account (429), and still does after more than ten minutes. This says nothing about the key: Bytebase allows five attempts in ten minutes, right or wrong, and forgets them at the next login that succeeds. Another program keeps trying to log in as this account. Stop it, or give this stack a service account of its own; then start the execution again.",
);

pub(super) const LOGIN_FAILED: Fail = computed(
    "Bytebase.LoginFailed",
    r#""The login failed (" & $failure & "). Step Functions does not keep what Bytebase answered; look for the request to /v1/auth/login in the log of Bytebase, or of the proxy in front of it.""#,
);

pub(super) const NO_TOKEN: Fail = plain(
    "Bytebase.NoToken",
    "Bytebase answered the login without a token. Set `service_account` in the stage file to a service account: of a user, Bytebase wants a second factor or a new password first. If it is one, check that the host of the stage file is that of Bytebase.",
);

pub(super) const TOKEN_UNUSABLE: Fail = computed(
    "Bytebase.TokenUnusable",
    r#""A connection of EventBridge cannot carry the token: it has " & $string($length($token)) & " characters; allowed are 505, without spaces and colons. Check that the host of the stage file is that of Bytebase.""#,
);

pub(super) const CONNECTION_REFUSED: Fail = computed(
    "Bytebase.ConnectionRefused",
    r#""EventBridge does not update or describe a connection of this stack (" & $failure & "). Start the execution again. If it fails again, destroy the stack and deploy it again.""#,
);

pub(super) const CONNECTION_GONE: Fail = plain(
    "Bytebase.ConnectionGone",
    "A connection of this stack no longer exists; it was deleted by hand. Destroy the stack and deploy it again.",
);

pub(super) const CONNECTION_STUCK: Fail = computed(
    "Bytebase.ConnectionStuck",
    r#""A connection of this stack does not become usable; its state is " & $connection & ". If another execution has ended with Bytebase.WrongKey, correct the key first. If many run at once, let them run one after the other. Then start the execution again.""#,
);

pub(super) const NO_RIGHTS: Fail = plain(
    "Bytebase.AccessDenied",
    "The role of the state machine is not authorized to make a call that its policy allows when deployed; the history of the execution names the call. Undo the change of the role by hand, or the permissions boundary or service control policy that denies it.",
);

pub(super) const UNREACHABLE: Fail = plain(
    "Bytebase.Unreachable",
    "Bytebase does not answer, or not within 60 seconds, also after several retries. Check that the host and the port of the stage file can be reached from the whole internet, with a certificate of a public authority and its whole chain.",
);

pub(super) const UNAVAILABLE: Fail = plain(
    "Bytebase.Unavailable",
    "Bytebase, or a proxy in front of it, answers with a server error (5xx), also after several retries. Check Bytebase, then start the execution again.",
);

pub(super) const WRONG_ADDRESS: Fail = plain(
    "Bytebase.WrongAddress",
    "The host of the stage file answers with a redirect, or does not know Bytebase's API (3xx, 404, 405). Set `host` in the section `bytebase_workflow` to the host, with its port if it has one, of Bytebase's external URL, and deploy the stack again.",
);

pub(super) const TOKEN_REFUSED: Fail = plain(
    "Bytebase.TokenRefused",
    "Bytebase refuses every token right after the login that issued it (401). Check that its clock is right, that all its replicas use the same database, and that the account is still active.",
);

pub(super) const LIST_FORBIDDEN: Fail = plain(
    "Bytebase.ListForbidden",
    "The service account may not list projects (403). Give it a role with the permission bb.projects.list in Bytebase, such as Workspace DBA.",
);

pub(super) const LIST_THROTTLED: Fail = plain(
    "Bytebase.ListThrottled",
    "Bytebase, or a proxy in front of it, throttles the list of projects (429), also after several retries. Start the execution later, or less often.",
);

pub(super) const PAGE_TOO_LARGE: Fail = plain(
    "Bytebase.PageTooLarge",
    "A page of 100 projects is larger than the 256 KiB that Step Functions takes. Lower `pageSize` in the state ReadPage of stacks/src/bytebase_workflow/machine.rs and deploy the stack again.",
);

pub(super) const TOO_MANY_PROJECTS: Fail = computed(
    "Bytebase.TooManyProjects",
    r#""The first " & $string($count($projects)) & " projects, on " & $string($pages) & " pages, are not all, and the list of more would outgrow the 256 KiB that a state may be given. Change the state machine so that it handles each page by itself.""#,
);

pub(super) const NOT_BYTEBASE: Fail = plain(
    "Bytebase.NotBytebase",
    "The answer to the list of projects is not a JSON object. Check that the host of the stage file is that of Bytebase, and that no proxy answers in its place.",
);

pub(super) const LIST_FAILED: Fail = computed(
    "Bytebase.ListFailed",
    r#""The projects cannot be listed (" & $failure & "). Step Functions does not keep what Bytebase answered; look for the request to /v1/projects in the log of Bytebase, or of the proxy in front of it.""#,
);
