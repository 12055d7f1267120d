//! The command `fuzz`.

use super::isolation::IsolationFlags;
use super::output::{print_bounded, print_json};
use super::parsed::{positive, time};
use super::registry::{self, RegistryFlags};
use crate::discover::PackRef;
use crate::exit::{Error, Exit, show};
use crate::fuzz::{Options, Outcome, fuzz};
use crate::interrupt;
use crate::out_folder::OutFolder;
use crate::place::Place;
use crate::repro::{self, FuzzBundle};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use provision_core::codes::CheckCode;
use provision_core::codes::FindingCode;
use provision_core::text::{counted, inert};
use provision_core::wizard::StepCode;
use provision_core::{Finding, Limits};
use provision_oracle::fuzzing::Progress;
use serde_json::{Value, json};
use std::fmt::Write;
use std::io::IsTerminal;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

/// Functions that the table shows, at most.
const FUNCTIONS: usize = 30;
/// Seconds between two progress lines if standard error is no terminal.
const LINES: u64 = 10;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A .gtpack file, a pack folder, a manifest beside its components, oci://HOST/REPOSITORY:TAG
    /// (or @sha256:DIGEST), or oci-layout:FOLDER[:TAG].
    #[arg(value_parser = registry::place())]
    pack: Place,
    #[command(flatten)]
    registries: RegistryFlags,
    /// How long to fuzz, for example `60s`, `10m` or `2h`.
    #[arg(long = "for", value_parser = time, default_value = "60s")]
    time: Duration,
    /// Stop after this many runs, counted over all wizards, or when the time is
    /// up. With one job, the same seed and number give the same result.
    #[arg(long)]
    runs: Option<u64>,
    /// The seed that selects the inputs to try.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The number of threads; by default one per processor.
    #[arg(long, value_parser = positive)]
    jobs: Option<NonZeroUsize>,
    /// Fuzz only this wizard.
    #[arg(long)]
    wizard: Option<String>,
    /// Choose inputs without the guests' code coverage.
    #[arg(long)]
    no_coverage: bool,
    #[command(flatten)]
    isolation: IsolationFlags,
    /// The folder for repro bundles, one per finding.
    #[arg(long, default_value = "reports/out/fuzz")]
    out: PathBuf,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit, Error> {
    let path = &args.pack.path;
    if args.pack.is_missing() {
        return Err(Error::missing(path));
    }
    if args.out.exists() && !args.out.is_dir() {
        let error = std::io::ErrorKind::NotADirectory.into();
        return Err(Error::io("create", &args.out, error));
    }
    // NB: `.` and `..` have no name.
    let name = path.file_name().map(|n| n.to_string_lossy());
    let label = name.map_or_else(|| show(path), |n| inert(&n, 200));
    let pack = PackRef {
        label,
        path: path.clone(),
        reference: args.pack.reference.clone(),
    };
    let options = Options {
        time: Some(args.time),
        runs: args.runs,
        seed: args.seed,
        jobs: super::jobs::bounded(args.jobs),
        coverage: !args.no_coverage,
        only: args.wizard.clone(),
        place: args.isolation.place()?,
    };
    let registries = args.registries.open(&args.pack.reference)?;
    let unheard = |e| Error::io("listen for", std::path::Path::new("signals"), e);
    // NB: a signal stops the campaign; its findings are written below, which is
    // fast enough for the time that the watch allows.
    let watch = interrupt::watch(|_| true).map_err(unheard)?;
    let status = Status::new();
    let outcome = fuzz(&pack, &registries, &options, &|progress, elapsed| {
        status.report(progress, elapsed);
    });
    drop(status);
    let asked = interrupt::asked();
    if let Some(signal) = asked {
        anstream::eprintln!("error: interrupted by {signal}; the findings so far follow");
    }
    let outcome = match (outcome, asked) {
        (Err(_), Some(_)) => return Ok(Exit::Harness),
        (outcome, _) => outcome?,
    };
    let bundles = write(args, &pack, &outcome)?;
    if args.json {
        print_json(&as_json(args, &outcome, &bundles))?;
    } else {
        print_bounded(&as_text(&outcome, &bundles))?;
    }
    drop(watch);
    Ok(match asked {
        // An interrupted campaign without findings must not count as a pass.
        Some(_) => exit(&outcome).max_with(Exit::Harness),
        None => exit(&outcome),
    })
}

