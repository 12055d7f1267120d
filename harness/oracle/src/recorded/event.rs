//! An event of a synthetic case.

use super::ids::CaseIds;
use super::judged::Log;
use super::members::{Members, Scalar, ScalarSeed};
use super::tenants::Tenants;
use provision_core::Finding;
use provision_core::codes::RecordedCode;
use serde::de::MapAccess;
use std::fmt::Display;

/// What an event says. It is used for one event after the other.
#[derive(Debug, Default)]
pub(super) struct Event {
    is_object: bool,
    sequence: Known<u64>,
    is_write: Known<bool>,
    tenant: Known<()>,
    tenant_text: String,
    trace: Known<()>,
    trace_text: String,
}

/// What is known of the events of a run.
#[derive(Default)]
pub(super) struct Events {
    pub(super) is_there: bool,
    pub(super) count: u64,
    /// The number of the event before, if it has one.
    pub(super) previous: Option<u64>,
    pub(super) writes: u64,
    /// Whether the kind of an event is unknown.
    pub(super) unknown_kind: bool,
    pub(super) tenants: Tenants,
}

/// A member: absent, of a wrong type, or there.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Known<T> {
    #[default]
    Absent,
    Wrong,
    Is(T),
}

impl Event {
    /// Nothing is known.
    pub(super) fn clear(&mut self) {
        self.is_object = true;
        self.sequence = Known::Absent;
        self.is_write = Known::Absent;
        self.tenant = Known::Absent;
        self.trace = Known::Absent;
    }

    /// Judges the event at `place`, a run and a number.
    pub(super) fn judge(
        &self,
        place: (u64, u64),
        log: &mut Log,
        ids: &mut CaseIds<'_>,
        events: &mut Events,
    ) {
        let (run, number) = place;
        if !self.is_object {
            events.previous = None;
            events.unknown_kind = true;
            return;
        }
        let absent = |is: bool, name: &str, what: &str, log: &mut Log| {
            if is {
                log.missing(format_args!("/runs/{run}/events/{number}/{name}"), what);
            }
        };
        absent(
            self.sequence == Known::Absent,
            "sequence",
            "the number of the event",
            log,
        );
        absent(
            self.is_write == Known::Absent,
            "kind",
            "the kind of the event",
            log,
        );
        absent(
            self.tenant == Known::Absent,
            "tenant_id",
            "the tenant of the event",
            log,
        );
        self.order(place, log, events);
        if self.tenant == Known::Is(()) {
            log.outcomes.isolation.examine();
            events.tenants.add(&self.tenant_text, number);
        } else {
            let why = || format!("/runs/{run}/events/{number} names no tenant");
            log.outcomes.isolation.leave(why);
        }
        match self.is_write {
            Known::Is(true) => {
                events.writes += 1;
                self.write(place, log, ids);
            }
            Known::Is(false) => {}
            Known::Absent | Known::Wrong => events.unknown_kind = true,
        }
    }

    /// The number is one more than that of the event before.
    fn order(&self, (run, number): (u64, u64), log: &mut Log, events: &mut Events) {
        let Known::Is(sequence) = self.sequence else {
            events.previous = None;
            let why = || format!("/runs/{run}/events/{number} has no number");
            log.outcomes.order.leave(why);
            return;
        };
        log.outcomes.order.examine();
        if let Some(previous) = events.previous
            && previous.checked_add(1) != Some(sequence)
        {
            let at = log.at(format_args!("/runs/{run}/events/{number}/sequence"));
            log.outcomes.order.violate(|| {
                let next = previous.checked_add(1).map(|next| next.to_string());
                let expected = next.unwrap_or_else(|| format!("no event after {previous}"));
                Finding::new(RecordedCode::Order, at, expected, sequence.to_string())
            });
        }
        events.previous = Some(sequence);
    }

    /// A state write has an id that no other one of the case has.
    fn write(&self, place: (u64, u64), log: &mut Log, ids: &mut CaseIds<'_>) {
        let (run, number) = place;
        let is_blank = match self.trace {
            Known::Wrong => {
                let why = || format!("the id of /runs/{run}/events/{number} is unknown");
                log.outcomes.once.leave(why);
                return;
            }
            Known::Absent => true,
            Known::Is(()) => self.trace_text.trim().is_empty(),
        };
        log.outcomes.once.examine();
        if is_blank {
            let at = log.at(format_args!("/runs/{run}/events/{number}/trace_id"));
            log.outcomes.once.violate(|| {
                let expected = "an id, that distinguishes a second write from the first";
                let found = match self.trace {
                    Known::Is(()) => "a blank text",
                    Known::Absent | Known::Wrong => "none",
                };
                Finding::new(RecordedCode::Repeated, at, expected, found)
            });
        } else {
            ids.write(ids.id(&self.trace_text), place);
        }
    }
}

/// Reads an event.
pub(super) struct EventMembers<'e> {
    pub(super) log: &'e mut Log,
    pub(super) run: u64,
    pub(super) number: u64,
    pub(super) event: &'e mut Event,
}

impl EventMembers<'_> {
    fn wrong(&mut self, name: impl Display, expected: &str, found: Scalar<'_>) {
        let at = format!("/runs/{}/events/{}{name}", self.run, self.number);
        self.log.wrong(at, expected, found.words());
    }
}

/// Takes `value` into `text` if it is a text.
fn text(value: Scalar<'_>, text: &mut String) -> Known<()> {
    let Scalar::Text(value) = value else {
        return Known::Wrong;
    };
    text.clear();
    text.push_str(value);
    Known::Is(())
}

impl Members for EventMembers<'_> {
    const NAMES: &'static [&'static str] = &["sequence", "kind", "tenant_id", "trace_id"];

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        name: &'static str,
        members: &mut A,
    ) -> Result<(), A::Error> {
        members.next_value_seed(ScalarSeed(|value: Scalar<'_>| {
            let event = &mut *self.event;
            match (name, value) {
                ("sequence", Scalar::Count(number)) => event.sequence = Known::Is(number),
                ("sequence", other) => {
                    event.sequence = Known::Wrong;
                    self.wrong("/sequence", "a whole number", other);
                }
                ("kind", Scalar::Text(kind)) => event.is_write = Known::Is(kind == "state_write"),
                ("kind", other) => {
                    event.is_write = Known::Wrong;
                    self.wrong("/kind", "a text", other);
                }
                ("tenant_id", value) => {
                    event.tenant = text(value, &mut event.tenant_text);
                    if event.tenant == Known::Wrong {
                        self.wrong("/tenant_id", "a text", value);
                    }
                }
                (_, value) => {
                    event.trace = text(value, &mut event.trace_text);
                    if event.trace == Known::Wrong {
                        self.wrong("/trace_id", "a text", value);
                    }
                }
            }
        }))
    }

    fn doubled(&mut self, name: &'static str) {
        self.log.doubled(
            format_args!("/runs/{}/events/{}", self.run, self.number),
            name,
        );
    }

    fn other(&mut self, found: Scalar<'_>) {
        self.event.is_object = false;
        self.wrong("", "an event, an object", found);
    }
}
