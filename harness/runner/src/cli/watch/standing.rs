//! [`Standing`]: the last result of each pack that is watched, and what a judgement changes.
//!
//! NB: results are kept only to be compared with. Each pack whose bytes change is judged by
//! a run.

use crate::discover::PackRef;
use crate::exit::Exit;
use crate::fold::{PackRun, PackSummary, Run};
use crate::history::{Changes, Pack, Report, changes};
use blake3::Hash;
use provision_core::Verdict;
use provision_core::text::inert;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// What a run says of one pack.
#[derive(Debug, Clone)]
pub(super) struct Judgement {
    summary: PackSummary,
    pack: Pack,
    /// What to do about each cause, by code and text.
    fixes: BTreeMap<(String, String), String>,
}

impl From<&PackRun> for Judgement {
    fn from(pack: &PackRun) -> Self {
        let fixes = pack.causes.iter().map(|cause| {
            let key = (inert(cause.code.as_str(), 80), inert(&cause.what, 300));
            (key, cause.fix.clone().into_owned())
        });
        Self {
            summary: pack.summary.clone(),
            fixes: fixes.collect(),
            pack: Pack::from(pack),
        }
    }
}

/// What a run says of the packs that were judged.
#[derive(Debug)]
pub(super) struct Judged {
    /// `None` if no pack had to be judged.
    pub(super) run: Option<Run>,
    pub(super) results: Vec<Judgement>,
}

/// A pack with the bytes that were judged.
#[derive(Debug, Clone)]
struct Held {
    label: String,
    fingerprint: Hash,
    /// `None` if the filter selects no check of it.
    result: Option<Judgement>,
}

/// The packs that are watched, by path.
#[derive(Debug, Default)]
pub(super) struct Standing {
    held: BTreeMap<PathBuf, Held>,
    /// The last run, for what all of them have in common.
    last: Option<Run>,
    stale: Vec<String>,
}

/// How a snapshot differs from what was judged.
#[derive(Debug, Default)]
pub(super) struct Difference {
    /// Packs that are new, or have other bytes.
    pub(super) judge: Vec<PackRef>,
    /// Packs that are gone.
    pub(super) gone: Vec<PathBuf>,
    /// Packs that have another label now.
    pub(super) relabelled: Vec<(PathBuf, String)>,
}

impl Difference {
    pub(super) fn is_empty(&self) -> bool {
        let Self {
            judge,
            gone,
            relabelled,
        } = self;
        judge.is_empty() && gone.is_empty() && relabelled.is_empty()
    }
}

/// What a judgement changed.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) changes: Changes,
    /// The causes of new packs, and those that appeared in others.
    pub(super) appeared: crate::history::Carriers,
    /// The packs that were judged and whose verdict and causes are as before.
    pub(super) same: Vec<(String, Verdict)>,
    /// What to do about each cause that appeared.
    pub(super) fixes: BTreeMap<(String, String), String>,
}

impl Standing {
    /// How `packs` differ from those that were judged; `everything` is judged again if the
    /// files of the command line have changed.
    pub(super) fn differ(&self, packs: &[(PackRef, Hash)], everything: bool) -> Difference {
        let mut found = Difference::default();
        let there: BTreeSet<&PathBuf> = packs.iter().map(|(pack, _)| &pack.path).collect();
        for (pack, print) in packs {
            match self.held.get(&pack.path) {
                Some(held) if held.fingerprint == *print && !everything => {
                    if held.label != pack.label {
                        let new = (pack.path.clone(), pack.label.clone());
                        found.relabelled.push(new);
                    }
                }
                _ => found.judge.push(pack.clone()),
            }
        }
        let gone = self.held.keys().filter(|path| !there.contains(path));
        found.gone = gone.cloned().collect();
        found
    }

