//! [`History`]: nights, and the life of each pack, cause and step over them.

use super::read::{Pack, Report};
use provision_core::Verdict;
use provision_core::text::inert;
use provision_oracle::Level;
use std::collections::{BTreeMap, BTreeSet};

/// Steps of all packs, at most. What is beyond is counted.
const STEPS: usize = 20_000;
/// Causes, at most.
const CAUSES: usize = 20_000;
/// A step jumps if it consumes so many per cent more or less than the night before.
const JUMP_PERCENT: u128 = 10;

/// One run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Night {
    /// The name of its file.
    pub name: String,
    /// Its profile.
    pub profile: String,
    /// The version of the harness.
    pub tool: String,
    /// Whether it ended by itself.
    pub finished: bool,
    /// Its packs by verdict.
    pub verdicts: BTreeMap<Verdict, usize>,
}

/// A pack in one night.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PackNight {
    pub(super) verdict: Verdict,
    /// The number of its digest among all digests of the pack.
    pub(super) bytes: usize,
    /// The number of its checks that expectations excuse.
    pub(super) excused: usize,
}

/// A pack over all nights.
#[derive(Debug, Clone, Default)]
pub struct PackLife {
    /// Its label.
    pub label: String,
    /// Its last version.
    pub version: Option<String>,
    pub(super) nights: Vec<Option<PackNight>>,
    /// Its steps.
    pub steps: Vec<StepLife>,
}

/// A cause over all nights.
#[derive(Debug, Clone)]
pub struct CauseLife {
    /// Its code.
    pub code: String,
    /// What it is.
    pub what: String,
    /// Its level.
    pub level: Level,
    /// The packs that have it, by night.
    pub packs: Vec<u32>,
}

/// A step of a wizard over all nights.
#[derive(Debug, Clone)]
pub struct StepLife {
    /// Wizard, step and node.
    pub name: String,
    /// Fuel by night.
    pub fuel: Vec<Option<u64>>,
    /// Peak memory in bytes by night.
    pub memory: Vec<Option<u64>>,
}

/// What changed over many runs.
#[derive(Debug, Default)]
pub struct History {
    /// The runs, sorted.
    pub nights: Vec<Night>,
    /// The packs, sorted by label.
    pub packs: Vec<PackLife>,
    /// The causes that follow from no other: those of the last night first.
    pub causes: Vec<CauseLife>,
    /// Steps and causes that are left out.
    pub left_out: usize,
}

/// The lives of packs while the nights are read.
#[derive(Default)]
struct Lives {
    packs: BTreeMap<String, PackLife>,
    digests: BTreeMap<String, Vec<String>>,
    steps: BTreeMap<(String, String), StepLife>,
    causes: BTreeMap<(String, String), CauseLife>,
    left_out: BTreeSet<(String, String)>,
}

impl History {
    /// The history of these nights, sorted by name.
    #[must_use]
    pub fn of(nights: Vec<(String, Report)>) -> Self {
        let count = nights.len();
        let mut lives = Lives::default();
        let mut summaries = Vec::with_capacity(count);
        for (at, (name, report)) in nights.into_iter().enumerate() {
            let mut verdicts = BTreeMap::new();
            for pack in &report.packs {
                *verdicts.entry(pack.verdict).or_default() += 1;
                lives.pack(pack, at, count);
            }
            summaries.push(Night {
                name,
                profile: inert(&report.profile, 40),
                tool: inert(&report.tool.version, 40),
                finished: report.finished,
                verdicts,
            });
        }
        lives.done(summaries)
    }
}

