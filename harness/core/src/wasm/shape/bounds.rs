//! What is measured of a binary, and the refusal of a measure above its bound.

use std::fmt;

/// A shape that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{measure}: {value}, bound {limit}{}", At(*.function))]
pub struct ShapeError {
    /// What was measured.
    pub measure: &'static str,
    /// How much of it there is.
    pub value: u64,
    /// How much of it there may be.
    pub limit: u64,
    /// The function, by its place in its module; `None` for sums.
    pub function: Option<u64>,
}

struct At(Option<u64>);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(function) => write!(f, " (the module's own function {function})"),
            None => Ok(()),
        }
    }
}

/// Refuses a `value` above its `limit`.
pub(super) fn bound(
    measure: &'static str,
    value: u64,
    limit: u64,
    function: Option<u64>,
) -> Result<(), ShapeError> {
    match value > limit {
        true => Err(ShapeError {
            measure,
            value,
            limit,
            function,
        }),
        false => Ok(()),
    }
}

/// Sums over everything in the binary.
#[derive(Default)]
pub(super) struct Totals {
    pub(super) modules: u64,
    pub(super) types: u64,
    pub(super) functions: u64,
    pub(super) tables: u64,
    pub(super) looped_locals: u64,
    pub(super) heights: u64,
    pub(super) branches: u64,
}
