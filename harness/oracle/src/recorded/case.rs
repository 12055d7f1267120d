//! Synthetic cases: runs with events.

use super::event::{Event, EventMembers, Events};
use super::ids::CaseIds;
use super::judged::{Log, keep, quoted};
use super::members::{ArraySeed, Items, Members, ObjectSeed, Scalar, ScalarSeed};
use provision_core::Finding;
use provision_core::codes::RecordedCode;
use provision_core::text::counted;
use serde::de::{MapAccess, SeqAccess};

/// Reads the array `runs`.
pub(super) struct Runs<'r, 's> {
    pub(super) log: &'r mut Log,
    pub(super) ids: &'r mut CaseIds<'s>,
    pub(super) count: u64,
}

impl Runs<'_, '_> {
    /// Judges what the runs have in common.
    pub(super) fn end(self) {
        if self.count == 0 {
            let at = self.log.at("/runs");
            let finding = || Finding::new(RecordedCode::Empty, at, "at least one run", "none");
            self.log.outcomes.shape.violate(finding);
        }
        self.ids.end(self.log);
    }
}

impl Items for Runs<'_, '_> {
    fn read<'de, A: SeqAccess<'de>>(&mut self, items: &mut A) -> Result<bool, A::Error> {
        let mut run = Run {
            log: &mut *self.log,
            ids: &mut *self.ids,
            number: self.count,
            is_object: true,
            tenant: None,
            session: None,
            snapshot: Snapshot::default(),
            events: Events::default(),
            event: Event::default(),
        };
        if items.next_element_seed(ObjectSeed(&mut run))?.is_none() {
            return Ok(false);
        }
        run.end();
        self.count += 1;
        Ok(true)
    }

    fn other(&mut self, found: Scalar<'_>) {
        self.log.wrong("/runs", "an array of runs", found.words());
        self.count = 1;
    }
}

struct Run<'r, 's> {
    log: &'r mut Log,
    ids: &'r mut CaseIds<'s>,
    number: u64,
    is_object: bool,
    tenant: Option<String>,
    session: Option<String>,
    snapshot: Snapshot,
    events: Events,
    /// The event that is read. It keeps its memory from event to event.
    event: Event,
}

#[derive(Default)]
struct Snapshot {
    is_there: bool,
    is_null: bool,
    /// Why its members are unknown, or what is wrong with them.
    is_unknown: bool,
    bytes: Option<u64>,
    has_writer: Option<bool>,
}

impl Members for Run<'_, '_> {
    const NAMES: &'static [&'static str] = &["tenant_id", "session_id", "events", "state_snapshot"];

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        name: &'static str,
        members: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "events" => {
                self.events.is_there = true;
                members.next_value_seed(ArraySeed(self))
            }
            "state_snapshot" => {
                self.snapshot.is_there = true;
                members.next_value_seed(ObjectSeed(&mut SnapshotMembers(self)))
            }
            _ => {
                let (log, number) = (&mut *self.log, self.number);
                let text = members.next_value_seed(ScalarSeed(|value: Scalar<'_>| {
                    let mut kept = String::new();
                    match value {
                        Scalar::Text(text) => keep(text, &mut kept),
                        other => {
                            log.wrong(
                                format_args!("/runs/{number}/{name}"),
                                "a text",
                                other.words(),
                            );
                        }
                    }
                    kept
                }))?;
                match name {
                    "tenant_id" => self.tenant = Some(text),
                    _ => self.session = Some(text),
                }
                Ok(())
            }
        }
    }

    fn doubled(&mut self, name: &'static str) {
        self.log
            .doubled(format_args!("/runs/{}", self.number), name);
    }

    fn other(&mut self, found: Scalar<'_>) {
        self.is_object = false;
        self.log.wrong(
            format_args!("/runs/{}", self.number),
            "a run, an object",
            found.words(),
        );
    }
}

impl Items for Run<'_, '_> {
    fn read<'de, A: SeqAccess<'de>>(&mut self, items: &mut A) -> Result<bool, A::Error> {
        let mut event = EventMembers {
            log: &mut *self.log,
            run: self.number,
            number: self.events.count,
            event: &mut self.event,
        };
        event.event.clear();
        if items.next_element_seed(ObjectSeed(&mut event))?.is_none() {
            return Ok(false);
        }
        let place = (self.number, self.events.count);
        self.event
            .judge(place, self.log, self.ids, &mut self.events);
        self.events.count += 1;
        self.log.entries += 1;
        Ok(true)
    }

    fn other(&mut self, found: Scalar<'_>) {
        let at = format!("/runs/{}/events", self.number);
        self.log.wrong(at, "an array of events", found.words());
        self.events.unknown_kind = true;
        self.events.count = 1;
    }
}

