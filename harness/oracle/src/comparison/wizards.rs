//! Pairs the wizards of two packs, and compares which there are.

use super::change::{Found, both};
use super::packs::Packs;
use super::pairing::Pairing;
use super::rules::Rule;
use crate::subject::{Observed, Opened};
use provision_core::wizard::{Driver, RunBy, WizardKind};
use std::collections::BTreeMap;

/// A wizard of both packs.
pub(super) struct WizardPair<'s> {
    pub(super) old: &'s Observed,
    pub(super) new: &'s Observed,
}

impl WizardPair<'_> {
    /// Whether no host runs it in either pack.
    pub(super) fn is_unrun(&self) -> bool {
        let unrun = |observed: &Observed| observed.wizard.run_by == RunBy::Nobody;
        unrun(self.old) && unrun(self.new)
    }

    /// Whether it is a setup.
    pub(super) fn sets_up(&self) -> bool {
        self.old.wizard.kind == WizardKind::Setup
    }
}

/// The wizards that both packs have.
pub(super) fn compare<'s>(packs: Packs<'s>, found: &mut Found<'_>) -> Vec<WizardPair<'s>> {
    let (old, new) = (by_name(packs.old), by_name(packs.new));
    let mut pairing = Pairing::of(&old, &new);
    let renamed = pairing.renamed(|old, new| has_same_purpose(old, new));
    let mut pairs = Vec::new();
    for ((old_name, old), (new_name, new)) in renamed {
        let pair = WizardPair { old, new };
        // The harness makes up the names of the others.
        if is_named(old) && is_named(new) {
            found.of_unrun(pair.is_unrun());
            found.guess(Rule::WizardRenamed, "wizards", both(old_name, new_name));
            found.of_unrun(false);
        }
        pairs.push(pair);
    }
    let at = |name: &str| format!("wizard {name}");
    // The others follow from interfaces and operations, which are listed.
    let named = |(_, observed): &(&str, &&Observed)| is_named(observed);
    let unrun = |observed: &Observed| observed.wizard.run_by == RunBy::Nobody;
    for (name, observed) in pairing.removed.into_iter().filter(named) {
        let rule = if unrun(observed) {
            Rule::WizardUnrunRemoved
        } else {
            Rule::WizardRemoved
        };
        let kind = observed.wizard.kind.entry();
        found.change(rule, &at(name), (Some(kind), None));
    }
    for (name, observed) in pairing.added.into_iter().filter(named) {
        let rule = if unrun(observed) {
            Rule::WizardUnrunAdded
        } else {
            Rule::WizardAdded
        };
        let kind = observed.wizard.kind.entry();
        found.change(rule, &at(name), (None, Some(kind)));
    }
    let kept = pairing.kept.iter();
    pairs.extend(kept.map(|(_, old, new)| WizardPair { old, new }));
    for pair in &pairs {
        let (old, new) = (&pair.old.wizard.driver, &pair.new.wizard.driver);
        if old.name() != new.name() {
            let place = at(&pair.new.wizard.name);
            found.change(Rule::WizardDriver, &place, both(old.name(), new.name()));
        }
    }
    pairs.sort_by_key(|pair| (pair.new.wizard.kind, &pair.new.wizard.name));
    pairs
}

fn by_name(opened: &Opened) -> BTreeMap<String, &Observed> {
    let wizards = opened.wizards.iter();
    wizards.map(|o| (o.wizard.name.clone(), o)).collect()
}

fn has_same_purpose(old: &Observed, new: &Observed) -> bool {
    let mode = |observed: &Observed| match observed.wizard.driver {
        Driver::ComponentQa { mode, .. } | Driver::Operator { mode, .. } => Some(mode),
        _ => None,
    };
    let same = |old: &Observed, new: &Observed| {
        old.wizard.kind == new.wizard.kind && old.wizard.driver.name() == new.wizard.driver.name()
    };
    same(old, new) && mode(old) == mode(new)
}

/// Whether the author of the pack names the wizard.
fn is_named(observed: &Observed) -> bool {
    matches!(
        observed.wizard.driver,
        Driver::FlowGraph { .. } | Driver::StepModules { .. } | Driver::SingleModule { .. }
    )
}
