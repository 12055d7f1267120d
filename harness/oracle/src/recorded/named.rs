//! [`Named`]: the members `pack` and `flow`, which are objects in traces and texts in fault
//! cases.

use super::field::Field;
use super::judged::Log;
use super::members::{Members, ObjectSeed, Scalar};
use serde::de::MapAccess;
use std::marker::PhantomData;

/// A member that is a text in one format and an object in another.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// The text, or what else it is.
    pub(super) plain: Field,
    /// The two members of the object, if it is one.
    pub(super) parts: Option<[Field; 2]>,
}

impl Named {
    /// Reads the value, which may be an object with the members of `N`.
    pub(super) fn read<'de, N: Names, A: MapAccess<'de>>(
        &mut self,
        at: &'static str,
        log: &mut Log,
        members: &mut A,
    ) -> Result<(), A::Error> {
        let mut reader = Parts::<N> {
            parts: [Field::Absent, Field::Absent],
            plain: Field::Absent,
            log,
            at,
            names: PhantomData,
        };
        members.next_value_seed(ObjectSeed(&mut reader))?;
        let Parts { parts, plain, .. } = reader;
        let is_object = plain == Field::Absent;
        self.parts = is_object.then_some(parts);
        self.plain = if is_object {
            Field::Wrong("an object")
        } else {
            plain
        };
        Ok(())
    }
}

/// The two members of an object.
pub(super) trait Names {
    const NAMES: &'static [&'static str; 2];
}

/// The members of `pack` in a trace.
pub(super) struct OfPack;

impl Names for OfPack {
    const NAMES: &'static [&'static str; 2] = &["pack_ref", "resolved_digest"];
}

/// The members of `flow` in a trace.
pub(super) struct OfFlow;

impl Names for OfFlow {
    const NAMES: &'static [&'static str; 2] = &["id", "version"];
}

struct Parts<'l, N> {
    parts: [Field; 2],
    plain: Field,
    log: &'l mut Log,
    at: &'static str,
    names: PhantomData<N>,
}

impl<N: Names> Members for Parts<'_, N> {
    const NAMES: &'static [&'static str] = N::NAMES;

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        name: &'static str,
        members: &mut A,
    ) -> Result<(), A::Error> {
        let [first, second] = &mut self.parts;
        let part = if name == N::NAMES[0] { first } else { second };
        *part = Field::read(members)?;
        Ok(())
    }

    fn doubled(&mut self, name: &'static str) {
        self.log.doubled(self.at, name);
    }

    fn other(&mut self, found: Scalar<'_>) {
        self.plain = Field::of(found);
    }
}
