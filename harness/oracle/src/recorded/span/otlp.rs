//! OTLP JSON: resources, their scopes and their spans. The members of each object may come
//! in any order, so a span may come before its resource and its scope.

use super::identity::Spelling;
use super::place::Holder;
use super::reader::{Reader, Resource};
use super::stream::{Found, Stream, Take, no_array, no_object};
use super::value::{Bounded, Names};
use serde::de::{IgnoredAny, MapAccess, SeqAccess};

/// Reads the member `resourceSpans` of a document.
pub(crate) fn resource_spans<'de, A: MapAccess<'de>>(
    reader: &mut Reader,
    members: &mut A,
) -> Result<(), A::Error> {
    reader.otlp();
    let found = members.next_value_seed(Stream(Resources(reader)))?;
    if let Found::Other(actual) = found {
        let place = reader.place(Holder::Resources);
        reader.shape(place, "an array", actual);
    }
    Ok(())
}

/// The list of resources.
struct Resources<'r>(&'r mut Reader);

impl<'de> Take<'de> for Resources<'_> {
    fn members<A: MapAccess<'de>>(self, members: A) -> Result<Found, A::Error> {
        no_object(members)
    }

    fn items<A: SeqAccess<'de>>(self, mut items: A) -> Result<Found, A::Error> {
        let mut index = 0u32;
        loop {
            let seed = Stream(OfResource {
                reader: self.0,
                index,
            });
            match items.next_element_seed(seed)? {
                None => return Ok(Found::Taken),
                Some(Found::Taken) => {}
                Some(Found::Other(actual)) => {
                    let place = self.0.place(Holder::ResourceSpans(index));
                    self.0.shape(place, "an object", actual);
                }
            }
            index = index.saturating_add(1);
        }
    }
}

/// A resource and its spans.
struct OfResource<'r> {
    reader: &'r mut Reader,
    index: u32,
}

impl<'de> Take<'de> for OfResource<'_> {
    fn members<A: MapAccess<'de>>(self, mut members: A) -> Result<Found, A::Error> {
        let Self { reader, index } = self;
        let (mut names, from) = (Names::default(), reader.kept());
        let mut resource = None;
        while let Some(name) = members.next_key::<String>()? {
            if !names.add(&name) {
                let place = reader.place(Holder::ResourceSpans(index));
                reader.doubled(place, name);
                members.next_value::<IgnoredAny>()?;
                continue;
            }
            match name.as_str() {
                "resource" => {
                    let place = reader.place(Holder::Resource(index));
                    let mut budget = reader.budget();
                    let value = members.next_value_seed(Bounded(&mut budget))?;
                    if reader.is_within(&budget, place) {
                        resource = Some(reader.resource(&value, place));
                    }
                }
                "scopeSpans" => {
                    let resource = resource.as_ref();
                    let scopes = Scopes {
                        reader,
                        index,
                        resource,
                    };
                    let found = members.next_value_seed(Stream(scopes))?;
                    if let Found::Other(actual) = found {
                        let place = reader.place(Holder::ResourceSpans(index));
                        reader.shape(place, "an array as `scopeSpans`", actual);
                    }
                }
                _ => other(reader, &mut members, Holder::ResourceSpans(index))?,
            }
        }
        reader.end_resource(from, resource.unwrap_or_default());
        Ok(Found::Taken)
    }

    fn items<A: SeqAccess<'de>>(self, items: A) -> Result<Found, A::Error> {
        no_array(items)
    }
}

/// Searches a member that the reader does not know; passes over one that is too large.
fn other<'de, A: MapAccess<'de>>(
    reader: &mut Reader,
    members: &mut A,
    holder: Holder,
) -> Result<(), A::Error> {
    let mut budget = reader.budget();
    let value = members.next_value_seed(Bounded(&mut budget))?;
    let place = reader.place(holder);
    if reader.is_within(&budget, place) {
        reader.other(&value, place);
    }
    Ok(())
}

