//! A place at which a secret shows.

use std::borrow::Cow;
use std::collections::BTreeSet;

/// Bytes of the shortest secret that is searched for: a shorter one occurs in
/// other text by chance.
pub(super) const SHORTEST: usize = 8;

/// A leaked secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leak {
    /// The secret's key; never its value.
    pub key: String,
    /// Where it was found.
    pub at: String,
    /// In which form: `plain`, `base64`, ….
    pub form: Cow<'static, str>,
}

/// The result of a search.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Searched {
    /// The leaks that were found.
    pub leaks: BTreeSet<Leak>,
    /// What was not searched, and why; `None` if everything was.
    pub unsearched: Option<String>,
}

impl Searched {
    /// Adds the result of another search.
    pub(crate) fn add(&mut self, other: Self) {
        self.leaks.extend(other.leaks);
        self.unsearched = self.unsearched.take().or(other.unsearched);
    }
}

impl Extend<Leak> for Searched {
    fn extend<T: IntoIterator<Item = Leak>>(&mut self, leaks: T) {
        self.leaks.extend(leaks);
    }
}
