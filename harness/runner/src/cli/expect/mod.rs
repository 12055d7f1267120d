//! The commands `expect add` and `expect prune`.

pub(super) mod failures;

use super::config::ConfigFlags;
use super::output::print;
use crate::events::CheckFinished;
use crate::exit::{Error, Exit, show};
use crate::expectations::{Entry, LONGEST, parse_entries, render};
use crate::files;
use crate::fold::Run;
use crate::read_file;
use failures::{Added, Remarks, today};
use provision_core::text::counted;
use std::path::{Path, PathBuf};

/// Which expectations file a command changes.
#[derive(Debug, clap::Args)]
struct FileFlags {
    /// The expectations file; by default the one that the file of settings names.
    #[arg(long)]
    expectations: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigFlags,
}

impl FileFlags {
    fn path(&self) -> Result<PathBuf, Error> {
        if let Some(path) = &self.expectations {
            return Ok(path.clone());
        }
        let settings = self.config.clone().read()?;
        let named = settings.as_ref().and_then(|settings| {
            let path = settings.config.expectations.as_deref()?;
            Some(settings.locate(path))
        });
        let why = "no expectations file is named; name it with --expectations, or with \
                   `expectations` in conformance.toml";
        named.ok_or_else(|| Error::Usage(why.into()))
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Add {
    #[command(flatten)]
    file: FileFlags,
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
    #[command(flatten)]
    file: FileFlags,
    /// The events of a run over all packs with this expectations file.
    #[arg(
        long = "from-last-run",
        value_name = "EVENTS",
        default_value = "reports/out/events.jsonl"
    )]
    from: PathBuf,
}

pub(super) fn add(args: &Add) -> Result<Exit, Error> {
    if !(1..=LONGEST).contains(&args.days) {
        let why = format!(
            "--days {}: an expectation lasts 1 to {LONGEST} days",
            args.days
        );
        return Err(Error::Usage(why));
    }
    let path = args.file.path()?;
    for (flag, text) in [
        ("--reason", &args.reason),
        ("--issue", &args.issue),
        ("--owner", &args.owner),
    ] {
        if text.trim().is_empty() {
            let why = format!("{flag}: is empty; say it in words, because reports show it");
            return Err(Error::Usage(why));
        }
    }
    let run = Run::read(&args.from)?;
    let mut entries = if path.exists() {
        read(&path)?
    } else {
        Vec::new()
    };
    let remarks = Remarks {
        reason: &args.reason,
        issue: &args.issue,
        owner: &args.owner,
        days: args.days,
    };
    let Added { added, refused } =
        failures::add(&run, &mut entries, &remarks, |c| selected(args, c))?;
    files::write(&path, render(&entries)?.as_bytes())?;
    // NB: if nobody reports these, the user takes them for excused.
    for name in &refused {
        anstream::eprintln!(
            "not added: {name}: a failure cannot be excused if its check is archive.* or \
             sandbox.*, or if its pack has no id or version"
        );
    }
    print(&format!(
        "{added} added, {} in {}\n",
        counted(entries.len(), "expectation", "expectations"),
        show(&path)
    ))?;
    Ok(Exit::Conforms)
}

fn selected(args: &Add, check: &CheckFinished) -> bool {
    let name = failures::name(check);
    args.filter
        .as_ref()
        .is_none_or(|filter| name.contains(filter))
}

pub(super) fn read(path: &Path) -> Result<Vec<Entry>, Error> {
    let text = read_file::read_text(path, read_file::EXPECTATIONS)?;
    parse_entries(&text).map_err(|why| Error::Expectations {
        path: path.to_owned(),
        why,
    })
}

pub(super) fn prune(args: &Prune) -> Result<Exit, Error> {
    let path = args.file.path()?;
    let entries = read(&path)?;
    let run = Run::read(&args.from)?;
    if !run.finished {
        let why =
            "the run was cut off, so it does not show which expectations are stale; run it again";
        return Err(Error::Usage(format!("{}: {why}", show(&args.from))));
    }
    let bytes = read_file::read(&path, read_file::EXPECTATIONS)?;
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
        // NB: the name of one pack may begin with that of another.
        let name = format!("{}: ", entry.name());
        run.stale.iter().any(|s| s.starts_with(&name)) || entry.expires < today
    };
    let (gone, kept): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(stale);
    files::write(&path, render(&kept)?.as_bytes())?;
    for entry in &gone {
        print(&format!("removed: {}\n", entry.name()))?;
    }
    print(&format!("{} removed, {} kept\n", gone.len(), kept.len()))?;
    Ok(Exit::Conforms)
}
