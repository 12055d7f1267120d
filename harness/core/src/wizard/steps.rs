//! Steps and modes, by the names that packs know them by.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What a wizard is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProvisionMode {
    /// Set up where nothing is.
    Install,
    /// Change what was set up.
    Update,
    /// Take back what was set up.
    Delete,
    /// Say what would be done; nothing changes.
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
    /// Says what the pack will need; a wizard of its own.
    Requirements,
    /// Asks questions.
    Collect,
    /// Accepts or refuses the answers.
    Validate,
    /// Says what is to be changed.
    Apply,
    /// Says what was done.
    Summary,
    /// A node of a flow that is bound to no step.
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
