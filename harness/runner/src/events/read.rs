//! Reads an event from its line, and makes its texts inert.

use crate::events::{CheckFinished, Event, FORMAT, FlowWalked, PackFinished, WizardDriven};
use crate::read_file::EVENT_LINE_VALUES;
use provision_core::text::{inert, inert_lines, is_plain, without_commands};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

/// Why a line is not an event of this version.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The stream has another format.
    #[error("event format {format}, written by version {version}")]
    Format {
        /// The format.
        format: u32,
        /// The version that wrote it.
        version: String,
    },
    /// The line has more values than any event.
    #[error("more than {EVENT_LINE_VALUES} values, the bound on an event")]
    Values,
    /// The line is not an event.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// Reads an event and makes its texts inert: a stream to merge or render may come
/// from another machine, so reports cannot rely on its writer.
pub(crate) fn parse(line: &[u8]) -> Result<Event, ReadError> {
    // NB: also counts these characters in texts.
    let separates = |b: &&u8| matches!(**b, b',' | b'[' | b'{');
    if line.len() > EVENT_LINE_VALUES && line.iter().filter(separates).count() > EVENT_LINE_VALUES {
        return Err(ReadError::Values);
    }
    let event = event(line).map_err(|e| other_format(line).unwrap_or(ReadError::Json(e)))?;
    if matches!(&event, Event::RunStarted(started) if started.format != FORMAT)
        && let Some(error) = other_format(line)
    {
        return Err(error);
    }
    // Fast path: a line of printable ASCII without a JSON escape is already inert.
    // NB: JSON allows the control character U+007F unescaped; `is_plain` does not.
    let text = std::str::from_utf8(line.trim_ascii_end());
    let is_inert = |t: &str| is_plain(t) && !t.contains('\\') && is_harmless(t);
    if text.is_ok_and(is_inert) || cfg!(planted_bug = "reports") {
        return Ok(event);
    }
    let mut value: Value = serde_json::from_slice(line)?;
    make_inert(&mut value);
    Ok(serde_json::from_value(value)?)
}

/// The members of [`crate::events::RunStarted`] that every format has.
#[derive(Deserialize)]
struct Heading {
    event: String,
    format: u32,
    version: Option<String>,
}

/// The error of a line that begins a stream of another format.
fn other_format(line: &[u8]) -> Option<ReadError> {
    let heading: Heading = serde_json::from_slice(line).ok()?;
    let is_other = heading.event == "run_started" && heading.format != FORMAT;
    let version = heading.version.unwrap_or_else(|| "unknown".to_owned());
    is_other.then(|| ReadError::Format {
        format: heading.format,
        version: inert(&version, 40),
    })
}

fn event(line: &[u8]) -> serde_json::Result<Event> {
    match serde_json::from_slice(line)? {
        Frequent(Some(event)) => Ok(event),
        Frequent(None) => serde_json::from_slice(line),
    }
}

/// An event of the three kinds of which a stream has thousands, if the tag is its
/// first member.
///
/// NB: for a tagged enum, serde copies all members before it reads them. Here,
/// the tag decides how the members after it are read, without a copy.
struct Frequent(Option<Event>);

impl<'de> Deserialize<'de> for Frequent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FrequentVisitor).map(Self)
    }
}

struct FrequentVisitor;

impl<'de> Visitor<'de> for FrequentVisitor {
    type Value = Option<Event>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Some(key) = map.next_key::<String>()? else {
            return Ok(None);
        };
        let value: Value = map.next_value()?;
        let kind = if key == "event" { value.as_str() } else { None };
        let rest = MapAccessDeserializer::new(map);
        Ok(match kind {
            Some("check_finished") => Some(Event::CheckFinished(CheckFinished::deserialize(rest)?)),
            Some("wizard_driven") => Some(Event::WizardDriven(WizardDriven::deserialize(rest)?)),
            Some("flow_walked") => Some(Event::FlowWalked(FlowWalked::deserialize(rest)?)),
            Some("pack_finished") => {
                let done = PackFinished::deserialize(rest)?;
                Some(Event::PackFinished(Box::new(done)))
            }
            _ => IgnoredAny::deserialize(rest).map(|_| None)?,
        })
    }
}

/// Whether `text` holds no command of a CI system.
fn is_harmless(text: &str) -> bool {
    matches!(without_commands(text), Cow::Borrowed(_))
}

fn make_inert(value: &mut Value) {
    match value {
        Value::String(text) if is_plain(text) && is_harmless(text) => {}
        Value::String(text) => *text = inert_lines(text),
        Value::Array(items) => items.iter_mut().for_each(make_inert),
        // Keys stay as they are: they are field names, or keys of maps that reports
        // only look up in.
        Value::Object(map) => map.values_mut().for_each(make_inert),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn command_of_a_ci_system_is_inert_however_the_line_spells_it() {
        let line =
            |message: &str| format!(r#"{{"event":"expectation_stale","message":"{message}"}}"#);
        for message in [
            "##vso[task.complete]",
            r"#\u0023vso[task.complete]",
            r"\u001b##[error]x",
        ] {
            let event = parse(line(message).as_bytes()).expect("an event");
            let Event::ExpectationStale { message: read } = event else {
                panic!("{event:?}");
            };
            assert!(read.contains("#\\u{23}"), "{message}: {read}");
        }
    }

    #[test]
    fn tag_at_either_end_gives_the_same_event() {
        let check = json!({
            "pack": "p", "scope": "pack", "check": "plan.shape", "level": "must",
            "status": "passed", "applicable": true, "reason": null, "findings": [],
            "reproduce": null,
        });
        let finished = json!({
            "pack": "p", "path": "p.gtpack", "id": null, "version": null, "digest": "",
            "verdict": "pass", "steps_executed": 1, "steps_due": 1, "probes": 0,
            "resident_peak": 1, "plan_notes": 0, "secret_keys": [], "millis": 1,
        });
        let wizard = json!({
            "pack": "p", "wizard": "setup", "kind": "setup", "driver": "single_module",
            "outcome": "completed", "steps_due": 0, "steps": [], "notes": [],
        });
        let flow = json!({
            "pack": "p", "flow": "main", "message": "text", "outcome": "completed", "nodes": [],
        });
        let kinds = [
            ("flow_walked", flow),
            ("check_finished", check),
            ("pack_finished", finished),
            ("wizard_driven", wizard),
        ];
        for (kind, value) in kinds {
            let members = value.to_string();
            let members = members.trim_start_matches('{').trim_end_matches('}');
            let first = format!(r#"{{"event":"{kind}",{members}}}"#);
            let last = format!(r#"{{{members},"event":"{kind}"}}"#);
            let [first, last] = [first, last].map(|line| {
                let event = parse(line.as_bytes()).expect("an event");
                serde_json::to_value(event).expect("JSON")
            });
            assert_eq!((&first, &first["event"]), (&last, &json!(kind)));
            let cut = format!(r#"{{"event":"{kind}","pack":"p"}}"#);
            assert!(parse(cut.as_bytes()).is_err(), "{kind}");
        }
    }
}
