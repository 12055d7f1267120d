//! A check is data plus one function; judging holds a subject against a table.

use crate::checks;
use crate::observe::{Observed, Opened, Subject};
use provision_core::{Finding, Status};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How much a publisher has to care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Required of every pack (profile `core`).
    Must,
    /// Required to publish (profile `publish`).
    Publish,
    /// Good practice (profile `strict`).
    Should,
}

impl Level {
    /// The name of the profile that requires checks up to this level.
    #[must_use]
    pub fn profile(self) -> &'static str {
        match self {
            Self::Must => "core",
            Self::Publish => "publish",
            Self::Should => "strict",
        }
    }
}

/// Whether a check is concluded once a pack or once a wizard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeKind {
    /// Once a pack.
    Pack,
    /// Once for each wizard of a pack.
    Wizard,
}

/// What a conclusion speaks of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The pack as a whole.
    Pack,
    /// The wizard of this name.
    Wizard(String),
}

impl fmt::Display for Scope {
    /// The middle part of a trial's name. A wizard called `pack` does no harm:
    /// checks of packs and checks of wizards have different ids.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pack => f.write_str("pack"),
            Self::Wizard(name) => f.write_str(name),
        }
    }
}

/// One row of the check catalogue.
pub struct Check {
    /// Stable id, `stage.slug`.
    pub id: &'static str,
    /// Who has to care.
    pub level: Level,
    /// What it is concluded for.
    pub scope: ScopeKind,
    /// The requirement, as reports quote it.
    pub requirement: &'static str,
    /// Why it is required, in a sentence.
    pub why: &'static str,
    /// What a publisher does about a violation.
    pub fix: &'static str,
    /// Concludes for every scope of the subject.
    pub run: fn(&Subject, &mut Findings),
}

/// What a check says of one scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conclusion {
    /// The requirement holds.
    Passed,
    /// The pack violates it.
    Failed(Vec<Finding>),
    /// The harness failed.
    Error(Vec<Finding>),
    /// What the requirement speaks of is not in the pack.
    NotApplicable(String),
    /// What would have to be judged did not happen.
    Blocked(String),
}

impl Conclusion {
    /// Failed if there are findings, passed if there are none.
    #[must_use]
    pub fn of(findings: Vec<Finding>) -> Self {
        match findings.is_empty() {
            true => Self::Passed,
            false => Self::Failed(findings),
        }
    }
}

/// Collects the conclusions of one check.
#[derive(Debug, Default)]
pub struct Findings {
    conclusions: Vec<(Scope, Conclusion)>,
}

impl Findings {
    /// Concludes for the pack.
    pub fn pack(&mut self, conclusion: Conclusion) {
        self.conclusions.push((Scope::Pack, conclusion));
    }

    /// Concludes for each wizard of `subject`.
    pub fn each_wizard(
        &mut self,
        subject: &Subject,
        mut conclude: impl FnMut(&Opened, &Observed) -> Conclusion,
    ) {
        let Ok(opened) = &subject.opened else { return };
        for observed in &opened.wizards {
            let scope = Scope::Wizard(observed.wizard.name.clone());
            self.conclusions.push((scope, conclude(opened, observed)));
        }
    }
}

/// What one check says of one scope of one pack.
#[derive(Debug, Clone)]
pub struct CheckResult {
    /// Id of the check.
    pub check: &'static str,
    /// Level of the check.
    pub level: Level,
    /// What it speaks of.
    pub scope: Scope,
    /// The status.
    pub status: Status,
    /// The violations, or the harness's own failures.
    pub findings: Vec<Finding>,
    /// Why it was skipped.
    pub reason: Option<String>,
    /// Whether the requirement speaks of anything in this pack. A check that
    /// was skipped although it applies keeps the pack from passing.
    pub applicable: bool,
}

/// The scopes that `check` must conclude for, given the pack's wizards.
///
/// Never empty: a check of wizards of a pack that has none says so once, for
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

/// Holds `subject` against the whole table, in the table's order.
#[must_use]
pub fn judge(subject: &Subject) -> Vec<CheckResult> {
    judge_by(subject, |_| true)
}