impl Lives {
    fn pack(&mut self, pack: &Pack, at: usize, count: usize) {
        let label = inert(&pack.pack, 200);
        let digests = self.digests.entry(label.clone()).or_default();
        let digest = pack.digest.clone().unwrap_or_default();
        let known = digests.iter().position(|known| *known == digest);
        let bytes = known.unwrap_or_else(|| {
            digests.push(digest);
            digests.len() - 1
        });
        let life = self.packs.entry(label.clone()).or_default();
        life.label.clone_from(&label);
        life.version = pack.version.as_ref().map(|version| inert(version, 80));
        life.nights.resize(count, None);
        if let Some(night) = life.nights.get_mut(at) {
            *night = Some(PackNight {
                verdict: pack.verdict,
                bytes,
                excused: pack.excused,
            });
        }
        self.causes_of(pack, at, count);
        self.steps_of(pack, &label, at, count);
    }

    fn causes_of(&mut self, pack: &Pack, at: usize, count: usize) {
        for (key, level) in pack.own_causes() {
            if self.causes.len() >= CAUSES && !self.causes.contains_key(&key) {
                self.left_out.insert(key);
                continue;
            }
            let life = self.causes.entry(key.clone()).or_insert_with(|| CauseLife {
                code: key.0,
                what: key.1,
                level,
                packs: vec![0; count],
            });
            life.level = life.level.min(level);
            if let Some(packs) = life.packs.get_mut(at) {
                *packs += 1;
            }
        }
    }

    fn steps_of(&mut self, pack: &Pack, label: &str, at: usize, count: usize) {
        for (name, step) in pack.steps() {
            let key = (label.to_owned(), name.clone());
            if self.steps.len() >= STEPS && !self.steps.contains_key(&key) {
                self.left_out.insert(key);
                continue;
            }
            let life = self.steps.entry(key).or_insert_with(|| StepLife {
                name,
                fuel: vec![None; count],
                memory: vec![None; count],
            });
            if let Some(fuel) = life.fuel.get_mut(at) {
                *fuel = Some(step.fuel);
            }
            if let Some(memory) = life.memory.get_mut(at) {
                *memory = Some(step.memory_bytes);
            }
        }
    }

    fn done(mut self, nights: Vec<Night>) -> History {
        for ((label, _), step) in self.steps {
            if let Some(pack) = self.packs.get_mut(&label) {
                pack.steps.push(step);
            }
        }
        let mut causes: Vec<CauseLife> = self.causes.into_values().collect();
        causes.sort_by_key(|cause| {
            let now = cause.packs.last().copied().unwrap_or(0);
            (
                std::cmp::Reverse(now),
                std::cmp::Reverse(cause.last()),
                cause.code.clone(),
            )
        });
        History {
            nights,
            packs: self.packs.into_values().collect(),
            causes,
            left_out: self.left_out.len(),
        }
    }
}

impl PackLife {
    /// The pack in the last night, if that night has it.
    #[must_use]
    pub fn now(&self) -> Option<Verdict> {
        self.nights.last()?.map(|night| night.verdict)
    }

    /// The nights whose verdict differs from that of the night before with the same bytes,
    /// the same profile and the same version of the harness, and as many excused checks.
    #[must_use]
    pub fn flips(&self, nights: &[Night]) -> Vec<usize> {
        let mut last: Option<(usize, PackNight)> = None;
        let mut flips = Vec::new();
        for (at, night) in self.nights.iter().enumerate() {
            let Some(night) = *night else { continue };
            if let Some((before, was)) = last {
                let same = |part: fn(&Night) -> &String| {
                    nights.get(before).map(part) == nights.get(at).map(part)
                };
                let alike = (was.bytes, was.excused) == (night.bytes, night.excused)
                    && same(|night| &night.profile)
                    && same(|night| &night.tool);
                if alike && was.verdict != night.verdict {
                    flips.push(at);
                }
            }
            last = Some((at, night));
        }
        flips
    }

    /// Whether the bytes of the pack in this night are those of the night before.
    #[must_use]
    pub fn same_bytes(&self, at: usize) -> bool {
        let bytes = |at: usize| {
            self.nights
                .get(at)
                .copied()
                .flatten()
                .map(|night| night.bytes)
        };
        at.checked_sub(1)
            .and_then(bytes)
            .is_some_and(|before| bytes(at) == Some(before))
    }
}

