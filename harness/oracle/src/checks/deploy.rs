//! deploy.*: is the deployment plan that a component renders one of the pack?

use crate::check::{Applies, Bite, Check, Conclusion, Findings, Level, Run, ScopeKind, Stage};
use crate::compare::all_differences;
use crate::deployment::{Deployed, Rendered, flows};
use crate::subject::{Opened, Subject};
use greentic_types::deployment::DeploymentPlan;
use provision_core::codes::CheckCode;
use provision_core::limits::DEPLOYMENT_BYTES;
use provision_core::text::inert;
use provision_core::wizard::{HostVerdict, StepCode};
use provision_core::{Finding, json};
use serde_json::Value;

pub(super) const CHECKS: &[Check] = &[Check {
    id: "deploy.plan",
    stage: Stage::Deploy,
    level: Level::Must,
    scope: ScopeKind::Pack,
    applies: Applies::EveryPack,
    bites: Bite::Run,
    host: "The tool that deploys the pack takes `/iac/plan.json` as it is.",
    requirement: "A component that asks for the deployment plan writes to `/iac/plan.json` a plan that names the pack, its version and its flows only. Two runs write the same bytes, the plan equals `fixtures/deploy-plan.expected.json` if the pack has it, and the component reaches for nothing else.",
    why: "What is deployed is what the plan says, and nobody looks at it again.",
    fix: "Write the text that `get-deployment-plan` answers, or a `DeploymentPlan` made of it; open no other file, and use no clock and no random numbers.",
    run: Run::OfPack(plan),
}];

/// The file that a component writes.
const FILE: &str = "/iac/plan.json";
/// The fixture with the expected plan.
const EXPECTED: &str = "deploy-plan.expected.json";

fn plan(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    findings.pack(conclude(subject, opened));
}

fn conclude(subject: &Subject, opened: &Opened) -> Conclusion {
    if opened.deployed.is_empty() {
        let reason = "no component of the pack asks for a deployment plan and exports `run`";
        return Conclusion::NotApplicable(reason.into());
    }
    let mut found = Vec::new();
    let mut others = Vec::new();
    for deployed in &opened.deployed {
        if is_other(deployed) {
            others.push(inert(&deployed.file, 200));
            continue;
        }
        let Some(first) = &deployed.first else {
            let reason = "nothing ran, or the pack has no id and version for a plan";
            return Conclusion::Blocked(reason.into());
        };
        let judged = match first {
            Ok(rendered) => of_run(subject, opened, deployed, rendered),
            Err(failure) => vec![Finding::new(
                failure.code,
                inert(&deployed.file, 200),
                format!("the component ends, and has written {FILE}"),
                failure.message.clone(),
            )],
        };
        let file = Some(deployed.file.as_str());
        found.extend(judged.into_iter().map(|finding| finding.about(file)));
    }
    if others.len() == opened.deployed.len() {
        let reason = format!(
            "{} asks for a deployment plan, but its `run` is not one without parameters",
            others.join(", ")
        );
        return Conclusion::NotApplicable(reason);
    }
    Conclusion::of(found)
}

/// Whether it is another kind of component, such as a step that asks for the plan.
fn is_other(deployed: &Deployed) -> bool {
    matches!(&deployed.first, Some(Err(failure)) if failure.code == StepCode::Abi)
}

fn of_run(
    subject: &Subject,
    opened: &Opened,
    deployed: &Deployed,
    rendered: &Rendered,
) -> Vec<Finding> {
    let mut found = denied(deployed);
    if rendered.is_over {
        let expected = format!("at most {DEPLOYMENT_BYTES} bytes");
        found.push(wrong(FILE, expected, "a write beyond that".into()));
    }
    if !rendered.error.is_null() {
        let error = inert(&rendered.error.to_string(), 200);
        let at = format!("{} run", inert(&deployed.file, 200));
        found.push(wrong(at, "no error", format!("the error {error}")));
    }
    found.extend(differs(deployed, rendered));
    match &rendered.plan {
        Some(text) => found.extend(of_text(subject, opened, text)),
        // The component says itself why there is none, or the bound does.
        None if rendered.is_over || !rendered.error.is_null() => {}
        None => {
            let actual = if rendered.is_text {
                "no such file"
            } else {
                "bytes that are not UTF-8"
            };
            found.push(wrong(FILE, "a deployment plan", actual.into()));
        }
    }
    found
}

fn wrong(at: impl Into<String>, expected: impl Into<String>, actual: String) -> Finding {
    Finding::new(CheckCode::DeployPlan, at, expected, actual)
}

