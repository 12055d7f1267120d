//! Why an archive or a set of names is refused: one stable code a rule.

use crate::text::inert;

/// A rule of the reader. [`Rule::code`] is what reports carry; it never
/// changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// More bytes than an archive may have.
    Size,
    /// More entries than an archive may have.
    Entries,
    /// A name longer or deeper than the bound.
    NameBound,
    /// One entry, all entries or the ratio inflate beyond the bound.
    Inflate,
    /// The file is no zip archive at all.
    NotZip,
    /// A record or an entry's data is cut off by the end of the file.
    Truncated,
    /// Bytes where no known record starts, between records.
    Record,
    /// The end record is missing.
    NoEnd,
    /// The end record disagrees with the directory that is there.
    Directory,
    /// Bytes after the end record.
    Trailing,
    /// An archive or entry comment.
    Comment,
    /// Fields of a multi-disk archive.
    MultiDisk,
    /// ZIP64 records, extras or sentinels.
    Zip64,
    /// The directory lists an entry that the local records do not, or in
    /// another order, or the other way round.
    Order,
    /// Directory and local record say different things of one entry.
    Mismatch,
    /// A data descriptor instead of sizes up front.
    Descriptor,
    /// An encrypted entry or directory.
    Encrypted,
    /// General-purpose flags that are not understood.
    Flags,
    /// A method other than stored and deflate, or a version that needs one.
    Method,
    /// An extra field other than a well-formed timestamp or owner.
    Extra,
    /// A size that is not the data's.
    DataSize,
    /// Data that is not exactly one deflate stream.
    Deflate,
    /// A checksum that is not the data's.
    Crc,
    /// Two entries with the same name.
    Duplicate,
    /// Two names that are one on some file system, or a file that is also a
    /// directory.
    Collision,
    /// An unsafe name.
    Name,
    /// A symlink, device, set-id file, or a directory with data.
    Type,
}

impl Rule {
    /// The stable code, `E_…`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Size => "E_SIZE",
            Self::Entries => "E_ENTRIES",
            Self::NameBound => "E_NAME_BOUND",
            Self::Inflate => "E_INFLATE",
            Self::NotZip => "E_ZIP_NOT_ZIP",
            Self::Truncated => "E_ZIP_TRUNCATED",
            Self::Record => "E_ZIP_RECORD",
            Self::NoEnd => "E_ZIP_NO_END",
            Self::Directory => "E_ZIP_DIRECTORY",
            Self::Trailing => "E_ZIP_TRAILING",
            Self::Comment => "E_ZIP_COMMENT",
            Self::MultiDisk => "E_ZIP_MULTI_DISK",
            Self::Zip64 => "E_ZIP_ZIP64",
            Self::Order => "E_ZIP_ORDER",
            Self::Mismatch => "E_ZIP_MISMATCH",
            Self::Descriptor => "E_ZIP_DESCRIPTOR",
            Self::Encrypted => "E_ZIP_ENCRYPTED",
            Self::Flags => "E_ZIP_FLAGS",
            Self::Method => "E_ZIP_METHOD",
            Self::Extra => "E_ZIP_EXTRA",
            Self::DataSize => "E_ZIP_DATA_SIZE",
            Self::Deflate => "E_ZIP_DEFLATE",
            Self::Crc => "E_ZIP_CRC",
            Self::Duplicate => "E_ZIP_DUPLICATE",
            Self::Collision => "E_ZIP_COLLISION",
            Self::Name => "E_ZIP_NAME",
            Self::Type => "E_ZIP_TYPE",
        }
    }

    /// Whether the rule is a bound (check `archive.bounded`) rather than a
    /// matter of being readable (check `archive.readable`).
    #[must_use]
    pub fn is_bound(self) -> bool {
        matches!(
            self,
            Self::Size | Self::Entries | Self::NameBound | Self::Inflate
        )
    }
}

/// A violation, with its place in the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}{} (byte {offset})", rule.code(), of_entry(entry.as_deref()))]
pub struct ArchiveError {
    /// The rule that was broken.
    pub rule: Rule,
    /// Offset into the archive file, in bytes; 0 for a folder.
    pub offset: u64,
    /// The entry, escaped, where one is known.
    pub entry: Option<String>,
    /// What is wrong and, where it helps, what to do.
    pub detail: String,
}

fn of_entry(entry: Option<&str>) -> String {
    entry.map_or_else(String::new, |e| format!(", entry `{e}`"))
}

impl ArchiveError {
    /// A violation of `rule` at `offset`.
    #[must_use]
    pub fn new(rule: Rule, offset: usize, detail: impl Into<String>) -> Self {
        Self {
            rule,
            offset: offset as u64,
            entry: None,
            detail: detail.into(),
        }
    }

    /// The same violation, of the entry `name`.
    #[must_use]
    pub fn of(mut self, name: &str) -> Self {
        self.entry = Some(inert(name, 120));
        self
    }
}
