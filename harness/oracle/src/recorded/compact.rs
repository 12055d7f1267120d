//! [`CompactSeed`]: writes a value as compact JSON, members in the order of the file, as the
//! runner wrote it before it hashed it.

use serde::Serialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// The compact text of a value, up to a bound.
#[derive(Debug, Default)]
pub(super) struct Compact {
    pub(super) text: Vec<u8>,
    /// Whether the text is longer than the bound, and cut off.
    pub(super) is_cut: bool,
}

/// Bytes of a compact text.
pub(super) const BOUND: usize = super::guard::TEXT;

impl Compact {
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.is_cut = false;
    }

    fn push(&mut self, bytes: &[u8]) {
        if self.text.len() + bytes.len() <= BOUND {
            self.text.extend(bytes);
        } else {
            self.is_cut = true;
        }
    }

    fn value<E: Error>(&mut self, value: impl Serialize) -> Result<(), E> {
        if self.text.len() > BOUND {
            self.is_cut = true;
            return Ok(());
        }
        // NB: one text is bounded by the guard, so this passes the bound at most once.
        serde_json::to_writer(&mut self.text, &value).map_err(E::custom)
    }
}

/// Writes the value that is read.
pub(super) struct CompactSeed<'c>(pub(super) &'c mut Compact);

impl<'de> DeserializeSeed<'de> for CompactSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for CompactSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.0.value(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.0.value(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.0.value(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.0.value(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.0.value(value)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.0.value(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.0.push(b"[");
        let mut is_first = true;
        // NB: the comma is written before an item is read, and taken back after the last one.
        loop {
            let before = self.0.text.len();
            if !is_first {
                self.0.push(b",");
            }
            if items.next_element_seed(CompactSeed(self.0))?.is_none() {
                self.0.text.truncate(before);
                break;
            }
            is_first = false;
        }
        self.0.push(b"]");
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        self.0.push(b"{");
        let mut is_first = true;
        loop {
            let before = self.0.text.len();
            if !is_first {
                self.0.push(b",");
            }
            if members.next_key_seed(CompactSeed(self.0))?.is_none() {
                self.0.text.truncate(before);
                break;
            }
            self.0.push(b":");
            members.next_value_seed(CompactSeed(self.0))?;
            is_first = false;
        }
        self.0.push(b"}");
        Ok(())
    }
}
