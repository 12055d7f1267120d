//! An interface of components that the harness calls.

use super::target::Target;
use provision_core::wizard::{Call, StepFailure, StepOutcome};

/// The result of a call; `None` if the interface has no function for it.
pub(super) type Answer = Option<Result<StepOutcome, StepFailure>>;

/// An interface that the harness calls, in any of the listed versions.
pub(crate) struct Abi {
    /// Its name without a version; empty for functions at the component's root.
    pub(super) interface: &'static str,
    /// Versions, by their leading numbers.
    pub(super) versions: &'static [&'static str],
    /// Makes the call through the interface of this full name.
    pub(super) call: fn(&mut Target<'_>, &str, &Call) -> Answer,
}
