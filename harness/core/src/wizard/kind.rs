//! [`WizardKind`]: the purpose of a wizard.

use super::steps::ProvisionStep;
use serde::{Deserialize, Serialize};

/// The purpose of a wizard. Wizards are listed and driven in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WizardKind {
    /// Says what setup will need.
    Requirements,
    /// Sets the provider up.
    Setup,
    /// Changes what was set up.
    Update,
    /// Changes subscriptions to the wanted ones.
    Subscriptions,
    /// Removes what was set up.
    Remove,
}

impl WizardKind {
    const ALL: [Self; 5] = [
        Self::Requirements,
        Self::Setup,
        Self::Update,
        Self::Subscriptions,
        Self::Remove,
    ];

    /// The entry's name in manifests.
    #[must_use]
    pub fn entry(self) -> &'static str {
        match self {
            Self::Requirements => "requirements",
            Self::Setup => "setup",
            Self::Update => "update",
            Self::Subscriptions => "subscriptions",
            Self::Remove => "remove",
        }
    }

    /// The kind of an entry or a flow with this name, as packs use the names:
    /// `setup`, `setup_default`, `setup_custom`, `sync_subscriptions`, ….
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        if name == "sync_subscriptions" {
            return Some(Self::Subscriptions);
        }
        let head = name.split('_').next().unwrap_or_default();
        Self::ALL.into_iter().find(|kind| kind.entry() == head)
    }

    /// The steps of such a wizard.
    #[must_use]
    pub fn steps(self) -> &'static [ProvisionStep] {
        match self {
            Self::Requirements => &[ProvisionStep::Requirements],
            _ => &ProvisionStep::LIFECYCLE,
        }
    }

    /// Whether a wizard of the kind may leave `step` out.
    #[must_use]
    pub fn may_lack(self, step: ProvisionStep) -> bool {
        match self {
            Self::Requirements | Self::Setup => false,
            Self::Update | Self::Subscriptions | Self::Remove => {
                matches!(step, ProvisionStep::Collect | ProvisionStep::Validate)
            }
        }
    }
}
