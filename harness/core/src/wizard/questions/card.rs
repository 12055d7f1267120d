//! Adaptive Cards, as far as a wizard's questions need them: inputs, their
//! constraints, and defects.
//!
//! Source: the Adaptive Cards schema 1.6 (`AdaptiveCard`, `Input.*`, `Action.*`).

use super::pattern::{Budget, bound};
use super::{Condition, Pattern, Question, patterns};
use crate::text::inert;
use serde_json::Value;
use std::collections::BTreeSet;

/// The questions of a card, and its defects.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Card {
    /// Its inputs, in order.
    pub questions: Vec<Question>,
    /// JSON pointers of what renderers reject, and why.
    pub defects: Vec<(String, String)>,
}

/// Keys of an element that hold other elements.
const HOLDERS: [&str; 8] = [
    "body", "items", "columns", "actions", "card", "rows", "cells", "inlines",
];
const ELEMENTS: [&str; 15] = [
    "TextBlock",
    "RichTextBlock",
    "TextRun",
    "Image",
    "ImageSet",
    "Media",
    "Container",
    "ColumnSet",
    "Column",
    "FactSet",
    "ActionSet",
    "Table",
    "TableRow",
    "TableCell",
    "AdaptiveCard",
];
const ACTIONS: [&str; 5] = [
    "Action.OpenUrl",
    "Action.Submit",
    "Action.ShowCard",
    "Action.ToggleVisibility",
    "Action.Execute",
];
const INPUTS: [(&str, &str); 6] = [
    ("Input.Text", "text"),
    ("Input.Number", "number"),
    ("Input.Date", "date"),
    ("Input.Time", "time"),
    ("Input.Toggle", "toggle"),
    ("Input.ChoiceSet", "choice"),
];

/// Reads `value` as a card; `None` if its `type` is not `AdaptiveCard`.
#[must_use]
pub fn card(value: &Value) -> Option<Card> {
    if value.get("type").and_then(Value::as_str) != Some("AdaptiveCard") {
        return None;
    }
    let mut card = Card::default();
    let version = value.get("version").and_then(Value::as_str).unwrap_or("");
    let parts: Vec<&str> = version.split('.').collect();
    let is_version = parts.len() == 2 && parts.iter().all(|p| p.parse::<u8>().is_ok());
    if !is_version {
        card.defect("/version", "not a version like 1.5".into());
    }
    let root = Place {
        at: String::new(),
        shown_if: None,
        toggled: &toggled(value),
    };
    element(value, &root, &mut card, &mut BTreeSet::new());
    bound(patterns(&mut card.questions), &mut Budget::default());
    Some(card)
}

impl Card {
    fn defect(&mut self, at: &str, why: String) {
        self.defects.push((inert(at, 200), why));
    }
}

/// The place of an element, and whether users see it.
struct Place<'t> {
    /// Its JSON pointer.
    at: String,
    /// The condition on which it is shown; `None` if it always is.
    shown_if: Option<Condition>,
    /// The ids of elements that an action shows or hides.
    toggled: &'t BTreeSet<String>,
}

impl Place<'_> {
    /// The place of `value` at `at`, below this one.
    fn below(&self, at: String, value: &Value) -> Self {
        let id = value.get("id").and_then(Value::as_str);
        let is_hidden = value.get("isVisible") == Some(&Value::Bool(false));
        let shown_if = match () {
            () if self.shown_if.is_some() => self.shown_if.clone(),
            () if id.is_some_and(|id| self.toggled.contains(id)) => Some(Condition::Unknown),
            () if is_hidden => Some(Condition::Never),
            // Only a host that binds templates evaluates it.
            () if value.get("$when").is_some() => Some(Condition::Unknown),
            () => None,
        };
        Self {
            at,
            shown_if,
            toggled: self.toggled,
        }
    }
}

/// The ids of the elements that `Action.ToggleVisibility` shows or hides.
fn toggled(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut left = vec![value];
    while let Some(value) = left.pop() {
        match value {
            Value::Array(items) => left.extend(items),
            Value::Object(map) => {
                let targets = map.get("targetElements").and_then(Value::as_array);
                let id = |target: &Value| {
                    let id = target
                        .as_str()
                        .or_else(|| target.get("elementId")?.as_str());
                    id.map(str::to_owned)
                };
                found.extend(targets.into_iter().flatten().filter_map(id));
                left.extend(map.values());
            }
            _ => {}
        }
    }
    found
}

fn element(value: &Value, place: &Place<'_>, card: &mut Card, ids: &mut BTreeSet<String>) {
    let at = place.at.as_str();
    let Some(map) = value.as_object() else {
        return card.defect(at, "not an object".into());
    };
    // Elements in these places may leave out `type`.
    let implied = ["/columns/", "/rows/", "/cells/"];
    let kind = match map.get("type").and_then(Value::as_str) {
        Some(kind) => kind,
        None if implied.iter().any(|place| at.contains(place)) => "Column",
        None => return card.defect(at, "an element without `type`".into()),
    };
    if let Some((_, answer)) = INPUTS.iter().find(|(name, _)| *name == kind) {
        input(value, place, answer, card, ids);
    } else if !ELEMENTS.contains(&kind) && !ACTIONS.contains(&kind) {
        card.defect(at, format!("unknown element `{}`", inert(kind, 80)));
    }
    for key in HOLDERS {
        match map.get(key) {
            Some(Value::Array(items)) => {
                for (i, item) in items.iter().enumerate() {
                    // A text run may be plain text.
                    if !(key == "inlines" && item.is_string()) {
                        let place = place.below(format!("{at}/{key}/{i}"), item);
                        element(item, &place, card, ids);
                    }
                }
            }
            Some(one @ Value::Object(_)) if key == "card" => {
                let place = place.below(format!("{at}/{key}"), one);
                element(one, &place, card, ids);
            }
            Some(Value::Null) | None => {}
            Some(_) => card.defect(&format!("{at}/{key}"), "not a list".into()),
        }
    }
}

