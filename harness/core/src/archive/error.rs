//! Why an archive or a set of names is refused: one stable code a rule.

use crate::text::inert;
use std::borrow::Cow;

/// Declares the rules with their codes once, so that none is without one.
macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// A rule of the reader. [`Rule::code`] is what reports carry; it never
        /// changes its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $($(#[$doc])* $name,)*
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable code, `E_…`.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }
        }
    };
}

rules! {
    /// More bytes than an archive may have.
    Size = "E_SIZE",
    /// More entries than an archive may have.
    Entries = "E_ENTRIES",
    /// A name longer or deeper than the bound.
    NameBound = "E_NAME_BOUND",
    /// One entry, all entries or the ratio inflate beyond the bound.
    Inflate = "E_INFLATE",
    /// The file is no zip archive at all.
    NotZip = "E_ZIP_NOT_ZIP",
    /// Bytes before the first record.
    Prefix = "E_ZIP_PREFIX",
    /// A record or an entry's data is cut off by the end of the file.
    Truncated = "E_ZIP_TRUNCATED",
    /// Bytes between records that belong to none, or to one that no pack has.
    Record = "E_ZIP_RECORD",
    /// Local records, directory and end record are not in this order.
    Layout = "E_ZIP_LAYOUT",
    /// The end record is missing.
    NoEnd = "E_ZIP_NO_END",
    /// There is a second end record.
    ManyEnds = "E_ZIP_MANY_ENDS",
    /// The end record disagrees with the directory that is there.
    Directory = "E_ZIP_DIRECTORY",
    /// Bytes after the end record.
    Trailing = "E_ZIP_TRAILING",
    /// An archive or entry comment.
    Comment = "E_ZIP_COMMENT",
    /// Fields of a multi-disk archive.
    MultiDisk = "E_ZIP_MULTI_DISK",
    /// ZIP64 records, extras or sentinels.
    Zip64 = "E_ZIP_ZIP64",
    /// The directory lists the entries in another order than they stand in.
    Order = "E_ZIP_ORDER",
    /// An entry that the directory does not list.
    Unlisted = "E_ZIP_UNLISTED",
    /// The directory points to a place where no entry stands.
    Dangling = "E_ZIP_DANGLING",
    /// Two directory records share one local record.
    Shared = "E_ZIP_SHARED",
    /// Directory and local record say different things of one entry.
    Mismatch = "E_ZIP_MISMATCH",
    /// A data descriptor instead of sizes up front.
    Descriptor = "E_ZIP_DESCRIPTOR",
    /// An encrypted entry or directory.
    Encrypted = "E_ZIP_ENCRYPTED",
    /// General-purpose flags or attributes that are not understood.
    Flags = "E_ZIP_FLAGS",
    /// A method other than stored and deflate.
    Method = "E_ZIP_METHOD",
    /// A version that is needed to extract, and that no pack needs.
    Version = "E_ZIP_VERSION",
    /// An extra field other than one well-formed timestamp and owner.
    Extra = "E_ZIP_EXTRA",
    /// A size that is not the data's.
    DataSize = "E_ZIP_DATA_SIZE",
    /// Data that is not exactly one deflate stream.
    Deflate = "E_ZIP_DEFLATE",
    /// A checksum that is not the data's.
    Crc = "E_ZIP_CRC",
    /// Two entries with the same name.
    Duplicate = "E_ZIP_DUPLICATE",
    /// Two names that are one on some file system.
    Collision = "E_ZIP_COLLISION",
    /// A file that is also a directory.
    FileAndDirectory = "E_ZIP_FILE_AND_DIRECTORY",
    /// An empty name or an empty component of one.
    NameEmpty = "E_ZIP_NAME_EMPTY",
    /// A `.` or `..` component.
    NameDots = "E_ZIP_NAME_DOTS",
    /// A name that starts at a root or a drive.
    NameAbsolute = "E_ZIP_NAME_ABSOLUTE",
    /// A backslash, which some systems take for a separator.
    NameBackslash = "E_ZIP_NAME_BACKSLASH",
    /// A colon, which Windows takes for a stream; `::` of old packs included.
    NameColon = "E_ZIP_NAME_COLON",
    /// A control character.
    NameControl = "E_ZIP_NAME_CONTROL",
    /// An invisible or text-direction character.
    NameInvisible = "E_ZIP_NAME_INVISIBLE",
    /// A name that is not UTF-8, or not marked as such.
    NameEncoding = "E_ZIP_NAME_ENCODING",
    /// A component that Windows reserves for a device.
    NameReserved = "E_ZIP_NAME_RESERVED",
    /// A component that ends with a dot or a space, which Windows drops.
    NameEnding = "E_ZIP_NAME_ENDING",
    /// A character that Windows allows in no name.
    NameCharacter = "E_ZIP_NAME_CHARACTER",
    /// A symlink, device, set-id file, or a directory with data.
    Type = "E_ZIP_TYPE",
}

impl Rule {
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

/// One violation, with its place in the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}{} (byte {offset})", rule.code(), of_entry(entry.as_deref()))]
pub struct Violation {
    /// The rule that was broken.
    pub rule: Rule,
    /// Offset into the archive file, in bytes; 0 for a folder.
    pub offset: u64,
    /// The entry, escaped, where one is known.
    pub entry: Option<String>,
    /// What is wrong and, where it helps, what to do.
    pub detail: Cow<'static, str>,
}

fn of_entry(entry: Option<&str>) -> String {
    entry.map_or_else(String::new, |e| format!(", entry `{e}`"))
}

impl Violation {
    /// A violation of `rule` at `offset`.
    #[must_use]
    pub fn new(rule: Rule, offset: usize, detail: impl Into<Cow<'static, str>>) -> Self {
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

/// Why an archive is refused: the first violation by offset decides, the rest
/// are listed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{first}{}", and_more(rest.len() + unlisted))]
pub struct ArchiveError {
    /// The violation that decides.
    pub first: Violation,
    /// Further violations in the order of their offsets.
    pub rest: Vec<Violation>,
    /// How many more there are than `rest` lists.
    pub unlisted: usize,
}

fn and_more(count: usize) -> String {
    match count {
        0 => String::new(),
        n => format!(", and {n} more"),
    }
}

impl ArchiveError {
    /// How many violations are listed beside the first.
    const LISTED: usize = 63;

    /// The violations `found`, where there are any.
    pub(super) fn of(mut found: Vec<Violation>) -> Option<Self> {
        // NB: stable, so that of two at one offset the one found first decides.
        found.sort_by_key(|v| v.offset);
        let unlisted = found.len().saturating_sub(1 + Self::LISTED);
        let mut found = found.into_iter();
        Some(Self {
            first: found.next()?,
            rest: found.take(Self::LISTED).collect(),
            unlisted,
        })
    }

    /// The rule that decides.
    #[must_use]
    pub fn rule(&self) -> Rule {
        self.first.rule
    }

    /// Every listed violation, the deciding one first.
    pub fn violations(&self) -> impl Iterator<Item = &Violation> {
        std::iter::once(&self.first).chain(&self.rest)
    }
}

impl From<Violation> for ArchiveError {
    fn from(first: Violation) -> Self {
        Self {
            first,
            rest: Vec::new(),
            unlisted: 0,
        }
    }
}
