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

/// The group of a check: what it judges. The first part of the check's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The bytes of the archive.
    Archive,
    /// The manifest and the components that it names.
    Manifest,
    /// The SBOM, the lock and the signature.
    Integrity,
    /// The interfaces of components.
    Abi,
    /// The steps of a wizard and its questions.
    Wizard,
    /// The answer of the requirements step.
    Requirements,
    /// The plan that a wizard proposes.
    Plan,
    /// Secrets in everything that comes out.
    Secrets,
    /// What steps consume and ask of their host.
    Sandbox,
    /// The same inputs, given again.
    Determinism,
    /// Answers that are missing, of the wrong type, unasked or hostile.
    Answers,
    /// The validators that a pack carries.
    Validators,
    /// Paths, credentials and active text in a pack.
    Hygiene,
}

impl Stage {
    /// Every stage, in the order in which checks are judged.
    pub const ALL: [Self; 13] = [
        Self::Archive,
        Self::Manifest,
        Self::Integrity,
        Self::Abi,
        Self::Wizard,
        Self::Requirements,
        Self::Plan,
        Self::Secrets,
        Self::Sandbox,
        Self::Determinism,
        Self::Answers,
        Self::Validators,
        Self::Hygiene,
    ];

    /// The name, as ids of checks begin with it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Archive => "archive",
            Self::Manifest => "manifest",
            Self::Integrity => "integrity",
            Self::Abi => "abi",
            Self::Wizard => "wizard",
            Self::Requirements => "requirements",
            Self::Plan => "plan",
            Self::Secrets => "secrets",
            Self::Sandbox => "sandbox",
            Self::Determinism => "determinism",
            Self::Answers => "answers",
            Self::Validators => "validators",
            Self::Hygiene => "hygiene",
        }
    }

    /// The stage of the check with this id, also of one that this version does
    /// not have.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        let (name, _) = id.split_once('.')?;
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }
}

/// One row of the check catalogue.
pub struct Check {
    /// Stable id, `stage.slug`.
    pub id: &'static str,
    /// The stage that it judges.
    pub stage: Stage,
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
    /// Why it was not judged.
    pub reason: Option<String>,
}
