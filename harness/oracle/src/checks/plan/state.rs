//! The state that plans leave: a valid config, the same state after a second setup,
//! and nothing after the remove wizard.

use crate::check::{Conclusion, Findings};
use crate::installation::Installation;
use crate::schema::{Unusable, first_broken};
use crate::subject::{Observed, Opened, Subject};
use crate::whole_config::whole_config;
use provision_apply::ApplyError;
use provision_core::Finding;
use provision_core::codes::CheckCode;
use provision_core::json::pointer_token;
use provision_core::text::inert;
use provision_core::wizard::questions::config_schema;
use provision_core::wizard::{
    InstalledState, ProvisionMode, ProvisionPlan, RunBy, WizardKind, WizardRun,
};
use serde_json::{Map, Value};

/// `plan.config-valid`
pub(super) fn config_valid(subject: &Subject, findings: &mut Findings) {
    findings.each_wizard(subject, |opened, observed| {
        if observed.wizard.kind != WizardKind::Setup {
            return Conclusion::NotApplicable("only setup makes a whole config".into());
        }
        if observed.wizard.run_by == RunBy::Author {
            let reason = "hosts hold the config of no other component against this schema";
            return Conclusion::NotApplicable(reason.into());
        }
        let Some((file, schema)) = config_schema(&opened.pack, subject.limits.depth) else {
            let reason = "the pack has no config schema, or more than one";
            return Conclusion::NotApplicable(reason.into());
        };
        let Some(run) = observed.run().filter(|run| run.completed()) else {
            return Conclusion::Blocked("the wizard did not complete".into());
        };
        // NB: the first one is that of the answers that are judged. The config has to
        // be valid for all answers that the wizard accepts.
        let mut configs = vec![(String::new(), config(&run.plan))];
        let probed = observed.runs.as_ref().ok().and_then(|r| r.probed.as_ref());
        let plans = probed.into_iter().flat_map(|probed| &probed.plans);
        configs.extend(plans.map(|p| (format!(", with {}", p.what), config(&p.plan))));
        match schema {
            Ok(schema) => {
                let conclusion = judge(opened, subject.limits.depth, (&file, &schema), &configs);
                conclusion.about(observed.component())
            }
            Err(why) => Conclusion::Failed(vec![unreadable(&file, &why.to_string())]),
        }
    });
}

/// The config that a plan sets.
fn config(plan: &ProvisionPlan) -> Value {
    let mut config = plan.config_patch.clone();
    config.retain(|_, value| !value.is_null());
    Value::Object(config.into_iter().collect())
}

fn unreadable(file: &str, why: &str) -> Finding {
    unusable(file, &Unusable::Invalid(why.to_owned()))
}

fn unusable(file: &str, problem: &Unusable) -> Finding {
    problem.finding(&inert(file, 200)).about(file)
}

/// Judges configs, each with the answers that made it, up to the first invalid one.
fn judge(
    opened: &Opened,
    depth: usize,
    (file, schema): (&str, &Value),
    configs: &[(String, Value)],
) -> Conclusion {
    let values: Vec<&Value> = configs.iter().map(|(_, config)| config).collect();
    let broken = match first_broken(&opened.pack, depth, (file, schema), &values) {
        Ok(Some(broken)) => broken,
        Ok(None) => return Conclusion::Passed,
        Err(problem) => return Conclusion::Failed(vec![unusable(file, &problem)]),
    };
    let with = configs.get(broken.index).map_or("", |(with, _)| with);
    let found = broken.errors.into_iter().map(|(place, error)| {
        let at = format!("/config_patch{}{with}", inert(&place, 200));
        let expected = format!("a config that is valid under {}", inert(file, 200));
        Finding::new(CheckCode::ConfigInvalid, at, expected, inert(&error, 300))
    });
    Conclusion::of(found.collect())
}

/// `plan.idempotent`
pub(super) fn idempotent(subject: &Subject, findings: &mut Findings) {
    second(subject, findings, |observed| {
        let runs = observed.runs.as_ref().ok()?;
        let again = runs.probed.as_ref()?.again.as_ref()?;
        if let Some(conclusion) = incomplete(again, "setup on what it left") {
            return Some(conclusion);
        }
        let found = unsettled(&runs.first.plan, &again.plan);
        Some(found.map_or_else(|e| not_applied(&e), Conclusion::of))
    });
}

