//! The questions that a pack's own files declare for setup: `setup.yaml`,
//! `qa/*.json`, the config schema, the secret requirements.

use super::pattern::{Budget, bound};
use super::{Pattern, Question, patterns, questions_within};
use crate::authored::{self, SECRET_LISTS};
use crate::json::{self, JsonError};
use crate::limits::Limits;
use crate::pack::Pack;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A file of the pack, and the questions in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Declared {
    /// The file.
    pub file: String,
    /// Whether it is the config schema, and no form.
    pub is_schema: bool,
    /// Its questions, or why they cannot be read.
    pub questions: Result<Vec<Question>, String>,
}

/// Every declaration of `pack`, the file that setup most likely asks from first:
/// `setup.yaml`, then `qa/*setup*.json`, then the config schema.
#[must_use]
pub fn declared(pack: &Pack, limits: &Limits) -> Vec<Declared> {
    let mut found = Vec::new();
    let mut budget = Budget::default();
    for file in ["setup.yaml", "assets/setup.yaml"] {
        if let Some(bytes) = pack.read(file) {
            found.push(Declared {
                file: file.to_owned(),
                is_schema: false,
                questions: authored::setup_form(&bytes, limits)
                    .map_err(|refused| reasons(&refused))
                    .and_then(|spec| form(spec, limits, &mut budget)),
            });
            break;
        }
    }
    let forms = pack.files().filter(|file| is_form(file));
    let forms: Vec<String> = forms.map(str::to_owned).collect();
    for file in forms {
        let bytes = pack.read(&file).unwrap_or_default();
        let spec = json::parse(&bytes, limits.depth).map_err(|e| e.to_string());
        found.push(Declared {
            questions: spec.and_then(|spec| form(spec, limits, &mut budget)),
            is_schema: false,
            file,
        });
    }
    if let Some((file, schema)) = config_schema(pack, limits.depth) {
        found.push(Declared {
            questions: schema
                .map(|schema| properties(&schema, &mut budget))
                .map_err(|e| e.to_string()),
            is_schema: true,
            file,
        });
    }
    found
}

fn is_form(file: &str) -> bool {
    let file = file.strip_prefix("assets/").unwrap_or(file);
    let name = file.strip_prefix("qa/").unwrap_or_default();
    name.ends_with(".json") && name.contains("setup") && !name.contains('/')
}

fn reasons(refused: &[authored::Refusal]) -> String {
    let reasons: Vec<&str> = refused.iter().map(|r| r.why.as_str()).collect();
    reasons.join("; ")
}

/// The questions of `spec`; a question may call its id `name`.
fn form(spec: Value, limits: &Limits, budget: &mut Budget) -> Result<Vec<Question>, String> {
    questions_within(&spec, &limits.flow, budget).map_err(|failure| failure.message)
}

/// The pack's config schema and its file: the file that the manifest's extensions
/// name under `config_schema_ref`, else the pack's only `config.schema.json`.
#[must_use]
pub fn config_schema(pack: &Pack, depth: usize) -> Option<(String, Result<Value, JsonError>)> {
    let is_schema = |file: &str| {
        let file = file.strip_prefix("assets/").unwrap_or(file);
        file.starts_with("schemas/")
            && file.ends_with("/config.schema.json")
            && !file.ends_with("/public.config.schema.json")
    };
    let mut names = BTreeSet::new();
    let mut files: Vec<&str> = pack.files().filter(|file| is_schema(file)).collect();
    // NB: some packs have a second copy of every file below `assets/`.
    files.sort_by_key(|file| file.starts_with("assets/"));
    files.retain(|file| names.insert(file.strip_prefix("assets/").unwrap_or(file)));
    let referred = referred(pack);
    let referred: Vec<&String> = referred.iter().filter(|file| pack.has(file)).collect();
    let file = match (&referred[..], &files[..]) {
        ([one], _) => (*one).clone(),
        ([], [one]) => (*one).to_owned(),
        _ => return None,
    };
    let bytes = pack.read(&file)?;
    let schema = json::parse(&bytes, depth);
    Some((file, schema))
}

