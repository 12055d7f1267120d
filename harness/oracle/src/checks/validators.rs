//! validators.*: do the pack's own validators accept it?

use crate::check::{Applies, Bite, Check, Conclusion, Findings, Level, Run, ScopeKind, Stage};
use crate::subject::{Subject, Validated};
use provision_core::Finding;
use provision_core::codes::CheckCode;
use provision_core::text::inert;
use serde_json::Value;

pub(super) const CHECKS: &[Check] = &[Check {
    id: "validators.pass",
    stage: Stage::Validators,
    level: Level::Should,
    scope: ScopeKind::Pack,
    applies: Applies::EveryPack,
    bites: Bite::Nowhere,
    host: "The pack doctor shows the diagnostics of validators; no host refuses.",
    requirement: "Validators that the pack carries or names (`greentic:pack-validate`) report no error.",
    why: "The pack's own validator is part of it; a publisher must not ignore its errors.",
    fix: "Correct what the validator's message in the finding names.",
    run: Run::OfPack(pass),
}];

fn pass(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    if opened.validated.is_empty() {
        let reason = "the pack carries no validator";
        return findings.pack(Conclusion::NotApplicable(reason.into()));
    }
    let found = opened.validated.iter().flat_map(said).collect();
    findings.pack(Conclusion::of(found));
}

/// The errors that a validator reports, or why it reports nothing.
fn said(validated: &Validated) -> Vec<Finding> {
    let file = inert(&validated.file, 200);
    let expected = "no diagnostic of severity error";
    match &validated.answer {
        Err(failure) => {
            let code = failure.code;
            let finding = Finding::new(code, file, "an answer", failure.message.clone());
            vec![finding.about(validated.file.as_str())]
        }
        Ok(answer) => {
            let list = answer.as_array().into_iter().flatten();
            let errors = list.filter(|d| is_error(d));
            let text = |d: &Value, key: &str| {
                let text = d.get(key).and_then(Value::as_str);
                inert(text.unwrap_or_default(), 200)
            };
            let finding = |d: &Value| {
                let at = format!("{file} {}", text(d, "path"));
                let actual = format!("{}: {}", text(d, "code"), text(d, "message"));
                Finding::new(CheckCode::Validator, at.trim_end(), expected, actual)
            };
            errors.map(finding).collect()
        }
    }
}

fn is_error(diagnostic: &Value) -> bool {
    let severity = diagnostic.get("severity").and_then(Value::as_str);
    severity.is_some_and(|s| s.eq_ignore_ascii_case("error"))
}
