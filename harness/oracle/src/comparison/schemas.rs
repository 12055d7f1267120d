//! Compares the config schemas of two packs, and holds the config that the old pack makes
//! against the new schema.

use super::change::{Found, both};
use super::packs::Packs;
use super::rules::{Class, Rule};
use super::schema;
use super::wizards::WizardPair;
use crate::schema::first_broken;
use crate::subject::Opened;
use provision_core::wizard::questions::config_schema;
use provision_core::wizard::{ProvisionPlan, RunBy};
use serde_json::Value;
use std::collections::BTreeSet;

pub(super) fn compare(packs: Packs<'_>, pairs: &[WizardPair<'_>], found: &mut Found<'_>) {
    let read = |opened: &Opened| config_schema(&opened.pack, packs.limits.depth);
    let (before, after) = (read(packs.old), read(packs.new));
    if let (Some((old, Err(_))), Some((new, Err(_)))) = (&before, &after)
        && packs.old.pack.read(old) == packs.new.pack.read(new)
    {
        // Nobody can read the schema in either pack, and it did not change.
        return;
    }
    let mut decoded = Vec::new();
    for (side, schema) in [("old", before), ("new", after)] {
        match schema {
            None => decoded.push(None),
            Some((file, Ok(schema))) => decoded.push(Some((file, schema))),
            Some((file, Err(error))) => {
                let why = format!("{file} of the {side} pack: {error}");
                return found.skip("config schema", &why);
            }
        }
    }
    let mut decoded = decoded.into_iter();
    let (old, new) = (decoded.next().flatten(), decoded.next().flatten());
    let before = found.changes.len();
    match (&old, &new) {
        (None, None) => return,
        (Some((file, _)), None) => {
            return found.change(Rule::SchemaRemoved, "config schema", (Some(file), None));
        }
        (None, Some(_)) => {}
        (Some((_, old)), Some((_, new))) => {
            schema::compare("config schema", [old, new], found);
            files(packs, [old, new], found);
        }
    }
    let refuses = schema_rules_break(found, before);
    let Some(new) = &new else { return };
    let refused = !refuses
        && made_configs(pairs).any(|config| {
            let valid_before = old
                .as_ref()
                .is_none_or(|old| is_valid(packs, packs.old, old, &config));
            valid_before && !holds(packs, new, &config, found)
        });
    if old.is_none() && !refused {
        found.change(Rule::SchemaAdded, "config schema", (None, Some(&new.0)));
    }
}

/// Adds the files that both schemas refer to and that differ.
fn files(packs: Packs<'_>, schemas: [&Value; 2], found: &mut Found<'_>) {
    let [old, new] = schemas.map(schema::outer_references);
    let names = old.intersection(&new).filter_map(|name| {
        let name = name.split_once('#').map_or(name.as_str(), |(file, _)| file);
        name.rsplit('/').next().filter(|_| !name.contains("://"))
    });
    let names: BTreeSet<&str> = names.collect();
    let is_named = |file: &&str| file.rsplit('/').next().is_some_and(|n| names.contains(n));
    let files = packs.new.pack.files().filter(is_named);
    for file in files.filter(|file| packs.old.pack.read(file) != packs.new.pack.read(file)) {
        let why = "the schema refers to this file, in which the packs differ";
        found.skip(&format!("config schema, file {file}"), why);
    }
}

/// Whether a static difference already says that configs are refused.
fn schema_rules_break(found: &Found<'_>, before: usize) -> bool {
    let is_schema = |rule: Rule| rule.slug().starts_with("schema.");
    let mut changes = found.changes.iter();
    found.changes.len() > before
        && changes.any(|c| is_schema(c.rule) && c.rule.class() == Class::Breaking)
}

/// The configs that the old pack makes at setup.
fn made_configs<'p>(pairs: &'p [WizardPair<'_>]) -> impl Iterator<Item = Value> + 'p {
    let setups = pairs.iter().filter(|pair| pair.sets_up());
    // Hosts hold the config of no other component against this schema.
    let by_hosts = setups.filter(|pair| pair.old.wizard.run_by != RunBy::Author);
    let runs = by_hosts.filter_map(|pair| pair.old.run());
    runs.filter(|run| run.completed())
        .map(|run| config(&run.plan))
}

fn config(plan: &ProvisionPlan) -> Value {
    let mut config = plan.config_patch.clone();
    config.retain(|_, value| !value.is_null());
    Value::Object(config.into_iter().collect())
}

fn is_valid(
    packs: Packs<'_>,
    opened: &Opened,
    (file, schema): &(String, Value),
    config: &Value,
) -> bool {
    let broken = first_broken(&opened.pack, packs.limits.depth, (file, schema), &[config]);
    matches!(broken, Ok(None))
}

/// Whether `config` is valid under the new schema; if not, adds why.
fn holds(
    packs: Packs<'_>,
    (file, schema): &(String, Value),
    config: &Value,
    found: &mut Found<'_>,
) -> bool {
    let depth = packs.limits.depth;
    match first_broken(&packs.new.pack, depth, (file, schema), &[config]) {
        Ok(None) => true,
        Ok(Some(broken)) => {
            let errors = broken.errors.iter();
            let errors: Vec<String> = errors.map(|(at, why)| format!("{at}: {why}")).collect();
            let why = errors.join("; ");
            found.change(Rule::SchemaRefuses, "config schema", both("valid", &why));
            false
        }
        Err(unusable) => {
            let why = format!("{file} of the new pack: {unusable}");
            found.skip("config schema, config of the old pack", &why);
            true
        }
    }
}