/// The list of scopes of a resource.
struct Scopes<'r> {
    reader: &'r mut Reader,
    index: u32,
    resource: Option<&'r Resource>,
}

impl<'de> Take<'de> for Scopes<'_> {
    fn members<A: MapAccess<'de>>(self, members: A) -> Result<Found, A::Error> {
        no_object(members)
    }

    fn items<A: SeqAccess<'de>>(self, mut items: A) -> Result<Found, A::Error> {
        let mut scope = 0u32;
        loop {
            let seed = Stream(OfScope {
                reader: self.reader,
                at: (self.index, scope),
                resource: self.resource,
            });
            match items.next_element_seed(seed)? {
                None => return Ok(Found::Taken),
                Some(Found::Taken) => {}
                Some(Found::Other(actual)) => {
                    let place = self.reader.place(Holder::ScopeSpans(self.index, scope));
                    self.reader.shape(place, "an object", actual);
                }
            }
            scope = scope.saturating_add(1);
        }
    }
}

/// A scope and its spans.
struct OfScope<'r> {
    reader: &'r mut Reader,
    at: (u32, u32),
    resource: Option<&'r Resource>,
}

impl<'de> Take<'de> for OfScope<'_> {
    fn members<A: MapAccess<'de>>(self, mut members: A) -> Result<Found, A::Error> {
        let Self {
            reader,
            at,
            resource,
        } = self;
        let (mut names, from) = (Names::default(), reader.kept());
        let mut is_of_platform = None;
        while let Some(name) = members.next_key::<String>()? {
            if !names.add(&name) {
                let place = reader.place(Holder::ScopeSpans(at.0, at.1));
                reader.doubled(place, name);
                members.next_value::<IgnoredAny>()?;
                continue;
            }
            match name.as_str() {
                "scope" => {
                    let place = reader.place(Holder::Scope(at.0, at.1));
                    let mut budget = reader.budget();
                    let value = members.next_value_seed(Bounded(&mut budget))?;
                    if reader.is_within(&budget, place) {
                        is_of_platform = Some(reader.scope(&value, place));
                    }
                }
                "spans" => {
                    let spans = OfSpans {
                        reader,
                        at,
                        resource,
                        is_of_platform,
                    };
                    let found = members.next_value_seed(Stream(spans))?;
                    if let Found::Other(actual) = found {
                        let place = reader.place(Holder::ScopeSpans(at.0, at.1));
                        reader.shape(place, "an array as `spans`", actual);
                    }
                }
                _ => other(reader, &mut members, Holder::ScopeSpans(at.0, at.1))?,
            }
        }
        // A scope that is missing is unknown, as one without a name is.
        reader.end_scope(from, is_of_platform.unwrap_or(true));
        Ok(Found::Taken)
    }

    fn items<A: SeqAccess<'de>>(self, items: A) -> Result<Found, A::Error> {
        no_array(items)
    }
}

/// The list of spans of a scope.
struct OfSpans<'r> {
    reader: &'r mut Reader,
    at: (u32, u32),
    resource: Option<&'r Resource>,
    is_of_platform: Option<bool>,
}

impl<'de> Take<'de> for OfSpans<'_> {
    fn members<A: MapAccess<'de>>(self, members: A) -> Result<Found, A::Error> {
        no_object(members)
    }

    fn items<A: SeqAccess<'de>>(self, mut items: A) -> Result<Found, A::Error> {
        let known = (self.resource.copied(), self.is_of_platform);
        let mut index = 0u32;
        loop {
            let mut budget = self.reader.budget();
            let Some(value) = items.next_element_seed(Bounded(&mut budget))? else {
                return Ok(Found::Taken);
            };
            let holder = Holder::Span(self.at.0, self.at.1, index);
            let place = self.reader.place(holder);
            if self.reader.is_within(&budget, place) {
                self.reader.span(&value, place, Spelling::Otlp, known);
            }
            index = index.saturating_add(1);
        }
    }
}
