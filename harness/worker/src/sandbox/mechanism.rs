//! [`Mechanism`]: the name of a restriction, and what it prevents.

/// A mechanism of the kernel that restricts a worker.
pub(super) struct Mechanism {
    /// The system's name for it.
    pub(super) name: &'static str,
    /// What it prevents.
    pub(super) against: &'static str,
}
