//! Data descriptors: an archive that was written to a stream is one mistake, not many.
//!
//! A packer that cannot seek leaves the sizes in each local record zero, and writes them
//! behind the data. The scan, which believes local records alone, then sees data between
//! records, descriptors, and a directory that disagrees. Bytes that a descriptor does not
//! explain are still reported.

use super::error::{Rule, Violation};
use super::raw::{Local, Owner, RawArchive};
use std::collections::BTreeMap;

/// The flag of an entry whose sizes are in a descriptor.
pub(super) const FLAG: u16 = 0x0008;
/// A descriptor without its optional signature: checksum and two sizes.
const DESCRIPTOR: usize = 12;
/// Its signature.
const SIGNATURE: usize = 4;

/// `found` with one violation for all entries that have a descriptor.
pub(super) fn together(raw: &RawArchive<'_>, mut found: Vec<Violation>) -> Vec<Violation> {
    let flagged = raw
        .locals
        .iter()
        .filter(|l| l.common.fixed.flags & FLAG != 0);
    let flagged: Vec<&Local<'_>> = flagged.collect();
    let Some(first) = flagged.first() else {
        return found;
    };
    let listed = raw.centrals.iter();
    let explained = Explained {
        raw,
        listed: listed
            .map(|c| (c.local as usize, c.common.fixed.packed as usize))
            .collect(),
        flagged: &flagged,
    };
    found.retain(|violation| !explained.covers(violation));
    let entries = match flagged.len() {
        1 => "the sizes of 1 entry are".to_owned(),
        count => format!("the sizes of {count} entries are"),
    };
    let detail = format!(
        "{entries} behind the data, in data descriptors, because the packer wrote to a stream; \
         unpack the archive and pack it into a file: `unzip IN -d DIR`, then in DIR \
         `zip -X -r -D ../OUT.gtpack .`"
    );
    let common = &first.common;
    found.push(Violation::new(Rule::Descriptor, common.offset, detail).of(&common.shown()));
    found
}

/// What the descriptors of an archive explain.
struct Explained<'r> {
    raw: &'r RawArchive<'r>,
    /// The sizes of data by the directory, by the offset of the local record.
    listed: BTreeMap<usize, usize>,
    /// The entries with a descriptor.
    flagged: &'r [&'r Local<'r>],
}

impl Explained<'_> {
    /// Whether the violation is there only because an entry has a descriptor.
    fn covers(&self, violation: &Violation) -> bool {
        let offset = usize::try_from(violation.offset).unwrap_or(usize::MAX);
        let spans = self.raw.spans();
        let at = spans.partition_point(|span| span.range.start < offset);
        let Some(span) = spans.get(at).filter(|span| span.range.start == offset) else {
            return false;
        };
        let (length, owner) = (span.range.len(), span.owner);
        if violation.rule == Rule::Descriptor && matches!(owner, Owner::Local(_)) {
            return true;
        }
        // The entry before the place.
        let next = self.flagged.partition_point(|l| l.data.end <= offset);
        let before = next.checked_sub(1).and_then(|at| self.flagged.get(at));
        let Some((before, unread)) = before.and_then(|l| Some((l, self.unread(l)?))) else {
            return false;
        };
        match (violation.rule, owner) {
            (Rule::Descriptor, Owner::Foreign) => {
                length == SIGNATURE + DESCRIPTOR && offset - before.data.end == unread
            }
            (Rule::Record, Owner::Unknown) => {
                before.data.end == offset && [unread, unread + DESCRIPTOR].contains(&length)
            }
            _ => false,
        }
    }

    /// How many bytes of its data the local record does not know of, by the directory.
    fn unread(&self, local: &Local<'_>) -> Option<usize> {
        let packed = self.listed.get(&local.common.offset)?;
        packed.checked_sub(local.data.len())
    }
}

#[cfg(test)]
mod tests {
    use crate::archive::Archive;
    use crate::limits::Limits;
    use std::io::Write as _;

    /// What a packer writes that cannot seek.
    fn streamed(files: &[(&str, &[u8])], method: zip::CompressionMethod) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new_stream(Vec::new());
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        for (name, contents) in files {
            writer.start_file(*name, options).expect("starts");
            writer.write_all(contents).expect("writes");
        }
        writer.finish().expect("ends").into_inner()
    }

    fn violations(bytes: Vec<u8>) -> Vec<String> {
        let refused = Archive::open(bytes, &Limits::default().archive).expect_err("refused");
        refused.violations().map(ToString::to_string).collect()
    }

    const FILES: [(&str, &[u8]); 3] = [
        ("manifest.cbor", b"contents of a file, contents of a file"),
        ("empty", b""),
        ("b", &[7; 3000]),
    ];

    #[test]
    fn streamed_archive_is_one_violation_with_what_to_do() {
        for method in [
            zip::CompressionMethod::Deflated,
            zip::CompressionMethod::Stored,
        ] {
            let found = violations(streamed(&FILES, method));
            let [one] = &found[..] else {
                panic!("{method}: {found:#?}");
            };
            assert!(
                one.starts_with("E_ZIP_DESCRIPTOR: the sizes of 3 entries"),
                "{one}"
            );
            assert!(one.contains("zip -X -r -D"), "{one}");
        }
    }

    #[test]
    fn descriptor_without_signature_is_no_second_violation() {
        let archive = streamed(&FILES[..1], zip::CompressionMethod::Deflated);
        let signature = b"PK\x07\x08";
        let at = archive
            .windows(4)
            .position(|w| w == signature)
            .expect("one");
        let mut without = archive.clone();
        without.drain(at..at + 4);
        // The end record still says where the directory was before.
        let moved = u32::try_from(at + 12).expect("short").to_le_bytes();
        let end = without.len() - 6;
        without[end..end + 4].copy_from_slice(&moved);
        let found = violations(without);
        assert_eq!(found.len(), 1, "{found:#?}");
    }

    #[test]
    fn bytes_that_no_descriptor_explains_are_still_reported() {
        let mut archive = streamed(&FILES[..1], zip::CompressionMethod::Deflated);
        let signature = b"PK\x07\x08";
        let at = archive
            .windows(4)
            .position(|w| w == signature)
            .expect("one");
        archive.splice(at..at, *b"hidden");
        let found = violations(archive);
        let is_hidden = |said: &String| said.contains("bytes between records belong to no record");
        assert!(found.iter().any(is_hidden), "{found:#?}");
        let mut archive = streamed(&FILES[..1], zip::CompressionMethod::Deflated);
        archive.splice(at + 16..at + 16, *b"hidden");
        assert!(violations(archive).len() > 1);
    }
}
