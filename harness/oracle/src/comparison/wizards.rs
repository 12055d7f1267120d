//! Pairs the wizards of two packs.

use super::Packs;
use super::change::Found;
use super::pairing::Pairing;
use crate::subject::{Observed, Opened};
use std::collections::BTreeMap;

/// A wizard of both packs.
pub(super) struct WizardPair<'s> {
    pub(super) old: &'s Observed,
    pub(super) new: &'s Observed,
}

/// The wizards that both packs have.
pub(super) fn compare<'s>(packs: Packs<'s>, _found: &mut Found<'_>) -> Vec<WizardPair<'s>> {
    let old = by_name(packs.old);
    let new = by_name(packs.new);
    let pairing = Pairing::of(&old, &new);
    let kept = pairing.kept.iter();
    kept.map(|(_, old, new)| WizardPair { old, new }).collect()
}

fn by_name(opened: &Opened) -> BTreeMap<String, &Observed> {
    let wizards = opened.wizards.iter();
    wizards.map(|o| (o.wizard.name.clone(), o)).collect()
}
