//! Compares the plans that two wizards make of the same answers.

use super::change::{Found, ReachKind, both};
use super::operations;
use super::packs::{Versions, is_same_text};
use super::pairing::Pairing;
use super::questions::own;
use super::rules::Rule;
use super::sets;
use super::wizards::WizardPair;
use provision_core::Limits;
use provision_core::text::inert;
use provision_core::wizard::{Outcome, ProvisionPlan, StepCode, WizardKind, WizardRun};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Changes of questions and secrets because of which a wizard may refuse the old answers.
const REFUSING: [Rule; 12] = [
    Rule::QuestionAddedRequired,
    Rule::QuestionRenamed,
    Rule::QuestionRequired,
    Rule::QuestionTypeChanged,
    Rule::QuestionTypeNarrowed,
    Rule::QuestionChoicesNarrowed,
    Rule::QuestionBoundsNarrowed,
    Rule::QuestionPatternAdded,
    Rule::QuestionPatternChanged,
    Rule::QuestionRemoved,
    Rule::SecretRequired,
    Rule::SecretRenamed,
];
/// Their mirrors, because of which only the old wizard may refuse the answers.
const ACCEPTING: [Rule; 12] = [
    Rule::QuestionRemoved,
    Rule::QuestionRenamed,
    Rule::QuestionOptional,
    Rule::QuestionTypeChanged,
    Rule::QuestionTypeWidened,
    Rule::QuestionChoicesWidened,
    Rule::QuestionBoundsWidened,
    Rule::QuestionPatternRemoved,
    Rule::QuestionPatternChanged,
    Rule::QuestionAdded,
    Rule::SecretNotRequired,
    Rule::SecretRenamed,
];

/// The rules for what only the old, and what only the new removal deletes.
const REMOVAL: [Rule; 2] = [Rule::RemovalLess, Rule::RemovalMore];

/// How a wizard ended, as far as a comparison is concerned.
enum End<'r> {
    Plan(&'r ProvisionPlan),
    Refused(String),
    Broken(String),
}

/// Compares the plans of both wizards, or says why that is not possible.
pub(super) fn compare(
    pair: &WizardPair<'_>,
    versions: Versions<'_>,
    limits: &Limits,
    found: &mut Found<'_>,
) {
    let place = format!("wizard {}, plan", pair.new.wizard.name);
    let ends = [pair.old, pair.new].map(|observed| match &observed.runs {
        Ok(runs) => end(&runs.first),
        Err(finding) => End::Broken(finding.actual.clone()),
    });
    let why = match ends {
        [End::Plan(old), End::Plan(new)] => {
            return plans(&place, pair.new.wizard.kind, [old, new], versions, found);
        }
        [End::Plan(_), End::Refused(why)] => {
            found.change(Rule::PlanRefused, &place, both("accepted", &why));
            format!("the new pack refuses the answers of the old one: {why}")
        }
        [End::Refused(why), End::Plan(_)] => {
            found.change(Rule::PlanAccepted, &place, both(&why, "accepted"));
            format!("the old pack refuses the answers: {why}; --answers names others")
        }
        [End::Plan(_), other] => format!("the new pack: {}", other.why()),
        [other, End::Plan(_)] => format!("the old pack: {}", other.why()),
        [old, new] if old.why() == new.why() => format!("in both packs: {}", old.why()),
        [old, new] => format!("the old pack: {}; the new pack: {}", old.why(), new.why()),
    };
    let is_asked = own(pair, limits).iter().all(Option::is_some);
    let what = if is_asked {
        "plan"
    } else {
        "questions and plan"
    };
    let what = format!("wizard {}, {what}", pair.new.wizard.name);
    let matters = !pair.is_unrun();
    let unrun = if matters {
        ""
    } else {
        "no host runs the wizard; "
    };
    found.skip_if(&what, &format!("{unrun}{why}"), matters);
}

/// Drops that one pack alone refuses the answers, if a question or a secret says so already.
///
/// NB: only at the end, because what a secret says as well is no change of a question.
pub(super) fn drop_explained(found: &mut Found<'_>) {
    for (rule, causes) in [
        (Rule::PlanRefused, &REFUSING),
        (Rule::PlanAccepted, &ACCEPTING),
    ] {
        if found.has(causes, |_| true) {
            found.changes.retain(|change| change.rule != rule);
        }
    }
}

impl End<'_> {
    /// Why there is no plan.
    fn why(&self) -> &str {
        match self {
            Self::Plan(_) => "",
            Self::Refused(why) | Self::Broken(why) => why,
        }
    }
}

fn end(run: &WizardRun) -> End<'_> {
    let mut failures = run.steps.iter().filter_map(|s| Some((s, s.failure()?)));
    match &run.outcome {
        Outcome::Completed => End::Plan(&run.plan),
        Outcome::NothingRan => End::Broken("nothing ran".into()),
        Outcome::Refused { step } => {
            let said = run.diagnostics.iter().map(|d| d.message.as_str());
            let said: Vec<&str> = said.collect();
            End::Refused(format!("step {step}: {}", inert(&said.join("; "), 200)))
        }
        Outcome::Failed => match failures.next() {
            Some((step, failure)) => {
                let (code, message) = (failure.code.code(), inert(&failure.message, 200));
                let why = format!("{}: {code}: {message}", step.name());
                match failure.code {
                    StepCode::Step => End::Refused(why),
                    _ => End::Broken(why),
                }
            }
            None => End::Broken("it did not complete".into()),
        },
    }
}

