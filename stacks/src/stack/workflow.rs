//! State machines with what each has for itself: role, key, alarms, and perhaps a schedule.

use super::graph::DEAD_LETTERS_TO;
use super::{ParameterSource, Stack};
use crate::resource::schedule::{Schedule, Target};
use crate::resource::state_machine::{Encryption, StateMachine};
use crate::resource::{Connection, ConnectionRef, DeadLetters, Key, Metric, Role};
use crate::stage::Schedule as Times;
use crate::workflow::{Definition, Machine, define};
use contracts::SettingValue;
use policies::{CfnString, Grant, PolicyDocument, Statement};

/// Characters in the name of a connection. Source: EventBridge API reference, CreateConnection.
const NAME_LIMIT: usize = 64;

/// A state machine in a stack.
pub struct MachineRef {
    logical_id: &'static str,
    arn: CfnString,
}

impl Stack {
    /// A connection that adds this header, which is no secret, until a state machine gives it another one.
    #[track_caller]
    pub fn connection(&mut self, logical_id: &str, header: &'static str, value: &'static str) -> ConnectionRef {
        // Longer than what the service takes, a name would be cut, and the user chooses the name of the stage.
        let longest = format!("{}-{logical_id}", self.full_stack_name());
        assert!(
            longest.len() <= NAME_LIMIT,
            "`{longest}` is no name of a connection: it has over {NAME_LIMIT} characters"
        );
        let name = self.full_name().then(format!("-{logical_id}"));
        let description = format!("{} of stage {}", self.name, self.stage.name);
        self.add(logical_id, &Connection::with_header(header, value, name, description));
        ConnectionRef::new(logical_id)
    }

    /// A state machine with its own key and with a role that allows what its tasks need; its ARN becomes an output.
    #[track_caller]
    pub fn state_machine<M: Machine>(
        &mut self,
        logical_id: &'static str,
        output: &'static str,
        links: &M::Links,
    ) -> MachineRef {
        let arn = self.machine_arn();
        let Definition { text, substitutions, mut grants } = define::<M>(links, &arn);
        let (key, role) = (format!("{logical_id}Key"), format!("{logical_id}Role"));
        let key_arn = CfnString::attribute(&key, "Arn");
        grants.push(Grant::UseKey { key: key_arn.clone(), machine: arn.clone() });
        self.add(&key, &Key::new(format!("Data of the executions of {} of stage {}", self.name, self.stage.name)));
        self.role_for(logical_id, &role, "states.amazonaws.com", &grants);
        self.add(
            logical_id,
            &StateMachine {
                definition_string: text,
                definition_substitutions: substitutions,
                encryption_configuration: Encryption::with_key(key_arn),
                role_arn: CfnString::attribute(&role, "Arn"),
                state_machine_name: self.full_name(),
                state_machine_type: "STANDARD",
            },
        );
        self.outputs.insert(output, CfnString::reference(logical_id));
        let failed = "An execution failed. Its history says in which state and why; the key decides who may read it.";
        self.alarm(&format!("{logical_id}FailedAlarm"), executions("ExecutionsFailed", logical_id), failed);
        let late = "An execution took too long and was ended.";
        self.alarm(&format!("{logical_id}TimedOutAlarm"), executions("ExecutionsTimedOut", logical_id), late);
        MachineRef { logical_id, arn }
    }

    /// Starts a state machine at certain times of the stage's time zone; what could not be started is kept.
    #[track_caller]
    pub fn schedule(&mut self, logical_id: &'static str, machine: &MachineRef, times: &Times) {
        let (role, dead_letters) = (format!("{logical_id}Role"), format!("{logical_id}DeadLetters"));
        self.add(&dead_letters, &DeadLetters::new());
        // Source: EventBridge Scheduler user guide, "Configuring a schedule's dead-letter queue".
        let advice = "An execution could not be started. The message's attribute `ERROR_MESSAGE` says why; fix the cause, \
                      start an execution by hand, then delete the message.";
        self.dead_letters_alarm(&dead_letters, advice);
        let dead_letters_arn = CfnString::attribute(&dead_letters, "Arn");
        let grants = [
            Grant::SendMessages { queue: dead_letters_arn.clone() },
            Grant::StartExecution { machine: machine.arn.clone() },
        ];
        self.role_for(logical_id, &role, "scheduler.amazonaws.com", &grants);
        let target = Target {
            arn: CfnString::reference(machine.logical_id),
            input: "{}",
            role: CfnString::attribute(&role, "Arn"),
            dead_letters: dead_letters_arn,
        };
        let description = format!("Starts {} of stage {}", self.name, self.stage.name);
        let schedule = Schedule::of(target, times.as_str().to_owned(), self.stage.time_zone.render(), description);
        self.add(logical_id, &schedule);
        self.edge(logical_id, machine.logical_id, "starts");
        self.edge(logical_id, &dead_letters, DEAD_LETTERS_TO);
    }

    /// The machine's ARN by its name: by its logical id, its role would depend on it and it on its role.
    fn machine_arn(&self) -> CfnString {
        CfnString::arn("states", CfnString::text("stateMachine:").join(self.full_name()))
    }

    /// A role with exactly these grants, for a service by its host name.
    #[track_caller]
    pub(super) fn role_for(&mut self, logical_id: &str, role: &str, service: &'static str, grants: &[Grant]) {
        let mut grants = grants.to_vec();
        grants.sort();
        let statements: Vec<Statement> = grants.iter().map(Grant::statement).collect();
        self.policies.insert(logical_id.to_owned(), PolicyDocument::new(statements.clone()));
        let boundary = self.stage.permissions_boundary.as_ref();
        self.add(role, &Role::for_service(service, statements, boundary));
        for grant in &grants {
            let (subject, words) = grant.subject();
            let Some(to) = subject.references().find(|id| !id.starts_with("AWS::")).map(str::to_owned) else {
                continue;
            };
            let to = match self.parameters.get(&to) {
                Some(ParameterSource::ServiceUrl(saas)) => saas.name.to_owned(),
                _ => to,
            };
            self.edge(logical_id, &to, words);
        }
    }
}

/// A count of a machine's executions.
fn executions(name: &'static str, machine: &str) -> Metric {
    let dimension = ("StateMachineArn", CfnString::reference(machine));
    Metric { namespace: "AWS/States", name, statistic: "Sum", dimension }
}
