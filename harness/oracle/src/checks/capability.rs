//! capability.*: does a simulator have what the provider has that it simulates?

use crate::check::{Applies, Bite, Check, Conclusion, Findings, Level, Run, ScopeKind, Stage};
use crate::subject::Subject;
use provision_core::Finding;
use provision_core::codes::ScenarioCode;
use provision_core::parity::{self, FILE, Fault, Parity};
use provision_core::text::inert;
use std::collections::BTreeSet;

pub(super) const CHECKS: &[Check] = &[Check {
    id: "capability.parity",
    stage: Stage::Capability,
    level: Level::Must,
    scope: ScopeKind::Pack,
    applies: Applies::WithSimulator,
    bites: Bite::Integrity,
    host: "The tests of the ecosystem's simulator stop at the first capability that is missing. No other host reads the file; it is required all the same, because tests on a simulator say nothing about what the simulator cannot do.",
    requirement: "`capabilities/providers.yaml` decodes; it lists the capabilities of the reference and of the simulator, each once; and exactly the capabilities of the reference that the simulator lacks have a downgrade with a reason.",
    why: "Users meet what the simulator lacks only in production, unless the file says so.",
    fix: "Add the capability to the simulator or a downgrade with a reason, and remove downgrades that are no longer true.",
    run: Run::OfPack(judge),
}];

fn judge(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    findings.pack(match parity::read(&opened.pack, &subject.limits) {
        None => Conclusion::NotApplicable(format!("the pack carries no {FILE}")),
        Some(Err(faults)) => Conclusion::Failed(faults.iter().map(unreadable).collect()),
        Some(Ok(parity)) => Conclusion::of(compared(&parity)),
    });
}

fn unreadable(fault: &Fault) -> Finding {
    let at = match fault.at.as_str() {
        "" => FILE.to_owned(),
        at => format!("{FILE}, {at}"),
    };
    let Fault {
        expected, actual, ..
    } = fault;
    Finding::new(ScenarioCode::Capabilities, at, expected, actual).about(FILE)
}

fn finding(
    code: ScenarioCode,
    at: &str,
    expected: impl Into<String>,
    actual: impl Into<String>,
) -> Finding {
    Finding::new(code, format!("{FILE}, {at}"), expected, actual).about(FILE)
}

/// Every mismatch of the file.
fn compared(parity: &Parity) -> Vec<Finding> {
    let mut found = unknown_providers(parity);
    found.extend(listed_twice(parity));
    found.extend(without_reason(parity));
    let (Some(reference), Some(simulator)) =
        (parity.of(&parity.reference), parity.of(&parity.simulator))
    else {
        return found;
    };
    let reference: BTreeSet<&str> = reference.iter().map(String::as_str).collect();
    let simulator: BTreeSet<&str> = simulator.iter().map(String::as_str).collect();
    let downgraded = parity.downgrades.iter().map(|(name, _)| name.as_str());
    let downgraded: BTreeSet<&str> = downgraded.collect();
    let missing = reference.difference(&simulator);
    found.extend(missing.filter(|c| !downgraded.contains(*c)).map(|c| {
        let at = format!("capability `{}`", inert(c, 120));
        let expected = "the simulator has it, or a downgrade says why not";
        finding(ScenarioCode::Lacking, &at, expected, "neither")
    }));
    let wrong = downgraded.into_iter().filter_map(|capability| {
        let actual = if !reference.contains(capability) {
            "the reference does not have it"
        } else if simulator.contains(capability) {
            "the simulator has it"
        } else {
            return None;
        };
        let at = format!("downgrade of `{}`", inert(capability, 120));
        let expected = "a capability of the reference that the simulator lacks";
        Some(finding(ScenarioCode::Downgrade, &at, expected, actual))
    });
    found.extend(wrong);
    found
}

/// A finding on a name that the file does not list, and on a simulator of itself.
fn unknown_providers(parity: &Parity) -> Vec<Finding> {
    let names = [
        ("reference_provider", &parity.reference),
        ("simulator_provider", &parity.simulator),
    ];
    let unknown = names.iter().filter(|(_, name)| parity.of(name).is_none());
    let unknown = unknown.map(|(member, name)| {
        let actual = format!("`{}`", inert(name, 120));
        let expected = "a provider that `providers` lists";
        finding(ScenarioCode::Provider, member, expected, actual)
    });
    let mut found: Vec<Finding> = unknown.collect();
    if parity.reference == parity.simulator {
        let expected = "another provider than the reference";
        let actual = format!("`{}`", inert(&parity.simulator, 120));
        let code = ScenarioCode::Provider;
        found.push(finding(code, "simulator_provider", expected, actual));
    }
    found
}

/// A finding on each capability that a list has twice.
fn listed_twice(parity: &Parity) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut require_unique = |list: String, names: Vec<&str>| {
        let mut seen = BTreeSet::new();
        let mut reported = BTreeSet::new();
        for name in names {
            if !seen.insert(name) && reported.insert(name) {
                let at = format!("{list}, `{}`", inert(name, 120));
                let code = ScenarioCode::Twice;
                found.push(finding(
                    code,
                    &at,
                    "each capability once",
                    "it is there twice",
                ));
            }
        }
    };
    for (provider, capabilities) in &parity.providers {
        let list = format!("provider `{}`", inert(provider, 120));
        let names = capabilities.iter().map(String::as_str).collect();
        require_unique(list, names);
    }
    let names = parity.downgrades.iter().map(|(name, _)| name.as_str());
    require_unique("downgrades".into(), names.collect());
    found
}

/// A finding on each downgrade without a reason.
fn without_reason(parity: &Parity) -> Vec<Finding> {
    let blank = |reason: &Option<String>| reason.as_ref().is_none_or(|r| r.trim().is_empty());
    let without = parity.downgrades.iter().filter(|(_, r)| blank(r));
    let finding = |(capability, _): &(String, Option<String>)| {
        let at = format!("downgrade of `{}`", inert(capability, 120));
        finding(ScenarioCode::Reason, &at, "a reason", "none")
    };
    without.map(finding).collect()
}
