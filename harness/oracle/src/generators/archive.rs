//! An archive as a plan that anything can be changed in before it is written.
//!
//! This is a writer of its own on purpose: the reader that it is held against
//! shares no line with it.

use flate2::Compression;
use flate2::write::DeflateEncoder;
use provision_core::limits::ArchiveLimits;
use std::io::Write;

/// The fields of a local record, and those that a directory record shares.
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

/// Where a directory record says that its local record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pointer {
    /// Where the local record of this entry really stands, plus so much.
    Entry(usize, u32),
    /// At this offset, whatever stands there.
    Fixed(u32),
}

/// A local record with its data and what follows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// The local record.
    pub local: Header,
    /// The data, compressed if the method says so.
    pub data: Vec<u8>,
    /// Bytes behind the data.
    pub behind: Vec<u8>,
}

/// A directory record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The fields that it shares with a local record.
    pub header: Header,
    /// The fields that only it has.
    pub attributes: Attributes,
    /// The local record that it points to.
    pub pointer: Pointer,
    /// Bytes behind the record.
    pub behind: Vec<u8>,
}

/// Changes to the end record; `None` leaves what is true.
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
    /// Claimed length of the comment, where it is not the comment's.
    pub comment_len: Option<u16>,
}

/// An archive before it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blueprint {
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
    /// Bytes that the file is cut to, from the end of this part on.
    pub cut: Option<Cut>,
    /// The file, where it is none of the above.
    pub instead: Option<Vec<u8>>,
    /// Index of the entry that mutations change.
    pub victim: usize,
    /// The bounds that the archive will be held to.
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

