//! Forms in which a wizard shows a secret.

use super::Shows;
use super::encodings::{ascii85, base32, base64, deflate, each, gzip, half, mixed, zlib};
use serde_json::{Value, json};

pub(crate) fn note(text: impl Into<String>) -> Value {
    json!({ "notes": [text.into()] })
}

pub(crate) const FORMS: [(&str, Shows); 49] = [
    ("plain", |s| note(format!("with {s}"))),
    ("reversed", |s| note(s.chars().rev().collect::<String>())),
    ("upper case", |s| note(s.to_uppercase())),
    ("hex", |s| note(each(s, "", |b| format!("{b:02x}")))),
    ("hex with colons", |s| {
        note(each(s, ":", |b| format!("{b:02X}")))
    }),
    ("hex with dashes", |s| {
        note(each(s, "-", |b| format!("{b:02x}")))
    }),
    ("hex with 0x", |s| {
        note(each(s, ", ", |b| format!("0x{b:02x}")))
    }),
    ("hex with 0x and spaces", |s| {
        note(each(s, " ", |b| format!("0x{b:02x}")))
    }),
    ("hex with 0x and nothing between", |s| {
        note(each(s, "", |b| format!("0x{b:02x}")))
    }),
    ("hex twice", |s| {
        let once = each(s, "", |b| format!("{b:02x}"));
        note(each(&once, "", |b| format!("{b:02x}")))
    }),
    ("base64", |s| note(base64(s))),
    ("base64 twice", |s| note(base64(base64(s)))),
    ("base64 three times", |s| note(base64(base64(base64(s))))),
    ("base64 of hex", |s| {
        note(base64(each(s, "", |b| format!("{b:02x}"))))
    }),
    ("base32", |s| note(base32(s))),
    ("ascii85", |s| note(ascii85(s))),
    ("percent", |s| note(each(s, "", |b| format!("%{b:02x}")))),
    ("percent twice", |s| {
        note(each(s, "", |b| format!("%25{b:02x}")))
    }),
    ("decimal HTML escapes", |s| {
        note(each(s, "", |b| format!("&#{b};")))
    }),
    ("hexadecimal HTML escapes", |s| {
        note(each(s, "", |b| format!("&#x{b:x};")))
    }),
    ("C escapes", |s| {
        note(each(s, "", |b| format!("\\x{b:02x}")))
    }),
    ("octal escapes", |s| {
        note(each(s, "", |b| format!("\\{b:03o}")))
    }),
    ("Unicode escapes", |s| {
        note(each(s, "", |b| format!("\\u{b:04x}")))
    }),
    ("Unicode escapes in braces", |s| {
        note(each(s, "", |b| format!("\\u{{{b:x}}}")))
    }),
    ("quoted-printable", |s| {
        note(each(s, "", |b| format!("={b:02X}")))
    }),
    ("UTF-16", |s| {
        note(each(s, "", |b| format!("{}\0", char::from(b))))
    }),
    ("full-width", |s| {
        let wide = |c: char| char::from_u32(u32::from(c) + 0xfee0).filter(|_| c.is_ascii_graphic());
        note(s.chars().map(|c| wide(c).unwrap_or(c)).collect::<String>())
    }),
    ("zero-width between", |s| {
        note(each(s, "\u{200b}", |b| char::from(b).into()))
    }),
    ("dots between", |s| {
        note(each(s, ".", |b| char::from(b).into()))
    }),
    ("gzip in base64", |s| note(base64(gzip(s)))),
    ("zlib in base64", |s| note(base64(zlib(s)))),
    ("deflate in base64", |s| note(base64(deflate(s)))),
    ("gzip in hex", |s| {
        let hex = gzip(s).into_iter().map(|b| format!("{b:02x}"));
        note(hex.collect::<String>())
    }),
    ("gzip in base32", |s| note(base32(gzip(s)))),
    ("zlib in ascii85", |s| note(ascii85(zlib(s)))),
    ("base64 of it backwards", |s| {
        note(base64(s.chars().rev().collect::<String>()))
    }),
    ("base32 after other text", |s| {
        note(format!("ABC{}", base32(s)))
    }),
    ("ascii85 after other text", |s| {
        note(format!("AB{}", ascii85(s)))
    }),
    ("every second character escaped as in C", |s| {
        note(mixed(s, |b| format!("\\x{b:02x}")))
    }),
    ("every second character as in URLs", |s| {
        note(mixed(s, |b| format!("%{b:02x}")))
    }),
    ("every second character as in JSON", |s| {
        note(mixed(s, |b| format!("\\u{b:04x}")))
    }),
    ("every second character in octal", |s| {
        note(mixed(s, |b| format!("\\{b:03o}")))
    }),
    ("every second character as in HTML", |s| {
        note(mixed(s, |b| format!("&#{b};")))
    }),
    ("every second character as in XML", |s| {
        note(mixed(s, |b| format!("&#x{b:x};")))
    }),
    (
        "list of bytes",
        |s| json!({ "config_patch": { "t": s.as_bytes() } }),
    ),
    ("list of letters", |s| {
        let letters: Vec<String> = s.chars().map(String::from).collect();
        json!({ "config_patch": { "t": letters } })
    }),
    ("split over two keys", |s| {
        let (a, b) = half(s);
        json!({ "config_patch": { "a": { "x": a }, "b": { "y": b } } })
    }),
    ("split over key and value", |s| {
        let (a, b) = half(s);
        json!({ "config_patch": { a: b } })
    }),
    ("all but one character", |s| {
        note(s.get(1..).unwrap_or_default())
    }),
];
