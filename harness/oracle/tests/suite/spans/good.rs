//! A recording of spans in which nothing is wrong, and what checks say of others.

use provision_core::Status;
use provision_oracle::recorded::{Aids, Canaries, Recording, Spill, judge, observe};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Arc;

/// The value that no recording may show.
pub(super) const CANARY: &str = "canary-7f3a-Hunter2-staple";
/// The trace of all spans.
pub(super) const TRACE: &str = "5b8efff798038103d269b633813fc60c";
/// The start of the root, in nanoseconds.
pub(super) const START: u64 = 1_764_445_000_000_000_000;

/// The attributes of a span, in order.
pub(super) const KEYS: [(&str, &str); 13] = [
    ("greentic.pack.id", "demo.echo"),
    ("greentic.pack.version", "1.2.0"),
    ("greentic.flow.id", "main"),
    ("greentic.node.id", "send"),
    ("greentic.component.name", "echo"),
    ("greentic.component.version", "0.3.1"),
    ("greentic.tenant.id", "acme"),
    ("greentic.team.id", "support"),
    ("greentic.user.id", "u-17"),
    ("greentic.session.id", "s-204"),
    ("greentic.run.status", "ok"),
    ("greentic.capability", "flow"),
    ("greentic.artifacts.dir", "artifacts/s-204"),
];

/// A text attribute in a list.
pub(super) fn text(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

/// A span with this number, below the span with the number `parent`.
pub(super) fn span(number: u64, parent: Option<u64>, times: (u64, u64)) -> Value {
    let id = |number: u64| format!("{:016x}", 0xa0 + number);
    let attributes: Vec<Value> = KEYS.iter().map(|(k, v)| text(k, v)).collect();
    let mut span = json!({
        "traceId": TRACE,
        "spanId": id(number),
        "name": format!("node.{number}"),
        "kind": 1,
        "startTimeUnixNano": (START + times.0).to_string(),
        "endTimeUnixNano": (START + times.1).to_string(),
        "attributes": attributes,
    });
    if let Some(parent) = parent {
        span["parentSpanId"] = id(parent).into();
    }
    span
}

/// A flow with two nodes, and a node below the second one.
pub(super) fn spans() -> Vec<Value> {
    vec![
        span(1, None, (0, 9000)),
        span(2, Some(1), (1000, 4000)),
        span(3, Some(1), (4000, 8000)),
        span(4, Some(3), (5000, 7000)),
    ]
}

/// An export of `spans`.
pub(super) fn export(spans: Vec<Value>) -> Value {
    json!({ "resourceSpans": [{
        "resource": { "attributes": [text("service.name", "greentic-runner")] },
        "scopeSpans": [{ "scope": { "name": "greentic-telemetry" }, "spans": spans }],
    }] })
}

/// The same as one document, to be changed.
pub(super) fn good() -> Value {
    export(spans())
}

/// The spans of an export.
pub(super) fn list(export: &mut Value) -> &mut Vec<Value> {
    let spans = &mut export["resourceSpans"][0]["scopeSpans"][0]["spans"];
    spans.as_array_mut().expect("a list")
}

/// The attributes of the span with this index.
pub(super) fn attributes(export: &mut Value, index: usize) -> &mut Vec<Value> {
    let attributes = &mut list(export)[index]["attributes"];
    attributes.as_array_mut().expect("a list")
}

/// Sets the text of an attribute of a span.
pub(super) fn set(export: &mut Value, index: usize, key: &str, value: &str) {
    let all = attributes(export, index);
    let found = all.iter_mut().find(|a| a["key"] == key).expect("the key");
    found["value"] = json!({ "stringValue": value });
}

/// Observes `text` with the canary.
pub(super) fn observed(text: &[u8]) -> Recording {
    let values = BTreeMap::from([("token".to_owned(), CANARY.to_owned())]);
    let canaries = Arc::new(Canaries::new(&values).expect("long enough"));
    let aids = Aids {
        canaries,
        ..Aids::default()
    };
    read(text, &aids)
}

/// Observes `input` with these aids.
pub(super) fn read(input: impl Read, aids: &Aids<'_>) -> Recording {
    observe(input, aids, &mut Nowhere)
}

/// Spans need no room but memory.
struct Nowhere;

impl Spill for Nowhere {
    fn append(&mut self, _: &[u8]) -> io::Result<u64> {
        Err(io::Error::other("nothing to keep"))
    }

    fn read_at(&mut self, _: u64, _: &mut [u8]) -> io::Result<()> {
        Err(io::Error::other("nothing is kept"))
    }

    fn clear(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The checks that do not pass, with their codes or, if they are blocked, `blocked`. Those of
/// traces are not applicable, apart from the format.
pub(super) fn failing(text: &[u8]) -> Vec<(&'static str, Vec<String>)> {
    let results = judge(&observed(text), |_| true);
    let mut failing = Vec::new();
    for result in results {
        let mut codes: Vec<String> = result.findings.iter().map(|f| f.code.to_string()).collect();
        codes.sort();
        codes.dedup();
        match result.status {
            Status::Passed => {}
            Status::NotApplicable if !result.check.starts_with("span.") => {}
            Status::Failed => failing.push((result.check, codes)),
            Status::Blocked => failing.push((result.check, vec!["blocked".into()])),
            other => failing.push((result.check, vec![format!("{other:?}")])),
        }
    }
    failing
}