    /// The labels of the packs at `paths`.
    pub(super) fn labels<'p>(&self, paths: impl Iterator<Item = &'p PathBuf>) -> Vec<String> {
        let held = paths.filter_map(|path| self.held.get(path));
        held.map(|held| held.label.clone()).collect()
    }

    /// Takes the results of the packs in `packs` that were judged. Returns what changed.
    pub(super) fn take(
        &mut self,
        difference: &Difference,
        packs: &[(PackRef, Hash)],
        Judged { run, results }: Judged,
        profile: &str,
    ) -> Step {
        let old = self.packs();
        for path in &difference.gone {
            self.held.remove(path);
        }
        for (path, label) in &difference.relabelled {
            if let Some(held) = self.held.get_mut(path) {
                label.clone_into(&mut held.label);
                if let Some(result) = &mut held.result {
                    label.clone_into(&mut result.summary.label);
                    result.pack.rename(label);
                }
            }
        }
        let prints: BTreeMap<&PathBuf, Hash> = packs.iter().map(|(p, h)| (&p.path, *h)).collect();
        let results = results.into_iter();
        let mut results: BTreeMap<String, Judgement> = results
            .map(|result| (result.summary.label.clone(), result))
            .collect();
        for pack in &difference.judge {
            let Some(fingerprint) = prints.get(&pack.path) else {
                continue;
            };
            let held = Held {
                label: pack.label.clone(),
                fingerprint: *fingerprint,
                result: results.remove(&pack.label),
            };
            self.held.insert(pack.path.clone(), held);
        }
        if run.is_some() {
            self.last = run;
        }
        self.step(&difference.judge, old, profile)
    }

    fn step(&self, judged: &[PackRef], old: Vec<Pack>, profile: &str) -> Step {
        let new = Report::of(profile, self.packs());
        let mut blank = old.clone();
        let before: BTreeSet<&str> = old.iter().map(Pack::label).collect();
        let added = self.results().filter(|r| !before.contains(r.pack.label()));
        blank.extend(added.map(|result| result.pack.without_causes()));
        let appeared = changes(&Report::of(profile, blank), &new).appeared;
        let changes = changes(&Report::of(profile, old), &new);
        let named = |carriers: &crate::history::Carriers, label: &str| {
            carriers
                .values()
                .any(|carried| carried.packs.contains(label))
        };
        let is_shown = |label: &str| {
            let verdicts = changes.verdicts.iter().any(|(of, ..)| of == label);
            let added = changes.added.iter().any(|(of, _)| of == label);
            verdicts || added || named(&changes.appeared, label) || named(&changes.gone, label)
        };
        let judged = judged.iter().filter_map(|pack| self.held.get(&pack.path));
        let same = judged
            .filter(|held| !is_shown(&held.label))
            .filter_map(|held| {
                let result = held.result.as_ref()?;
                Some((held.label.clone(), result.pack.verdict()))
            });
        let fixes = self.results().flat_map(|result| &result.fixes);
        let fixes = fixes.filter(|(key, _)| appeared.contains_key(*key));
        Step {
            same: same.collect(),
            fixes: fixes.map(|(key, fix)| (key.clone(), fix.clone())).collect(),
            appeared,
            changes,
        }
    }

    fn results(&self) -> impl Iterator<Item = &Judgement> {
        self.held.values().filter_map(|held| held.result.as_ref())
    }

    fn packs(&self) -> Vec<Pack> {
        self.results().map(|result| result.pack.clone()).collect()
    }

    /// What is stale over all packs.
    pub(super) fn set_stale(&mut self, stale: Vec<String>) {
        self.stale = stale;
    }

    pub(super) fn stale(&self) -> &[String] {
        &self.stale
    }

    /// All packs in one line.
    pub(super) fn tally(&self) -> String {
        match self.run() {
            Some(run) => run.tally(),
            None => "no pack is there yet".to_owned(),
        }
    }

    /// Whether no pack has been judged so far.
    pub(super) fn is_first(&self) -> bool {
        self.last.is_none()
    }

    /// The number of packs.
    pub(super) fn len(&self) -> usize {
        self.held.len()
    }

    /// The number of packs with this verdict.
    pub(super) fn count(&self, verdict: Verdict) -> usize {
        let verdicts = self.results().map(|result| result.pack.verdict());
        verdicts.filter(|of| *of == verdict).count()
    }

    /// The exit code of a run over the packs as they were last judged.
    pub(super) fn exit(&self) -> Exit {
        self.run().map_or(Exit::Nothing, |run| run.exit())
    }

    /// All packs as one run.
    fn run(&self) -> Option<Run> {
        let last = self.last.as_ref()?;
        let summaries = self.results().map(|result| result.summary.clone());
        Some(last.over(summaries.collect(), self.stale.clone()))
    }
}
