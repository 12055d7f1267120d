//! Synthetic cases: runs with events.

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, SeqAccess, Visitor};
use std::fmt;

/// What the runs of a case contain.
#[derive(Debug, Default)]
pub struct Runs {
    /// The number of runs.
    pub runs: u64,
    /// The number of events, over all runs.
    pub events: u64,
    /// The runs without events, by position from 0.
    pub empty: Vec<u64>,
}

/// Places that are listed of one kind of defect, at most.
const MOST: usize = 100;

/// Reads the array `runs`.
pub(super) struct RunsSeed<'r>(pub(super) &'r mut Runs);

impl<'de> DeserializeSeed<'de> for RunsSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for RunsSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of runs")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let runs = self.0;
        while let Some(run) = items.next_element::<Run>()? {
            let events = run.events.map_or(0, |events| events.len() as u64);
            if events == 0 && runs.empty.len() < MOST {
                runs.empty.push(runs.runs);
            }
            runs.runs += 1;
            runs.events += events;
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Run {
    events: Option<Vec<IgnoredAny>>,
}