impl CauseLife {
    /// The first night that has it.
    #[must_use]
    pub fn first(&self) -> usize {
        self.packs.iter().position(|packs| *packs > 0).unwrap_or(0)
    }

    /// The last night that has it.
    #[must_use]
    pub fn last(&self) -> usize {
        self.packs.iter().rposition(|packs| *packs > 0).unwrap_or(0)
    }
}

/// The nights in which `values` jump, compared with the night before.
#[must_use]
pub(super) fn jumps(values: &[Option<u64>]) -> Vec<usize> {
    let pairs = values.windows(2).enumerate();
    let jumped = pairs.filter_map(|(at, pair)| {
        let [Some(before), Some(after)] = *pair else {
            return None;
        };
        let change = u128::from(before.abs_diff(after));
        let is_large = change * 100 >= u128::from(before) * JUMP_PERCENT;
        (change > 0 && is_large).then_some(at + 1)
    });
    jumped.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn night(name: &str, version: &str, packs: Value) -> (String, Report) {
        let report = json!({
            "tool": { "name": "greentic-provision", "version": version },
            "profile": "core", "shard": null, "finished": true, "packs": packs,
        });
        (
            name.into(),
            serde_json::from_value(report).expect("a report"),
        )
    }

    fn pack(verdict: &str, digest: &str, causes: &[&str], fuel: u64) -> Value {
        let causes = causes
            .iter()
            .map(|code| json!({ "level": "must", "code": code, "what": "w", "blocked_by": null }));
        json!([{
            "pack": "p", "version": "1.0.0", "digest": digest, "verdict": verdict,
            "causes": causes.collect::<Vec<_>>(),
            "wizards": [{ "wizard": "setup", "steps": [{
                "step": "apply", "node": null, "function": "run", "fuel": fuel,
                "memory_bytes": 65536,
            }] }],
        }])
    }

    #[test]
    fn verdict_that_changes_with_equal_bytes_is_a_flip() {
        let history = History::of(vec![
            night("1", "0.1.0", pack("pass", "a", &[], 100)),
            night("2", "0.1.0", pack("fail", "a", &["E_TRAP"], 100)),
            night("3", "0.1.0", json!([])),
            night("4", "0.1.0", pack("pass", "a", &[], 100)),
            night("5", "0.1.0", pack("fail", "b", &["E_TRAP"], 100)),
            night("6", "0.2.0", pack("pass", "b", &[], 100)),
        ]);
        // The fifth night has other bytes, and the sixth another harness.
        assert_eq!(history.packs[0].flips(&history.nights), [1, 3]);
        assert_eq!(history.packs[0].now(), Some(Verdict::Pass));
        let cause = &history.causes[0];
        assert_eq!((cause.first(), cause.last()), (1, 4));
        assert_eq!(cause.packs, [0, 1, 0, 0, 1, 0]);
    }

    #[test]
    fn verdict_that_changes_with_the_expectations_is_no_flip() {
        let excused = |verdict: &str, status: &str| {
            let mut pack = pack(verdict, "a", &[], 100);
            pack[0]["checks"] = json!([{ "status": status }, { "status": "passed" }]);
            pack
        };
        let history = History::of(vec![
            night("1", "0.1.0", excused("fail", "failed")),
            night("2", "0.1.0", excused("pass", "excused")),
            night("3", "0.1.0", excused("fail", "excused")),
        ]);
        assert_eq!(history.packs[0].flips(&history.nights), [2]);
    }

    #[test]
    fn change_of_a_tenth_is_a_jump_and_a_gap_is_none() {
        let fuel = [Some(100), Some(109), Some(98), None, Some(500), Some(500)];
        assert_eq!(jumps(&fuel), [2]);
        assert_eq!(jumps(&[Some(0), Some(1), Some(1)]), [1]);
        assert_eq!(jumps(&[Some(176), Some(193), Some(175)]), [0; 0]);
        assert_eq!(jumps(&[Some(u64::MAX), Some(1)]), [1]);
        assert_eq!(jumps(&[]), [0; 0]);
    }
}
