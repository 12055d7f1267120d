//! Mutations of ZIP64 records, extra fields and sentinels.

use super::mutation::{Apply, Mutation, change_end};
use crate::generators::archive::Pointer;
use provision_core::codes::FindingCode::Archive;
use provision_core::codes::Rule;

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        id: "zip64_end",
        doc: "A needless ZIP64 end record.",
        code: Archive(Rule::Zip64),
        apply: Apply::Archive(|archive| {
            let mut end = b"PK\x06\x06\x2c".to_vec();
            end.resize(56, 0);
            let last = archive.directory.len() - 1;
            archive.directory[last].behind = end;
        }),
    },
    Mutation {
        id: "zip64_locator_orphaned",
        doc: "A ZIP64 locator without a ZIP64 end record.",
        code: Archive(Rule::Zip64),
        apply: Apply::Archive(|archive| {
            let mut locator = b"PK\x06\x07".to_vec();
            locator.resize(20, 0);
            let last = archive.directory.len() - 1;
            archive.directory[last].behind = locator;
        }),
    },
    Mutation {
        id: "zip64_extra_needless",
        doc: "A ZIP64 extra field that repeats sizes below the ZIP64 limit.",
        code: Archive(Rule::Zip64),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| {
                let mut extra = b"\x01\0\x10\0".to_vec();
                extra.extend(u64::from(h.size).to_le_bytes());
                extra.extend(u64::from(h.packed).to_le_bytes());
                h.extra = extra;
            });
        }),
    },
    Mutation {
        id: "zip64_extra_contradicts",
        doc: "A ZIP64 extra field with other sizes than the record.",
        code: Archive(Rule::Zip64),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| {
                let mut extra = b"\x01\0\x10\0".to_vec();
                extra.extend([7; 16]);
                h.extra = extra;
            });
        }),
    },
    Mutation {
        id: "zip64_sentinel_size",
        doc: "The ZIP64 sentinel as a size, without a ZIP64 field.",
        code: Archive(Rule::Zip64),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| h.size = u32::MAX);
        }),
    },
    Mutation {
        id: "zip64_sentinel_offset",
        doc: "The ZIP64 sentinel as an offset, without a ZIP64 field.",
        code: Archive(Rule::Zip64),
        apply: Apply::Archive(|archive| {
            archive.listing(archive.target_entry, |l| {
                l.pointer = Pointer::Fixed(u32::MAX)
            });
        }),
    },
    Mutation {
        id: "zip64_sentinel_count",
        doc: "The ZIP64 sentinel as a count, without a ZIP64 record.",
        code: Archive(Rule::Zip64),
        apply: Apply::Archive(|archive| {
            change_end(archive, |end| end.entries = Some(u16::MAX));
        }),
    },
    Mutation {
        id: "zip64_sentinel_directory",
        doc: "The ZIP64 sentinel as the directory offset, without a ZIP64 record.",
        code: Archive(Rule::Zip64),
        apply: Apply::Archive(|archive| {
            change_end(archive, |end| end.directory = Some(u32::MAX));
        }),
    },
];
