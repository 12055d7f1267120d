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

/// What local and directory records both say of an entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Common<'a> {
    pub(super) needed: u16,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) time: u16,
    pub(super) date: u16,
    pub(super) crc: u32,
    pub(super) packed: u32,
    pub(super) size: u32,
    pub(super) name: &'a [u8],
}

impl Common<'_> {
    /// The first field in which `self` and `other` differ.
    pub(super) fn differs_in(&self, other: &Self) -> Option<&'static str> {
        let pairs = [
            (self.name == other.name, "name"),
            (self.flags == other.flags, "flags"),
            (self.method == other.method, "method"),
            (self.crc == other.crc, "CRC"),
            (self.packed == other.packed, "compressed size"),
            (self.size == other.size, "size"),
            (self.time == other.time && self.date == other.date, "time"),
            (self.needed == other.needed, "version needed"),
        ];
        pairs
            .iter()
            .find(|(same, _)| !same)
            .map(|(_, field)| *field)
    }
}

/// The fixed fields that both records have, and the lengths that follow them.
struct Fixed {
    needed: u16,
    flags: u16,
    method: u16,
    time: u16,
    date: u16,
    crc: u32,
    packed: u32,
    size: u32,
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

    /// Takes name and extra field, which stand behind the record's fields.
    fn named<'a>(self, cursor: &mut Cursor<'a>) -> Result<(Common<'a>, &'a [u8]), ArchiveError> {
        let Self {
            needed,
            flags,
            method,
            time,
            date,
            crc,
            packed,
            size,
            ..
        } = self;
        let name = cursor.take(usize::from(self.name_len), "an entry's name")?;
        let extra = cursor.take(usize::from(self.extra_len), "an extra field")?;
        let common = Common {
            needed,
            flags,
            method,
            time,
            date,
            crc,
            packed,
            size,
            name,
        };
        Ok((common, extra))
    }
}

/// A local record without its data.
pub(super) struct Local<'a> {
    pub(super) common: Common<'a>,
    pub(super) extra: &'a [u8],
}

/// Reads the local record at the cursor, up to its data.
pub(super) fn local<'a>(cursor: &mut Cursor<'a>) -> Result<Local<'a>, ArchiveError> {
    let mut f = Fields(&cursor.take(30, "a local record")?[4..]);
    let (common, extra) = Fixed::read(&mut f).named(cursor)?;
    Ok(Local { common, extra })
}

/// A directory record.
pub(super) struct Central<'a> {
    pub(super) common: Common<'a>,
    pub(super) extra: &'a [u8],
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
    let (common, extra) = fixed.named(cursor)?;
    let comment = cursor.take(usize::from(comment_len), "a comment")?;
    Ok(Central {
        common,
        extra,
        comment,
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
