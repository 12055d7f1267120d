//! What was judged of a requirement while a recording passed: a bounded list of violations,
//! and why some of it could not be judged.

use provision_core::Finding;
use provision_core::codes::RecordedCode;
use provision_core::text::{counted, inert};

/// Violations of one requirement that are listed, at most. The others are counted.
pub(super) const LISTED: usize = 100;
/// Bytes of a name that are kept. A longer one is kept as its beginning and its digest.
const NAME: usize = 256;
const BEGINNING: usize = 160;

/// What was judged of one requirement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// How often it was judged.
    examined: u64,
    found: Vec<Finding>,
    /// Violations that are not listed.
    more: u64,
    /// Why it could not be judged, the first time.
    unknown: Option<String>,
}

impl Judged {
    /// It is judged once more.
    pub(super) fn examine(&mut self) {
        self.examined += 1;
    }

    /// It is violated.
    pub(super) fn violate(&mut self, finding: impl FnOnce() -> Finding) {
        if self.found.len() < LISTED {
            self.found.push(finding());
        } else {
            self.more += 1;
        }
    }

    /// It is violated at more places, which nobody lists.
    pub(super) fn violate_more(&mut self, places: u64) {
        self.more += places;
    }

    /// It cannot be judged.
    pub(super) fn leave(&mut self, why: impl FnOnce() -> String) {
        self.unknown.get_or_insert_with(why);
    }

    /// The number of times that it was judged.
    #[must_use]
    pub fn examined(&self) -> u64 {
        self.examined
    }

    /// The violations, and one finding for those that are not listed.
    #[must_use]
    pub fn violations(&self) -> Vec<Finding> {
        let mut found = self.found.clone();
        if let (Some(last), 1..) = (self.found.last(), self.more) {
            let at = counted(self.more, "more place", "more places");
            let (code, expected) = (last.code.clone(), last.expected.clone());
            found.push(Finding::new(code, at, expected, "as above"));
        }
        found
    }

    /// Why some of it could not be judged.
    #[must_use]
    pub fn unknown(&self) -> Option<&str> {
        self.unknown.as_deref()
    }
}

/// The requirements, each with what was judged of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// The shape of what was read.
    pub shape: Judged,
    /// No tenant gets to what another one has.
    pub isolation: Judged,
    /// Events are numbered without a gap.
    pub order: Judged,
    /// Each run writes its state.
    pub state: Judged,
    /// No state write happens twice.
    pub once: Judged,
    /// Steps are those of the pack.
    pub digests: Judged,
    /// Inputs have their hashes.
    pub hashes: Judged,
    /// Faults have the outcomes that they should have.
    pub faults: Judged,
    /// Steps that run again answer the same.
    pub replay: Judged,
}

/// Takes note of what is found, at places in the current document.
#[derive(Debug, Default)]
pub(super) struct Log {
    pub(super) outcomes: Outcomes,
    /// The number of the document, from 0.
    pub(super) document: u64,
    /// Runs, events, steps and cases.
    pub(super) entries: u64,
}

/// What is found in place of a member that is not there.
pub(super) const ABSENT: &str = "no such member";

impl Log {
    /// A place in the current document.
    pub(super) fn at(&self, pointer: impl std::fmt::Display) -> String {
        match self.document {
            0 => pointer.to_string(),
            n => format!("document {}: {pointer}", n + 1),
        }
    }

    /// The value at a place is not what it should be.
    pub(super) fn wrong(&mut self, at: impl std::fmt::Display, expected: &str, found: &str) {
        let at = self.at(at);
        // A report may show the texts of a finding without its place.
        let found = match at.rsplit('/').next() {
            Some(name) if name.contains(|c: char| !c.is_ascii_digit()) => match found {
                ABSENT => format!("no member `{name}`"),
                _ => format!("`{name}` is {found}"),
            },
            _ => found.to_owned(),
        };
        let finding = || Finding::new(RecordedCode::Shape, at, expected, found);
        self.outcomes.shape.violate(finding);
    }

    /// A member is not there.
    pub(super) fn missing(&mut self, at: impl std::fmt::Display, expected: &str) {
        self.wrong(at, expected, ABSENT);
    }

    /// A member is there twice.
    pub(super) fn doubled(&mut self, at: impl std::fmt::Display, name: &str) {
        let at = self.at(format_args!("{at}/{name}"));
        self.outcomes.shape.violate(|| {
            let expected = "each member once";
            Finding::new(
                RecordedCode::Json,
                at,
                expected,
                "another member of this name",
            )
        });
    }
}

/// `text` as it is kept: two texts are kept as the same exactly if they are the same.
pub(super) fn keep(text: &str, kept: &mut String) {
    kept.clear();
    if text.len() <= NAME {
        kept.push_str(text);
        return;
    }
    let mut end = BEGINNING;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    kept.push_str(text.get(..end).unwrap_or_default());
    let digest = blake3::hash(text.as_bytes());
    *kept += &format!("… ({} bytes, BLAKE3 {})", text.len(), digest.to_hex());
}

/// A name in a report.
pub(super) fn quoted(name: &str) -> String {
    format!("`{}`", inert(name, 120))
}
