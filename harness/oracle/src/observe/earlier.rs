//! What an earlier run has found out about the same bytes, under the same
//! conditions, and with the same program.

use super::probe::{Probe, ProbeOutcome, Probed};
use super::{Conditions, Observed};
use crate::generators::answers::ProbeKind;
use crate::secret_scan::Leak;
use provision_core::wizard::{ProvisionPlan, StepRun};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// What a note says, and how; raise it when either changes.
const FORMAT: u32 = 1;

/// Where notes on packs are kept between runs.
///
/// A note must come back as it was given, or not at all: verdicts rest on it.
/// It holds what guests said, which may be a secret of a dry run.
pub trait Earlier: fmt::Debug + Send + Sync {
    /// What a note depends on beside the pack and the conditions: the very
    /// program that wrote it.
    fn program(&self) -> &[u8];
    /// The note that was kept under `name`.
    fn find(&self, name: &blake3::Hash) -> Option<Vec<u8>>;
    /// Keeps `note` under `name`.
    fn keep(&self, name: &blake3::Hash, note: &[u8]);
}

/// A note on one pack.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Note {
    /// Lower-case hex SHA-256 of the pack.
    pub(super) digest: String,
    /// What its wizards said when they were given valid answers.
    evidence: [u8; 32],
    /// What was tried with its wizards, in their order; nothing for those with
    /// which nothing was.
    wizards: Vec<Option<Tries>>,
}

/// What was tried with one wizard.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Tries {
    outcomes: Vec<Outcome>,
    leaks: Vec<Leak>,
}

/// What came of several tries in a row: most are taken in the same way.
#[derive(Debug, Serialize, Deserialize)]
struct Outcome {
    aim: ProbeKind,
    took: ProbeOutcome,
    plan: Option<ProvisionPlan>,
    /// Each in words, with the questions.
    tried: Vec<(String, Vec<String>)>,
}

/// The name of the note on the pack with this `fingerprint`.
fn name(
    earlier: &dyn Earlier,
    fingerprint: &blake3::Hash,
    conditions: &Conditions,
) -> Option<blake3::Hash> {
    let Conditions {
        limits,
        public_base_url,
        // Signatures are judged anew each time, and so is the rest.
        trusted: _,
        ask_other_readers: _,
        earlier: _,
        second_runs,
        probes,
        seed,
        answers,
        only,
    } = conditions;
    let said = (
        limits,
        public_base_url,
        second_runs,
        probes,
        seed,
        answers,
        only,
    );
    let said = serde_json::to_vec(&(FORMAT, said)).ok()?;
    let mut hasher = blake3::Hasher::new_derive_key("greentic-provision note on a pack");
    for part in [earlier.program(), fingerprint.as_bytes(), &said] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    Some(hasher.finalize())
}

/// The note on the pack with this `fingerprint`, if there is one.
pub(super) fn find(fingerprint: &blake3::Hash, conditions: &Conditions) -> Option<Note> {
    let earlier = conditions.earlier.as_deref()?;
    let name = name(earlier, fingerprint, conditions)?;
    serde_json::from_slice(&earlier.find(&name)?).ok()
}

/// Keeps a note on the pack with this `fingerprint`, unless one is there that
/// says the same.
pub(super) fn keep(
    (fingerprint, digest, noted): (&blake3::Hash, &str, bool),
    wizards: &[Observed],
    conditions: &Conditions,
) {
    let Some(earlier) = conditions.earlier.as_deref() else {
        return;
    };
    let all = || wizards.iter().filter_map(probed);
    if (noted && all().all(|p| p.recalled)) || !all().all(Probed::is_known) {
        return;
    }
    let tries = wizards.iter().map(|o| probed(o).map(Tries::of));
    let note = Note {
        digest: digest.to_owned(),
        evidence: evidence(wizards),
        wizards: tries.collect(),
    };
    let name = name(earlier, fingerprint, conditions);
    if let (Some(name), Ok(note)) = (name, serde_json::to_vec(&note)) {
        earlier.keep(&name, &note);
    }
}

fn probed(observed: &Observed) -> Option<&Probed> {
    observed.runs.as_ref().ok()?.probed.as_ref()
}

impl Note {
    /// Whether it is about `wizards` that said what these have said. What one
    /// says may decide over what is tried with another.
    pub(super) fn is_about(&self, wizards: &[Observed]) -> bool {
        self.evidence == evidence(wizards)
    }

    /// What was tried with the wizard at `at`.
    pub(super) fn tries(&self, at: usize) -> Option<&Tries> {
        self.wizards.get(at)?.as_ref()
    }
}

impl Tries {
    /// What came of them, and the secrets that showed.
    pub(super) fn recall(&self) -> (Vec<Probe>, BTreeSet<Leak>) {
        let probes = self.outcomes.iter().flat_map(|outcome| {
            let probe = |(what, questions): &(String, Vec<String>)| Probe {
                aim: outcome.aim,
                what: what.clone(),
                questions: questions.clone(),
                took: outcome.took.clone(),
                plan: outcome.plan.clone(),
            };
            outcome.tried.iter().map(probe)
        });
        let leaks = self.leaks.iter().cloned();
        (probes.collect(), leaks.collect())
    }

    fn of(probed: &Probed) -> Self {
        let same = |a: &Probe, b: &Probe| a.aim == b.aim && a.took == b.took && a.plan == b.plan;
        let outcomes = probed.probes.chunk_by(same).filter_map(|alike| {
            let Probe {
                aim, took, plan, ..
            } = alike.first()?;
            let tried = alike.iter().map(|p| (p.what.clone(), p.questions.clone()));
            Some(Outcome {
                aim: *aim,
                took: took.clone(),
                plan: plan.clone(),
                tried: tried.collect(),
            })
        });
        Self {
            outcomes: outcomes.collect(),
            leaks: probed.leaks.iter().cloned().collect(),
        }
    }
}

/// A hash of all that the first runs of `wizards` say, did and consumed.
fn evidence(wizards: &[Observed]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    let mut add = |part: &[u8]| {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    };
    for observed in wizards {
        let steps = observed.run().map_or(&[][..], |run| &run.steps);
        add(observed.wizard.name.as_bytes());
        add(&steps.len().to_le_bytes());
        for step in steps {
            let StepRun {
                component,
                function,
                input,
                raw,
                meters,
                attempts,
                ..
            } = step;
            add(component.as_deref().unwrap_or_default().as_bytes());
            add(function.as_bytes());
            add(input);
            add(raw.as_deref().unwrap_or_default());
            add(&meters.fuel.to_le_bytes());
            add(&serde_json::to_vec(attempts).unwrap_or_default());
        }
    }
    *hasher.finalize().as_bytes()
}
