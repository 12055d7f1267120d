//! The plans of probes that a wizard accepted.

use super::answer_set::AnswerSet;
use crate::generators::answers::{AnswerMutation, moves_a_place};
use crate::subject::ProbedPlan;
use provision_core::text::inert;
use provision_core::wizard::ProvisionPlan;
use std::collections::BTreeSet;

/// Different plans that are kept, at most.
const PLANS: usize = 200;

/// The plans of accepted runs, each once.
#[derive(Default)]
pub(super) struct Plans {
    pub(super) plans: Vec<ProbedPlan>,
    known: BTreeSet<String>,
}

impl Plans {
    /// Keeps the plan of a run with `mutations`, unless it is known.
    pub(super) fn keep(
        &mut self,
        mutations: &[AnswerMutation],
        answers: &AnswerSet,
        plan: &ProvisionPlan,
    ) {
        let Some(kind) = mutations.first().map(|mutation| mutation.kind) else {
            return;
        };
        let text = serde_json::to_string(plan).unwrap_or_default();
        let judged = !mutations.iter().any(moves_a_place) && self.plans.len() < PLANS;
        if judged && self.known.insert(text) {
            self.plans.push(ProbedPlan {
                kind,
                what: together(mutations),
                base_url: None,
                given: answers.given(),
                plan: plan.clone(),
            });
        }
    }
}

/// All changes of one run, in words.
pub(super) fn together(mutations: &[AnswerMutation]) -> String {
    let change = |m: &AnswerMutation| {
        let question = m.edits.first().map(|edit| edit.question.as_str());
        let question = inert(question.unwrap_or_default(), 80);
        format!("`{question}` {}", inert(&m.what, 120))
    };
    let changes: Vec<String> = mutations.iter().take(8).map(change).collect();
    changes.join(", ")
}
