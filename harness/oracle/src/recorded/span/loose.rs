//! Spans that the runner exports: an object with a name and attributes, by itself or in an
//! array. The telemetry client writes the name as `span`.

use super::identity::Spelling;
use super::place::{Holder, Place, Violations};
use super::reader::{Reader, Resource};
use super::value::{Bounded, Budget, kind};
use provision_core::codes::SpanCode;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess};
use serde_json::{Map, Value};
use std::marker::PhantomData;

/// Bytes that the members of a document take together, at most.
const BYTES: usize = 4 * 1024 * 1024;
/// Bytes of a member that another format has as well: more than the longest text.
const COPIED: usize = 16 * 1024 * 1024;

/// Members whose names are kept beyond that, and the bytes of such a name.
const MEMBERS: usize = 10_000;
const NAME: usize = 64;
/// The lists of logs, metrics and profiles.
const SIGNALS: [&str; 3] = ["resourceLogs", "resourceMetrics", "resourceProfiles"];

/// The members of a document that mark no format by themselves, until it is known what the
/// document is.
pub(crate) struct Loose {
    read: Map<String, Value>,
    budget: Budget,
}

impl Default for Loose {
    fn default() -> Self {
        Self {
            read: Map::new(),
            budget: Budget::new(BYTES),
        }
    }
}

impl Loose {
    /// Reads the member `name`. Of members that are too large, no value is kept.
    pub(crate) fn member<'de, A: MapAccess<'de>>(
        &mut self,
        name: String,
        members: &mut A,
    ) -> Result<(), A::Error> {
        let value = members.next_value_seed(Bounded(&mut self.budget))?;
        self.keep(name, value);
        Ok(())
    }

    /// Reads the member `name`, and returns it for another reader.
    pub(crate) fn copied<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        members: &mut A,
    ) -> Result<One<A::Error>, A::Error> {
        let mut budget = Budget::new(COPIED);
        let value = members.next_value_seed(Bounded(&mut budget))?;
        let spent = COPIED - budget.left.unwrap_or_default();
        // The name of another format may be long. That of a span is then too large.
        let left = self.budget.left.and_then(|left| left.checked_sub(spent));
        self.budget.left = left;
        let copy = left.map(|_| value.clone());
        self.keep(name.to_owned(), copy.unwrap_or_default());
        if let Some(name) = budget.doubled {
            self.budget.doubled.get_or_insert(name);
        }
        Ok(One(Some(value), PhantomData))
    }

    fn keep(&mut self, name: String, value: Value) {
        if self.read.contains_key(&name) {
            self.budget.doubled.get_or_insert(name);
            return;
        }
        self.budget.spend(name.len());
        // The names that mark a format are short.
        let is_kept = name.len() <= NAME && self.read.len() < MEMBERS;
        if self.budget.left.is_some() || is_kept {
            self.read.insert(name, value);
        }
    }

    /// Whether the members are those of other signals of OTLP: collectors write them between
    /// spans. A recording of them alone has no spans.
    pub(crate) fn is_other_signal(&self, reader: &mut Reader) -> bool {
        let is_signal = SIGNALS.iter().any(|name| self.read.contains_key(*name));
        if is_signal {
            reader.otlp();
        }
        is_signal
    }

    /// Whether the members are those of a span.
    pub(crate) fn is_span(&self) -> bool {
        let has = |name: &str| self.read.contains_key(name);
        (has("name") || has("span")) && has("attributes")
    }

    /// Gives the members to `reader`.
    pub(crate) fn span(self, reader: &mut Reader) {
        let value = Value::Object(self.read);
        let place = reader.place(Holder::Document);
        if reader.is_within(&self.budget, place) {
            exported(reader, &value, place);
        }
    }
}

/// An object with one more member, whose name was read.
pub(crate) struct One<E>(Option<Value>, PhantomData<E>);

impl<'de, E: serde::de::Error> MapAccess<'de> for One<E> {
    type Error = E;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, _: K) -> Result<Option<K::Value>, E> {
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, E> {
        let value = self.0.take().unwrap_or_default();
        seed.deserialize(value).map_err(E::custom)
    }
}

fn is_span(value: &Value) -> bool {
    let has_name = ["name", "span"]
        .iter()
        .any(|name| value.get(name).is_some());
    has_name && value.get("attributes").is_some()
}

/// Reads a span whose resource and scope are not known.
fn exported(reader: &mut Reader, value: &Value, place: Place) {
    let (from, resource) = (reader.kept(), Resource::default());
    let known = (Some(resource), Some(true));
    reader.span(value, place, Spelling::Exported, known);
    reader.end_scope(from, true);
    reader.end_resource(from, resource);
}

/// Reads the items of a document that is an array, and says whether some of them are spans.
pub(crate) fn items<'de, A: SeqAccess<'de>>(
    reader: &mut Reader,
    items: &mut A,
) -> Result<bool, A::Error> {
    let mut others = Violations::default();
    let (mut index, mut has_spans) = (0u32, false);
    loop {
        let mut budget = reader.budget();
        let Some(value) = items.next_element_seed(Bounded(&mut budget))? else {
            break;
        };
        let place = reader.place(Holder::Item(index));
        if !reader.is_within(&budget, place) {
            // It may be a span.
        } else if is_span(&value) {
            has_spans = true;
            exported(reader, &value, place);
        } else {
            let expected = "a span with a name and attributes";
            others.add(SpanCode::Shape, (place, ""), expected, kind(&value));
        }
        index = index.saturating_add(1);
    }
    if has_spans {
        reader.shapes(others);
    }
    Ok(has_spans)
}