fn exit(outcome: &Outcome) -> Exit {
    let mut codes = outcome.found.iter().map(|f| &f.finding.code);
    let is = |wanted: fn(StepCode) -> bool| {
        codes
            .clone()
            .any(|code| matches!(code, FindingCode::Step(step) if wanted(*step)))
    };
    if is(StepCode::is_bound) {
        Exit::Violation
    } else if is(StepCode::is_error) || codes.any(|code| *code == CheckCode::Panic.into()) {
        Exit::Harness
    } else if !outcome.found.is_empty() {
        Exit::Fails
    } else if outcome.progress.runs == 0 || !outcome.unjudged.is_empty() {
        Exit::Nothing
    } else {
        Exit::Conforms
    }
}

/// Writes a repro bundle for each finding, and returns the paths.
fn write(args: &Args, pack: &PackRef, outcome: &Outcome) -> Result<Vec<PathBuf>, Error> {
    let mut paths = Vec::new();
    for found in &outcome.found {
        let folder = OutFolder::create(&args.out)?;
        let folder = folder.folder(&crate::evidence::folder_name(&pack.label))?;
        let input = serde_json::to_vec(&found.input).unwrap_or_default();
        let digest = provision_core::pack::digest(&input);
        let name = format!("{}-{}.json", found.finding.code, &digest[..12]);
        let bundle = FuzzBundle {
            format: 1,
            kind: repro::FUZZ.into(),
            version: env!("CARGO_PKG_VERSION").into(),
            pack: repro::bundled(pack, &outcome.digest, true),
            seed: args.seed,
            limits: Limits::default(),
            input: found.input.clone(),
            observed: found.finding.clone(),
        };
        folder.write(&name, &crate::files::pretty(&bundle)?)?;
        paths.push(folder.path().join(name));
    }
    Ok(paths)
}

fn rate(outcome: &Outcome) -> u64 {
    let millis = u64::try_from(outcome.elapsed.as_millis()).unwrap_or(u64::MAX);
    outcome.progress.runs * 1000 / millis.max(1)
}

fn as_json(args: &Args, outcome: &Outcome, bundles: &[PathBuf]) -> Value {
    let findings = outcome.found.iter().zip(bundles).map(|(found, path)| {
        let Finding {
            code,
            at,
            expected,
            actual,
            about: _,
        } = &found.finding;
        json!({
            "wizard": found.input.wizard, "code": code, "at": at, "expected": expected,
            "actual": actual, "input": found.input, "bundle": path,
        })
    });
    let functions = outcome.functions.iter().map(|(f, reached)| {
        json!({
            "file": f.file, "name": inert(&f.name, 200), "exported": f.exported,
            "blocks": f.blocks, "reached": reached,
        })
    });
    let answers = outcome.answered.iter().map(|((wizard, question), a)| {
        json!({
            "wizard": wizard, "question": inert(question, 200),
            "accepted": a.accepted, "refused": a.refused, "broke": a.broke,
        })
    });
    json!({
        "format": 1,
        "pack": { "path": args.pack.path, "digest": outcome.digest },
        "seed": args.seed,
        "runs": outcome.progress.runs,
        "edges": outcome.progress.edges,
        "corpus": outcome.progress.corpus,
        "findings": findings.collect::<Vec<_>>(),
        "functions": functions.collect::<Vec<_>>(),
        "answers": answers.collect::<Vec<_>>(),
        "unjudged": outcome.unjudged,
    })
}

