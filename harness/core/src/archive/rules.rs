//! The rules on the contents of records, one by one and compared with each other.

use super::entry::{Entry, Method};
use super::error::{Rule, Violation};
use super::raw::{Local, RawArchive};
use super::record::{Central, Common, End, Fixed};
use super::{descriptors, extra, names};
use crate::limits::ArchiveLimits;
use crate::text::counted;
use std::borrow::Cow;

/// General-purpose flags without effect on reading: bits 1 and 2 hint at the
/// compression level, bit 11 marks the name as UTF-8.
const HARMLESS_FLAGS: u16 = 0x0806;
const UTF8_FLAG: u16 = 0x0800;
/// APPNOTE 4.4.3.2: deflate and directories need version 2.0.
const NEWEST_NEEDED: u16 = 20;

/// Every violation of a rule on structure, names, types and bounds.
pub(super) fn violations(raw: &RawArchive<'_>, limits: &ArchiveLimits) -> Vec<Violation> {
    let mut found = Vec::new();
    for local in &raw.locals {
        common(&local.common, &mut found);
    }
    named(raw, limits, &mut found);
    bounded(&raw.locals, limits, &mut found);
    if !raw.gave_up {
        directory(raw, &mut found);
    }
    for central in &raw.centrals {
        central_alone(central, &mut found);
    }
    let mut from = 0;
    for end in &raw.ends {
        // Each end record describes the directory before it.
        self::end(end, from, raw, &mut found);
        from = end.offset;
    }
    found
}

/// Rules on the fields that both records have.
fn common(common: &Common<'_>, found: &mut Vec<Violation>) {
    let fixed = &common.fixed;
    let mut report = |rule, detail: Cow<'static, str>| {
        found.push(Violation::new(rule, common.offset, detail).of(&common.shown()));
    };
    if fixed.flags & 0x2041 != 0 {
        report(Rule::Encrypted, "encrypted entries cannot be judged".into());
    }
    if fixed.flags & descriptors::FLAG != 0 {
        let detail = "sizes are in a data descriptor; write them in the local record";
        report(Rule::Descriptor, detail.into());
    }
    if fixed.flags & !(HARMLESS_FLAGS | 0x2049) != 0 {
        report(Rule::Flags, format!("flags {:#06x}", fixed.flags).into());
    }
    if fixed.packed == u32::MAX || fixed.size == u32::MAX {
        report(Rule::Zip64, "ZIP64 sizes; a pack needs none".into());
    }
    if fixed.needed > NEWEST_NEEDED {
        let detail = format!("version {} is needed to extract", fixed.needed);
        report(Rule::Version, detail.into());
    }
    if !matches!(fixed.method, 0 | 8) {
        let detail = format!("method {}; use stored (0) or deflate (8)", fixed.method);
        report(Rule::Method, detail.into());
    }
    if fixed.method == 0 && fixed.packed != fixed.size {
        report(Rule::DataSize, "stored, but the two sizes differ".into());
    }
    if let Some((rule, detail)) = extra::problem(common.extra) {
        report(rule, detail.into());
    }
}

/// Rules on each name, and on all names together.
fn named(raw: &RawArchive<'_>, limits: &ArchiveLimits, found: &mut Vec<Violation>) {
    let mut seen = names::Seen::default();
    for Local { common, .. } in &raw.locals {
        let encoding = |detail: &'static str| {
            Violation::new(Rule::NameEncoding, common.offset, detail).of(&common.shown())
        };
        let Ok(name) = std::str::from_utf8(common.name) else {
            found.push(encoding("name is not UTF-8"));
            continue;
        };
        if !name.is_ascii() && common.fixed.flags & UTF8_FLAG == 0 {
            let detail = "name is neither ASCII nor marked as UTF-8, so readers disagree on it";
            found.push(encoding(detail));
        }
        found.extend(names::check(name, common.offset, limits).err());
        found.extend(seen.add(name, common.offset).err());
    }
}

