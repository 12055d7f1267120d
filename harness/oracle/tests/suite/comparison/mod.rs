//! Comparing two packs: pairs with one difference, pairs without one, and the packs of
//! this project with themselves.

mod alike;
mod classes;
mod ends;
mod fixtures;
mod manifest_pairs;
mod pairs;
mod renames;
mod schema_branches;
mod schemas;
mod unrun;

use crate::steps;
use provision_core::wizard::{StepAnswer, StepCode, StepExecutor, StepFailure, StepRequest};
use provision_core::{Pack, Source};
use provision_oracle::comparison::{Comparison, Rule, compare, observe_both};
use provision_oracle::{Conditions, Opening, checks};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A pack as data. Its wizard is in `wizard`: the form that it asks, the plan that it
/// makes, what it requires, and how it ends instead.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) manifest: Value,
    pub(crate) wizard: Value,
    pub(crate) files: BTreeMap<String, Vec<u8>>,
}

impl Parts {
    /// A small pack with a form, a plan, a schema, secrets and texts.
    pub(crate) fn base() -> Self {
        let files = [
            ("s.wat", "(module)".to_owned()),
            ("r.wat", "(module)".to_owned()),
            ("assets/setup.yaml", FORM.to_owned()),
            ("schemas/p/config.schema.json", schema().to_string()),
            (
                "assets/secret-requirements.json",
                r#"[{"key": "TOKEN"}, {"key": "SPARE", "required": false}]"#.into(),
            ),
            ("i18n/en.json", r#"{"a": "A", "b": "B"}"#.into()),
            ("i18n/de.json", r#"{"a": "A", "b": "B"}"#.into()),
        ];
        Self {
            manifest: json!({
                "id": "p", "version": "1.0.0",
                "meta": {
                    "entry_flows": { "setup": "s", "requirements": "r" },
                    "capabilities": ["messaging", "webhooks"],
                    "allowed_hosts": ["api.example.com"],
                },
                "flows": [
                    { "id": "s", "entry": "setup" },
                    { "id": "r", "entry": "requirements" },
                    { "id": "talk", "entry": "default" },
                ],
            }),
            wizard: wizard(),
            files: files
                .map(|(name, text)| (name.to_owned(), text.into_bytes()))
                .into(),
        }
    }

    /// The text of a file.
    pub(crate) fn text(&self, file: &str) -> String {
        String::from_utf8(self.files[file].clone()).expect("UTF-8")
    }

    pub(crate) fn write(&mut self, file: &str, text: impl Into<Vec<u8>>) {
        self.files.insert(file.to_owned(), text.into());
    }

    /// Replaces a part of a file that occurs in it.
    pub(crate) fn replace(&mut self, file: &str, from: &str, to: &str) {
        let text = self.text(file);
        assert!(text.contains(from), "{file} has no {from}");
        self.write(file, text.replacen(from, to, 1));
    }

    /// The member of the schema at this JSON pointer.
    pub(crate) fn schema(&mut self, change: impl Fn(&mut Value)) {
        let file = "schemas/p/config.schema.json";
        let mut schema = serde_json::from_str(&self.text(file)).expect("JSON");
        change(&mut schema);
        self.write(file, schema.to_string());
    }

    /// The question of the wizard with this number.
    pub(crate) fn question(&mut self, at: usize) -> &mut Value {
        &mut self.wizard["questions"][at]
    }

    pub(crate) fn plan(&mut self) -> &mut Value {
        &mut self.wizard["plan"]
    }

    pub(crate) fn source(&self) -> Source {
        let mut files = self.files.clone();
        if !self.manifest.is_null() {
            files.insert("pack.json".into(), self.manifest.to_string().into());
        }
        files.insert("wizard.json".into(), self.wizard.to_string().into());
        let manifest = None;
        Source::Folder { files, manifest }
    }
}

const FORM: &str = "\
title: T
questions:
  - name: room
    title: Room
    kind: string
    required: true
  - name: port
    title: Port
    kind: integer
    required: false
    default: 80
";

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "room": { "type": "string", "maxLength": 99 },
            "size": { "type": "integer" },
            "mode": { "enum": ["a", "b"] },
            "spare": { "type": "string", "x-secret": true },
        },
        "required": ["room"],
    })
}

fn wizard() -> Value {
    json!({
        "questions": [
            { "id": "name", "title": "Name", "kind": "text", "required": true },
            { "id": "region", "title": "Region", "kind": "choice", "options": ["eu", "us"],
              "default": "eu" },
            { "id": "limit", "title": "Limit", "kind": "integer", "min": 1, "max": 9 },
            { "id": "code", "title": "Code", "kind": "text", "pattern": "^[a-z]*$" },
            { "id": "pass", "title": "Pass", "kind": "text", "secret": true, "help": "H" },
        ],
        "plan": {
            "config_patch": { "room": "r", "size": 3 },
            "secrets_patch": { "set": { "TOKEN": "<redacted>" }, "delete": [] },
            "webhook_ops": [{
                "op": "register", "id": "hook", "url": "https://conformance.invalid/hook",
                "metadata": { "events": ["a"] },
            }],
            "subscription_ops": [{ "op": "create", "id": "sub", "metadata": {} }],
            "oauth_ops": [{ "op": "start", "provider": "idp", "scopes": ["read"],
                "redirect_url": "https://conformance.invalid/back" }],
            "notes": ["done"],
        },
        "requirements": { "config_required": ["room"], "secret_required": ["TOKEN"] },
    })
}

