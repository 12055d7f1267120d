//! The commands `expect add` and `expect prune`.

use super::output::print;
use crate::events::CheckFinished;
use crate::exit::{Error, Exit, show};
use crate::expectations::{Entry, LONGEST, excusable, parse_entries, render};
use crate::files;
use crate::fold::Run;
use crate::read_file;
use provision_core::Status;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use time::{Date, Duration, OffsetDateTime};

#[derive(Debug, clap::Args)]
pub(super) struct Add {
    /// The expectations file; created if it does not exist.
    #[arg(long)]
    expectations: PathBuf,
    /// The events of the run whose failures to add.
    #[arg(
        long = "from-last-run",
        value_name = "EVENTS",
        num_args = 0..=1,
        default_missing_value = "reports/out/events.jsonl",
        default_value = "reports/out/events.jsonl"
    )]
    from: PathBuf,
    /// Add only failures whose name `pack::wizard::check` contains this text.
    #[arg(long)]
    filter: Option<String>,
    /// Why the failures are expected.
    #[arg(long)]
    reason: String,
    /// The issue that tracks the failures.
    #[arg(long)]
    issue: String,
    /// Who fixes the failures.
    #[arg(long)]
    owner: String,
    /// Days until the expectations expire; at most 180.
    #[arg(long, default_value_t = 90)]
    days: i64,
}

#[derive(Debug, clap::Args)]
pub(super) struct Prune {
    /// The expectations file.
    #[arg(long)]
    expectations: PathBuf,
    /// The events of a run over all packs with this expectations file.
    #[arg(
        long = "from-last-run",
        value_name = "EVENTS",
        default_value = "reports/out/events.jsonl"
    )]
    from: PathBuf,
}

fn today() -> Date {
    OffsetDateTime::now_utc().date()
}

pub(super) fn add(args: &Add) -> Result<Exit, Error> {
    if !(1..=LONGEST).contains(&args.days) {
        let why = format!(
            "--days {}: an expectation lasts 1 to {LONGEST} days",
            args.days
        );
        return Err(Error::Usage(why));
    }
    let run = Run::read(&args.from)?;
    let mut entries = if args.expectations.exists() {
        read(&args.expectations)?
    } else {
        Vec::new()
    };
    let (mut added, mut refused) = (0usize, BTreeSet::new());
    run.each(|pack| {
        let identity = pack.finished.as_ref();
        let identity = identity.and_then(|f| Some((f.id.clone()?, f.version.clone()?)));
        let failed = pack.checks.iter().filter(|c| c.status == Status::Failed);
        for check in failed.filter(|c| selected(args, c)) {
            let codes: BTreeSet<&str> = check.findings.iter().map(|f| f.code.as_str()).collect();
            match (&identity, &codes.iter().collect::<Vec<_>>()[..]) {
                (Some((id, version)), [code]) if excusable(&check.check) => {
                    let entry = entry(args, check, id, version, code);
                    if !entries.iter().any(|e| e.same(&entry)) {
                        entries.push(entry);
                        added += 1;
                    }
                }
                _ => drop(
                    refused.insert(format!("{}::{}::{}", check.pack, check.scope, check.check)),
                ),
            }
        }
        Ok(())
    })?;
    files::write(&args.expectations, render(&entries)?.as_bytes())?;
    // NB: if nobody reports these, the user takes them for excused.
    for name in &refused {
        anstream::eprintln!(
            "not added: {name}: a failure cannot be excused if its check is archive.* or \
             sandbox.*, if it has several codes, or if its pack has no id or version"
        );
    }
    print(&format!(
        "{added} added, {} in {}\n",
        entries.len(),
        show(&args.expectations)
    ))?;
    Ok(Exit::Conforms)
}

fn selected(args: &Add, check: &CheckFinished) -> bool {
    let name = format!("{}::{}::{}", check.pack, check.scope, check.check);
    args.filter
        .as_ref()
        .is_none_or(|filter| name.contains(filter))
}

fn entry(args: &Add, check: &CheckFinished, id: &str, version: &str, code: &str) -> Entry {
    let added = today();
    Entry {
        check: check.check.clone(),
        pack: id.to_owned(),
        version: version
            .parse::<semver::Version>()
            .map_or_else(|_| semver::VersionReq::STAR, |v| exactly(&v)),
        cause: None,
        code: code.to_owned(),
        reason: args.reason.clone(),
        issue: args.issue.clone(),
        owner: args.owner.clone(),
        added: added.to_string(),
        expires: (added + Duration::days(args.days)).to_string(),
    }
}

/// The requirement that only this version meets.
fn exactly(version: &semver::Version) -> semver::VersionReq {
    let text = format!("={}.{}.{}", version.major, version.minor, version.patch);
    let text = if version.pre.is_empty() {
        text
    } else {
        format!("{text}-{}", version.pre)
    };
    text.parse().unwrap_or(semver::VersionReq::STAR)
}

fn read(path: &Path) -> Result<Vec<Entry>, Error> {
    let text = read_file::read_text(path, read_file::EXPECTATIONS)?;
    parse_entries(&text).map_err(|why| Error::Expectations {
        path: path.to_owned(),
        why,
    })
}

pub(super) fn prune(args: &Prune) -> Result<Exit, Error> {
    let entries = read(&args.expectations)?;
    let run = Run::read(&args.from)?;
    if !run.finished {
        let why = "the run was cut off, so it does not show which expectations are stale";
        return Err(Error::Usage(format!("{}: {why}", show(&args.from))));
    }
    let bytes = read_file::read(&args.expectations, read_file::EXPECTATIONS)?;
    let digest = provision_core::pack::digest(&bytes);
    let of_run = run.started.configuration.iter();
    if !of_run
        .into_iter()
        .any(|c| c.name == "expectations" && c.sha256 == digest)
    {
        let why =
            "the run used another expectations file, or an earlier version of it; run it again";
        return Err(Error::Usage(format!("{}: {why}", show(&args.from))));
    }
    let today = today().to_string();
    let stale = |entry: &Entry| {
        let name = entry.name();
        run.stale.iter().any(|s| s.starts_with(&name)) || entry.expires < today
    };
    let (gone, kept): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(stale);
    files::write(&args.expectations, render(&kept)?.as_bytes())?;
    for entry in &gone {
        print(&format!("removed: {}\n", entry.name()))?;
    }
    print(&format!("{} removed, {} kept\n", gone.len(), kept.len()))?;
    Ok(Exit::Conforms)
}
