//! The fix `texts`: lists the keys of texts that wizards show and that the English
//! catalogue lacks. It adds the text of a key only where another English catalogue of the
//! pack has one: a made-up text would make the check pass, and users would read it.

use super::change::{Files, Left, Outcome};
use super::document::{Document, hunks};
use super::facts::Facts;
use ciborium::Value as Cbor;
use provision_core::json;
use provision_core::text::inert;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const TEXTS: &str = "texts";
const CHECK: &str = "wizard.labels-translated";

pub(super) fn add(files: &Files, facts: &Facts) -> Outcome {
    let mut out = Outcome::default();
    for (catalogue, keys) in &facts.absent {
        let Some(old) = files.get(catalogue) else {
            continue;
        };
        let Some(mut document) = Document::read(catalogue, old, facts.depth) else {
            continue;
        };
        let Some(members) = document.map() else {
            continue;
        };
        let known: BTreeSet<&str> = members.iter().filter_map(|(k, _)| k.as_text()).collect();
        let absent = keys.iter().filter(|key| !known.contains(key.as_str()));
        let texts = elsewhere(files, catalogue, facts.depth);
        let (found, unknown): (Vec<&String>, Vec<&String>) =
            absent.partition(|key| texts.contains_key(*key));
        out.left
            .extend(unknown.into_iter().map(|key| stub(catalogue, key)));
        let sorted = members.is_sorted_by(|(a, _), (b, _)| a.as_text() <= b.as_text());
        let text = |text: &str| Cbor::Text(text.to_owned());
        let added = found
            .iter()
            .filter_map(|key| Some((text(key), text(texts.get(*key)?))));
        members.extend(added);
        if sorted {
            members.sort_by(|(a, _), (b, _)| a.as_text().cmp(&b.as_text()));
        }
        if let Some(new) = document.write().filter(|_| !found.is_empty()) {
            let hunks = hunks(catalogue, old, &new, facts.depth);
            out.write(TEXTS, CHECK, catalogue, new, hunks);
        }
    }
    out
}

/// What the author has to add.
fn stub(catalogue: &str, key: &str) -> Left {
    let key = serde_json::Value::from(key).to_string();
    let why = format!(
        "no English catalogue has the text; write it, and add {}: \"…\" to the file",
        inert(&key, 200)
    );
    Left::new(TEXTS, CHECK, catalogue, why)
}

/// The texts of the other English catalogues of the pack, by key; of several texts, the
/// first.
fn elsewhere(files: &Files, catalogue: &str, depth: usize) -> BTreeMap<String, String> {
    let is_english = |name: &str| {
        let starts = ["i18n/en", "assets/i18n/en"].into_iter();
        let mut rest = starts.filter_map(|start| name.strip_prefix(start)?.strip_suffix(".json"));
        rest.any(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
    };
    let others = files.iter().filter(|(name, _)| *name != catalogue);
    let mut texts = BTreeMap::new();
    for (_, bytes) in others.filter(|(name, _)| is_english(name)) {
        let document = json::parse(bytes, depth).unwrap_or_default();
        for (key, text) in document.as_object().into_iter().flatten() {
            let text = text.as_str().filter(|text| !text.trim().is_empty());
            if let Some(text) = text.filter(|_| !texts.contains_key(key)) {
                texts.insert(key.clone(), text.to_owned());
            }
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_gets_the_text_of_another_english_catalogue_and_else_none() {
        let files = [
            ("i18n/en.json", r#"{"a":"A","c":"C"}"#),
            ("i18n/en-GB.json", r#"{"b":"B of British English","d":" "}"#),
            ("i18n/de.json", r#"{"d":"D auf Deutsch"}"#),
        ];
        let files = files.map(|(n, c)| (n.to_owned(), c.as_bytes().into()));
        let keys = ["b", "d", "x\u{1b}"].map(str::to_owned);
        let facts = Facts {
            depth: 9,
            absent: [("i18n/en.json".to_owned(), keys.into())].into(),
            ..Facts::default()
        };
        let out = add(&files.into(), &facts);
        let written = out.writes["i18n/en.json"].clone().expect("written");
        let text = String::from_utf8(written.to_vec()).expect("UTF-8");
        assert_eq!(text, r#"{"a":"A","b":"B of British English","c":"C"}"#);
        let left: Vec<&str> = out.left.iter().map(|left| left.why.as_str()).collect();
        assert_eq!(left.len(), 2);
        assert!(left[0].contains("add \"d\": \"…\" to the file"), "{left:?}");
        assert!(!left[1].contains('\u{1b}'), "{left:?}");
    }
}
