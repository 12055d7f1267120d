//! A strict reader of zip archives held in memory.
//!
//! [`RawArchive`] scans the file once from its first byte: local records, then the
//! directory in the same order, then the end record, then nothing. Every byte
//! belongs to exactly one of them. Directory and local records must agree, so that
//! readers see the same files whether they start at the first or the last byte.
//! Source of the layout: PKWARE APPNOTE.TXT 6.3.10, 4.3 and 4.4.

mod canonical;
mod descriptors;
mod directory;
mod entry;
mod error;
mod extra;
mod inflate;
pub mod names;
mod raw;
mod reader;
mod record;
mod rules;

pub use canonical::{Difference, differences, repack, write};
pub use directory::{Declared, END_BYTES, crc32, declared, directory_start};
pub use error::{ArchiveError, Rule, Violation};
pub use raw::{Owner, RawArchive, Span};
pub use reader::Archive;
