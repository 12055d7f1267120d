//! A strict reader of zip archives held in memory.
//!
//! The file is scanned once from its first byte ([`RawArchive`]): local
//! records, then the directory in the same order, then the end record, then
//! nothing. Every byte belongs to exactly one of them, and directory and local
//! records must say the same, so that a reader that starts at either end sees
//! the same files. Source of the layout: PKWARE APPNOTE.TXT 6.3.10, 4.3 and 4.4.

mod canonical;
mod entry;
mod error;
mod extra;
mod inflate;
pub mod names;
mod raw;
mod reader;
mod record;
mod rules;

pub use canonical::{Difference, differences, repack};
pub use error::{ArchiveError, Rule, Violation};
pub use raw::{Owner, RawArchive, Span};
pub use reader::Archive;
