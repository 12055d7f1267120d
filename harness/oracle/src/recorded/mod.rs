//! Recordings: what runners and collectors wrote about flows that ran. A recording is a
//! stream of any length, and is observed in bounded memory.

mod case;
mod document;
mod judge;
mod source;
mod span;

pub use case::Runs;
use document::Documents;
pub use judge::{judge, verdict};
use provision_core::Finding;
use source::{HashingReader, ReadFailure};
pub(crate) use span::Part;
pub use span::{Canaries, Spans};
use std::fmt;
use std::io::{BufReader, Read};
use std::sync::Arc;

/// Bytes that are read at once.
const CHUNK: usize = 256 * 1024;

/// Everything that was observed of one recording.
#[derive(Debug)]
pub struct Recording {
    /// Lower-case hex SHA-256 of its bytes; empty if it could not be read to its end.
    pub digest: String,
    /// Its bytes.
    pub bytes: u64,
    /// What it is; `None` if its bytes do not show it.
    pub format: Option<Format>,
    /// Why it could not be read to its end.
    pub defect: Option<Finding>,
    /// The runs of a synthetic case.
    pub runs: Runs,
    /// The spans of an export.
    pub spans: Option<Spans>,
    /// Values that no finding may show.
    pub(crate) canaries: Arc<Canaries>,
}

/// What is known of recordings before they are read, and their bounds.
#[derive(Debug, Clone)]
pub struct Known {
    /// Values that no recording may show.
    pub canaries: Arc<Canaries>,
    /// Spans that are compared with each other.
    pub spans: usize,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            canaries: Arc::default(),
            spans: span::SPANS,
        }
    }
}

/// The format of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// A synthetic case: runs with events.
    Case,
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
    pub fn unread(why: String) -> Self {
        Self {
            digest: String::new(),
            bytes: 0,
            format: None,
            defect: Some(document::unread(why)),
            runs: Runs::default(),
            spans: None,
            canaries: Arc::default(),
        }
    }

    /// The number of events, steps and spans that were read.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.runs.events + self.spans.as_ref().map_or(0, |spans| spans.count)
    }
}

/// Observes the recording that `input` gives.
#[must_use]
pub fn observe(input: impl Read) -> Recording {
    observe_knowing(input, &Known::default())
}

/// Observes the recording that `input` gives, with what is `known`.
#[must_use]
pub fn observe_knowing(input: impl Read, known: &Known) -> Recording {
    let mut source = HashingReader::new(input);
    let mut documents = Documents {
        spans: span::Reader::new(known.spans, known.canaries.clone()),
        ..Documents::default()
    };
    let read = documents.read(BufReader::with_capacity(CHUNK, &mut source));
    let bytes = source.count();
    let defect = match source.failure() {
        Some(ReadFailure(why)) => Some(document::unread(why)),
        None => read.err(),
    };
    let Documents {
        format,
        runs,
        spans,
    } = documents;
    Recording {
        digest: source.digest(defect.is_none()),
        bytes,
        format,
        defect,
        runs,
        spans: spans.finish(),
        canaries: known.canaries.clone(),
    }
}
