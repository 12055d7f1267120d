//! The command `scenario render`: prints the transcripts that follow from the steps of a
//! pack's scenarios.

use super::open::open;
use super::output::{complain, print_bounded, print_json};
use super::registry::{self, RegistryFlags};
use crate::exit::{Error, Exit, show};
use crate::place::Place;
use provision_core::scenario::render::{GoldenDocument, Rendered};
use provision_core::scenario::{self, Scenarios};
use provision_core::text::inert;
use provision_core::{Finding, Limits};
use std::fmt::Write;
use std::path::Path;

/// Most characters of a line of a transcript that the text shows.
const LINE: usize = 2_000;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A .gtpack file, a pack folder, a manifest beside its components, oci://HOST/REPOSITORY:TAG
    /// (or @sha256:DIGEST), or oci-layout:FOLDER[:TAG].
    #[arg(value_parser = registry::place())]
    pack: Place,
    /// Render only the scenario with this id.
    #[arg(long, value_name = "ID")]
    scenario: Option<String>,
    /// Print goldens as JSON: a list, or the one document that --scenario names.
    #[arg(long)]
    json: bool,
    /// Print the render report of the pack as JSON.
    #[arg(long, conflicts_with_all = ["json", "scenario"])]
    report: bool,
    #[command(flatten)]
    registries: RegistryFlags,
}

pub(super) fn run(args: &Args) -> Result<Exit, Error> {
    let limits = Limits::default();
    let registries = args.registries.open(&args.pack.reference)?;
    let pack = match open(&args.pack, &registries, &limits)? {
        Ok(pack) => pack,
        Err(exit) => return Ok(exit),
    };
    let path = &args.pack.path;
    let Some(scenarios) = scenario::read(&pack, &limits) else {
        return Ok(nothing(path, "carries no scenarios"));
    };
    if !scenarios.faults.is_empty() {
        complain(&messages(&scenarios.faults));
        return Ok(Exit::Fails);
    }
    if scenarios.list.is_empty() {
        return Ok(nothing(path, "lists no scenario"));
    }
    let mut rendered = scenarios.rendered();
    if let Some(id) = &args.scenario {
        rendered.retain(|one| one.scenario.id.as_ref() == Ok(id));
        if rendered.is_empty() {
            return Err(unknown(&scenarios, id));
        }
    }
    let failed = failures(&rendered);
    complain(&failed);
    if failed.is_empty() || !(args.json || args.report) {
        print(args, &scenarios, &rendered)?;
    }
    Ok(if failed.is_empty() {
        Exit::Conforms
    } else {
        Exit::Fails
    })
}

fn nothing(path: &Path, why: &str) -> Exit {
    anstream::eprintln!(
        "error: {}: the pack {why}; `greentic-provision explain scenario.files` says how a pack lists them",
        show(path)
    );
    Exit::Nothing
}

fn unknown(scenarios: &Scenarios, id: &str) -> Error {
    let ids = scenarios.list.iter().map(scenario::Scenario::name);
    let ids: Vec<String> = ids.take(20).collect();
    let (id, ids) = (inert(id, 120), ids.join(", "));
    Error::Usage(format!("the pack has no scenario `{id}`; it has {ids}"))
}

fn print(args: &Args, scenarios: &Scenarios, rendered: &[Rendered<'_>]) -> Result<(), Error> {
    if args.report {
        return print_json(&scenarios.report());
    }
    if !args.json {
        return print_bounded(&text(rendered));
    }
    let goldens: Vec<GoldenDocument> = rendered.iter().filter_map(Rendered::golden).collect();
    match (&args.scenario, goldens.first()) {
        (Some(_), Some(golden)) => print_json(golden),
        _ => print_json(&goldens),
    }
}

/// The transcripts, each below its id.
fn text(rendered: &[Rendered<'_>]) -> String {
    let mut out = String::new();
    let transcripts = rendered.iter().filter_map(|one| {
        let lines = one.lines.as_ref().ok()?;
        Some((one.scenario.name(), lines))
    });
    for (i, (name, lines)) in transcripts.enumerate() {
        let gap = if i > 0 { "\n" } else { "" };
        let _ = writeln!(out, "{gap}# {name}");
        for line in lines {
            let _ = writeln!(out, "{}", inert(line, LINE));
        }
    }
    out
}

/// Why scenarios have no transcript, a message each.
fn failures(rendered: &[Rendered<'_>]) -> Vec<String> {
    let mut failed = Vec::new();
    for one in rendered {
        let Err(why) = &one.lines else {
            failed.extend(one.scenario.id.as_ref().err().map(message));
            continue;
        };
        let name = one.scenario.name();
        failed.push(format!("error: scenario {name}: {}", why.words()));
        match &one.scenario.entry {
            Err(finding) => failed.push(message(finding)),
            Ok(entry) => failed.extend(messages(&entry.content.faults)),
        }
    }
    failed
}

fn messages(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(message).collect()
}

fn message(finding: &Finding) -> String {
    let Finding {
        code,
        at,
        expected,
        actual,
        ..
    } = finding;
    format!("error: {code} at {at}: expected {expected}, found {actual}")
}