/// Files that the manifest names under `config_schema_ref`.
fn referred(pack: &Pack) -> BTreeSet<String> {
    fn walk(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            Value::Object(map) => map.iter().for_each(|(key, value)| match value {
                Value::String(file) if key == "config_schema_ref" => {
                    found.insert(file.clone());
                }
                value => walk(value, found),
            }),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    let manifest = pack.manifest().pack_v1.as_deref();
    let extensions = manifest.and_then(|m| m.extensions.as_ref());
    for extension in extensions.into_iter().flat_map(BTreeMap::values) {
        let value = serde_json::to_value(&extension.inline);
        walk(&value.unwrap_or_default(), &mut found);
    }
    found
}

/// The properties of a config schema as questions.
fn properties(schema: &Value, budget: &mut Budget) -> Vec<Question> {
    let required = schema.get("required").and_then(Value::as_array);
    let required: BTreeSet<&str> = required
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let properties = schema.get("properties").and_then(Value::as_object);
    let question = |(id, property): (&String, &Value)| {
        let flag = |key: &str| property.get(key) == Some(&Value::Bool(true));
        let number = |key: &str| property.get(key).and_then(Value::as_f64);
        let options = property.get("enum").and_then(Value::as_array).cloned();
        let kind = match property.get("type") {
            Some(Value::String(kind)) => kind.clone(),
            _ if options.is_some() => "enum".into(),
            _ => "any".into(),
        };
        Question {
            kind,
            required: required.contains(id.as_str()),
            secret: flag("x-redact") || flag("x-secret") || flag("writeOnly"),
            default: property.get("default").cloned(),
            options: options.unwrap_or_default(),
            bounds: (
                number("minimum").or_else(|| number("minLength")),
                number("maximum").or_else(|| number("maxLength")),
            ),
            pattern: property
                .get("pattern")
                .and_then(Value::as_str)
                .map(Pattern::unbounded),
            ..Question::plain(id, "any")
        }
    };
    let empty = Map::new();
    let mut found: Vec<Question> = properties.unwrap_or(&empty).iter().map(question).collect();
    bound(patterns(&mut found), budget);
    found
}

/// The properties that the pack's config schema marks as secret.
pub(super) fn config_schema_secrets(pack: &Pack, depth: usize) -> Vec<String> {
    let schema = config_schema(pack, depth).and_then(|(_, schema)| schema.ok());
    let questions = schema
        .map(|schema| properties(&schema, &mut Budget::default()))
        .unwrap_or_default();
    let secret = questions.into_iter().filter(|question| question.secret);
    secret.map(|question| question.id).collect()
}

/// Keys of the secrets that the pack lists, and whether each is required; `None` if
/// the pack has no such list.
///
/// Read from [`SECRET_LISTS`] and from a pack-v1 manifest. An entry that the setup tool
/// refuses counts as well, so that its secret is looked for.
#[must_use]
pub fn secret_requirements(pack: &Pack, depth: usize) -> Option<BTreeMap<String, bool>> {
    let mut found = None;
    let mut add = |key: &str, required: bool| {
        let all = found.get_or_insert_with(BTreeMap::new);
        *all.entry(key.to_owned()).or_insert(false) |= required;
    };
    for bytes in SECRET_LISTS.iter().filter_map(|name| pack.read(name)) {
        let list = json::parse(&bytes, depth).unwrap_or_else(|_| json!([]));
        for item in list.as_array().into_iter().flatten() {
            let required = item
                .get("required")
                .and_then(Value::as_bool)
                .unwrap_or(true);
            let key = item.get("key").and_then(Value::as_str).or(item.as_str());
            key.into_iter().for_each(|key| add(key, required));
        }
    }
    if let Some(manifest) = &pack.manifest().pack_v1 {
        for secret in &manifest.secret_requirements {
            add(secret.key.as_str(), secret.required);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::Source;

    fn pack(files: &[(&str, &str)]) -> Pack {
        let manifest = ("pack.json", "{}");
        let files = files.iter().chain([&manifest]);
        let files = files.map(|(n, b)| ((*n).to_owned(), b.as_bytes().to_vec()));
        let source = Source::Folder {
            files: files.collect(),
            manifest: None,
        };
        Pack::open(source, &Limits::default()).expect("opens")
    }

    fn asked(files: &[(&str, &str)]) -> Vec<(String, Result<Vec<String>, String>)> {
        let ids = |questions: Vec<Question>| questions.into_iter().map(|q| q.id).collect();
        let all = declared(&pack(files), &Limits::default()).into_iter();
        all.map(|d| (d.file, d.questions.map(ids))).collect()
    }

    #[test]
    fn all_declarations_are_read_in_order_of_likelihood() {
        let yaml = "questions:\n  - name: room\n    kind: string\n    required: true\n";
        let form = r#"{"questions": [{"id": "url", "kind": "String"}]}"#;
        let schema = r#"{"properties": {"port": {"type": "integer"}}}"#;
        let found = asked(&[
            ("assets/setup.yaml", yaml),
            ("qa/x-setup.json", form),
            ("qa/x-other.json", form),
            ("schemas/x/config.schema.json", schema),
            ("assets/schemas/x/config.schema.json", schema),
        ]);
        let ids = |id: &str| Ok(vec![id.to_owned()]);
        let expected = [
            ("assets/setup.yaml", ids("room")),
            ("qa/x-setup.json", ids("url")),
            ("schemas/x/config.schema.json", ids("port")),
        ];
        assert_eq!(found, expected.map(|(file, ids)| (file.to_owned(), ids)));
    }

    #[test]
    fn hostile_or_ambiguous_yaml_is_refused() {
        let deep = format!("questions: {}{}", "[".repeat(100), "]".repeat(100));
        let one = "x: &n room\nquestions:\n  - name: *n\n";
        assert_eq!(asked(&[("setup.yaml", one)])[0].1, Ok(vec!["room".into()]));
        let many = one.replace(
            "questions",
            &format!("y: [{}]\nquestions", "*n, ".repeat(80)),
        );
        // Nine to the power of nine, in a kilobyte.
        let levels = (1..10).map(|i| {
            let last = format!("*l{}, ", i - 1).repeat(9);
            format!("l{i}: &l{i} [{last}]\n")
        });
        let bomb: String = levels.collect();
        let bomb = format!("l0: &l0 x\n{bomb}questions: []\n");
        for yaml in [
            many.as_str(),
            &bomb,
            "questions: []\nquestions: []\n",
            "questions: []\n---\nquestions: []\n",
            "questions: {}\n",
            "\u{fffd}: [",
            &deep,
        ] {
            let found = asked(&[("setup.yaml", yaml)]);
            assert!(found[0].1.is_err(), "{yaml}: {found:?}");
        }
    }

    #[test]
    fn secret_is_required_unless_declared_optional() {
        let list = r#"[{"key": "A"}, {"key": "B", "required": false}, "C"]"#;
        let pack_with = pack(&[("assets/secret-requirements.json", list)]);
        let found = secret_requirements(&pack_with, 16).expect("requirements");
        let expected = [("A", true), ("B", false), ("C", true)];
        assert_eq!(found, expected.map(|(k, r)| (k.to_owned(), r)).into());
        assert_eq!(secret_requirements(&pack(&[]), 16), None);
    }
}
