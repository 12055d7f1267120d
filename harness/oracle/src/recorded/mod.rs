//! Recordings: what runners and collectors wrote about flows that ran. A recording is a
//! stream of any length, and is observed in bounded memory.

mod case;
mod document;
mod judge;
mod source;

pub use case::Runs;
use document::Documents;
pub use judge::{judge, verdict};
use provision_core::Finding;
use source::{HashingReader, ReadFailure};
use std::fmt;
use std::io::{BufReader, Read};

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
}

/// The format of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// A synthetic case: runs with events.
    Case,
}

impl Format {
    /// The format in words, with an article.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Case => "a synthetic case",
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
        }
    }

    /// The number of events, steps and spans that were read.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.runs.events
    }
}

/// Observes the recording that `input` gives.
#[must_use]
pub fn observe(input: impl Read) -> Recording {
    let mut source = HashingReader::new(input);
    let mut documents = Documents::default();
    let read = documents.read(BufReader::with_capacity(CHUNK, &mut source));
    let bytes = source.count();
    let defect = match source.failure() {
        Some(ReadFailure(why)) => Some(document::unread(why)),
        None => read.err(),
    };
    let Documents { format, runs } = documents;
    Recording {
        digest: source.digest(defect.is_none()),
        bytes,
        format,
        defect,
        runs,
    }
}