/// Holds `subject` against those rows of the table that are `asked` for.
#[must_use]
pub fn judge_by(subject: &Subject, asked: impl Fn(&Check) -> bool) -> Vec<CheckResult> {
    let mut results: Vec<CheckResult> = checks::all()
        .filter(|check| asked(check))
        .flat_map(|check| judge_one(check, subject))
        .collect();
    if let Some(trouble) = &subject.trouble {
        mark_inconclusive(&mut results, trouble);
    }
    // Reports travel further than secrets may, whatever a guest has repeated.
    let secrets = subject.secrets();
    for result in results.iter_mut().filter(|_| !secrets.is_empty()) {
        for finding in &mut result.findings {
            for text in [&mut finding.at, &mut finding.expected, &mut finding.actual] {
                *text = secrets.without(text);
            }
        }
    }
    results
}

/// What follows from a step that was never judged is nobody's failure: runs
/// differ where one of them was cut off. Says so wherever wizards are judged.
fn mark_inconclusive(results: &mut [CheckResult], trouble: &Finding) {
    let of_steps = |r: &&mut CheckResult| {
        let says_so = || r.findings.iter().any(|f| f.code == trouble.code);
        matches!(r.scope, Scope::Wizard(_)) || says_so()
    };
    let failed = |r: &&mut CheckResult| r.status == Status::Failed;
    for result in results.iter_mut().filter(of_steps).filter(failed) {
        result.status = Status::Error;
        result.findings.insert(0, trouble.clone());
    }
    // Somewhere it has to stand in every profile: where the wizards' end is
    // judged, if there are any.
    let ends = |r: &&CheckResult| r.check == "wizard.completes";
    if results
        .iter()
        .filter(ends)
        .any(|r| r.status == Status::Error)
    {
        return;
    }
    if let Some(result) = results.iter_mut().find(|r| ends(&&**r)) {
        result.status = Status::Error;
        result.reason = None;
        result.applicable = true;
        result.findings.insert(0, trouble.clone());
    }
}

fn judge_one(check: &'static Check, subject: &Subject) -> Vec<CheckResult> {
    let mut findings = Findings::default();
    (check.run)(subject, &mut findings);
    let wizards: Vec<&str> = subject
        .wizards()
        .iter()
        .map(|o| o.wizard.name.as_str())
        .collect();
    scopes(check, &wizards)
        .into_iter()
        .map(|scope| {
            let found = findings.conclusions.iter().position(|(s, _)| *s == scope);
            let conclusion = match found {
                Some(at) => findings.conclusions.swap_remove(at).1,
                None => unconcluded(check, subject),
            };
            result(check, scope, conclusion)
        })
        .collect()
}

/// A check that says nothing must never look like one that found nothing.
fn unconcluded(check: &Check, subject: &Subject) -> Conclusion {
    match (&subject.opened, check.scope) {
        (Err(e), _) => Conclusion::Blocked(format!("the pack could not be opened: {}", e.code())),
        (Ok(opened), ScopeKind::Wizard) if opened.wizards.is_empty() => {
            match opened.pack.declares_no_provisioning() {
                true => Conclusion::NotApplicable("the pack declares provisioning:none".into()),
                false => Conclusion::Blocked("the pack has no wizard".into()),
            }
        }
        _ => Conclusion::Error(vec![Finding::new(
            "E_UNCONCLUDED",
            check.id,
            "a conclusion for every scope",
            "the check said nothing; this is a bug of the harness",
        )]),
    }
}

fn result(check: &Check, scope: Scope, conclusion: Conclusion) -> CheckResult {
    let (status, findings, reason, applicable) = match conclusion {
        Conclusion::Passed => (Status::Passed, Vec::new(), None, true),
        Conclusion::Failed(findings) => (Status::Failed, findings, None, true),
        Conclusion::Error(findings) => (Status::Error, findings, None, true),
        Conclusion::NotApplicable(reason) => (Status::Skipped, Vec::new(), Some(reason), false),
        Conclusion::Blocked(reason) => (Status::Skipped, Vec::new(), Some(reason), true),
    };
    CheckResult {
        check: check.id,
        level: check.level,
        scope,
        status,
        findings,
        reason,
        applicable,
    }
}
