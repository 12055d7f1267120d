//! [`Campaign`]: chooses the next input, and keeps the results so far.

use super::changes::changed;
use super::input::{FuzzInputSpec, Input, answer, with_answer};
use super::target_runner::{Found, SLOW, Tried, same_kind};
use crate::generators::json::Dictionary;
use crate::subject::ProbeOutcome;
use provision_core::Finding;
use provision_core::codes::FindingCode;
use provision_core::rng::Rng;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Bytes of an input that changes may add, roughly.
const LONGEST: usize = 2048;
/// Attempts to replace an input that a change made too long.
const RETRIES: usize = 4;
/// Unconfirmed claims of one kind of violation, after which it is dropped.
const MAX_UNCONFIRMED: usize = 8;

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

/// Whether the run used up its fuel or its time. Most changes of its input do so again,
/// and the code that such a run reaches is not counted, so that it leads nowhere.
fn is_slow(tried: &Tried) -> bool {
    let ProbeOutcome::Crashed { code, .. } = &tried.outcome else {
        return false;
    };
    SLOW.contains(code)
}

/// The state of fuzzing one pack. The same seed and the same results of the
/// [`TargetRunner`](super::TargetRunner) lead to the same campaign.
pub struct Campaign {
    specs: Vec<Arc<FuzzInputSpec>>,
    dictionary: Dictionary,
    rng: Rng,
    /// Inputs with new coverage or a new ending, with the index of their spec.
    corpus: Vec<(usize, Input)>,
    /// Seeds that did not run yet, the next one last.
    seeds: Vec<(usize, Input)>,
    /// Inputs that reached new code, as indices into `corpus`, the latest last,
    /// each with the number of dictionary entries already used on it: every
    /// question is answered with every entry.
    dictionary_queue: Vec<(usize, usize)>,
    /// For each counter, a bit for each size of count that was seen.
    seen: Vec<u16>,
    /// The endings of wizards that were seen, with the wizard's name.
    ended: BTreeSet<(String, String)>,
    /// Violations that a thread is confirming or has confirmed, by wizard.
    claimed: Vec<(String, Finding)>,
    /// Number of unconfirmed claims, by wizard and code.
    unconfirmed: BTreeMap<(String, FindingCode), usize>,
    /// Wizards that can be judged: one of their steps ran or crashed.
    judged: BTreeSet<String>,
    found: Vec<Found>,
    answered: BTreeMap<(String, String), Answered>,
    runs: u64,
}

/// The outcomes of runs with a changed answer to one question.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Answered {
    /// Runs that completed.
    pub accepted: u64,
    /// Runs that were refused.
    pub refused: u64,
    /// Runs in which a step crashed.
    pub broke: u64,
}

/// The progress of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Runs of a wizard.
    pub runs: u64,
    /// Counters that were reached.
    pub edges: usize,
    /// Inputs with new coverage or a new ending.
    pub corpus: usize,
    /// Violations.
    pub findings: usize,
}

