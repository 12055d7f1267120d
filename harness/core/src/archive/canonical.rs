//! The canonical form: equal files make equal archive bytes.
//!
//! Entries are sorted by name, stored, dated 1980-01-01, mode 0644, without
//! directories, extra fields or comments: what `greentic-pack` writes, but sorted.

use super::directory::crc32;
use super::error::{Rule, Violation};
use super::raw::RawArchive;
use super::record::{Central, Fixed};
use super::{Archive, ArchiveError};
use crate::limits::ArchiveLimits;
use crate::text::{counted, hex, inert};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Made on Unix, by a tool of version 1.0.
const MADE_BY: u16 = 0x030a;
/// Version 1.0 reads stored files.
const NEEDED: u16 = 10;
/// 1980-01-01, the earliest date that a zip can hold.
const DATE: u16 = 0x0021;
/// A regular file with mode 0644, in the upper 16 bits.
const EXTERNAL: u32 = 0o100_644 << 16;

/// General-purpose bit 11 (the name is UTF-8) if the name needs it, else 0.
fn flags(name: &[u8]) -> u16 {
    if name.is_ascii() { 0 } else { 0x0800 }
}

/// The canonical form of `archive`, the same bytes on every machine.
///
/// # Errors
/// [`Rule::Size`] if the stored files exceed the bound on archive bytes.
pub fn repack(archive: &Archive, limits: &ArchiveLimits) -> Result<Vec<u8>, ArchiveError> {
    let files = archive.files.iter().map(|(name, entry)| File {
        name,
        size: u64::from(entry.size),
        crc: entry.crc,
    });
    let files: Vec<File<'_>> = files.collect();
    let read = |name: &str| archive.read(name).unwrap_or_default();
    written(&files, read, limits)
}

/// The canonical archive of `files`, by name.
///
/// NB: the caller has to open the result, because the rules on names apply to it too.
///
/// # Errors
/// As [`repack`].
pub fn write<B: AsRef<[u8]>>(
    files: &BTreeMap<String, B>,
    limits: &ArchiveLimits,
) -> Result<Vec<u8>, ArchiveError> {
    let listed = files.iter().map(|(name, contents)| File {
        name,
        size: contents.as_ref().len() as u64,
        crc: crc32(contents.as_ref()),
    });
    let read = |name: &str| Cow::Borrowed(files.get(name).map_or(&[][..], AsRef::as_ref));
    written(&listed.collect::<Vec<_>>(), read, limits)
}

/// A file of an archive that is to be written.
struct File<'f> {
    name: &'f str,
    /// Bytes.
    size: u64,
    crc: u32,
}

/// The canonical archive of `files`, which are sorted by name.
fn written<'f>(
    files: &[File<'f>],
    read: impl Fn(&'f str) -> Cow<'f, [u8]>,
    limits: &ArchiveLimits,
) -> Result<Vec<u8>, ArchiveError> {
    let contents: u64 = files.iter().map(|file| file.size).sum();
    let headers: usize = files.iter().map(|f| 30 + 46 + 2 * f.name.len()).sum();
    let total = contents + headers as u64 + 22;
    if total > limits.archive_bytes {
        let bound = limits.archive_bytes;
        let detail = format!("stored, the archive would have {total} bytes, bound {bound}");
        return Err(Violation::new(Rule::Size, 0, detail).into());
    }
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for &File { name, crc, .. } in files {
        // NB: the bounds on archives keep every field below within its width.
        let offset = out.len() as u32;
        let contents = read(name);
        let shared = shared_fields(name, crc, contents.len() as u32);
        out.extend(b"PK\x03\x04");
        out.extend(&shared);
        out.extend(name.as_bytes());
        out.extend(contents.as_ref());
        directory.extend(b"PK\x01\x02");
        directory.extend(MADE_BY.to_le_bytes());
        directory.extend(&shared);
        // No comment, disk 0, no internal attributes.
        directory.extend([0; 6]);
        directory.extend(EXTERNAL.to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (start, count) = (out.len() as u32, files.len() as u16);
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0; 2]);
    Ok(out)
}

/// The fields that the local and the directory record share.
fn shared_fields(name: &str, crc: u32, size: u32) -> Vec<u8> {
    let mut fields = Vec::with_capacity(26);
    // Version, flags, method stored, time, date.
    for field in [NEEDED, flags(name.as_bytes()), 0, 0, DATE] {
        fields.extend(field.to_le_bytes());
    }
    for field in [crc, size, size] {
        fields.extend(field.to_le_bytes());
    }
    fields.extend((name.len() as u16).to_le_bytes());
    fields.extend([0; 2]);
    fields
}

/// A way in which entries of an archive are not canonical.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The difference, found and wanted: `deflated rather than stored`.
    pub what: String,
    /// Offsets of the affected records, in bytes, ascending.
    pub offsets: Vec<u64>,
    /// The first affected entry, escaped.
    pub entry: String,
}

