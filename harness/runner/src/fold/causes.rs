//! The causes of a whole run: how many packs each has.

use super::mendable::Mendable;
use super::run::PackRun;
use provision_core::FindingCode;
use provision_oracle::causes::normal;
use provision_oracle::{Bite, Cause, Level};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Different causes that a table keeps, at most. Further ones are only counted.
const MOST_ROWS: usize = 10_000;

/// Counts the packs that have each cause. Two packs have the same cause if its code and
/// its level are equal, and, where it is about a component, its text without names and
/// numbers.
#[derive(Debug)]
pub struct CauseTable {
    level: Level,
    rows: BTreeMap<Key, CauseRow>,
    left_out: usize,
    mendable: Mendable,
}

type Key = (FindingCode, Level, String);

/// One cause and the packs that have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CauseRow {
    /// Its level.
    pub level: Level,
    /// Whether the profile requires no check that found it.
    pub is_advice: bool,
    /// Where users meet it.
    pub bite: Bite,
    /// The code.
    pub code: FindingCode,
    /// The defect; without names and numbers if these differ between packs.
    pub what: String,
    /// The number of packs.
    pub packs: usize,
    /// The label of the first of them.
    pub first: String,
    /// What the publisher of the first of them should do, in one line.
    pub fix: String,
    /// The check that decides it in the first of them.
    pub check: Option<String>,
}

impl CauseTable {
    /// An empty table of a run whose profile requires checks up to `level`.
    #[must_use]
    pub fn new(level: Level) -> Self {
        Self {
            level,
            rows: BTreeMap::new(),
            left_out: 0,
            mendable: Mendable::default(),
        }
    }

    /// Adds the causes of a pack that follow from no other, and its findings.
    pub fn add(&mut self, pack: &PackRun) {
        self.mendable.add(Mendable::of(pack));
        let mut counted = BTreeSet::new();
        for cause in pack.causes.iter().filter(|c| c.blocked_by.is_none()) {
            let what = match cause.about {
                Some(_) => normal(&cause.what),
                None => cause.code.sentence().unwrap_or_default().to_owned(),
            };
            let key = (cause.code.clone(), cause.level, what);
            let is_new = counted.insert(key.clone());
            let room = self.rows.len() < MOST_ROWS;
            match self.rows.get_mut(&key) {
                Some(row) => row.add(cause, is_new, &key.2),
                None if room => {
                    let row = CauseRow::of(cause, pack.label(), self.level);
                    self.rows.insert(key, row);
                }
                None => self.left_out += 1,
            }
        }
    }

    /// The causes: those that the profile requires to mend first, then advice, each from
    /// the one with the most packs.
    #[must_use]
    pub fn rows(&self) -> Vec<&CauseRow> {
        let mut rows: Vec<&CauseRow> = self.rows.values().collect();
        rows.sort_by_key(|row| (row.is_advice, Reverse(row.packs), row.level, row.bite));
        rows
    }

    /// How many findings of all packs `pack fix` mends.
    #[must_use]
    pub fn mendable(&self) -> Mendable {
        self.mendable
    }

    /// How many causes are not in the table, because it is full.
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.left_out
    }
}

impl CauseRow {
    fn of(cause: &Cause, label: &str, level: Level) -> Self {
        Self {
            level: cause.level,
            is_advice: cause.level > level,
            bite: cause.bite,
            code: cause.code.clone(),
            what: cause.what.clone(),
            packs: 1,
            first: label.to_owned(),
            fix: cause.fix.clone().into_owned(),
            check: cause.checks.first().cloned(),
        }
    }

    fn add(&mut self, cause: &Cause, is_new: bool, what: &str) {
        self.packs += usize::from(is_new);
        if cause.what != self.what && !what.is_empty() {
            what.clone_into(&mut self.what);
        }
        self.bite = self.bite.min(cause.bite);
    }
}
