//! The command `pack fix`: mends what a machine can mend in an archive.

mod done;
mod json;
mod text;

use super::cache::CacheFlags;
use super::isolation::IsolationFlags;
use super::open::{archive, refusal};
use super::output::{complain, print_broken, print_json};
use super::parsed::Parsed;
use super::play::input::{Lines, of_terminal};
use super::registry::{self, RegistryFlags};
use crate::examine::{self, Examined, conclude, excuse, observe_and_judge};
use crate::exit::{Error, Exit, exit_of, show};
use crate::files;
use crate::place::{Place, Read};
use done::Done;
use provision_core::archive::Archive;
use provision_core::text::inert;
use provision_core::wizard::StepExecutor;
use provision_core::{Limits, OpenError, Source, manifest};
use provision_exec::Compilers;
use provision_oracle::fix::{
    FIXES, Facts, Fixed, MANIFESTS, SIGNATURE, Wanted, disagreeing_manifests, fix, regressions,
};
use provision_oracle::{Conditions, Level, Opening};
use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Debug, clap::Args)]
#[command(after_help = fixes())]
pub(super) struct Args {
    /// The archive to read: a .gtpack file, oci://HOST/REPOSITORY:TAG (or @sha256:DIGEST), or
    /// oci-layout:FOLDER[:TAG].
    #[arg(value_name = "IN", value_parser = registry::place())]
    from: Place,
    /// The file for the mended archive. Written whole or not at all; may be IN itself.
    #[arg(value_name = "OUT")]
    to: PathBuf,
    /// Run only these fixes; what follows from a change (SBOM, signature, form of the
    /// archive) is done all the same.
    #[arg(long, value_name = "FIX", value_delimiter = ',', value_parser = Parsed(fix_name))]
    only: Vec<&'static str>,
    /// The manifest that is right where several disagree; without it, a terminal is asked,
    /// and else nothing is changed.
    #[arg(long, value_name = "FILE", value_parser = Parsed(manifest_name))]
    manifest: Option<&'static str>,
    /// Show the changes and what they mend, and write nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    isolation: IsolationFlags,
    #[command(flatten)]
    cache: CacheFlags,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    // NB: its heading would be that of all flags after it.
    #[command(flatten)]
    registries: RegistryFlags,
}

/// The fixes, for the help text.
fn fixes() -> String {
    let names = FIXES.iter().map(|fix| fix.name.len());
    let width = names.max().unwrap_or_default();
    let line = |fix: &provision_oracle::fix::Fix| format!("  {:<width$}  {}", fix.name, fix.about);
    let lines: Vec<String> = FIXES.iter().map(line).collect();
    format!("Fixes:\n{}", lines.join("\n"))
}

/// The fix of this name.
fn fix_name(text: OsString) -> Result<&'static str, String> {
    one_of(text, "fix", FIXES.iter().map(|fix| fix.name))
}

fn manifest_name(text: OsString) -> Result<&'static str, String> {
    one_of(text, "manifest", manifest::FILE_NAMES.into_iter())
}

fn one_of(
    text: OsString,
    what: &str,
    names: impl Iterator<Item = &'static str>,
) -> Result<&'static str, String> {
    let names: Vec<&str> = names.collect();
    let given = text.to_string_lossy();
    let found = names.iter().find(|name| **name == given);
    found.copied().ok_or_else(|| {
        let given = inert(&given, 80);
        format!("no {what} `{given}`; there are: {}", names.join(", "))
    })
}

pub(super) fn run(args: &Args) -> Result<Exit, Error> {
    let conditions = Conditions::default();
    let limits = &conditions.limits;
    let read = archive("fix", &args.from, &args.registries, &limits.archive)?;
    let opening = opened(read.map(Arc::new), &conditions);
    if let Some(error) = opening.refusal() {
        return Ok(refused(args, error));
    }
    if !args.dry_run {
        files::check_writable(&args.to)?;
    }
    let place = args.isolation.place()?;
    let cache = args.cache.open()?;
    let executor = place.steps(limits, Compilers::One, cache.as_ref(), 1)?;
    let before = judged(opening, &executor, &conditions);
    let Ok(pack) = &before.subject.opened else {
        let message = "the pack cannot be opened a second time".into();
        return Ok(refused(args, &OpenError::Unread(message)));
    };
    let Some(archive) = pack.pack.archive() else {
        return Err(Error::Usage("fix takes a .gtpack file".into()));
    };
    let wanted = match args.only.as_slice() {
        [] => Wanted::All,
        names => Wanted::Only(names.iter().copied().collect()),
    };
    let manifest = right_manifest(args, archive, &wanted, limits)?;
    let facts = Facts::of(&before.subject, pack, manifest);
    let fixed = match fix(archive, &facts, &wanted, &limits.archive) {
        Ok(fixed) => fixed,
        Err(error) => return Ok(refused(args, &error.into())),
    };
    if fixed.bytes == archive.bytes() {
        return end(args, &fixed, &before, &before);
    }
    // The strict reader opens what was written here as it opens every archive.
    let opening = opened(Ok(Arc::new(fixed.bytes.clone())), &conditions);
    if let Some(error) = opening.refusal() {
        let path = show(&args.to);
        anstream::eprintln!(
            "error: {path}: {error}\nthe mended archive is refused, so nothing is written; this \
             is a defect of greentic-provision: please report it with the pack"
        );
        return Ok(Exit::Harness);
    }
    let after = judged(opening, &executor, &conditions);
    end(args, &fixed, &before, &after)
}

