//! [`Changes`]: what differs between two runs.

use super::read::{Pack, Report};
use provision_core::Verdict;
use provision_core::text::inert;
use provision_oracle::Level;
use std::collections::{BTreeMap, BTreeSet};

/// The packs that have a cause, by its code and its text.
pub type Carriers = BTreeMap<(String, String), Carried>;

/// A cause of some packs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// The level of the strongest check that fails because of it.
    pub level: Level,
    /// The packs.
    pub packs: BTreeSet<String>,
}

/// What differs between two runs.
#[derive(Debug, PartialEq, Eq)]
pub struct Changes {
    /// Packs that both have, with another verdict: label, old, new.
    pub verdicts: Vec<(String, Verdict, Verdict)>,
    /// Packs that only the new run has, with their verdicts.
    pub added: Vec<(String, Verdict)>,
    /// Packs that only the old run has.
    pub removed: Vec<(String, Verdict)>,
    /// Causes by code and text, with the packs that have them only in the new run.
    pub appeared: Carriers,
    /// The same, only in the old run.
    pub gone: Carriers,
    /// Steps that consume other fuel: pack and step, old, new.
    pub fuel: Vec<(String, u64, u64)>,
    /// Profiles of the two runs, if they differ.
    pub profiles: Option<(String, String)>,
    /// The level that the new run requires.
    pub level: Level,
}

/// What differs between the runs `old` and `new`.
#[must_use]
pub fn changes(old: &Report, new: &Report) -> Changes {
    let mut found = Changes {
        verdicts: Vec::new(),
        added: Vec::new(),
        removed: Vec::new(),
        appeared: Carriers::new(),
        gone: Carriers::new(),
        fuel: Vec::new(),
        profiles: (old.profile != new.profile)
            .then(|| (inert(&old.profile, 40), inert(&new.profile, 40))),
        level: Level::of_profile(&new.profile).unwrap_or(Level::Must),
    };
    let (before, after) = (by_label(old), by_label(new));
    for (label, pack) in &after {
        match before.get(label) {
            None => found.added.push((label.clone(), pack.verdict)),
            Some(was) => {
                if was.verdict != pack.verdict {
                    let change = (label.clone(), was.verdict, pack.verdict);
                    found.verdicts.push(change);
                }
                found.fuel_of(label, was, pack);
            }
        }
    }
    let gone = before
        .iter()
        .filter(|(label, _)| !after.contains_key(*label));
    found.removed = gone
        .map(|(label, pack)| (label.clone(), pack.verdict))
        .collect();
    let (was, is) = (carriers(&before), carriers(&after));
    found.appeared = only(&is, &was, &before);
    found.gone = only(&was, &is, &after);
    found
}

fn by_label(report: &Report) -> BTreeMap<String, &Pack> {
    let packs = report.packs.iter();
    packs.map(|pack| (inert(&pack.pack, 200), pack)).collect()
}

/// The packs of each cause that follows from no other.
fn carriers(packs: &BTreeMap<String, &Pack>) -> Carriers {
    let mut found = Carriers::new();
    for (label, pack) in packs {
        for (cause, level) in pack.own_causes() {
            let carried = found.entry(cause).or_insert_with(|| Carried {
                level,
                packs: BTreeSet::new(),
            });
            carried.level = carried.level.min(level);
            carried.packs.insert(label.clone());
        }
    }
    found
}

/// What only `some` has, of the packs that the other run has too.
fn only(some: &Carriers, other: &Carriers, packs: &BTreeMap<String, &Pack>) -> Carriers {
    let mut found = Carriers::new();
    for (cause, Carried { level, packs: some }) in some {
        let had = |label: &&String| other.get(cause).is_some_and(|o| o.packs.contains(*label));
        let new = some
            .iter()
            .filter(|label| packs.contains_key(*label) && !had(label));
        let carried = Carried {
            level: *level,
            packs: new.cloned().collect(),
        };
        if !carried.packs.is_empty() {
            found.insert(cause.clone(), carried);
        }
    }
    found
}

