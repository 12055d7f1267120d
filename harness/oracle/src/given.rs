//! [`Given`]: texts of the user's answers that a plan may repeat although the pack itself
//! must not write such texts: templates, and where something is.

use serde_json::Value;

/// Texts of the answers of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Given {
    /// The texts that may contain a template or a placeholder.
    templates: Vec<String>,
    /// The answers to questions that ask where something is.
    places: Vec<String>,
}

/// Placeholders of expected plans. No host resolves one in a plan.
const PLACEHOLDERS: [&str; 3] = ["<value>", "<redacted>", "<public_base_url>"];
/// Templates of one text that are looked for in the answers, at most.
const MOST: usize = 64;
/// Parts of the ids of questions that ask where something is.
const PLACES: [&str; 8] = [
    "url", "uri", "host", "domain", "endpoint", "address", "redirect", "callback",
];

/// Whether a question with this id asks where something is.
pub(crate) fn asks_a_place(id: &str) -> bool {
    let id = id.to_lowercase();
    PLACES.iter().any(|place| id.contains(place))
}

impl Given {
    /// What `answers` give.
    pub(crate) fn of<'v>(answers: impl IntoIterator<Item = &'v Value>) -> Self {
        let mut given = Self::default();
        for answers in answers {
            given.collect("", answers);
        }
        given
    }

    fn collect(&mut self, key: &str, value: &Value) {
        match value {
            // NB: this answer stands for a secret that the host holds; it is no text.
            Value::String(text) if text == "<redacted>" => {}
            Value::String(text) => {
                if is_unresolved(text) || text.contains('$') {
                    self.templates.push(plain(text));
                }
                if asks_a_place(key) {
                    self.places.push(text.clone());
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.collect(key, item)),
            Value::Object(map) => map.iter().for_each(|(key, item)| self.collect(key, item)),
            _ => {}
        }
    }

    /// Whether every template in `text` stands in an answer: then it is the user's text.
    pub(crate) fn explains(&self, text: &str) -> bool {
        let unresolved = unresolved(text);
        !self.templates.is_empty()
            && unresolved.len() <= MOST
            && unresolved.iter().all(|one| self.has(one))
    }

    /// Whether `template` stands in an answer.
    pub(crate) fn has(&self, template: &str) -> bool {
        // A wizard may have cut the answer within the template.
        let is_cut = template.starts_with("{{") && !template.ends_with('}');
        let template = if is_cut { "{{" } else { template };
        let template = plain(template);
        self.templates.iter().any(|given| given.contains(&template))
    }

    /// Whether `place` is the user's answer to a question that asks for a place.
    pub(crate) fn is_place(&self, place: &str) -> bool {
        self.places.iter().any(|given| given == place)
    }
}

/// Letters, digits and the marks of templates alone: wizards trim, escape and lower the
/// texts that they copy.
fn plain(text: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || "{}<>_".contains(*c);
    text.chars().filter(kept).collect::<String>().to_lowercase()
}

/// Whether `text` has a placeholder or a template expression. `{{i18n:KEY}}` is none:
/// hosts replace it when they show the text.
pub(crate) fn is_unresolved(text: &str) -> bool {
    !unresolved(text).is_empty()
}

/// The placeholders and template expressions in `text`; no two expressions overlap.
fn unresolved(text: &str) -> Vec<&str> {
    let placeholders = PLACEHOLDERS.into_iter().filter(|p| text.contains(p));
    let mut found: Vec<&str> = placeholders.collect();
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let expression = &rest[start..];
        let end = expression
            .find("}}")
            .map_or(expression.len(), |end| end + 2);
        let (expression, after) = expression.split_at(end);
        let key = expression
            .strip_prefix("{{i18n:")
            .and_then(|key| key.strip_suffix("}}"));
        if key.is_none_or(|key| key.is_empty() || key.contains(['{', '}', ' '])) {
            found.push(expression);
        }
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn text_key_of_a_host_is_not_an_unresolved_template() {
        for text in [
            "",
            "plain",
            "{{i18n:qa.label}}",
            "a {{i18n:x}} b {{i18n:y-z}}",
        ] {
            assert!(!is_unresolved(text), "{text}");
        }
        for text in [
            "{{name}}",
            "{{i18n:}}",
            "{{i18n:a b}}",
            "{{i18n:open",
            "{{i18n:x}} {{name}}",
            "{{{i18n:x}}}",
            "<value>",
        ] {
            assert!(is_unresolved(text), "{text}");
        }
    }

    #[test]
    fn template_is_the_users_only_if_it_stands_in_an_answer() {
        let answers = json!({
            "config": { "room": "Room {{ Name }} of <public_base_url>" },
            "secrets": { "token": "<redacted>" },
        });
        let given = Given::of([&answers]);
        for text in [
            "{{ Name }}",
            "[{{name}}]",
            "room {{ na",
            "<public_base_url>/{{Name}}",
        ] {
            assert!(given.explains(text), "{text}");
        }
        for text in [
            "{{ other }}",
            "{{ Name }} {{ other }}",
            "<value>",
            "<redacted>",
        ] {
            assert!(!given.explains(text), "{text}");
        }
        assert!(!Given::default().explains("{{ name }}"));
    }

    #[test]
    fn place_is_an_answer_to_a_question_that_asks_for_one() {
        let answers = json!({ "redirect_uri": "https://a.invalid/", "room": "https://b.invalid/" });
        let given = Given::of([&answers]);
        assert!(given.is_place("https://a.invalid/"));
        assert!(!given.is_place("https://a.invalid/x"));
        assert!(!given.is_place("https://b.invalid/"));
    }
}
