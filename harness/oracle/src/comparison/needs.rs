//! Compares what an installation needs: secrets, a base URL, other packs, and what the
//! requirements step states.

use super::change::{Found, both};
use super::packs::Packs;
use super::pairing::Pairing;
use super::rules::Rule;
use super::sets;
use super::wizards::WizardPair;
use provision_core::Pack;
use provision_core::wizard::questions::{canonical, secret_requirements};
use provision_core::wizard::{WizardKind, WizardRun};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn compare(packs: Packs<'_>, pairs: &[WizardPair<'_>], found: &mut Found<'_>) {
    let (old, new) = (&*packs.old.pack, &*packs.new.pack);
    secrets(packs, found);
    let needs = |pack: &Pack| pack.manifest().requires_public_base_url;
    let words = |needed: bool| if needed { "needed" } else { "not needed" };
    let pair = both(words(needs(old)), words(needs(new)));
    match (needs(old), needs(new)) {
        (false, true) => found.change(Rule::BaseUrlRequired, "manifest", pair),
        (true, false) => found.change(Rule::BaseUrlNotRequired, "manifest", pair),
        _ => {}
    }
    dependencies([old, new], found);
    for pair in pairs {
        if pair.new.wizard.kind == WizardKind::Requirements {
            let place = format!("wizard {}", pair.new.wizard.name);
            let runs = [pair.old.run(), pair.new.run()];
            if let [Some(old), Some(new)] = runs.map(|run| run.and_then(stated)) {
                found.of_unrun(pair.is_unrun());
                stated_requirements(&place, [&old, &new], found);
                found.of_unrun(false);
            }
        }
    }
}

fn secrets(packs: Packs<'_>, found: &mut Found<'_>) {
    let depth = packs.limits.depth;
    let [old, new] = [packs.old, packs.new]
        .map(|opened| secret_requirements(&opened.pack, depth).unwrap_or_default());
    let mut pairing = Pairing::of(&old, &new);
    let at = |key: &str| format!("secret `{key}`");
    let word = |required: bool| if required { "required" } else { "optional" };
    for (key, old, new) in &pairing.kept {
        let rule = match (old, new) {
            (false, true) => Rule::SecretRequired,
            (true, false) => Rule::SecretNotRequired,
            _ => continue,
        };
        found.change(rule, &at(key), both(word(**old), word(**new)));
    }
    for ((old, _), (new, _)) in pairing.renamed(|old, new| old == new) {
        found.guess(Rule::SecretRenamed, "secrets", both(old, new));
    }
    for (key, required) in &pairing.removed {
        let rule = if **required {
            Rule::SecretNotRequired
        } else {
            Rule::SecretOptionalRemoved
        };
        found.change(rule, &at(key), (Some(word(**required)), None));
    }
    for (key, required) in &pairing.added {
        let rule = if **required {
            Rule::SecretRequired
        } else {
            Rule::SecretOptionalAdded
        };
        found.change(rule, &at(key), (None, Some(word(**required))));
    }
    without_questions(found, &old, &new);
}

/// The setup form asks for each required secret that no question covers. The secret itself
/// is listed, so its question is not.
fn without_questions(
    found: &mut Found<'_>,
    old: &BTreeMap<String, bool>,
    new: &BTreeMap<String, bool>,
) {
    let changed = old
        .iter()
        .filter(|(key, required)| new.get(*key) != Some(required));
    let added = new
        .iter()
        .filter(|(key, required)| old.get(*key) != Some(required));
    let names = changed.chain(added).map(|(key, _)| canonical(key));
    let names: BTreeSet<String> = names.collect();
    let own = [
        Rule::QuestionAdded,
        Rule::QuestionAddedRequired,
        Rule::QuestionRemoved,
        Rule::QuestionRequired,
        Rule::QuestionOptional,
    ];
    let listed = |id: &str| names.contains(id);
    found.changes.retain(|change| {
        let id = change.place.strip_prefix("setup form, question `");
        let id = id.and_then(|id| id.strip_suffix('`'));
        let of_secret = own.contains(&change.rule) && id.is_some_and(listed);
        let renamed = change.rule == Rule::QuestionRenamed
            && change.place == "setup form"
            && [&change.old, &change.new]
                .into_iter()
                .all(|id| id.as_deref().is_some_and(listed));
        !of_secret && !renamed
    });
}

fn dependencies([old, new]: [&Pack; 2], found: &mut Found<'_>) {
    let of = |pack: &Pack| -> BTreeMap<String, String> {
        let manifest = pack.manifest().pack_v1.as_deref();
        let all = manifest.into_iter().flat_map(|m| &m.dependencies);
        let all = all.map(|d| (d.pack_id.as_str().to_owned(), d.version_req.to_string()));
        all.collect()
    };
    let (old, new) = (of(old), of(new));
    let at = |id: &str| format!("dependency `{id}`");
    let pairing = Pairing::of(&old, &new);
    for (id, old, new) in pairing.kept {
        if old != new {
            found.guess(Rule::DependencyVersion, &at(id), both(old, new));
        }
    }
    for (id, version) in pairing.removed {
        found.change(Rule::DependencyRemoved, &at(id), (Some(version), None));
    }
    for (id, version) in pairing.added {
        found.change(Rule::DependencyAdded, &at(id), (None, Some(version)));
    }
}

/// What the requirements step states.
fn stated(run: &WizardRun) -> Option<Value> {
    let mut outputs = run.steps.iter().filter_map(|step| step.output());
    outputs.find_map(|output| output.answer("requirements").cloned())
}

fn stated_requirements(place: &str, [old, new]: [&Value; 2], found: &mut Found<'_>) {
    let parts = ["config_required", "secret_required"];
    for part in parts {
        let keys = |value: &Value| -> BTreeSet<String> {
            let list = value.get(part).and_then(Value::as_array);
            let keys = list.into_iter().flatten().filter_map(Value::as_str);
            keys.map(str::to_owned).collect()
        };
        let rules = [Rule::RequirementRemoved, Rule::RequirementAdded];
        let at = |key: &str| format!("{place}, {part} `{key}`");
        sets::compare(at, [&keys(old), &keys(new)], rules, found);
    }
    let rest = |value: &Value| {
        let mut rest = value.clone();
        if let Some(map) = rest.as_object_mut() {
            map.retain(|key, _| !parts.contains(&key.as_str()));
        }
        rest.to_string()
    };
    let (old, new) = (rest(old), rest(new));
    if old != new {
        found.change(Rule::RequirementDetails, place, both(&old, &new));
    }
}
