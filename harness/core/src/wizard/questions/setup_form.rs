//! The form that the ecosystem's setup tool shows for a pack, and the answers that it
//! accepts.
//!
//! The tool runs no Wasm. It reads `setup.yaml`, else `qa/*.json`, adds the secret
//! requirements, and infers kinds, defaults and secrets from the ids of questions. It
//! checks that required answers are there and that URLs look like URLs, and no types.

use super::declared::config_schema_secrets;
use super::{Kind, Pattern, Question, answers, questions, secret_requirements};
use crate::authored::{self, Kind as File, Refusal};
use crate::json;
use crate::limits::Limits;
use crate::pack::Pack;
use regex::Regex;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The pattern of URLs that the setup tool requires.
const URL: &str = r"^https?://\S+";

/// The form that the setup tool shows for a pack.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SetupForm {
    /// The file that the questions are from; `None` if no file has any.
    pub file: Option<String>,
    /// The questions, in order.
    pub questions: Vec<Question>,
    /// A file of which the setup tool shows no question, and every reason for it.
    pub undecoded: Option<(String, Vec<Refusal>)>,
    /// Canonical names of everything that some file of the pack calls a secret.
    secrets: BTreeSet<String>,
}

impl SetupForm {
    /// The form of `pack`.
    #[must_use]
    pub fn of(pack: &Pack, limits: &Limits) -> Self {
        let mut form = Self::default();
        for (file, spec) in specs(pack, limits) {
            match spec.and_then(|spec| form.read(&spec, pack, limits).map_err(whole)) {
                Ok(false) => {}
                Ok(true) => {
                    form.file = Some(file);
                    break;
                }
                Err(why) => form.undecoded = form.undecoded.or(Some((file, why))),
            }
        }
        let required = secret_requirements(pack, limits.depth).unwrap_or_default();
        // The tool asks for no secret of a list that it refuses.
        let refused = authored::read_secret_list(pack).is_some_and(|file| {
            let bytes = pack.read(file).unwrap_or_default();
            !authored::refusals(&bytes, File::Secrets, limits).is_empty()
        });
        if !refused {
            form.add_secrets(&required);
        }
        let marked = form.questions.iter().filter(|q| q.secret);
        let marked = marked.map(|q| canonical(&q.id)).collect::<Vec<_>>();
        form.secrets.extend(marked);
        form.secrets
            .extend(required.keys().map(|key| canonical(key)));
        let by_schema = config_schema_secrets(pack, limits.depth);
        form.secrets
            .extend(by_schema.iter().map(|key| canonical(key)));
        // One file may mark what another only asks.
        let mut questions = std::mem::take(&mut form.questions);
        form.mark_secrets(&mut questions);
        form.questions = questions;
        form
    }

    /// Reads the questions of `spec`. Returns whether it has any.
    fn read(&mut self, spec: &Value, pack: &Pack, limits: &Limits) -> Result<bool, String> {
        let found = questions(spec, &limits.flow).map_err(|failure| failure.message)?;
        let provider = pack.manifest().id.as_deref();
        let inferred = found.into_iter().map(|found| inferred(found, provider));
        self.questions.extend(inferred);
        Ok(!self.questions.is_empty())
    }

    /// Adds a question for each required secret that no question covers.
    fn add_secrets(&mut self, required: &BTreeMap<String, bool>) {
        let asked: Vec<String> = self.questions.iter().map(|q| canonical(&q.id)).collect();
        for (key, required) in required {
            let name = canonical(key);
            let covers = |id: &String| name.ends_with(id.as_str()) || id.ends_with(&name);
            if !asked.iter().any(covers) {
                self.questions.push(Question {
                    required: *required,
                    secret: true,
                    ..Question::plain(&name, "string")
                });
            }
        }
    }

    /// Whether some file of the pack, or the name itself, says that `id` is a secret.
    #[must_use]
    pub fn is_secret(&self, id: &str) -> bool {
        self.declares_secret(id) || names_secret(id)
    }

    /// Whether a file of the pack says that `id` is a secret.
    #[must_use]
    pub fn declares_secret(&self, id: &str) -> bool {
        self.secrets.contains(&canonical(id))
    }

    /// Whether the pack says that it handles a secret.
    #[must_use]
    pub fn has_secrets(&self) -> bool {
        !self.secrets.is_empty()
    }

    /// Marks the questions of a component that ask for a secret.
    pub fn mark_secrets(&self, questions: &mut [Question]) {
        for question in questions {
            question.secret |= self.is_secret(&question.id);
        }
    }

    /// A complete set of answers: those in `given`, defaults, and made-up ones.
    #[must_use]
    pub fn answers(&self, given: &Value, base_url: Option<&str>) -> Value {
        answers(&self.questions, given, base_url)
    }

    /// Whether the setup tool asks `question`, given the `answers` so far. If they do not
    /// say whether it is shown, the tool shows it.
    #[must_use]
    pub fn is_shown(&self, question: &Question, answers: &Map<String, Value>) -> bool {
        let own = self.questions.iter().find(|q| q.id == question.id);
        let is_hidden = |q: &Question| q.shown(answers) == Some(false);
        !is_hidden(question) && !own.is_some_and(is_hidden)
    }

