//! Judges spans one by one as they stream, and keeps a record of each.

use super::attributes::{self, Attribute};
use super::identity::{Spelling, has_ids, identity, parts};
use super::keys::{self, KeySet, Origin};
use super::owner::{self, Owner, Owners};
use super::place::{Holder, Place, Violations, beyond};
use super::private::{Canaries, Private};
use super::spans::Spans;
use super::tree::{self, Record};
use super::value::{Budget, kind};
use provision_core::Finding;
use provision_core::codes::{RecordedCode, SpanCode};
use provision_core::text::inert;
use serde_json::Value;
use std::sync::Arc;

/// Spans that are compared with each other.
pub(crate) const SPANS: usize = 4_000_000;
/// Members that are there twice, and listed, at most.
const DOUBLED: usize = 20;
/// Bytes that one span, resource or scope may take.
const BYTES: usize = 4 * 1024 * 1024;

/// What is known of the resource of spans.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Resource {
    given: KeySet,
    owner: Owner,
}

/// Reads spans.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    most: usize,
    pub(super) spans: Spans,
    records: Vec<Record>,
    owners: Owners,
    private: Private,
    /// Spans without an id: defects only if others have one.
    without_ids: Violations,
    /// The documents that began.
    documents: u32,
    is_otlp: bool,
}

impl Reader {
    /// A reader that compares at most `most` spans, and searches for `canaries`.
    pub(crate) fn new(most: usize, canaries: Arc<Canaries>) -> Self {
        Self {
            most,
            private: Private::new(canaries),
            ..Self::default()
        }
    }

    /// Begins a document.
    pub(crate) fn document(&mut self) {
        self.documents = self.documents.saturating_add(1);
    }

    pub(super) fn place(&self, holder: Holder) -> Place {
        let document = self.documents.saturating_sub(1);
        Place { document, holder }
    }

    /// The budget of one span, resource or scope.
    pub(super) fn budget(&self) -> Budget {
        Budget::new(BYTES)
    }

    /// Notes that an object at `place` has the member `name` twice.
    pub(super) fn doubled(&mut self, place: Place, name: String) {
        if self.spans.doubled.len() < DOUBLED {
            let at = place.shown("");
            let found = format!("two members `{}`", inert(&name, 80));
            let expected = "objects that have each member once";
            let finding = Finding::new(RecordedCode::Json, at, expected, found);
            self.spans.doubled.push(finding);
        }
    }

    /// Whether `budget` sufficed for the value at `place`; notes it if not, and what the
    /// value has twice.
    pub(super) fn is_within(&mut self, budget: &Budget, place: Place) -> bool {
        if let Some(name) = &budget.doubled {
            self.doubled(place, name.clone());
        }
        if budget.left.is_none() && self.spans.too_large.is_none() {
            let at = place.shown("");
            let expected = format!("a value that takes at most {BYTES} bytes");
            self.spans.too_large = Some(beyond(at, expected, "a larger one"));
        }
        budget.left.is_some()
    }

    /// Notes that something at `place` is of another kind than the format says.
    pub(super) fn shape(&mut self, place: Place, expected: &str, actual: &str) {
        let at = (place, "");
        self.spans.tree.add(SpanCode::Shape, at, expected, actual);
    }

    /// Notes the same of several places.
    pub(super) fn shapes(&mut self, others: Violations) {
        self.spans.tree.append(others);
    }

    /// Marks the recording as OTLP.
    pub(super) fn otlp(&mut self) {
        self.is_otlp = true;
    }

