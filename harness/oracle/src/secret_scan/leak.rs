//! A place at which a secret shows.

use std::borrow::Cow;

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
