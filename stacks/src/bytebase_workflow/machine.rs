//! The states of the machine that lists Bytebase's projects.
//!
//! Two executions at once do no harm: both tokens are of the same account and stay valid, whichever
//! is in the connection; each waits while the other one's update makes the connection unusable.

use super::Links;
use crate::state_machine;
use crate::workflow::{
    Argument, Assign, Catch, Choice, DescribeConnection, Expression, Fail, GetSecretValue, HttpInvoke, HttpMethod,
    Retry, Rule, SetApiKey, State, Task, TaskError, Text, Variable,
};

const KEY: Variable = Variable::new("key");
const TOKEN: Variable = Variable::new("token");
const LOGINS: Variable = Variable::new("logins");
const CONNECTION: Variable = Variable::new("connection");
const POLLS: Variable = Variable::new("polls");
const ANSWERED: Variable = Variable::new("answered");
const PROJECTS: Variable = Variable::new("projects");
const PAGE: Variable = Variable::new("page");
const PAGES: Variable = Variable::new("pages");

/// What a web service may answer, or leave unanswered, for a reason that passes.
const PASSING: &[TaskError] = &[
    TaskError::HttpStatus(500),
    TaskError::HttpStatus(502),
    TaskError::HttpStatus(503),
    TaskError::HttpStatus(504),
    TaskError::HttpSocket,
    TaskError::Connection("InternalError"),
];

/// The connection is between two tokens, its own or those of another execution.
const UNSETTLED: &[TaskError] = &[
    TaskError::Connection("AuthInProgress"),
    TaskError::Connection("ConcurrentModification"),
    TaskError::Connection("InvalidConnectionState"),
];

/// What EventBridge answers when too many want the same.
const CROWDED: &[TaskError] = &[
    TaskError::Aws("EventBridge", "ConcurrentModificationException"),
    TaskError::Aws("EventBridge", "InternalException"),
    TaskError::Aws("EventBridge", "ThrottlingException"),
    TaskError::Aws("EventBridge", "SdkClientException"),
];