fn input(
    value: &Value,
    place: &Place<'_>,
    kind: &str,
    card: &mut Card,
    ids: &mut BTreeSet<String>,
) {
    let at = place.at.as_str();
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    let Some(id) = text("id").filter(|id| !id.is_empty()) else {
        return card.defect(at, "an input without `id`".into());
    };
    if !ids.insert(id.to_owned()) {
        let id = inert(id, 80);
        return card.defect(at, format!("the id `{id}` occurs twice"));
    }
    let choices = value.get("choices").and_then(Value::as_array);
    if kind == "choice" && choices.is_none_or(Vec::is_empty) {
        card.defect(at, "a choice without choices".into());
    }
    let multi_select = value.get("isMultiSelect") == Some(&Value::Bool(true));
    let number = |key: &str| value.get(key).and_then(Value::as_f64);
    card.questions.push(Question {
        id: id.to_owned(),
        kind: if multi_select { "multiselect" } else { kind }.to_owned(),
        required: value.get("isRequired") == Some(&Value::Bool(true)),
        secret: text("style").is_some_and(|s| s.eq_ignore_ascii_case("password")),
        // NB: a toggle's and a choice's `value` is a string on the wire.
        default: value
            .get("value")
            .filter(|_| !matches!(kind, "toggle"))
            .cloned(),
        options: choices.cloned().unwrap_or_default(),
        bounds: (number("min"), number("max").or_else(|| number("maxLength"))),
        pattern: text("regex").map(Pattern::unbounded),
        shown_if: place.shown_if.clone(),
        steered_by: None,
        texts: Vec::new(),
        title: text("label").map(str::to_owned),
        help: text("placeholder").map(str::to_owned),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn inputs_of_a_card_become_questions() {
        let value = json!({"type": "AdaptiveCard", "version": "1.5", "body": [
            {"type": "TextBlock", "text": "Hello"},
            {"type": "ColumnSet", "columns": [{"items": [
                {"type": "Input.Text", "id": "token", "isRequired": true, "style": "Password"}]}]},
            {"type": "Input.ChoiceSet", "id": "region", "choices": [{"title": "EU", "value": "eu"}]},
        ], "actions": [{"type": "Action.Submit"}]});
        let card = card(&value).expect("a card");
        assert_eq!(card.defects, []);
        let ids: Vec<&str> = card.questions.iter().map(|q| q.id.as_str()).collect();
        assert_eq!(ids, ["token", "region"]);
        assert!(card.questions[0].required && card.questions[0].secret);
        assert_eq!(
            card.questions[1].choices().collect::<Vec<_>>(),
            [&json!("eu")]
        );
    }

    #[test]
    fn input_that_is_hidden_is_asked_only_if_an_action_shows_it() {
        let hidden = |id: &str| json!({"type": "Input.Text", "id": id, "isVisible": false});
        let value = json!({"type": "AdaptiveCard", "version": "1.5", "body": [
            {"type": "Input.Text", "id": "seen"},
            hidden("never"),
            hidden("toggled"),
            {"type": "Container", "id": "box", "isVisible": false, "items": [
                {"type": "Input.Text", "id": "inner"}]},
            {"type": "Input.Text", "id": "bound", "$when": "${mode == 'own'}"},
        ], "actions": [{"type": "Action.ToggleVisibility",
            "targetElements": ["toggled", {"elementId": "other"}]}]});
        let card = card(&value).expect("a card");
        let shown = card.questions.iter();
        let shown: Vec<_> = shown
            .map(|q| (q.id.as_str(), q.shown(&serde_json::Map::new())))
            .collect();
        let expected = [
            ("seen", Some(true)),
            ("never", Some(false)),
            ("toggled", None),
            ("inner", Some(false)),
            ("bound", None),
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn defects_of_a_card_are_listed_by_json_pointer() {
        let value = json!({"type": "AdaptiveCard", "version": "new", "body": [
            {"type": "Input.Text"},
            {"type": "Input.Text", "id": "a"},
            {"type": "Input.Text", "id": "a"},
            {"type": "Blink"},
            {"text": "?"},
            {"type": "Input.ChoiceSet", "id": "c", "choices": []},
        ], "actions": {}});
        let card = card(&value).expect("a card");
        let at: Vec<&str> = card.defects.iter().map(|(at, _)| at.as_str()).collect();
        let expected = [
            "/version", "/body/0", "/body/2", "/body/3", "/body/4", "/body/5", "/actions",
        ];
        assert_eq!(at, expected, "{:?}", card.defects);
        assert_eq!(super::card(&json!({"questions": []})), None);
    }
}
