//! Strict JSON: no duplicate keys, no trailing data, bounded depth, exact UTF-8.
//!
//! `serde_json::Value` keeps the last of two equal keys, and other readers keep the
//! first. This reader refuses input that two readers may understand differently.

use crate::limits::DOCUMENT_ITEMS;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::collections::BTreeSet;
use std::fmt;

/// Why bytes are not acceptable JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// The bytes are not UTF-8; `offset` is the first bad byte.
    #[error("not UTF-8 at byte {offset}{hint}")]
    Utf8 {
        /// Offset of the first bad byte.
        offset: usize,
        /// More about the encoding, if its byte order mark names it.
        hint: &'static str,
    },
    /// Arrays and objects nest deeper than the bound.
    #[error("nested deeper than {limit} levels")]
    Depth {
        /// The bound, in levels.
        limit: usize,
    },
    /// There are more values than the bound, all levels together.
    #[error("more than {limit} values")]
    Items {
        /// The bound.
        limit: usize,
    },
    /// Syntax, a duplicate key, a number out of range, trailing data.
    #[error("{message}")]
    Syntax {
        /// The parser's message, with line and column.
        message: String,
    },
}

/// The defect of a text that starts with EF BB BF.
const BYTE_ORDER_MARK: &str = "starts with a byte order mark (EF BB BF), which JSON does not allow; save it as UTF-8 without one";

/// What to add to "not UTF-8" if `bytes` start with a byte order mark of UTF-16.
#[must_use]
pub fn utf16_hint(bytes: &[u8]) -> &'static str {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            "; it starts with a byte order mark of UTF-16, so save it as UTF-8"
        }
        _ => "",
    }
}

/// `value` as JSON without white space, its members sorted by name.
///
/// NB: a value's `to_string` gives the same text and takes longer, because it writes each part
/// through a formatter.
#[must_use]
pub fn text(value: &Value) -> String {
    // NB: a value has nothing that JSON cannot express.
    serde_json::to_string(value).unwrap_or_default()
}

/// Parses `bytes` strictly, with at most `depth` levels of nesting.
///
/// # Errors
/// [`JsonError`] describes the defect, with its place if there is one.
pub fn parse(bytes: &[u8], depth: usize) -> Result<Value, JsonError> {
    let text = std::str::from_utf8(bytes).map_err(|e| JsonError::Utf8 {
        offset: e.valid_up_to(),
        hint: utf16_hint(bytes),
    })?;
    if text.starts_with('\u{feff}') {
        return Err(JsonError::Syntax {
            message: BYTE_ORDER_MARK.into(),
        });
    }
    let (deepest, items) = shape(text);
    if deepest > depth {
        return Err(JsonError::Depth { limit: depth });
    }
    if items > DOCUMENT_ITEMS {
        return Err(JsonError::Items {
            limit: DOCUMENT_ITEMS,
        });
    }
    let mut parser = serde_json::Deserializer::from_str(text);
    // NB: the depth was checked above, before any recursion.
    let value = Strict.deserialize(&mut parser).map_err(syntax)?;
    parser.end().map_err(syntax)?;
    Ok(value)
}

fn syntax(error: serde_json::Error) -> JsonError {
    JsonError::Syntax {
        message: error.to_string(),
    }
}

/// The deepest nesting of brackets outside strings, and an upper bound on the number
/// of values. An object's key and its value count as one.
fn shape(text: &str) -> (usize, usize) {
    let (mut depth, mut deepest, mut items) = (0usize, 0usize, 1);
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        rest = tail;
        match byte {
            b'"' => rest = after_string(tail),
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
                items += 1;
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' => items += 1,
            _ => {}
        }
    }
    (deepest, items)
}

/// The text after a string; `rest` starts inside the string.
fn after_string(mut rest: &[u8]) -> &[u8] {
    while let Some(at) = memchr::memchr2(b'"', b'\\', rest) {
        let escaped = rest[at] == b'\\';
        rest = rest
            .get(at + 1 + usize::from(escaped)..)
            .unwrap_or_default();
        if !escaped {
            return rest;
        }
    }
    &[]
}

