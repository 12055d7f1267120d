//! Why streams are not all shards of one run. Each message names the files, and says what
//! to do.

use crate::events::{CutDigests, RunStarted, Shard};
use crate::exit::{Error, show};
use provision_core::text::inert;
use std::path::PathBuf;

/// Missing shards that a message lists, at most.
pub(super) const LISTED: usize = 20;
/// Files that a message lists, at most.
const FILES: usize = 4;

/// Why streams cannot be merged.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("no shards; name the events of every shard")]
    None,
    #[error(
        "{}: a whole run, not a shard; it needs no merge: `report render` makes its reports",
        show(.0)
    )]
    Whole(PathBuf),
    #[error(
        "{}: shard {} of {} is impossible; no run writes this, so get the file again",
        show(.0), .1.index, .1.count
    )]
    Impossible(PathBuf, Shard),
    #[error(
        "{}: shard {} was cut off; run it again with --shard {}/{}",
        show(.0), .1.index, .1.index, .1.count
    )]
    CutOff(PathBuf, Shard),
    #[error(
        "{}: shard {index} once more; it is also in {}; leave one of them out",
        show(path),
        show(other)
    )]
    Twice {
        path: PathBuf,
        index: u64,
        other: PathBuf,
    },
    #[error(
        "{}: a shard of another run than {}: {difference}",
        show(path),
        show(other)
    )]
    OtherRun {
        path: PathBuf,
        other: PathBuf,
        difference: Box<Difference>,
    },
    #[error(
        "the run has {count} shards; missing: {}; run each of them with --shard I/{count}, and \
         name its events beside {}",
        listed(missing),
        files(paths)
    )]
    Missing {
        count: u64,
        missing: Vec<u64>,
        paths: Vec<PathBuf>,
    },
    #[error(
        "{}: announces the pack {pack}, which {} announces too; run both shards again",
        show(path),
        show(other)
    )]
    PackTwice {
        pack: String,
        path: PathBuf,
        other: PathBuf,
    },
    #[error(
        "the packs of all shards together are not the packs of the run: {}; run the shards again",
        files(.0)
    )]
    Packs(Vec<PathBuf>),
    #[error(
        "a shard announces packs that the cut puts in another shard: {}; run the shards again",
        files(.0)
    )]
    Assignment(Vec<PathBuf>),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Usage(refusal.to_string())
    }
}

fn listed(missing: &[u64]) -> String {
    let mut text: Vec<String> = missing.iter().map(u64::to_string).collect();
    if missing.len() == LISTED {
        text.push("…".into());
    }
    text.join(", ")
}

fn files(paths: &[PathBuf]) -> String {
    let shown: Vec<String> = paths.iter().take(FILES).map(|path| show(path)).collect();
    match paths.len().checked_sub(FILES) {
        None | Some(0) => shown.join(", "),
        Some(more) => format!("{} and {more} more", shown.join(", ")),
    }
}

/// What differs between two shards.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} is {here}, and there it is {there}; {remedy}")]
pub(super) struct Difference {
    what: &'static str,
    here: String,
    there: String,
    remedy: &'static str,
}

impl Difference {
    /// The first difference between the run of the shard `there` and that of the shard
    /// `here`, if they are not the same run.
    pub(super) fn between(there: &RunStarted, here: &RunStarted) -> Option<Self> {
        let both = values(there).into_iter().zip(values(here));
        let mut differing = FACTS.iter().zip(both).filter(|(_, (a, b))| a != b);
        let ((what, remedy), (there, here)) = differing.next()?;
        let shown = |value: &str| inert(value, 80);
        Some(Self {
            what,
            here: shown(&here),
            there: shown(&there),
            remedy,
        })
    }
}

const VERSION: &str = "run all shards with the same version of the harness";
const FLAGS: &str = "run all shards with the same flags";
const PACKS: &str = "give all shards the same packs, byte by byte, and run them again";

