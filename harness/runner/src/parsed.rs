//! An event from its line, with texts that no report can be harmed by.

use crate::events::Event;
use provision_core::text::{inert_lines, is_plain};
use serde_json::Value;

/// Reads an event. Streams are merged and rendered where they were not written,
/// so that no report may rely on their texts being inert already.
pub(crate) fn parse(line: &[u8]) -> Result<Event, String> {
    let event: Event = serde_json::from_slice(line).map_err(|e| e.to_string())?;
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
