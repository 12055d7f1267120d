//! Judges a subject by the check table.

use crate::check::{Check, CheckResult, Conclusion, Findings, Level, Run, Scope, ScopeKind, Stage};
use crate::checks;
use crate::subject::Subject;
use provision_core::codes::CheckCode;
use provision_core::wizard::{RunBy, Wizard, role};
use provision_core::{Finding, Status};
use std::collections::BTreeMap;

/// The scopes that `check` must conclude for, given the pack's wizards.
///
/// Never empty: for a pack without wizards, a check of wizards concludes once, for
/// the pack, instead of vanishing from the report.
#[must_use]
pub fn scopes(check: &Check, wizards: &[&str]) -> Vec<Scope> {
    match check.scope {
        ScopeKind::Wizard if !wizards.is_empty() => wizards
            .iter()
            .map(|w| Scope::Wizard((*w).to_owned()))
            .collect(),
        _ => vec![Scope::Pack],
    }
}

/// Judges `subject` by all checks, in the order of the table. The results contain
/// no secret of the pack.
#[must_use]
pub fn judge(subject: &Subject) -> Vec<CheckResult> {
    let mut results = judge_by(subject, |_| true);
    redact(subject, &mut results);
    results
}

/// Judges `subject` by the checks for which `asked` returns true.
///
/// NB: guests may have put secrets into the findings; [`redact`] removes them.
#[must_use]
pub fn judge_by(subject: &Subject, asked: impl Fn(&Check) -> bool) -> Vec<CheckResult> {
    let wizards = subject.wizards().iter().map(|o| &o.wizard);
    let by_name: BTreeMap<&str, &Wizard> = wizards.map(|w| (w.name.as_str(), w)).collect();
    let mut results: Vec<CheckResult> = checks::all()
        .filter(|check| asked(check))
        .flat_map(|check| judge_one(check, subject, &by_name))
        .collect();
    if let Some(error) = &subject.harness_error {
        mark_inconclusive(&mut results, error);
    }
    results
}

/// Removes the secrets of `subject` from its results, because more people read a
/// report than may know the secrets.
pub fn redact(subject: &Subject, results: &mut [CheckResult]) {
    let results = results.iter_mut().filter(|r| !r.findings.is_empty());
    let mut results = results.peekable();
    // NB: most packs have no finding, and preparing the search takes longer than judging them.
    if results.peek().is_none() {
        return;
    }
    let secrets = subject.secrets();
    for result in results {
        for finding in &mut result.findings {
            let texts = [&mut finding.at, &mut finding.expected, &mut finding.actual];
            for text in texts.into_iter().chain(&mut finding.about) {
                *text = secrets.without(text);
            }
        }
    }
}

/// Turns failures of wizards into errors after a harness error cut a step off: two
/// runs then differ although the pack is right.
fn mark_inconclusive(results: &mut [CheckResult], error: &Finding) {
    let of_steps = |r: &&mut CheckResult| {
        let says_so = || r.findings.iter().any(|f| f.code == error.code);
        matches!(r.scope, Scope::Wizard(_)) || says_so()
    };
    let failed = |r: &&mut CheckResult| r.status == Status::Failed;
    for result in results.iter_mut().filter(of_steps).filter(failed) {
        result.status = Status::Error;
        result.findings.insert(0, error.clone());
    }
    // Every profile contains `wizard.completes`, so it reports the error even if no
    // check failed.
    let ends = |r: &&CheckResult| r.check == "wizard.completes";
    if results
        .iter()
        .filter(ends)
        .any(|r| r.status == Status::Error)
    {
        return;
    }
    let reporting = results.iter_mut().filter(|r| ends(&&**r));
    if let Some(result) = reporting.min_by_key(|r| r.level) {
        result.level = Level::Must;
        result.status = Status::Error;
        result.reason = None;
        result.findings.insert(0, error.clone());
    }
}

fn judge_one(
    check: &'static Check,
    subject: &Subject,
    by_name: &BTreeMap<&str, &Wizard>,
) -> Vec<CheckResult> {
    let Run::OfPack(run) = check.run else {
        return Vec::new();
    };
    let mut findings = Findings::default();
    run(subject, &mut findings);
    let mut conclusions: BTreeMap<Scope, Conclusion> = BTreeMap::new();
    for (scope, conclusion) in findings.conclusions {
        conclusions.entry(scope).or_insert(conclusion);
    }
    let wizards: Vec<&str> = subject
        .wizards()
        .iter()
        .map(|o| o.wizard.name.as_str())
        .collect();
    scopes(check, &wizards)
        .into_iter()
        .map(|scope| {
            let wizard = match &scope {
                Scope::Wizard(name) => by_name.get(name.as_str()).copied(),
                Scope::Pack | Scope::Recording => None,
            };
            let conclusion = conclusions.remove(&scope);
            let conclusion = conclusion.unwrap_or_else(|| unconcluded(check, subject));
            let conclusion = without_host(conclusion, wizard);
            result(check, level(check, wizard), scope, conclusion)
        })
        .collect()
}

