//! The canary in each encoding and at each place is found, and no finding shows it.

use super::good::{CANARY, attributes, failing, good, list, observed, text};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use provision_oracle::recorded::judge;
use serde_json::{Value, json};
use std::io::Write;

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).expect("memory");
    encoder.finish().expect("memory")
}

fn zlib(text: &str) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).expect("memory");
    encoder.finish().expect("memory")
}

fn base32(text: &str) -> String {
    let bits = text
        .bytes()
        .flat_map(|b| (0..8).rev().map(move |i| b >> i & 1));
    let bits: Vec<u8> = bits.collect();
    let values = bits.chunks(5).map(|chunk| {
        let value = chunk.iter().fold(0, |value, bit| value << 1 | bit);
        usize::from(value << (5 - chunk.len()))
    });
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    values.map(|value| char::from(alphabet[value])).collect()
}

/// The canary in encodings.
fn forms() -> Vec<(&'static str, String)> {
    let hex: String = CANARY.bytes().map(|b| format!("{b:02X}")).collect();
    let numbers: Vec<String> = CANARY.bytes().map(|b| b.to_string()).collect();
    vec![
        ("plain", format!("token={CANARY};")),
        ("capitals", CANARY.to_uppercase()),
        ("reversed", CANARY.chars().rev().collect()),
        ("hex", hex.clone()),
        ("URL", CANARY.bytes().map(|b| format!("%{b:02x}")).collect()),
        ("base64", STANDARD.encode(format!("user:{CANARY}"))),
        ("base64 for URLs", URL_SAFE_NO_PAD.encode(CANARY)),
        ("base32", base32(CANARY)),
        ("numbers", numbers.join(", ")),
        ("gzip", STANDARD.encode(gzip(CANARY))),
        ("zlib", STANDARD.encode(zlib(CANARY))),
        ("hex in base64", STANDARD.encode(&hex)),
        ("split", CANARY.replace('-', "-\n")),
    ]
}

/// A good recording with `text` at a place.
type Puts = (&'static str, fn(&mut Value, &str));

const PLACES: &[Puts] = &[
    ("a name", |d, t| list(d)[1]["name"] = t.into()),
    ("a value", |d, t| attributes(d, 1).push(text("k", t))),
    ("a key", |d, t| attributes(d, 1).push(text(t, "v"))),
    ("bytes", |d, t| {
        attributes(d, 1).push(json!({ "key": "k", "value": { "bytesValue": STANDARD.encode(t) } }))
    }),
    ("an item", |d, t| {
        attributes(d, 1).push(
            json!({ "key": "k", "value": { "arrayValue": { "values": [{ "stringValue": t }] } } }),
        )
    }),
    ("a nested key", |d, t| {
        attributes(d, 1)
            .push(json!({ "key": "k", "value": { "kvlistValue": { "values": [{ "key": t }] } } }))
    }),
    ("the name of an event", |d, t| {
        list(d)[1]["events"] = json!([{ "name": t }])
    }),
    ("an event", |d, t| {
        list(d)[1]["events"] = json!([{ "name": "e", "attributes": [text("k", t)] }])
    }),
    ("a message", |d, t| {
        list(d)[1]["status"] = json!({ "code": 2, "message": t })
    }),
    (
        "a link",
        |d, t| list(d)[1]["links"] = json!([{ "traceId": "ab".repeat(16), "spanId": "ab".repeat(8), "attributes": [text("k", t)] }]),
    ),
    ("a resource", |d, t| {
        d["resourceSpans"][0]["resource"]["attributes"]
            .as_array_mut()
            .expect("a list")
            .push(text("k", t))
    }),
    ("a scope", |d, t| {
        d["resourceSpans"][0]["scopeSpans"][0]["scope"]["attributes"] = json!([text("k", t)])
    }),
    ("the state of the trace", |d, t| {
        list(d)[1]["traceState"] = t.into()
    }),
    ("an unknown member", |d, t| {
        list(d)[1]["vendor"] = json!({ t: 1 })
    }),
];

#[test]
fn canary_is_found_in_each_encoding_at_each_place_and_never_shown() {
    for (form, hidden) in forms() {
        for (place, put) in PLACES {
            let mut export = good();
            put(&mut export, &hidden);
            let text = export.to_string();
            let found = failing(text.as_bytes());
            let expected = [("span.private", vec!["E_SPAN_SECRET".to_owned()])];
            assert_eq!(found, expected, "{form} as {place}");
            for result in judge(&observed(text.as_bytes()), |_| true) {
                for finding in result.findings {
                    let shown = format!("{} {} {}", finding.at, finding.expected, finding.actual);
                    let shown = shown.to_lowercase();
                    assert!(!shown.contains(&CANARY.to_lowercase()), "{shown}");
                    assert!(!shown.contains(&hidden.to_lowercase()), "{shown}");
                    assert!(shown.contains("`token`"), "{shown}");
                }
            }
        }
    }
}

#[test]
fn canary_that_is_split_over_items_is_found() {
    let (first, last) = CANARY.split_at(9);
    let mut export = good();
    let items = json!([{ "stringValue": first }, { "stringValue": last }]);
    attributes(&mut export, 1)
        .push(json!({ "key": "k", "value": { "arrayValue": { "values": items } } }));
    let found = failing(export.to_string().as_bytes());
    assert_eq!(found, [("span.private", vec!["E_SPAN_SECRET".to_owned()])]);
}

#[test]
fn wrong_value_beside_a_private_text_shows_neither() {
    let mut export = good();
    let key = "dora@mail.example.org";
    attributes(&mut export, 1).push(json!({ "key": key, "value": { "intValue": CANARY } }));
    let results = judge(&observed(export.to_string().as_bytes()), |_| true);
    let all: Vec<String> = results
        .iter()
        .flat_map(|r| &r.findings)
        .map(|f| format!("{} {} {}", f.at, f.expected, f.actual))
        .collect();
    assert!(all.len() > 2, "{all:?}");
    assert!(
        all.iter().all(|t| !t.contains(CANARY) && !t.contains(key)),
        "{all:?}"
    );
}
