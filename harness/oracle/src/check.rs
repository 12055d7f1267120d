//! [`Check`]: data plus one function from a subject to conclusions.

use crate::recorded::Recording;
pub use crate::stage::Stage;
use crate::subject::{Observed, Opened, Subject};
use provision_core::{Finding, Status};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How strongly a check binds a publisher.
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

    /// The last level that the profile `name` requires; `None` if there is no such
    /// profile.
    #[must_use]
    pub fn of_profile(name: &str) -> Option<Self> {
        let mut levels = [Self::Must, Self::Publish, Self::Should].into_iter();
        levels.find(|level| level.profile() == name)
    }

    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Publish => "publish",
            Self::Should => "should",
        }
    }
}

/// Where users meet a violation: what a host does with the pack when it fails.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Bite {
    /// A host refuses to load the pack.
    Load,
    /// Setup fails or sets the wrong thing up.
    Setup,
    /// A flow or a component fails when it runs.
    Run,
    /// The pack runs, but nobody can rely on its origin or on its description.
    Integrity,
    /// No host of the ecosystem acts on it today.
    #[default]
    Nowhere,
}

impl Bite {
    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Setup => "setup",
            Self::Run => "run",
            Self::Integrity => "integrity",
            Self::Nowhere => "nowhere yet",
        }
    }
}

/// The packs that a check applies to, by role and contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applies {
    /// Packs of every role.
    EveryPack,
    /// Providers.
    Providers,
    /// Packs in the folder of a bundle.
    InBundle,
    /// Packs that are taken from a registry or an OCI layout.
    FromRegistry,
    /// Packs whose release before is named.
    WithPrevious,
    /// Digital workers.
    DigitalWorkers,
    /// Packs with a form or with secrets for the setup tool to ask for.
    WithSetup,
    /// Packs of every role that have a wizard.
    WithWizard,
    /// Packs of every role that have flows.
    WithFlows,
    /// Applications that have flows.
    ApplicationsWithFlows,
    /// Traces of flows that ran; no packs.
    Traces,
    /// Spans that were exported; no packs.
    Spans,
    /// Packs of every role whose manifest lists scenarios.
    WithScenarios,
    /// Packs of every role with a file on the capabilities of a simulator.
    WithSimulator,
    /// Packs of every role with an older manifest.
    OlderManifests,
}

impl Applies {
    /// The packs, as the catalogue names them.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::EveryPack => "every role",
            Self::Providers => "providers",
            Self::FromRegistry => "every role, if the pack comes from a registry",
            Self::WithPrevious => "every role, if `--previous` names the release before",
            Self::InBundle => "every role, if the pack lies in a bundle",
            Self::DigitalWorkers => "digital workers",
            Self::WithSetup => "every role, if there is something to set up",
            Self::WithWizard => "every role, if the pack has a wizard",
            Self::WithFlows => "every role, if the pack has flows",
            Self::ApplicationsWithFlows => "applications, if the pack has flows",
            Self::Traces => "no pack, but recorded traces",
            Self::Spans => "no pack, but recorded spans",
            Self::WithScenarios => "every role, if the manifest lists scenarios",
            Self::WithSimulator => "every role, if the pack has `capabilities/providers.yaml`",
            Self::OlderManifests => "every role, if the manifest is not pack-v1",
        }
    }
}

/// Whether a check concludes for the pack or for each wizard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeKind {
    /// Once for the pack.
    Pack,
    /// Once for each wizard of the pack.
    Wizard,
    /// Once for a file with traces or spans.
    Recording,
}

/// The subject of a conclusion.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The pack as a whole.
    Pack,
    /// The wizard of this name.
    Wizard(String),
    /// A file with traces or spans.
    Recording,
}

impl fmt::Display for Scope {
    /// The middle part of a trial's name. A wizard called `pack` is no problem, because
    /// checks of packs and checks of wizards have different ids.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pack => f.write_str("pack"),
            Self::Wizard(name) => f.write_str(name),
            Self::Recording => f.write_str("recording"),
        }
    }
}

/// One row of the check catalogue.
pub struct Check {
    /// Stable id, `stage.slug`.
    pub id: &'static str,
    /// The stage that it judges.
    pub stage: Stage,
    /// The level.
    pub level: Level,
    /// What it concludes for.
    pub scope: ScopeKind,
    /// The packs that it applies to.
    pub applies: Applies,
    /// Where users meet a violation.
    pub bites: Bite,
    /// What hosts do with a violation; for a must that no host enforces, why it is
    /// required nevertheless.
    pub host: &'static str,
    /// The requirement, as reports quote it.
    pub requirement: &'static str,
    /// Why it is required, in a sentence.
    pub why: &'static str,
    /// What a publisher should do about a violation.
    pub fix: &'static str,
    /// Judges what was observed.
    pub run: Run,
}

/// The function of a check, by what it judges.
#[derive(Clone, Copy)]
pub enum Run {
    /// Concludes for every scope of a pack.
    OfPack(fn(&Subject, &mut Findings)),
    /// Concludes for a recording.
    OfRecording(fn(&Recording) -> Conclusion),
}

/// The conclusion of a check for one scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conclusion {
    /// The requirement holds.
    Passed,
    /// The pack violates it.
    Failed(Vec<Finding>),
    /// The harness failed.
    Error(Vec<Finding>),
    /// The pack has nothing that the requirement applies to.
    NotApplicable(String),
    /// The requirement applies, but could not be judged.
    Blocked(String),
}

impl Conclusion {
    /// Failed if there are findings, passed if there are none.
    #[must_use]
    pub fn of(findings: Vec<Finding>) -> Self {
        if findings.is_empty() {
            Self::Passed
        } else {
            Self::Failed(findings)
        }
    }

    /// The same conclusion; its violations are about `file`, if there is one, unless they
    /// already name the file that they are about.
    #[must_use]
    pub fn about(self, file: Option<&str>) -> Self {
        let with_file = |finding: Finding| match finding.about {
            None => finding.about(file),
            Some(_) => finding,
        };
        match self {
            Self::Failed(findings) => Self::Failed(findings.into_iter().map(with_file).collect()),
            other => other,
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

/// The result of one check for one scope of a pack.
#[derive(Debug, Clone)]
pub struct CheckResult {
    /// Id of the check.
    pub check: &'static str,
    /// Level of the check.
    pub level: Level,
    /// The scope.
    pub scope: Scope,
    /// The status.
    pub status: Status,
    /// The violations, or the harness's own failures.
    pub findings: Vec<Finding>,
    /// Why it was not judged.
    pub reason: Option<String>,
}
