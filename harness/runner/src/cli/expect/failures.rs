//! Entries that excuse what failed in a run.

use crate::events::CheckFinished;
use crate::exit::Error;
use crate::expectations::{Entry, excusable};
use crate::fold::Run;
use provision_core::{Finding, Status};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use time::{Date, Duration, OffsetDateTime};

/// The day on which new entries begin.
pub(super) fn today() -> Date {
    OffsetDateTime::now_utc().date()
}

/// What new entries say beside the failure.
pub(in crate::cli) struct Remarks<'r> {
    pub(in crate::cli) reason: &'r str,
    pub(in crate::cli) issue: &'r str,
    pub(in crate::cli) owner: &'r str,
    /// Days until they expire.
    pub(in crate::cli) days: i64,
}

/// The failures of a run that entries excuse now, and those that none may excuse.
#[derive(Debug, Default)]
pub(in crate::cli) struct Added {
    /// The number of entries that are new, or excuse more than before.
    pub(in crate::cli) added: usize,
    /// The failures that no entry may excuse, as `pack::scope::check`.
    pub(in crate::cli) refused: BTreeSet<String>,
}

/// Adds the failures of `run` that `is_wanted` selects to `entries`.
pub(in crate::cli) fn add(
    run: &Run,
    entries: &mut Vec<Entry>,
    remarks: &Remarks<'_>,
    is_wanted: impl Fn(&CheckFinished) -> bool,
) -> Result<Added, Error> {
    let mut all = Added::default();
    run.each(|pack| {
        let identity = pack.finished.as_ref();
        let identity = identity.and_then(|f| Some((f.id.clone()?, f.version.clone()?)));
        let failed = pack.checks.iter().filter(|c| c.status == Status::Failed);
        let failed: Vec<&CheckFinished> = failed.filter(|c| is_wanted(c)).collect();
        let may_be = |c: &&&CheckFinished| identity.is_some() && excusable(&c.check);
        for check in failed.iter().filter(|c| !may_be(c)) {
            all.refused.insert(name(check));
        }
        if let Some((id, version)) = &identity {
            for found in found(failed.iter().filter(may_be).copied()) {
                let entry = entry(remarks, &found, id, version);
                all.added += usize::from(put(entries, entry));
            }
        }
        Ok(())
    })?;
    Ok(all)
}

/// The name of a result, `pack::scope::check`.
pub(in crate::cli) fn name(check: &CheckFinished) -> String {
    format!("{}::{}::{}", check.pack, check.scope, check.check)
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

fn entry(remarks: &Remarks<'_>, found: &Found, id: &str, version: &str) -> Entry {
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
        reason: remarks.reason.to_owned(),
        issue: remarks.issue.to_owned(),
        owner: remarks.owner.to_owned(),
        added: added.to_string(),
        expires: (added + Duration::days(remarks.days)).to_string(),
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
