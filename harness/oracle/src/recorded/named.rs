//! [`Named`]: the members `pack` and `flow`, which are objects in traces and texts in fault
//! cases.

use super::field::Field;
use super::judged::Log;
use super::members::{Members, ObjectSeed, Scalar};
use serde::de::MapAccess;

/// A member that is a text in one format and an object in another.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// The text, or what else it is.
    pub(super) plain: Field,
    /// The two members of the object, if it is one.
    pub(super) parts: Option<[Field; 2]>,
}

impl Named {
    /// Reads the value, which may be an object with members of these names.
    pub(super) fn read<'de, A: MapAccess<'de>>(
        &mut self,
        names: [&'static str; 2],
        at: &'static str,
        log: &mut Log,
        members: &mut A,
    ) -> Result<(), A::Error> {
        let mut parts = [Field::Absent, Field::Absent];
        let mut plain = Field::Absent;
        let is_object = match names {
            ["id", _] => {
                let (parts, plain) = (&mut parts, &mut plain);
                let mut reader = FlowParts(Parts {
                    parts,
                    plain,
                    log,
                    at,
                });
                members.next_value_seed(ObjectSeed(&mut reader))?;
                *reader.0.plain == Field::Absent
            }
            _ => {
                let (parts, plain) = (&mut parts, &mut plain);
                let mut reader = PackParts(Parts {
                    parts,
                    plain,
                    log,
                    at,
                });
                members.next_value_seed(ObjectSeed(&mut reader))?;
                *reader.0.plain == Field::Absent
            }
        };
        self.parts = is_object.then_some(parts);
        self.plain = if is_object {
            Field::Wrong("an object")
        } else {
            plain
        };
        Ok(())
    }
}

struct Parts<'p> {
    parts: &'p mut [Field; 2],
    plain: &'p mut Field,
    log: &'p mut Log,
    at: &'static str,
}

/// The members of `pack` in a trace.
struct PackParts<'p>(Parts<'p>);
/// The members of `flow` in a trace.
struct FlowParts<'p>(Parts<'p>);

macro_rules! parts {
    ($parts:ident, $first:literal, $second:literal) => {
        impl Members for $parts<'_> {
            const NAMES: &'static [&'static str] = &[$first, $second];

            fn read<'de, A: MapAccess<'de>>(
                &mut self,
                name: &'static str,
                members: &mut A,
            ) -> Result<(), A::Error> {
                let field = Field::read(members)?;
                let [first, second] = &mut *self.0.parts;
                match name {
                    $first => *first = field,
                    _ => *second = field,
                }
                Ok(())
            }

            fn doubled(&mut self, name: &'static str) {
                self.0.log.doubled(self.0.at, name);
            }

            fn other(&mut self, found: Scalar<'_>) {
                *self.0.plain = Field::of(found);
            }
        }
    };
}

parts!(PackParts, "pack_ref", "resolved_digest");
parts!(FlowParts, "id", "version");