/// How `archive` differs from its canonical form; empty if it is canonical.
///
/// Entries that differ in the same way share one [`Difference`], so that a
/// single unusual value among many entries is easy to see.
#[must_use]
pub fn differences(archive: &Archive) -> Vec<Difference> {
    let raw = RawArchive::scan(&archive.bytes, usize::MAX);
    let mut found: BTreeMap<String, Difference> = BTreeMap::new();
    let mut note = |what: String, offset: usize, name: &[u8]| {
        let entry = || inert(&String::from_utf8_lossy(name), 120);
        let difference = found.entry(what.clone()).or_insert_with(|| Difference {
            what,
            offsets: Vec::new(),
            entry: entry(),
        });
        difference.offsets.push(offset as u64);
    };
    let mut last: &[u8] = b"";
    for local in &raw.locals {
        let common = &local.common;
        if common.name < last {
            note(
                "not in the order of names".into(),
                common.offset,
                common.name,
            );
        } else {
            last = common.name;
        }
        if !common.extra.is_empty() {
            let what = format!("a local extra field, {}", shown(common.extra));
            note(what, common.offset, common.name);
        }
    }
    for central in &raw.centrals {
        for what in record_differences(central) {
            note(what, central.common.offset, central.common.name);
        }
    }
    found.into_values().collect()
}

/// The differences of one directory record.
///
/// NB: the local record repeats these fields as far as it has them, because
/// `open` refuses an archive whose two records differ.
fn record_differences(central: &Central<'_>) -> Vec<String> {
    let common = &central.common;
    let Fixed {
        needed,
        flags: bits,
        method,
        time,
        date,
        ..
    } = common.fixed;
    let is_dir = common.name.ends_with(b"/");
    let wanted = flags(common.name);
    let differing = [
        (is_dir, "a directory entry".to_owned()),
        (method != 0, "deflated rather than stored".to_owned()),
        (
            (time, date) != (0, DATE),
            format!("dated {date:04x}:{time:04x} rather than 1980-01-01 (0021:0000)"),
        ),
        (
            central.made_by != MADE_BY,
            format!(
                "made by {:#06x} rather than {MADE_BY:#06x}",
                central.made_by
            ),
        ),
        (
            needed != NEEDED,
            format!("needs version {needed} rather than {NEEDED}"),
        ),
        (
            bits != wanted,
            format!("flags {bits:#06x} rather than {wanted:#06x}"),
        ),
        (
            central.internal != 0,
            format!(
                "internal attributes {:#06x} rather than none",
                central.internal
            ),
        ),
        (
            central.external != EXTERNAL,
            format!(
                "external attributes {:#010x} rather than {EXTERNAL:#010x} (mode 0644)",
                central.external
            ),
        ),
        (
            !common.extra.is_empty(),
            format!("a directory extra field, {}", shown(common.extra)),
        ),
    ];
    let differing = differing.into_iter().filter(|(differs, _)| *differs);
    differing.map(|(_, what)| what).collect()
}

/// The size of `bytes`, and the first ones in hexadecimal digits.
fn shown(bytes: &[u8]) -> String {
    let first = bytes.get(..40).unwrap_or(bytes);
    format!("{}: {}", counted(bytes.len(), "byte", "bytes"), hex(first))
}
