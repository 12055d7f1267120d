//! [`Campaign`]: what to try next, and what was learned so far.

use super::changes::changed;
use super::input::{FuzzInputSpec, Input, answer, answered};
use super::target_runner::{Found, Tried, same};
use crate::generators::json::Dictionary;
use crate::generators::rng::Rng;
use crate::subject::ProbeOutcome;
use provision_core::Finding;
use provision_core::codes::FindingCode;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Bytes of an input that changes may add, roughly.
const LONGEST: usize = 2048;
/// How often a change is tried again that made an input too long.
const RETRIES: usize = 4;
/// How often one kind of violation is looked into in vain.
const IN_VAIN: usize = 8;

/// Bytes of the values in `input`, roughly.
fn weight(input: &Input) -> usize {
    fn of(value: &Value) -> usize {
        8 + match value {
            Value::String(text) => text.len(),
            Value::Array(items) => items.iter().map(of).sum(),
            Value::Object(map) => map.iter().map(|(key, value)| key.len() + of(value)).sum(),
            _ => 0,
        }
    }
    let inputs = &input.inputs;
    let values = [
        Some(&inputs.answers),
        input.own.as_ref(),
        inputs.existing_state.as_ref(),
    ];
    let texts = inputs.provider_id.len() + inputs.install_id.len();
    values.into_iter().flatten().map(of).sum::<usize>() + texts
}

