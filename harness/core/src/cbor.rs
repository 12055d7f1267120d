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

/// Why bytes are not acceptable CBOR, or why JSON cannot represent them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CborError {
    /// Bytes follow the document.
    #[error("{left} bytes follow the document")]
    Trailing {
        /// How many.
        left: usize,
    },
    /// The bytes end before the length that they claim.
    #[error("byte {at} claims {claimed} more bytes, {left} are left")]
    CutOff {
        /// Offset of the claim.
        at: usize,
        /// Bytes that it claims.
        claimed: u64,
        /// Bytes that are left.
        left: usize,
    },
    /// A head that the format does not have, or a break where none may be.
    #[error("head {head:#04x} is not allowed at byte {at}")]
    Head {
        /// The head.
        head: u8,
        /// Its offset.
        at: usize,
    },
    /// There are more values than the bound, all levels together.
    #[error("more than {limit} values")]
    Items {
        /// The bound.
        limit: usize,
    },
    /// Arrays, maps and tags nest deeper than the bound.
    #[error("nested deeper than {limit} levels at byte {at}")]
    Depth {
        /// The bound, in levels.
        limit: usize,
        /// Offset of the first value that is too deep.
        at: usize,
    },
    /// A chunk of a string is not of the string's kind.
    #[error("a chunk of another kind at byte {at}")]
    Chunk {
        /// Its offset.
        at: usize,
    },
    /// Text is not UTF-8.
    #[error("text at byte {at} is not UTF-8")]
    Utf8 {
        /// Its offset.
        at: usize,
    },
    /// A key is neither text nor number.
    #[error("the key at byte {at} is neither text nor number")]
    KeyKind {
        /// Its offset.
        at: usize,
    },
    /// A map has two equal keys.
    #[error("duplicate key at byte {at}")]
    DuplicateKey {
        /// Offset of the second one.
        at: usize,
    },
    /// The decoder or the encoder refuses what the scan accepted.
    #[error("{0}")]
    Library(String),
    /// JSON has no such value.
    #[error("JSON cannot represent {0}")]
    NoJson(String),
}

/// Parses `bytes` strictly, with at most `depth` levels of nesting. Indefinite lengths
/// are allowed, because serialisers of flattened structs write them.
///
/// # Errors
/// [`CborError`] describes the defect, with its offset if there is one.
pub fn parse(bytes: &[u8], depth: usize) -> Result<Cbor, CborError> {
    scan(bytes, depth)?;
    ciborium::from_reader(bytes).map_err(|e| CborError::Library(e.to_string()))
}

fn scan(bytes: &[u8], depth: usize) -> Result<(), CborError> {
    let mut scan = Scan {
        bytes,
        at: 0,
        depth,
        items: 0,
    };
    scan.item(0)?;
    match bytes.len() - scan.at {
        0 => Ok(()),
        left => Err(CborError::Trailing { left }),
    }
}

/// `value` as CBOR.
///
/// # Errors
/// Never fails for JSON input.
pub fn from_json(value: &Value) -> Result<Vec<u8>, CborError> {
    let mut bytes = Vec::new();
    let written = ciborium::into_writer(value, &mut bytes);
    written.map_err(|e| CborError::Library(e.to_string()))?;
    Ok(bytes)
}

