//! [`Defect`] and [`Harmless`]: one change of a sound wizard each.

use super::form::Role;
use super::wizard::Wizard;
use provision_core::FindingCode;

/// A check, and the code of a finding of this check.
pub type Found = (&'static str, FindingCode);

/// One way in which a wizard is wrong.
#[derive(Debug, Clone)]
pub struct Defect {
    /// Stable id.
    pub id: &'static str,
    /// What is wrong, in a sentence.
    pub doc: &'static str,
    /// The questions that it needs.
    pub asks: &'static [Role],
    /// The check that has to find it, and the code of that check's finding.
    pub found: Found,
    plant: fn(&mut Wizard),
}

impl Defect {
    pub(super) const fn new(
        id: &'static str,
        doc: &'static str,
        asks: &'static [Role],
        found: Found,
        plant: fn(&mut Wizard),
    ) -> Self {
        Self {
            id,
            doc,
            asks,
            found,
            plant,
        }
    }

    /// The sound wizard of `seed` with this defect.
    #[must_use]
    pub fn planted(&self, seed: u64) -> Wizard {
        let mut wizard = Wizard::sound(seed, self.asks);
        (self.plant)(&mut wizard);
        wizard
    }
}

/// One way in which a sound wizard is unusual.
#[derive(Debug, Clone)]
pub struct Harmless {
    /// Stable id.
    pub id: &'static str,
    /// What is unusual, in a sentence.
    pub doc: &'static str,
    /// The questions that it needs.
    pub asks: &'static [Role],
    vary: fn(&mut Wizard),
}

impl Harmless {
    pub(super) const fn new(
        id: &'static str,
        doc: &'static str,
        asks: &'static [Role],
        vary: fn(&mut Wizard),
    ) -> Self {
        Self {
            id,
            doc,
            asks,
            vary,
        }
    }

    /// The sound wizard of `seed` with this peculiarity.
    #[must_use]
    pub fn varied(&self, seed: u64) -> Wizard {
        let mut wizard = Wizard::sound(seed, self.asks);
        (self.vary)(&mut wizard);
        wizard
    }
}
