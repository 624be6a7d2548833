//! Bytebase's projects, listed by a state machine.

mod failures;
mod machine;
mod reasons;

use crate::resource::{ConnectionRef, SecretRef};
use crate::stack::Stack;
use crate::stage::{BytebaseWorkflowSettings, Service, Stage};
use crate::test_plan::{Entry, TestPlan};
use contracts::bytebase::{BytebaseServiceKey, ServiceAccount};
use machine::ListProjects;
use policies::Value;

/// The output that holds the ARN of the machine.
const MACHINE_ARN: &str = "StateMachineArn";

/// The header of the login's connection; Bytebase does not read it.
const LOGIN_HEADER: (&str, &str) = ("X-Tsugite", "login");

/// The header of the session's connection, with what stands there until the first login.
const SESSION_HEADER: (&str, &str) = ("Authorization", "Bearer none");

/// What the machine's tasks reach.
struct Links {
    key: SecretRef<BytebaseServiceKey>,
    account: ServiceAccount,
    bytebase: Value,
    /// Authenticates the login, which needs nothing but a connection of its own: the other one's
    /// header would win over whatever the login sends, and a token that is no longer one is an error.
    login: ConnectionRef,
    /// Authenticates everything else, by the token of the last login.
    session: ConnectionRef,
}

/// Key, connections, state machine, and perhaps a schedule.
pub fn stack(stage: &Stage, settings: &BytebaseWorkflowSettings) -> Stack {
    let mut stack = Stack::new("bytebase-workflow", stage);
    let links = Links {
        key: stack.given_secret::<BytebaseServiceKey>("ServiceKey"),
        account: settings.service_account.clone(),
        bytebase: stack.service_url(Service::Bytebase).into_parts().0,
        login: stack.connection("LoginConnection", LOGIN_HEADER.0, LOGIN_HEADER.1),
        session: stack.connection("SessionConnection", SESSION_HEADER.0, SESSION_HEADER.1),
    };
    let machine = stack.state_machine::<ListProjects>("Workflow", MACHINE_ARN, &links);
    if let Some(times) = &settings.schedule {
        stack.schedule("Schedule", &machine, times);
    }
    stack.tested_by("{}", plan_test);
    stack
}

/// An execution lists the projects; it takes no input.
fn plan_test(_stage: &Stage, event: &str, _fresh: Option<&str>) -> Result<TestPlan, String> {
    let input =
        serde_json::from_str::<serde_json::Value>(event).map_err(|error| format!("the input is no JSON: {error}"))?;
    Ok(TestPlan {
        files: vec![],
        entry: Entry::Execute { machine_output: MACHINE_ARN, input: input.to_string(), list: "projects", name: "name" },
        branches: vec![],
    })
}
