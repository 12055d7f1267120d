//! Patterns that checks search for.

use crate::check::Conclusion;
use provision_core::Finding;
use provision_core::codes::StepCode;

/// A pattern that does not compile is an error of the harness, never a pass.
pub(super) fn broken() -> Conclusion {
    let (expected, actual) = ("patterns that compile", "one does not");
    let finding = Finding::new(StepCode::Harness, "the check's patterns", expected, actual);
    Conclusion::Error(vec![finding])
}