/// Reads a value and refuses duplicate keys.
struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(Value::Bool(v))
    }

    fn visit_u64<E>(self, v: u64) -> Result<Value, E> {
        Ok(Value::Number(v.into()))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Value, E> {
        Ok(Value::Number(v.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, v: f64) -> Result<Value, E> {
        Number::from_f64(v)
            .map(Value::Number)
            .ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, v: &str) -> Result<Value, E> {
        Ok(Value::String(v.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(Strict)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if object.contains_key(&key) {
                let key = crate::text::inert(&key, 80);
                return Err(A::Error::custom(format_args!("duplicate key `{key}`")));
            }
            let value = map.next_value_seed(Strict)?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

/// A place where two JSON values differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference<'v> {
    /// JSON pointer (RFC 6901).
    pub at: String,
    /// The first value there, if it has one.
    pub first: Option<&'v Value>,
    /// The second value there, if it has one.
    pub second: Option<&'v Value>,
}

/// Every difference of two values, in the order of their pointers. Where not both are
/// objects or both are arrays, `equal` decides.
#[must_use]
pub fn differences<'v>(
    first: &'v Value,
    second: &'v Value,
    equal: &dyn Fn(&Value, &Value) -> bool,
) -> Vec<Difference<'v>> {
    let mut found = Vec::new();
    compare(Some(first), Some(second), String::new(), equal, &mut found);
    found
}

fn compare<'v>(
    first: Option<&'v Value>,
    second: Option<&'v Value>,
    at: String,
    equal: &dyn Fn(&Value, &Value) -> bool,
    found: &mut Vec<Difference<'v>>,
) {
    match (first, second) {
        (Some(Value::Object(x)), Some(Value::Object(y))) => {
            let keys: BTreeSet<&String> = x.keys().chain(y.keys()).collect();
            for key in keys {
                let at = format!("{at}/{}", pointer_token(key));
                compare(x.get(key), y.get(key), at, equal, found);
            }
        }
        (Some(Value::Array(x)), Some(Value::Array(y))) => {
            for i in 0..x.len().max(y.len()) {
                compare(x.get(i), y.get(i), format!("{at}/{i}"), equal, found);
            }
        }
        (Some(x), Some(y)) if equal(x, y) => {}
        _ => found.push(Difference { at, first, second }),
    }
}

/// `key` as a token of a JSON pointer.
#[must_use]
pub fn pointer_token(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The key that `token`, a token of a JSON pointer, stands for.
#[must_use]
pub fn pointer_key(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ambiguous_or_invalid_json_is_refused() {
        for (bad, error) in [
            (
                &br#"{"a":1,"a":2}"#[..],
                "duplicate key `a` at line 1 column 10",
            ),
            (
                br#"{"a":{"b":1,"\u0062":2}}"#,
                "duplicate key `b` at line 1 column 20",
            ),
            (br"{} {}", "trailing characters at line 1 column 4"),
            (b"[1,]", "trailing comma at line 1 column 4"),
            (b"NaN", "expected value at line 1 column 1"),
            (b"\xef\xbb\xbf{}", BYTE_ORDER_MARK),
            (
                b"\xff\xfe{\0}\0",
                "not UTF-8 at byte 0; it starts with a byte order mark of UTF-16, so save it as UTF-8",
            ),
            (b"1e400", "number out of range at line 1 column 5"),
            (b"", "EOF while parsing a value at line 1 column 0"),
            (b"\xff", "not UTF-8 at byte 0"),
            (
                br#""\ud800""#,
                "unexpected end of hex escape at line 1 column 8",
            ),
        ] {
            let found = parse(bad, 64).expect_err("refused").to_string();
            assert_eq!(found, error, "{:?}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn depth_and_item_bounds_are_exact() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(parse(nested(64).as_bytes(), 64).is_ok());
        assert_eq!(
            parse(nested(65).as_bytes(), 64),
            Err(JsonError::Depth { limit: 64 })
        );
        assert_eq!(
            parse("[".repeat(1_000_000).as_bytes(), 64),
            Err(JsonError::Depth { limit: 64 })
        );
        assert!(
            parse(br#"["[[[[[[[[\"[[["]"#, 1).is_ok(),
            "brackets in strings"
        );
        let listed = |n: usize| format!("[{}0]", "0,".repeat(n));
        assert!(parse(listed(1000).as_bytes(), 64).is_ok());
        assert_eq!(
            parse(listed(DOCUMENT_ITEMS).as_bytes(), 64),
            Err(JsonError::Items {
                limit: DOCUMENT_ITEMS
            })
        );
    }

    fn differing(a: &Value, b: &Value) -> Vec<(String, Option<Value>, Option<Value>)> {
        let found = differences(a, b, &|a, b| a == b).into_iter();
        let owned = found.map(|d| (d.at, d.first.cloned(), d.second.cloned()));
        owned.collect()
    }

    #[test]
    fn differences_are_json_pointers_with_both_values() {
        let a = json!({"a": [1, {"x/y": 2}], "b": 0});
        let b = json!({"a": [1, {"x/y": 3}], "b": 1});
        let expected = [
            ("/a/1/x~1y".to_owned(), Some(json!(2)), Some(json!(3))),
            ("/b".to_owned(), Some(json!(0)), Some(json!(1))),
        ];
        assert_eq!(differing(&a, &b), expected);
        assert_eq!(differing(&a, &a), []);
        let missing = [("/1".to_owned(), None, Some(json!(2)))];
        assert_eq!(differing(&json!([1]), &json!([1, 2])), missing);
        let kinds = [(String::new(), Some(json!({})), Some(json!([])))];
        assert_eq!(differing(&json!({}), &json!([])), kinds);
    }

    #[test]
    fn pointer_token_is_read_back_as_its_key() {
        for key in ["", "plain", "a/b", "~", "~1", "~01/"] {
            assert_eq!(pointer_key(&pointer_token(key)), key);
        }
        assert_eq!(pointer_token("~1/"), "~01~1");
    }
}