    /// The attributes of the value at `place`; notes what is wrong with their types.
    fn attributes<'v>(
        &mut self,
        value: &'v Value,
        place: Place,
        below: &str,
    ) -> Vec<Attribute<'v>> {
        let (read, wrong) = attributes::read(value);
        for (at, expected, actual) in wrong {
            let at = format!("{below}{at}");
            let code = SpanCode::Attributes;
            self.spans.keys.add(code, (place, &at), expected, actual);
        }
        read
    }

    /// Reads a resource.
    pub(super) fn resource(&mut self, value: &Value, place: Place) -> Resource {
        if !value.is_null() && !value.is_object() {
            self.shape(place, "an object", kind(value));
        }
        self.private.search(value, place);
        let attributes = self.attributes(value, place, "");
        let spans = &mut self.spans;
        super::conventions::unique(&attributes, place, &mut spans.conventions);
        let given = keys::given(&attributes, place, &mut spans.keys);
        let (tenant, defaults) = (&mut spans.tenant, &mut spans.defaults);
        let owner = owner::named(&attributes, place, tenant, defaults);
        Resource { given, owner }
    }

    /// Reads a scope, and says whether it is of the platform.
    pub(super) fn scope(&mut self, value: &Value, place: Place) -> bool {
        if !value.is_null() && !value.is_object() {
            self.shape(place, "an object", kind(value));
        }
        self.private.search(value, place);
        let attributes = self.attributes(value, place, "");
        super::conventions::unique(&attributes, place, &mut self.spans.conventions);
        let name = value.get("name").and_then(Value::as_str);
        keys::is_of_platform(name.unwrap_or_default())
    }

    /// Searches another value of the export for what is private.
    pub(super) fn other(&mut self, value: &Value, place: Place) {
        self.private.search(value, place);
    }

    /// Reads a span, and the record of it. `resource` and `is_of_platform` are those of its
    /// resource and its scope if they came before it.
    pub(super) fn span(
        &mut self,
        value: &Value,
        place: Place,
        spelling: Spelling,
        (resource, is_of_platform): (Option<Resource>, Option<bool>),
    ) {
        if !value.is_object() {
            return self.shape(place, "a span, which is an object", kind(value));
        }
        self.spans.count += 1;
        self.private.search(value, place);
        let attributes = self.attributes(value, place, "");
        for list in ["events", "links"] {
            let items = value.get(list).and_then(Value::as_array);
            for (index, item) in items.into_iter().flatten().enumerate() {
                self.attributes(item, place, &format!("/{list}/{index}"));
            }
        }
        let spans = &mut self.spans;
        let given = keys::given(&attributes, place, &mut spans.keys);
        let (tenant, defaults) = (&mut spans.tenant, &mut spans.defaults);
        let owner = owner::named(&attributes, place, tenant, defaults);
        super::conventions::judge(value, &attributes, place, &mut spans.conventions);
        parts(value, place, &mut spans.tree);
        let identity = identity(value, spelling, place, &mut spans.tree);
        if has_ids(value, spelling) {
            spans.with_ids += 1;
        } else if spelling == Spelling::Exported {
            let expected = "ids, as other spans have";
            let wrong = &mut self.without_ids;
            wrong.add(SpanCode::Id, (place, ""), expected, "none");
        }
        let record = Record {
            identity,
            place,
            owner: self.owners.number(owner),
            given,
            origin: keys::origin(&attributes),
        };
        if self.records.len() < self.most {
            self.records.push(record);
        } else {
            self.beyond_most(record, resource, is_of_platform);
        }
    }

    /// Judges a span of which no record is kept.
    fn beyond_most(
        &mut self,
        record: Record,
        resource: Option<Resource>,
        is_of_platform: Option<bool>,
    ) {
        let at = || record.place.shown("");
        let expected = || format!("at most {} spans in a recording", self.most);
        if self.spans.too_many.is_none() {
            let actual = "more; those from here on are not compared with others";
            self.spans.too_many = Some(beyond(at(), expected(), actual));
        }
        match (resource, is_of_platform) {
            (Some(resource), Some(is_of_platform)) => {
                self.complete(record, resource, is_of_platform);
            }
            _ => {
                let actual = "more, and the resource or the scope follows its spans";
                let why = beyond(at(), expected(), actual);
                self.spans.without_resource.get_or_insert(why);
            }
        }
    }

    /// The number of records.
    pub(super) fn kept(&self) -> usize {
        self.records.len()
    }

    /// Ends the spans of a scope, whose records begin at `from`.
    pub(super) fn end_scope(&mut self, from: usize, is_of_platform: bool) {
        let records = self.records.get_mut(from..).unwrap_or_default();
        for record in records.iter_mut().filter(|r| r.origin == Origin::Unknown) {
            record.origin = if is_of_platform {
                Origin::Platform
            } else {
                Origin::Library
            };
        }
    }

    /// Ends the spans of a resource, whose records begin at `from`.
    pub(super) fn end_resource(&mut self, from: usize, resource: Resource) {
        for index in from..self.records.len() {
            let Some(mut record) = self.records.get(index).copied() else {
                continue;
            };
            let owner = self.owners.get(record.owner).or(resource.owner);
            record.owner = self.owners.number(owner);
            if let Some(kept) = self.records.get_mut(index) {
                *kept = record;
            }
            self.complete(record, resource, true);
        }
    }

    /// Judges whether a span has all keys that it needs.
    fn complete(&mut self, record: Record, resource: Resource, is_of_platform: bool) {
        let counts = match record.origin {
            Origin::Platform => true,
            Origin::Library => false,
            Origin::Unknown => is_of_platform,
        };
        if counts {
            self.spans.of_platform += 1;
            let given = record.given.or(resource.given);
            keys::complete(given, record.place, &mut self.spans.keys);
        }
    }

    /// Ends the recording; `None` if it has no spans and no place for any.
    pub(crate) fn finish(mut self) -> Option<Spans> {
        if !self.is_otlp && self.spans.count == 0 {
            return None;
        }
        let mut spans = self.spans;
        if spans.with_ids > 0 {
            spans.tree.append(self.without_ids);
        }
        let trees = tree::judge(&mut self.records, &self.owners);
        spans.with_tenant = trees.owned;
        spans.tree.append(trees.tree);
        spans.nested.append(trees.nested);
        spans.tenant.append(trees.tenant);
        spans.private.append(self.private.found);
        spans.unsearched = self.private.unsearched;
        Some(spans)
    }
}
