//! The command `repro`.

use super::isolation::IsolationFlags;
use super::output::print;
use super::registry::{self, RegistryFlags};
use crate::exit::{Error, Exit};
use crate::place::Place;
use crate::repro::{AnyBundle, Bundle, FuzzBundle, Replay, Shown};
use provision_core::text::inert;
use provision_core::{Finding, Status};
use provision_oracle::CheckResult;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A repro bundle, which `conformance` writes below `artifacts/` in its output
    /// folder, and `fuzz` into its own.
    bundle: PathBuf,
    /// The pack, if the bundle does not contain it and its path has changed; or its reference,
    /// if it was in a registry: a bundle alone makes no connection.
    #[arg(long, value_parser = registry::place())]
    pack: Option<Place>,
    /// The same for the release before it, of a check that compares the two.
    #[arg(long, value_parser = registry::place())]
    previous: Option<Place>,
    #[command(flatten)]
    registries: RegistryFlags,
    #[command(flatten)]
    isolation: IsolationFlags,
}

pub(super) fn run(args: &Args) -> Result<Exit, Error> {
    let decoded = AnyBundle::read(&args.bundle)?;
    if !decoded.lowered.is_empty() {
        anstream::eprintln!(
            "warning: the bundle has bounds above the defaults of this harness; lowered to the defaults: {}",
            decoded.lowered.join(", ")
        );
    }
    let isolation = args.isolation.place()?;
    let places = args.pack.iter().chain(&args.previous);
    let references = places.filter_map(|place| place.reference.as_ref());
    let registries = args.registries.open(references)?;
    let replay = Replay {
        bundle: &args.bundle,
        pack: args.pack.as_ref(),
        previous: args.previous.as_ref(),
        registries: &registries,
        isolation: &isolation,
    };
    match &decoded.bundle {
        AnyBundle::Check(bundle) => check(&replay, bundle),
        AnyBundle::Fuzz(bundle) => input(&replay, bundle),
    }
}

/// Replays a failed check of `conformance`.
fn check(replay: &Replay<'_>, bundle: &Bundle) -> Result<Exit, Error> {
    let (said, result, exit) = match replay.check(bundle)? {
        Shown::Again(result) => ("fails again, as recorded", result, Exit::Fails),
        Shown::Differently(result) => ("fails, but differently than recorded", result, Exit::Fails),
        Shown::NoLonger(result) => match result.status {
            Status::Blocked => ("can no longer be judged", result, Exit::Nothing),
            _ => ("no longer fails", result, Exit::Conforms),
        },
    };
    let (scope, label) = (inert(&bundle.scope, 200), inert(&bundle.pack.label, 400));
    print(&format!("{} ({scope}) of {label} {said}\n", result.check))?;
    print(&findings(&result))?;
    Ok(exit)
}

/// Replays a finding of `fuzz`.
fn input(replay: &Replay<'_>, bundle: &FuzzBundle) -> Result<Exit, Error> {
    let (code, wizard, label) = (
        inert(bundle.observed.code.as_str(), 80),
        inert(&bundle.input.wizard, 200),
        inert(&bundle.pack.label, 400),
    );
    let Some(found) = replay.input(bundle)? else {
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
