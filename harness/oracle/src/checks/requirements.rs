//! requirements.*: does the requirements step answer as the pack expects?

use crate::check::{Applies, Bite, Check, Conclusion, Findings, Level, Run, ScopeKind, Stage};
use crate::compare::differences;
use crate::subject::{Observed, Opened, Subject};
use provision_core::codes::CheckCode;
use provision_core::wizard::{WizardKind, WizardRun};
use provision_core::{Finding, json};

pub(super) const CHECKS: &[Check] = &[Check {
    id: "requirements.match",
    stage: Stage::Requirements,
    // Operators print requirements, and no setup reads them.
    level: Level::Should,
    scope: ScopeKind::Pack,
    applies: Applies::EveryPack,
    bites: Bite::Nowhere,
    host: "No host runs the requirements flow at setup.",
    requirement: "The requirements step answers what `fixtures/requirements.expected.json` says.",
    why: "Operators prepare an installation from the requirements; wrong requirements fail all of them.",
    fix: "Correct the step, or the fixture if it is out of date.",
    run: Run::OfPack(matches),
}];

fn matches(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    let Some((path, bytes)) = opened.pack.fixture("requirements.expected.json") else {
        let reason = "the pack has no fixtures/requirements.expected.json";
        return findings.pack(Conclusion::NotApplicable(reason.into()));
    };
    findings.pack(match json::parse(&bytes, subject.limits.depth) {
        Ok(expected) => compare(subject, opened, &path, &expected),
        Err(e) => {
            let finding = Finding::new(CheckCode::Fixture, path, "strict JSON", e.to_string());
            Conclusion::Failed(vec![finding])
        }
    });
}

fn compare(
    subject: &Subject,
    opened: &Opened,
    path: &str,
    expected: &serde_json::Value,
) -> Conclusion {
    let mut wizards = opened.wizards.iter();
    let Some(observed) = wizards.find(|o| o.wizard.kind == WizardKind::Requirements) else {
        return Conclusion::Failed(vec![Finding::new(
            CheckCode::NoRequirements,
            path,
            "a requirements flow or step, because there is an expectation of it",
            "none",
        )]);
    };
    let Some(run) = observed.run().filter(|run| WizardRun::completed(run)) else {
        return blocked(observed);
    };
    let answer = run
        .steps
        .iter()
        .find_map(|s| s.output()?.answer("requirements"));
    let Some(actual) = answer else {
        return Conclusion::Failed(vec![Finding::new(
            CheckCode::Requirements,
            format!("wizard {}", observed.wizard.name),
            "an answer with `requirements`",
            "none",
        )]);
    };
    let found = differences(expected, actual, &subject.public_base_url);
    Conclusion::of(
        found
            .into_iter()
            .map(|d| Finding::new(CheckCode::Requirements, d.at, d.expected, d.actual))
            .collect(),
    )
}

fn blocked(observed: &Observed) -> Conclusion {
    Conclusion::Blocked(format!("wizard {} did not complete", observed.wizard.name))
}
