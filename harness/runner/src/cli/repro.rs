//! `repro`.

use super::output::print;
use crate::exit::{Error, Exit, show};
use crate::repro::{Bundle, FUZZ, FuzzBundle, Shown, replay, replay_input};
use provision_core::wizard::StepExecutor;
use provision_core::{Finding, Status};
use provision_exec::WasmtimeExecutor;
use provision_oracle::{CheckResult, Level};
use serde_json::Value;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A bundle, from `artifacts/` of a run's output folder.
    bundle: PathBuf,
    /// Where the pack is, if the bundle does not carry it and it has moved.
    #[arg(long)]
    pack: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<Exit, Error> {
    let bad = |why: String| Error::Usage(format!("{}: {why}", show(&args.bundle)));
    let bytes = std::fs::read(&args.bundle).map_err(|e| Error::io("read", &args.bundle, e))?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|e| bad(e.to_string()))?;
    if value.get("kind").is_some_and(|kind| kind == FUZZ) {
        let bundle: FuzzBundle = serde_json::from_value(value).map_err(|e| bad(e.to_string()))?;
        return of_fuzzing(&bundle, args, bad);
    }
    let bundle: Bundle = serde_json::from_value(value).map_err(|e| bad(e.to_string()))?;
    if bundle.format != 1 {
        return Err(bad(format!("a bundle of form {}, not 1", bundle.format)));
    }
    let shown = replay(&bundle, args.pack.as_deref(), |limits, level| {
        let executor: Box<dyn StepExecutor> = match level {
            Level::Should => Box::new(WasmtimeExecutor::with_all_compilers(&limits.step)?),
            Level::Must | Level::Publish => Box::new(WasmtimeExecutor::new(&limits.step)?),
        };
        Ok(executor)
    })?;
    let (said, result, exit) = match shown {
        Shown::Again(result) => ("fails again, as recorded", result, Exit::Fails),
        Shown::Differently(result) => ("fails, but otherwise than recorded", result, Exit::Fails),
        Shown::NoLonger(result) => match result.status {
            Status::Skipped if result.applicable => {
                ("cannot be judged any more", result, Exit::Nothing)
            }
            _ => ("no longer fails", result, Exit::Conforms),
        },
    };
    let (check, scope, label) = (&bundle.check, &bundle.scope, &bundle.pack.label);
    print(&format!("{check} ({scope}) of {label} {said}\n"))?;
    print(&findings(&result))?;
    Ok(exit)
}

/// A finding of `fuzz`.
fn of_fuzzing(
    bundle: &FuzzBundle,
    args: &Args,
    bad: impl Fn(String) -> Error,
) -> Result<Exit, Error> {
    if bundle.format != 1 {
        return Err(bad(format!("a bundle of form {}, not 1", bundle.format)));
    }
    let (code, wizard, label) = (
        &bundle.observed.code,
        &bundle.input.wizard,
        &bundle.pack.label,
    );
    let Some(found) = replay_input(bundle, args.pack.as_deref())? else {
        print(&format!("{code} ({wizard}) of {label} no longer shows\n"))?;
        return Ok(Exit::Conforms);
    };
    print(&format!(
        "{code} ({wizard}) of {label} shows again\n{}",
        finding(&found)
    ))?;
    Ok(Exit::Fails)
}

fn findings(result: &CheckResult) -> String {
    let reason = result.reason.iter().map(|r| format!("  {r}\n"));
    reason.chain(result.findings.iter().map(finding)).collect()
}

fn finding(f: &Finding) -> String {
    format!(
        "  {} at {}\n    expected: {}\n    actual:   {}\n",
        f.code, f.at, f.expected, f.actual
    )
}