/// One finding for each function that the host denied.
fn denied(deployed: &Deployed) -> Vec<Finding> {
    let calls = deployed.attempts.calls.iter();
    let denied = calls.filter(|call| call.verdict == HostVerdict::Denied);
    let mut functions: Vec<String> = denied
        .map(|call| format!("{} {}", call.interface, call.function))
        .collect();
    functions.dedup();
    let finding = |function: String| {
        let expected = format!("files: {FILE} alone, and no network");
        let at = format!("{} {function}", inert(&deployed.file, 200));
        Finding::new(CheckCode::Attempt, at, expected, "the host denies the call")
    };
    functions.into_iter().map(finding).collect()
}

fn differs(deployed: &Deployed, first: &Rendered) -> Option<Finding> {
    let second = deployed.second.as_ref()?;
    if second.as_ref() == Ok(first) {
        return None;
    }
    let shown = |rendered: &Rendered| {
        let text = rendered.plan.as_deref().unwrap_or("no plan");
        let value: Option<Value> = serde_json::from_str(text).ok();
        (value, inert(text, 120))
    };
    let (at, actual) = match second {
        Err(failure) => (
            FILE.to_owned(),
            format!("the second run ends with {failure}"),
        ),
        Ok(second) => {
            let ((a, a_text), (b, b_text)) = (shown(first), shown(second));
            let differences = a.zip(b).map(|(a, b)| all_differences(&a, &b));
            match differences.into_iter().flatten().next() {
                Some(d) => (
                    format!("{FILE} {}", d.at),
                    format!("first {}, then {}", d.expected, d.actual),
                ),
                None => (FILE.to_owned(), format!("first {a_text}, then {b_text}")),
            }
        }
    };
    let expected = "the same bytes at another time and with other random numbers";
    Some(Finding::new(CheckCode::DeployDiffers, at, expected, actual))
}

/// Judges the text of the plan.
fn of_text(subject: &Subject, opened: &Opened, text: &str) -> Vec<Finding> {
    let pack = &opened.pack;
    let depth = subject.limits.depth;
    let parsed = json::parse(text.as_bytes(), depth).map_err(|e| e.to_string());
    let read = parsed.and_then(|value| {
        let plan: DeploymentPlan =
            serde_json::from_value(value.clone()).map_err(|e| e.to_string())?;
        Ok((value, plan))
    });
    let (value, plan) = match read {
        Ok(read) => read,
        Err(why) => {
            let expected = "a deployment plan as strict JSON";
            return vec![wrong(FILE, expected, inert(&why, 200))];
        }
    };
    let manifest = pack.manifest();
    let mut found = Vec::new();
    for (at, stated, named) in [
        ("pack_id", &manifest.id, plan.pack_id.clone()),
        (
            "pack_version",
            &manifest.version,
            plan.pack_version.to_string(),
        ),
    ] {
        if let Some(stated) = stated.as_ref().filter(|stated| **stated != named) {
            let actual = inert(&named, 80);
            found.push(wrong(format!("{FILE} /{at}"), stated.as_str(), actual));
        }
    }
    let flows = flows(pack, &subject.limits);
    for (place, channel) in plan.channels.iter().enumerate() {
        if !flows.contains(&channel.flow_id) {
            let at = format!("{FILE} /channels/{place}/flow_id");
            let actual = inert(&channel.flow_id, 80);
            let expected = "a flow or a scenario of the pack";
            found.push(Finding::new(CheckCode::DeployFlow, at, expected, actual));
        }
    }
    found.extend(expected(subject, opened, &value));
    found
}

/// The differences from the plan that the pack expects.
fn expected(subject: &Subject, opened: &Opened, actual: &Value) -> Vec<Finding> {
    let Some((path, bytes)) = opened.pack.fixture(EXPECTED) else {
        return Vec::new();
    };
    match json::parse(&bytes, subject.limits.depth) {
        Err(e) => {
            let expected = "a deployment plan as strict JSON";
            let code = CheckCode::Fixture;
            vec![Finding::new(code, path, expected, e.to_string())]
        }
        Ok(expected) => {
            let rules = &subject.normalise;
            let differences = all_differences(&rules.golden(&expected), &rules.result(actual));
            let found = differences.into_iter().map(|d| {
                let at = format!("{FILE} {}", d.at);
                Finding::new(CheckCode::PlanDiffers, at, d.expected, d.actual)
            });
            found.collect()
        }
    }
}
