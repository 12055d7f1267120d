//! [`TargetRunner`]: tries an input and says what is wrong with what came of it.

use super::input::{FuzzInputSpec, Input, answer, answered};
use crate::checks::unsettled;
use crate::probe_outcome::took;
use crate::run_diff::differences;
use crate::shrink::minimise;
use crate::subject::ProbeOutcome;
use provision_core::codes::CheckCode;
use provision_core::wizard::{
    InstalledState, Outcome, ProvisionMode, ProvisionStep, StepCode, StepExecutor, Wizard,
    WizardKind, WizardRun,
};
use provision_core::{Finding, Limits, Pack};
use serde_json::{Value, json};

/// How often a run is repeated to make an input small; fewer where each takes
/// long.
const TRIES: (usize, usize) = (200, 12);

/// Where inputs are tried.
pub struct TargetRunner<'b> {
    /// Runs guests that count which of their code runs.
    pub executor: &'b dyn StepExecutor,
    /// What ran since it was last asked: a counter and its count.
    pub hits: &'b dyn Fn() -> Vec<(u32, u8)>,
    /// Runs guests as they are. What it does not show again is no finding.
    pub plain: &'b dyn StepExecutor,
    /// The pack.
    pub pack: &'b Pack,
    /// Its wizards.
    pub wizards: &'b [Wizard],
    /// Bounds.
    pub limits: &'b Limits,
}

/// What came of an input.
#[derive(Debug)]
pub struct Tried {
    /// What ran, and how often: counters with the size of their counts.
    pub reached: Vec<(u32, u8)>,
    /// How the wizard ended, where counters were asked for: after a trap
    /// nothing of the step is counted, and that it broke is all that is known.
    pub ended: Option<String>,
    /// How the wizard took it.
    pub took: ProbeOutcome,
    /// Steps that a guest really ran to an answer.
    pub executed: usize,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
}

/// A violation, and the least that shows it.
#[derive(Debug, Clone)]
pub struct Found {
    /// The violation.
    pub finding: Finding,
    /// The input, as small as it could be made.
    pub input: Input,
    /// How many runs making it small took.
    pub tries: usize,
}

impl TargetRunner<'_> {
    /// Runs `input` once.
    #[must_use]
    pub fn try_once(&self, input: &Input, ground: &FuzzInputSpec) -> Option<Tried> {
        let run = self.run(self.executor, input)?;
        let hits = (self.hits)();
        let took = took(&run);
        Some(Tried {
            reached: hits.iter().map(|(at, count)| (*at, size(*count))).collect(),
            ended: (!hits.is_empty()).then(|| ended(&took)),
            findings: self.wrong(input, ground, &run, &took),
            executed: run.executed(),
            took,
        })
    }

    /// Looks longer at an input that showed something new, where guests run as
    /// they are: under their own bounds, again, and once more on what it left.
    #[must_use]
    pub fn look_again(&self, input: &Input, ground: &FuzzInputSpec) -> Vec<Finding> {
        let Some(first) = self.run(self.plain, input) else {
            return Vec::new();
        };
        let mut found = self.wrong(input, ground, &first, &took(&first));
        if let Some(second) = self.run(self.plain, input) {
            found.extend(differences(&first, &second));
        }
        found.extend(self.unsettled(input, ground, &first));
        found
    }

    /// Whether `wanted` shows again where guests run as they are, and then on
    /// how little.
    #[must_use]
    pub fn confirm(
        &self,
        wanted: &Finding,
        input: &Input,
        ground: &FuzzInputSpec,
    ) -> Option<Found> {
        let shows = |input: &Input| self.shown(input, ground, wanted).is_some();
        if !shows(input) {
            return None;
        }
        let slow = [StepCode::Fuel, StepCode::Deadline];
        let most = if slow.into_iter().any(|code| wanted.code == code.into()) {
            TRIES.1
        } else {
            TRIES.0
        };
        let (mut best, mut tries) = nearest(input, ground, most, shows);
        let value = json!([best.inputs.answers, best.own, best.inputs.existing_state]);
        let small = minimise(&value, most.saturating_sub(tries), |value| {
            with(&best, value).is_some_and(|input| shows(&input))
        });
        tries += small.asked;
        if let Some(input) = with(&best, &small.value).filter(|_| small.fails) {
            best = input;
        }
        // The finding as the small input shows it.
        let finding = self.shown(&best, ground, wanted)?;
        Some(Found {
            finding,
            input: best,
            tries,
        })
    }

    /// The finding like `wanted` that `input` shows, where it does.
    #[must_use]
    pub fn shown(
        &self,
        input: &Input,
        ground: &FuzzInputSpec,
        wanted: &Finding,
    ) -> Option<Finding> {
        let findings = match takes_more_than_one_run(wanted) {
            true => self.look_again(input, ground),
            false => {
                let run = self.run(self.plain, input)?;
                self.wrong(input, ground, &run, &took(&run))
            }
        };
        findings.into_iter().find(|f| same(f, wanted))
    }

    fn run(&self, executor: &dyn StepExecutor, input: &Input) -> Option<WizardRun> {
        input.run(executor, (self.pack, self.wizards), self.limits)
    }

    fn wrong(
        &self,
        input: &Input,
        ground: &FuzzInputSpec,
        run: &WizardRun,
        took: &ProbeOutcome,
    ) -> Vec<Finding> {
        let mut found = Vec::new();
        match took {
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
        let leaks = ground.search.of_run(run).into_iter();
        let kept = match leaks.len() {
            0 => Vec::new(),
            _ => kept_secrets(input, ground),
        };
        found.extend(leaks.filter(|l| kept.contains(&l.key)).map(|leak| {
            let actual = format!("`{}` shows in {} form", leak.key, leak.form);
            Finding::new(
                CheckCode::SecretShown,
                leak.at,
                "no secret anywhere",
                actual,
            )
        }));
        found
    }

    /// Setting up once more on what setting up left changes nothing.
    fn unsettled(
        &self,
        input: &Input,
        ground: &FuzzInputSpec,
        first: &WizardRun,
    ) -> Option<Finding> {
        if ground.kind != WizardKind::Setup
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
        unsettled(&left, &second.plan).into_iter().next()
    }
}

