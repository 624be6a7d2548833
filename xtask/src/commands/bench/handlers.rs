//! Archive, start and memory of the handlers, beside Python.

use crate::cli::{BenchOptions, Output};
use crate::commands::deploy::{build_handlers, handlers_of};
use crate::context::Context;
use crate::failure::Failure;
use crate::result::print;
use crate::selection;
use deployer::{Measured, Profile, host_architecture, measure_binary, measure_python, pack_all};
use serde_json::json;

/// How often each handler is started, unless the command says otherwise.
const RUNS: u32 = 30;

/// Builds release binaries and compares each handler with Python and botocore.
pub async fn run(options: &BenchOptions, context: &Context) -> Result<(), Failure> {
    let stage = context.stage("local")?;
    let runs = options.runs.unwrap_or(RUNS);
    let stacks = selection::stacks(&stage, &options.stacks)?;
    let fail = |error: deployer::Error| context.failure(&error);
    let mut handlers = handlers_of(&stacks);
    if let Some(unknown) = options.handlers.iter().find(|name| !handlers.contains(name.as_str())) {
        let known = handlers.iter().copied().collect::<Vec<_>>().join(", ");
        return Err(Failure::nothing_changed(format!("no stack has the handler `{unknown}`; there are: {known}")));
    }
    if !options.handlers.is_empty() {
        handlers.retain(|name| options.handlers.iter().any(|wanted| wanted == name));
    }
    let binaries = build_handlers(context, &stage, handlers, true).await?;
    let archives =
        pack_all(&context.workspace, binaries.clone(), Profile::Release(host_architecture()), &context.reporter)
            .await
            .map_err(fail)?;
    let python = measure_python(&context.workspace, runs, &context.reporter).await.map_err(fail)?;
    let mut rows = Vec::new();
    for (binary, archive) in binaries.iter().zip(&archives) {
        let function = stacks.iter().find_map(|stack| {
            let function = stack.functions().iter().find(|function| function.package == binary.package)?;
            Some(stack.sample_variables(function.logical_id))
        });
        let measured = measure_binary(binary, &function.unwrap_or_default(), runs).map_err(fail)?;
        rows.push((binary.package.clone(), archive, measured));
    }
    context.close_display().await;
    let ratio = |measured: Measured| python.start.as_secs_f64() / measured.start.as_secs_f64();
    if options.output.output == Output::Json {
        let handlers: Vec<_> = rows
            .iter()
            .map(|(package, archive, measured)| {
                json!({
                    "handler": package, "archive_bytes": archive.n_bytes, "archive_sha256": archive.digest,
                    "start_ms": measured.start.as_secs_f64() * 1e3, "peak_kib": measured.peak_kib,
                    "times_faster_than_python": ratio(*measured),
                })
            })
            .collect();
        print(&format!(
            "{:#}\n",
            json!({
                "runs": runs, "handlers": handlers,
                "python": {"start_ms": python.start.as_secs_f64() * 1e3, "peak_kib": python.peak_kib},
            })
        ));
        return Ok(());
    }
    print(&format!("medians of {} starts, from process start to the first request to the Runtime API\n\n", runs));
    print("handler              archive kB  start ms  peak MiB  times faster than Python\n");
    for (package, archive, measured) in rows {
        print(&format!(
            "{package:20} {:10.0} {:9.2} {:9.1} {:25.0}\n",
            archive.n_bytes as f64 / 1e3,
            measured.start.as_secs_f64() * 1e3,
            measured.peak_kib as f64 / 1024.0,
            ratio(measured),
        ));
    }
    print(&format!(
        "{:20} {:>10} {:9.2} {:9.1} {:25}\n",
        "Python, botocore",
        "-",
        python.start.as_secs_f64() * 1e3,
        python.peak_kib as f64 / 1024.0,
        1
    ));
    Ok(())
}
