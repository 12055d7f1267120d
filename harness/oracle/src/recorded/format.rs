//! [`Format`]: what a document of a recording is.

use std::fmt;

/// The format of a document of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// A synthetic case: runs with events.
    Case,
    /// A trace of the runner: the steps of a flow.
    Trace,
    /// Fault cases, or their results.
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
