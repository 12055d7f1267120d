//! Strict CBOR (RFC 8949): no duplicate keys, no trailing data, bounded depth
//! and count, exact UTF-8.
//!
//! A scan checks the bytes before any decoder reads them, because decoders recurse,
//! allocate the length that the bytes claim, and drop one of two equal keys.

use crate::limits::DOCUMENT_ITEMS;
use ciborium::Value as Cbor;
use serde_json::{Map, Number, Value};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Why bytes are not acceptable CBOR; most messages contain the offset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CborError(String);

/// Parses `bytes` strictly, with at most `depth` levels of nesting. Indefinite lengths
/// are allowed, because serialisers of flattened structs write them.
///
/// # Errors
/// [`CborError`] describes the defect, with its offset if there is one.
pub fn parse(bytes: &[u8], depth: usize) -> Result<Cbor, CborError> {
    scan(bytes, depth).map_err(CborError)?;
    ciborium::from_reader(bytes).map_err(|e| CborError(e.to_string()))
}

fn scan(bytes: &[u8], depth: usize) -> Result<(), String> {
    let mut scan = Scan {
        bytes,
        at: 0,
        depth,
        items: 0,
    };
    scan.item(0)?;
    match bytes.len() - scan.at {
        0 => Ok(()),
        left => Err(format!("{left} bytes follow the document")),
    }
}

/// `value` as CBOR.
///
/// # Errors
/// Never fails for JSON input.
pub fn from_json(value: &Value) -> Result<Vec<u8>, CborError> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).map_err(|e| CborError(e.to_string()))?;
    Ok(bytes)
}

/// `tree` as JSON. Bytes become an array of numbers.
///
/// # Errors
/// [`CborError`] if JSON cannot represent a value.
pub fn to_json(tree: &Cbor) -> Result<Value, CborError> {
    let refuse = |detail: &str| Err(CborError(detail.to_owned()));
    Ok(match tree {
        Cbor::Null => Value::Null,
        Cbor::Bool(b) => Value::Bool(*b),
        Cbor::Text(s) => Value::String(s.clone()),
        Cbor::Float(f) => match Number::from_f64(*f) {
            Some(number) => Value::Number(number),
            None => return refuse("a number is not finite"),
        },
        Cbor::Integer(i) => {
            let wide = i128::from(*i);
            let number = u64::try_from(wide).map(Number::from);
            match number.or_else(|_| i64::try_from(wide).map(Number::from)) {
                Ok(number) => Value::Number(number),
                Err(_) => return refuse("an integer is out of range"),
            }
        }
        Cbor::Array(items) => Value::Array(items.iter().map(to_json).collect::<Result<_, _>>()?),
        Cbor::Bytes(bytes) => Value::Array(bytes.iter().map(|b| Value::from(*b)).collect()),
        Cbor::Map(entries) => {
            let mut map = Map::new();
            for (key, value) in entries {
                let Some(key) = key.as_text() else {
                    return refuse("a key is not text");
                };
                map.insert(key.to_owned(), to_json(value)?);
            }
            Value::Object(map)
        }
        Cbor::Tag(tag, _) => return refuse(&format!("tag {tag} is not allowed")),
        _ => return refuse("a value of an unknown kind"),
    })
}

/// A key in the form in which keys are compared: equal values are equal, whatever
/// their encoding.
type Key<'a> = (u8, Cow<'a, [u8]>);

/// Walks the bytes without building a tree.
struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
    items: usize,
}

