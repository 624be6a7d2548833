//! Bytebase's projects, listed by a state machine.

mod failures;
mod machine;
mod reasons;

use crate::integration::Integration;
use crate::resource::{ConnectionRef, SecretRef};
use crate::stack::{Api, Stack};
use crate::stage::{Hosted, OwnHost, Schedule, Section, Stage};
use crate::test_plan::{Entry, TestPlan};
use contracts::bytebase::{self, BytebaseServiceKey, ServiceAccount};
use machine::ListProjects;
use policies::CfnString;
use serde::Deserialize;

/// The output that holds the ARN of the machine.
const MACHINE_ARN: &str = "StateMachineArn";

/// The header of the login's connection; Bytebase does not read it.
const LOGIN_HEADER: (&str, &str) = ("X-Tsugite", "login");

/// The header of the session's connection, with what stands there until the first login.
const SESSION_HEADER: (&str, &str) = ("Authorization", "Bearer none");

/// What the tasks of the state machine may call.
struct Links {
    key: SecretRef<BytebaseServiceKey>,
    account: ServiceAccount,
    bytebase: CfnString,
    /// Authenticates the login, which needs nothing but a connection of its own: the other one's
    /// header would win over whatever the login sends, and a token that is no longer one is an error.
    login: ConnectionRef,
    /// Authenticates everything else, by the token of the last login.
    session: ConnectionRef,
}

/// What the section `bytebase_workflow` says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a section with its settings below it")]
pub(crate) struct Settings {
    /// Host, perhaps with a port, under which Bytebase is reached from outside; none on the local stage.
    #[serde(default)]
    host: Option<OwnHost>,
    /// The service account that logs in.
    service_account: ServiceAccount,
    /// When to run the workflow, in the stage's time zone. Default: only when started by hand.
    #[serde(default)]
    schedule: Option<Schedule>,
}

impl Section for Settings {
    fn hosted(&self) -> Option<Hosted> {
        let origin = self.host.as_ref().map(OwnHost::origin);
        Some(Hosted { saas: &bytebase::SAAS, origin, whose: "your Bytebase, such as `bytebase.example.com`" })
    }
}

impl Integration for Settings {
    const ABOUT: &'static str =
        "A state machine that lists Bytebase's projects through its API, and renews its token";

    /// Key, connections, state machine, and perhaps a schedule.
    fn define(&self, _stage: &Stage, stack: &mut Stack, _api: Api) {
        let links = Links {
            key: stack.given_secret::<BytebaseServiceKey>("ServiceKey"),
            account: self.service_account.clone(),
            bytebase: stack.service_url(&bytebase::SAAS).into_parts().0,
            login: stack.connection("LoginConnection", LOGIN_HEADER.0, LOGIN_HEADER.1),
            session: stack.connection("SessionConnection", SESSION_HEADER.0, SESSION_HEADER.1),
        };
        let machine = stack.state_machine::<ListProjects>("Workflow", MACHINE_ARN, &links);
        if let Some(times) = &self.schedule {
            stack.schedule("Schedule", &machine, times);
        }
        stack.tested_by("{}", plan_test);
    }
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
