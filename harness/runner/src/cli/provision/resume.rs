//! The secrets of a saved plan, which holds none: from the answers, else from another run
//! of the wizard.

use super::flags::{Mode, WizardFlags};
use super::proposal::{Proposer, choose};
use crate::cli::dry_run;
use crate::exit::{Error, Exit};
use provision_apply::{ApplyError, SavedPlan, Transaction, view};
use provision_core::wizard::questions::canonical;
use provision_core::wizard::{
    ProvisionInputs, ProvisionMode, SecretBytes, StoreWrite, WizardRun, wizards,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

type Secrets = BTreeMap<String, SecretBytes>;

/// The values of the secrets that `saved` seals, by key. A key without a value is left
/// out, and the plan then refuses to be applied.
pub(super) fn secrets(
    saved: &SavedPlan,
    tx: &dyn Transaction,
    proposer: &Proposer<'_>,
    flags: &WizardFlags,
) -> Result<Result<Secrets, Exit>, Error> {
    if saved.sealed.is_empty() {
        return Ok(Ok(Secrets::new()));
    }
    let given = match &flags.answers {
        Some(path) => dry_run::answers(path, proposer.limits)?,
        None => json!({}),
    };
    let found = wizards(proposer.pack);
    let mode = match saved.mode {
        ProvisionMode::Update => Mode::Update,
        ProvisionMode::Delete => Mode::Delete,
        ProvisionMode::Install | ProvisionMode::DryRun => Mode::Install,
    };
    let Some(wizard) = choose(&found, flags.wizard.as_deref(), mode)? else {
        return Ok(Ok(Secrets::new()));
    };
    let inputs = inputs(saved, &given)?;
    let stores = view(tx, &saved.install)?;
    let run = match proposer.run(wizard, &inputs, mode, &stores) {
        Ok(run) => run,
        Err(exit) => return Ok(Err(exit)),
    };
    let keys = saved.sealed.iter();
    let values = keys.filter_map(|key| Some((key.clone(), value(&run, key)?)));
    Ok(Ok(values.collect()))
}

/// The inputs that were saved, with the answers of `given` in the place of what is
/// redacted in them.
fn inputs(saved: &SavedPlan, given: &Value) -> Result<ProvisionInputs, Error> {
    let mut inputs = saved.inputs.clone();
    if let Some(answers) = inputs.get_mut("answers") {
        fill(answers, given);
    }
    serde_json::from_value(inputs).map_err(|e| {
        let reason = format!("its inputs: {e}");
        ApplyError::PlanUnreadable { reason }.into()
    })
}

/// Replaces each redacted answer by that of `given` at the same place, and drops those
/// that it does not have.
fn fill(answers: &mut Value, given: &Value) {
    let Some(map) = answers.as_object_mut() else {
        return;
    };
    let mut filled = Map::new();
    for (key, mut value) in std::mem::take(map) {
        let own = given.get(&key);
        if value == json!({ "redacted": true }) {
            filled.extend(own.map(|own| (key, own.clone())));
            continue;
        }
        fill(&mut value, own.unwrap_or(&Value::Null));
        filled.insert(key, value);
    }
    *map = filled;
}

/// The value that a run has for the secret `key`: what a guest wrote last, else the
/// answer to the question of that name.
fn value(run: &WizardRun, key: &str) -> Option<SecretBytes> {
    let written = run.writes.iter().filter_map(|write| match write {
        StoreWrite::SetSecret { key, value } => Some((key, value)),
        _ => None,
    });
    let written: BTreeMap<_, _> = written.collect();
    let answered: BTreeMap<_, _> = run.secret_answers.iter().collect();
    let value = named(&written, key).or_else(|| named(&answered, key))?;
    Some(value.clone())
}

fn named<'v>(values: &BTreeMap<&String, &'v SecretBytes>, key: &str) -> Option<&'v SecretBytes> {
    let exactly = values.iter().find(|(name, _)| name.as_str() == key);
    if let Some((_, value)) = exactly {
        return Some(value);
    }
    let wanted = canonical(key);
    let is_same = |name: &str| !wanted.is_empty() && canonical(name) == wanted;
    let mut same = values.iter().filter(|(name, _)| is_same(name));
    let (_, value) = same.next()?;
    same.next().is_none().then_some(*value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redacted_answers_are_given_again_and_others_stay() {
        let redacted = json!({ "redacted": true });
        let mut answers = json!({
            "config": {"room": "blue", "bot_token": redacted},
            "secrets": {"TOKEN": redacted, "LOST": redacted},
        });
        let given = json!({
            "config": {"room": "red", "bot_token": "t"},
            "secrets": {"TOKEN": "s", "MORE": "m"},
        });
        fill(&mut answers, &given);
        let expected = json!({
            "config": {"room": "blue", "bot_token": "t"}, "secrets": {"TOKEN": "s"},
        });
        assert_eq!(answers, expected);
    }
}
