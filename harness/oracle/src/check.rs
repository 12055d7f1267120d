//! What a check is: data plus one function from a subject to conclusions.

use crate::subject::{Observed, Opened, Subject};
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
    pub(crate) conclusions: Vec<(Scope, Conclusion)>,
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
