//! What functions of one module are measured against.

use wasmparser::SubType;

/// What functions of one module are measured against.
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
