//! The records of a zip file, field by field. The parser applies no rules.
//!
//! Source of the layout: PKWARE APPNOTE.TXT 6.3.10, sections 4.3 and 4.4.

use std::borrow::Cow;

/// Signature of a local record.
pub(super) const LOCAL: u32 = 0x0403_4b50;
/// Signature of a directory record.
pub(super) const CENTRAL: u32 = 0x0201_4b50;
/// Signature of the end record.
pub(super) const END: u32 = 0x0605_4b50;
/// Signature of a data descriptor, and of an archive that spans disks.
pub(super) const DESCRIPTOR: u32 = 0x0807_4b50;
/// Signature of an archive extra data record (an encrypted directory).
pub(super) const ARCHIVE_EXTRA: u32 = 0x0806_4b50;
/// Signature of a directory's digital signature.
pub(super) const DIGITAL_SIGNATURE: u32 = 0x0505_4b50;
/// Signature of the ZIP64 end record.
pub(super) const ZIP64_END: u32 = 0x0606_4b50;
/// Signature of the ZIP64 end record's locator.
pub(super) const ZIP64_LOCATOR: u32 = 0x0706_4b50;

/// Every signature; the scan uses them to find the next record after unknown bytes.
pub(super) const ALL: [u32; 8] = [
    LOCAL,
    CENTRAL,
    END,
    DESCRIPTOR,
    ARCHIVE_EXTRA,
    DIGITAL_SIGNATURE,
    ZIP64_END,
    ZIP64_LOCATOR,
];

/// A position in the file that never reads past its end.
pub(super) struct Cursor<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

/// A record needs more bytes than the file has left.
pub(super) struct CutOff {
    pub(super) what: &'static str,
    pub(super) needs: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn left(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The next `n` bytes.
    pub(super) fn take(&mut self, needs: usize, what: &'static str) -> Result<&'a [u8], CutOff> {
        let taken = self.left().get(..needs).ok_or(CutOff { what, needs })?;
        self.at += needs;
        Ok(taken)
    }

    /// The next four bytes as a signature, not consumed.
    pub(super) fn signature(&self) -> Option<u32> {
        let bytes = self.left().first_chunk()?;
        Some(u32::from_le_bytes(*bytes))
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

/// The fixed fields that both records have, and the lengths of name and extra field.
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

/// The parts of an entry that local and directory records both have.
#[derive(Debug, Clone)]
pub(super) struct Common<'a> {
    /// Offset of the record in the file.
    pub(super) offset: usize,
    pub(super) fixed: Fixed,
    pub(super) name: &'a [u8],
    pub(super) extra: &'a [u8],
}

impl<'a> Common<'a> {
    /// Takes name and extra field, which follow a record's fixed fields.
    fn take(offset: usize, fixed: Fixed, cursor: &mut Cursor<'a>) -> Result<Self, CutOff> {
        Ok(Self {
            offset,
            fixed,
            name: cursor.take(usize::from(fixed.name_len), "an entry's name")?,
            extra: cursor.take(usize::from(fixed.extra_len), "an extra field")?,
        })
    }

    /// The fields in which `self` and `other` differ. Extra fields are left out,
    /// because `extra` compares them by its own rule.
    pub(super) fn differs_in(&self, other: &Self) -> Vec<&'static str> {
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
        let differing = pairs.iter().filter(|(same, _)| !same);
        differing.map(|(_, field)| *field).collect()
    }

    /// The name, for messages.
    pub(super) fn shown(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.name)
    }
}

/// Reads the local record at the cursor, up to its data.
pub(super) fn local<'a>(cursor: &mut Cursor<'a>) -> Result<Common<'a>, CutOff> {
    let offset = cursor.at;
    let mut f = Fields(&cursor.take(30, "a local record")?[4..]);
    Common::take(offset, Fixed::read(&mut f), cursor)
}

/// A directory record.
#[derive(Debug, Clone)]
pub(super) struct Central<'a> {
    pub(super) common: Common<'a>,
    pub(super) made_by: u16,
    pub(super) comment: &'a [u8],
    pub(super) disk: u16,
    pub(super) internal: u16,
    pub(super) external: u32,
    pub(super) local: u32,
}

/// Reads the directory record at the cursor.
pub(super) fn central<'a>(cursor: &mut Cursor<'a>) -> Result<Central<'a>, CutOff> {
    let offset = cursor.at;
    let mut f = Fields(&cursor.take(46, "a directory record")?[4..]);
    let made_by = f.u16();
    let fixed = Fixed::read(&mut f);
    let (comment_len, disk, internal) = (f.u16(), f.u16(), f.u16());
    let (external, local) = (f.u32(), f.u32());
    Ok(Central {
        common: Common::take(offset, fixed, cursor)?,
        made_by,
        comment: cursor.take(usize::from(comment_len), "a comment")?,
        disk,
        internal,
        external,
        local,
    })
}

/// The end record.
#[derive(Debug, Clone)]
pub(super) struct End<'a> {
    pub(super) offset: usize,
    pub(super) disks: [u16; 2],
    pub(super) entries_here: u16,
    pub(super) entries: u16,
    pub(super) size: u32,
    pub(super) directory: u32,
    pub(super) comment: &'a [u8],
}

/// Reads the end record at the cursor, with its comment.
pub(super) fn end<'a>(cursor: &mut Cursor<'a>) -> Result<End<'a>, CutOff> {
    let offset = cursor.at;
    let mut f = Fields(&cursor.take(22, "the end record")?[4..]);
    let (disks, entries_here, entries) = ([f.u16(), f.u16()], f.u16(), f.u16());
    let (size, directory, comment_len) = (f.u32(), f.u32(), f.u16());
    Ok(End {
        offset,
        disks,
        entries_here,
        entries,
        size,
        directory,
        comment: cursor.take(usize::from(comment_len), "the archive's comment")?,
    })
}

/// Consumes a record that a pack must not have, up to the length that it claims.
pub(super) fn foreign(cursor: &mut Cursor<'_>, signature: u32) -> Result<(), CutOff> {
    const WHAT: &str = "a record";
    let mut length = |skip: usize, width: usize| -> Result<u64, CutOff> {
        let field = &cursor.take(skip + width, WHAT)?[skip..];
        Ok(field
            .iter()
            .rev()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    };
    let body = match signature {
        DIGITAL_SIGNATURE => length(4, 2)?,
        ARCHIVE_EXTRA => length(4, 4)?,
        ZIP64_END => length(4, 8)?,
        ZIP64_LOCATOR => 16 + length(4, 0)?,
        // A descriptor does not contain its own length.
        _ => length(4, 0)?,
    };
    let body = usize::try_from(body).unwrap_or(usize::MAX);
    cursor.take(body, WHAT).map(|_| ())
}