/// The conclusion if plans cannot be carried out; other checks say what is wrong.
pub(in crate::checks) fn not_applied(error: &ApplyError) -> Conclusion {
    let why = inert(&error.to_string(), 300);
    Conclusion::Blocked(format!("the plan cannot be carried out: {why}"))
}

/// What the plan of a second setup changes in the installation that the first one sets
/// up.
pub(crate) fn unsettled(
    first: &ProvisionPlan,
    again: &ProvisionPlan,
) -> Result<Vec<Finding>, ApplyError> {
    let installation = Installation::of(first)?;
    let left = installation.installed()?;
    installation.apply(ProvisionMode::Install, again)?;
    let after = installation.installed()?;
    let value = |state| serde_json::to_value(state).unwrap_or_default();
    let (first, then): (Value, Value) = (value(&left), value(&after));
    let found = crate::compare::all_differences(&first, &then).into_iter();
    let found = found.map(|d| {
        let expected = format!("what the first setup left: {}", d.expected);
        Finding::new(CheckCode::NotIdempotent, d.at, expected, d.actual)
    });
    Ok(found.collect())
}

/// `plan.update-keeps`
pub(super) fn update_keeps(subject: &Subject, findings: &mut Findings) {
    second(subject, findings, |observed| {
        let probed = observed.runs.as_ref().ok()?.probed.as_ref()?;
        let Some((wizard, updated)) = &probed.updated else {
            let reason = "there is no update wizard for it";
            return Some(Conclusion::NotApplicable(reason.into()));
        };
        if !updated.completed() {
            let reason = "the update wizard did not complete with the answers of setup";
            return Some(Conclusion::Blocked(reason.into()));
        }
        let whole = whole_config(&observed.wizard, updated);
        let found = dropped(&probed.left, updated, whole)
            .into_iter()
            .map(|place| {
                let at = inert(&place, 200);
                let expected = format!("{} keeps what setup set", inert(wizard, 120));
                let actual = "the same answers drop it";
                Finding::new(CheckCode::UpdateDrops, at, expected, actual)
            });
        Some(Conclusion::of(found.collect()))
    });
}

/// The places in the plan of setup of what an update takes from the state that setup
/// left. The operator replaces the config by the `whole` one, if there is one.
fn dropped(
    left: &InstalledState,
    updated: &WizardRun,
    whole: Option<&Map<String, Value>>,
) -> Vec<String> {
    let mut after = left.clone();
    after.apply(&updated.plan);
    let mut places = Vec::new();
    for (key, before) in &left.config {
        let after = after.config.get(key);
        let after = after.and_then(|after| whole.map_or(Some(after), |whole| whole.get(key)));
        let place = format!("/config_patch/{}", pointer_token(key));
        collect_lost(before, after, place, &mut places);
    }
    let secrets = left.secrets.difference(&after.secrets);
    places.extend(secrets.map(|key| format!("/secrets_patch/set/{}", pointer_token(key))));
    places
}

/// Adds the places of `before`, or of what is within it, that `after` has no value for.
fn collect_lost(before: &Value, after: Option<&Value>, place: String, places: &mut Vec<String>) {
    match (before, after) {
        (Value::Null, _) => {}
        (_, None | Some(Value::Null)) => places.push(place),
        (Value::Object(before), Some(Value::Object(after))) => {
            for (key, before) in before {
                let place = format!("{place}/{}", pointer_token(key));
                collect_lost(before, after.get(key), place, places);
            }
        }
        _ => {}
    }
}

/// `plan.removable`
pub(super) fn removable(subject: &Subject, findings: &mut Findings) {
    second(subject, findings, |observed| {
        let runs = observed.runs.as_ref().ok()?;
        let Some((wizard, back)) = &runs.probed.as_ref()?.back else {
            let reason = "there is no remove wizard for it";
            return Some(Conclusion::NotApplicable(reason.into()));
        };
        if let Some(conclusion) = incomplete(back, "the remove wizard") {
            return Some(conclusion);
        }
        let found = left_behind(&runs.first.plan, wizard, &back.plan);
        Some(found.map_or_else(|e| not_applied(&e), Conclusion::of))
    });
}

/// What `back`, the plan of the remove wizard of this name, leaves of the installation
/// that `first` sets up.
fn left_behind(
    first: &ProvisionPlan,
    wizard: &str,
    back: &ProvisionPlan,
) -> Result<Vec<Finding>, ApplyError> {
    let installation = Installation::of(first)?;
    // NB: a delete would take back everything itself, whatever the wizard plans.
    installation.apply(ProvisionMode::Update, back)?;
    let holds = installation.installed()?.holds();
    let found = holds.into_iter().map(|left| {
        let expected = format!("{} takes it back", inert(wizard, 120));
        let actual = "it is still there";
        Finding::new(CheckCode::LeftBehind, inert(&left, 200), expected, actual)
    });
    Ok(found.collect())
}

