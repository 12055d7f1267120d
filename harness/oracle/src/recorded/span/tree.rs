//! The trees that spans make up, and whose they are. A recording is judged as a whole, over
//! all its documents: exporters send the spans of one trace in several batches.

use super::identity::{Identity, Parent};
use super::owner::{Owner, Owners};
use super::place::{Place, Violations};
use provision_core::codes::SpanCode;
use std::collections::BTreeSet;

/// What is kept of a span.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    pub(super) identity: Identity,
    pub(super) place: Place,
    /// The number of its owner.
    pub(super) owner: u32,
    /// The required keys that it has.
    pub(super) given: super::keys::KeySet,
    /// Where its attributes say that it comes from.
    pub(super) origin: super::keys::Origin,
}

/// What is wrong with the trees of a recording.
#[derive(Debug, Default)]
pub(super) struct Trees {
    /// Ids, roots, parents.
    pub(super) tree: Violations,
    /// Children that outlast their parents.
    pub(super) nested: Violations,
    /// Foreign spans in a trace.
    pub(super) tenant: Violations,
    /// The spans that name a tenant.
    pub(super) owned: u64,
}

/// Judges all `records`, whose order does not matter.
pub(super) fn judge(records: &mut Vec<Record>, owners: &Owners) -> Trees {
    let mut trees = Trees::default();
    for record in &*records {
        trees.owned += u64::from(owners.get(record.owner).names[0] != 0);
    }
    // A span without valid ids is reported where it is read.
    records.retain(|r| r.identity.trace != [0; 16] && r.identity.span != 0);
    records.sort_unstable_by_key(|r| (r.identity.trace, r.identity.span, r.place));
    for trace in records.chunk_by(|a, b| a.identity.trace == b.identity.trace) {
        let trace = Trace(trace);
        trace.ids(&mut trees.tree);
        let in_cycle = trace.cycles(&mut trees.tree);
        trace.parents(&in_cycle, owners, &mut trees);
        trace.owners(owners, &mut trees.tenant);
    }
    trees
}

/// The spans of one trace, sorted by id and place.
struct Trace<'r>(&'r [Record]);

