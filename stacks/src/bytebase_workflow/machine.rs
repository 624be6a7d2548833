//! The states of the machine that lists Bytebase's projects.
//!
//! A status of 401 de-authorizes the connection that carried the request, and the connection loses what it
//! authenticates with. So the machine authorizes both of its connections itself: that of the login once more
//! before the next login, that of the session by the token of a new login.
//!
//! Several executions at once do no harm: all tokens are of the same account and stay valid, whichever
//! is in the connection; each waits while another one's update makes the connection unusable, and logs
//! in again where another one's request has de-authorized it.

use super::failures::{CROWDED, DENIED, ELSEWHERE, GONE, INTERNAL, SERVER, SILENCE, UNREAD, UNSETTLED};
use super::{LOGIN_HEADER, Links, SESSION_HEADER, reasons};
use crate::state_machine;
use crate::workflow::{
    Argument, Assign, Catch, Choice, DescribeConnection, Expression, GetSecretValue, HttpInvoke, HttpMethod, Retry,
    Rule, SetApiKey, State, Task, TaskError, Text, Variable,
};

const KEY: Variable = Variable::new("key");
const TOKEN: Variable = Variable::new("token");
const LOGINS: Variable = Variable::new("logins");
const REPAIRS: Variable = Variable::new("repairs");
const CONNECTION: Variable = Variable::new("connection");
const POLLS: Variable = Variable::new("polls");
const ANSWERED: Variable = Variable::new("answered");
const CUT: Variable = Variable::new("cut");
const PROJECTS: Variable = Variable::new("projects");
const SIZE: Variable = Variable::new("size");
const PAGE: Variable = Variable::new("page");
const PAGES: Variable = Variable::new("pages");

/// Where a failed call of EventBridge leads.
const UNCHANGED: &[Catch<ListProjects>] = &[
    Catch { errors: DENIED, next: ListProjects::NoRights },
    Catch { errors: GONE, next: ListProjects::ConnectionGone },
];