/// `tree` as JSON. Bytes become an array of numbers.
///
/// # Errors
/// [`CborError`] if JSON cannot represent a value.
pub fn to_json(tree: &Cbor) -> Result<Value, CborError> {
    let refuse = |what: &str| Err(CborError::NoJson(what.to_owned()));
    Ok(match tree {
        Cbor::Null => Value::Null,
        Cbor::Bool(b) => Value::Bool(*b),
        Cbor::Text(s) => Value::String(s.clone()),
        Cbor::Float(f) => match Number::from_f64(*f) {
            Some(number) => Value::Number(number),
            None => return refuse("a number that is not finite"),
        },
        Cbor::Integer(i) => {
            let wide = i128::from(*i);
            let number = u64::try_from(wide).map(Number::from);
            match number.or_else(|_| i64::try_from(wide).map(Number::from)) {
                Ok(number) => Value::Number(number),
                Err(_) => return refuse("an integer that is out of range"),
            }
        }
        Cbor::Array(items) => Value::Array(items.iter().map(to_json).collect::<Result<_, _>>()?),
        Cbor::Bytes(bytes) => Value::Array(bytes.iter().map(|b| Value::from(*b)).collect()),
        Cbor::Map(entries) => {
            let mut map = Map::new();
            for (key, value) in entries {
                let Some(key) = key.as_text() else {
                    return refuse("a key that is not text");
                };
                map.insert(key.to_owned(), to_json(value)?);
            }
            Value::Object(map)
        }
        Cbor::Tag(tag, _) => return refuse(&format!("tag {tag}")),
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
    fn take(&mut self, n: u64) -> Result<&'a [u8], CborError> {
        let left = self.bytes.get(self.at..).unwrap_or_default();
        let taken = usize::try_from(n).ok().and_then(|n| left.get(..n));
        let Some(taken) = taken else {
            return Err(CborError::CutOff {
                at: self.at,
                claimed: n,
                left: left.len(),
            });
        };
        self.at += taken.len();
        Ok(taken)
    }

    /// Major type and argument of the next head. An indefinite length has no
    /// argument.
    fn head(&mut self) -> Result<(u8, Option<u64>), CborError> {
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
            _ => return Err(CborError::Head { head: first, at }),
        };
        Ok((major, argument))
    }

    /// Consumes a break if it is the next byte, and returns whether it was.
    fn at_break(&mut self) -> bool {
        let is_break = self.bytes.get(self.at) == Some(&0xff);
        self.at += usize::from(is_break);
        is_break
    }

    fn item(&mut self, level: usize) -> Result<(), CborError> {
        let at = self.at;
        self.items += 1;
        if self.items > DOCUMENT_ITEMS {
            return Err(CborError::Items {
                limit: DOCUMENT_ITEMS,
            });
        }
        let (major, argument) = self.head()?;
        if matches!(major, 4..=6) && level >= self.depth {
            let limit = self.depth;
            return Err(CborError::Depth { limit, at });
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
    fn string(&mut self, major: u8, len: Option<u64>) -> Result<Cow<'a, [u8]>, CborError> {
        let Some(len) = len else {
            let mut whole = Vec::new();
            while !self.at_break() {
                let at = self.at;
                match self.head()? {
                    (found, len @ Some(_)) if found == major => {
                        whole.extend_from_slice(&self.string(major, len)?);
                    }
                    _ => return Err(CborError::Chunk { at }),
                }
            }
            return Ok(whole.into());
        };
        let at = self.at;
        let text = self.take(len)?;
        if major == 3 && std::str::from_utf8(text).is_err() {
            return Err(CborError::Utf8 { at });
        }
        Ok(text.into())
    }

    /// Calls `one` `count` times, or until a break.
    fn repeat(
        &mut self,
        count: Option<u64>,
        mut one: impl FnMut(&mut Self) -> Result<(), CborError>,
    ) -> Result<(), CborError> {
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

    fn pair(&mut self, keys: &mut BTreeSet<Key<'a>>, level: usize) -> Result<(), CborError> {
        let at = self.at;
        let key = match self.head()? {
            (major @ 0..=1, Some(n)) => (major, n.to_be_bytes().to_vec().into()),
            (major @ 2..=3, len) => (major, self.string(major, len)?),
            _ => return Err(CborError::KeyKind { at }),
        };
        if !keys.insert(key) {
            return Err(CborError::DuplicateKey { at });
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
        let cut = |at, claimed, left| CborError::CutOff { at, claimed, left };
        let head = |head, at| CborError::Head { head, at };
        let duplicate = |at| CborError::DuplicateKey { at };
        for (bad, error) in [
            (&deep[..], CborError::Depth { limit: 64, at: 64 }),
            (&many, CborError::Items { limit: 250_000 }),
            (&[0x5b, 0x80, 0, 0, 0, 0, 0, 0, 0], cut(9, 1 << 63, 0)),
            (
                &[0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                cut(9, 1, 0),
            ),
            (&[0x62, 0xff, 0xfe], CborError::Utf8 { at: 1 }),
            (&[0xa2, 0x61, b'a', 1, 0x61, b'a', 2], duplicate(4)),
            (&[0xa2, 0x61, b'a', 1, 0x78, 1, b'a', 2], duplicate(4)),
            (
                &[0xa2, 0x61, b'a', 1, 0x7f, 0x61, b'a', 0xff, 2],
                duplicate(4),
            ),
            (&[0xa2, 1, 1, 0x18, 1, 2], duplicate(3)),
            (&[0xa1, 0x80, 1], CborError::KeyKind { at: 1 }),
            (&[0xbf, 0x61, b'a', 1, 0x61, b'a', 2, 0xff], duplicate(4)),
            (&[0x9f, 0x01], cut(2, 1, 0)),
            (&[0x7f, 0x41, b'a', 0xff], CborError::Chunk { at: 1 }),
            (&[0xa0, 0xa0], CborError::Trailing { left: 1 }),
            (&[0x1f], head(0x1f, 0)),
            (&[0xff], head(0xff, 0)),
            (&[0x1c], head(0x1c, 0)),
            (&[], cut(0, 1, 0)),
        ] {
            assert_eq!(
                scan(bad, 64),
                Err(error),
                "{:02x?}",
                &bad[..bad.len().min(16)]
            );
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
