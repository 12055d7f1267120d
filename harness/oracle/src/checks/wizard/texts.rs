//! `wizard.texts-resolved`: does a text that users see hold a template that nobody
//! resolves?

use crate::check::{Conclusion, Findings};
use crate::given::Given;
use crate::subject::{Observed, Opened, Subject};
use provision_core::Finding;
use provision_core::codes::CheckCode;
use provision_core::json::pointer_token;
use provision_core::text::inert;
use provision_core::wizard::StepRun;
use provision_core::wizard::questions::{Question, card, questions as read};
use regex::Regex;
use serde_json::Value;
use std::sync::LazyLock;

/// Keys of a card's texts. Placeholders and help are left out: they may explain to users
/// which templates an answer can have.
const CARD_TEXTS: [&str; 6] = [
    "text",
    "label",
    "title",
    "errorMessage",
    "altText",
    "fallbackText",
];

/// `{{ name }}`, `${name}`, and `$data` of Adaptive Card Templating. Braces around
/// something else than a name are no template.
static TEMPLATE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let patterns = [
        r"\{\{\{?[#/^&>~]?\s*[A-Za-z_@$][^{}]*\}\}",
        r"\$\{\s*[A-Za-z_@$][^{}]*\}",
        r"(?:^|[^\w$])\$data\b",
    ];
    Regex::new(&patterns.join("|")).ok()
});

/// A text that users see, and its place.
type Shown<'v> = (String, &'v str);

/// `wizard.texts-resolved`
pub(super) fn resolved(subject: &Subject, findings: &mut Findings) {
    findings.each_wizard(subject, |opened, observed| {
        let Ok(runs) = &observed.runs else {
            return Conclusion::Blocked("the wizard was not driven".into());
        };
        let mut found = Vec::new();
        let mut any = false;
        for step in runs.first.steps.iter().filter(|step| !step.by_host) {
            let shown = of_step(subject, step);
            any |= !shown.is_empty();
            let raw = judge(&shown, &runs.given).into_iter();
            found.extend(raw.map(|finding| finding.about(step.component.as_deref())));
        }
        let shown = of_files(opened, observed);
        any |= !shown.is_empty();
        found.extend(judge(&shown, &runs.given));
        match (found.is_empty(), any) {
            (true, _) if !runs.first.completed() => {
                Conclusion::Blocked("the wizard did not complete".into())
            }
            (true, false) => Conclusion::NotApplicable("the wizard shows no text".into()),
            _ => Conclusion::of(found),
        }
    });
}

fn judge(shown: &[Shown<'_>], given: &Given) -> Vec<Finding> {
    let raw = |(at, text): &Shown<'_>| {
        let template = raw(text).filter(|template| !given.has(template))?;
        let expected = "text with every template resolved";
        let actual = format!("`{}` in `{}`", inert(template, 80), inert(text, 120));
        Some(Finding::new(CheckCode::TextTemplate, at, expected, actual))
    };
    shown.iter().filter_map(raw).collect()
}

/// The first template in `text` that nobody resolves when the text is shown.
fn raw(text: &str) -> Option<&str> {
    let is_raw = |template: &str, before: &str| {
        let name = template.trim_start_matches(['{', '$', ' ']);
        // Hosts resolve the first, renderers of cards the others.
        let is_resolved = ["i18n:", "DATE(", "TIME("]
            .iter()
            .any(|function| template.starts_with("{{") && name.starts_with(function));
        // A quoted template is an explanation.
        let is_quoted = before.matches('`').count() % 2 == 1 || before.ends_with('\\');
        !is_resolved && !is_quoted
    };
    let mut all = TEMPLATE.as_ref()?.find_iter(text);
    let found = all.find(|found| is_raw(found.as_str(), &text[..found.start()]))?;
    Some(found.as_str())
}

/// What a step shows: its card or its questions, and its summary.
fn of_step<'s>(subject: &Subject, step: &'s StepRun) -> Vec<Shown<'s>> {
    let Some(output) = step.output() else {
        return Vec::new();
    };
    let mut shown = Vec::new();
    let at = step.name();
    if let Some(spec) = &output.questions {
        let at = format!("{at} /questions");
        if card(spec).is_some() {
            of_card(spec, &at, &mut shown);
        } else if let Ok(asked) = read(spec, &subject.limits.flow) {
            let list = spec.get("questions").and_then(Value::as_array);
            let list = list.into_iter().flatten().zip(&asked);
            for (item, question) in list {
                let at = place(&at, &question.id);
                of_members(item, &at, &["title", "label", "text"], &mut shown);
                of_options(item, &at, &mut shown);
            }
            of_members(spec, &at, &["title"], &mut shown);
        }
    }
    if let Some(summary) = output.answer("summary") {
        of_summary(summary, &format!("{at} /summary"), &mut shown);
    }
    shown
}

