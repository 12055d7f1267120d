//! Reads from a run what the wizard asked, how it took its answers, and which
//! questions a refusal names.

use crate::generators::answers::{AnswerMutation, EXTRA};
use crate::subject::{Probe, ProbeOutcome};
use provision_core::Limits;
use provision_core::wizard::questions::{Question, card, questions};
use provision_core::wizard::{Outcome, ProvisionPlan, StepCode, WizardRun};

/// What `run` says of the answers that it was given.
pub(crate) fn took(run: &WizardRun) -> ProbeOutcome {
    let own = run.steps.iter().filter_map(|s| Some((s, s.failure()?)));
    for (step, failure) in own.clone() {
        let unknown = failure.code.is_error()
            || matches!(failure.code, StepCode::Input | StepCode::PackBudget);
        if unknown {
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
    let mut said: Vec<String> = own.map(|(_, f)| f.message.clone()).collect();
    match &run.outcome {
        Outcome::Completed => ProbeOutcome::Accepted,
        Outcome::NothingRan => ProbeOutcome::Inconclusive("nothing ran".into()),
        Outcome::Failed | Outcome::Refused { .. } => {
            let diagnostics = run.diagnostics.iter();
            said.extend(diagnostics.map(|d| {
                let path = d.path.as_deref().unwrap_or_default();
                format!("{} {} {path}", d.code, d.message)
            }));
            ProbeOutcome::Rejected(said.join("\n"))
        }
    }
}

/// Whether a refusal says which of `questions` it is about: by its id, or by
/// the words of the id.
pub(crate) fn names(said: &str, questions: &[String]) -> bool {
    let said = plain(said);
    questions.iter().any(|id| said.contains(&plain(id)))
}

/// Likewise, for certain: a short id is part of many words.
pub(crate) fn is_named(said: &str, mutation: &AnswerMutation) -> bool {
    let questions = questions_of(mutation);
    questions.iter().all(|id| plain(id).len() >= 4) && names(said, &questions)
}

fn questions_of(mutation: &AnswerMutation) -> Vec<String> {
    let edits = mutation.edits.iter();
    edits.map(|edit| edit.question.clone()).collect()
}

impl Probe {
    /// What came of an mutation, with its place.
    pub(crate) fn of(
        mutation: AnswerMutation,
        took: ProbeOutcome,
        plan: Option<ProvisionPlan>,
    ) -> (usize, Self) {
        let probe = Self {
            questions: questions_of(&mutation),
            aim: mutation.aim,
            what: mutation.what,
            took,
            plan,
        };
        (mutation.place, probe)
    }
}

fn plain(text: &str) -> String {
    let letters = text.chars().filter(|c| c.is_alphanumeric());
    letters.collect::<String>().to_lowercase()
}

/// Whether anything of an unasked answer shows in `plan`.
pub(crate) fn shows_extra(plan: &ProvisionPlan) -> bool {
    serde_json::to_string(plan).is_ok_and(|text| text.contains(EXTRA))
}

/// The questions that a wizard itself asks; `None` where it asks in no form
/// that is known.
pub(crate) fn asked(run: &WizardRun, limits: &Limits) -> Option<Vec<Question>> {
    let spoken = run
        .steps
        .iter()
        .filter_map(|s| s.output()?.questions.as_ref());
    let mut found = Vec::new();
    let mut any = false;
    for value in spoken {
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
