//! A chapter about `deploy --watch`: what is saved is deployed and verified, what is wrong is told, nothing ends it but a
//! signal.

use crate::local::stage::Stage;
use crate::local::story::{Chapter, chapter};
use crate::local::watching::{Watching, has};

const STACK: &str = "sns-slack";
const HANDLER: &str = "handlers/slack-notifier/src/main.rs";
/// Code that does nothing, and is no comment, which changes no byte of the binary.
const PLAIN: &str = "fn main() -> std::process::ExitCode {";
const CHECKED: &str = "fn main() -> std::process::ExitCode {\n    assert!(std::env::args().count() < 7);";
const STAGE: &str = "stacks/stages/local.yaml";

pub const CHAPTERS: &[Chapter<Stage>] = &[chapter("watch: a saved source is deployed and its effect verified", watch)];

fn watch(stage: &Stage) {
    const EFFECT: &str = "ok    message in Slack";
    let mut watching = Watching::start(stage, STACK);
    has(&watching.round(), &["sns-slack: register in CloudWatch"]);
    // A handler: only the code changes, and the effect is verified.
    stage.edit(HANDLER, PLAIN, CHECKED);
    let round = watching.round();
    has(
        &round,
        &["building the handlers: slack-notifier", "changed SlackNotifier (AWS::Lambda::Function): Code", EFFECT],
    );
    assert!(!round.contains("register in"), "what to register is told once:\n{round}");
    // What does not compile is told, and the next save is waited for.
    stage.edit(HANDLER, "count() < 7", "count() < ");
    has(&watching.round(), &["error: the handlers do not compile", "expected expression"]);
    stage.edit(HANDLER, "count() < ", "count() < 7");
    has(&watching.round(), &["sns-slack: nothing to do"]);
    // A setting.
    stage.edit(STAGE, "log_retention_days: 7", "log_retention_days: 14");
    has(&watching.round(), &["changed SlackNotifierLogs (AWS::Logs::LogGroup): RetentionInDays", EFFECT]);
    stage.edit(STAGE, "log_retention_days: 14", "log_retention_days: 7");
    has(&watching.round(), &["changed SlackNotifierLogs", EFFECT]);
    stage.edit(HANDLER, CHECKED, PLAIN);
    has(&watching.round(), &["changed SlackNotifier (AWS::Lambda::Function): Code", EFFECT]);
    watching.ends_by_ctrl_c();
}
