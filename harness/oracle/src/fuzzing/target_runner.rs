//! [`TargetRunner`]: runs an input and finds violations in the result.

use super::input::{FuzzInputSpec, Input, answer, with_answer};
use crate::checks::unsettled;
use crate::probe_outcome::outcome_of;
use crate::run_diff::differences;
use crate::secret_scan::{Leak, of_canaries};
use crate::shrink::minimise;
use crate::subject::ProbeOutcome;
use provision_core::codes::CheckCode;
use provision_core::wizard::{
    InstalledState, Outcome, ProvisionMode, ProvisionStep, StepCode, StepExecutor, Wizard,
    WizardKind, WizardRun,
};
use provision_core::{Finding, Limits, Pack};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Runs to shrink an input, and the same for violations whose runs are slow.
const TRIES: (usize, usize) = (200, 12);

/// The failures of steps that run until a bound ends them: each run takes as long.
pub(super) const SLOW: [StepCode; 2] = [StepCode::Fuel, StepCode::Deadline];

/// Runs inputs on the wizards of one pack.
pub struct TargetRunner<'b> {
    /// Runs guests that are instrumented for coverage.
    pub executor: &'b dyn StepExecutor,
    /// The coverage since the last call: counters with their counts.
    pub hits: &'b dyn Fn() -> Vec<(u32, u8)>,
    /// Runs guests without instrumentation. A violation that it does not show again
    /// is no finding.
    pub plain: &'b dyn StepExecutor,
    /// The pack.
    pub pack: &'b Pack,
    /// Its wizards.
    pub wizards: &'b [Wizard],
    /// Bounds.
    pub limits: &'b Limits,
}

/// The result of running an input.
#[derive(Debug)]
pub struct Tried {
    /// The coverage: counters with the size of their counts.
    pub reached: Vec<(u32, u8)>,
    /// The ending of the wizard; `None` without coverage. After a trap the counters
    /// of the step are lost, so the ending is all that distinguishes such runs.
    pub ended: Option<String>,
    /// The outcome of the run.
    pub outcome: ProbeOutcome,
    /// Steps that a guest ran to an answer.
    pub executed: usize,
    /// The violations.
    pub findings: Vec<Finding>,
}

/// A violation and the smallest input that was found to show it.
#[derive(Debug, Clone)]
pub struct Found {
    /// The violation.
    pub finding: Finding,
    /// The shrunk input.
    pub input: Input,
    /// The number of runs that shrinking took.
    pub tries: usize,
}

