//! [`Campaign`]: what to try next, and what was learned so far.

use super::bench::{Found, Tried, same};
use super::changes::changed;
use super::input::{Ground, Input, answer};
use crate::generators::json::Dictionary;
use crate::generators::numbers::Numbers;
use crate::observe::probe::Took;
use provision_core::Finding;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

/// What was learned of one pack. The same seed and the same answers of the
/// bench lead to the same campaign.
pub struct Campaign {
    ground: Vec<Arc<Ground>>,
    words: Dictionary,
    numbers: Numbers,
    /// Inputs that showed something new, with their ground.
    corpus: Vec<(usize, Input)>,
    /// Seeds that were not tried yet, the next one last.
    seeds: Vec<(usize, Input)>,
    features: HashSet<u64>,
    counters: BTreeSet<u32>,
    claimed: Vec<(String, Finding)>,
    found: Vec<Found>,
    answered: BTreeMap<(String, String), Answered>,
    runs: u64,
}

/// How a wizard took other answers to one question.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Answered {
    /// Runs that completed.
    pub accepted: u64,
    /// Runs that were refused.
    pub refused: u64,
    /// Runs in which a step broke.
    pub broke: u64,
}

/// How far a campaign is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Runs of a wizard.
    pub runs: u64,
    /// Counters that were reached.
    pub edges: usize,
    /// Inputs that showed something new.
    pub corpus: usize,
    /// Violations.
    pub findings: usize,
}

impl Campaign {
    /// Starts from `ground`; `words` are what the guests look for.
    #[must_use]
    pub fn new(ground: Vec<Ground>, words: Dictionary, seed: u64) -> Self {
        let bases = ground.iter().enumerate();
        let corpus = bases.map(|(at, g)| (at, g.base.clone())).collect();
        let seeds = ground.iter().enumerate();
        let mut seeds: Vec<(usize, Input)> = seeds
            .flat_map(|(at, g)| g.seeds.iter().map(move |s| (at, s.clone())))
            .collect();
        let bases = ground.iter().enumerate();
        seeds.extend(bases.map(|(at, g)| (at, g.base.clone())));
        Self {
            ground: ground.into_iter().map(Arc::new).collect(),
            words,
            numbers: Numbers::new(seed),
            corpus,
            seeds,
            features: HashSet::new(),
            counters: BTreeSet::new(),
            claimed: Vec::new(),
            found: Vec::new(),
            answered: BTreeMap::new(),
            runs: 0,
        }
    }

    /// The next input to try, and its ground; `None` where there is nothing
    /// to fuzz.
    pub fn next_input(&mut self) -> Option<(Input, Arc<Ground>)> {
        let (at, input) = match self.seeds.pop() {
            Some(seed) => seed,
            None => self.fresh()?,
        };
        Some((input, Arc::clone(self.ground.get(at)?)))
    }

    fn fresh(&mut self) -> Option<(usize, Input)> {
        let len = self.corpus.len();
        // What showed something new lately is worth more.
        let pick = self.numbers.below(len).max(self.numbers.below(len));
        let (at, input) = self.corpus.get(pick)?;
        let of_same: Vec<&Input> = self
            .corpus
            .iter()
            .filter(|(other, _)| other == at)
            .map(|(_, input)| input)
            .collect();
        let other = of_same.get(self.numbers.below(of_same.len()))?;
        let ground = self.ground.get(*at)?;
        let input = changed(input, other, ground, (&mut self.numbers, &self.words));
        Some((*at, input))
    }

    /// Learns what came of `input`: whether it showed something new, and which
    /// of its findings nobody looks into yet.
    pub fn learn(&mut self, input: &Input, tried: &Tried) -> (bool, Vec<Finding>) {
        self.runs += 1;
        let before = self.features.len();
        self.features.extend(&tried.features);
        let new = self.features.len() > before;
        let edges = tried.features.iter().filter(|f| **f >> 63 == 0);
        self.counters.extend(edges.map(|f| (f / 16) as u32));
        let at = self
            .ground
            .iter()
            .position(|g| g.base.wizard == input.wizard);
        if let Some(at) = at {
            self.count(at, input, &tried.took);
            if new {
                self.corpus.push((at, input.clone()));
            }
        }
        (new, self.claim(input, tried.findings.clone()))
    }

    /// Those of `findings` that nobody looks into yet. From now on, somebody
    /// does.
    pub fn claim(&mut self, input: &Input, findings: Vec<Finding>) -> Vec<Finding> {
        let mut fresh = Vec::new();
        for finding in findings {
            let known = self.claimed.iter();
            let mut known = known.filter(|(wizard, _)| *wizard == input.wizard);
            if !known.any(|(_, f)| same(f, &finding)) {
                self.claimed.push((input.wizard.clone(), finding.clone()));
                fresh.push(finding);
            }
        }
        fresh
    }

    fn count(&mut self, at: usize, input: &Input, took: &Took) {
        let Some(ground) = self.ground.get(at) else {
            return;
        };
        for question in &ground.questions {
            if answer(input, question) == answer(&ground.base, question) {
                continue;
            }
            let key = (input.wizard.clone(), question.id.clone());
            let answered = self.answered.entry(key).or_default();
            match took {
                Took::Accepted => answered.accepted += 1,
                Took::Refused(_) => answered.refused += 1,
                Took::Broke { .. } => answered.broke += 1,
                Took::Unknown(_) => {}
            }
        }
    }

    /// Keeps a violation that was confirmed.
    pub fn keep(&mut self, found: Found) {
        self.found.push(found);
    }

    /// The violations, sorted by wizard, code and place.
    #[must_use]
    pub fn found(&self) -> Vec<&Found> {
        let mut found: Vec<&Found> = self.found.iter().collect();
        found.sort_by_key(|f| (&f.input.wizard, &f.finding.code, &f.finding.at));
        found
    }

    /// Counters that were reached.
    #[must_use]
    pub fn counters(&self) -> &BTreeSet<u32> {
        &self.counters
    }

    /// How wizards took other answers, by wizard and question.
    #[must_use]
    pub fn answered(&self) -> &BTreeMap<(String, String), Answered> {
        &self.answered
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress {
            runs: self.runs,
            edges: self.counters.len(),
            corpus: self.corpus.len(),
            findings: self.found.len(),
        }
    }
}
