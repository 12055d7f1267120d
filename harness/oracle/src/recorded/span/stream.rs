//! Objects and arrays that are read as they pass, whatever is in their place.

use super::value::{Bounded, Budget, kind};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::fmt;

/// Bytes of a value in the place of a container, at most.
const OTHER: usize = 1024;

/// Gives the items of an array or the members of an object to `take`; the outcome is `None`
/// for null, which is the same as an empty one, and the kind of any other value.
pub(super) struct Stream<T>(pub(super) T);

/// What takes the contents of a container.
pub(super) trait Take<'de> {
    /// Takes the members of an object, if it is one of the format.
    fn members<A: MapAccess<'de>>(self, members: A) -> Result<Found, A::Error>;

    /// Takes the items of an array, if it is one of the format.
    fn items<A: SeqAccess<'de>>(self, items: A) -> Result<Found, A::Error>;
}

/// What is in the place of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// A container of the right kind, which was taken.
    Taken,
    /// A value of another kind.
    Other(&'static str),
}

/// Passes over the members of an object that is in the place of an array.
pub(super) fn no_object<'de, A: MapAccess<'de>>(members: A) -> Result<Found, A::Error> {
    Bounded(&mut Budget::new(OTHER)).visit_map(members)?;
    Ok(Found::Other("an object"))
}

/// Passes over the items of an array that is in the place of an object.
pub(super) fn no_array<'de, A: SeqAccess<'de>>(items: A) -> Result<Found, A::Error> {
    Bounded(&mut Budget::new(OTHER)).visit_seq(items)?;
    Ok(Found::Other("an array"))
}

impl<'de, T: Take<'de>> DeserializeSeed<'de> for Stream<T> {
    type Value = Found;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Take<'de>> Visitor<'de> for Stream<T> {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Found, E> {
        Ok(Found::Taken)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Found, E> {
        Ok(Found::Other(kind(&Value::Bool(value))))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Found, E> {
        Ok(Found::Other("a number"))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Found, E> {
        Ok(Found::Other("a number"))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Found, E> {
        Ok(Found::Other("a number"))
    }

    fn visit_str<E>(self, _: &str) -> Result<Found, E> {
        Ok(Found::Other("a string"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Found, A::Error> {
        self.0.items(items)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Found, A::Error> {
        self.0.members(members)
    }
}