fn plans(
    place: &str,
    kind: WizardKind,
    [old, new]: [&ProvisionPlan; 2],
    versions: Versions<'_>,
    found: &mut Found<'_>,
) {
    config(place, kind, [old, new], versions, found);
    secrets(place, kind, [old, new], found);
    operations::compare(place, [old, new], versions, found);
    scopes(place, [old, new], found);
    let notes = |plan: &ProvisionPlan| plan.notes.join("; ");
    let (before, after) = (notes(old), notes(new));
    if !is_same_text(&before, &after, versions) {
        found.change(Rule::PlanNotes, place, both(&before, &after));
    }
}

/// The config that a plan sets. Hosts keep a key that is also a secret among the secrets
/// alone.
fn set(plan: &ProvisionPlan) -> BTreeMap<String, Value> {
    let secrets = &plan.secrets_patch.set;
    let all = plan.config_patch.iter();
    let set = all.filter(|(key, value)| !value.is_null() && !secrets.contains_key(*key));
    set.map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// The config keys that a plan deletes: those that it sets to `null`.
fn cleared(plan: &ProvisionPlan) -> BTreeSet<String> {
    let all = plan.config_patch.iter();
    let cleared = all.filter(|(_, value)| value.is_null());
    cleared.map(|(key, _)| key.clone()).collect()
}

fn config(
    place: &str,
    kind: WizardKind,
    [old_plan, new_plan]: [&ProvisionPlan; 2],
    versions: Versions<'_>,
    found: &mut Found<'_>,
) {
    let at = |key: &str| format!("{place}, config `{key}`");
    let (old, new) = (set(old_plan), set(new_plan));
    // A setup finds nothing that it could delete.
    if kind != WizardKind::Setup {
        // A key that the other plan sets is listed as removed or added.
        let only = |plan, set: &BTreeMap<String, Value>| {
            let mut cleared = cleared(plan);
            cleared.retain(|key| !set.contains_key(key));
            cleared
        };
        let (before, after) = (only(old_plan, &new), only(new_plan, &old));
        let rules = match kind {
            WizardKind::Remove => REMOVAL,
            _ => [Rule::PlanConfigKept, Rule::PlanConfigDeleted],
        };
        sets::compare(at, [&before, &after], rules, found);
    }
    let mut pairing = Pairing::of(&old, &new);
    let text = |value: &Value| value.to_string();
    let compared = |key: &str, old: &Value, new: &Value, found: &mut Found<'_>| {
        let (before, after) = (text(old), text(new));
        let rule = match type_of(old) == type_of(new) {
            _ if is_same_text(&before, &after, versions) => return,
            true => Rule::PlanConfigValue,
            false => Rule::PlanConfigType,
        };
        found.change(rule, &at(key), both(&before, &after));
    };
    for (key, old, new) in &pairing.kept {
        compared(key, old, new, found);
    }
    for ((old, _), (new, _)) in pairing.renamed(|old, new| old == new) {
        let guess = !is_renamed(old, new, found);
        found.add(Rule::PlanConfigRenamed, place, both(old, new), guess);
    }
    for (key, value) in &pairing.removed {
        found.change(
            Rule::PlanConfigRemoved,
            &at(key),
            (Some(&text(value)), None),
        );
    }
    for (key, value) in &pairing.added {
        found.change(Rule::PlanConfigAdded, &at(key), (None, Some(&text(value))));
    }
}

/// Whether a question was renamed in the same way.
fn is_renamed(old: &str, new: &str, found: &Found<'_>) -> bool {
    let mut changes = found.changes.iter();
    changes.any(|change| {
        change.rule == Rule::QuestionRenamed
            && change.old.as_deref() == Some(old)
            && change.new.as_deref() == Some(new)
    })
}

/// The JSON type of a value.
pub(super) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn secrets(place: &str, kind: WizardKind, [old, new]: [&ProvisionPlan; 2], found: &mut Found<'_>) {
    let at = |key: &str| format!("{place}, secret `{key}`");
    let keys = |plan: &ProvisionPlan| -> BTreeMap<String, ()> {
        let keys = plan.secrets_patch.set.keys();
        keys.map(|key| (key.clone(), ())).collect()
    };
    let (before, after) = (keys(old), keys(new));
    let mut pairing = Pairing::of(&before, &after);
    // A plan does not show the values, so that only a single pair can be a rename.
    for ((old, ()), (new, ())) in pairing.renamed(|(), ()| true) {
        let guess = !is_renamed(old, new, found);
        found.add(Rule::PlanSecretRenamed, place, both(old, new), guess);
    }
    for (key, ()) in pairing.removed {
        found.change(Rule::PlanSecretRemoved, &at(key), (Some(key), None));
    }
    for (key, ()) in pairing.added {
        found.change(Rule::PlanSecretAdded, &at(key), (None, Some(key)));
    }
    let deleted = |plan: &ProvisionPlan| -> BTreeSet<String> {
        plan.secrets_patch.delete.iter().cloned().collect()
    };
    let rules = match kind {
        WizardKind::Remove => REMOVAL,
        _ => [Rule::PlanSecretKept, Rule::PlanSecretDeleted],
    };
    sets::compare(at, [&deleted(old), &deleted(new)], rules, found);
}

/// The scopes that a plan asks for, by authorisation server.
fn scopes(place: &str, [old, new]: [&ProvisionPlan; 2], found: &mut Found<'_>) {
    let scopes = |plan: &ProvisionPlan| -> BTreeSet<String> {
        let ops = plan.oauth_ops.iter();
        let all = ops.flat_map(|op| {
            let provider = op.provider.as_deref().unwrap_or("(none)");
            let scopes = op.scopes.iter();
            scopes.map(move |scope| format!("{scope} at {provider}"))
        });
        all.collect()
    };
    let (old, new) = (scopes(old), scopes(new));
    found.reach(ReachKind::OauthScope, place, (&old, &new));
}
