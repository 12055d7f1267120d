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
/// Most attempts over all wizards of a pack. Each attempt finds the pack's wizards again,
/// so without this bound the attempts cost the square of the number of wizards.
const PACK_TRIES: usize = 128;

/// The answers of each failing wizard, shrunk while it fails with the same codes.
#[derive(Debug, Default)]
pub struct ShrunkAnswers<'s>(BTreeMap<Scope, Answers<'s>>);

/// The answers of one failing wizard.
#[derive(Debug)]
struct Answers<'s> {
    given: &'s Value,
    /// `None` if no attempt left any out.
    shrunk: Option<Value>,
}

impl ShrunkAnswers<'_> {
    /// The answers that reproduce the failure `result`; `None` for a check of the whole
    /// pack.
    pub(crate) fn of(&self, result: &CheckResult) -> Option<&Value> {
        let answers = self.0.get(&result.scope)?;
        let shrunk = answers.shrunk.as_ref();
        Some(match shrunk.filter(|_| shrinks(result.check)) {
            Some(shrunk) => shrunk,
            None => answers.given,
        })
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

/// Shrinks the answers of each wizard that fails, in the order of their names, while the
/// pack has attempts left.
#[must_use]
pub fn shrink<'s>(
    examined: &'s Examined,
    executor: &dyn StepExecutor,
    conditions: &Conditions,
) -> ShrunkAnswers<'s> {
    let mut left = PACK_TRIES;
    let mut answers = BTreeMap::new();
    let given = given(&examined.subject);
    for (scope, failed) in failed(&examined.results) {
        if let Scope::Wizard(name) = scope
            && let Some(given) = given.get(name.as_str()).copied()
        {
            let failure = Failure {
                subject: &examined.subject,
                scope,
                wizard: name,
                codes: codes(failed.iter().copied().filter(|r| shrinks(r.check))),
            };
            let shrunk = failure.shrink(given, executor, conditions, &mut left);
            answers.insert(scope.clone(), Answers { given, shrunk });
        }
    }
    ShrunkAnswers(answers)
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
    /// The answers `given` with fewer members; takes each attempt from those `left`.
    fn shrink(
        &self,
        given: &Value,
        executor: &dyn StepExecutor,
        conditions: &Conditions,
        left: &mut usize,
    ) -> Option<Value> {
        let is_slow = self.codes.is_empty() || self.codes.iter().any(|(_, code)| is_slow(code));
        if is_slow || is_empty(given) || *left == 0 {
            return None;
        }
        let fails = |answers: &Value| self.fails_with(answers, executor, conditions);
        let minimised = minimise(given, TRIES.min(*left), fails);
        *left = left.saturating_sub(minimised.asked);
        Some(minimised.value)
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

/// Whether fewer answers may show a failure of check `id`. Where probes decide, each is
/// one change of the given answers, and a release is compared with the one before with
/// the answers of that one.
fn shrinks(id: &str) -> bool {
    !matches!(
        Stage::of(id),
        Some(Stage::Answers | Stage::Secrets | Stage::Compare)
    )
}

/// The answers that each wizard received, by its name.
fn given(subject: &Subject) -> BTreeMap<&str, &Value> {
    let wizards = subject.wizards().iter();
    let given = wizards.filter_map(|observed| {
        let runs = observed.runs.as_ref().ok()?;
        Some((observed.wizard.name.as_str(), &runs.inputs.answers))
    });
    given.collect()
}

/// Whether nothing can be left out of `answers`.
fn is_empty(answers: &Value) -> bool {
    match answers {
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => true,
    }
}

/// Whether a run that fails with this code takes long, because it uses up a bound, or
/// fails with any answers, because nothing was compiled.
fn is_slow(code: &FindingCode) -> bool {
    [
        StepCode::Fuel,
        StepCode::Deadline,
        StepCode::PackBudget,
        StepCode::CompileLimit,
    ]
    .into_iter()
    .any(|slow| *code == slow.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examine::examine_source;
    use provision_core::wizard::{StepAnswer, StepFailure, StepRequest};
    use provision_core::{Pack, Source};
    use provision_oracle::Level;
    use serde_json::json;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Fails every step, and counts the steps.
    #[derive(Default)]
    struct Fails(AtomicUsize);

    impl StepExecutor for Fails {
        fn execute(&self, _: &Pack, _: &StepRequest) -> StepAnswer {
            self.0.fetch_add(1, Ordering::Relaxed);
            StepAnswer::of(Err(StepFailure::new(StepCode::Trap, "unreachable")))
        }
    }

    /// A pack with `count` setup flows of one module each.
    fn many_flows(count: usize) -> Source {
        let flows: Vec<Value> = (0..count)
            .map(|i| json!({"id": format!("setup_{i}"), "entry": "setup"}))
            .collect();
        let meta = json!({"entry_flows": {"setup": "setup_0"}});
        let manifest = json!({"id": "p", "version": "0.1.0", "meta": meta, "flows": flows});
        let mut files = BTreeMap::from([("pack.json".into(), manifest.to_string().into_bytes())]);
        for i in 0..count {
            files.insert(format!("components/setup_{i}.wat"), b"(module)".to_vec());
        }
        Source::Folder {
            files,
            manifest: None,
        }
    }

    #[test]
    fn attempts_to_shrink_do_not_grow_with_the_number_of_failing_wizards() {
        let answers = json!({"a": 1, "b": 2, "c": 3, "d": 4});
        let conditions = Conditions {
            answers: Some(answers.clone()),
            probes: 0,
            ..Conditions::default()
        };
        let steps_of = |flows: usize| {
            let executor = Fails::default();
            let source = Ok(many_flows(flows));
            let examined = examine_source(source, &executor, &conditions, Level::Must);
            let before = executor.0.load(Ordering::Relaxed);
            let shrunk = shrink(&examined, &executor, &conditions);
            assert_eq!(shrunk.0.len(), flows, "each failing wizard has answers");
            let first = shrunk.0.first_key_value().expect("a wizard").1;
            assert_eq!(first.shrunk, Some(json!({})), "no answer matters");
            // A wizard beyond the bound keeps the answers that it got.
            assert!(shrunk.0.values().all(|a| *a.given == answers));
            executor.0.load(Ordering::Relaxed) - before
        };
        assert_eq!(steps_of(80), steps_of(160));
        assert!(steps_of(2) < steps_of(80));
    }
}
