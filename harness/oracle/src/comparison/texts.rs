//! Compares the texts of two packs, by language.

use super::change::Found;
use super::packs::Packs;
use super::rules::Rule;
use super::sets::{self, list};
use crate::subject::Opened;
use provision_core::json;
use std::collections::{BTreeMap, BTreeSet};

/// The texts of one language, by key.
type Language = BTreeMap<String, String>;

pub(super) fn compare(packs: Packs<'_>, found: &mut Found<'_>) {
    let [old, new] = [packs.old, packs.new].map(|opened| {
        let (languages, unread) = languages(opened, packs.limits.depth);
        for (file, why) in unread {
            found.skip(&format!("texts, {file}"), &why);
        }
        languages
    });
    let names = |all: &BTreeMap<String, Language>| all.keys().cloned().collect::<BTreeSet<_>>();
    let at = |name: &str| format!("texts, language `{name}`");
    let rules = [Rule::LanguageRemoved, Rule::LanguageAdded];
    sets::compare(at, [&names(&old), &names(&new)], rules, found);
    for (name, before) in &old {
        if let Some(after) = new.get(name) {
            language(&at(name), [before, after], found);
        }
    }
    exported(packs, found);
}

/// The texts in `i18n/<language>.json`, also below `assets`, and the files that cannot be
/// read.
fn languages(opened: &Opened, depth: usize) -> (BTreeMap<String, Language>, Vec<(String, String)>) {
    let mut languages = BTreeMap::new();
    let mut unread = Vec::new();
    for file in opened.pack.files() {
        let below = file.strip_prefix("assets/").unwrap_or(file);
        let name = below.strip_prefix("i18n/");
        let Some(name) = name.and_then(|name| name.strip_suffix(".json")) else {
            continue;
        };
        let bytes = opened.pack.read(file).unwrap_or_default();
        match json::parse(&bytes, depth) {
            Ok(value) => {
                let texts = value.as_object().into_iter().flatten();
                let texts = texts.map(|(key, text)| (key.clone(), text.to_string()));
                let all: &mut Language = languages.entry(name.to_owned()).or_default();
                all.extend(texts);
            }
            Err(why) => unread.push((file.to_owned(), why.to_string())),
        }
    }
    (languages, unread)
}

fn language(place: &str, [old, new]: [&Language; 2], found: &mut Found<'_>) {
    let only = |own: &Language, other: &Language| {
        let own = own.keys().filter(|key| !other.contains_key(*key));
        own.cloned().collect::<Vec<String>>()
    };
    keys(place, [only(old, new), only(new, old)], found);
    let mut changed = old.iter().filter(|(key, text)| {
        let other = new.get(*key);
        other.is_some_and(|other| other != *text)
    });
    if let Some((key, text)) = changed.next() {
        let place = match changed.count() {
            0 => format!("{place}, `{key}`"),
            more => format!("{place}, `{key}` and {more} more"),
        };
        let after = new.get(key).map(String::as_str);
        found.change(Rule::TextChanged, &place, (Some(text), after));
    }
}

fn keys(place: &str, [removed, added]: [Vec<String>; 2], found: &mut Found<'_>) {
    let names = |keys: &[String]| list(keys.iter().map(String::as_str));
    if !removed.is_empty() {
        found.change(Rule::TextRemoved, place, (Some(&names(&removed)), None));
    }
    if !added.is_empty() {
        found.change(Rule::TextAdded, place, (None, Some(&names(&added))));
    }
}

/// Compares the keys of the texts that components export.
fn exported(packs: Packs<'_>, found: &mut Found<'_>) {
    let [old, new] = [packs.old, packs.new].map(|opened| {
        let texts = opened.texts.iter().filter_map(|texts| {
            let keys = texts.keys.as_ref().ok()?;
            Some((texts.file.clone(), keys.clone()))
        });
        texts.collect::<BTreeMap<String, BTreeSet<String>>>()
    });
    for (file, before) in &old {
        if let Some(after) = new.get(file) {
            let only = |own: &BTreeSet<String>, other: &BTreeSet<String>| {
                own.difference(other).cloned().collect::<Vec<String>>()
            };
            let place = format!("texts of {file}");
            keys(&place, [only(before, after), only(after, before)], found);
        }
    }
}