/// What the forms of the pack's files show for its first setup wizard.
fn of_files<'s>(opened: &'s Opened, observed: &Observed) -> Vec<Shown<'s>> {
    let forms = opened.declared.iter().filter(|declared| {
        let is_form = !declared.file.contains("schema");
        is_form && observed.wizard.primary
    });
    let mut shown = Vec::new();
    for declared in forms {
        let asked = declared.questions.iter().flatten();
        let title = |question: &'s Question| {
            let at = place(&inert(&declared.file, 200), &question.id);
            Some((at, question.title.as_deref()?))
        };
        shown.extend(asked.filter_map(title));
    }
    shown
}

fn place(at: &str, question: &str) -> String {
    format!("{at}, question `{}`", inert(question, 80))
}

fn of_members<'v>(item: &'v Value, at: &str, keys: &[&str], shown: &mut Vec<Shown<'v>>) {
    let text = |key: &&str| item.get(*key).and_then(Value::as_str);
    shown.extend(keys.iter().filter_map(text).map(|t| (at.to_owned(), t)));
}

fn of_options<'v>(item: &'v Value, at: &str, shown: &mut Vec<Shown<'v>>) {
    let options = ["options", "choices"].iter().find_map(|key| item.get(*key));
    for option in options.and_then(Value::as_array).into_iter().flatten() {
        of_members(option, at, &["title", "label", "text"], shown);
    }
}

fn of_card<'v>(value: &'v Value, at: &str, shown: &mut Vec<Shown<'v>>) {
    match value {
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                of_card(item, &format!("{at}/{i}"), shown);
            }
        }
        Value::Object(map) => {
            // The value of a fact is shown; that of an input is the user's.
            let is_fact = !map.contains_key("type") && at.contains("/facts/");
            for (key, member) in map {
                let at = format!("{at}/{}", inert(&pointer_token(key), 80));
                match member {
                    Value::String(text) => {
                        let is_shown = CARD_TEXTS.contains(&key.as_str());
                        if is_shown || (is_fact && key == "value") {
                            shown.push((at, text));
                        }
                    }
                    // Data of an action or of a template, which nobody shows.
                    _ if key == "data" || key.starts_with('$') => {}
                    member => of_card(member, &at, shown),
                }
            }
        }
        _ => {}
    }
}

/// Every text of a summary, except templates that are meant to be some.
fn of_summary<'v>(value: &'v Value, at: &str, shown: &mut Vec<Shown<'v>>) {
    match value {
        Value::String(text) => shown.push((at.to_owned(), text)),
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                of_summary(item, &format!("{at}/{i}"), shown);
            }
        }
        Value::Object(map) => {
            for (key, member) in map.iter().filter(|(key, _)| !is_pattern(key)) {
                let at = format!("{at}/{}", inert(&pointer_token(key), 80));
                of_summary(member, &at, shown);
            }
        }
        _ => {}
    }
}

fn is_pattern(key: &str) -> bool {
    let key = key.to_lowercase();
    ["template", "format", "pattern"]
        .iter()
        .any(|part| key.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn template_in_a_text_is_found_and_other_braces_are_not() {
        for (text, template) in [
            ("Hello {{ room }}", "{{ room }}"),
            ("{{username}}!", "{{username}}"),
            ("{{#if room}}a{{/if}}", "{{#if room}}"),
            ("{{{raw}}}", "{{{raw}}"),
            ("a total of ${total}", "${total}"),
            ("${$data.name}", "${$data.name}"),
            ("$data", "$data"),
            ("use `{{ a }}` and {{ b }}", "{{ b }}"),
        ] {
            assert_eq!(raw(text), Some(template), "{text}");
        }
        for text in [
            "plain {braces} {}",
            "{{i18n:qa.label}}",
            "{{DATE(2026-02-14T06:08:00Z, SHORT)}} {{TIME(2026-02-14T06:08:00Z)}}",
            r#"{"a": {"b": {}}}"#,
            "{{1, 2}, {3}} and {{a}, {b}}",
            "write `{{ name }}` or `${name}`",
            r"\{{ name }}",
            "US$ 5, $database, ${}, $5",
        ] {
            assert_eq!(raw(text), None, "{text}");
        }
    }

    #[test]
    fn texts_of_a_card_and_of_a_summary_are_those_that_users_see() {
        let card = json!({ "type": "AdaptiveCard", "$data": { "text": "no" }, "body": [
            { "type": "TextBlock", "text": "one" },
            { "type": "FactSet", "facts": [{ "title": "two", "value": "three" }] },
            { "type": "Input.Text", "id": "no", "value": "no", "placeholder": "no" },
            { "type": "Input.ChoiceSet", "choices": [{ "title": "four", "value": "no" }] },
        ], "actions": [{ "type": "Action.Submit", "title": "five", "data": { "text": "no" } }] });
        let mut shown = Vec::new();
        of_card(&card, "", &mut shown);
        let mut texts: Vec<&str> = shown.iter().map(|(_, text)| *text).collect();
        texts.sort_unstable();
        assert_eq!(texts, ["five", "four", "one", "three", "two"]);
        let summary = json!({ "text": "yes", "rows": ["yes"], "message_template": "no" });
        shown.clear();
        of_summary(&summary, "", &mut shown);
        assert!(shown.len() == 2 && shown.iter().all(|(_, text)| *text == "yes"));
    }
}
