//! The attributes of a span, an event, a link, a scope or a resource: a list of keys and
//! values as OTLP has it, or an object as the runner exports it.

use super::place::escaped;
use super::value::{kind, member};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// An attribute.
#[derive(Debug)]
pub(super) struct Attribute<'v> {
    pub(super) key: &'v str,
    pub(super) value: Held<'v>,
    /// Its number in a list; `None` in an object.
    index: Option<usize>,
}

/// The value of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held<'v> {
    /// A string.
    Text(&'v str),
    /// Another value, of this kind.
    Other(&'static str),
    /// No value.
    Nothing,
}

impl Attribute<'_> {
    /// Its place below the holder of the attributes.
    pub(super) fn below(&self) -> String {
        match self.index {
            Some(index) => format!("/attributes/{index}/value"),
            None => format!("/attributes/{}", escaped(self.key)),
        }
    }
}

impl<'v> Held<'v> {
    /// The string.
    pub(super) fn text(self) -> Option<&'v str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Other(_) | Self::Nothing => None,
        }
    }
}

/// A part of the attributes whose type is wrong: its place below their holder, what was
/// expected, and what is there.
pub(super) type Wrong = (String, &'static str, &'static str);

/// The attributes of `holder`, and what is wrong with them.
pub(super) fn read(holder: &Value) -> (Vec<Attribute<'_>>, Vec<Wrong>) {
    let mut wrong = Vec::new();
    let read = match member(holder, "attributes") {
        None => Vec::new(),
        Some(Value::Array(list)) => of_list(list, &mut wrong),
        Some(Value::Object(map)) => map
            .iter()
            .map(|(key, value)| Attribute {
                key,
                value: plain(value),
                index: None,
            })
            .collect(),
        Some(other) => {
            let expected = "a list of keys and values";
            wrong.push(("/attributes".into(), expected, kind(other)));
            Vec::new()
        }
    };
    (read, wrong)
}

fn plain(value: &Value) -> Held<'_> {
    match value {
        Value::Null => Held::Nothing,
        Value::String(text) => Held::Text(text),
        other => Held::Other(kind(other)),
    }
}

fn of_list<'v>(list: &'v [Value], wrong: &mut Vec<Wrong>) -> Vec<Attribute<'v>> {
    let mut read = Vec::new();
    for (index, item) in list.iter().enumerate() {
        let at = format!("/attributes/{index}");
        let Some(key) = key(item, &at, wrong) else {
            continue;
        };
        let value = any_value(item.get("value"), &format!("{at}/value"), wrong);
        read.push(Attribute {
            key,
            value,
            index: Some(index),
        });
    }
    read
}

/// The key of `item`, which is a pair of a key and a value.
fn key<'v>(item: &'v Value, at: &str, wrong: &mut Vec<Wrong>) -> Option<&'v str> {
    match item {
        Value::Object(_) => match member(item, "key") {
            Some(Value::String(key)) => return Some(key),
            Some(other) => wrong.push((format!("{at}/key"), "a string", kind(other))),
            None => wrong.push((at.to_owned(), "a member `key`", "none")),
        },
        other => wrong.push((
            at.to_owned(),
            "an object with `key` and `value`",
            kind(other),
        )),
    }
    None
}

/// The members of which a value has one.
const VALUES: [&str; 7] = [
    "stringValue",
    "boolValue",
    "intValue",
    "doubleValue",
    "arrayValue",
    "kvlistValue",
    "bytesValue",
];

fn any_value<'v>(value: Option<&'v Value>, at: &str, wrong: &mut Vec<Wrong>) -> Held<'v> {
    let value = match value {
        None | Some(Value::Null) => return Held::Nothing,
        Some(value @ Value::Object(_)) => value,
        Some(other) => {
            wrong.push((
                at.to_owned(),
                "an object such as `{\"stringValue\":…}`",
                kind(other),
            ));
            return Held::Other(kind(other));
        }
    };
    let given = VALUES.map(|name| member(value, name).map(|held| (name, held)));
    let mut given = given.into_iter().flatten();
    let Some((name, held)) = given.next() else {
        return Held::Nothing;
    };
    if given.next().is_some() {
        wrong.push((
            at.to_owned(),
            "a value of one type",
            "values of several types",
        ));
    }
    let at = format!("{at}/{name}");
    match of_type(name, held, &at, wrong) {
        Ok(held) => held,
        Err(expected) => {
            wrong.push((at, expected, kind(held)));
            Held::Other(kind(held))
        }
    }
}

/// The value in the member `name`.
///
/// # Errors
/// What it has to be.
fn of_type<'v>(
    name: &str,
    held: &'v Value,
    at: &str,
    wrong: &mut Vec<Wrong>,
) -> Result<Held<'v>, &'static str> {
    match (name, held) {
        ("stringValue", Value::String(text)) => return Ok(Held::Text(text)),
        ("boolValue", Value::Bool(_)) => {}
        ("intValue", Value::Number(number)) if !number.is_f64() => {}
        ("intValue", Value::String(text)) if text.parse::<i64>().is_ok() => {}
        ("doubleValue", Value::Number(_)) => {}
        ("doubleValue", Value::String(text)) if is_double(text) => {}
        ("bytesValue", Value::String(text)) if STANDARD.decode(text).is_ok() => {}
        ("arrayValue", Value::Object(_)) => {
            for (index, item) in list(held, at, wrong).iter().enumerate() {
                any_value(Some(item), &format!("{at}/values/{index}"), wrong);
            }
        }
        ("kvlistValue", Value::Object(_)) => {
            for (index, item) in list(held, at, wrong).iter().enumerate() {
                let at = format!("{at}/values/{index}");
                if key(item, &at, wrong).is_some() {
                    any_value(item.get("value"), &format!("{at}/value"), wrong);
                }
            }
        }
        ("stringValue", _) => return Err("a string"),
        ("boolValue", _) => return Err("a boolean"),
        ("intValue", _) => return Err("an integer of 64 bits, as a number or a string"),
        ("doubleValue", _) => return Err("a number"),
        ("bytesValue", _) => return Err("bytes in base64"),
        _ => return Err("an object with `values`"),
    }
    Ok(Held::Other(match name {
        "boolValue" => "a boolean",
        "intValue" => "an integer",
        "doubleValue" => "a number",
        "bytesValue" => "bytes",
        "arrayValue" => "an array",
        _ => "a list of keys and values",
    }))
}

/// The JSON mapping of protocol buffers takes numbers as strings, and three words.
fn is_double(text: &str) -> bool {
    matches!(text, "NaN" | "Infinity" | "-Infinity")
        || text
            .bytes()
            .all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b))
            && text.parse::<f64>().is_ok()
}

fn list<'v>(holder: &'v Value, at: &str, wrong: &mut Vec<Wrong>) -> &'v [Value] {
    match member(holder, "values") {
        None => &[],
        Some(Value::Array(items)) => items,
        Some(other) => {
            wrong.push((format!("{at}/values"), "an array", kind(other)));
            &[]
        }
    }
}
