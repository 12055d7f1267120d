//! The context of one module that the measures of its functions need.

use wasmparser::SubType;

/// The types and functions of one module, and its data segments.
#[derive(Default)]
pub(super) struct Module {
    pub(super) types: Vec<SubType>,
    /// The type of each function, imported ones first.
    pub(super) functions: Vec<u32>,
    pub(super) imported: u64,
    pub(super) bodies: u64,
    pub(super) data_bytes: u64,
    pub(super) data_span: Option<(u64, u64)>,
}
