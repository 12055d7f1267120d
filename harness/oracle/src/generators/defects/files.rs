//! The files of a generated pack.

use super::form::{Asked, Form};
use super::guest_language::{Out, Step};
use super::guest_text::{component, module};
use super::wizard::{Shape, Wizard};
use provision_core::Source;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

impl Wizard {
    /// The pack, as a folder.
    #[must_use]
    pub fn source(&self) -> Source {
        Source::Folder {
            files: self.all_files(),
            manifest: None,
        }
    }

    /// The files of the pack.
    #[must_use]
    pub fn all_files(&self) -> BTreeMap<String, Vec<u8>> {
        let manifest = json!({
            "id": self.id, "version": "1.0.0", "flows": [],
            "meta": { "entry_flows": { "setup": "install", "update": "refresh", "remove": "leave" } },
        });
        let mut files = BTreeMap::from([("pack.json".to_owned(), text(&manifest))]);
        if self.fixture {
            files.insert("fixtures/setup.input.json".into(), text(&self.answers()));
        }
        if self.declared {
            let name = "assets/secret-requirements.json";
            let keys = self.plan.secrets.iter();
            let list: Vec<Value> = keys.map(|key| json!({ "key": key })).collect();
            files.insert(name.into(), text(&json!(list)));
        }
        if self.schema {
            let name = format!("schemas/{}/config.schema.json", self.id);
            files.insert(name, text(&self.config_schema()));
        }
        let nothing = || Step::saying(Out::Json(json!({})));
        let setup = [
            ("collect", self.collecting()),
            ("validate", self.validate.clone()),
            ("apply", self.applying()),
            ("summary", Step::saying(self.summary.clone())),
        ];
        self.flow("install", &setup, &mut files);
        for (flow, plan) in [("refresh", self.update.clone()), ("leave", self.removal())] {
            let steps = [
                ("collect", nothing()),
                ("validate", nothing()),
                ("apply", Step::saying(Out::Json(plan))),
                ("summary", nothing()),
            ];
            self.flow(flow, &steps, &mut files);
        }
        files.extend(self.files.clone());
        files
    }

    fn flow(&self, flow: &str, steps: &[(&str, Step)], files: &mut BTreeMap<String, Vec<u8>>) {
        let all: Vec<(&str, &Step)> = steps.iter().map(|(name, step)| (*name, step)).collect();
        let mut add = |name: String, code: String| {
            files.insert(format!("components/{name}.wat"), code.into_bytes())
        };
        match self.shape {
            Shape::Module => drop(add(flow.to_owned(), module(&all))),
            Shape::Component => drop(add(flow.to_owned(), component(&all))),
            Shape::Modules => {
                for (name, step) in all {
                    add(format!("{flow}__{name}"), module(&[(name, step)]));
                }
            }
        }
    }

    fn collecting(&self) -> Step {
        let form = match self.form {
            Form::List => {
                let questions: Vec<Value> = self.questions.iter().map(Asked::listed).collect();
                json!({ "questions": questions })
            }
            Form::Card => {
                let body: Vec<Value> = self.questions.iter().map(Asked::on_card).collect();
                json!({
                    "type": "AdaptiveCard", "version": "1.5", "body": body,
                    "actions": [{ "type": "Action.Submit", "title": "Go on" }],
                })
            }
        };
        Step {
            rules: self.collect.clone(),
            says: Out::Json(json!({ "questions": form })),
        }
    }

    fn applying(&self) -> Step {
        Step {
            rules: self.apply.clone(),
            says: self.planned(),
        }
    }

    /// Answers that the form allows.
    fn answers(&self) -> Value {
        let part = |secret: bool| {
            let always = self.questions.iter().filter(|q| q.shown_if.is_none());
            let of = always.filter(|q| q.secret == secret);
            of.map(|q| (q.id.clone(), q.sample()))
                .collect::<Map<_, _>>()
        };
        json!({ "config": part(false), "secrets": part(true) })
    }

    fn config_schema(&self) -> Value {
        let public = || self.questions.iter().filter(|q| !q.secret);
        let properties: Map<String, Value> = public().map(|q| (q.id.clone(), q.schema())).collect();
        let required = public().filter(|q| {
            let has_value = q.required || self.required_by_schema && q.default.is_some();
            has_value && q.shown_if.is_none()
        });
        let required: Vec<&String> = required.map(|q| &q.id).collect();
        json!({ "type": "object", "properties": properties, "required": required })
    }
}

fn text(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}