/// Bounds on the declared sizes. `inflate` later refuses data that exceeds its
/// declared size.
fn bounded(locals: &[Local<'_>], limits: &ArchiveLimits, found: &mut Vec<Violation>) {
    let ArchiveLimits {
        entry_bytes,
        total_bytes,
        ratio,
        ratio_floor,
        // The reader applies the first before the scan, the scan applies the second.
        archive_bytes: _,
        entries: _,
        // `names` applies these two.
        name_bytes: _,
        name_depth: _,
    } = *limits;
    let mut total = 0u64;
    for Local { common, .. } in locals {
        let size = u64::from(common.fixed.size);
        let packed = u64::from(common.fixed.packed);
        total += size;
        let detail = if size > entry_bytes {
            format!("inflates to {size} bytes, bound {entry_bytes}")
        } else if total > total_bytes {
            format!("all entries inflate to over {total_bytes} bytes")
        } else if size > ratio_floor && size > packed.saturating_mul(ratio) {
            format!("{packed} bytes inflate to {size}, bound {ratio}:1")
        } else {
            continue;
        };
        found.push(Violation::new(Rule::Inflate, common.offset, detail).of(&common.shown()));
    }
}

/// Compares the directory with the local records, in both directions.
fn directory(raw: &RawArchive<'_>, found: &mut Vec<Violation>) {
    let mut claimed = vec![false; raw.locals.len()];
    let mut last = None;
    for central in &raw.centrals {
        let offset = central.common.offset;
        let mut report = |rule, detail: Cow<'static, str>| {
            found.push(Violation::new(rule, offset, detail).of(&central.common.shown()));
        };
        let start = central.local as usize;
        if central.local == u32::MAX {
            report(Rule::Zip64, "a ZIP64 offset; a pack needs none".into());
            continue;
        }
        let Ok(index) = raw.locals.binary_search_by_key(&start, |l| l.common.offset) else {
            let at = raw.at(start);
            report(
                Rule::Dangling,
                format!("the directory points to byte {start}, {at}").into(),
            );
            continue;
        };
        if std::mem::replace(&mut claimed[index], true) {
            report(
                Rule::Shared,
                "a second directory record for this local record".into(),
            );
        } else if last.is_some_and(|last| index < last) {
            report(
                Rule::Order,
                "the directory lists it after an entry that follows it in the file".into(),
            );
        }
        last = Some(index);
        let local = &raw.locals[index].common;
        let differing = central.common.differs_in(local).into_iter();
        for field in differing.filter(|field| !is_left_out(local, field)) {
            report(
                Rule::Mismatch,
                format!("directory and local record differ in {field}").into(),
            );
        }
        let extras = [local.extra, central.common.extra];
        let valid = extras.iter().all(|e| extra::problem(e).is_none());
        if let (true, Some(how)) = (valid, extra::contradiction(extras[0], extras[1])) {
            report(
                Rule::Mismatch,
                format!("directory and local record: {how}").into(),
            );
        }
    }
    // Reported at the end of the directory, so that a violation that cut the
    // directory off comes first and decides.
    let end = raw.directory_end();
    for (local, _) in raw.locals.iter().zip(claimed).filter(|(_, c)| !c) {
        let common = &local.common;
        let detail = format!(
            "the directory ends without listing the entry at byte {}",
            common.offset
        );
        found.push(Violation::new(Rule::Unlisted, end, detail).of(&common.shown()));
    }
}

/// Whether the local record leaves the field to a descriptor, so that the directory does
/// not contradict it.
fn is_left_out(local: &Common<'_>, field: &str) -> bool {
    let Fixed {
        flags,
        crc,
        packed,
        size,
        ..
    } = local.fixed;
    flags & descriptors::FLAG != 0
        && match field {
            "CRC" => crc == 0,
            "compressed size" => packed == 0,
            "size" => size == 0,
            _ => false,
        }
}