fn as_text(outcome: &Outcome, bundles: &[PathBuf]) -> String {
    let mut out = String::new();
    let Progress {
        runs,
        edges,
        corpus,
        ..
    } = outcome.progress;
    let _ = writeln!(
        out,
        "{} in {} s, {} per second; {edges} of {} reached, {} in the corpus",
        counted(runs, "run", "runs"),
        outcome.elapsed.as_secs(),
        rate(outcome),
        counted(
            outcome.functions.iter().map(|(f, _)| f.blocks).sum::<u32>(),
            "coverage counter",
            "coverage counters"
        ),
        counted(corpus, "input", "inputs"),
    );
    functions(&mut out, outcome);
    answers(&mut out, outcome);
    for (found, path) in outcome.found.iter().zip(bundles) {
        let finding = &found.finding;
        let _ = writeln!(
            out,
            "\n{} {} ({})\n  expected: {}\n  actual:   {}\n  answers:  {}\n  reproduce: greentic-provision repro {}",
            finding.code,
            inert(&finding.at, 200),
            inert(&found.input.wizard, 100),
            inert(&finding.expected, 300),
            inert(&finding.actual, 300),
            inert(&given(found), 400),
            show(path),
        );
    }
    for wizard in &outcome.unjudged {
        let wizard = inert(wizard, 100);
        let _ = writeln!(
            out,
            "\n{wizard}: not judged, because none of its steps ran; \
             `greentic-provision conformance` shows the reason"
        );
    }
    let _ = match outcome.found.len() {
        0 => writeln!(out, "\nno finding"),
        n => writeln!(out, "\n{}", counted(n, "finding", "findings")),
    };
    out
}

fn given(found: &provision_oracle::fuzzing::Found) -> String {
    let own = found.input.own.as_ref();
    own.unwrap_or(&found.input.inputs.answers).to_string()
}

/// Lists the functions that guests export, those with the most unreached
/// counters first.
fn functions(out: &mut String, outcome: &Outcome) {
    let mut exported: Vec<_> = outcome
        .functions
        .iter()
        .filter(|(f, _)| f.exported)
        .collect();
    if exported.is_empty() {
        return;
    }
    exported.sort_by_key(|(f, reached)| {
        let left = u64::from(f.blocks).saturating_sub(*reached as u64);
        (std::cmp::Reverse(left), &f.file, &f.name)
    });
    let _ = writeln!(out, "\nreached  of      exported function");
    for (f, reached) in exported.iter().take(FUNCTIONS) {
        let (name, file) = (inert(&f.name, 120), inert(&f.file, 120));
        let _ = writeln!(out, "{reached:<8} {:<7} {name}  {file}", f.blocks);
    }
    if exported.len() > FUNCTIONS {
        let _ = writeln!(out, "… and {} more; see --json", exported.len() - FUNCTIONS);
    }
}

fn answers(out: &mut String, outcome: &Outcome) {
    if outcome.answered.is_empty() {
        return;
    }
    let _ = writeln!(out, "\naccepted rejected crashed  mutated answers to");
    for ((wizard, question), a) in &outcome.answered {
        let (wizard, question) = (inert(wizard, 100), inert(question, 100));
        let _ = writeln!(
            out,
            "{:<8} {:<8} {:<8} {question}  {wizard}",
            a.accepted, a.refused, a.broke
        );
    }
}

/// Shows the progress: a live line on a terminal, else a new line every
/// [`LINES`] seconds.
struct Status {
    bar: Option<ProgressBar>,
    last: Mutex<u64>,
}

impl Status {
    fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
                bar.set_style(style);
            }
            bar
        });
        Self {
            bar,
            last: Mutex::new(0),
        }
    }

    fn report(&self, progress: Progress, elapsed: Duration) {
        let Progress {
            runs,
            edges,
            corpus,
            findings,
        } = progress;
        let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let seconds = elapsed.as_secs();
        let text = format!(
            "{seconds} s: {}, {} per second, {}, corpus {corpus}, {}",
            counted(runs, "run", "runs"),
            runs * 1000 / millis.max(1),
            counted(edges, "counter", "counters"),
            counted(findings, "finding", "findings")
        );
        match &self.bar {
            Some(bar) => {
                bar.set_message(text);
                bar.tick();
            }
            None => {
                let mut last = self
                    .last
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
                if seconds >= *last + LINES {
                    *last = seconds;
                    anstream::eprintln!("{text}");
                }
            }
        }
    }
}

impl Drop for Status {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