impl TargetRunner<'_> {
    /// Runs `input` once.
    #[must_use]
    pub fn try_once(&self, input: &Input, spec: &FuzzInputSpec) -> Option<Tried> {
        let run = self.run(self.executor, input)?;
        let hits = (self.hits)();
        let outcome = outcome_of(&run);
        Some(Tried {
            reached: hits.iter().map(|(at, count)| (*at, size(*count))).collect(),
            ended: (!hits.is_empty()).then(|| ending(&outcome)),
            findings: self.violations(input, spec, &run, &outcome),
            executed: run.executed(),
            outcome,
        })
    }

    /// Judges an input that showed something new more closely, without
    /// instrumentation: one run under the usual bounds, a second equal run unless the
    /// first ran into a bound on time, and a run on the state that the first left.
    #[must_use]
    pub fn look_again(&self, input: &Input, spec: &FuzzInputSpec) -> Vec<Finding> {
        let Some(first) = self.run(self.plain, input) else {
            return Vec::new();
        };
        let mut found = self.violations(input, spec, &first, &outcome_of(&first));
        let mut failures = first.steps.iter().filter_map(|step| step.failure());
        let second = if failures.any(|failure| SLOW.contains(&failure.code)) {
            None
        } else {
            self.run(self.plain, input)
        };
        if let Some(second) = second {
            found.extend(differences(&first, &second));
        }
        found.extend(self.unsettled(input, spec, &first));
        found.extend(hidden_leaks(input, spec, &first));
        found
    }

    /// Confirms `wanted` without instrumentation, and shrinks the input. `None` if
    /// the violation does not show again.
    #[must_use]
    pub fn confirm(&self, wanted: &Finding, input: &Input, spec: &FuzzInputSpec) -> Option<Found> {
        // The same input is asked for as a candidate, as the start of shrinking and as its
        // result; each run of a guest that loops takes as long as the fuel lasts.
        let known: RefCell<Vec<(Input, Option<Finding>)>> = RefCell::default();
        let shown = |input: &Input| {
            let ran = known.borrow().iter().find(|(ran, _)| ran == input).cloned();
            if let Some((_, shown)) = ran {
                return shown;
            }
            let shown = self.shown(input, spec, wanted);
            known.borrow_mut().push((input.clone(), shown.clone()));
            shown
        };
        let shows = |input: &Input| shown(input).is_some();
        if !shows(input) {
            return None;
        }
        let is_slow = SLOW.into_iter().any(|code| wanted.code == code.into());
        let most = if is_slow { TRIES.1 } else { TRIES.0 };
        let (mut best, mut tries) = nearest(input, spec, most, shows);
        let value = json!([best.inputs.answers, best.own, best.inputs.existing_state]);
        let small = minimise(&value, most.saturating_sub(tries), |value| {
            with_parts(&best, value).is_some_and(|input| shows(&input))
        });
        tries += small.asked;
        if let Some(input) = with_parts(&best, &small.value).filter(|_| small.fails) {
            best = input;
        }
        // Report the finding as the shrunk input shows it.
        let finding = shown(&best)?;
        Some(Found {
            finding,
            input: best,
            tries,
        })
    }

    /// The finding of the same kind as `wanted` that `input` shows, if it does.
    #[must_use]
    pub fn shown(&self, input: &Input, spec: &FuzzInputSpec, wanted: &Finding) -> Option<Finding> {
        let findings = if needs_two_runs(wanted) {
            self.look_again(input, spec)
        } else {
            let run = self.run(self.plain, input)?;
            let mut found = self.violations(input, spec, &run, &outcome_of(&run));
            if wanted.code == CheckCode::SecretShown.into() {
                found.extend(hidden_leaks(input, spec, &run));
            }
            found
        };
        findings.into_iter().find(|f| same_kind(f, wanted))
    }

    fn run(&self, executor: &dyn StepExecutor, input: &Input) -> Option<WizardRun> {
        input.run(executor, self.pack, self.wizards, self.limits)
    }

    fn violations(
        &self,
        input: &Input,
        spec: &FuzzInputSpec,
        run: &WizardRun,
        outcome: &ProbeOutcome,
    ) -> Vec<Finding> {
        let mut found = Vec::new();
        match outcome {
            ProbeOutcome::Crashed {
                step,
                code,
                message,
            } => {
                let expected = "an answer to any input, or a refusal";
                found.push(Finding::new(*code, step, expected, message));
            }
            ProbeOutcome::Rejected(_) => found.extend(accepted_by_validate(run)),
            ProbeOutcome::Accepted | ProbeOutcome::Inconclusive(_) => {}
        }
        for step in &run.steps {
            let blamed = step
                .failure()
                .filter(|f| f.code.is_error() && f.code != StepCode::Unsupported);
            found.extend(blamed.map(|f| {
                let expected = "an outcome that is the guest's own";
                Finding::new(f.code, step.name(), expected, f.message.clone())
            }));
        }
        found.extend(shown_leaks(input, spec, spec.search.of_run(run)));
        found
    }

    /// The violation if a second setup, on the state that the first left, changes
    /// that state.
    fn unsettled(&self, input: &Input, spec: &FuzzInputSpec, first: &WizardRun) -> Option<Finding> {
        if spec.kind != WizardKind::Setup
            || !first.completed()
            || input.inputs.existing_state.is_some()
            || input.mode != ProvisionMode::DryRun
        {
            return None;
        }
        let mut left = InstalledState::default();
        left.apply(&first.plan);
        let mut again = input.clone();
        again.inputs.existing_state = Some(left.existing());
        let second = self.run(self.plain, &again)?;
        if !second.completed() {
            return None;
        }
        unsettled(&first.plan, &second.plan)
            .ok()?
            .into_iter()
            .next()
    }
}

/// The leaks of secrets in any known form, such as a list of bytes. Decoding all output
/// takes longer than the run, so only inputs that show something new are judged so.
fn hidden_leaks(input: &Input, spec: &FuzzInputSpec, run: &WizardRun) -> Vec<Finding> {
    shown_leaks(input, spec, of_canaries(&spec.canaries, run).leaks)
}

/// Those of `leaks` whose secret the input leaves as it is.
fn shown_leaks(input: &Input, spec: &FuzzInputSpec, leaks: BTreeSet<Leak>) -> Vec<Finding> {
    if leaks.is_empty() {
        return Vec::new();
    }
    let unchanged = unchanged_secrets(input, spec);
    let leaks = leaks.into_iter().filter(|l| unchanged.contains(&l.key));
    let found = leaks.map(|leak| {
        let actual = format!("`{}` shows in {} form", leak.key, leak.form);
        let code = CheckCode::SecretShown;
        Finding::new(code, leak.at, "no secret anywhere", actual)
    });
    found.collect()
}

