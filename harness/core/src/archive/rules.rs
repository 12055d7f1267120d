//! The rules on what the records say, each by itself and against each other.

use super::entry::{Entry, Method};
use super::error::{Rule, Violation};
use super::raw::{Local, RawArchive};
use super::record::{Central, Common, End};
use super::{extra, names};
use crate::limits::ArchiveLimits;
use std::borrow::Cow;

/// General-purpose flags that change nothing here: bits 1 and 2 hint at the
/// compression level, bit 11 says that the name is UTF-8.
const HARMLESS_FLAGS: u16 = 0x0806;
const UTF8_FLAG: u16 = 0x0800;
/// APPNOTE 4.4.3.2: 2.0 is what deflate and directories need.
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
        by_itself(central, &mut found);
    }
    let mut from = 0;
    for end in &raw.ends {
        // Each end record answers for the directory before it.
        self::end(end, from, raw, &mut found);
        from = end.offset;
    }
    found
}

/// Rules on the fields that both records have.
fn common(common: &Common<'_>, found: &mut Vec<Violation>) {
    let fixed = &common.fixed;
    let mut object = |rule, detail: Cow<'static, str>| {
        found.push(Violation::new(rule, common.offset, detail).of(&common.shown()));
    };
    if fixed.flags & 0x2041 != 0 {
        object(Rule::Encrypted, "encrypted entries cannot be judged".into());
    }
    if fixed.flags & 0x0008 != 0 {
        let detail = "sizes stand in a data descriptor; write them in the local record";
        object(Rule::Descriptor, detail.into());
    }
    if fixed.flags & !(HARMLESS_FLAGS | 0x2049) != 0 {
        object(Rule::Flags, format!("flags {:#06x}", fixed.flags).into());
    }
    if fixed.packed == u32::MAX || fixed.size == u32::MAX {
        object(Rule::Zip64, "ZIP64 sizes; a pack needs none".into());
    }
    if fixed.needed > NEWEST_NEEDED {
        let detail = format!("version {} is needed to extract", fixed.needed);
        object(Rule::Version, detail.into());
    }
    if !matches!(fixed.method, 0 | 8) {
        let detail = format!("method {}; use stored (0) or deflate (8)", fixed.method);
        object(Rule::Method, detail.into());
    }
    if fixed.method == 0 && fixed.packed != fixed.size {
        object(Rule::DataSize, "stored, but the two sizes differ".into());
    }
    if let Some((rule, detail)) = extra::problem(common.extra) {
        object(rule, detail.into());
    }
}

/// Rules on names, one by one and all together.
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
            let detail = "name is not ASCII and not marked as UTF-8, so readers disagree on it";
            found.push(encoding(detail));
        }
        found.extend(names::check(name, common.offset, limits).err());
        found.extend(seen.add(name, common.offset).err());
    }
}

/// Bounds on what would be inflated; what is inflated is held to it later.
fn bounded(locals: &[Local<'_>], limits: &ArchiveLimits, found: &mut Vec<Violation>) {
    let ArchiveLimits {
        entry_bytes,
        total_bytes,
        ratio,
        ratio_floor,
        // Applied before the scan and by it.
        archive_bytes: _,
        entries: _,
        // Applied by `names`.
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

/// Directory against local records, both ways.
fn directory(raw: &RawArchive<'_>, found: &mut Vec<Violation>) {
    let mut claimed = vec![false; raw.locals.len()];
    let mut last = None;
    for central in &raw.centrals {
        let offset = central.common.offset;
        let mut object = |rule, detail: Cow<'static, str>| {
            found.push(Violation::new(rule, offset, detail).of(&central.common.shown()));
        };
        let start = central.local as usize;
        if central.local == u32::MAX {
            object(Rule::Zip64, "a ZIP64 offset; a pack needs none".into());
            continue;
        }
        let Ok(index) = raw.locals.binary_search_by_key(&start, |l| l.common.offset) else {
            let at = raw.at(start);
            object(
                Rule::Dangling,
                format!("the directory points to byte {start}, {at}").into(),
            );
            continue;
        };
        if std::mem::replace(&mut claimed[index], true) {
            object(
                Rule::Shared,
                "a second directory record for this local record".into(),
            );
        } else if last.is_some_and(|last| index < last) {
            object(
                Rule::Order,
                "the directory lists it after an entry that it precedes".into(),
            );
        }
        last = Some(index);
        let local = &raw.locals[index].common;
        for field in central.common.differs_in(local) {
            object(
                Rule::Mismatch,
                format!("directory and local record differ in {field}").into(),
            );
        }
        let extras = [local.extra, central.common.extra];
        let sound = extras.iter().all(|e| extra::problem(e).is_none());
        if let (true, Some(how)) = (sound, extra::contradiction(extras[0], extras[1])) {
            object(
                Rule::Mismatch,
                format!("directory and local record: {how}").into(),
            );
        }
    }
    // Where its record is missed, so that what cut the directory off decides.
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

/// Rules on what a directory record alone says.
fn by_itself(central: &Central<'_>, found: &mut Vec<Violation>) {
    let mut object = |rule, detail: Cow<'static, str>| {
        let violation = Violation::new(rule, central.common.offset, detail);
        found.push(violation.of(&central.common.shown()));
    };
    if !central.comment.is_empty() {
        object(Rule::Comment, "the entry has a comment".into());
    }
    if central.disk != 0 {
        object(
            Rule::MultiDisk,
            format!("the entry is on disk {}", central.disk).into(),
        );
    }
    // Bit 0 says that the file is text.
    if central.internal & !1 != 0 || central.external & 0xff00 != 0 {
        let (i, e) = (central.internal, central.external);
        object(
            Rule::Flags,
            format!("attributes {i:#06x} and {e:#010x}").into(),
        );
    }
    if let Some((rule, detail)) = extra::problem(central.common.extra) {
        object(rule, detail.into());
    }
    if let Some(detail) = type_problem(central) {
        object(Rule::Type, detail.into());
    }
}

/// Types by the Unix mode in the upper half of the external attributes, which
/// readers take for a mode whatever system the entry claims to be made on.
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
    let mut object = |rule, detail: Cow<'static, str>| {
        found.push(Violation::new(rule, end.offset, detail));
    };
    if end.disks != [0, 0] || end.entries_here != end.entries {
        object(Rule::MultiDisk, "the archive claims to span disks".into());
    }
    let offsets = raw.centrals.iter().map(|c| c.common.offset);
    let own: Vec<usize> = offsets.filter(|o| (from..end.offset).contains(o)).collect();
    let wide = end.size == u32::MAX || end.directory == u32::MAX;
    if wide || end.entries == u16::MAX {
        return object(
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
            "the end record says {} entries, {} bytes at {}; there are {count}, {size} bytes at {directory}",
            end.entries, end.size, end.directory
        );
        object(Rule::Directory, detail.into());
    }
    if !end.comment.is_empty() {
        let detail = "the archive has a comment, where data can hide";
        object(Rule::Comment, detail.into());
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
