//! The command `compare`: what a release changes for those who use the one before.

mod json;
mod markdown;
mod text;
mod ways;

use super::cache::CacheFlags;
use super::dry_run;
use super::isolation::IsolationFlags;
use super::open::refusal;
use super::output::{complain, print_broken, print_json};
use super::registry::{self, RegistryFlags};
use crate::apart::{Outputs, is_of_a_pack};
use crate::bundle_packs::Bundles;
use crate::examine;
use crate::exit::{Error, Exit, exit_of, show};
use crate::files;
use crate::place::Place;
use provision_core::Limits;
use provision_core::codes::CompareCode;
use provision_core::text::inert;
use provision_exec::Compilers;
use provision_oracle::comparison::{CompareError, Comparison, VersionStep, ordered};
use provision_oracle::{Conditions, Opening, compare_releases};
use provision_registry::Registries;
use std::path::PathBuf;
use ways::Ways;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The older pack: a .gtpack file, a pack folder, a manifest beside its components,
    /// oci://HOST/REPOSITORY:TAG (or @sha256:DIGEST), or oci-layout:FOLDER[:TAG].
    #[arg(value_parser = registry::place())]
    old: Place,
    /// The newer pack, named in the same way.
    #[arg(value_parser = registry::place())]
    new: Place,
    #[command(flatten)]
    registries: RegistryFlags,
    /// A JSON file with the answers that both packs receive; by default those of the
    /// older pack's fixture, else generated ones.
    #[arg(long)]
    answers: Option<PathBuf>,
    #[command(flatten)]
    isolation: IsolationFlags,
    #[command(flatten)]
    cache: CacheFlags,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Write the comparison as Markdown to this file, for a comment on a pull request.
    #[arg(long)]
    markdown: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<Exit, Error> {
    let limits = Limits::default();
    for place in [&args.old, &args.new] {
        if place.is_missing() {
            return Err(Error::missing(&place.path));
        }
    }
    begin_markdown(args)?;
    let answers = args.answers.as_deref();
    let answers = answers.map(|path| dry_run::answers(path, &limits));
    let conditions = Conditions {
        answers: answers.transpose()?,
        ..Conditions::default()
    };
    let references = args.old.reference.iter().chain(&args.new.reference);
    let registries = args.registries.open(references)?;
    let opened = [&args.old, &args.new].map(|place| open(place, &registries, &conditions));
    let (old, new) = match opened {
        [Ok(old), Ok(new)] => (old, new),
        // Both are named if both are refused.
        [old, new] => {
            let exits = [old.err(), new.err()];
            return Ok(refused(&exits));
        }
    };
    if let (Some(old), Some(new)) = (old.pack(), new.pack()) {
        ordered(old, new).map_err(usage)?;
    }
    let place = args.isolation.place()?;
    let cache = args.cache.open()?;
    let executor = place.steps(&limits, Compilers::One, cache.as_ref(), 1)?;
    let compared = compare_releases([old, new], &executor, &conditions).map_err(usage)?;
    let ways = Ways::of(&compared);
    report(args, &compared.comparison, &ways)?;
    Ok(exit(&compared.comparison, &ways))
}

/// Refuses a Markdown file that cannot be written or would replace an input, and replaces
/// the one of an earlier comparison: it would look like the result of one that fails.
fn begin_markdown(args: &Args) -> Result<(), Error> {
    let Some(path) = &args.markdown else {
        return Ok(());
    };
    if is_of_a_pack(path) {
        let why = "has the name of a pack or of a file of one; name another file";
        return Err(Error::Usage(format!("{}: {why}", show(path))));
    }
    let packs = [&args.old, &args.new].into_iter();
    let packs = packs.filter(|place| place.reference.is_none());
    let inputs = packs.map(|place| place.path.as_path());
    let outputs = Outputs::of([path.as_path()].into_iter())?;
    outputs.apart_from(inputs.chain(args.answers.as_deref()))?;
    files::check_writable(path)?;
    if path.is_file() {
        files::write(path, markdown::not_ended().as_bytes())?;
    }
    Ok(())
}

fn usage(error: CompareError) -> Error {
    Error::Usage(error.to_string())
}

/// The pack at `place`; or, after an error message, the exit code.
fn open(place: &Place, registries: &Registries, conditions: &Conditions) -> Result<Opening, Exit> {
    let read = place.read(registries, &conditions.limits.archive);
    let opening = examine::open(read, conditions);
    match opening.refusal() {
        None => Ok(opening.in_bundle(Bundles::default().of(&place.path, &conditions.limits))),
        Some(error) => {
            refusal(&place.path, error);
            Err(match exit_of(error) {
                // A pack that cannot be read says nothing about its version.
                Exit::Fails => Exit::Usage,
                exit => exit,
            })
        }
    }
}

/// The most severe exit code: of the archive, then of the machine, then of the usage.
fn refused(exits: &[Option<Exit>]) -> Exit {
    let severest = [Exit::Violation, Exit::Harness];
    let mut severest = severest.into_iter();
    let found = severest.find(|exit| exits.contains(&Some(*exit)));
    found.unwrap_or(Exit::Usage)
}

fn report(args: &Args, comparison: &Comparison, ways: &Ways) -> Result<(), Error> {
    if args.json {
        print_json(&json::document(comparison, ways))?;
    } else {
        print_broken(&text::table(comparison, ways))?;
    }
    if let Some(path) = &args.markdown {
        files::write(path, markdown::document(comparison, ways).as_bytes())?;
    }
    let mut messages = Vec::new();
    if let Some(error) = &comparison.harness_error {
        let (code, actual) = (&error.code, inert(&error.actual, 300));
        messages.push(format!(
            "error: {code}: {}: {actual}",
            inert(&error.at, 200)
        ));
    }
    if let VersionStep::TooSmall { smallest } = &comparison.step {
        let code = CompareCode::VersionStep.code();
        let worst = comparison.worst.map_or("none", |class| class.name());
        let version = |version: &Option<String>| inert(version.as_deref().unwrap_or("?"), 80);
        let (old, new) = (&comparison.old.version, &comparison.new.version);
        messages.push(format!(
            "error: {code}: the step from version {} to {} is too small: the worst difference \
             is {worst}; the smallest right version is {smallest}",
            version(old),
            version(new)
        ));
    }
    let count = unknown(comparison);
    if count > 0 {
        messages.push(format!(
            "error: not everything was compared: {count} {} not, for the reasons above",
            if count == 1 { "part was" } else { "parts were" }
        ));
    }
    messages.extend(ways.broken().map(|lost| format!("error: {lost}")));
    complain(&messages);
    Ok(())
}

/// How many parts that matter could not be compared.
fn unknown(comparison: &Comparison) -> usize {
    let parts = comparison.not_compared.iter();
    parts.filter(|part| part.matters).count()
}

fn exit(comparison: &Comparison, ways: &Ways) -> Exit {
    match &comparison.step {
        _ if comparison.harness_error.is_some() || ways.has_errors() => Exit::Harness,
        VersionStep::TooSmall { .. } => Exit::Fails,
        _ if ways.broken().next().is_some() => Exit::Fails,
        _ if unknown(comparison) > 0 => Exit::Nothing,
        VersionStep::Right | VersionStep::Unknown => Exit::Conforms,
    }
}