fn opened(bytes: Result<Arc<Vec<u8>>, OpenError>, conditions: &Conditions) -> Opening {
    // NB: without the origin in a registry, which the mended archive does not have.
    let origin = None;
    let read = bytes.map(|bytes| Read {
        source: Source::Archive(bytes),
        origin,
    });
    examine::open(read, conditions)
}

fn judged(opening: Opening, executor: &dyn StepExecutor, conditions: &Conditions) -> Examined {
    let redacted = observe_and_judge(opening, None, executor, conditions, Level::Should);
    conclude(excuse(redacted, None))
}

/// The exit code of an archive that is not mended, after an error message.
fn refused(args: &Args, error: &OpenError) -> Exit {
    let path = show(&args.from.path);
    refusal(&args.from.path, error);
    match error {
        OpenError::Archive(_) => {
            anstream::eprintln!("fix wrote nothing; `pack inspect --pack {path}` shows more");
        }
        OpenError::Manifest(_) => {
            anstream::eprintln!(
                "fix wrote nothing: it mends packs whose manifest decodes; `pack repack` writes \
                 the canonical form of others"
            );
        }
        OpenError::Unread(_) | OpenError::Registry { .. } => {}
    }
    exit_of(error)
}

/// The manifest that is right, if the user says so.
fn right_manifest(
    args: &Args,
    archive: &Archive,
    wanted: &Wanted,
    limits: &Limits,
) -> Result<Option<String>, Error> {
    if let Some(name) = args.manifest {
        return match archive.size(name) {
            Some(_) => Ok(Some(name.to_owned())),
            None => Err(Error::Usage(format!("--manifest: the pack has no {name}"))),
        };
    }
    let is_wanted = match wanted {
        Wanted::All => true,
        Wanted::Only(names) => names.contains(MANIFESTS),
    };
    let asks = is_wanted && !args.json && std::io::stdin().is_terminal();
    if !asks {
        return Ok(None);
    }
    let files = provision_oracle::fix::files(archive);
    let names = disagreeing_manifests(&files, limits.depth);
    if names.is_empty() {
        return Ok(None);
    }
    let prompt = format!(
        "The manifests {} disagree. Which one is right? (empty: leave them) ",
        names.join(", ")
    );
    let mut terminal = of_terminal();
    loop {
        match terminal.line(&prompt, false)?.as_deref().map(str::trim) {
            None | Some("") => return Ok(None),
            Some(name) if names.contains(&name) => return Ok(Some(name.to_owned())),
            Some(name) => terminal.show(&format!("No such manifest: {}\n", inert(name, 80)))?,
        }
    }
}

/// Compares the results, writes the archive, and reports.
fn end(args: &Args, fixed: &Fixed, before: &Examined, after: &Examined) -> Result<Exit, Error> {
    let excepted: &[&str] = if fixed.signature_removed {
        &[SIGNATURE]
    } else {
        &[]
    };
    let lost = regressions(&before.results, &after.results, excepted);
    let done = Done {
        from: show(&args.from.path),
        to: show(&args.to),
        dry_run: args.dry_run,
        fixed,
        before: before.subject.digest.clone(),
        after: &after.results,
        lost,
    };
    if done.is_written() {
        files::write(&args.to, &fixed.bytes)?;
    }
    if args.json {
        print_json(&json::document(&done))?;
    } else {
        print_broken(&text::report(&done))?;
    }
    complain(&messages(&done));
    Ok(exit(&done))
}

fn messages(done: &Done<'_>) -> Vec<String> {
    let mut messages = Vec::new();
    if done.fixed.signature_removed {
        messages.push(
            "warning: the signature is removed: it is for other bytes; sign the new archive".into(),
        );
    }
    for lost in &done.lost {
        let why = lost.why.as_deref().unwrap_or("it has no result any more");
        messages.push(format!(
            "error: {} ({}) passed before and does not pass after: {}",
            lost.check,
            lost.scope,
            inert(why, 300)
        ));
    }
    if !done.lost.is_empty() {
        let why = if done.is_decided() {
            "name another manifest with --manifest, or leave out the fix `manifests`"
        } else {
            "this is a defect of greentic-provision: please report it with the pack"
        };
        messages.push(format!("error: nothing is written; {why}"));
    }
    messages
}

fn exit(done: &Done<'_>) -> Exit {
    if done.lost.is_empty() {
        Exit::Conforms
    } else if done.is_decided() {
        Exit::Fails
    } else {
        Exit::Harness
    }
}
