//! Writes the bytes of an [`ArchiveBuilder`].

use super::{ArchiveBuilder, Attributes, Cut, End, Header, Pointer};

impl ArchiveBuilder {
    /// The archive's bytes.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        if let Some(bytes) = &self.instead {
            return bytes.clone();
        }
        let mut out = self.before.clone();
        let mut marks = Marks::default();
        if self.directory_first {
            // The directory needs the offsets of entries that come after it, so it is
            // written twice.
            let mut trial = out.clone();
            self.write_directory(&mut trial, &mut Marks::default());
            self.write_entries(&mut trial, &mut marks);
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

/// Offsets of parts of the file.
#[derive(Default)]
struct Marks {
    locals: Vec<usize>,
    last_data: usize,
    directory: usize,
    directory_len: usize,
    last_listing: usize,
    end: usize,
}

/// Writes the fields that both records have, in their order.
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