/// Keys of the secrets that the input neither changes nor copies into another
/// answer: a copied value is no secret there, so its output is no leak.
fn unchanged_secrets(input: &Input, spec: &FuzzInputSpec) -> Vec<String> {
    let changed = |key: &str| {
        let mut questions = spec.questions.iter();
        let question = questions.find(|q| q.id == *key);
        question.is_some_and(|q| answer(input, q) != answer(&spec.base, q))
    };
    let text = |input: &Input| json!([input.inputs, input.own]).to_string();
    let (now, then) = (text(input), text(&spec.base));
    let secrets = spec.secrets.iter();
    let unchanged = secrets.filter(|(key, secret)| {
        let count = |text: &str| text.matches(secret.as_str()).count();
        !changed(key) && count(&now) <= count(&then)
    });
    unchanged.map(|(key, _)| key.clone()).collect()
}

/// Whether it takes two runs to show the violation.
fn needs_two_runs(wanted: &Finding) -> bool {
    wanted.code.is_difference()
}

/// Whether two findings have the same code and place.
pub(super) fn same_kind(a: &Finding, b: &Finding) -> bool {
    a.code == b.code && a.at == b.at
}

/// The violation if validate accepts answers that apply then refuses.
fn accepted_by_validate(run: &WizardRun) -> Option<Finding> {
    let step = |step| run.steps.iter().find(move |s| s.step == step && !s.by_host);
    let (validate, apply) = (step(ProvisionStep::Validate)?, step(ProvisionStep::Apply)?);
    let refused = apply.failure().is_some_and(|f| f.code == StepCode::Step)
        || run.outcome
            == Outcome::Refused {
                step: ProvisionStep::Apply,
            };
    (validate.output().is_some() && refused).then(|| {
        let message = match apply.failure() {
            Some(failure) => failure.message.clone(),
            None => "a diagnostic of severity error".into(),
        };
        let expected = "a refusal by validate, before anything is applied";
        Finding::new(CheckCode::ValidateAccepts, apply.name(), expected, message)
    })
}

/// Restores one part of the valid input.
type Restore<'g> = Box<dyn Fn(&Input) -> Input + 'g>;

/// `input` with as many parts as possible restored from the valid input, and the
/// number of runs that this took.
fn nearest(
    input: &Input,
    spec: &FuzzInputSpec,
    most: usize,
    shows: impl Fn(&Input) -> bool,
) -> (Input, usize) {
    let mut best = input.clone();
    let mut tries = 0;
    let base = &spec.base;
    let mut candidates: Vec<Restore<'_>> = vec![
        Box::new(|_| base.clone()),
        Box::new(|i| Input {
            mode: base.mode,
            ..i.clone()
        }),
        Box::new(|i| {
            let mut i = i.clone();
            i.inputs.answers.clone_from(&base.inputs.answers);
            i
        }),
        Box::new(|i| Input {
            own: base.own.clone(),
            ..i.clone()
        }),
        Box::new(|i| {
            let mut i = i.clone();
            i.inputs.existing_state = None;
            i
        }),
        Box::new(|i| {
            let mut inputs = base.inputs.clone();
            inputs.answers.clone_from(&i.inputs.answers);
            inputs.existing_state.clone_from(&i.inputs.existing_state);
            Input {
                inputs,
                ..i.clone()
            }
        }),
    ];
    for question in &spec.questions {
        candidates.push(Box::new(|i| {
            with_answer(i, question, answer(base, question).cloned())
        }));
    }
    for candidate in candidates {
        let restored = candidate(&best);
        if tries < most && restored != best {
            tries += 1;
            if shows(&restored) {
                best = restored;
            }
        }
    }
    (best, tries)
}

/// `input` with the three parts of `value`; `None` if shrinking removed one.
fn with_parts(input: &Input, value: &Value) -> Option<Input> {
    let [answers, own, state] = value.as_array()?.as_slice() else {
        return None;
    };
    let non_null = |value: &Value| (!value.is_null()).then(|| value.clone());
    let mut input = input.clone();
    input.inputs.answers = answers.clone();
    input.own = non_null(own);
    input.inputs.existing_state = non_null(state);
    Some(input)
}

/// The size class of a count, as in AFL: 1, 2, 3, 4 to 7, ….
fn size(count: u8) -> u8 {
    match count {
        0..=3 => count,
        4..=7 => 4,
        8..=15 => 5,
        16..=31 => 6,
        32..=127 => 7,
        128.. => 8,
    }
}

/// The ending of a wizard, without the message of the guest.
fn ending(outcome: &ProbeOutcome) -> String {
    match outcome {
        ProbeOutcome::Accepted => "accepted".to_owned(),
        ProbeOutcome::Rejected(_) => "refused".to_owned(),
        ProbeOutcome::Crashed { step, code, .. } => format!("{step} {}", code.code()),
        ProbeOutcome::Inconclusive(_) => "unknown".to_owned(),
    }
}
