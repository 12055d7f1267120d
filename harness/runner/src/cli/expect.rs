//! The commands `expect add` and `expect prune`.

use super::output::print;
use crate::events::CheckFinished;
use crate::exit::{Error, Exit, show};
use crate::expectations::{Entry, LONGEST, excusable, parse_entries, render};
use crate::files;
use crate::fold::Run;
use crate::read_file;
use provision_core::{Finding, Status};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
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
        let failed: Vec<&CheckFinished> = failed.filter(|c| selected(args, c)).collect();
        let may_be = |c: &&&CheckFinished| identity.is_some() && excusable(&c.check);
        for check in failed.iter().filter(|c| !may_be(c)) {
            refused.insert(format!("{}::{}::{}", check.pack, check.scope, check.check));
        }
        if let Some((id, version)) = &identity {
            for found in found(failed.iter().filter(may_be).copied()) {
                added += usize::from(put(&mut entries, entry(args, &found, id, version)));
            }
        }
        Ok(())
    })?;
    files::write(&args.expectations, render(&entries)?.as_bytes())?;
    // NB: if nobody reports these, the user takes them for excused.
    for name in &refused {
        anstream::eprintln!(
            "not added: {name}: a failure cannot be excused if its check is archive.* or \
             sandbox.*, or if its pack has no id or version"
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

/// Findings of a pack that one entry is about.
struct Found {
    check: String,
    code: String,
    /// A pattern of their places; `None` if these have nothing in common.
    at: Option<String>,
    count: NonZeroUsize,
}

/// The findings of `checks`, by check and code.
fn found<'c>(checks: impl Iterator<Item = &'c CheckFinished>) -> Vec<Found> {
    let mut places: BTreeMap<(&str, &str), BTreeMap<&str, BTreeSet<_>>> = BTreeMap::new();
    for check in checks {
        for Finding {
            code,
            at,
            expected,
            actual,
            about: _,
        } in &check.findings
        {
            let of_code = places.entry((&check.check, code.as_str())).or_default();
            of_code.entry(at).or_default().insert((expected, actual));
        }
    }
    let one = |((check, code), places): ((&str, &str), BTreeMap<&str, BTreeSet<_>>)| {
        let count = places.values().map(BTreeSet::len).sum();
        Some(Found {
            check: check.to_owned(),
            code: code.to_owned(),
            at: pattern(places.into_keys()),
            count: NonZeroUsize::new(count)?,
        })
    };
    places.into_iter().filter_map(one).collect()
}

/// A pattern of the different `places`: the only one, or their common beginning.
fn pattern<'p>(mut places: impl Iterator<Item = &'p str>) -> Option<String> {
    let first = places.next()?;
    let (mut common, mut is_only) = (first, true);
    for place in places {
        is_only = false;
        let same = common
            .chars()
            .zip(place.chars())
            .take_while(|(a, b)| a == b);
        let bytes = same.map(|(c, _)| c.len_utf8()).sum();
        common = &common[..bytes];
    }
    match common {
        only if is_only => Some(only.to_owned()),
        "" => None,
        common => Some(format!("{common}*")),
    }
}

/// Puts `entry` into `entries`, in place of one that excuses fewer findings of the same
/// kind; returns whether it is new.
fn put(entries: &mut Vec<Entry>, entry: Entry) -> bool {
    match entries.iter_mut().find(|e| e.same(&entry)) {
        Some(old) if old.most() >= entry.most() => false,
        Some(old) => {
            *old = entry;
            true
        }
        None => {
            entries.push(entry);
            true
        }
    }
}

fn entry(args: &Add, found: &Found, id: &str, version: &str) -> Entry {
    let added = today();
    Entry {
        check: found.check.clone(),
        pack: id.to_owned(),
        version: version
            .parse::<semver::Version>()
            .map_or_else(|_| semver::VersionReq::STAR, |v| exactly(&v)),
        cause: None,
        code: found.code.clone(),
        at: found.at.clone(),
        count: Some(found.count).filter(|count| count.get() > 1),
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
        let why =
            "the run was cut off, so it does not show which expectations are stale; run it again";
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
        // NB: the name of one pack may begin with that of another.
        let name = format!("{}: ", entry.name());
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

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn pattern_is_the_place_or_the_common_beginning() {
        let of = |places: &[&str]| pattern(places.iter().copied());
        assert_eq!(of(&["/a"]).as_deref(), Some("/a"));
        assert_eq!(
            of(&["/hooks/0/url", "/hooks/1/url"]).as_deref(),
            Some("/hooks/*")
        );
        assert_eq!(of(&["/config", "/config/a"]).as_deref(), Some("/config*"));
        assert_eq!(of(&["é1", "è1"]), None);
        assert_eq!(of(&["", "/a"]), None);
    }
}