impl Changes {
    /// The steps of one pack whose fuel changes by a tenth or more.
    fn fuel_of(&mut self, label: &str, old: &Pack, new: &Pack) {
        let (before, after) = (fuel(old), fuel(new));
        for (step, is) in after {
            let Some(was) = before.get(&step).copied() else {
                continue;
            };
            if !super::model::jumps(&[Some(was), Some(is)]).is_empty() {
                self.fuel.push((format!("{label}, {step}"), was, is));
            }
        }
    }

    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self {
            verdicts,
            added,
            removed,
            appeared,
            gone,
            fuel,
            profiles,
            level: _,
        } = self;
        let packs = added.is_empty() && removed.is_empty() && verdicts.is_empty();
        let causes = appeared.is_empty() && gone.is_empty();
        packs && causes && fuel.is_empty() && profiles.is_none()
    }

    /// Whether a pack has a worse verdict, a new pack has a bad one, or a pack has a new cause
    /// that the profile of the new run requires to be none.
    #[must_use]
    pub fn is_worse(&self) -> bool {
        if self.appeared.values().any(|c| c.level <= self.level) {
            return true;
        }
        let worse = |(_, old, new): &(String, Verdict, Verdict)| new > old && *new > good();
        let bad = |(_, verdict): &(String, Verdict)| *verdict > good();
        self.verdicts.iter().any(worse) || self.added.iter().any(bad)
    }
}

/// The worst verdict that is no failure.
fn good() -> Verdict {
    Verdict::NotApplicable
}

/// The fuel of each step of a pack, by name.
fn fuel(pack: &Pack) -> BTreeMap<String, u64> {
    let steps = pack.steps().into_iter();
    steps.map(|(name, step)| (name, step.fuel)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn report(packs: &[(&str, &str, &[&str], u64)]) -> Report {
        let packs = packs.iter().map(|(label, verdict, causes, fuel)| {
            let causes = causes.iter().map(|code| {
                let level = if *code == "E_ADVICE" {
                    "should"
                } else {
                    "must"
                };
                json!({ "level": level, "code": code, "what": "w", "blocked_by": null })
            });
            json!({
                "pack": label, "version": null, "digest": "d", "verdict": verdict,
                "causes": causes.collect::<Vec<_>>(),
                "wizards": [{ "wizard": "s", "steps": [{ "step": "apply", "node": null,
                    "function": "run", "fuel": fuel, "memory_bytes": 0 }] }],
            })
        });
        let report = json!({
            "tool": { "name": "greentic-provision", "version": "0.1.0" }, "profile": "core",
            "shard": null, "finished": true, "packs": packs.collect::<Vec<Value>>(),
        });
        serde_json::from_value(report).expect("a report")
    }

    #[test]
    fn verdicts_causes_packs_and_fuel_are_told_apart() {
        let old = report(&[
            ("a", "pass", &[], 100),
            ("b", "fail", &["E_TRAP"], 100),
            ("c", "pass", &[], 100),
        ]);
        let new = report(&[
            ("a", "fail", &["E_TRAP"], 105),
            ("b", "pass", &[], 150),
            ("d", "pass", &[], 1),
        ]);
        let found = changes(&old, &new);
        let (pass, fail) = (Verdict::Pass, Verdict::Fail);
        assert_eq!(
            found.verdicts,
            [("a".into(), pass, fail), ("b".into(), fail, pass)]
        );
        assert_eq!(found.added, [("d".into(), pass)]);
        assert_eq!(found.removed, [("c".into(), pass)]);
        let packs = |carriers: &Carriers| -> Vec<String> {
            let packs = carriers.values().flat_map(|c| &c.packs);
            packs.cloned().collect()
        };
        assert_eq!(
            (packs(&found.appeared), packs(&found.gone)),
            (vec!["a".into()], vec!["b".into()])
        );
        assert_eq!(found.fuel, [("b, s: apply, run".into(), 100, 150)]);
        assert!(found.is_worse());
    }

    #[test]
    fn run_is_worse_by_a_required_cause_and_not_by_advice() {
        let old = report(&[("a", "fail", &["E_TRAP"], 1)]);
        assert!(changes(&old, &old).is_empty());
        let advice = report(&[("a", "fail", &["E_TRAP", "E_ADVICE"], 1)]);
        assert!(!changes(&old, &advice).is_worse());
        let another = report(&[("a", "fail", &["E_TRAP", "E_FUEL"], 1)]);
        assert!(changes(&old, &another).is_worse());
        assert!(!changes(&another, &old).is_worse());
        let added = report(&[("a", "fail", &["E_TRAP"], 1), ("b", "fail", &[], 1)]);
        assert!(changes(&old, &added).is_worse());
    }
}
