//! Mutations of local headers, and differences between them and the central directory.

use super::mutation::{Apply, Mutation};
use crate::generators::archive::Cut;
use provision_core::codes::FindingCode::Archive;
use provision_core::codes::Rule;

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        id: "cut_in_local_record",
        doc: "The file ends in the middle of a local record.",
        code: Archive(Rule::Truncated),
        apply: Apply::Archive(|archive| {
            archive.fresh(b"contents", false);
            archive.cut = Some(Cut::LastLocal(17));
        }),
    },
    Mutation {
        id: "cut_in_data",
        doc: "The file ends in the middle of an entry's data.",
        code: Archive(Rule::Truncated),
        apply: Apply::Archive(|archive| {
            archive.fresh(b"contents", false);
            archive.cut = Some(Cut::LastData(3));
        }),
    },
    Mutation {
        id: "gap_between_entries",
        doc: "Bytes between two entries that belong to neither.",
        code: Archive(Rule::Record),
        apply: Apply::Archive(|archive| {
            let at = archive.target_entry;
            archive.entries[at].behind = b"hidden".to_vec();
        }),
    },
    Mutation {
        id: "archive_extra_data",
        doc: "The record that announces an encrypted directory.",
        code: Archive(Rule::Encrypted),
        apply: Apply::Archive(|archive| {
            let last = archive.entries.len() - 1;
            archive.entries[last].behind = b"PK\x06\x08\x02\0\0\0xx".to_vec();
        }),
    },
    Mutation {
        id: "spanning_marker",
        doc: "The marker of an archive that spans several files.",
        code: Archive(Rule::MultiDisk),
        apply: Apply::Archive(|archive| {
            archive.before = b"PK\x07\x08".to_vec();
        }),
    },
    Mutation {
        id: "name_differs",
        doc: "Directory and local record differ in the name.",
        code: Archive(Rule::Mismatch),
        apply: Apply::Archive(|archive| {
            archive.listing(archive.target_entry, |l| l.header.name[0] ^= 0x03);
        }),
    },
    Mutation {
        id: "size_differs",
        doc: "Directory and local record differ in the size.",
        code: Archive(Rule::Mismatch),
        apply: Apply::Archive(|archive| {
            archive.listing(archive.target_entry, |l| l.header.size ^= 1);
        }),
    },
    Mutation {
        id: "packed_differs",
        doc: "Directory and local record differ in the compressed size.",
        code: Archive(Rule::Mismatch),
        apply: Apply::Archive(|archive| {
            archive.listing(archive.target_entry, |l| l.header.packed ^= 1);
        }),
    },
    Mutation {
        id: "flags_differs",
        doc: "Directory and local record differ in the flags.",
        code: Archive(Rule::Mismatch),
        apply: Apply::Archive(|archive| {
            archive.listing(archive.target_entry, |l| l.header.flags ^= 2);
        }),
    },
    Mutation {
        id: "time_differs",
        doc: "Directory and local record differ in the time.",
        code: Archive(Rule::Mismatch),
        apply: Apply::Archive(|archive| {
            archive.listing(archive.target_entry, |l| l.header.time ^= 2);
        }),
    },
    Mutation {
        id: "date_differs",
        doc: "Directory and local record differ in the date.",
        code: Archive(Rule::Mismatch),
        apply: Apply::Archive(|archive| {
            archive.listing(archive.target_entry, |l| l.header.date ^= 1);
        }),
    },
    Mutation {
        id: "method_differs",
        doc: "Directory and local record differ in the method.",
        code: Archive(Rule::Mismatch),
        apply: Apply::Archive(|archive| {
            archive.listing(archive.target_entry, |l| l.header.method ^= 8);
        }),
    },
    Mutation {
        id: "version_differs",
        doc: "Directory and local record differ in the version that is needed.",
        code: Archive(Rule::Mismatch),
        apply: Apply::Archive(|archive| {
            archive.listing(archive.target_entry, |l| l.header.needed ^= 1);
        }),
    },
    Mutation {
        id: "local_sizes_lie",
        doc: "The local record claims one byte less, so that a sequential reader gets other contents.",
        code: Archive(Rule::Crc),
        apply: Apply::Archive(|archive| {
            let at = archive.fresh(b"contents", false);
            let local = &mut archive.entries[at].local;
            (local.packed, local.size) = (7, 7);
        }),
    },
    Mutation {
        id: "extra_on_one_side",
        doc: "A timestamp that only the local record has.",
        code: Archive(Rule::Mismatch),
        apply: Apply::Archive(|archive| {
            let at = archive.fresh(b"x", false);
            archive.entries[at].local.extra = b"UT\x05\0\x01\x01\x02\x03\x04".to_vec();
        }),
    },
    Mutation {
        id: "extra_time_differs",
        doc: "Timestamps that contradict each other.",
        code: Archive(Rule::Mismatch),
        apply: Apply::Archive(|archive| {
            let at = archive.fresh(b"x", false);
            archive.entries[at].local.extra = b"UT\x05\0\x01\x01\x02\x03\x04".to_vec();
            archive.listing(at, |l| {
                l.header.extra = b"UT\x05\0\x01\x01\x02\x03\x05".to_vec()
            });
        }),
    },
    Mutation {
        id: "descriptor",
        doc: "A data descriptor after the data holds the sizes.",
        code: Archive(Rule::Descriptor),
        apply: Apply::Archive(|archive| {
            let at = archive.fresh(b"contents", false);
            let header = archive.entries[at].local.clone();
            archive.both(at, |h| h.flags |= 8);
            let local = &mut archive.entries[at].local;
            (local.crc, local.packed, local.size) = (0, 0, 0);
            let mut descriptor = b"PK\x07\x08".to_vec();
            for field in [header.crc, header.packed, header.size] {
                descriptor.extend(field.to_le_bytes());
            }
            archive.entries[at].behind = descriptor;
        }),
    },
    Mutation {
        id: "descriptor_without_signature",
        doc: "A data descriptor without its optional signature.",
        code: Archive(Rule::Descriptor),
        apply: Apply::Archive(|archive| {
            let at = archive.fresh(b"contents", true);
            archive.both(at, |h| h.flags |= 8);
            let header = archive.entries[at].local.clone();
            for field in [header.crc, header.packed, header.size] {
                archive.entries[at].behind.extend(field.to_le_bytes());
            }
        }),
    },
    Mutation {
        id: "descriptor_without_flag",
        doc: "A data descriptor that no flag announces.",
        code: Archive(Rule::Descriptor),
        apply: Apply::Archive(|archive| {
            let at = archive.target_entry;
            archive.entries[at].behind = b"PK\x07\x08\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
        }),
    },
    Mutation {
        id: "version_of_zip64",
        doc: "The version of ZIP64.",
        code: Archive(Rule::Version),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| h.needed = 45);
        }),
    },
    Mutation {
        id: "version_of_future",
        doc: "A version that does not exist yet.",
        code: Archive(Rule::Version),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| h.needed = 0xff);
        }),
    },
];
