//! An event from its line, with texts that no report can be harmed by.

use crate::events::Event;
use provision_core::text::{inert_lines, is_plain};
use serde_json::Value;

/// Reads an event. Streams are merged and rendered where they were not written,
/// so that no report may rely on their texts being inert already.
pub(crate) fn parse(line: &[u8]) -> Result<Event, String> {
    let event = told(line).map_err(|e| e.to_string())?;
    // What has no escape and no letter of others has nothing to be written out.
    // NB: JSON lets the control character U+007F stand as it is.
    let text = std::str::from_utf8(line.trim_ascii_end());
    if text.is_ok_and(|t| is_plain(t) && !t.contains('\\')) || cfg!(planted_bug = "reports") {
        return Ok(event);
    }
    let mut value: Value = serde_json::from_slice(line).map_err(|e| e.to_string())?;
    make_inert(&mut value);
    serde_json::from_value(value).map_err(|e| e.to_string())
}

/// The event on a line.
fn told(line: &[u8]) -> serde_json::Result<Event> {
    // NB: serde reads what has a tag by way of a copy of all of it. Of the three
    // kinds that there are thousands of, the tag is read beforehand; as a member
    // of what it is the tag of, it is unknown, and passed over.
    let kind = line.strip_prefix(br#"{"event":""#).unwrap_or_default();
    if kind.starts_with(b"check_finished\",") {
        serde_json::from_slice(line).map(Event::CheckFinished)
    } else if kind.starts_with(b"wizard_driven\",") {
        serde_json::from_slice(line).map(Event::WizardDriven)
    } else if kind.starts_with(b"pack_finished\",") {
        serde_json::from_slice(line).map(Event::PackFinished)
    } else {
        serde_json::from_slice(line)
    }
}

fn make_inert(value: &mut Value) {
    match value {
        Value::String(text) if is_plain(text) => {}
        Value::String(text) => *text = inert_lines(text),
        Value::Array(items) => items.iter_mut().for_each(make_inert),
        // Keys are the harness's own, or of maps that no report shows.
        Value::Object(map) => map.values_mut().for_each(make_inert),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_tag_means_the_same_wherever_it_stands() {
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
        let kinds = [
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
