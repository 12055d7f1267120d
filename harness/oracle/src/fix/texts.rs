//! The fix `texts`: lists the keys of texts that wizards show and that the English
//! catalogue lacks. It adds the text of a key only where another English catalogue of the
//! pack has one: a made-up text would make the check pass, and users would read it.

use super::change::{Files, Left, Outcome};
use super::document::{Document, get, hunks, set};
use super::facts::Facts;
use ciborium::Value as Cbor;
use provision_core::text::inert;

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
        let mut added = false;
        for key in keys {
            let known = document.map().filter(|map| get(map, key).is_none());
            match (known, elsewhere(files, catalogue, key, facts.depth)) {
                (Some(members), Some(text)) => {
                    set(members, key, Cbor::Text(text));
                    added = true;
                }
                (Some(_), None) => out.left.push(stub(catalogue, key)),
                (None, _) => {}
            }
        }
        if let Some(new) = document.write().filter(|_| added) {
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

/// The text of `key` in another English catalogue of the pack.
fn elsewhere(files: &Files, catalogue: &str, key: &str, depth: usize) -> Option<String> {
    let is_english = |name: &str| {
        let file = ["i18n/en", "assets/i18n/en"].into_iter();
        let mut rest = file.filter_map(|start| name.strip_prefix(start)?.strip_suffix(".json"));
        rest.any(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
    };
    let others = files.iter().filter(|(name, _)| *name != catalogue);
    let mut others = others.filter(|(name, _)| is_english(name));
    others.find_map(|(name, bytes)| {
        let document = Document::read(name, bytes, depth)?;
        let text = get(document.tree.as_map()?, key)?.as_text()?;
        (!text.trim().is_empty()).then(|| text.to_owned())
    })
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
