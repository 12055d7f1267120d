//! [`ArchiveBuilder`]: the records of a zip archive, which mutations change before
//! it is written.
//!
//! The writer shares no code with the reader of the core, on purpose, because it
//! tests that reader.

mod write;

pub(crate) use write::common;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use provision_core::limits::ArchiveLimits;
use std::io::Write;

/// The fields of a local record, which a directory record has too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    /// Version needed to extract.
    pub needed: u16,
    /// General-purpose flags.
    pub flags: u16,
    /// Compression method.
    pub method: u16,
    /// DOS time.
    pub time: u16,
    /// DOS date.
    pub date: u16,
    /// CRC-32 of the contents.
    pub crc: u32,
    /// Compressed size in bytes.
    pub packed: u32,
    /// Size in bytes.
    pub size: u32,
    /// Name, as bytes.
    pub name: Vec<u8>,
    /// Extra field, as bytes.
    pub extra: Vec<u8>,
}

/// The fields that only a directory record has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attributes {
    /// Version and system that made the entry.
    pub made_by: u16,
    /// Comment, as bytes.
    pub comment: Vec<u8>,
    /// Disk on which the entry starts.
    pub disk: u16,
    /// Internal attributes.
    pub internal: u16,
    /// External attributes; the Unix mode is the upper half.
    pub external: u32,
}

impl Default for Attributes {
    fn default() -> Self {
        Self {
            made_by: 0x030a,
            comment: Vec::new(),
            disk: 0,
            internal: 0,
            external: 0o100_644 << 16,
        }
    }
}

/// The offset of the local record in a directory record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pointer {
    /// The true offset of this entry's local record, plus a shift.
    Entry(usize, u32),
    /// This offset, whatever is there.
    Fixed(u32),
}

/// A local record with its data and the bytes after it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// The local record.
    pub local: Header,
    /// The data, compressed if the method says so.
    pub data: Vec<u8>,
    /// Bytes after the data.
    pub behind: Vec<u8>,
}

/// A directory record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The fields that a local record has too.
    pub header: Header,
    /// The fields that a local record lacks.
    pub attributes: Attributes,
    /// The offset of the local record.
    pub pointer: Pointer,
    /// Bytes after the record.
    pub behind: Vec<u8>,
}

/// Changes to the end record; `None` keeps the true value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct End {
    /// Number of this disk, and of the directory's.
    pub disks: [u16; 2],
    /// Entries on this disk.
    pub entries_here: Option<u16>,
    /// Entries in total.
    pub entries: Option<u16>,
    /// Size of the directory.
    pub size: Option<u32>,
    /// Offset of the directory.
    pub directory: Option<u32>,
    /// The archive's comment.
    pub comment: Vec<u8>,
    /// Claimed length of the comment, if it differs from the true one.
    pub comment_len: Option<u16>,
}

/// An archive before it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ArchiveBuilder {
    /// Bytes before the first record.
    pub before: Vec<u8>,
    /// The entries in the order of the file.
    pub entries: Vec<Entry>,
    /// The directory.
    pub directory: Vec<Listing>,
    /// Whether the directory is written before the entries.
    pub directory_first: bool,
    /// The end record; `None` writes none.
    pub end: Option<End>,
    /// Bytes after the end record.
    pub after: Vec<u8>,
    /// Where the file is cut off.
    pub cut: Option<Cut>,
    /// The bytes of the file, instead of all of the above.
    pub instead: Option<Vec<u8>>,
    /// Index of the entry that mutations change.
    pub target_entry: usize,
    /// The bounds of the reader, which set the size of bombs.
    pub limits: Option<ArchiveLimits>,
}

/// Where a file is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Bytes into the last local record.
    LastLocal(usize),
    /// Bytes into the last entry's data.
    LastData(usize),
    /// Bytes into the last directory record.
    LastListing(usize),
    /// Bytes into the end record.
    End(usize),
}