/// Keys of the secrets that are what they were, and stand nowhere else: what a
/// change put into another answer is no secret there.
fn kept_secrets(input: &Input, ground: &FuzzInputSpec) -> Vec<String> {
    let changed = |key: &str| {
        let mut questions = ground.questions.iter();
        let question = questions.find(|q| q.id == *key);
        question.is_some_and(|q| answer(input, q) != answer(&ground.base, q))
    };
    let text = |input: &Input| json!([input.inputs, input.own]).to_string();
    let (now, then) = (text(input), text(&ground.base));
    let secrets = ground.secrets.iter();
    let kept = secrets.filter(|(key, secret)| {
        let count = |text: &str| text.matches(secret.as_str()).count();
        !changed(key) && count(&now) <= count(&then)
    });
    kept.map(|(key, _)| key.clone()).collect()
}

/// Whether it is two runs that show it, and not one.
fn takes_more_than_one_run(wanted: &Finding) -> bool {
    wanted.code.is_difference()
}

/// Whether two findings are of one kind: the same code at the same place.
pub(super) fn same(a: &Finding, b: &Finding) -> bool {
    a.code == b.code && a.at == b.at
}

/// What validate let through, and apply then refused.
fn accepted_by_validate(run: &WizardRun) -> Option<Finding> {
    let step = |step| run.steps.iter().find(move |s| s.step == step && !s.by_host);
    let (validate, apply) = (step(ProvisionStep::Validate)?, step(ProvisionStep::Apply)?);
    let refused = apply.failure().is_some_and(|f| f.code == StepCode::Step)
        || run.outcome
            == Outcome::Refused {
                step: ProvisionStep::Apply,
            };
    (validate.output().is_some() && refused).then(|| {
        let said = match apply.failure() {
            Some(failure) => failure.message.clone(),
            None => "a diagnostic of severity error".into(),
        };
        let expected = "a refusal by validate, before anything is applied";
        Finding::new(CheckCode::ValidateAccepts, apply.name(), expected, said)
    })
}

/// A way towards the valid input.
type Step<'g> = Box<dyn Fn(&Input) -> Input + 'g>;

/// `input` with as much as possible as it is in the valid one.
fn nearest(
    input: &Input,
    ground: &FuzzInputSpec,
    most: usize,
    shows: impl Fn(&Input) -> bool,
) -> (Input, usize) {
    let mut best = input.clone();
    let mut tries = 0;
    let base = &ground.base;
    let mut candidates: Vec<Step<'_>> = vec![
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
    for question in &ground.questions {
        candidates.push(Box::new(|i| {
            answered(i, question, answer(base, question).cloned())
        }));
    }
    for candidate in candidates {
        let nearer = candidate(&best);
        if tries < most && nearer != best {
            tries += 1;
            if shows(&nearer) {
                best = nearer;
            }
        }
    }
    (best, tries)
}

/// `input` with the three parts of `value`, where they are still three.
fn with(input: &Input, value: &Value) -> Option<Input> {
    let [answers, own, state] = value.as_array()?.as_slice() else {
        return None;
    };
    let there = |value: &Value| (!value.is_null()).then(|| value.clone());
    let mut input = input.clone();
    input.inputs.answers = answers.clone();
    input.own = there(own);
    input.inputs.existing_state = there(state);
    Some(input)
}

/// The size of a count, in steps that matter: 1, 2, 3, 4 to 7, ….
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

/// How the wizard ended, without the words of the guest.
fn ended(took: &ProbeOutcome) -> String {
    match took {
        ProbeOutcome::Accepted => "accepted".to_owned(),
        ProbeOutcome::Rejected(_) => "refused".to_owned(),
        ProbeOutcome::Crashed { step, code, .. } => format!("{step} {}", code.code()),
        ProbeOutcome::Inconclusive(_) => "unknown".to_owned(),
    }
}