impl<'a> Scan<'a> {
    fn take(&mut self, n: u64) -> Result<&'a [u8], String> {
        let left = self.bytes.get(self.at..).unwrap_or_default();
        let taken = usize::try_from(n).ok().and_then(|n| left.get(..n));
        let Some(taken) = taken else {
            return Err(format!(
                "byte {} claims {n} more bytes, {} are left",
                self.at,
                left.len()
            ));
        };
        self.at += taken.len();
        Ok(taken)
    }

    /// Major type and argument of the next head. An indefinite length has no
    /// argument.
    fn head(&mut self) -> Result<(u8, Option<u64>), String> {
        let at = self.at;
        let first = self.take(1)?[0];
        let (major, info) = (first >> 5, first & 0x1f);
        let argument = match info {
            0..=23 => Some(u64::from(info)),
            24..=27 => Some(
                self.take(1 << (info - 24))?
                    .iter()
                    .fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
            ),
            31 if matches!(major, 2..=5) => None,
            _ => return Err(format!("head {first:#04x} is not allowed at byte {at}")),
        };
        Ok((major, argument))
    }

    /// Consumes a break if it is the next byte, and returns whether it was.
    fn at_break(&mut self) -> bool {
        let is_break = self.bytes.get(self.at) == Some(&0xff);
        self.at += usize::from(is_break);
        is_break
    }

    fn item(&mut self, level: usize) -> Result<(), String> {
        let at = self.at;
        self.items += 1;
        if self.items > DOCUMENT_ITEMS {
            return Err(format!("more than {DOCUMENT_ITEMS} values"));
        }
        let (major, argument) = self.head()?;
        if matches!(major, 4..=6) && level >= self.depth {
            return Err(format!(
                "nested deeper than {} levels at byte {at}",
                self.depth
            ));
        }
        match major {
            0 | 1 | 7 => Ok(()),
            2 | 3 => self.string(major, argument).map(|_| ()),
            4 => self.repeat(argument, |scan| scan.item(level + 1)),
            5 => {
                let mut keys = BTreeSet::new();
                self.repeat(argument, |scan| scan.pair(&mut keys, level + 1))
            }
            _ => self.item(level + 1),
        }
    }

    /// The contents of a string of bytes (2) or text (3), in one or several chunks.
    fn string(&mut self, major: u8, len: Option<u64>) -> Result<Cow<'a, [u8]>, String> {
        let Some(len) = len else {
            let mut whole = Vec::new();
            while !self.at_break() {
                let at = self.at;
                match self.head()? {
                    (found, len @ Some(_)) if found == major => {
                        whole.extend_from_slice(&self.string(major, len)?);
                    }
                    _ => return Err(format!("a chunk of another kind at byte {at}")),
                }
            }
            return Ok(whole.into());
        };
        let at = self.at;
        let text = self.take(len)?;
        if major == 3 && std::str::from_utf8(text).is_err() {
            return Err(format!("text at byte {at} is not UTF-8"));
        }
        Ok(text.into())
    }

    /// Calls `one` `count` times, or until a break.
    fn repeat(
        &mut self,
        count: Option<u64>,
        mut one: impl FnMut(&mut Self) -> Result<(), String>,
    ) -> Result<(), String> {
        match count {
            // NB: the remaining bytes bound the count, because every item takes at
            // least one byte.
            Some(count) => (0..count).try_for_each(|_| one(self)),
            None => {
                while !self.at_break() {
                    one(self)?;
                }
                Ok(())
            }
        }
    }

    fn pair(&mut self, keys: &mut BTreeSet<Key<'a>>, level: usize) -> Result<(), String> {
        let at = self.at;
        let key = match self.head()? {
            (major @ 0..=1, Some(n)) => (major, n.to_be_bytes().to_vec().into()),
            (major @ 2..=3, len) => (major, self.string(major, len)?),
            _ => return Err(format!("the key at byte {at} is neither text nor number")),
        };
        if !keys.insert(key) {
            return Err(format!("duplicate key at byte {at}"));
        }
        self.item(level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_cbor_is_refused_before_decoding() {
        let deep = vec![0x81; 100_000];
        let mut many = vec![0x9a, 0x00, 0x04, 0x00, 0x00];
        many.resize(5 + 0x40000, 0);
        for bad in [
            &deep[..],
            &many,
            &[0x5b, 0x80, 0, 0, 0, 0, 0, 0, 0],
            &[0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            &[0x62, 0xff, 0xfe],
            &[0xa2, 0x61, b'a', 1, 0x61, b'a', 2],
            &[0xa2, 0x61, b'a', 1, 0x78, 1, b'a', 2],
            &[0xa2, 0x61, b'a', 1, 0x7f, 0x61, b'a', 0xff, 2],
            &[0xa2, 1, 1, 0x18, 1, 2],
            &[0xa1, 0x80, 1],
            &[0xbf, 0x61, b'a', 1, 0x61, b'a', 2, 0xff],
            &[0x9f, 0x01],
            &[0x7f, 0x41, b'a', 0xff],
            &[0xa0, 0xa0],
            &[0x1f],
            &[0xff],
            &[0x1c],
            &[],
        ] {
            assert!(scan(bad, 64).is_err(), "{:02x?}", &bad[..bad.len().min(16)]);
        }
        for valid in [
            &[0xa1, 0x61, b'a', 0x82, 1, 0xf6][..],
            &[0xbf, 0x61, b'a', 0x9f, 1, 0xff, 0xff],
            &[0x7f, 0x61, b'a', 0x61, b'b', 0xff],
            &[0xa2, 1, 1, 0x20, 1],
        ] {
            assert_eq!(scan(valid, 64), Ok(()));
        }
    }
}