fn second(
    subject: &Subject,
    findings: &mut Findings,
    judge: impl Fn(&Observed) -> Option<Conclusion>,
) {
    findings.each_wizard(subject, |_, observed| {
        if observed.wizard.kind != WizardKind::Setup {
            return Conclusion::NotApplicable("only what setup leaves is judged".into());
        }
        let none = || Conclusion::Blocked("the wizard did not complete".into());
        judge(observed).unwrap_or_else(none)
    });
}

/// Why a run that has to complete does not; `None` if it does.
pub(in crate::checks) fn incomplete(run: &WizardRun, what: &str) -> Option<Conclusion> {
    if run.completed() {
        return None;
    }
    let failures = run
        .steps
        .iter()
        .filter_map(|s| Some((s.name(), s.failure()?)));
    let mut found: Vec<Finding> = failures
        .map(|(step, f)| {
            let expected = format!("{what} completes");
            Finding::new(f.code, step, expected, f.message.clone())
        })
        .collect();
    if found.is_empty() {
        let said: Vec<String> = run
            .diagnostics
            .iter()
            .map(|d| inert(&d.message, 120))
            .collect();
        let expected = format!("{what} completes");
        found.push(Finding::new(
            CheckCode::Refused,
            "wizard",
            expected,
            said.join("; "),
        ));
    }
    let error = run
        .steps
        .iter()
        .any(|s| s.failure().is_some_and(|f| f.code.is_error()));
    Some(if error {
        Conclusion::Error(found)
    } else {
        Conclusion::Failed(found)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use provision_core::wizard::Outcome;
    use serde_json::json;

    fn updated(plan: ProvisionPlan) -> WizardRun {
        WizardRun {
            outcome: Outcome::Completed,
            plan,
            diagnostics: Vec::new(),
            steps: Vec::new(),
            writes: Vec::new(),
            secret_answers: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn update_drops_a_key_by_null_or_by_a_config_without_it() {
        let plan = |config: Value| {
            let plan = json!({ "config_patch": config });
            serde_json::from_value::<ProvisionPlan>(plan).expect("a plan")
        };
        let mut left = InstalledState::default();
        left.apply(&plan(json!({ "room": "blue", "log": true })));
        let dropped = |patch: Value, whole: Option<Value>| {
            let updated = updated(plan(patch));
            super::dropped(&left, &updated, whole.as_ref().and_then(Value::as_object))
        };
        assert_eq!(dropped(json!({}), None), [""; 0]);
        assert_eq!(dropped(json!({ "room": "red", "new": 1 }), None), [""; 0]);
        assert_eq!(
            dropped(json!({ "room": null }), None),
            ["/config_patch/room"]
        );
        let whole = json!({ "room": "blue", "log": true });
        assert_eq!(dropped(json!({}), Some(whole)), [""; 0]);
        let whole = json!({ "room": null });
        assert_eq!(
            dropped(json!({}), Some(whole)),
            ["/config_patch/log", "/config_patch/room"]
        );
        // What is within a value counts as well, and so do secrets.
        let setup = json!({
            "config_patch": { "room": { "name": "a", "topic": { "x": 1, "none": null } } },
            "secrets_patch": { "set": { "token": "<redacted>", "key": "<redacted>" } },
        });
        let mut left = InstalledState::default();
        left.apply(&serde_json::from_value(setup).expect("a plan"));
        let dropped = |update: Value| {
            let plan = serde_json::from_value(update).expect("a plan");
            super::dropped(&left, &updated(plan), None)
        };
        let patch = json!({ "config_patch": { "room": { "name": "b", "topic": {} } } });
        assert_eq!(dropped(patch), ["/config_patch/room/topic/x"]);
        let patch = json!({ "config_patch": { "room": "one text" } });
        assert_eq!(dropped(patch), [""; 0]);
        let patch = json!({ "secrets_patch": { "delete": ["token"] } });
        assert_eq!(dropped(patch), ["/secrets_patch/set/token"]);
        let again = json!({ "set": { "token": "<redacted>" }, "delete": [] });
        assert_eq!(dropped(json!({ "secrets_patch": again })), [""; 0]);
    }
}