/// Answers the steps of a pack as its file `wizard.json` says.
pub(crate) struct FromFile;

impl StepExecutor for FromFile {
    fn execute(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        let wizard = pack.read("wizard.json").expect("a wizard");
        let wizard: Value = serde_json::from_slice(&wizard).expect("JSON");
        let input = steps::input(request);
        let said = match input["step"].as_str().unwrap_or_default() {
            step if wizard["traps"] == step => Err(StepFailure::new(StepCode::Trap, "unreachable")),
            "collect" => Ok(json!({ "questions": { "questions": wizard["questions"] } })),
            "validate" if !wizard["refuses"].is_null() => Ok(json!({ "diagnostics": [{
                "severity": "error", "code": "NO", "message": wizard["refuses"],
            }] })),
            "apply" => Ok(json!({ "plan": wizard["plan"] })),
            "requirements" => Ok(json!({ "requirements": wizard["requirements"] })),
            _ => Ok(json!({})),
        };
        steps::answer(said)
    }
}

/// What differs between two packs that this executor runs.
pub(crate) fn compared_by(executor: &dyn StepExecutor, old: Source, new: Source) -> Comparison {
    let conditions = Conditions::default();
    let opened = [old, new].map(|source| Opening::of(Ok(source), &conditions));
    let [old, new] = observe_both(opened, executor, &conditions);
    compare(&old, &new).expect("two packs in order")
}

pub(crate) fn compared(old: &Parts, new: &Parts) -> Comparison {
    compared_by(&FromFile, old.source(), new.source())
}

/// The rules of the changes, each with whether it is a guess.
pub(crate) fn rules(comparison: &Comparison) -> Vec<&'static str> {
    let changes = comparison.changes.iter();
    changes.map(|change| change.rule.slug()).collect()
}

/// A change of a pack, and the only rule that it follows.
pub(crate) type Row = (&'static str, &'static str, fn(&mut Parts));

/// Fails unless each row gives exactly its rule, and the mirror of it if old and new are
/// swapped.
pub(crate) fn require_rows(base: &Parts, rows: &[Row]) {
    let mut faults = Vec::new();
    for (name, rule, change) in rows {
        let mut changed = base.clone();
        change(&mut changed);
        let there = compared(base, &changed);
        if rules(&there) != [*rule] || !there.not_compared.is_empty() {
            faults.push(format!(
                "{name}: {:#?} {:#?}",
                there.changes, there.not_compared
            ));
            continue;
        }
        let back = compared(&changed, base);
        faults.extend(unmirrored(&there, &back).map(|fault| format!("{name}: {fault}")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What of one comparison is not the mirror of the other.
fn unmirrored<'c>(
    there: &'c Comparison,
    back: &'c Comparison,
) -> impl Iterator<Item = String> + use<'c> {
    let mirrored = |(one, other): (&'c Comparison, &'c Comparison)| {
        let lost = one.changes.iter().filter(|change| {
            let mut others = other.changes.iter();
            !others.any(|other| {
                change.rule.mirrors().contains(&other.rule)
                    && (&change.old, &change.new) == (&other.new, &other.old)
            })
        });
        lost.map(|change| format!("no mirror of {change:?}"))
    };
    let reaches = |comparison: &Comparison, turned: bool| {
        let all = comparison.reaches.iter();
        let mut all: Vec<_> = all
            .map(|r| (r.gained != turned, r.kind, r.place.clone(), r.what.clone()))
            .collect();
        all.sort();
        all
    };
    let differs = reaches(there, false) != reaches(back, true);
    let reached = differs.then(|| format!("reaches {:?} {:?}", there.reaches, back.reaches));
    let pairs = [(there, back), (back, there)].into_iter();
    pairs.flat_map(mirrored).chain(reached)
}

#[test]
fn mirror_of_each_rule_leads_back_to_it() {
    for rule in Rule::ALL {
        for mirror in rule.mirrors() {
            assert!(mirror.mirrors().contains(rule), "{rule} {mirror}");
        }
    }
}

#[test]
fn slug_of_each_rule_is_unique_and_its_reason_is_a_sentence() {
    let mut slugs: Vec<&str> = Rule::ALL.iter().map(|rule| rule.slug()).collect();
    slugs.sort_unstable();
    let count = slugs.len();
    slugs.dedup();
    assert_eq!(slugs.len(), count);
    // `explain` takes the names of both.
    let check = checks::catalogue().find(|check| slugs.contains(&check.id));
    assert_eq!(check.map(|check| check.id), None);
    for rule in Rule::ALL {
        let why = rule.why();
        assert!(why.ends_with('.') && !why.contains("  "), "{why}");
    }
}
