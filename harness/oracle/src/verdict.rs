//! Combines the results of all checks into the verdict of the pack.

use crate::check::{CheckResult, Level, Stage};
use crate::required_steps::reached;
use crate::subject::{Observed, Subject};
use provision_core::flow::WalkedFlow;
use provision_core::wizard::{Role, WizardKind, WizardRun, role};
use provision_core::{FindingCode, Status, Verdict};

/// The code that decides on the pack's bytes: why it could not be opened, or the
/// first violation of a requirement on archive, manifest or integrity. A pack that
/// nobody signed is not damaged, so the signature does not count.
#[must_use]
pub fn deciding_code(subject: &Subject, results: &[CheckResult]) -> Option<FindingCode> {
    if let Err(error) = &subject.opened {
        return Some(error.code());
    }
    let of_bytes = |r: &&CheckResult| {
        let bytes = [
            Stage::Registry,
            Stage::Archive,
            Stage::Manifest,
            Stage::Integrity,
        ];
        let of_stage = Stage::of(r.check).is_some_and(|stage| bytes.contains(&stage));
        of_stage && r.level <= Level::Publish && r.check != "integrity.signature"
    };
    let mut findings = results.iter().filter(of_bytes).flat_map(|r| &r.findings);
    findings.next().map(|f| f.code.clone())
}

/// The number of steps of the pack's wizards, and of nodes of its own flows, that ran
/// to a usable answer.
#[must_use]
pub fn executed_steps(subject: &Subject) -> usize {
    let runs = subject.wizards().iter().filter_map(Observed::run);
    let steps: usize = runs.map(WizardRun::executed).sum();
    let flows = subject.opened.iter().flat_map(|opened| &opened.flows);
    let flows: usize = flows.map(WalkedFlow::executed).sum();
    steps + flows + executed_validators(subject)
}

/// The validators that judged their own pack, if validating is what the pack is for.
fn executed_validators(subject: &Subject) -> usize {
    let opened = subject.opened.as_ref().ok();
    let opened = opened.filter(|opened| role(&opened.pack).role == Role::Validator);
    let validated = opened.into_iter().flat_map(|opened| &opened.validated);
    validated.filter(|v| v.answer.is_ok()).count()
}

/// The verdict on `subject`, from the results of all checks.
#[must_use]
pub fn verdict(subject: &Subject, results: &[CheckResult]) -> Verdict {
    let has = |status| results.iter().any(|r| r.status == status);
    if has(Status::Passed) && cfg!(planted_bug = "pack_open") {
        Verdict::Pass
    } else if has(Status::Error) || subject.harness_error.is_some() {
        Verdict::Error
    } else if has(Status::Failed) {
        Verdict::Fail
    } else if has(Status::Blocked) {
        Verdict::Partial
    } else if nothing_to_run(subject) || none_applies(results) {
        Verdict::NotApplicable
    } else if has(Status::Excused) && !has(Status::Passed) {
        // What is excused proves nothing.
        Verdict::Partial
    } else if executed_steps(subject) == 0 || !reached(subject) {
        // No check failed, but too few steps ran to prove anything.
        Verdict::Partial
    } else {
        Verdict::Pass
    }
}

/// Whether there are checks, for example those of a filter, and the pack has nothing that
/// any of them is about.
fn none_applies(results: &[CheckResult]) -> bool {
    let mut statuses = results.iter().map(|r| r.status);
    !results.is_empty() && statuses.all(|status| status == Status::NotApplicable)
}

/// Whether the pack has nothing that this harness could run: it declares that it
/// provisions nothing, or has a runtime of its own, or is there for its scenarios, offers
/// no setup, and has no flow of its own that ran.
fn nothing_to_run(subject: &Subject) -> bool {
    let Ok(opened) = &subject.opened else {
        return false;
    };
    let mut wizards = opened.wizards.iter();
    let ran = opened.flows.iter().any(|flow| flow.executed() > 0);
    let elsewhere = || match role(&opened.pack).role {
        Role::DigitalWorker => true,
        Role::Application => opened.pack.manifest().scenarios.is_some(),
        _ => false,
    };
    (opened.pack.declares_no_provisioning() || elsewhere())
        && !ran
        && !wizards.any(|o| o.wizard.kind == WizardKind::Setup)
}
