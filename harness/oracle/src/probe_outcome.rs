//! Reads from a run what the wizard asked, the outcome of its answers, and
//! which questions a refusal names.

use crate::generators::answers::{AnswerMutation, EXTRA};
use crate::subject::{Probe, ProbeOutcome};
use provision_core::Limits;
use provision_core::wizard::questions::{Question, card, questions};
use provision_core::wizard::{Outcome, ProvisionPlan, StepCode, WizardRun};
use serde_json::Value;

/// The outcome of the answers that `run` received.
pub(crate) fn outcome_of(run: &WizardRun) -> ProbeOutcome {
    let failures = run.steps.iter().filter_map(|s| Some((s, s.failure()?)));
    for (step, failure) in failures.clone() {
        let inconclusive = failure.code.is_error()
            || matches!(failure.code, StepCode::Input | StepCode::PackBudget);
        if inconclusive {
            return ProbeOutcome::Inconclusive(format!(
                "{}: {}",
                failure.code.code(),
                failure.message
            ));
        }
        if failure.code != StepCode::Step {
            return ProbeOutcome::Crashed {
                step: step.name(),
                code: failure.code,
                message: failure.message.clone(),
            };
        }
    }
    let mut messages: Vec<String> = failures.map(|(_, f)| f.message.clone()).collect();
    match &run.outcome {
        Outcome::Completed => ProbeOutcome::Accepted,
        Outcome::NothingRan => ProbeOutcome::Inconclusive("nothing ran".into()),
        Outcome::Failed | Outcome::Refused { .. } => {
            let diagnostics = run.diagnostics.iter();
            messages.extend(diagnostics.map(|d| {
                let path = d.path.as_deref().unwrap_or_default();
                format!("{} {} {path}", d.code, d.message)
            }));
            ProbeOutcome::Rejected(messages.join("\n"))
        }
    }
}

/// Whether the message of a refusal names one of `questions`, by its id or by
/// the words of the id.
pub(crate) fn names(message: &str, questions: &[String]) -> bool {
    let message = plain(message);
    questions.iter().any(|id| message.contains(&plain(id)))
}

/// Whether the message of a refusal surely names the question of `mutation`. An
/// id below four letters never counts, because it is part of many words.
pub(crate) fn is_named(message: &str, mutation: &AnswerMutation) -> bool {
    let questions = questions_of(mutation);
    questions.iter().all(|id| plain(id).len() >= 4) && names(message, &questions)
}

fn questions_of(mutation: &AnswerMutation) -> Vec<String> {
    let edits = mutation.edits.iter();
    edits.map(|edit| edit.question.clone()).collect()
}

impl Probe {
    /// The probe of a mutation with its outcome, and the mutation's place.
    pub(crate) fn of(
        mutation: AnswerMutation,
        outcome: ProbeOutcome,
        plan: Option<ProvisionPlan>,
    ) -> (usize, Self) {
        let probe = Self {
            questions: questions_of(&mutation),
            breaks: mutation.breaks.map(|constraint| (constraint, false)),
            kind: mutation.kind,
            what: mutation.what,
            outcome,
            plan,
        };
        (mutation.place, probe)
    }
}

fn plain(text: &str) -> String {
    let letters = text.chars().filter(|c| c.is_alphanumeric());
    letters.collect::<String>().to_lowercase()
}

/// Whether `plan` sets the new answer of `mutation`, under the id of its question. An
/// answer that the wizard brought within its limits is not there.
pub(crate) fn keeps(plan: &ProvisionPlan, mutation: &AnswerMutation) -> bool {
    let mut edits = mutation.edits.iter();
    edits.any(
        |edit| match (plan.config_patch.get(&edit.question), &edit.value) {
            (Some(Value::String(kept)), Some(Value::String(given))) => kept == given,
            (Some(Value::String(kept)), Some(given)) => {
                given == kept.as_str() || is_text_of(kept, given)
            }
            (Some(kept), Some(given)) => kept == given || equal(kept, given),
            _ => false,
        },
    )
}

/// Whether `text` spells the value.
fn is_text_of(text: &str, value: &Value) -> bool {
    let spelled = value.to_string();
    spelled == text
}

/// Whether two numbers are equal, however they are written.
fn equal(one: &Value, two: &Value) -> bool {
    one.as_f64().is_some_and(|one| two.as_f64() == Some(one))
}

/// Whether `plan` contains an unasked answer.
pub(crate) fn shows_extra(plan: &ProvisionPlan) -> bool {
    serde_json::to_string(plan).is_ok_and(|text| text.contains(EXTRA))
}

/// The questions that a wizard itself asks; `None` if it asks none in a known
/// form.
#[must_use]
pub fn asked(run: &WizardRun, limits: &Limits) -> Option<Vec<Question>> {
    let outputs = run
        .steps
        .iter()
        .filter_map(|s| s.output()?.questions.as_ref());
    let mut found = Vec::new();
    let mut any = false;
    for value in outputs {
        let own = match card(value) {
            Some(card) => card.questions,
            None => match questions(value, &limits.flow) {
                Ok(questions) => questions,
                Err(_) => continue,
            },
        };
        any = true;
        found.extend(own);
    }
    any.then_some(found)
}
