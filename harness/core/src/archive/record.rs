//! The three records of a zip file, field by field.

use super::{ArchiveError, Rule};

/// Signature of a local record.
pub(super) const LOCAL: u32 = 0x0403_4b50;
/// Signature of a directory record.
pub(super) const CENTRAL: u32 = 0x0201_4b50;
/// Signature of the end record.
pub(super) const END: u32 = 0x0605_4b50;

/// A position in the file that never reads past its end.
pub(super) struct Cursor<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    /// The next `n` bytes.
    pub(super) fn take(&mut self, n: usize, what: &str) -> Result<&'a [u8], ArchiveError> {
        let left = self.bytes.get(self.at..).unwrap_or_default();
        let Some(taken) = left.get(..n) else {
            let detail = format!("{what} needs {n} bytes, the file has {} left", left.len());
            return Err(ArchiveError::new(Rule::Truncated, self.at, detail));
        };
        self.at += n;
        Ok(taken)
    }

    /// The next four bytes as a signature, not consumed.
    pub(super) fn signature(&self) -> Option<u32> {
        let end = self.at.checked_add(4)?;
        let bytes = self.bytes.get(self.at..end)?;
        Some(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }
}

/// Little-endian fields of a record of known length.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn u16(&mut self) -> u16 {
        let (head, tail) = self.0.split_at(2);
        self.0 = tail;
        u16::from_le_bytes([head[0], head[1]])
    }

    fn u32(&mut self) -> u32 {
        let low = self.u16();
        let high = self.u16();
        u32::from(low) | u32::from(high) << 16
    }
}

/// The fixed fields that both records have, and the lengths of what follows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fixed {
    pub(super) needed: u16,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) time: u16,
    pub(super) date: u16,
    pub(super) crc: u32,
    pub(super) packed: u32,
    pub(super) size: u32,
    name_len: u16,
    extra_len: u16,
}

impl Fixed {
    fn read(f: &mut Fields<'_>) -> Self {
        Self {
            needed: f.u16(),
            flags: f.u16(),
            method: f.u16(),
            time: f.u16(),
            date: f.u16(),
            crc: f.u32(),
            packed: f.u32(),
            size: f.u32(),
            name_len: f.u16(),
            extra_len: f.u16(),
        }
    }
}

/// What local and directory records both say of an entry.
#[derive(Debug)]
pub(super) struct Common<'a> {
    pub(super) fixed: Fixed,
    pub(super) name: &'a [u8],
    pub(super) extra: &'a [u8],
}

impl<'a> Common<'a> {
    /// Takes name and extra field, which stand behind a record's fields.
    fn take(fixed: Fixed, cursor: &mut Cursor<'a>) -> Result<Self, ArchiveError> {
        Ok(Self {
            fixed,
            name: cursor.take(usize::from(fixed.name_len), "an entry's name")?,
            extra: cursor.take(usize::from(fixed.extra_len), "an extra field")?,
        })
    }

    /// The first field in which `self` and `other` differ. Extra fields may:
    /// each is checked by itself.
    pub(super) fn differs_in(&self, other: &Self) -> Option<&'static str> {
        let (a, b) = (self.fixed, other.fixed);
        let pairs = [
            (self.name == other.name, "name"),
            (a.flags == b.flags, "flags"),
            (a.method == b.method, "method"),
            (a.crc == b.crc, "CRC"),
            (a.packed == b.packed, "compressed size"),
            (a.size == b.size, "size"),
            (a.time == b.time && a.date == b.date, "time"),
            (a.needed == b.needed, "version needed"),
        ];
        pairs
            .iter()
            .find(|(same, _)| !same)
            .map(|(_, field)| *field)
    }
}

/// Reads the local record at the cursor, up to its data.
pub(super) fn local<'a>(cursor: &mut Cursor<'a>) -> Result<Common<'a>, ArchiveError> {
    let mut f = Fields(&cursor.take(30, "a local record")?[4..]);
    Common::take(Fixed::read(&mut f), cursor)
}

/// A directory record.
pub(super) struct Central<'a> {
    pub(super) common: Common<'a>,
    pub(super) comment: &'a [u8],
    pub(super) disk: u16,
    pub(super) external: u32,
    pub(super) offset: u32,
}

/// Reads the directory record at the cursor.
pub(super) fn central<'a>(cursor: &mut Cursor<'a>) -> Result<Central<'a>, ArchiveError> {
    let mut f = Fields(&cursor.take(46, "a directory record")?[4..]);
    let _made_by = f.u16();
    let fixed = Fixed::read(&mut f);
    let (comment_len, disk, _internal) = (f.u16(), f.u16(), f.u16());
    let (external, offset) = (f.u32(), f.u32());
    Ok(Central {
        common: Common::take(fixed, cursor)?,
        comment: cursor.take(usize::from(comment_len), "a comment")?,
        disk,
        external,
        offset,
    })
}

/// The end record.
pub(super) struct End {
    pub(super) disks: [u16; 2],
    pub(super) entries_here: u16,
    pub(super) entries: u16,
    pub(super) size: u32,
    pub(super) offset: u32,
    pub(super) comment_len: u16,
}

/// Reads the end record at the cursor, up to its comment.
pub(super) fn end(cursor: &mut Cursor<'_>) -> Result<End, ArchiveError> {
    let mut f = Fields(&cursor.take(22, "the end record")?[4..]);
    Ok(End {
        disks: [f.u16(), f.u16()],
        entries_here: f.u16(),
        entries: f.u16(),
        size: f.u32(),
        offset: f.u32(),
        comment_len: f.u16(),
    })
}