/// Why nothing is judged of a wizard that no host runs, if it does not complete.
pub const NO_HOST: &str = "no host runs this wizard";

/// A check of a wizard that no host runs at installation cannot be blocked, and needs no
/// step that runs: its result would not count either.
fn without_host(conclusion: Conclusion, wizard: Option<&Wizard>) -> Conclusion {
    let reason = match wizard.map(|wizard| wizard.run_by) {
        Some(RunBy::Author) => {
            "only an author's tool runs this wizard, and users answer none of its questions"
        }
        Some(RunBy::Nobody) => NO_HOST,
        Some(RunBy::Operator) | None => return conclusion,
    };
    let nothing_ran = |f: &Finding| f.code == CheckCode::NothingRan.into();
    match conclusion {
        Conclusion::Blocked(_) => Conclusion::NotApplicable(reason.into()),
        Conclusion::Error(findings) if findings.iter().all(nothing_ran) => {
            Conclusion::NotApplicable(reason.into())
        }
        conclusion => conclusion,
    }
}

/// The level of a check for one wizard, or for the pack. What a wizard does that no host runs at
/// installation is good practice at most; what its component may do is not.
fn level(check: &Check, wizard: Option<&Wizard>) -> Level {
    let of_wizards = matches!(
        check.stage,
        Stage::Wizard
            | Stage::Requirements
            | Stage::Plan
            | Stage::Apply
            | Stage::Secrets
            | Stage::Determinism
            | Stage::Answers
            | Stage::Compare
    );
    // Whether a component can be called bites only where it is called.
    let of_wizards = of_wizards || check.id == "abi.recognised";
    let runs = wizard.is_none_or(|wizard| wizard.run_by == RunBy::Operator);
    if of_wizards && !runs {
        Level::Should
    } else {
        check.level
    }
}

/// The conclusion for a check that gave none, so that it does not look like a pass.
fn unconcluded(check: &Check, subject: &Subject) -> Conclusion {
    match (&subject.opened, check.scope) {
        (Err(e), _) => Conclusion::Blocked(format!("the pack could not be opened: {}", e.code())),
        (Ok(opened), ScopeKind::Wizard) if opened.wizards.is_empty() => {
            let role = role(&opened.pack);
            if opened.pack.declares_no_provisioning() {
                Conclusion::NotApplicable("the pack declares provisioning:none".into())
            } else if !role.needs_wizard {
                Conclusion::NotApplicable(role.without_wizard())
            } else {
                Conclusion::Blocked("the pack has no wizard".into())
            }
        }
        _ => Conclusion::Error(vec![Finding::new(
            CheckCode::Unconcluded,
            check.id,
            "a conclusion for every scope",
            "the check said nothing; this is a bug of the harness",
        )]),
    }
}

pub(crate) fn result(
    check: &Check,
    level: Level,
    scope: Scope,
    conclusion: Conclusion,
) -> CheckResult {
    let (status, findings, reason) = match conclusion {
        Conclusion::Passed => (Status::Passed, Vec::new(), None),
        Conclusion::Failed(findings) => (Status::Failed, findings, None),
        Conclusion::Error(findings) => (Status::Error, findings, None),
        Conclusion::NotApplicable(reason) => (Status::NotApplicable, Vec::new(), Some(reason)),
        Conclusion::Blocked(reason) => (Status::Blocked, Vec::new(), Some(reason)),
    };
    CheckResult {
        check: check.id,
        level,
        scope,
        status,
        findings,
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks;
    use provision_core::wizard::{Driver, WizardKind};
    use std::sync::Arc;

    #[test]
    fn what_is_judged_of_a_wizard_without_host_is_good_practice_at_most() {
        let wizard = Wizard {
            kind: WizardKind::Setup,
            name: "setup".into(),
            primary: true,
            run_by: RunBy::Nobody,
            form: Arc::default(),
            driver: Driver::FlowGraph {
                flow: "setup".into(),
            },
        };
        for id in ["plan.shape", "apply.secrets-resolve", "secrets.contained"] {
            let check = checks::by_id(id).expect("a check");
            assert_eq!(level(check, None), Level::Must, "{id}");
            assert_eq!(level(check, Some(&wizard)), Level::Should, "{id}");
        }
        let upgrade = checks::by_id("compare.upgrade").expect("a check");
        assert_eq!(level(upgrade, None), Level::Publish);
        assert_eq!(level(upgrade, Some(&wizard)), Level::Should);
        let sandbox = checks::by_id("sandbox.within-limits").expect("a check");
        assert_eq!(level(sandbox, Some(&wizard)), Level::Must);
    }
}