/// What was learned of one pack. The same seed and the same answers of the
/// bench lead to the same campaign.
pub struct Campaign {
    ground: Vec<Arc<FuzzInputSpec>>,
    words: Dictionary,
    numbers: Rng,
    /// Inputs that showed something new, with their ground.
    corpus: Vec<(usize, Input)>,
    /// Seeds that were not tried yet, the next one last.
    seeds: Vec<(usize, Input)>,
    /// Inputs that reached new code, the latest last, and how many of the words
    /// were tried on each: every question is answered with every word.
    due: Vec<(usize, usize)>,
    /// Of each counter, the sizes of counts that were seen, a bit each.
    seen: Vec<u16>,
    /// How wizards ended, each by its name.
    ended: BTreeSet<(String, String)>,
    /// Violations that somebody looks into, or has confirmed, by wizard.
    claimed: Vec<(String, Finding)>,
    /// How often one could not be confirmed, by wizard and code.
    unconfirmed: BTreeMap<(String, FindingCode), usize>,
    /// Wizards of which anything can be said: their steps ran, or broke.
    judged: BTreeSet<String>,
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
    pub fn new(ground: Vec<FuzzInputSpec>, words: Dictionary, seed: u64) -> Self {
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
            numbers: Rng::new(seed),
            corpus,
            seeds,
            due: Vec::new(),
            seen: Vec::new(),
            ended: BTreeSet::new(),
            claimed: Vec::new(),
            unconfirmed: BTreeMap::new(),
            judged: BTreeSet::new(),
            found: Vec::new(),
            answered: BTreeMap::new(),
            runs: 0,
        }
    }

    /// The next input to try, and its ground; `None` where there is nothing
    /// to fuzz.
    pub fn next_input(&mut self) -> Option<(Input, Arc<FuzzInputSpec>)> {
        let (at, input) = match self.seeds.pop() {
            Some(seed) => seed,
            // NB: half the time; words are not everything.
            None if self.numbers.one_in(2) => match self.word_by_word() {
                Some(next) => next,
                None => self.fresh()?,
            },
            None => self.fresh()?,
        };
        Some((input, Arc::clone(self.ground.get(at)?)))
    }

    /// The input that reached new code last, with the next word for an answer.
    fn word_by_word(&mut self) -> Option<(usize, Input)> {
        let (entry, tried) = self.due.last_mut()?;
        let (at, input) = self.corpus.get(*entry)?;
        let ground = self.ground.get(*at)?;
        let Dictionary { texts, numbers, .. } = &self.words;
        let words = texts.len() + numbers.len();
        let Some(question) = ground.questions.get(*tried / words.max(1)) else {
            self.due.pop();
            return None;
        };
        let word = *tried % words.max(1);
        *tried += 1;
        let value = match texts.get(word) {
            Some(text) => Value::from(text.as_str()),
            None => Value::from(numbers.get(word - texts.len()).copied()),
        };
        Some((*at, answered(input, question, Some(value))))
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
        let mut candidate = changed(input, other, ground, (&mut self.numbers, &self.words));
        // Long inputs are slow, and what they reach, short ones do as well.
        let longest = LONGEST + 2 * weight(&ground.base);
        for _ in 0..RETRIES {
            if weight(&candidate) <= longest {
                break;
            }
            candidate = changed(
                &ground.base,
                other,
                ground,
                (&mut self.numbers, &self.words),
            );
        }
        Some((*at, candidate))
    }

    /// Learns what came of `input`: whether it showed something new, and which
    /// of its findings nobody looks into yet.
    pub fn learn(&mut self, input: &Input, tried: &Tried) -> (bool, Vec<Finding>) {
        self.runs += 1;
        let (new, code) = self.is_new(input, tried);
        let broke = matches!(tried.took, ProbeOutcome::Crashed { .. });
        let ran = tried.executed > 0 && !matches!(tried.took, ProbeOutcome::Inconclusive(_));
        if broke || ran {
            self.judged.insert(input.wizard.clone());
        }
        let at = self
            .ground
            .iter()
            .position(|g| g.base.wizard == input.wizard);
        if let Some(at) = at {
            self.count(at, input, &tried.took);
            if new {
                self.corpus.push((at, input.clone()));
            }
            if code {
                self.due.push((self.corpus.len() - 1, 0));
            }
        }
        (new, self.claim(input, tried.findings.clone()))
    }

    /// Whether it showed anything new, and whether that is new code.
    fn is_new(&mut self, input: &Input, tried: &Tried) -> (bool, bool) {
        let (mut new, mut code) = (false, false);
        for (at, size) in &tried.reached {
            let at = *at as usize;
            if at >= self.seen.len() {
                self.seen.resize(at + 1, 0);
            }
            let bit = 1u16 << size;
            code |= self.seen[at] == 0;
            new |= self.seen[at] & bit == 0;
            self.seen[at] |= bit;
        }
        if let Some(ended) = &tried.ended {
            new |= self.ended.insert((input.wizard.clone(), ended.clone()));
        }
        (new, code)
    }

    /// Those of `findings` that nobody looks into yet. From now on, somebody
    /// does.
    pub fn claim(&mut self, input: &Input, findings: Vec<Finding>) -> Vec<Finding> {
        let mut fresh = Vec::new();
        for finding in findings {
            let mut known = self.claimed.iter();
            if !known.any(|(wizard, f)| *wizard == input.wizard && same(f, &finding)) {
                let wizard = input.wizard.clone();
                self.claimed.push((wizard, finding.clone()));
                fresh.push(finding);
            }
        }
        fresh
    }

    /// Takes a claim back whose violation did not show where guests run as
    /// they are: another input may show it. Some never do, so that is done so
    /// often and no more.
    pub fn give_up(&mut self, input: &Input, finding: &Finding) {
        let is = |(wizard, f): &(String, Finding)| *wizard == input.wizard && same(f, finding);
        if let Some(at) = self.claimed.iter().position(is) {
            let (wizard, finding) = self.claimed.swap_remove(at);
            let tried = self
                .unconfirmed
                .entry((wizard.clone(), finding.code.clone()))
                .or_default();
            *tried += 1;
            if *tried >= IN_VAIN {
                self.claimed.push((wizard, finding));
            }
        }
    }

    fn count(&mut self, at: usize, input: &Input, took: &ProbeOutcome) {
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
                ProbeOutcome::Accepted => answered.accepted += 1,
                ProbeOutcome::Rejected(_) => answered.refused += 1,
                ProbeOutcome::Crashed { .. } => answered.broke += 1,
                ProbeOutcome::Inconclusive(_) => {}
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

    /// Wizards of which nothing can be said: no input made a step of theirs run,
    /// or break.
    #[must_use]
    pub fn unjudged(&self) -> Vec<String> {
        let all = self.ground.iter().map(|g| &g.base.wizard);
        all.filter(|w| !self.judged.contains(*w)).cloned().collect()
    }

    /// How many of the `len` counters from `first` on were reached.
    #[must_use]
    pub fn reached(&self, first: u32, len: u32) -> usize {
        let all = self.seen.iter().skip(first as usize).take(len as usize);
        all.filter(|sizes| **sizes > 0).count()
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
            edges: self.seen.iter().filter(|sizes| **sizes > 0).count(),
            corpus: self.corpus.len(),
            findings: self.found.len(),
        }
    }
}
