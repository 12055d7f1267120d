//! Reading JSON as a stream without giving up at a wrong type: each value is taken as what
//! it is, and its reader says what it should have been.

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// A value; of an array or object only that it is one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Scalar<'v> {
    Null,
    Bool(bool),
    /// A whole number from zero.
    Count(u64),
    /// Another number.
    Number,
    Text(&'v str),
    Array,
    Object,
}

impl Scalar<'_> {
    /// What it is, in words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Count(_) | Self::Number => "a number",
            Self::Text(_) => "a text",
            Self::Array => "an array",
            Self::Object => "an object",
        }
    }
}

/// Reads any value, and gives it to a function.
pub(super) struct ScalarSeed<F>(pub(super) F);

impl<'de, R, F: FnOnce(Scalar<'_>) -> R> DeserializeSeed<'de> for ScalarSeed<F> {
    type Value = R;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<R, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, R, F: FnOnce(Scalar<'_>) -> R> Visitor<'de> for ScalarSeed<F> {
    type Value = R;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<R, E> {
        Ok(self.0(Scalar::Null))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<R, E> {
        Ok(self.0(Scalar::Bool(value)))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<R, E> {
        Ok(self.0(Scalar::Count(value)))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<R, E> {
        Ok(self.0(
            u64::try_from(value).map_or(Scalar::Number, Scalar::Count),
        ))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<R, E> {
        Ok(self.0(Scalar::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<R, E> {
        Ok(self.0(Scalar::Text(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<R, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(self.0(Scalar::Array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<R, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(self.0(Scalar::Object))
    }
}

/// A reader of an object.
pub(super) trait Members {
    /// The members that are read, at most 32.
    const NAMES: &'static [&'static str];

    /// Whether [`Members::rest`] gets the names of other members, which are skipped by default.
    const READS_REST: bool = false;

    /// Reads the value of another member, of this name.
    fn rest<'de, A: MapAccess<'de>>(
        &mut self,
        _name: Option<String>,
        members: &mut A,
    ) -> Result<(), A::Error> {
        members.next_value::<IgnoredAny>().map(|_| ())
    }

    /// The value is an array with these items, which are skipped by default.
    fn items<'de, A: SeqAccess<'de>>(&mut self, items: &mut A) -> Result<(), A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        self.other(Scalar::Array);
        Ok(())
    }

    /// Reads the value of the member `name`, which is the first of this name.
    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        name: &'static str,
        members: &mut A,
    ) -> Result<(), A::Error>;

    /// There is another member `name`, which is skipped.
    fn doubled(&mut self, name: &'static str);

    /// The value is no object.
    fn other(&mut self, found: Scalar<'_>);
}

/// Reads an object, or takes note of another value.
pub(super) struct ObjectSeed<'o, O>(pub(super) &'o mut O);

impl<'de, O: Members> DeserializeSeed<'de> for ObjectSeed<'_, O> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// The rest of a visitor that takes note of every value but one kind.
macro_rules! others {
    () => {
        fn visit_unit<E: Error>(self) -> Result<(), E> {
            self.0.other(Scalar::Null);
            Ok(())
        }

        fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
            self.0.other(Scalar::Bool(value));
            Ok(())
        }

        fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
            self.0.other(Scalar::Count(value));
            Ok(())
        }

        fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
            self.0.other(Scalar::Number);
            Ok(())
        }

        fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
            self.0.other(Scalar::Number);
            Ok(())
        }

        fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
            self.0.other(Scalar::Text(value));
            Ok(())
        }
    };
}

impl<'de, O: Members> Visitor<'de> for ObjectSeed<'_, O> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    others!();

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.0.items(&mut items)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut seen = 0_u32;
        let names = KeySeed(O::NAMES, O::READS_REST);
        while let Some(key) = members.next_key_seed(names)? {
            let (at, name) = match key {
                Key::Known(at, name) => (at, name),
                Key::Other(name) => {
                    self.0.rest(name, &mut members)?;
                    continue;
                }
            };
            let bit = 1_u32.checked_shl(at).unwrap_or(0);
            if seen & bit == 0 {
                seen |= bit;
                self.0.read(name, &mut members)?;
            } else {
                self.0.doubled(name);
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// Reads the name of a member, and keeps one that is not in the list if that is wanted.
#[derive(Clone, Copy)]
struct KeySeed(&'static [&'static str], bool);

/// The name of a member.
enum Key {
    /// Its place in the list, and the name.
    Known(u32, &'static str),
    /// Another name.
    Other(Option<String>),
}

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        let mut names = (0_u32..).zip(self.0);
        Ok(match names.find(|(_, name)| **name == key) {
            Some((at, name)) => Key::Known(at, name),
            None => Key::Other(self.1.then(|| key.to_owned())),
        })
    }
}

/// A reader of the items of an array.
pub(super) trait Items {
    /// Reads the next item; false if there is none.
    fn read<'de, A: SeqAccess<'de>>(&mut self, items: &mut A) -> Result<bool, A::Error>;

    /// The value is no array.
    fn other(&mut self, found: Scalar<'_>);
}

/// Reads an array, or takes note of another value.
pub(super) struct ArraySeed<'o, O>(pub(super) &'o mut O);

impl<'de, O: Items> DeserializeSeed<'de> for ArraySeed<'_, O> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, O: Items> Visitor<'de> for ArraySeed<'_, O> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    others!();

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while self.0.read(&mut items)? {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        self.0.other(Scalar::Object);
        Ok(())
    }
}
