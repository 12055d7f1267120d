//! The measures of a binary, and the error for a measure above its bound.

use super::cost::Cost;
use std::fmt;

/// A measure of the binary is above its bound.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{measure}: {value}, bound {limit}{}", At(*.function))]
pub struct ShapeError {
    /// The measure.
    pub measure: &'static str,
    /// Its value.
    pub value: u64,
    /// Its bound.
    pub limit: u64,
    /// The function, by its position among the module's own functions; `None` for
    /// sums.
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
    if value > limit {
        return Err(ShapeError {
            measure,
            value,
            limit,
            function,
        });
    }
    Ok(())
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
    pub(super) block_locals: u64,
    pub(super) segments: u64,
    pub(super) cost: Cost,
}