impl Run<'_, '_> {
    fn end(&mut self) {
        if !self.is_object {
            return;
        }
        let at = format!("/runs/{}", self.number);
        if self.tenant.is_none() {
            self.log
                .missing(format_args!("{at}/tenant_id"), "the tenant of the run");
        }
        if self.session.is_none() {
            self.log
                .missing(format_args!("{at}/session_id"), "the session of the run");
        }
        if !self.events.is_there {
            self.log
                .missing(format_args!("{at}/events"), "the events of the run");
        } else if self.events.count == 0 {
            let at = self.log.at(format_args!("{at}/events"));
            let finding = || Finding::new(RecordedCode::Empty, at, "at least one event", "none");
            self.log.outcomes.shape.violate(finding);
        }
        self.isolation(&at);
        self.state(&at);
    }

    /// The events of the run are its tenant's, and so is its session.
    fn isolation(&mut self, at: &str) {
        let Some(tenant) = self.tenant.as_deref() else {
            let why = || format!("the run at {at} names no tenant");
            self.log.outcomes.isolation.leave(why);
            return;
        };
        if tenant.trim().is_empty() {
            let at = self.log.at(format_args!("{at}/tenant_id"));
            self.log.outcomes.isolation.violate(|| {
                let expected = "a tenant, from whom others can be kept apart";
                Finding::new(RecordedCode::Tenant, at, expected, "a blank text")
            });
        }
        for foreign in self.events.tenants.foreign(tenant) {
            let at = self
                .log
                .at(format_args!("{at}/events/{}/tenant_id", foreign.first));
            self.log.outcomes.isolation.violate(|| {
                let whose = quoted(&foreign.tenant);
                let found = match foreign.count {
                    1 => whose,
                    n => format!(
                        "{whose}, here and at {} of the run",
                        counted(n - 1, "more event", "more events")
                    ),
                };
                let expected = format!("the tenant of the run, {}", quoted(tenant));
                Finding::new(RecordedCode::Tenant, at, expected, found)
            });
        }
        if let Some(session) = &self.session {
            self.ids.session(session, tenant, self.number);
        }
    }

    /// The run writes state, and its snapshot says what.
    fn state(&mut self, at: &str) {
        let outcome = &mut self.log.outcomes.state;
        outcome.examine();
        if self.events.count == 0 || self.events.unknown_kind {
            outcome.leave(|| format!("what happens in the run at {at} is unknown"));
        } else if self.events.writes == 0 {
            self.lacks(&format!("{at}/events"), "an event `state_write`", "none");
        }
        let at = format!("{at}/state_snapshot");
        let snapshot = &self.snapshot;
        if snapshot.is_unknown {
            self.log
                .outcomes
                .state
                .leave(|| format!("the snapshot at {at} is unknown"));
            return;
        }
        if !snapshot.is_there || snapshot.is_null {
            self.lacks(&at, "the state after the run", "no snapshot");
            return;
        }
        let (bytes, has_writer) = (snapshot.bytes, snapshot.has_writer);
        if bytes == Some(0) {
            self.lacks(&format!("{at}/bytes_written"), "more than no bytes", "0");
        }
        if has_writer == Some(false) {
            self.lacks(
                &format!("{at}/writer"),
                "who wrote the state",
                "a blank text",
            );
        }
    }

    fn lacks(&mut self, at: &str, expected: &str, found: &str) {
        let at = self.log.at(at);
        let finding = || Finding::new(RecordedCode::State, at, expected, found);
        self.log.outcomes.state.violate(finding);
    }
}

struct SnapshotMembers<'m, 'r, 's>(&'m mut Run<'r, 's>);

impl SnapshotMembers<'_, '_, '_> {
    fn at(&self, name: &str) -> String {
        format!("/runs/{}/state_snapshot/{name}", self.0.number)
    }
}

impl Members for SnapshotMembers<'_, '_, '_> {
    const NAMES: &'static [&'static str] = &["writer", "bytes_written"];

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        name: &'static str,
        members: &mut A,
    ) -> Result<(), A::Error> {
        let at = self.at(name);
        let run = &mut *self.0;
        members.next_value_seed(ScalarSeed(|value: Scalar<'_>| match (name, value) {
            ("writer", Scalar::Text(text)) => {
                run.snapshot.has_writer = Some(!text.trim().is_empty());
            }
            ("bytes_written", Scalar::Count(count)) => run.snapshot.bytes = Some(count),
            (name, other) => {
                run.snapshot.is_unknown = true;
                let expected = match name {
                    "writer" => "a text",
                    _ => "a number of bytes",
                };
                run.log.wrong(at, expected, other.words());
            }
        }))
    }

    fn doubled(&mut self, name: &'static str) {
        let at = format!("/runs/{}/state_snapshot", self.0.number);
        self.0.log.doubled(at, name);
    }

    fn other(&mut self, found: Scalar<'_>) {
        if found == Scalar::Null {
            self.0.snapshot.is_null = true;
            return;
        }
        self.0.snapshot.is_unknown = true;
        let at = format!("/runs/{}/state_snapshot", self.0.number);
        self.0.log.wrong(at, "an object or null", found.words());
    }
}
