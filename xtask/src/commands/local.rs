//! `cargo xtask local …`.

use crate::cli::{Output, OutputOption};
use crate::context::Context;
use crate::display::write_line;
use crate::failure::Failure;
use crate::result::print;
use deployer::{LocalStage, LocalStatus, StandInsSettings, local_logs, local_status, stop_local, wait_until_orphaned};
use serde_json::json;
use stacks::Stack;
use std::collections::BTreeMap;
use std::path::Path;

/// Starts the emulator and the stand-ins, unless they run.
pub async fn start(options: &OutputOption, context: &Context) -> Result<(), Failure> {
    let stage = context.stage("local")?;
    context.connect(&stage).await?;
    context.close_display().await;
    status(options, context).await
}

/// Stops both processes.
pub async fn stop(context: &Context) -> Result<(), Failure> {
    let _turn = context.local_turn().await?;
    let was_running =
        stop_local(&context.workspace, &context.reporter).await.map_err(|error| context.failure(&error))?;
    write_line(if was_running {
        "the local stage is stopped; everything deployed on it is lost"
    } else {
        "the local stage does not run"
    });
    Ok(())
}

/// Prints whether they run, and their addresses.
pub async fn status(options: &OutputOption, context: &Context) -> Result<(), Failure> {
    let LocalStatus { local, lost, folder } =
        local_status(&context.workspace).await.map_err(|error| context.failure(&error))?;
    if options.output == Output::Json {
        let address = |url: fn(&LocalStage) -> String| local.as_ref().map(url);
        print(&format!(
            "{:#}\n",
            json!({
                "running": local.is_some() && lost.is_none(), "emulator": address(LocalStage::emulator_url),
                "stand_ins": address(LocalStage::stand_ins_url), "folder": folder,
                "lost": lost.map(|lost| lost.to_string()),
            })
        ));
        return Ok(());
    }
    match (local, lost) {
        (_, Some(lost)) => return Err(context.failure(&lost.error())),
        (Some(local), None) => print(&format!(
            "emulator of AWS  {}\nstand-ins        {}  (open it in a browser)\nlogs and state   {}\n\
             for the AWS command line and SDKs in this shell: eval \"$(cargo xtask local env)\"\n",
            local.emulator_url(),
            local.stand_ins_url(),
            folder.display()
        )),
        (None, None) => print("the local stage does not run; `cargo xtask deploy` starts it\n"),
    }
    Ok(())
}

/// Variables that would take precedence over those that are set, for the AWS command line or an SDK.
const UNSET: [&str; 5] = [
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
];

/// Prints the variables by which the AWS command line, or an SDK, uses the local stage as its root user.
pub async fn env(options: &OutputOption, context: &Context) -> Result<(), Failure> {
    let stage = context.stage("local")?;
    let Some(local) = context.running_local().await? else { return Err(not_running()) };
    let root = local.root_key();
    let variables = [
        ("AWS_ENDPOINT_URL", local.emulator_url()),
        ("AWS_ACCESS_KEY_ID", root.access_key_id.clone()),
        ("AWS_SECRET_ACCESS_KEY", root.secret_access_key.clone()),
        ("AWS_REGION", stage.region.as_str().to_owned()),
        ("AWS_DEFAULT_REGION", stage.region.as_str().to_owned()),
    ];
    match options.output {
        Output::Json => print(&format!("{:#}\n", json!(BTreeMap::from(variables)))),
        Output::Text => {
            print(&format!("unset {}\n", UNSET.join(" ")));
            // No value needs quotes in a shell.
            variables.iter().for_each(|(name, value)| print(&format!("export {name}={value}\n")));
        }
    }
    Ok(())
}

fn not_running() -> Failure {
    Failure::nothing_changed("the local stage does not run").with_hint("start it with: cargo xtask local start")
}

/// Prints what the functions logged, oldest first.
pub async fn logs(context: &Context) -> Result<(), Failure> {
    let stage = context.stage("local")?;
    let Some(account) = context.connect_if_running(&stage).await? else {
        return Err(not_running());
    };
    let prefix = format!("/aws/lambda/{}", Stack::name_prefix(&stage));
    let lines = local_logs(&account, &prefix).await.map_err(|error| context.failure(&error))?;
    for (function, line) in lines {
        print(&format!("{}  {line}\n", function.trim_start_matches(&Stack::name_prefix(&stage))));
    }
    Ok(())
}

/// Serves the stand-ins until the process is ended, or until no command can find it.
pub async fn serve_stand_ins(path: &Path) -> Result<(), Failure> {
    let settings = StandInsSettings::read(path).map_err(|error| Failure::of(&error, false))?;
    let keys = standins::Keys::from_seed(&settings.seed);
    let token = Some(settings.control_token.clone());
    let server = standins::Standins::start(settings.port, keys, token).await.map_err(|error| {
        Failure::nothing_changed(format!("the stand-ins cannot use port {}: {error}", settings.port))
    })?;
    tokio::select! {
        () = server.stopped() => Ok(()),
        () = wait_until_orphaned(path.parent().unwrap_or(path)) => Err(Failure::nothing_changed(
            "the state file no longer names these stand-ins, so no command could stop them",
        )),
    }
}
