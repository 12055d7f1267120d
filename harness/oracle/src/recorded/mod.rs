//! Recordings: what runners and collectors wrote about flows that ran. A recording is a
//! stream of any length, and is observed in bounded memory.

mod case;
mod compact;
mod document;
mod event;
mod fault;
mod fault_case;
mod field;
mod guard;
mod judge;
mod judged;
mod members;
mod pack;
mod replay;
mod source;
mod span;
mod step;
mod tenants;
mod trace;
mod uniques;

use case::CaseIds;
use document::Documents;
pub use judge::{judge, verdict};
pub use judged::{Judged, Outcomes};
pub use pack::PackFacts;
use provision_core::Finding;
pub use replay::Replay;
use source::Source;
pub(crate) use span::Part;
pub use span::{Canaries, Spans};
use std::collections::BTreeSet;
use std::fmt;
use std::io::{BufReader, Read};
use std::sync::Arc;
pub use uniques::{IN_MEMORY, Spill};

/// Bytes that are read at once.
const CHUNK: usize = 256 * 1024;

/// What is known besides a recording.
#[derive(Debug)]
pub struct Aids<'a> {
    /// The pack whose flows ran.
    pub pack: Option<&'a PackFacts>,
    /// What runs recorded steps again.
    pub replay: Option<Replay<'a>>,
    /// Ids of a case that are kept in memory, at least one. More are written out.
    pub in_memory: usize,
    /// Values that no recording may show.
    pub canaries: Arc<Canaries>,
    /// Spans that are compared with each other.
    pub spans: usize,
}

impl Default for Aids<'_> {
    fn default() -> Self {
        Self {
            pack: None,
            replay: None,
            in_memory: IN_MEMORY,
            canaries: Arc::default(),
            spans: span::SPANS,
        }
    }
}

/// Everything that was observed of one recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// Lower-case hex SHA-256 of its bytes; empty if it could not be read to its end.
    pub digest: String,
    /// Its bytes; 0 if it could not be read to its end.
    pub bytes: u64,
    /// What its documents are.
    pub formats: BTreeSet<Format>,
    /// Why it could not be read to its end.
    pub defect: Option<Finding>,
    /// The number of events, steps, fault cases and spans that were read.
    pub entries: u64,
    /// What was judged while it was read.
    pub outcomes: Outcomes,
    /// Whether steps were run again.
    pub is_replayed: bool,
    /// The spans of an export.
    pub spans: Option<Spans>,
    /// Values that no finding may show.
    pub(crate) canaries: Arc<Canaries>,
}

/// The format of a document of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// A synthetic case: runs with events.
    Case,
    /// A trace of the runner: the steps of a flow.
    Trace,
    /// Fault cases, or what came of them.
    Faults,
    /// Spans in the JSON encoding of OTLP.
    Otlp,
    /// Spans as the runner exports them.
    Spans,
}

impl Format {
    /// The format in words, with an article.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Case => "a synthetic case",
            Self::Trace => "a trace of the runner",
            Self::Faults => "fault cases",
            Self::Otlp => "spans in OTLP JSON",
            Self::Spans => "exported spans",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Recording {
    /// A recording that the machine cannot read, because of `why`.
    #[must_use]
    pub fn unread(why: &str) -> Self {
        Self {
            digest: String::new(),
            bytes: 0,
            formats: BTreeSet::new(),
            defect: Some(source::unread(why)),
            entries: 0,
            outcomes: Outcomes::default(),
            is_replayed: false,
            spans: None,
            canaries: Arc::default(),
        }
    }

    /// The formats of its documents in words; `None` if none is known.
    #[must_use]
    pub fn format(&self) -> Option<String> {
        let names: Vec<&str> = self.formats.iter().map(|format| format.name()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// Whether its documents are exports of spans, and nothing else.
    #[must_use]
    pub fn is_of_spans(&self) -> bool {
        let is_of_spans = |format: &Format| matches!(format, Format::Otlp | Format::Spans);
        !self.formats.is_empty() && self.formats.iter().all(is_of_spans)
    }

    /// Whether a document is of this format.
    #[must_use]
    pub fn has(&self, format: Format) -> bool {
        self.formats.contains(&format)
    }
}

/// Observes the recording that `input` gives. What does not fit into memory goes to `spill`.
#[must_use]
pub fn observe(input: impl Read, aids: &Aids<'_>, spill: &mut dyn Spill) -> Recording {
    let mut source = Source::new(input);
    let mut documents = Documents::new(aids, CaseIds::new(spill, aids.in_memory));
    let read = documents.read(BufReader::with_capacity(CHUNK, &mut source));
    let Documents {
        mut log,
        ids,
        formats,
        spans,
        ..
    } = documents;
    let failure = ids.failure.as_deref().map(source::unread);
    let defect = failure.or_else(|| source.failure()).or_else(|| read.err());
    let spans = spans.finish();
    if let Some(spans) = &spans {
        let may_lack = defect.is_some() || log.entries > 0;
        for defect in spans.defects(may_lack) {
            log.outcomes.shape.violate(|| defect);
        }
        log.entries += spans.count;
    }
    Recording {
        bytes: if defect.is_none() { source.count() } else { 0 },
        digest: source.digest(defect.is_none()),
        formats,
        defect,
        entries: log.entries,
        outcomes: log.outcomes,
        is_replayed: aids.replay.is_some(),
        spans,
        canaries: aids.canaries.clone(),
    }
}
