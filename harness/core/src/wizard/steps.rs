//! Steps and modes, with the names that packs use for them.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The task of a wizard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProvisionMode {
    /// Set up a new installation.
    Install,
    /// Change what was set up.
    Update,
    /// Remove what was set up.
    Delete,
    /// Report what would be done, without changes.
    DryRun,
}

impl ProvisionMode {
    /// The name in contracts and file names.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::DryRun => "dry_run",
        }
    }
}

/// One step of a wizard, in the order in which they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProvisionStep {
    /// Reports what the pack will need; a separate wizard.
    Requirements,
    /// Asks questions.
    Collect,
    /// Accepts or refuses the answers.
    Validate,
    /// Proposes the changes.
    Apply,
    /// Reports what was done.
    Summary,
    /// A node of a flow that is not bound to a step.
    Node,
}

impl ProvisionStep {
    /// The four steps of setup, update, remove and subscriptions.
    pub const LIFECYCLE: [Self; 4] = [Self::Collect, Self::Validate, Self::Apply, Self::Summary];

    /// The name in contracts and module names.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Requirements => "requirements",
            Self::Collect => "collect",
            Self::Validate => "validate",
            Self::Apply => "apply",
            Self::Summary => "summary",
            Self::Node => "node",
        }
    }
}

impl fmt::Display for ProvisionStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
