//! Recordings: what runners and collectors wrote about flows that ran. A recording is a
//! stream of any length, and is observed in bounded memory.

mod aids;
mod case;
mod compact;
mod document;
mod event;
mod fault;
mod fault_case;
mod field;
mod format;
mod guard;
mod ids;
mod judge;
mod judged;
mod members;
mod named;
mod pack;
mod replay;
mod source;
mod span;
mod step;
mod tenants;
mod trace;
mod uniques;

pub use aids::Aids;
use document::Documents;
pub use format::Format;
use ids::CaseIds;
pub use judge::{judge, verdict};
pub use judged::{Judged, Outcomes};
pub use pack::PackFacts;
use provision_core::Finding;
pub use replay::Replay;
use source::Source;
pub(crate) use span::Part;
pub use span::{Canaries, Spans};
use std::collections::BTreeSet;
use std::io::{BufReader, Read};
use std::sync::Arc;
pub use uniques::{IN_MEMORY, Spill};

/// Bytes that are read at once.
const CHUNK: usize = 256 * 1024;

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
