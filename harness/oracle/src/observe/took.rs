//! How a wizard took other answers, and what its refusal speaks of.

use crate::generators::answers::{Aim, EXTRA, Idea};
use provision_core::wizard::{Outcome, ProvisionPlan, StepCode, WizardRun};
use serde::{Deserialize, Serialize};

/// One set of answers that was tried.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Probe {
    /// What it is to show.
    pub aim: Aim,
    /// The change in words.
    pub what: String,
    /// The questions whose answers were changed.
    pub questions: Vec<String>,
    /// What came of it.
    pub took: Took,
    /// The plan, where the wizard completed.
    pub plan: Option<ProvisionPlan>,
}

/// How a wizard took other answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Took {
    /// It completed.
    Accepted,
    /// It refused, and said this.
    Refused(String),
    /// A step broke.
    Broke {
        /// The step.
        step: String,
        /// How.
        code: StepCode,
        /// What the code means here.
        message: String,
    },
    /// Nobody can tell, for a reason of the harness.
    Unknown(String),
}

/// What `run` says of the answers that it was given.
pub(crate) fn took(run: &WizardRun) -> Took {
    let own = run.steps.iter().filter_map(|s| Some((s, s.failure()?)));
    for (step, failure) in own.clone() {
        let unknown = failure.code.is_error()
            || matches!(failure.code, StepCode::Input | StepCode::PackBudget);
        if unknown {
            return Took::Unknown(format!("{}: {}", failure.code.code(), failure.message));
        }
        if failure.code != StepCode::Step {
            return Took::Broke {
                step: step.name(),
                code: failure.code,
                message: failure.message.clone(),
            };
        }
    }
    let mut said: Vec<String> = own.map(|(_, f)| f.message.clone()).collect();
    match &run.outcome {
        Outcome::Completed => Took::Accepted,
        Outcome::NothingRan => Took::Unknown("nothing ran".into()),
        Outcome::Failed | Outcome::Refused { .. } => {
            let diagnostics = run.diagnostics.iter();
            said.extend(diagnostics.map(|d| {
                let path = d.path.as_deref().unwrap_or_default();
                format!("{} {} {path}", d.code, d.message)
            }));
            Took::Refused(said.join("\n"))
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
pub(super) fn is_named(said: &str, idea: &Idea) -> bool {
    let questions = questions_of(idea);
    questions.iter().all(|id| plain(id).len() >= 4) && names(said, &questions)
}

fn questions_of(idea: &Idea) -> Vec<String> {
    let edits = idea.edits.iter();
    edits.map(|edit| edit.question.clone()).collect()
}

impl Probe {
    /// What came of an idea, with its place.
    pub(super) fn of(idea: Idea, took: Took, plan: Option<ProvisionPlan>) -> (usize, Self) {
        let probe = Self {
            questions: questions_of(&idea),
            aim: idea.aim,
            what: idea.what,
            took,
            plan,
        };
        (idea.place, probe)
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
