//! An interface of components that the harness calls.

use super::target::Target;
use provision_core::wizard::{Call, StepFailure, StepOutcome};

/// What a call comes to; `None` where the interface has no such function.
pub(super) type Answer = Option<Result<StepOutcome, StepFailure>>;

/// An interface that is called, in any of these versions.
pub(crate) struct Abi {
    /// Without a version; empty for a function at the component's root.
    pub(super) interface: &'static str,
    /// Versions, by their first numbers.
    pub(super) versions: &'static [&'static str],
    /// Makes the call by the interface of this full name.
    pub(super) call: fn(&mut Target<'_>, &str, &Call) -> Answer,
}
