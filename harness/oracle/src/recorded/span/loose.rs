//! Spans that the runner exports: an object with a name and attributes, by itself or in an
//! array. The telemetry client writes the name as `span`.

use super::identity::Spelling;
use super::place::{Holder, Place, Violations};
use super::reader::{Reader, Resource};
use super::value::{Bounded, Budget, kind};
use provision_core::codes::SpanCode;
use serde::de::{MapAccess, SeqAccess};
use serde_json::{Map, Value};

/// Bytes that the members of a document take together, at most.
const BYTES: usize = 4 * 1024 * 1024;

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
        self.read.insert(name, value);
        Ok(())
    }

    /// Gives the members to `reader` if they are those of a span, and says whether they are.
    pub(crate) fn span(self, reader: &mut Reader) -> bool {
        let value = Value::Object(self.read);
        let is_span = is_span(&value);
        if is_span {
            let place = reader.place(Holder::Document);
            if reader.is_within(&self.budget, place) {
                exported(reader, &value, place);
            }
        }
        is_span
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
