//! Places in a recording of spans, and what is wrong at them.

use provision_core::Finding;
use provision_core::codes::{RecordedCode, SpanCode};
use provision_core::text::inert;
use std::collections::BTreeMap;

/// Violations of each code that are listed; of the others, the number.
const LISTED: u64 = 50;
/// Characters of a place, at most.
const PLACE_CHARS: usize = 300;

/// A place in a recording. Ordered as the places follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The document, from 0: a recording may have one a line.
    pub(super) document: u32,
    /// The place in the document.
    pub(super) holder: Holder,
}

/// The place of something in its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holder {
    /// The whole document.
    Document,
    /// An item of the document, which is an array.
    Item(u32),
    /// The list of resources.
    Resources,
    /// An item of that list.
    ResourceSpans(u32),
    /// Its resource.
    Resource(u32),
    /// An item of its list of scopes.
    ScopeSpans(u32, u32),
    /// The scope of that item.
    Scope(u32, u32),
    /// A span of that item.
    Span(u32, u32, u32),
}

impl Place {
    /// The JSON pointer in the document.
    fn pointer(self) -> String {
        let scope = |r, s| format!("/resourceSpans/{r}/scopeSpans/{s}");
        match self.holder {
            Holder::Document => String::new(),
            Holder::Item(i) => format!("/{i}"),
            Holder::Resources => "/resourceSpans".into(),
            Holder::ResourceSpans(r) => format!("/resourceSpans/{r}"),
            Holder::Resource(r) => format!("/resourceSpans/{r}/resource"),
            Holder::ScopeSpans(r, s) => scope(r, s),
            Holder::Scope(r, s) => format!("{}/scope", scope(r, s)),
            Holder::Span(r, s, i) => format!("{}/spans/{i}", scope(r, s)),
        }
    }

    /// The place `below` this one, in words.
    pub(super) fn shown(self, below: &str) -> String {
        let pointer = match self.pointer() + below {
            pointer if pointer.is_empty() => "the document".to_owned(),
            pointer => inert(&pointer, PLACE_CHARS),
        };
        match self.document {
            0 => pointer,
            number => format!("document {}: {pointer}", u64::from(number) + 1),
        }
    }
}

/// `token` as a part of a JSON pointer.
pub(super) fn escaped(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

/// The violations of one requirement, in bounded memory: of each code the first ones, and
/// the number of all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Violations {
    listed: Vec<Violation>,
    counts: BTreeMap<SpanCode, u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Violation {
    code: SpanCode,
    at: (Place, String),
    expected: String,
    actual: Actual,
}

/// What was found, and at which other place, if it is about two.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Actual {
    One(String),
    Two(&'static str, Place),
}

impl Violations {
    /// Adds a violation `below` a place.
    pub(super) fn add(
        &mut self,
        code: SpanCode,
        (place, below): (Place, &str),
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) {
        self.count(code, || Violation {
            code,
            at: (place, below.to_owned()),
            expected: expected.into(),
            actual: Actual::One(actual.into()),
        });
    }

    /// Adds a violation by `place` and `other`, whose place follows the text `actual`.
    pub(super) fn add_pair(
        &mut self,
        code: SpanCode,
        (place, other): (Place, Place),
        expected: &str,
        actual: &'static str,
    ) {
        self.count(code, || Violation {
            code,
            at: (place, String::new()),
            expected: expected.to_owned(),
            actual: Actual::Two(actual, other),
        });
    }

    fn count(&mut self, code: SpanCode, violation: impl FnOnce() -> Violation) {
        let count = self.counts.entry(code).or_default();
        *count += 1;
        if *count <= LISTED {
            self.listed.push(violation());
        }
    }

    /// Adds the violations that `others` lists and counts.
    pub(super) fn append(&mut self, others: Self) {
        for violation in others.listed {
            let code = violation.code;
            self.count(code, || violation);
        }
        for (code, count) in others.counts {
            let unlisted = count.saturating_sub(LISTED);
            *self.counts.entry(code).or_default() += unlisted;
        }
    }

    /// The findings.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let listed = self.listed.iter().map(|violation| {
            let (place, below) = &violation.at;
            let actual = match &violation.actual {
                Actual::One(actual) => actual.clone(),
                Actual::Two(actual, other) => format!("{actual} {}", other.shown("")),
            };
            let at = place.shown(below);
            Finding::new(violation.code, at, violation.expected.clone(), actual)
        });
        let rest = self.counts.iter().filter_map(|(code, count)| {
            let listed = self.listed.iter().filter(|v| v.code == *code).count() as u64;
            let more = count.checked_sub(listed).filter(|more| *more > 0)?;
            let (expected, actual) = ("none", format!("{more} more of these"));
            Some(Finding::new(*code, "the file", expected, actual))
        });
        listed.chain(rest).collect()
    }
}

/// The finding for a bound that a recording exceeds.
pub(super) fn beyond(at: String, expected: String, actual: &str) -> Finding {
    Finding::new(RecordedCode::Bound, at, expected, actual)
}
