//! A small machine, as it is rendered and as it is allowed what it does.

use super::variables::unassigned;
use super::*;
use crate::resource::{ConnectionRef, SecretRef};
use crate::state_machine;
use contracts::bytebase::BytebaseServiceKey;
use policies::{CfnString, Grant};
use serde_json::{Value as Json, json};

struct Links {
    key: SecretRef<BytebaseServiceKey>,
    connection: ConnectionRef,
    origin: CfnString,
}

const ANSWER: Variable = Variable::new("answer");

state_machine! {
    /// Asks once.
    enum Asking reaching Links, within 60 s {
        /// Reads the key.
        Read = State::Task(Task {
            call: &GetSecretValue { secret: |links: &Links| &links.key },
            assign: &[Assign(ANSWER, Expression("$states.result.SecretString"))],
            retry: &[],
            catch: &[],
            otherwise: Asking::Failed,
            next: Asking::Ask,
        }),
        /// Sends it,
        /// and waits for the answer.
        Ask = State::Task(Task {
            call: &HttpInvoke {
                connection: |links: &Links| &links.connection,
                origin: |links| &links.origin,
                path: "/ask",
                method: HttpMethod::Post,
                query: None,
                body: &[("key", Argument::Variable(ANSWER)), ("loud", Argument::Flag(false))],
            },
            assign: &[],
            retry: &[Retry::after(&[TaskError::HttpStatus(429)], 60, 2)],
            catch: &[Catch { errors: &[TaskError::HttpSocket], next: Asking::Ask }],
            otherwise: Asking::Failed,
            next: Asking::Judge,
        }),
        /// Judges.
        Judge = State::Choice(Choice {
            rules: &[Rule {
                when: Expression("$answer = 'yes'"),
                output: &[("answer", Expression("$answer"))],
                next: Asking::Done,
            }],
            otherwise: Asking::Pause,
        }),
        /// Pauses.
        Pause = State::Wait { seconds: 5, next: Asking::Ask },
        /// Done.
        Done = State::Succeed,
        /// Failed.
        Failed = State::Fail(Fail { error: "Failed", cause: Text::Of(Expression("'Because of ' & $failure")) }),
    }
}

fn definition() -> Definition {
    let links = Links {
        key: SecretRef::new("Key"),
        connection: ConnectionRef::new("Connection"),
        origin: CfnString::reference("Origin"),
    };
    define::<Asking>(&links, &CfnString::text("machine"))
}

#[test]
fn a_machine_is_rendered_as_step_functions_takes_it() {
    let machine: Json = serde_json::from_str(&definition().text).unwrap();
    assert_eq!(machine["StartAt"], "Read");
    assert_eq!(machine["TimeoutSeconds"], 60);
    assert_eq!(
        machine["States"]["Ask"],
        json!({
            "Type": "Task",
            "Comment": "Sends it, and waits for the answer.",
            "Resource": "arn:aws:states:::http:invoke",
            "Arguments": {
                "ApiEndpoint": "${Origin}/ask",
                "Method": "POST",
                "InvocationConfig": {"ConnectionArn": "${ConnectionArn}"},
                "RequestBody": {"key": "{% $answer %}", "loud": false},
            },
            "Output": {},
            "Retry": [{
                "ErrorEquals": ["States.Http.StatusCode.429"], "IntervalSeconds": 60, "MaxAttempts": 2,
                "BackoffRate": 1, "JitterStrategy": "NONE",
            }],
            "Catch": [
                {"ErrorEquals": ["States.Http.Socket"], "Output": {}, "Next": "Ask"},
                {
                    "ErrorEquals": ["States.ALL"], "Output": {}, "Next": "Failed",
                    "Assign": {"failure": "{% $states.errorOutput.Error %}"},
                },
            ],
            "Next": "Judge",
        })
    );
    assert_eq!(machine["States"]["Pause"]["Seconds"], 5);
    assert_eq!(machine["States"]["Judge"]["Choices"][0]["Output"], json!({"answer": "{% $answer %}"}));
    assert_eq!(machine["States"]["Failed"]["Cause"], "{% 'Because of ' & $failure %}");
}