    /// Why the setup tool refuses `answers`; `None` if it accepts them.
    #[must_use]
    pub fn refusal(&self, answers: &Value) -> Option<String> {
        let map = answers.as_object()?;
        let shown = self.questions.iter().filter(|q| self.is_shown(q, map));
        shown.filter_map(|q| refused(q, map.get(&q.id))).next()
    }

    /// Questions whose pattern matches no answer that the harness can make up.
    #[must_use]
    pub fn unanswerable(&self, answers: &Value) -> Vec<&Question> {
        let differs = |q: &&Question| {
            let pattern = q.pattern.as_ref().and_then(|p| p.regex().ok());
            let answer = answers.get(&q.id).and_then(Value::as_str);
            matches!((pattern, answer), (Some(p), Some(a)) if !p.is_match(a))
        };
        self.questions.iter().filter(differs).collect()
    }
}

/// A reason that is about no place in particular.
fn whole(why: String) -> Vec<Refusal> {
    vec![Refusal { place: None, why }]
}

/// Why the setup tool refuses this answer.
fn refused(question: &Question, answer: Option<&Value>) -> Option<String> {
    let id = &question.id;
    match answer.filter(|a| !a.is_null()) {
        None if question.required => Some(format!("missing required setup answer for `{id}`")),
        Some(Value::String(text)) if is_url(question) => {
            let url = Pattern::new(URL).regex().ok()?;
            let says = || format!("the answer for `{id}` does not match {URL}");
            (!url.is_match(text)).then(says)
        }
        _ => None,
    }
}

/// Whether the setup tool takes the question for one that asks for a URL.
fn is_url(question: &Question) -> bool {
    question.id.ends_with("_url") && matches!(question.kind.as_str(), "string" | "text" | "url")
}

/// The files that may hold the questions, decoded, in the order of the setup tool.
fn specs(pack: &Pack, limits: &Limits) -> Vec<(String, Result<Value, Vec<Refusal>>)> {
    let mut specs = Vec::new();
    let mut yamls = authored::SETUP_FORMS.into_iter();
    if let Some(file) = yamls.find(|file| pack.has(file)) {
        let bytes = pack.read(file).unwrap_or_default();
        specs.push((file.to_owned(), authored::setup_form(&bytes, limits)));
    }
    for file in pack.files().filter(|file| authored::is_qa_form(file)) {
        let bytes = pack.read(file).unwrap_or_default();
        let spec = json::parse(&bytes, limits.depth).map_err(|e| whole(e.to_string()));
        // The setup tool skips documents of another kind.
        if spec.as_ref().is_ok_and(|s| s.get("questions").is_some()) || spec.is_err() {
            specs.push((file.to_owned(), spec));
        }
    }
    specs
}

/// The question with what the setup tool infers from its id and its help.
fn inferred(mut question: Question, provider: Option<&str>) -> Question {
    question.secret |= names_secret(&question.id);
    if question.id == "enabled" && question.kind == "string" {
        question.kind = "boolean".into();
    }
    if question.default.is_none() {
        let of_help = question.help.as_deref().and_then(default_in_help);
        let known = || default_of_id(&question.id, provider.unwrap_or_default());
        question.default = of_help.or_else(known).map(Value::String);
    }
    if let Some(Value::String(text)) = &question.default {
        let typed = match question.answer() {
            Some(Kind::Bool) => Some(json!(text == "true")),
            Some(Kind::Number | Kind::Integer) => serde_json::from_str(text).ok(),
            _ => None,
        };
        question.default = typed.or(question.default);
    }
    if question.pattern.is_none() && is_url(&question) {
        question.pattern = Some(Pattern::new(URL));
    }
    question
}

/// Whether the id alone makes the setup tool treat the answer as a secret.
fn names_secret(id: &str) -> bool {
    id.ends_with("_token") || id.contains("secret") || id.contains("password")
}

fn default_of_id(id: &str, provider: &str) -> Option<String> {
    let default = match id {
        "enabled" => "true",
        "api_base_url" if provider.contains("slack") => "https://slack.com/api",
        "api_base_url" if provider.contains("telegram") => "https://api.telegram.org",
        _ => return None,
    };
    Some(default.to_owned())
}

/// The default that a help text names: `(default: VALUE)`.
fn default_in_help(help: &str) -> Option<String> {
    let pattern = Regex::new(r"(?i)[\(\[]?\s*default:\s*([^\)\]\n,]+)").ok()?;
    let found = pattern.captures(help)?.get(1)?.as_str();
    let value = found.trim().trim_end_matches(['.', ',', ' ']);
    (!value.is_empty()).then(|| value.to_owned())
}

