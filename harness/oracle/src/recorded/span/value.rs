//! JSON values of bounded size, and the members that an object has twice: of these, the first
//! one is taken.

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::collections::HashSet;
use std::fmt;

/// Bytes of the names of the members of one object that are compared.
const NAMES: usize = 1024 * 1024;
/// Cost of a value without its text, in bytes.
const VALUE: usize = 32;

/// Reads a value that costs at most what is left; [`Budget::left`] is `None` after a larger
/// one, whose rest is passed over.
pub(super) struct Bounded<'b>(pub(super) &'b mut Budget);

/// Bytes that values may still take.
#[derive(Debug)]
pub(super) struct Budget {
    pub(super) left: Option<usize>,
    /// The first member that an object has twice.
    pub(super) doubled: Option<String>,
}

impl Budget {
    pub(super) fn new(bytes: usize) -> Self {
        Self {
            left: Some(bytes),
            doubled: None,
        }
    }

    pub(super) fn spend(&mut self, text: usize) {
        self.left = self.left.and_then(|left| left.checked_sub(VALUE + text));
    }
}

/// The names of the members of an object.
#[derive(Default)]
pub(super) struct Names {
    names: HashSet<String>,
    bytes: usize,
}

impl Names {
    /// Adds a name, and says whether it is new. Beyond a bound, names are not compared.
    pub(super) fn add(&mut self, name: &str) -> bool {
        self.bytes += name.len() + VALUE;
        self.bytes > NAMES || self.names.insert(name.to_owned())
    }
}

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        self.0.spend(0);
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        self.0.spend(0);
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        self.0.spend(0);
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        self.0.spend(0);
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        self.0.spend(0);
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        self.0.spend(text.len());
        Ok(match self.0.left {
            Some(_) => text.into(),
            None => Value::Null,
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        self.0.spend(0);
        let mut read = Vec::new();
        while self.0.left.is_some() {
            let Some(item) = items.next_element_seed(Bounded(self.0))? else {
                return Ok(Value::Array(read));
            };
            read.push(item);
        }
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Null)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        self.0.spend(0);
        let mut read = Map::new();
        while self.0.left.is_some() {
            let Some(name) = members.next_key::<String>()? else {
                return Ok(Value::Object(read));
            };
            self.0.spend(name.len());
            let value = members.next_value_seed(Bounded(self.0))?;
            if read.contains_key(&name) {
                self.0.doubled.get_or_insert(name);
            } else {
                read.insert(name, value);
            }
        }
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Null)
    }
}

/// The member `name` of `holder`; `None` if it is missing or null, which the JSON of
/// protocol buffers takes for the same.
pub(super) fn member<'v>(holder: &'v Value, name: &str) -> Option<&'v Value> {
    holder.get(name).filter(|value| !value.is_null())
}

/// What `value` is, with an article.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
