//! What a rule replaces: the kinds, and how each looks in a text.

use regex::Regex;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;
use std::sync::LazyLock;

/// A kind of text that differs from run to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A date with a time, as RFC 3339 writes it; also a number whose key says that it is
    /// one.
    Timestamp,
    /// A UUID: groups of 8, 4, 4, 4 and 12 hex digits.
    Uuid,
    /// A number with a unit of time, or an ISO 8601 duration; also a number whose key says
    /// that it is one.
    Duration,
    /// An absolute path of at least two names, not that of a URL.
    Path,
    /// The port after a host; also a number whose key says that it is one.
    Port,
    /// A digest: 32, 40, 64, 96 or 128 hex digits, also after the name of an algorithm.
    Digest,
}

impl Kind {
    /// All kinds. Of two that match at one place, the first is taken.
    pub const ALL: [Self; 6] = [
        Self::Timestamp,
        Self::Uuid,
        Self::Digest,
        Self::Port,
        Self::Path,
        Self::Duration,
    ];

    /// The name in rules and placeholders.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Timestamp => "timestamp",
            Self::Uuid => "uuid",
            Self::Duration => "duration",
            Self::Path => "path",
            Self::Port => "port",
            Self::Digest => "digest",
        }
    }

    /// The first text of this kind in `text`, from the byte `from` on.
    pub(super) fn find(self, text: &str, from: usize) -> Option<Range<usize>> {
        let pattern = &PATTERNS[self as usize];
        let mut at = from;
        while let Some(found) = pattern.captures_at(text, at) {
            let whole = found.get(0)?;
            let part = found.name("it").unwrap_or(whole).range();
            if self.stands_alone(text, &whole.range(), &part) {
                return Some(part);
            }
            // NB: what is within the match is joined to something as well.
            at = whole.end();
        }
        None
    }

    /// Whether no character beside the match makes it a part of something else.
    fn stands_alone(self, text: &str, whole: &Range<usize>, part: &Range<usize>) -> bool {
        let before = text[..whole.start].chars().next_back();
        let after = text[part.end..].chars().next();
        let joins = |beside: Option<char>, others: &str| {
            beside.is_some_and(|c| c.is_alphanumeric() || c == '_' || others.contains(c))
        };
        match self {
            // What follows a path is no part of a name.
            Self::Path => !joins(before, ".-~%/:@\\<>"),
            // A host stands before it.
            Self::Port => !joins(after, ""),
            Self::Uuid => !joins(before, "-") && !joins(after, "-"),
            Self::Timestamp | Self::Duration | Self::Digest => {
                !joins(before, ".") && !joins(after, "")
            }
        }
    }

    /// Whether a number with this key is of this kind.
    pub(super) fn is_number_of(self, key: &str) -> bool {
        let key = key.to_ascii_lowercase();
        match self {
            Self::Timestamp => {
                let unit = [
                    "_ms",
                    "_secs",
                    "_epoch_ms",
                    "_epoch",
                    "_unix_nano",
                    "unixnano",
                ];
                let stem = unit.iter().find_map(|unit| key.strip_suffix(unit));
                let stem = stem.unwrap_or(&key);
                stem.ends_with("timestamp") || stem.ends_with("_at") || stem.ends_with("time")
            }
            Self::Duration => ["duration", "elapsed", "latency"]
                .iter()
                .any(|word| key.contains(word)),
            Self::Port => key == "port" || key.ends_with("_port"),
            Self::Uuid | Self::Path | Self::Digest => false,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == text);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("no kind of text; there are {names}")
        })
    }
}

/// The pattern of each kind, in the order of the enumeration. The group `it`, if there is
/// one, is what is replaced.
static PATTERNS: LazyLock<[Regex; 6]> = LazyLock::new(|| {
    let pattern = |text: &str| Regex::new(text).unwrap_or_else(|e| unreachable!("{e}"));
    [
        pattern(
            "[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?\
             ([Zz]|[+-][0-9]{2}:?[0-9]{2})?",
        ),
        pattern("[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"),
        pattern(
            "P([0-9]+D)?T([0-9]+H)?([0-9]+M)?[0-9]+(\\.[0-9]+)?S|\
             [0-9]+(\\.[0-9]+)? ?(ns|us|µs|ms|secs?|seconds?|mins?|minutes?|hours?|[smh])",
        ),
        pattern(
            "(file://)?/([A-Za-z0-9._@+~-]+/)+[A-Za-z0-9._@+~-]+/?|\
             [A-Za-z]:\\\\([A-Za-z0-9._@+~ -]+\\\\)*[A-Za-z0-9._@+~-]+",
        ),
        pattern(
            "(://([^/ :@]*@)?([A-Za-z0-9.-]+|\\[[0-9A-Fa-f:]+\\])|localhost|\
             [0-9]{1,3}(\\.[0-9]{1,3}){3}|\\[[0-9A-Fa-f:]+\\]):(?P<it>[0-9]{1,5})",
        ),
        pattern(
            "((sha1|sha256|sha384|sha512|blake3|md5)[:-])?([0-9A-Fa-f]{128}|[0-9A-Fa-f]{96}|\
             [0-9A-Fa-f]{64}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{32})",
        ),
    ]
});
