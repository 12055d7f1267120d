//! The sequential walk: local records, directory, end record, nothing else.

use super::record::{self, Central, Common, Cursor};
use super::{ArchiveError, Entry, Method, Rule, extra, names};
use crate::limits::ArchiveLimits;
use std::ops::Range;

/// General-purpose flags that change nothing here: bits 1 and 2 hint at the
/// compression level, bit 11 says that the name is UTF-8.
const HARMLESS_FLAGS: u16 = 0x0806;
const UTF8_FLAG: u16 = 0x0800;
/// APPNOTE 4.4.3.2: 2.0 is what deflate and directories need.
const NEWEST_NEEDED: u16 = 20;

/// A local record, where it stood and where its data is.
struct Seen<'a> {
    offset: usize,
    local: Common<'a>,
    data: Range<usize>,
}

/// Walks the whole file and returns its entries in file order.
pub(super) fn walk(bytes: &[u8], limits: &ArchiveLimits) -> Result<Vec<Entry>, ArchiveError> {
    let ArchiveLimits {
        archive_bytes,
        entries,
        // Applied by `bounded`, before anything is inflated.
        entry_bytes: _,
        total_bytes: _,
        ratio: _,
        ratio_floor: _,
        // Applied by `names`.
        name_bytes: _,
        name_depth: _,
    } = *limits;
    if bytes.len() as u64 > archive_bytes {
        let detail = format!("{} bytes, bound {archive_bytes}", bytes.len());
        return Err(ArchiveError::new(Rule::Size, 0, detail));
    }
    let mut cursor = Cursor { bytes, at: 0 };
    let locals = locals(&mut cursor, entries)?;
    let directory = cursor.at;
    for seen in &locals {
        central(&mut cursor, seen)?;
    }
    end(&mut cursor, directory, locals.len())?;
    bounded(&locals, limits)?;
    let mut names = names::Seen::default();
    locals
        .iter()
        .map(|seen| entry(seen, &mut names, limits))
        .collect()
}

fn locals<'a>(cursor: &mut Cursor<'a>, most: usize) -> Result<Vec<Seen<'a>>, ArchiveError> {
    let mut locals = Vec::new();
    loop {
        let offset = cursor.at;
        match cursor.signature() {
            Some(record::LOCAL) => {}
            Some(record::CENTRAL | record::END) => return Ok(locals),
            found => return Err(unknown(found, offset, cursor.bytes)),
        }
        if locals.len() == most {
            let detail = format!("more than {most} entries");
            return Err(ArchiveError::new(Rule::Entries, offset, detail));
        }
        let local = record::local(cursor)?;
        check_common(&local, offset)?;
        extra::check(local.extra, offset, &lossy(local.name))?;
        let start = cursor.at;
        cursor.take(local.fixed.packed as usize, "an entry's data")?;
        locals.push(Seen {
            offset,
            local,
            data: start..cursor.at,
        });
    }
}

fn unknown(found: Option<u32>, offset: usize, bytes: &[u8]) -> ArchiveError {
    const ZIP64_END: u32 = 0x0606_4b50;
    const ZIP64_LOCATOR: u32 = 0x0706_4b50;
    match found {
        _ if offset == 0 && bytes.is_empty() => {
            ArchiveError::new(Rule::NotZip, 0, "the file is empty")
        }
        _ if offset == 0 => ArchiveError::new(
            Rule::NotZip,
            0,
            "the file does not start with a zip record; a .gtpack is a zip archive",
        ),
        None => ArchiveError::new(Rule::NoEnd, offset, "the file ends without an end record"),
        Some(ZIP64_END | ZIP64_LOCATOR) => {
            ArchiveError::new(Rule::Zip64, offset, "ZIP64 records; a pack needs none")
        }
        Some(signature) => {
            let detail = format!("bytes {signature:08x} are no record of a pack");
            ArchiveError::new(Rule::Record, offset, detail)
        }
    }
}

