//! Shrinks the answers of wizards that fail, so that a bundle shows a failure
//! with few answers. Drives and judges each of these wizards several times.

use crate::examine::Examined;
use provision_core::codes::StepCode;
use provision_core::wizard::StepExecutor;
use provision_core::{FindingCode, Status};
use provision_oracle::shrink::minimise;
use provision_oracle::{
    CheckResult, Conditions, Opening, Scope, Stage, Subject, judge_by, observe_opened,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Most attempts to shrink the answers of a wizard.
const TRIES: usize = 16;

/// The answers of each failing wizard, shrunk while it fails with the same codes.
#[derive(Debug, Default)]
pub struct ShrunkAnswers(BTreeMap<Scope, Value>);

impl ShrunkAnswers {
    /// The answers that reproduce the failure `result` of `subject`; `None` for a
    /// check of the whole pack.
    pub(crate) fn of(&self, result: &CheckResult, subject: &Subject) -> Option<Value> {
        if is_probed(result.check) {
            given(subject, &result.scope)
        } else {
            self.0.get(&result.scope).cloned()
        }
    }
}

/// The failed results by scope.
pub(crate) fn failed(results: &[CheckResult]) -> BTreeMap<&Scope, Vec<&CheckResult>> {
    let mut scopes: BTreeMap<&Scope, Vec<&CheckResult>> = BTreeMap::new();
    for result in results.iter().filter(|r| r.status >= Status::Failed) {
        scopes.entry(&result.scope).or_default().push(result);
    }
    scopes
}

/// Shrinks the answers of each wizard that fails.
#[must_use]
pub fn shrink(
    examined: &Examined,
    executor: &dyn StepExecutor,
    conditions: &Conditions,
) -> ShrunkAnswers {
    let mut shrunk = BTreeMap::new();
    for (scope, failed) in failed(&examined.results) {
        if let Scope::Wizard(name) = scope
            && let Some(answers) = given(&examined.subject, scope)
        {
            let failure = Failure {
                subject: &examined.subject,
                scope,
                wizard: name,
                codes: codes(failed.iter().copied().filter(|r| !is_probed(r.check))),
            };
            shrunk.insert(scope.clone(), failure.shrink(answers, executor, conditions));
        }
    }
    ShrunkAnswers(shrunk)
}

/// The failure that must remain while the answers of a wizard shrink.
struct Failure<'f> {
    subject: &'f Subject,
    scope: &'f Scope,
    wizard: &'f str,
    /// Checks that fail, and the codes of their findings.
    codes: BTreeSet<(String, FindingCode)>,
}

impl Failure<'_> {
    fn shrink(
        &self,
        answers: Value,
        executor: &dyn StepExecutor,
        conditions: &Conditions,
    ) -> Value {
        if self.codes.is_empty() || self.codes.iter().any(|(_, code)| is_slow(code)) {
            return answers;
        }
        let fails = |answers: &Value| self.fails_with(answers, executor, conditions);
        minimise(&answers, TRIES, fails).value
    }

    /// Whether the wizard fails with the same codes when it gets `answers`.
    fn fails_with(
        &self,
        answers: &Value,
        executor: &dyn StepExecutor,
        conditions: &Conditions,
    ) -> bool {
        let conditions = Conditions {
            probes: 0,
            answers: Some(answers.clone()),
            only: Some(self.wizard.to_owned()),
            ..conditions.clone()
        };
        let Some(opening) = Opening::again(self.subject) else {
            return false;
        };
        let again = observe_opened(opening, executor, &conditions);
        let results = judge_by(&again, |c| self.codes.iter().any(|(id, _)| id == c.id));
        let found = codes(results.iter().filter(|r| r.scope == *self.scope));
        self.codes.is_subset(&found)
    }
}

/// The checks of `results`, with the codes of their findings.
fn codes<'r>(results: impl Iterator<Item = &'r CheckResult>) -> BTreeSet<(String, FindingCode)> {
    let codes = results.flat_map(|r| {
        let findings = r.findings.iter();
        findings.map(|f| (r.check.to_owned(), f.code.clone()))
    });
    codes.collect()
}

/// Whether probes decide check `id`. Each probe is one change of the given answers,
/// so there is nothing to shrink.
fn is_probed(id: &str) -> bool {
    matches!(Stage::of(id), Some(Stage::Answers | Stage::Secrets))
}

/// The answers that the wizard of `scope` received.
fn given(subject: &Subject, scope: &Scope) -> Option<Value> {
    let Scope::Wizard(name) = scope else {
        return None;
    };
    let observed = subject.wizards().iter().find(|o| o.wizard.name == *name)?;
    Some(observed.runs.as_ref().ok()?.inputs.answers.clone())
}

/// Whether a run that fails with this code takes long, because it uses up a bound.
fn is_slow(code: &FindingCode) -> bool {
    [StepCode::Fuel, StepCode::Deadline, StepCode::PackBudget]
        .into_iter()
        .any(|slow| *code == slow.into())
}