impl Campaign {
    /// Starts from the base inputs and seeds of `specs`; `dictionary` holds the
    /// values that the guests compare with.
    #[must_use]
    pub fn new(specs: Vec<FuzzInputSpec>, dictionary: Dictionary, seed: u64) -> Self {
        let bases = specs.iter().enumerate();
        let corpus = bases.map(|(at, spec)| (at, spec.base.clone())).collect();
        let seeds = specs.iter().enumerate();
        let mut seeds: Vec<(usize, Input)> = seeds
            .flat_map(|(at, spec)| spec.seeds.iter().map(move |s| (at, s.clone())))
            .collect();
        // What users answer comes first, each once.
        for (at, spec) in specs.iter().enumerate() {
            seeds.extend(spec.valid.iter().rev().map(|input| (at, input.clone())));
        }
        let bases = specs.iter().enumerate();
        seeds.extend(bases.map(|(at, spec)| (at, spec.base.clone())));
        Self {
            specs: specs.into_iter().map(Arc::new).collect(),
            dictionary,
            rng: Rng::new(seed),
            corpus,
            seeds,
            dictionary_queue: Vec::new(),
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

    /// The next input, and its spec; `None` if there is nothing to fuzz.
    pub fn next_input(&mut self) -> Option<(Input, Arc<FuzzInputSpec>)> {
        let (at, input) = match self.seeds.pop() {
            Some(seed) => seed,
            // NB: only half the time, so that other changes get their turn.
            None if self.rng.one_in(2) => match self.next_dictionary_input() {
                Some(next) => next,
                None => self.mutated_input()?,
            },
            None => self.mutated_input()?,
        };
        Some((input, Arc::clone(self.specs.get(at)?)))
    }

    /// The latest input that reached new code, with the next dictionary entry as an
    /// answer.
    fn next_dictionary_input(&mut self) -> Option<(usize, Input)> {
        let (entry, used) = self.dictionary_queue.last_mut()?;
        let (at, input) = self.corpus.get(*entry)?;
        let spec = self.specs.get(*at)?;
        let Dictionary { texts, numbers, .. } = &self.dictionary;
        let entries = texts.len() + numbers.len();
        let Some(question) = spec.questions.get(*used / entries.max(1)) else {
            self.dictionary_queue.pop();
            return None;
        };
        let index = *used % entries.max(1);
        *used += 1;
        let value = match texts.get(index) {
            Some(text) => Value::from(text.as_str()),
            None => Value::from(numbers.get(index - texts.len()).copied()),
        };
        Some((*at, with_answer(input, question, Some(value))))
    }

    /// A changed input of the corpus.
    fn mutated_input(&mut self) -> Option<(usize, Input)> {
        let len = self.corpus.len();
        // Prefer inputs that were added lately.
        let pick = self.rng.below(len).max(self.rng.below(len));
        let (at, input) = self.corpus.get(pick)?;
        let of_same: Vec<&Input> = self
            .corpus
            .iter()
            .filter(|(other, _)| other == at)
            .map(|(_, input)| input)
            .collect();
        let other = of_same.get(self.rng.below(of_same.len()))?;
        let spec = self.specs.get(*at)?;
        let mut candidate = changed(input, other, spec, &mut self.rng, &self.dictionary);
        // Long inputs are slow, and short ones reach the same code.
        let longest = LONGEST + 2 * weight(&spec.base);
        for _ in 0..RETRIES {
            if weight(&candidate) <= longest {
                break;
            }
            candidate = changed(&spec.base, other, spec, &mut self.rng, &self.dictionary);
        }
        Some((*at, candidate))
    }

    /// Records the result of `input`. Returns whether it showed new coverage or a
    /// new ending, and those of its findings that are not claimed yet.
    pub fn learn(&mut self, input: &Input, tried: &Tried) -> (bool, Vec<Finding>) {
        self.runs += 1;
        let (new, new_code) = self.is_new(input, tried);
        let crashed = matches!(tried.outcome, ProbeOutcome::Crashed { .. });
        let ran = tried.executed > 0 && !matches!(tried.outcome, ProbeOutcome::Inconclusive(_));
        if crashed || ran {
            self.judged.insert(input.wizard.clone());
        }
        let at = self
            .specs
            .iter()
            .position(|spec| spec.base.wizard == input.wizard);
        if let Some(at) = at {
            self.count(at, input, &tried.outcome);
            let kept = new && !is_slow(tried);
            if kept {
                self.corpus.push((at, input.clone()));
            }
            if kept && new_code {
                self.dictionary_queue.push((self.corpus.len() - 1, 0));
            }
        }
        (new, self.claim(input, tried.findings.clone()))
    }

    /// Whether the run showed anything new, and whether that is new code.
    fn is_new(&mut self, input: &Input, tried: &Tried) -> (bool, bool) {
        let (mut new, mut new_code) = (false, false);
        for (at, size) in &tried.reached {
            let at = *at as usize;
            if at >= self.seen.len() {
                self.seen.resize(at + 1, 0);
            }
            let bit = 1u16 << size;
            new_code |= self.seen[at] == 0;
            new |= self.seen[at] & bit == 0;
            self.seen[at] |= bit;
        }
        if let Some(ended) = &tried.ended {
            new |= self.ended.insert((input.wizard.clone(), ended.clone()));
        }
        (new, new_code)
    }

    /// Claims `findings` for the caller to confirm. Returns those that were not
    /// claimed yet.
    pub fn claim(&mut self, input: &Input, findings: Vec<Finding>) -> Vec<Finding> {
        let mut unclaimed = Vec::new();
        for finding in findings {
            let mut known = self.claimed.iter();
            if !known.any(|(wizard, f)| *wizard == input.wizard && same_kind(f, &finding)) {
                let wizard = input.wizard.clone();
                self.claimed.push((wizard, finding.clone()));
                unclaimed.push(finding);
            }
        }
        unclaimed
    }

    /// Takes back a claim whose violation the uninstrumented guest did not show,
    /// because another input may show it. Some violations never show there, so
    /// after `MAX_UNCONFIRMED` attempts the claim stays.
    pub fn give_up(&mut self, input: &Input, finding: &Finding) {
        let is = |(wizard, f): &(String, Finding)| *wizard == input.wizard && same_kind(f, finding);
        if let Some(at) = self.claimed.iter().position(is) {
            let (wizard, finding) = self.claimed.swap_remove(at);
            let attempts = self
                .unconfirmed
                .entry((wizard.clone(), finding.code.clone()))
                .or_default();
            *attempts += 1;
            if *attempts >= MAX_UNCONFIRMED {
                self.claimed.push((wizard, finding));
            }
        }
    }

    fn count(&mut self, at: usize, input: &Input, outcome: &ProbeOutcome) {
        let Some(spec) = self.specs.get(at) else {
            return;
        };
        for question in &spec.questions {
            if answer(input, question) == answer(&spec.base, question) {
                continue;
            }
            let key = (input.wizard.clone(), question.id.clone());
            let answered = self.answered.entry(key).or_default();
            match outcome {
                ProbeOutcome::Accepted => answered.accepted += 1,
                ProbeOutcome::Rejected(_) => answered.refused += 1,
                ProbeOutcome::Crashed { .. } => answered.broke += 1,
                ProbeOutcome::Inconclusive(_) => {}
            }
        }
    }

    /// Keeps a confirmed violation.
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

    /// Wizards that cannot be judged: no input made one of their steps run or
    /// crash.
    #[must_use]
    pub fn unjudged(&self) -> Vec<String> {
        let all = self.specs.iter().map(|spec| &spec.base.wizard);
        all.filter(|w| !self.judged.contains(*w)).cloned().collect()
    }

    /// How many of the `len` counters from `first` on were reached.
    #[must_use]
    pub fn reached(&self, first: u32, len: u32) -> usize {
        let all = self.seen.iter().skip(first as usize).take(len as usize);
        all.filter(|sizes| **sizes > 0).count()
    }

    /// The outcomes of changed answers, by wizard and question.
    #[must_use]
    pub fn answered(&self) -> &BTreeMap<(String, String), Answered> {
        &self.answered
    }

    /// The progress so far.
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