/// What all shards of a run have in common, and what to do if they do not: the most telling
/// first, in the order of [`values`].
const FACTS: [(&str, &str); 16] = [
    ("the version of the harness", VERSION),
    ("the event format", VERSION),
    (
        "the number of shards",
        "run all shards with the same number after the slash of --shard",
    ),
    ("the profile", "run all shards with the same --profile"),
    ("the filter", FLAGS),
    ("the base URL", FLAGS),
    ("the seed", "run all shards with the same --seed"),
    ("the limits", VERSION),
    (
        "the configuration",
        "run all shards with the same files of --expectations, --trust and --answers",
    ),
    (
        "the kind of what is judged",
        "run all shards with the same command",
    ),
    (
        "the list of checks that are left out",
        "run all shards with the same --without",
    ),
    ("the list of checks", VERSION),
    ("the catalogue of checks", VERSION),
    ("the digest of the packs' names", PACKS),
    ("the digest of the packs", PACKS),
    ("the digest of the cut into shards", VERSION),
];

/// What the start event of a shard has in common with those of the others.
fn values(started: &RunStarted) -> [String; 16] {
    // NB: without `..`, so that a new member of the event is compared as well.
    let RunStarted {
        format,
        // Shards begin when their machines do.
        at: _,
        version,
        profile,
        filter,
        public_base_url,
        shard,
        cut,
        selection,
        seed,
        limits,
        configuration,
        // It follows from the configuration.
        unowned_expectations: _,
        judged,
        without,
        packs: _,
        checks,
        requirements,
    } = started;
    let text = |value: serde_json::Result<String>| value.unwrap_or_default();
    let of_cut = |part: fn(&CutDigests) -> &String| {
        let digest = cut.as_ref().map(part).cloned();
        digest.unwrap_or_else(|| "missing".into())
    };
    [
        version.clone(),
        format.to_string(),
        shard.map_or(0, |shard| shard.count).to_string(),
        profile.clone(),
        text(serde_json::to_string(filter)),
        public_base_url.clone(),
        seed.to_string(),
        text(serde_json::to_string(limits)),
        text(serde_json::to_string(configuration)),
        judged.name().to_owned(),
        without.join(" "),
        checks.join(" "),
        text(serde_json::to_string(requirements)),
        selection.clone(),
        of_cut(|cut| &cut.listing),
        of_cut(|cut| &cut.assignment),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::Run;

    fn start() -> RunStarted {
        RunStarted {
            shard: Some(Shard { index: 1, count: 4 }),
            cut: Some(CutDigests {
                listing: "l".into(),
                assignment: "a".into(),
            }),
            ..Run::not_begun(String::new()).started
        }
    }

    #[test]
    fn each_fact_that_shards_have_in_common_is_compared() {
        let one = start();
        let mut same = start();
        same.shard = Some(Shard { index: 2, count: 4 });
        same.packs.push("other".into());
        assert_eq!(Difference::between(&one, &same), None);
        type Change = fn(&mut RunStarted);
        let changes: [(&str, Change); 9] = [
            ("the version of the harness is 0.0.9", |s| {
                s.version = "0.0.9".into()
            }),
            ("the number of shards is 5, and there it is 4", |s| {
                s.shard = Some(Shard { index: 1, count: 5 });
            }),
            ("the profile is strict, and there it is core", |s| {
                s.profile = "strict".into()
            }),
            ("the filter", |s| s.filter = Some("x".into())),
            ("the seed is 7", |s| s.seed = 7),
            ("the limits", |s| s.limits.depth += 1),
            ("the digest of the packs' names", |s| {
                s.selection = "x".into()
            }),
            (
                "the digest of the packs is missing, and there it is l",
                |s| s.cut = None,
            ),
            (
                "the digest of the cut into shards is b, and there it is a",
                |s| {
                    if let Some(cut) = &mut s.cut {
                        cut.assignment = "b".into();
                    }
                },
            ),
        ];
        for (said, change) in changes {
            let mut other = start();
            change(&mut other);
            let difference = Difference::between(&one, &other).expect(said).to_string();
            assert!(difference.starts_with(said), "{difference}");
            assert!(difference.contains("; run ") || difference.contains("; give "));
        }
    }
}