/// The connection will be settled soon.
const SETTLING: Expression = Expression(r#"$connection in ["AUTHORIZING", "CREATING", "DEAUTHORIZING", "UPDATING"]"#);

state_machine! {
    /// Lists the projects of Bytebase.
    pub(super) enum ListProjects reaching Links, within 2_700 s {
        /// Reads the service account's key. White space, which a pasted key may carry, is no part of it.
        ReadKey = State::Task(Task {
            call: &GetSecretValue { secret: |links: &Links| &links.key },
            assign: &[
                Assign(KEY, Expression(r#"$replace($states.result.SecretString, /\s/, "")"#)),
                Assign(LOGINS, Expression("0")),
                Assign(REPAIRS, Expression("0")),
                Assign(POLLS, Expression("0")),
                Assign(PROJECTS, Expression("[]")),
                Assign(SIZE, Expression("0")),
                Assign(PAGE, Expression(r#""""#)),
                Assign(PAGES, Expression("0")),
            ],
            retry: &[Retry::ever_later(UNREAD, 1, 20, 6)],
            catch: &[Catch {
                errors: &[TaskError::Aws("SecretsManager", "ResourceNotFoundException")],
                next: ListProjects::NoKey,
            }],
            otherwise: ListProjects::KeyUnreadable,
            next: ListProjects::CheckKey,
        }),

        /// Sees whether there is a key at all; Bytebase would count an empty one as an attempt to log in.
        CheckKey = State::Choice(Choice {
            rules: &[Rule { when: Expression(r#"$key = """#), output: &[], next: ListProjects::NoKey }],
            otherwise: ListProjects::LogIn,
        }),

        /// Logs in, not as a browser would. A wrong key is not tried again: five attempts lock the account out.
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
                // Each may have taken one of the five attempts.
                Retry::ever_later(SERVER, 2, 60, 3),
                Retry::ever_later(SILENCE, 2, 60, 3),
                Retry::ever_later(INTERNAL, 2, 60, 3),
                // The attempts are taken by logins under way, which end at once, or by failed ones, which
                // Bytebase forgets ten minutes after the last. A refused attempt does not count.
                Retry::throughout(&[TaskError::HttpStatus(429)], 5, 300, 610),
            ],
            catch: &[
                Catch { errors: UNSETTLED, next: ListProjects::WaitForLogin },
                Catch { errors: &[TaskError::HttpStatus(401)], next: ListProjects::WrongKey },
                Catch { errors: &[TaskError::HttpStatus(403)], next: ListProjects::LoginForbidden },
                Catch { errors: &[TaskError::HttpStatus(429)], next: ListProjects::LockedOut },
                Catch { errors: SERVER, next: ListProjects::Unavailable },
                Catch { errors: SILENCE, next: ListProjects::Unreachable },
                Catch { errors: ELSEWHERE, next: ListProjects::WrongAddress },
                Catch { errors: DENIED, next: ListProjects::NoRights },
                Catch { errors: GONE, next: ListProjects::ConnectionGone },
            ],
            otherwise: ListProjects::LoginFailed,
            next: ListProjects::CheckToken,
        }),

        /// Gives the login's connection time.
        WaitForLogin = State::Wait { seconds: 2, next: ListProjects::AskLogin },

        /// Asks why the login's connection could not be used. No request has gone out, hence no attempt is taken.
        AskLogin = State::Task(Task {
            call: &DescribeConnection { connection: |links: &Links| &links.login },
            assign: &[
                Assign(CONNECTION, Expression("$states.result.ConnectionState")),
                Assign(POLLS, Expression("$polls + 1")),
            ],
            retry: &[Retry::ever_later(CROWDED, 1, 30, 8)],
            catch: UNCHANGED,
            otherwise: ListProjects::ConnectionRefused,
            next: ListProjects::CheckLogin,
        }),

        /// Goes back to the login once its connection is authorized, if need be by this execution.
        CheckLogin = State::Choice(Choice {
            rules: &[
                Rule { when: Expression("$polls > 60"), output: &[], next: ListProjects::ConnectionStuck },
                Rule { when: Expression(r#"$connection = "AUTHORIZED""#), output: &[], next: ListProjects::LogIn },
                Rule { when: SETTLING, output: &[], next: ListProjects::WaitForLogin },
                Rule {
                    when: Expression(r#"$connection = "DEAUTHORIZED" and $repairs < 5"#),
                    output: &[],
                    next: ListProjects::RepairLogin,
                },
            ],
            otherwise: ListProjects::ConnectionStuck,
        }),

        /// Authorizes the login's connection again, which a wrong key has de-authorized.
        RepairLogin = State::Task(Task {
            call: &SetApiKey {
                connection: |links: &Links| &links.login,
                header: LOGIN_HEADER.0,
                value: Text::Plain(LOGIN_HEADER.1),
            },
            assign: &[Assign(REPAIRS, Expression("$repairs + 1"))],
            retry: &[Retry::ever_later(CROWDED, 1, 30, 8)],
            catch: UNCHANGED,
            otherwise: ListProjects::ConnectionRefused,
            next: ListProjects::AskLogin,
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
                header: SESSION_HEADER.0,
                value: Text::Of(Expression(r#""Bearer " & $token"#)),
            },
            assign: &[Assign(POLLS, Expression("0"))],
            retry: &[Retry::ever_later(CROWDED, 1, 30, 8)],
            catch: UNCHANGED,
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
            catch: UNCHANGED,
            otherwise: ListProjects::ConnectionRefused,
            next: ListProjects::CheckConnection,
        }),

        /// Continues once the connection is authorized, and does not return to it for ever.
        CheckConnection = State::Choice(Choice {
            rules: &[
                Rule { when: Expression("$polls > 120"), output: &[], next: ListProjects::ConnectionStuck },
                Rule { when: Expression(r#"$connection = "AUTHORIZED""#), output: &[], next: ListProjects::ReadPage },
                Rule { when: SETTLING, output: &[], next: ListProjects::WaitForConnection },
                // Bytebase has refused the token that another execution had put there. The own one may be as old.
                Rule {
                    when: Expression(r#"$connection = "DEAUTHORIZED" and $logins < 5"#),
                    output: &[],
                    next: ListProjects::LogIn,
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
                // Step Functions asks for the first 256 KiB only; a server may say so, and still send all.
                Assign(CUT, Expression("$states.result.StatusCode = 206")),
                Assign(PROJECTS, Expression(
                    r#"[$projects, $states.result.ResponseBody.projects.{"name": name, "state": state, "title": title}]"#,
                )),
                // Bytes of JSON: 40 for what is around the three texts; four, the most that it can take, for a
                // character that is not ASCII or is escaped. Counted project by project, because an evaluation
                // may hold only so much.
                Assign(SIZE, Expression(
                    r#"$size + $sum([$states.result.ResponseBody.projects.($length($replace(name & state & title, /[^ !#-\[\]-~]/, "xxxx")) + 40)])"#,
                )),
                Assign(PAGE, Expression(
                    r#"$type($states.result.ResponseBody.nextPageToken) = "string" ? $states.result.ResponseBody.nextPageToken : """#,
                )),
                Assign(PAGES, Expression("$pages + 1")),
                Assign(POLLS, Expression("0")),
            ],
            retry: &[
                Retry::ever_later(SERVER, 2, 60, 6),
                Retry::ever_later(SILENCE, 2, 60, 6),
                Retry::ever_later(INTERNAL, 2, 60, 6),
                Retry::ever_later(&[TaskError::HttpStatus(429)], 30, 300, 6),
            ],
            catch: &[
                Catch { errors: UNSETTLED, next: ListProjects::WaitForConnection },
                Catch { errors: &[TaskError::HttpStatus(401)], next: ListProjects::CheckLogins },
                Catch { errors: &[TaskError::HttpStatus(403)], next: ListProjects::ListForbidden },
                Catch { errors: &[TaskError::HttpStatus(429)], next: ListProjects::ListThrottled },
                Catch { errors: &[TaskError::DataLimitExceeded], next: ListProjects::PageTooLarge },
                Catch { errors: SERVER, next: ListProjects::Unavailable },
                Catch { errors: SILENCE, next: ListProjects::Unreachable },
                Catch { errors: ELSEWHERE, next: ListProjects::WrongAddress },
                Catch { errors: DENIED, next: ListProjects::NoRights },
                Catch { errors: GONE, next: ListProjects::ConnectionGone },
            ],
            otherwise: ListProjects::ListFailed,
            next: ListProjects::CheckPage,
        }),

        /// A token lives for an hour and can be revoked: it is renewed. Other executions may have put an
        /// older one back, hence more than once.
        CheckLogins = State::Choice(Choice {
            rules: &[Rule { when: Expression("$logins < 5"), output: &[], next: ListProjects::LogIn }],
            otherwise: ListProjects::TokenRefused,
        }),

        /// Ends after the last page, and before the list no longer fits into the 256 KiB of a state.
        CheckPage = State::Choice(Choice {
            rules: &[
                Rule { when: Expression("$not($answered) and $cut"), output: &[], next: ListProjects::PageTooLarge },
                Rule { when: Expression("$not($answered)"), output: &[], next: ListProjects::NotBytebase },
                Rule {
                    when: Expression(r#"$page = """#),
                    output: &[("projects", Expression("$projects"))],
                    next: ListProjects::Done,
                },
                Rule {
                    // What is left of 256 KiB holds one more page of the longest names and titles.
                    when: Expression("$pages >= 200 or $size > 160000"),
                    output: &[],
                    next: ListProjects::TooManyProjects,
                },
            ],
            otherwise: ListProjects::ReadPage,
        }),

        /// Returns name, state and title of each project.
        Done = State::Succeed,

        /// There is no key.
        NoKey = State::Fail(reasons::NO_KEY),

        /// Secrets Manager does not give the key away.
        KeyUnreadable = State::Fail(reasons::KEY_UNREADABLE),

        /// The key is not that of the account.
        WrongKey = State::Fail(reasons::WRONG_KEY),

        /// The account may not log in this way.
        LoginForbidden = State::Fail(reasons::LOGIN_FORBIDDEN),

        /// The logins of the account are throttled for longer than Bytebase itself would.
        LockedOut = State::Fail(reasons::LOCKED_OUT),

        /// The login failed otherwise.
        LoginFailed = State::Fail(reasons::LOGIN_FAILED),

        /// The login went well but brought no token.
        NoToken = State::Fail(reasons::NO_TOKEN),

        /// The token does not fit.
        TokenUnusable = State::Fail(reasons::TOKEN_UNUSABLE),

        /// EventBridge does not do what it is asked.
        ConnectionRefused = State::Fail(reasons::CONNECTION_REFUSED),

        /// There is no connection.
        ConnectionGone = State::Fail(reasons::CONNECTION_GONE),

        /// A connection does not become usable.
        ConnectionStuck = State::Fail(reasons::CONNECTION_STUCK),

        /// The role lacks a right.
        NoRights = State::Fail(reasons::NO_RIGHTS),

        /// There is no answer.
        Unreachable = State::Fail(reasons::UNREACHABLE),

        /// Bytebase does not work.
        Unavailable = State::Fail(reasons::UNAVAILABLE),

        /// Bytebase is not there.
        WrongAddress = State::Fail(reasons::WRONG_ADDRESS),

        /// The token is refused although it is new.
        TokenRefused = State::Fail(reasons::TOKEN_REFUSED),

        /// The account may not list projects.
        ListForbidden = State::Fail(reasons::LIST_FORBIDDEN),

        /// The list is throttled for too long.
        ListThrottled = State::Fail(reasons::LIST_THROTTLED),

        /// A page does not fit.
        PageTooLarge = State::Fail(reasons::PAGE_TOO_LARGE),

        /// The list does not fit.
        TooManyProjects = State::Fail(reasons::TOO_MANY_PROJECTS),

        /// Something else answers.
        NotBytebase = State::Fail(reasons::NOT_BYTEBASE),

        /// The list failed otherwise.
        ListFailed = State::Fail(reasons::LIST_FAILED),
    }
}
