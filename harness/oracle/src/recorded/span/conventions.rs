//! What the conventions of OpenTelemetry ask of a span.
//!
//! The sources: `trace.proto` of OTLP (kinds and codes, names, unique keys), the OTLP
//! specification (enums are integers in JSON), the trace API (the description of a status is
//! used with errors alone), and the semantic conventions for exceptions on spans and for
//! recording errors.

use super::attributes::{Attribute, Held, read};
use super::place::{Place, Violations};
use super::value::{kind, member};
use provision_core::codes::SpanCode;
use serde_json::Value;
use std::collections::BTreeMap;

/// The highest kind of a span, and the highest code of a status.
const KINDS: u64 = 5;
const STATUSES: u64 = 2;
/// The codes of a status.
const OK: u64 = 1;
const ERROR: u64 = 2;

/// Adds what departs from the conventions in `span`, which has these `attributes`.
pub(super) fn judge(
    span: &Value,
    attributes: &[Attribute<'_>],
    place: Place,
    wrong: &mut Violations,
) {
    let mut at = At { place, wrong };
    let name = ["name", "span"].iter().find_map(|name| member(span, name));
    match name {
        Some(Value::String(name)) if name.is_empty() => at.add("/name", "a name", "an empty one"),
        None => at.add("", "a name", "none"),
        Some(_) => {}
    }
    at.number("/kind", member(span, "kind"), KINDS);
    at.unique(attributes, "");
    let status = member(span, "status");
    let code = status.and_then(|status| member(status, "code"));
    at.number("/status/code", code, STATUSES);
    at.status(status, code.and_then(Value::as_u64), attributes);
    let events = member(span, "events").and_then(Value::as_array);
    for (index, event) in events.into_iter().flatten().enumerate() {
        at.event(event, &format!("/events/{index}"));
    }
    let links = member(span, "links").and_then(Value::as_array);
    for (index, link) in links.into_iter().flatten().enumerate() {
        at.unique(&read(link).0, &format!("/links/{index}"));
    }
}

/// Adds the doubled keys of a resource or of a scope.
pub(super) fn unique(attributes: &[Attribute<'_>], place: Place, wrong: &mut Violations) {
    At { place, wrong }.unique(attributes, "");
}

struct At<'w> {
    place: Place,
    wrong: &'w mut Violations,
}

impl At<'_> {
    fn add(&mut self, below: &str, expected: &str, actual: &str) {
        let (code, at) = (SpanCode::Convention, (self.place, below));
        self.wrong.add(code, at, expected, actual);
    }

    /// An enum: an integer up to `most`.
    fn number(&mut self, below: &str, found: Option<&Value>, most: u64) {
        let Some(found) = found else { return };
        let is_known = found.as_u64().is_some_and(|number| number <= most);
        if !is_known {
            let expected = format!("an integer from 0 to {most}");
            let actual = match found {
                Value::Number(_) => "another number",
                other => kind(other),
            };
            self.add(below, &expected, actual);
        }
    }

    /// Keys that differ from each other. `span.keys` judges a required key that has several
    /// values.
    fn unique(&mut self, attributes: &[Attribute<'_>], below: &str) {
        let mut first: BTreeMap<&str, Held<'_>> = BTreeMap::new();
        for attribute in attributes {
            let before = first.insert(attribute.key, attribute.value);
            let is_judged = || {
                let is_required = super::keys::KEYS.contains(&attribute.key);
                is_required && below.is_empty() && before != Some(attribute.value)
            };
            if before.is_some() && !is_judged() {
                let at = format!("{below}{}", attribute.below());
                self.add(&at, "keys that differ", "a key that is there before");
            }
        }
    }

    fn status(&mut self, status: Option<&Value>, code: Option<u64>, attributes: &[Attribute<'_>]) {
        let message = status.and_then(|status| member(status, "message"));
        match message {
            Some(Value::String(text)) if !text.is_empty() && code != Some(ERROR) => {
                let expected = "a message with the code of an error alone";
                self.add("/status/message", expected, "a message with another code");
            }
            Some(Value::String(_)) | None => {}
            Some(other) => self.add("/status/message", "a string", kind(other)),
        }
        for attribute in attributes.iter().filter(|a| a.key == "error.type") {
            let at = attribute.below();
            if code == Some(OK) {
                let expected = "no `error.type` on a span that ended well";
                self.add(&at, expected, "a type of error");
            }
            self.text(attribute, "");
        }
    }

    /// An attribute that is a string.
    fn text(&mut self, attribute: &Attribute<'_>, below: &str) {
        let actual = match attribute.value {
            Held::Text(_) => return,
            Held::Other(kind) => kind,
            Held::Nothing => "no value",
        };
        let expected = format!("a string as `{}`", attribute.key);
        self.add(&format!("{below}{}", attribute.below()), &expected, actual);
    }

    fn event(&mut self, event: &Value, below: &str) {
        if !event.is_object() {
            return;
        }
        let name = member(event, "name").and_then(Value::as_str).unwrap_or("");
        if name.is_empty() {
            self.add(&format!("{below}/name"), "a name of the event", "none");
        }
        let (attributes, _) = read(event);
        self.unique(&attributes, below);
        if name != "exception" {
            return;
        }
        let has = |key| attributes.iter().any(|a| a.key == key);
        if !has("exception.type") && !has("exception.message") {
            let expected = "`exception.type` or `exception.message`";
            self.add(below, expected, "neither");
        }
        for attribute in &attributes {
            match attribute.key {
                "exception.type" | "exception.message" | "exception.stacktrace" => {
                    self.text(attribute, below);
                }
                "exception.escaped" if attribute.value != Held::Other("a boolean") => {
                    let at = format!("{below}{}", attribute.below());
                    self.add(&at, "a boolean as `exception.escaped`", "another value");
                }
                _ => {}
            }
        }
    }
}