/// Rules on the fields that only a directory record has.
fn central_alone(central: &Central<'_>, found: &mut Vec<Violation>) {
    let mut report = |rule, detail: Cow<'static, str>| {
        let violation = Violation::new(rule, central.common.offset, detail);
        found.push(violation.of(&central.common.shown()));
    };
    if !central.comment.is_empty() {
        report(Rule::Comment, "the entry has a comment".into());
    }
    if central.disk != 0 {
        report(
            Rule::MultiDisk,
            format!("the entry is on disk {}", central.disk).into(),
        );
    }
    // Bit 0 marks the file as text.
    if central.internal & !1 != 0 || central.external & 0xff00 != 0 {
        let (i, e) = (central.internal, central.external);
        report(
            Rule::Flags,
            format!("attributes {i:#06x} and {e:#010x}").into(),
        );
    }
    if let Some((rule, detail)) = extra::problem(central.common.extra) {
        report(rule, detail.into());
    }
    if let Some(detail) = type_problem(central) {
        report(Rule::Type, detail.into());
    }
}

/// Checks the type by the Unix mode in the upper half of the external attributes.
/// Readers use it as a mode, whatever system the entry claims to come from.
fn type_problem(central: &Central<'_>) -> Option<String> {
    const VOLUME_LABEL: u32 = 0x08;
    const DIRECTORY: u32 = 0x10;
    let mode = central.external >> 16;
    let is_dir = central.common.name.ends_with(b"/");
    match mode & 0o170_000 {
        0 => {}
        0o100_000 if !is_dir => {}
        0o040_000 if is_dir => {}
        0o120_000 => return Some("the entry is a symbolic link".into()),
        kind => {
            return Some(format!("the entry's type {kind:o} does not fit its name"));
        }
    }
    if mode & 0o7000 != 0 {
        return Some("the entry has set-id or sticky bits".into());
    }
    if central.external & VOLUME_LABEL != 0 {
        return Some("the entry is a volume label".into());
    }
    if central.external & DIRECTORY != 0 && !is_dir {
        let detail = "the entry is marked as a directory, but its name does not end in `/`";
        return Some(detail.into());
    }
    let fixed = &central.common.fixed;
    (is_dir && (fixed.size != 0 || fixed.packed != 0)).then(|| "a directory has data".into())
}

fn end(end: &End<'_>, from: usize, raw: &RawArchive<'_>, found: &mut Vec<Violation>) {
    let mut report = |rule, detail: Cow<'static, str>| {
        found.push(Violation::new(rule, end.offset, detail));
    };
    if end.disks != [0, 0] || end.entries_here != end.entries {
        report(Rule::MultiDisk, "the archive claims to span disks".into());
    }
    let offsets = raw.centrals.iter().map(|c| c.common.offset);
    let own: Vec<usize> = offsets.filter(|o| (from..end.offset).contains(o)).collect();
    let wide = end.size == u32::MAX || end.directory == u32::MAX;
    if wide || end.entries == u16::MAX {
        return report(
            Rule::Zip64,
            "ZIP64 values in the end record; a pack needs none".into(),
        );
    }
    let count = own.len();
    let directory = own.first().copied().unwrap_or(end.offset);
    let size = end.offset.saturating_sub(directory);
    let same = usize::from(end.entries) == count
        && end.directory as usize == directory
        && end.size as usize == size;
    if !same && !raw.gave_up {
        let detail = format!(
            "the end record says {}, {} at {}; there are {count}, {} at {directory}",
            counted(end.entries, "entry", "entries"),
            counted(end.size, "byte", "bytes"),
            end.directory,
            counted(size as u64, "byte", "bytes")
        );
        report(Rule::Directory, detail.into());
    }
    if !end.comment.is_empty() {
        let detail = "the archive has a comment, where data can hide";
        report(Rule::Comment, detail.into());
    }
}

/// The entries whose data can be read and checked.
pub(super) fn entries(raw: &RawArchive<'_>) -> Vec<Entry> {
    let readable = raw.locals.iter().filter(|local| {
        let fixed = &local.common.fixed;
        local.whole
            && fixed.flags & 0x2049 == 0
            && (fixed.method == 8 || fixed.method == 0 && fixed.packed == fixed.size)
    });
    readable
        .map(|Local { common, data, .. }| Entry {
            name: common.shown().into_owned(),
            method: match common.fixed.method {
                0 => Method::Stored,
                _ => Method::Deflate,
            },
            crc: common.fixed.crc,
            data: data.clone(),
            size: common.fixed.size,
        })
        .collect()
}
