//! An entry of an archive whose data can be read.

use std::ops::Range;

/// One entry whose data can be read.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(super) name: String,
    pub(super) method: Method,
    pub(super) crc: u32,
    /// Where the (compressed) data is in the file.
    pub(super) data: Range<usize>,
    /// Inflated size in bytes.
    pub(super) size: u32,
}

/// How an entry's data is packed. The reader refuses all other methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Stored,
    Deflate,
}