/// A secret's name as secret stores write it: lower case, words joined by `_`.
#[must_use]
pub fn canonical(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        match c.to_ascii_lowercase() {
            c if c.is_ascii_lowercase() || c.is_ascii_digit() => out.push(c),
            '_' | '-' | '.' | ' ' | '/' if !out.ends_with('_') => out.push('_'),
            _ => {}
        }
    }
    out.trim_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::Source;

    fn form(files: &[(&str, &str)]) -> SetupForm {
        let manifest = ("pack.json", r#"{"id": "messaging-telegram"}"#);
        let files = files.iter().chain([&manifest]);
        let files = files.map(|(n, b)| ((*n).to_owned(), b.as_bytes().to_vec()));
        let source = Source::Folder {
            files: files.collect(),
            manifest: None,
        };
        let pack = Pack::open(source, &Limits::default()).expect("opens");
        SetupForm::of(&pack, &Limits::default())
    }

    #[test]
    fn kinds_defaults_and_secrets_are_inferred_as_the_setup_tool_infers_them() {
        let yaml = "questions:\n\
            - {name: enabled, kind: string, required: true}\n\
            - {name: bot_token, kind: string, required: true}\n\
            - {name: api_base_url, kind: string, required: true}\n\
            - {name: public_base_url, kind: string, required: true}\n\
            - {name: limit, kind: number, help: 'How many (default: 5)'}\n\
            - {name: chat, kind: string}\n";
        let form = form(&[("assets/setup.yaml", yaml)]);
        let answers = form.answers(&json!({}), Some("https://base.invalid"));
        let expected = json!({
            "enabled": true, "bot_token": super::super::canary("bot_token"),
            "api_base_url": "https://api.telegram.org",
            "public_base_url": "https://base.invalid", "limit": 5,
        });
        assert_eq!(answers, expected);
        assert_eq!(form.refusal(&answers), None);
        assert!(form.is_secret("BOT-TOKEN") && !form.is_secret("chat"));
        let wrong = json!({"enabled": 7, "bot_token": "t", "api_base_url": "ftp://x"});
        assert!(
            form.refusal(&wrong)
                .is_some_and(|why| why.contains("api_base_url"))
        );
        let none = form.refusal(&json!({}));
        assert!(none.is_some_and(|why| why.contains("missing required setup answer")));
    }

    #[test]
    fn question_is_asked_only_on_the_answer_that_shows_it() {
        let yaml = "questions:\n\
            - {name: mode, kind: choice, choices: [cloud, own], required: true}\n\
            - {name: host, kind: string, required: true, visible_if: {field: mode, eq: own}}\n";
        let form = form(&[("setup.yaml", yaml)]);
        assert_eq!(form.answers(&json!({}), None), json!({"mode": "cloud"}));
        let own = form.answers(&json!({"mode": "own"}), None);
        assert_eq!(own, json!({"mode": "own", "host": "example"}));
        assert_eq!(form.refusal(&json!({"mode": "cloud"})), None);
        assert!(form.refusal(&json!({"mode": "own"})).is_some());
    }

    #[test]
    fn qa_file_replaces_a_form_without_questions_and_secrets_are_added() {
        let qa = r#"{"questions": [{"id": "redis_url", "kind": "String", "secret": true}]}"#;
        let secrets = r#"[{"key": "REDIS_URL"}, {"key": "OTHER_KEY", "required": false}]"#;
        let form = form(&[
            ("setup.yaml", "questions: []\n"),
            ("qa/state-redis-setup.json", qa),
            ("assets/secret-requirements.json", secrets),
        ]);
        let ids: Vec<&str> = form.questions.iter().map(|q| q.id.as_str()).collect();
        assert_eq!(ids, ["redis_url", "other_key"]);
        assert_eq!(form.file.as_deref(), Some("qa/state-redis-setup.json"));
        assert!(form.is_secret("redis_url") && form.is_secret("other_key"));
    }

    #[test]
    fn file_that_does_not_decode_is_named() {
        let form = form(&[("setup.yaml", "questions: [\n")]);
        let (file, refused) = form.undecoded.expect("a defect");
        assert_eq!(file, "setup.yaml");
        assert_eq!(refused.len(), 1);
        assert!(form.questions.is_empty());
    }

    #[test]
    fn quoted_boolean_makes_the_tool_drop_the_whole_form() {
        let yaml = "questions:\n  - {name: a, required: \"yes\"}\n  - {name: b, secret: yes}\n";
        let form = form(&[("assets/setup.yaml", yaml)]);
        let (file, refused) = form.undecoded.expect("a defect");
        let places: Vec<String> = refused
            .iter()
            .map(|r| format!("{file}:{:?} {}", r.place.map(|p| (p.line, p.column)), r.why))
            .collect();
        assert_eq!(
            places,
            [
                "assets/setup.yaml:Some((2, 25)) `questions[0].required` is the text \"yes\", not true or false, without quotes",
                "assets/setup.yaml:Some((3, 23)) `questions[1].secret` is the text \"yes\", not true or false, without quotes",
            ]
        );
        assert!(form.questions.is_empty());
    }

    #[test]
    fn refused_list_of_secrets_adds_no_question_but_its_secrets_are_known() {
        let list = r#"[{"key": "API_KEY", "required": "true"}, {"key": "OTHER"}]"#;
        let form = form(&[("assets/secret-requirements.json", list)]);
        assert!(form.questions.is_empty());
        assert!(form.is_secret("api_key") && form.is_secret("other"));
    }
}