impl Blueprint {
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
        let data = match style.deflate {
            true => deflate(contents),
            false => contents.to_vec(),
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
            extra: match style.extended {
                true => b"UT\x09\0\x03\x01\x02\x03\x04\x05\x06\x07\x08".to_vec(),
                false => Vec::new(),
            },
        };
        let header = Header {
            extra: match style.extended {
                true => b"UT\x05\0\x03\x01\x02\x03\x04".to_vec(),
                false => Vec::new(),
            },
            ..local.clone()
        };
        let external = match is_dir {
            true => 0o040_755 << 16 | 0x10,
            false => 0o100_644 << 16,
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

    /// Changes the fields that local and directory record of `entry` share.
    pub fn both(&mut self, entry: usize, change: impl Fn(&mut Header)) {
        change(&mut self.entries[entry].local);
        self.listing(entry, |listing| change(&mut listing.header));
    }

    /// Changes the directory record of `entry`.
    pub fn listing(&mut self, entry: usize, change: impl Fn(&mut Listing)) {
        let own = |l: &&mut Listing| matches!(l.pointer, Pointer::Entry(i, _) if i == entry);
        self.directory.iter_mut().filter(own).for_each(change);
    }

    /// The bounds that bombs go beyond.
    #[must_use]
    pub fn limits(&self) -> ArchiveLimits {
        let default = || provision_core::Limits::default().archive;
        self.limits.clone().unwrap_or_else(default)
    }

    /// Renames `entry` in both records.
    pub fn rename(&mut self, entry: usize, name: &[u8]) {
        self.both(entry, |header| {
            header.name = name.to_vec();
            // Bit 11, where the name can keep what it promises.
            if std::str::from_utf8(name).is_ok_and(|n| !n.is_ascii()) {
                header.flags |= 0x0800;
            }
        });
    }

    /// Adds a stored entry of a name that no other has.
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

    /// Sets the external attributes of the victim.
    pub fn external(&mut self, external: u32) {
        self.listing(self.victim, |l| l.attributes.external = external);
    }

    /// The archive's bytes.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        if let Some(bytes) = &self.instead {
            return bytes.clone();
        }
        let mut out = self.before.clone();
        let mut marks = Marks::default();
        if self.directory_first {
            // Its pointers must be right, so it is written twice.
            let mut trial = out.clone();
            self.write_directory(&mut trial, &mut Marks::default());
            let mut behind = trial.clone();
            self.write_entries(&mut behind, &mut marks);
            self.write_directory(&mut out, &mut marks);
            self.write_entries(&mut out, &mut marks);
        } else {
            self.write_entries(&mut out, &mut marks);
            self.write_directory(&mut out, &mut marks);
        }
        marks.end = out.len();
        if let Some(end) = &self.end {
            self.write_end(&mut out, end, &marks);
        }
        out.extend(&self.after);
        let cut = self.cut.map(|cut| match cut {
            Cut::LastLocal(n) => marks.locals.last().copied().unwrap_or(0) + n,
            Cut::LastData(n) => marks.last_data + n,
            Cut::LastListing(n) => marks.last_listing + n,
            Cut::End(n) => marks.end + n,
        });
        out.truncate(cut.unwrap_or(usize::MAX));
        out
    }

    fn write_entries(&self, out: &mut Vec<u8>, marks: &mut Marks) {
        marks.locals.clear();
        for entry in &self.entries {
            marks.locals.push(out.len());
            out.extend(b"PK\x03\x04");
            common(out, &entry.local);
            out.extend(&entry.local.name);
            out.extend(&entry.local.extra);
            marks.last_data = out.len();
            out.extend(&entry.data);
            out.extend(&entry.behind);
        }
    }

    fn write_directory(&self, out: &mut Vec<u8>, marks: &mut Marks) {
        marks.directory = out.len();
        for listing in &self.directory {
            let Attributes {
                made_by,
                comment,
                disk,
                internal,
                external,
            } = &listing.attributes;
            marks.last_listing = out.len();
            out.extend(b"PK\x01\x02");
            out.extend(made_by.to_le_bytes());
            common(out, &listing.header);
            out.extend((comment.len() as u16).to_le_bytes());
            out.extend(disk.to_le_bytes());
            out.extend(internal.to_le_bytes());
            out.extend(external.to_le_bytes());
            let at = match listing.pointer {
                Pointer::Fixed(at) => at,
                Pointer::Entry(index, shift) => {
                    let at = marks.locals.get(index).copied().unwrap_or_default();
                    (at as u32).wrapping_add(shift)
                }
            };
            out.extend(at.to_le_bytes());
            out.extend(&listing.header.name);
            out.extend(&listing.header.extra);
            out.extend(comment);
            out.extend(&listing.behind);
        }
        marks.directory_len = out.len() - marks.directory;
    }

    fn write_end(&self, out: &mut Vec<u8>, end: &End, marks: &Marks) {
        let End {
            disks,
            entries_here,
            entries,
            size,
            directory,
            comment,
            comment_len,
        } = end;
        let count = self.directory.len() as u16;
        out.extend(b"PK\x05\x06");
        out.extend(disks[0].to_le_bytes());
        out.extend(disks[1].to_le_bytes());
        out.extend(
            entries_here
                .unwrap_or(entries.unwrap_or(count))
                .to_le_bytes(),
        );
        out.extend(entries.unwrap_or(count).to_le_bytes());
        out.extend(size.unwrap_or(marks.directory_len as u32).to_le_bytes());
        out.extend(directory.unwrap_or(marks.directory as u32).to_le_bytes());
        out.extend(comment_len.unwrap_or(comment.len() as u16).to_le_bytes());
        out.extend(comment);
    }
}

/// Where parts of the file stand.
#[derive(Default)]
struct Marks {
    locals: Vec<usize>,
    last_data: usize,
    directory: usize,
    directory_len: usize,
    last_listing: usize,
    end: usize,
}

/// The fields that both records have, in their order.
pub(crate) fn common(out: &mut Vec<u8>, header: &Header) {
    let Header {
        needed,
        flags,
        method,
        time,
        date,
        crc,
        packed,
        size,
        name,
        extra,
    } = header;
    for field in [needed, flags, method, time, date] {
        out.extend(field.to_le_bytes());
    }
    for field in [crc, packed, size] {
        out.extend(field.to_le_bytes());
    }
    for part in [name, extra] {
        out.extend((part.len() as u16).to_le_bytes());
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