state_machine! {
    /// Lists the projects of Bytebase.
    pub(super) enum ListProjects reaching Links, within 2_700 s {
        /// Reads the service account's key. White space, which a pasted key may carry, is no part of it.
        ReadKey = State::Task(Task {
            call: &GetSecretValue { secret: |links: &Links| &links.key },
            assign: &[
                Assign(KEY, Expression(r#"$replace($states.result.SecretString, /\s/, "")"#)),
                Assign(LOGINS, Expression("0")),
                Assign(PROJECTS, Expression("[]")),
                Assign(PAGE, Expression(r#""""#)),
                Assign(PAGES, Expression("0")),
            ],
            retry: &[Retry::ever_later(
                &[
                    TaskError::Aws("SecretsManager", "InternalServiceErrorException"),
                    TaskError::Aws("SecretsManager", "SdkClientException"),
                ],
                1, 20, 4,
            )],
            catch: &[Catch {
                errors: &[TaskError::Aws("SecretsManager", "ResourceNotFoundException")],
                next: ListProjects::NoKey,
            }],
            otherwise: ListProjects::KeyUnreadable,
            next: ListProjects::CheckKey,
        }),

        /// Sees whether there is a key at all; Bytebase would count an empty one as a failed login.
        CheckKey = State::Choice(Choice {
            rules: &[Rule { when: Expression(r#"$key = """#), output: &[], next: ListProjects::NoKey }],
            otherwise: ListProjects::LogIn,
        }),

        /// Logs in, not as a browser would. A wrong key is not tried again: ten failures lock the account out.
        LogIn = State::Task(Task {
            call: &HttpInvoke {
                connection: |links: &Links| &links.login,
                origin: |links| &links.bytebase,
                path: "/v1/auth/login",
                method: HttpMethod::Post,
                query: None,
                body: &[
                    ("email", Argument::Setting(|links| contracts::SettingValue::render(&links.account))),
                    ("password", Argument::Variable(KEY)),
                    ("web", Argument::Flag(false)),
                ],
            },
            assign: &[
                Assign(TOKEN, Expression(
                    r#"$type($states.result.ResponseBody.token) = "string" ? $states.result.ResponseBody.token : """#,
                )),
                Assign(LOGINS, Expression("$logins + 1")),
            ],
            retry: &[
                Retry::ever_later(PASSING, 2, 60, 5),
                Retry::ever_later(UNSETTLED, 2, 30, 5),
                // Bytebase counts failures for ten minutes.
                Retry::after(&[TaskError::HttpStatus(429)], 600, 1),
            ],
            catch: &[
                Catch { errors: &[TaskError::HttpStatus(401)], next: ListProjects::WrongKey },
                Catch { errors: &[TaskError::HttpStatus(403)], next: ListProjects::LoginForbidden },
                Catch { errors: &[TaskError::HttpStatus(429)], next: ListProjects::LockedOut },
            ],
            otherwise: ListProjects::LoginFailed,
            next: ListProjects::CheckToken,
        }),

        /// Sees whether a connection can carry the token: 512 characters with `Bearer`, no colon or control character.
        CheckToken = State::Choice(Choice {
            rules: &[
                Rule { when: Expression(r#"$token = """#), output: &[], next: ListProjects::NoToken },
                Rule {
                    when: Expression("$length($token) > 505 or $contains($token, /[^!-9;-~]/)"),
                    output: &[],
                    next: ListProjects::TokenUnusable,
                },
            ],
            otherwise: ListProjects::PutToken,
        }),

        /// Puts the token into the connection, which no task may carry in a header itself.
        PutToken = State::Task(Task {
            call: &SetApiKey {
                connection: |links: &Links| &links.session,
                header: "Authorization",
                value: Expression(r#""Bearer " & $token"#),
            },
            assign: &[Assign(POLLS, Expression("0"))],
            retry: &[Retry::ever_later(CROWDED, 1, 30, 8)],
            catch: &[],
            otherwise: ListProjects::ConnectionRefused,
            next: ListProjects::AskConnection,
        }),

        /// Asks whether the connection has taken up its token.
        AskConnection = State::Task(Task {
            call: &DescribeConnection { connection: |links: &Links| &links.session },
            assign: &[
                Assign(CONNECTION, Expression("$states.result.ConnectionState")),
                Assign(POLLS, Expression("$polls + 1")),
            ],
            retry: &[Retry::ever_later(CROWDED, 1, 30, 8)],
            catch: &[],
            otherwise: ListProjects::ConnectionRefused,
            next: ListProjects::CheckConnection,
        }),

        /// Goes on once the connection is authorized, and not for ever back to it.
        CheckConnection = State::Choice(Choice {
            rules: &[
                Rule { when: Expression("$polls > 120"), output: &[], next: ListProjects::ConnectionStuck },
                Rule {
                    when: Expression(r#"$connection = "AUTHORIZED""#),
                    output: &[],
                    next: ListProjects::ReadPage,
                },
                Rule {
                    when: Expression(r#"$connection in ["AUTHORIZING", "CREATING", "UPDATING"]"#),
                    output: &[],
                    next: ListProjects::WaitForConnection,
                },
            ],
            otherwise: ListProjects::ConnectionStuck,
        }),

        /// Gives the connection time.
        WaitForConnection = State::Wait { seconds: 1, next: ListProjects::AskConnection },

        /// Reads a page of projects. Bytebase leaves out what is empty.
        ReadPage = State::Task(Task {
            call: &HttpInvoke {
                connection: |links: &Links| &links.session,
                origin: |links| &links.bytebase,
                path: "/v1/projects",
                method: HttpMethod::Get,
                query: Some(Expression(
                    r#"$page = "" ? {"pageSize": "100"} : {"pageSize": "100", "pageToken": $page}"#,
                )),
                body: &[],
            },
            assign: &[
                Assign(ANSWERED, Expression(r#"$type($states.result.ResponseBody) = "object""#)),
                Assign(PROJECTS, Expression(
                    r#"[$projects, $states.result.ResponseBody.projects.{"name": name, "state": state, "title": title}]"#,
                )),
                Assign(PAGE, Expression(
                    r#"$type($states.result.ResponseBody.nextPageToken) = "string" ? $states.result.ResponseBody.nextPageToken : """#,
                )),
                Assign(PAGES, Expression("$pages + 1")),
                Assign(POLLS, Expression("0")),
            ],
            retry: &[
                Retry::ever_later(PASSING, 2, 60, 6),
                Retry::ever_later(&[TaskError::HttpStatus(429)], 30, 300, 6),
            ],
            catch: &[
                Catch { errors: UNSETTLED, next: ListProjects::WaitForConnection },
                Catch { errors: &[TaskError::HttpStatus(401)], next: ListProjects::CheckLogins },
                Catch { errors: &[TaskError::HttpStatus(403)], next: ListProjects::ListForbidden },
                Catch { errors: &[TaskError::DataLimitExceeded], next: ListProjects::PageTooLarge },
            ],
            otherwise: ListProjects::ListFailed,
            next: ListProjects::CheckPage,
        }),

        /// A token lives for an hour and can be revoked: it is renewed once.
        CheckLogins = State::Choice(Choice {
            rules: &[Rule { when: Expression("$logins < 2"), output: &[], next: ListProjects::LogIn }],
            otherwise: ListProjects::TokenRefused,
        }),

        /// Ends after the last page, and before the list no longer fits into the 256 KiB of a state.
        CheckPage = State::Choice(Choice {
            rules: &[
                Rule { when: Expression("$not($answered)"), output: &[], next: ListProjects::NotBytebase },
                Rule {
                    when: Expression(r#"$page = """#),
                    output: &[("projects", Expression("$projects"))],
                    next: ListProjects::Done,
                },
                Rule {
                    // Every character that is not ASCII counts as four bytes, the most that it can take;
                    // what is left of 256 KiB holds one more page of the longest names and titles.
                    when: Expression(r#"$pages >= 200 or $length($replace($string($projects), /[^ -~]/, "xxxx")) > 160000"#),
                    output: &[],
                    next: ListProjects::TooManyProjects,
                },
            ],
            otherwise: ListProjects::ReadPage,
        }),

        /// Returns name, state and title of each project.
        Done = State::Succeed,

        /// There is no key.
        NoKey = State::Fail(Fail {
            error: "Bytebase.NoKey",
            cause: Text::Plain("The secret holds no key. Deploy the stack again and give the key of the service account as plain text."),
        }),

        /// Secrets Manager does not give the key away.
        KeyUnreadable = State::Fail(Fail {
            error: "Bytebase.KeyUnreadable",
            cause: Text::Of(Expression(r#""The key could not be read from Secrets Manager (" & $failure & "). It is stored as plain text, not as binary data.""#)),
        }),

        /// The key is not that of the account.
        WrongKey = State::Fail(Fail {
            error: "Bytebase.WrongKey",
            cause: Text::Plain("Bytebase refuses the service key (401). Not tried again, because ten failures lock the account out. Compare the setting service_account with Bytebase, or reset the key there and deploy the new one as plain text."),
        }),

        /// The account may not log in this way.
        LoginForbidden = State::Fail(Fail {
            error: "Bytebase.LoginForbidden",
            cause: Text::Plain("Bytebase does not let this account log in (403). It must be an active service account, not a user."),
        }),

        /// The account has to wait for longer than we did.
        LockedOut = State::Fail(Fail {
            error: "Bytebase.LockedOut",
            cause: Text::Plain("Bytebase still refuses logins after ten minutes (429): something else logs in with a wrong key. Find it, wait, then start again."),
        }),

        /// The login failed otherwise.
        LoginFailed = State::Fail(Fail {
            error: "Bytebase.LoginFailed",
            cause: Text::Of(Expression(r#""The login failed (" & $failure & "). Look whether Bytebase is reachable from the internet with a public certificate, under the host of the stage file.""#)),
        }),

        /// The login went well but brought no token.
        NoToken = State::Fail(Fail {
            error: "Bytebase.NoToken",
            cause: Text::Plain("Bytebase answered the login without a token. It wants a second factor or a new password, hence the account is a user's; or the host of the stage file is not Bytebase's."),
        }),

        /// The token does not fit.
        TokenUnusable = State::Fail(Fail {
            error: "Bytebase.TokenUnusable",
            cause: Text::Of(Expression(r#""The token has " & $string($length($token)) & " characters. A connection takes 505, without spaces and colons.""#)),
        }),

        /// EventBridge does not do what it is asked.
        ConnectionRefused = State::Fail(Fail {
            error: "Bytebase.ConnectionRefused",
            cause: Text::Of(Expression(r#""EventBridge does not update or describe the connection (" & $failure & "). If the stack was changed by hand, deploy it again.""#)),
        }),

        /// The connection does not become usable.
        ConnectionStuck = State::Fail(Fail {
            error: "Bytebase.ConnectionStuck",
            cause: Text::Of(Expression(r#""The connection cannot be used: it is " & $connection & ". If many executions run at once, let them run one after the other.""#)),
        }),

        /// The token is refused although it is new.
        TokenRefused = State::Fail(Fail {
            error: "Bytebase.TokenRefused",
            cause: Text::Plain("Bytebase refuses the token right after a new login (401). Look whether its clock is right and whether the account is still active."),
        }),

        /// The account may not list projects.
        ListForbidden = State::Fail(Fail {
            error: "Bytebase.ListForbidden",
            cause: Text::Plain("The service account may not list projects (403). Give it a role with the permission bb.projects.list, such as Workspace DBA."),
        }),

        /// A page does not fit.
        PageTooLarge = State::Fail(Fail {
            error: "Bytebase.PageTooLarge",
            cause: Text::Plain("A page of 100 projects is larger than the 256 KiB that a state may be given. Lower the page size in the definition of the state ReadPage."),
        }),

        /// The list does not fit.
        TooManyProjects = State::Fail(Fail {
            error: "Bytebase.TooManyProjects",
            cause: Text::Of(Expression(r#"$string($count($projects)) & " projects on " & $string($pages) & " pages, and no end: their list would outgrow the 256 KiB that a state may be given. Handle each page by itself.""#)),
        }),

        /// Something else answers.
        NotBytebase = State::Fail(Fail {
            error: "Bytebase.NotBytebase",
            cause: Text::Plain("The answer to the list of projects is no JSON object. Look whether a proxy answers in the place of Bytebase."),
        }),

        /// The list failed otherwise.
        ListFailed = State::Fail(Fail {
            error: "Bytebase.ListFailed",
            cause: Text::Of(Expression(r#""The projects could not be listed (" & $failure & "). The history holds the answer.""#)),
        }),
    }
}