impl Trace<'_> {
    /// Spans with an id that another one has before them.
    fn ids(&self, wrong: &mut Violations) {
        for same in self.0.chunk_by(|a, b| a.identity.span == b.identity.span) {
            let Some((first, others)) = same.split_first() else {
                continue;
            };
            for other in others {
                let at = (other.place, first.place);
                let expected = "an id that no other span of the trace has";
                wrong.add_pair(SpanCode::IdTwice, at, expected, "the id of");
            }
        }
    }

    /// The first span with each id.
    fn spans(&self) -> impl Iterator<Item = (usize, &Record)> {
        let is_first = |index: usize, record: &Record| {
            let before = index.checked_sub(1).and_then(|before| self.0.get(before));
            before.is_none_or(|before| before.identity.span != record.identity.span)
        };
        let all = self.0.iter().enumerate();
        all.filter(move |(index, record)| is_first(*index, record))
    }

    /// The first span with the id of `parent`.
    fn position(&self, parent: Parent) -> Option<usize> {
        let span = parent.id()?;
        let at = self.0.partition_point(|r| r.identity.span < span);
        let found = self.0.get(at)?;
        (found.identity.span == span).then_some(at)
    }

    /// The first of the spans without a parent.
    fn root(&self) -> Option<&Record> {
        let roots = self
            .spans()
            .filter(|(_, r)| r.identity.parent == Parent::None);
        roots.map(|(_, r)| r).min_by_key(|r| r.place)
    }

    /// Spans whose parent is missing, which lie outside the time of it, or which should have
    /// one. In a cycle, each span is before its parent somewhere, which follows.
    fn parents(&self, in_cycle: &BTreeSet<usize>, owners: &Owners, trees: &mut Trees) {
        let root = self.root();
        for (index, span) in self.spans() {
            let parent = span.identity.parent;
            if parent == Parent::None {
                if let Some(root) = root.filter(|root| root.place != span.place) {
                    let at = (span.place, root.place);
                    let expected = "one span without a parent in the trace";
                    let actual = "a second one, after";
                    trees.tree.add_pair(SpanCode::Roots, at, expected, actual);
                }
            } else if let Some(parent) = self.position(parent).and_then(|at| self.0.get(at)) {
                // The clocks of two services are two clocks.
                let service = |r: &Record| owners.get(r.owner).service;
                if !in_cycle.contains(&index) && service(span) == service(parent) {
                    times(span, parent, trees);
                }
            } else if parent != Parent::Unknown && !span.identity.may_be_remote {
                let expected = "the parent in the recording, or a parent in another process";
                let actual = "no span of the trace has the id of its parent";
                trees
                    .tree
                    .add(SpanCode::Orphan, (span.place, ""), expected, actual);
            }
        }
    }

    /// Cycles, each at its first span. Returns the spans in them.
    fn cycles(&self, wrong: &mut Violations) -> BTreeSet<usize> {
        let mut members = BTreeSet::new();
        // The number of the walk that reached a span; zero if none has.
        let mut reached = vec![0u32; self.0.len()];
        let mut walk = 0;
        for (start, _) in self.spans() {
            walk += 1;
            let mut next = Some(start);
            while let Some(at) = next {
                let (Some(seen), Some(span)) = (reached.get_mut(at), self.0.get(at)) else {
                    break;
                };
                if *seen == walk {
                    members.extend(self.cycle(at, wrong));
                }
                if *seen != 0 {
                    break;
                }
                *seen = walk;
                next = self.position(span.identity.parent);
            }
        }
        members
    }

    /// Reports the cycle that contains the span at `start`, and returns its members.
    fn cycle(&self, start: usize, wrong: &mut Violations) -> Vec<usize> {
        let parent = |at: &usize| self.position(self.0.get(*at)?.identity.parent);
        let next = |at: &usize| parent(at).filter(|next| *next != start);
        let members: Vec<usize> = std::iter::successors(Some(start), next).collect();
        let places = members.iter().filter_map(|at| self.0.get(*at));
        if let Some(place) = places.map(|span| span.place).min() {
            let expected = "parents that lead to a root";
            let actual = format!("a cycle of {} spans", members.len());
            wrong.add(SpanCode::Cycle, (place, ""), expected, actual);
        }
        members
    }

    /// Spans whose owner is another than that of the trace.
    fn owners(&self, owners: &Owners, wrong: &mut Violations) {
        let mut records: Vec<&Record> = self.0.iter().collect();
        records.sort_unstable_by_key(|r| r.place);
        let root = self.root();
        // The root decides; for what it does not name, the first span that does.
        let decides = |part: usize| {
            let all = root.into_iter().chain(records.iter().copied());
            all.map(|r| (r.place, owners.get(r.owner)))
                .find(|(_, owner)| owner.names[part] != 0)
        };
        let of_trace = [0, 1, 2].map(decides);
        for record in &records {
            let owner = owners.get(record.owner);
            if let Some((code, actual, other)) = foreign(&of_trace, owner) {
                let at = (record.place, other);
                wrong.add_pair(code, at, "one owner of all spans of the trace", actual);
            }
        }
    }
}

/// How `owner` differs from that of its trace.
fn foreign(
    of_trace: &[Option<(Place, Owner)>; 3],
    owner: Owner,
) -> Option<(SpanCode, &'static str, Place)> {
    const PARTS: [(SpanCode, &str); 3] = [
        (SpanCode::Tenant, "another tenant than that of"),
        (SpanCode::Team, "another team than that of"),
        (SpanCode::User, "another user than that of"),
    ];
    let parts = PARTS.iter().zip(of_trace).zip(owner.names);
    let mut differing = parts.filter_map(|(((code, actual), decides), own)| {
        let index = PARTS.iter().position(|(c, _)| c == code)?;
        let (place, other) = decides.as_ref()?;
        let differs = own != 0 && own != other.names[index];
        differs.then_some((*code, *actual, *place))
    });
    differing.next()
}

/// Compares the times of `child` with those of its parent.
///
/// The trace API of OpenTelemetry says that the end of a span has no effect on its children,
/// which may still run and end later, and that a span can become a parent after its end. So
/// an end after the parent's is no defect of a tree. But a child is made from the context of
/// a parent that exists, so it does not start earlier, as far as one clock measures both.
fn times(child: &Record, parent: &Record, trees: &mut Trees) {
    let (inner, outer) = (&child.identity, &parent.identity);
    let are_known = inner.start != 0 && outer.start != 0;
    if !are_known || inner.may_lie_outside || outer.is_producer {
        return;
    }
    let at = (child.place, parent.place);
    if inner.start < outer.start {
        let expected = "a start that is not before that of the parent";
        let actual = "an earlier start than that of";
        trees
            .tree
            .add_pair(SpanCode::BeforeParent, at, expected, actual);
    } else if inner.end > outer.end && outer.end != 0 {
        let expected = "an end that is not after that of the parent";
        let actual = "a later end than that of";
        trees
            .nested
            .add_pair(SpanCode::AfterParent, at, expected, actual);
    }
}
