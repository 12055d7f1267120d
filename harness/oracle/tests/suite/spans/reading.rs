//! How recordings of spans are read: in parts, to bounds, and cut off.

use super::good::{export, failing, good, list, read, span, spans, text};
use provision_core::Status;
use provision_oracle::recorded::{Aids, Recording, judge};
use std::io::{self, Read};

/// Gives one byte at a time.
struct Slow<'b>(&'b [u8]);

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.len().min(buffer.len()).min(1);
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

fn results(recording: &Recording) -> String {
    let judged = judge(recording, |_| true);
    let shown = judged.iter().map(|r| {
        format!(
            "{} {:?} {:?} {:?}\n",
            r.check, r.status, r.findings, r.reason
        )
    });
    shown.collect()
}

#[test]
fn size_of_reads_changes_nothing() {
    let mut bad = good();
    list(&mut bad)[2]["spanId"] = "x".into();
    list(&mut bad)[1]["name"] = "mail dora@mail.example.org".into();
    let text = bad.to_string();
    let whole = results(&read(text.as_bytes(), &Aids::default()));
    assert!(
        whole.contains("E_SPAN_EMAIL") || whole.contains("Email"),
        "{whole}"
    );
    assert_eq!(
        results(&read(Slow(text.as_bytes()), &Aids::default())),
        whole
    );
}

#[test]
fn cut_off_export_never_passes() {
    let text = good().to_string();
    for end in [text.len() - 1, text.len() / 2, 30] {
        let recording = read(&text.as_bytes()[..end], &Aids::default());
        for result in judge(&recording, |check| check.id.starts_with("span.")) {
            assert_eq!(result.status, Status::Blocked, "{} at {end}", result.check);
        }
    }
}

#[test]
fn spans_beyond_the_bound_are_judged_but_not_compared() {
    let aids = Aids {
        spans: 3,
        ..Aids::default()
    };
    let mut all = good();
    list(&mut all)[3]["name"] = "mail dora@mail.example.org".into();
    let attributes = list(&mut all)[3]["attributes"]
        .as_array_mut()
        .expect("a list");
    attributes.retain(|a| a["key"] != "greentic.flow.id");
    let status = |document: &str| {
        let recording = read(document.as_bytes(), &aids);
        let judged = judge(&recording, |check| check.id.starts_with("span."));
        let failed = judged.into_iter().filter(|r| r.status != Status::Passed);
        let codes = failed.map(|r| (r.check, r.findings.first().map(|f| f.code.to_string())));
        codes.collect::<Vec<_>>()
    };
    let bound = Some("E_RECORDING_BOUND".to_owned());
    let first = r#"{"resource":"#;
    // The resource comes before the spans.
    let sorted = all.to_string();
    assert!(sorted.find(first).is_some(), "{sorted}");
    let expected = [
        ("span.keys", Some("E_SPAN_KEY_MISSING".to_owned())),
        ("span.tenant", bound.clone()),
        ("span.private", Some("E_SPAN_EMAIL".to_owned())),
        ("span.tree", bound.clone()),
        ("span.nested", bound.clone()),
    ];
    let last = format!(
        r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":{}}}],"resource":{{"attributes":[{}]}}}}]}}"#,
        serde_json::Value::from(spans()),
        text("service.name", "x")
    );
    assert_eq!(status(&sorted), expected);
    let expected = ["span.keys", "span.tenant", "span.tree", "span.nested"];
    assert_eq!(status(&last), expected.map(|check| (check, bound.clone())));
}

#[test]
fn span_that_is_too_large_fails_the_format_and_blocks_the_rest() {
    let mut all = good();
    list(&mut all)[1]["vendor"] = "x".repeat(5 * 1024 * 1024).into();
    let found = failing(all.to_string().as_bytes());
    assert_eq!(
        found[0],
        ("trace.shape", vec!["E_RECORDING_BOUND".to_owned()])
    );
    let blocked = found[1..]
        .iter()
        .filter(|(check, codes)| check.starts_with("span.") && *codes == ["blocked".to_owned()]);
    assert_eq!(blocked.count(), 7, "{found:?}");
}

#[test]
fn many_spans_are_read_in_bounded_memory_each_on_a_line() {
    let lines: String = (0..3000)
        .map(|i| {
            let parent = (i > 0).then_some(0);
            export(vec![span(i, parent, (i, 9000))]).to_string() + "\n"
        })
        .collect();
    assert_eq!(failing(lines.as_bytes()), []);
}

#[test]
fn request_in_a_library_of_another_platform_is_read_and_lacks_what_is_of_this_one() {
    // The shape of the example that OpenTelemetry publishes: ids in capitals, a server's span
    // whose parent is elsewhere, and no flags.
    let document = serde_json::json!({ "resourceSpans": [{
        "resource": { "attributes": [text("service.name", "shop")] },
        "scopeSpans": [{
            "scope": { "name": "web.library", "version": "2.1.0", "attributes": [text("a", "b")] },
            "spans": [{
                "traceId": "6C9FFFF798038103D269B633813FC61D",
                "spanId": "FFE19B7EC3C1B174",
                "parentSpanId": "FFE19B7EC3C1B173",
                "name": "It's a request",
                "startTimeUnixNano": "1544712660000000000",
                "endTimeUnixNano": "1544712661000000000",
                "kind": 2,
                "attributes": [text("web.route", "/a")],
            }],
        }],
    }] });
    let blocked = |check| (check, vec!["blocked".to_owned()]);
    let expected = ["span.keys", "span.tenant"].map(blocked);
    assert_eq!(failing(document.to_string().as_bytes()), expected);
}
