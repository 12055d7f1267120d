//! [`Rule`]: a kind of text, and where it is replaced.

use super::kind::Kind;
use provision_core::text::matches;
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};

/// A kind of text, and where it is replaced.
#[derive(Debug)]
pub struct Rule {
    pub(super) kind: Kind,
    /// A pattern of JSON pointers, in which `*` stands for any text.
    place: String,
    /// Whether it replaced anything. NB: an atomic, because threads share the rules of a
    /// run.
    matched: AtomicBool,
}

impl Rule {
    /// Whether the rule replaced anything.
    #[must_use]
    pub fn has_matched(&self) -> bool {
        self.matched.load(Ordering::Relaxed)
    }

    pub(super) fn match_once(&self) {
        self.matched.store(true, Ordering::Relaxed);
    }

    pub(super) fn applies(&self, place: &str) -> bool {
        matches(&self.place, place)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.as_str() {
            "*" => write!(f, "{}", self.kind),
            place => write!(f, "{}={place}", self.kind),
        }
    }
}

impl FromStr for Rule {
    type Err = String;

    /// Reads `uuid` or `uuid=/config_patch/*`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, place) = text.split_once('=').unwrap_or((text, "*"));
        if !place.starts_with(['/', '*']) {
            return Err("the place is a JSON pointer, in which * stands for any text".into());
        }
        Ok(Self {
            kind: kind.parse()?,
            place: place.to_owned(),
            matched: AtomicBool::new(false),
        })
    }
}

impl Clone for Rule {
    /// The rule, which has replaced nothing yet.
    fn clone(&self) -> Self {
        Self {
            kind: self.kind,
            place: self.place.clone(),
            matched: AtomicBool::new(false),
        }
    }
}