#[test]
fn the_states_stand_in_the_order_in_which_they_are_written() {
    let text = definition().text;
    let places: Vec<_> = ["\"Read\": {", "\"Ask\": {", "\"Judge\": {", "\"Pause\": {", "\"Done\": {", "\"Failed\": {"]
        .map(|state| text.find(state).unwrap())
        .to_vec();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn a_machine_is_allowed_what_its_tasks_do_and_nothing_else() {
    let connection = || CfnString::reference("Connection");
    let mut expected = vec![
        Grant::ReadSecret { secret: CfnString::reference("Key") },
        Grant::CallEndpoint {
            machine: CfnString::text("machine"),
            endpoint: CfnString::reference("Origin").then("/ask"),
            method: "POST",
        },
        Grant::UseConnection { connection: connection() },
        Grant::ReadConnectionSecret { connection: connection() },
    ];
    expected.sort();
    assert_eq!(definition().grants, expected);
}

#[test]
fn what_only_cloudformation_knows_is_substituted() {
    let substitutions = definition().substitutions;
    let names: Vec<_> = substitutions.keys().map(String::as_str).collect();
    assert_eq!(names, ["ConnectionArn", "Key", "Origin"]);
    assert_eq!(substitutions["ConnectionArn"], CfnString::attribute("Connection", "Arn"));
}

fn check_variables(states: Json, problem: Option<&str>) {
    let found = unassigned("A", states.as_object().unwrap());
    assert_eq!(found.as_deref(), problem);
}

#[test]
fn a_variable_is_read_only_where_every_way_sets_it() {
    check_variables(json!({"A": {"Assign": {"x": 1}, "Next": "B"}, "B": {"Cause": "{% $x %}"}}), None);
    check_variables(
        json!({
            "A": {"Assign": {"x": 1}, "Next": "B", "Catch": [{"Next": "B"}]},
            "B": {"Cause": "{% 'a' & $x %}"},
        }),
        Some("state `B` reads `$x` in `Cause`, but not every way to it sets it"),
    );
    check_variables(
        json!({
            "A": {"Choices": [{"Next": "B", "Assign": {"x": 1}}], "Default": "C"},
            "B": {"Next": "C"},
            "C": {"Choices": [{"Condition": "{% $x = 1 %}", "Next": "B"}], "Default": "C"},
        }),
        Some("state `C` reads `$x` in `Choices`, but not every way to it sets it"),
    );
}

#[test]
fn functions_strings_and_what_the_state_is_told_are_no_variables() {
    check_variables(json!({"A": {"Cause": r#"{% $trim($states.input) & "$x" & '\'$y' %}"#}}), None);
}

#[test]
fn no_state_sets_a_variable_from_another_one_that_it_sets_too() {
    let set = |x: &str| json!({"A": {"Assign": {"x": "0", "y": "0"}, "Next": "B"}, "B": {"Assign": {"x": x, "y": "{% 1 %}"}}});
    check_variables(set("{% $x + 1 %}"), None);
    check_variables(set("{% $y + 1 %}"), Some("state `B` sets `$x` from `$y`, which it sets too"));
}

#[test]
fn a_lock_is_waited_out_for_at_least_its_time() {
    let check = |interval: u32, longest: u32, within: u32, delays: &[u32]| {
        let retry = Retry::throughout(&[TaskError::HttpSocket], interval, longest, within);
        let waits = (0..retry.attempts).map(|n| longest.min(interval * retry.backoff.pow(n)));
        assert_eq!(waits.collect::<Vec<_>>(), delays);
        assert_eq!((retry.max_delay_seconds, retry.jitter), (Some(longest), Jitter::None));
    };
    check(5, 300, 610, &[5, 10, 20, 40, 80, 160, 300]);
    check(5, 300, 616, &[5, 10, 20, 40, 80, 160, 300, 300]);
    check(1, 2, 1, &[1]);
}
