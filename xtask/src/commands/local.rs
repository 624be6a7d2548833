//! `cargo xtask local …`.

use crate::cli::{Output, OutputOption};
use crate::context::Context;
use crate::display::write_line;
use crate::failure::Failure;
use crate::result::print;
use deployer::{LocalStatus, StandInsSettings, local_logs, local_status, stop_local};
use serde_json::json;
use stacks::Stack;
use std::path::Path;

/// Starts the emulator and the stand-ins, unless they run.
pub async fn start(options: &OutputOption, context: &Context) -> Result<(), Failure> {
    let stage = context.stage("local")?;
    context.connect(&stage).await?;
    context.close_display().await;
    status(options, context).await
}

/// Ends both processes.
pub async fn stop(context: &Context) -> Result<(), Failure> {
    let _turn = context.local_turn().await?;
    let was_running = stop_local(&context.workspace).await.map_err(|error| context.failure(&error))?;
    write_line(if was_running {
        "the local stage is stopped; what was deployed on it is gone"
    } else {
        "the local stage does not run"
    });
    Ok(())
}

/// Says whether they run, and where.
pub async fn status(options: &OutputOption, context: &Context) -> Result<(), Failure> {
    let LocalStatus { local, folder } =
        local_status(&context.workspace).await.map_err(|error| context.failure(&error))?;
    let emulator = local.as_ref().map(|local| local.emulator_url());
    let stand_ins = local.as_ref().map(|local| local.stand_ins_url());
    match (options.output, emulator, stand_ins) {
        (Output::Json, emulator, stand_ins) => print(&format!(
            "{:#}\n",
            json!({"running": emulator.is_some(), "emulator": emulator, "stand_ins": stand_ins, "folder": folder})
        )),
        (Output::Text, Some(emulator), Some(stand_ins)) => print(&format!(
            "emulator of AWS  {emulator}  (credentials test / test)\nstand-ins        {stand_ins}  (open it in a browser)\nlogs and state   {}\n",
            folder.display()
        )),
        (Output::Text, ..) => print("the local stage does not run; `cargo xtask deploy` starts it\n"),
    }
    Ok(())
}

/// Prints what the functions logged, oldest first.
pub async fn logs(context: &Context) -> Result<(), Failure> {
    let stage = context.stage("local")?;
    let Some(account) = context.connect_if_running(&stage).await? else {
        return Err(
            Failure::nothing_changed("the local stage does not run").with_hint("start it with: cargo xtask deploy")
        );
    };
    let prefix = format!("/aws/lambda/{}", Stack::name_prefix(&stage));
    let lines = local_logs(&account, &prefix).await.map_err(|error| context.failure(&error))?;
    for (function, line) in lines {
        print(&format!("{}  {line}\n", function.trim_start_matches(&Stack::name_prefix(&stage))));
    }
    Ok(())
}

/// Serves the stand-ins until somebody ends the process.
pub async fn serve_stand_ins(settings: &Path) -> Result<(), Failure> {
    let settings = StandInsSettings::read(settings).map_err(|error| Failure::of(&error, false))?;
    let secret = |name: &str| settings.secrets.get(name).cloned().unwrap_or_default();
    let keys = standins::Keys {
        backlog_api_key: secret("BACKLOG_API_KEY"),
        slack_secret: secret("SLACK_WEBHOOK_URL"),
        teams_signature: secret("TEAMS_WORKFLOW_URL"),
        bytebase_service_key: secret("BYTEBASE_SERVICE_KEY"),
    };
    let server = standins::Standins::start(settings.port, keys, None).await.map_err(|error| {
        Failure::nothing_changed(format!("the stand-ins cannot use port {}: {error}", settings.port))
    })?;
    server.stopped().await;
    Ok(())
}