fn lossy(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

/// Rules on the fields that both records have.
fn check_common(common: &Common<'_>, offset: usize) -> Result<(), ArchiveError> {
    let error =
        |rule, detail: &str| Err(ArchiveError::new(rule, offset, detail).of(&lossy(common.name)));
    if common.fixed.flags & 0x2041 != 0 {
        return error(Rule::Encrypted, "encrypted entries cannot be judged");
    }
    if common.fixed.flags & 0x0008 != 0 {
        let detail = "sizes stand in a data descriptor; write them in the local record";
        return error(Rule::Descriptor, detail);
    }
    if common.fixed.flags & !HARMLESS_FLAGS != 0 {
        return error(Rule::Flags, &format!("flags {:#06x}", common.fixed.flags));
    }
    if common.fixed.packed == u32::MAX || common.fixed.size == u32::MAX {
        return error(Rule::Zip64, "ZIP64 sizes; a pack needs none");
    }
    if !matches!(common.fixed.method, 0 | 8) || common.fixed.needed > NEWEST_NEEDED {
        let detail = format!(
            "method {}, version needed {}; only stored (0) and deflate (8) are read",
            common.fixed.method, common.fixed.needed
        );
        return error(Rule::Method, &detail);
    }
    if common.fixed.method == 0 && common.fixed.packed != common.fixed.size {
        return error(Rule::DataSize, "stored, but the two sizes differ");
    }
    Ok(())
}

/// The directory record that must stand at the cursor for `seen`.
fn central(cursor: &mut Cursor<'_>, seen: &Seen<'_>) -> Result<(), ArchiveError> {
    let offset = cursor.at;
    let name = lossy(seen.local.name);
    if cursor.signature() != Some(record::CENTRAL) {
        let detail = "the directory ends before this entry";
        return Err(ArchiveError::new(Rule::Order, offset, detail).of(&name));
    }
    let central = record::central(cursor)?;
    let error = |rule, detail: String| Err(ArchiveError::new(rule, offset, detail).of(&name));
    if !central.comment.is_empty() {
        return error(Rule::Comment, "the entry has a comment".into());
    }
    if central.disk != 0 {
        return error(
            Rule::MultiDisk,
            format!("the entry is on disk {}", central.disk),
        );
    }
    if central.offset as usize != seen.offset {
        let detail = format!(
            "the directory points to byte {}, the next entry is at byte {}",
            central.offset, seen.offset
        );
        return error(Rule::Order, detail);
    }
    if let Some(field) = central.common.differs_in(&seen.local) {
        return error(
            Rule::Mismatch,
            format!("directory and local record differ in {field}"),
        );
    }
    extra::check(central.common.extra, offset, &name)?;
    check_type(&central, offset, &name)
}

/// Types by the Unix mode in the upper half of the external attributes, which
/// readers take for a mode whatever system the entry claims to be made on.
fn check_type(central: &Central<'_>, offset: usize, name: &str) -> Result<(), ArchiveError> {
    let error = |detail: &str| Err(ArchiveError::new(Rule::Type, offset, detail).of(name));
    let mode = central.external >> 16;
    let is_dir = name.ends_with('/');
    match mode & 0o170_000 {
        0 => {}
        0o100_000 if !is_dir => {}
        0o040_000 if is_dir => {}
        0o120_000 => return error("the entry is a symbolic link"),
        kind => {
            return error(&format!("the entry's type {kind:o} does not fit its name"));
        }
    }
    if mode & 0o7000 != 0 {
        return error("the entry has set-id or sticky bits");
    }
    if central.external & 0x10 != 0 && !is_dir {
        return error("the entry is marked as a directory, but its name does not end in `/`");
    }
    if is_dir && (central.common.fixed.size != 0 || central.common.fixed.packed != 0) {
        return error("a directory has data");
    }
    Ok(())
}

fn end(cursor: &mut Cursor<'_>, directory: usize, count: usize) -> Result<(), ArchiveError> {
    let offset = cursor.at;
    match cursor.signature() {
        Some(record::END) => {}
        Some(record::CENTRAL) => {
            let detail = "the directory lists an entry that is not there";
            return Err(ArchiveError::new(Rule::Order, offset, detail));
        }
        found => return Err(unknown(found, offset, cursor.bytes)),
    }
    let end = record::end(cursor)?;
    let error = |rule, detail: &str| Err(ArchiveError::new(rule, offset, detail));
    if end.disks != [0, 0] || end.entries_here != end.entries {
        return error(Rule::MultiDisk, "the archive claims to span disks");
    }
    if usize::from(end.entries) != count
        || end.offset as usize != directory
        || end.size as usize != offset - directory
    {
        let detail = format!(
            "the end record says {} entries, {} bytes at {}; there are {count}, {} bytes at {directory}",
            end.entries,
            end.size,
            end.offset,
            offset - directory
        );
        return error(Rule::Directory, &detail);
    }
    if end.comment_len != 0 {
        return error(
            Rule::Comment,
            "the archive has a comment, where data can hide",
        );
    }
    match cursor.bytes.len() - cursor.at {
        0 => Ok(()),
        n => Err(ArchiveError::new(
            Rule::Trailing,
            cursor.at,
            format!("{n} bytes follow the end record"),
        )),
    }
}

/// Bounds on what would be inflated; what is inflated is held to it later.
fn bounded(locals: &[Seen<'_>], limits: &ArchiveLimits) -> Result<(), ArchiveError> {
    let mut total = 0u64;
    for Seen { offset, local, .. } in locals {
        let (size, packed) = (u64::from(local.fixed.size), u64::from(local.fixed.packed));
        total += size;
        let detail = if size > limits.entry_bytes {
            format!("inflates to {size} bytes, bound {}", limits.entry_bytes)
        } else if total > limits.total_bytes {
            format!("all entries inflate to over {} bytes", limits.total_bytes)
        } else if size > limits.ratio_floor && size > packed.saturating_mul(limits.ratio) {
            format!("{packed} bytes inflate to {size}, bound {}:1", limits.ratio)
        } else {
            continue;
        };
        let name = lossy(local.name);
        return Err(ArchiveError::new(Rule::Inflate, *offset, detail).of(&name));
    }
    Ok(())
}

fn entry(
    seen: &Seen<'_>,
    names: &mut names::Seen,
    limits: &ArchiveLimits,
) -> Result<Entry, ArchiveError> {
    let common = &seen.local;
    let Ok(name) = std::str::from_utf8(common.name) else {
        let error = ArchiveError::new(Rule::Name, seen.offset, "name is not UTF-8");
        return Err(error.of(&lossy(common.name)));
    };
    if !name.is_ascii() && common.fixed.flags & UTF8_FLAG == 0 {
        let detail = "name is not ASCII and not marked as UTF-8, so readers disagree on it";
        return Err(ArchiveError::new(Rule::Name, seen.offset, detail).of(name));
    }
    names::check(name, seen.offset, limits)?;
    names.add(name, seen.offset)?;
    Ok(Entry {
        name: name.to_owned(),
        method: if common.fixed.method == 0 {
            Method::Stored
        } else {
            Method::Deflate
        },
        crc: common.fixed.crc,
        data: seen.data.clone(),
        size: common.fixed.size,
    })
}
