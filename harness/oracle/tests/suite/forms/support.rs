//! A pack of which a closure answers the steps.

use crate::steps;
use provision_core::wizard::{StepAnswer, StepCode, StepExecutor, StepFailure, StepRequest};
use provision_core::{Pack, Status};
use provision_oracle::{CheckResult, Conditions, Subject, judge, observe};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// The answer of a step to its input.
pub(crate) type Says = fn(&str, &Answers<'_>) -> Result<Value, StepFailure>;

/// The answers that a step receives.
pub(crate) struct Answers<'i>(&'i Value);

impl Answers<'_> {
    /// The answer to a question, wherever it lies.
    pub(crate) fn of(&self, id: &str) -> &Value {
        let answers = &self.0["inputs"]["answers"];
        let mut parts = ["config", "secrets"].into_iter();
        let part = parts.find(|part| !answers[part][id].is_null());
        part.map_or(&answers[id], |part| &answers[part][id])
    }

    pub(crate) fn is(&self, id: &str, value: impl Into<Value>) -> bool {
        *self.of(id) == value.into()
    }

    /// A plan that sets the answers to these questions, as far as there are any.
    pub(crate) fn plan(&self, ids: &[&str]) -> Value {
        let set = ids.iter().filter(|id| !self.of(id).is_null());
        let config: BTreeMap<&str, &Value> = set.map(|id| (*id, self.of(id))).collect();
        json!({ "plan": { "config_patch": config } })
    }
}

pub(crate) fn refuse(message: &str) -> Result<Value, StepFailure> {
    let diagnostic = json!({ "severity": "error", "code": "NO", "message": message });
    Ok(json!({ "diagnostics": [diagnostic] }))
}

pub(crate) fn trap() -> Result<Value, StepFailure> {
    Err(StepFailure::new(StepCode::Trap, "unreachable"))
}

/// Runs the closure, and keeps the answers of each step.
pub(crate) struct Guest(Says, Mutex<Vec<Value>>);

impl StepExecutor for Guest {
    fn execute(&self, _: &Pack, request: &StepRequest) -> StepAnswer {
        let input = steps::input(request);
        let step = input["step"].as_str().unwrap_or_default();
        let said = (self.0)(step, &Answers(&input));
        let answers = input["inputs"]["answers"].clone();
        self.1.lock().expect("unpoisoned").push(answers);
        steps::answer(said)
    }
}

/// What was observed of a pack with these files, and the answers that its steps got.
pub(crate) fn observed(files: &[(&str, &str)], says: Says) -> (Subject, Vec<Value>) {
    let guest = Guest(says, Mutex::default());
    let subject = observe(Ok(steps::pack(files)), &guest, &Conditions::default());
    (subject, guest.1.into_inner().expect("unpoisoned"))
}

/// The checks of a stage that fail, at any level, and their codes.
pub(crate) fn failures(files: &[(&str, &str)], says: Says) -> BTreeMap<&'static str, Vec<String>> {
    let (subject, _) = observed(files, says);
    let stages = [
        "wizard.",
        "answers.",
        "setup.",
        "plan.",
        "secrets.contained",
    ];
    let of_stage = |r: &CheckResult| stages.iter().any(|stage| r.check.starts_with(stage));
    let failed = judge(&subject).into_iter();
    // The wizards of these tests accept any text, also an empty one.
    let failed = failed.filter(|r| r.check != "answers.empty-refused");
    let failed = failed.filter(|r| of_stage(r) && r.status >= Status::Failed);
    let codes = |r: &CheckResult| {
        let codes = r.findings.iter().map(|f| f.code.to_string());
        let mut codes: Vec<String> = codes.collect();
        codes.dedup();
        codes
    };
    failed.map(|r| (r.check, codes(&r))).collect()
}

/// No failed check.
pub(crate) fn none() -> BTreeMap<&'static str, Vec<String>> {
    BTreeMap::new()
}

/// The only failed check, and its only code.
pub(crate) fn only(check: &'static str, code: &str) -> BTreeMap<&'static str, Vec<String>> {
    [(check, vec![code.to_owned()])].into()
}

/// How a check of the only wizard ended, and why.
pub(crate) fn conclusion(files: &[(&str, &str)], says: Says, check: &str) -> (Status, String) {
    let (subject, _) = observed(files, says);
    let results = judge(&subject);
    let mut of_check = results.iter().filter(|r| r.check == check);
    let result = of_check.next().expect("the check is judged");
    (result.status, result.reason.clone().unwrap_or_default())
}
