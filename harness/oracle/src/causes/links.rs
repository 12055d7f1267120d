//! Which cause follows from which: a wrong component explains what the wizards that call
//! it do.

use super::facts::Facts;
use super::groups::{Fact, Group, Located};
use crate::check::{Level, Scope, Stage};
use provision_core::FindingCode;
use provision_core::codes::{CheckCode, StepCode};
use std::collections::BTreeSet;

/// For each group, the index of the group that it follows from.
///
/// A group follows only from one that no other explains, and whose checks are at least
/// as strong: the reader of a profile sees no consequence without its cause.
pub(super) fn links(facts: &Facts<'_>, groups: &[Group<'_>]) -> Vec<Option<usize>> {
    let roots: Vec<Option<Root<'_>>> = groups.iter().map(|g| Root::of(facts, g)).collect();
    let link = |(own, group): (&Option<Root<'_>>, &Group<'_>)| {
        // A wrong component asks for other answers than the form, so that cause may follow.
        let is_first = |root: &Root<'_>| root.defect != Defect::Unasked;
        if own.as_ref().is_some_and(is_first) {
            return None;
        }
        let explains = |root: &Root<'_>| root.level <= group.level() && root.explains(group);
        let position = |wanted: &dyn Fn(&Root<'_>) -> bool| {
            let mut roots = roots.iter();
            roots.position(|root| root.as_ref().is_some_and(|r| wanted(r) && explains(r)))
        };
        position(&is_first).or_else(|| position(&|_| own.is_none()))
    };
    roots.iter().zip(groups).map(link).collect()
}

/// Why one component explains other findings.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Defect {
    /// It is another component than the manifest says.
    Identity,
    /// It is not Wasm.
    NotWasm,
    /// It exports nothing.
    Empty,
    /// It requires an answer that the setup form never asks.
    Unasked,
    /// Flow nodes call it, and the pack does not have it.
    Absent,
}

/// A group that explains others.
struct Root<'g> {
    defect: Defect,
    level: Level,
    /// The digest of its bytes, or the name of the file that is not there.
    component: &'g str,
    callers: BTreeSet<&'g str>,
}

impl<'g> Root<'g> {
    fn of(facts: &Facts<'g>, group: &'g Group<'_>) -> Option<Self> {
        let component = match &group.key.fact {
            Fact::Bytes(digest) => digest,
            Fact::Missing(file) if group.key.code == CheckCode::NodeComponent.into() => {
                return Some(Self {
                    defect: Defect::Absent,
                    level: group.level(),
                    component: file,
                    callers: BTreeSet::new(),
                });
            }
            _ => return None,
        };
        let defect = match &group.key.code {
            FindingCode::Check(CheckCode::ComponentIdentity) => Defect::Identity,
            FindingCode::Step(StepCode::NotWasm) => Defect::NotWasm,
            FindingCode::Check(CheckCode::NodeExports) => Defect::Empty,
            FindingCode::Check(CheckCode::QuestionsDisagree) if group.found.iter().any(of_form) => {
                Defect::Unasked
            }
            _ => return None,
        };
        Some(Self {
            defect,
            level: group.level(),
            component,
            callers: facts.callers(component),
        })
    }

    fn explains(&self, group: &Group<'_>) -> bool {
        match (&group.key.fact, self.defect) {
            (Fact::Bytes(digest), Defect::NotWasm | Defect::Empty) => digest == self.component,
            // The component refuses the answers of the form.
            (Fact::Bytes(digest), Defect::Unasked) => {
                let refuses = group.key.code == FindingCode::Step(StepCode::Step);
                digest == self.component && refuses && group.found.iter().all(is_answer)
            }
            (Fact::Bytes(digest), Defect::Identity) => {
                digest == self.component && group.found.iter().all(is_answer)
            }
            // The step says which file it looked for.
            (Fact::Texts(..), Defect::Absent) => {
                let names = |l: &Located<'_>| l.finding.actual.contains(self.component);
                group.key.code == StepCode::Missing.into() && group.found.iter().all(names)
            }
            // A wizard that calls several files has findings about none of them.
            (Fact::Texts(..), Defect::Identity) => {
                let by_caller = |l: &Located<'_>| match &l.result.scope {
                    Scope::Wizard(name) => self.callers.contains(name.as_str()),
                    Scope::Pack | Scope::Recording => false,
                };
                group.found.iter().all(|l| is_answer(l) && by_caller(l))
            }
            _ => false,
        }
    }
}

/// Whether the form never asks what the component requires.
fn of_form(located: &Located<'_>) -> bool {
    located.result.check == "setup.questions-agree"
}

/// Whether a check judges what a wizard answers, which is wrong if its component is.
fn is_answer(located: &Located<'_>) -> bool {
    let check = located.result.check;
    matches!(
        check,
        "wizard.completes" | "wizard.questions-agree" | "plan.config-valid"
    ) || matches!(Stage::of(check), Some(Stage::Setup | Stage::Answers))
}