/// How an entry is added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// Deflated rather than stored.
    pub deflate: bool,
    /// DOS time and date.
    pub stamp: Option<(u16, u16)>,
    /// With an extended timestamp, as Info-ZIP writes it.
    pub extended: bool,
}

impl ArchiveBuilder {
    /// An archive without entries.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            end: Some(End::default()),
            ..Self::default()
        }
    }

    /// Adds an entry `name`, which is a directory if it ends with `/`.
    pub fn add(&mut self, name: &str, contents: &[u8], style: Style) -> usize {
        let data = if style.deflate {
            deflate(contents)
        } else {
            contents.to_vec()
        };
        let mut crc = flate2::Crc::new();
        crc.update(contents);
        let is_dir = name.ends_with('/');
        let (time, date) = style.stamp.unwrap_or((0, 0x0021));
        // NB: generated contents are small.
        let local = Header {
            needed: if style.deflate || is_dir { 20 } else { 10 },
            flags: if name.is_ascii() { 0 } else { 0x0800 },
            method: if style.deflate { 8 } else { 0 },
            time,
            date,
            crc: crc.sum(),
            packed: data.len() as u32,
            size: contents.len() as u32,
            name: name.as_bytes().to_vec(),
            extra: if style.extended {
                b"UT\x09\0\x03\x01\x02\x03\x04\x05\x06\x07\x08".to_vec()
            } else {
                Vec::new()
            },
        };
        let header = Header {
            extra: if style.extended {
                b"UT\x05\0\x03\x01\x02\x03\x04".to_vec()
            } else {
                Vec::new()
            },
            ..local.clone()
        };
        let external = if is_dir {
            0o040_755 << 16 | 0x10
        } else {
            0o100_644 << 16
        };
        self.entries.push(Entry {
            local,
            data,
            behind: Vec::new(),
        });
        let index = self.entries.len() - 1;
        self.directory.push(Listing {
            header,
            attributes: Attributes {
                external,
                ..Attributes::default()
            },
            pointer: Pointer::Entry(index, 0),
            behind: Vec::new(),
        });
        index
    }

    /// Changes the shared fields in both records of `entry`.
    pub fn both(&mut self, entry: usize, change: impl Fn(&mut Header)) {
        change(&mut self.entries[entry].local);
        self.listing(entry, |listing| change(&mut listing.header));
    }

    /// Changes the directory record of `entry`.
    pub fn listing(&mut self, entry: usize, change: impl Fn(&mut Listing)) {
        let own = |l: &&mut Listing| matches!(l.pointer, Pointer::Entry(i, _) if i == entry);
        self.directory.iter_mut().filter(own).for_each(change);
    }

    /// The bounds that bombs exceed.
    #[must_use]
    pub fn limits(&self) -> ArchiveLimits {
        let default = || provision_core::Limits::default().archive;
        self.limits.clone().unwrap_or_else(default)
    }

    /// Renames `entry` in both records.
    pub fn rename(&mut self, entry: usize, name: &[u8]) {
        self.both(entry, |header| {
            header.name = name.to_vec();
            // Bit 11 declares UTF-8, so it is set only if the name is UTF-8.
            if std::str::from_utf8(name).is_ok_and(|n| !n.is_ascii()) {
                header.flags |= 0x0800;
            }
        });
    }

    /// Adds an entry with a unique name.
    pub fn fresh(&mut self, contents: &[u8], deflate: bool) -> usize {
        let name = format!("fresh-{}.txt", self.entries.len());
        let style = Style {
            deflate,
            ..Style::default()
        };
        self.add(&name, contents, style)
    }

    /// Adds an empty entry `name`.
    pub fn named(&mut self, name: &str) -> usize {
        self.add(name, b"", Style::default())
    }

    /// Sets the external attributes of the target entry.
    pub fn external(&mut self, external: u32) {
        self.listing(self.target_entry, |l| l.attributes.external = external);
    }
}

/// `contents` as a raw deflate stream.
#[must_use]
pub fn deflate(contents: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    // Writing to a vector cannot fail.
    let _ = encoder.write_all(contents);
    encoder.finish().unwrap_or_default()
}
