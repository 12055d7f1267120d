//! [`CaseIds`]: the ids that a case has to keep apart.

use super::judged::Log;
use super::uniques::{Keys, Spill, Uniques};
use provision_core::Finding;
use provision_core::codes::RecordedCode;
use std::collections::BTreeSet;
use std::fmt;
use std::io;

/// Runs with a session of another tenant's that are kept before the first ones are listed.
const LISTED: usize = super::judged::LISTED;

/// What the runs of a case have to keep apart, over all of its events.
pub(super) struct CaseIds<'s> {
    keys: Keys,
    /// The ids of state writes.
    writes: Uniques,
    /// The ids of sessions, each with its tenant.
    sessions: Uniques,
    spill: &'s mut dyn Spill,
    /// Why the machine cannot keep more.
    pub(super) failure: Option<String>,
}

impl fmt::Debug for CaseIds<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CaseIds")
    }
}

impl<'s> CaseIds<'s> {
    pub(super) fn new(spill: &'s mut dyn Spill, in_memory: usize) -> Self {
        Self {
            keys: Keys::new(),
            writes: Uniques::new(in_memory),
            sessions: Uniques::new(in_memory),
            spill,
            failure: None,
        }
    }

    /// The fingerprint of the id of a state write.
    pub(super) fn id(&self, text: &str) -> [u64; 2] {
        self.keys.id(text)
    }

    pub(super) fn write(&mut self, id: [u64; 2], place: (u64, u64)) {
        let added = self.writes.add(id, 0, place, self.spill);
        self.note(added);
    }

    pub(super) fn session(&mut self, session: &str, tenant: &str, run: u64) {
        let (id, owner) = (self.keys.id(session), self.keys.owner(tenant));
        let added = self.sessions.add(id, owner, (run, 0), self.spill);
        self.note(added);
    }

    fn note(&mut self, result: io::Result<()>) {
        if let Err(e) = result {
            self.failure
                .get_or_insert_with(|| format!("the ids of a case cannot be kept: {e}"));
        }
    }

    /// Ends a case: what it keeps apart is judged, and forgotten.
    pub(super) fn end(&mut self, log: &mut Log) {
        let mut again = Places::default();
        let resolved = self.writes.resolve(self.spill, |first, other| {
            again.add((other.run, other.event), (first.run, first.event));
        });
        self.note(resolved);
        let mut shared = Places::default();
        let resolved = self.sessions.resolve(self.spill, |first, other| {
            if first.owner != other.owner {
                shared.add((other.run, 0), (first.run, 0));
            }
        });
        self.note(resolved);
        let cleared = self.spill.clear();
        self.note(cleared);
        for ((run, event), (first_run, first)) in again.listed {
            let at = log.at(format_args!("/runs/{run}/events/{event}/trace_id"));
            log.outcomes.once.violate(|| {
                let same = format!("the id of /runs/{first_run}/events/{first}");
                Finding::new(RecordedCode::Repeated, at, "an id of its own", same)
            });
        }
        log.outcomes.once.violate_more(again.more);
        for ((run, _), (first, _)) in shared.listed {
            let at = log.at(format_args!("/runs/{run}/session_id"));
            log.outcomes.isolation.violate(|| {
                let same = format!("the session of /runs/{first}, which is another tenant's");
                Finding::new(
                    RecordedCode::Tenant,
                    at,
                    "a session of the run's tenant alone",
                    same,
                )
            });
        }
        log.outcomes.isolation.violate_more(shared.more);
    }
}

/// A place, and the first place of the same id.
type Pair = ((u64, u64), (u64, u64));

/// The first places of some: they come in the order of fingerprints, which is another one
/// in each run.
#[derive(Default)]
struct Places {
    listed: BTreeSet<Pair>,
    more: u64,
}

impl Places {
    fn add(&mut self, place: (u64, u64), first: (u64, u64)) {
        self.listed.insert((place, first));
        if self.listed.len() > LISTED {
            self.listed.pop_last();
            self.more += 1;
        }
    }
}
