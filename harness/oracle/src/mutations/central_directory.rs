//! Mutations of the records of the central directory and of their offsets.

use super::mutation::{Apply, Mutation};
use crate::generators::archive::{Cut, Pointer, common};
use provision_core::codes::FindingCode::Archive;
use provision_core::codes::Rule;

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        id: "cut_in_directory",
        doc: "The file ends in the middle of the directory.",
        code: Archive(Rule::Truncated),
        apply: Apply::Archive(|archive| {
            archive.cut = Some(Cut::LastListing(20));
        }),
    },
    Mutation {
        id: "comment_of_entry",
        doc: "An entry has a comment.",
        code: Archive(Rule::Comment),
        apply: Apply::Archive(|archive| {
            archive.listing(archive.target_entry, |l| {
                l.attributes.comment = b"hello".to_vec()
            });
        }),
    },
    Mutation {
        id: "gap_in_directory",
        doc: "Bytes stand between two directory records.",
        code: Archive(Rule::Record),
        apply: Apply::Archive(|archive| {
            archive.directory[0].behind = b"hidden".to_vec();
        }),
    },
    Mutation {
        id: "entry_on_other_disk",
        doc: "An entry is on disk 1.",
        code: Archive(Rule::MultiDisk),
        apply: Apply::Archive(|archive| {
            archive.listing(archive.target_entry, |l| l.attributes.disk = 1);
        }),
    },
    Mutation {
        id: "directory_first",
        doc: "The directory stands before the entries.",
        code: Archive(Rule::Layout),
        apply: Apply::Archive(|archive| {
            archive.directory_first = true;
        }),
    },
    Mutation {
        id: "entry_amid_directory",
        doc: "A local record in the middle of the directory.",
        code: Archive(Rule::Layout),
        apply: Apply::Archive(|archive| {
            let mut stray = b"PK\x03\x04\x0a\0".to_vec();
            stray.resize(26, 0);
            stray.extend(b"\x01\0\0\0x");
            archive.directory[0].behind = stray;
        }),
    },
    Mutation {
        id: "duplicate_name",
        doc: "Two entries with one name: some readers keep the first, others the last.",
        code: Archive(Rule::Duplicate),
        apply: Apply::Archive(|archive| {
            archive.named("twice.txt");
            archive.named("twice.txt");
        }),
    },
    Mutation {
        id: "duplicate_directory",
        doc: "Two directories with one name.",
        code: Archive(Rule::Duplicate),
        apply: Apply::Archive(|archive| {
            archive.named("twice/");
            archive.named("twice/");
        }),
    },
    Mutation {
        id: "unlisted_entry",
        doc: "An entry that only a sequential reader sees.",
        code: Archive(Rule::Unlisted),
        apply: Apply::Archive(|archive| {
            archive.fresh(b"hidden", false);
            archive.directory.pop();
        }),
    },
    Mutation {
        id: "ghost_entry",
        doc: "An entry without a local record.",
        code: Archive(Rule::Dangling),
        apply: Apply::Archive(|archive| {
            let at = archive.fresh(b"ghost", false);
            archive.entries.pop();
            archive.listing(at, |l| l.pointer = Pointer::Fixed(3));
        }),
    },
    Mutation {
        id: "local_shared",
        doc: "Two directory records share one local record.",
        code: Archive(Rule::Shared),
        apply: Apply::Archive(|archive| {
            let copy = archive.directory[0].clone();
            archive.directory.push(copy);
        }),
    },
    Mutation {
        id: "overlap_hidden",
        doc: "An entry inside another entry's data.",
        code: Archive(Rule::Dangling),
        apply: Apply::Archive(|archive| {
            let inner = b"PK\x03\x04\x0a\0\0\0\0\0\0\0\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0x";
            let outer = archive.fresh(inner, false);
            let at = archive.named("x");
            archive.entries.pop();
            let shift = 30 + archive.entries[outer].local.name.len() as u32;
            archive.listing(at, |l| l.pointer = Pointer::Entry(outer, shift));
        }),
    },
    Mutation {
        id: "overlap_quoted",
        doc: "An entry whose data is the next entry, so that both share bytes.",
        code: Archive(Rule::Dangling),
        apply: Apply::Archive(|archive| {
            let (first, second) = (archive.fresh(b"", false), archive.fresh(b"shared", false));
            let mut quoted = b"PK\x03\x04".to_vec();
            common(&mut quoted, &archive.entries[second].local);
            quoted.extend(&archive.entries[second].local.name);
            quoted.extend(b"shared");
            let mut crc = flate2::Crc::new();
            crc.update(&quoted);
            archive.both(first, |h| {
                (h.packed, h.size) = (quoted.len() as u32, quoted.len() as u32);
                h.crc = crc.sum();
            });
        }),
    },
    Mutation {
        id: "offset_into_directory",
        doc: "An entry whose offset points into the directory.",
        code: Archive(Rule::Dangling),
        apply: Apply::Archive(|archive| {
            let at = archive.fresh(b"x", false);
            let length = archive.entries[at].local.name.len() as u32 + 31;
            archive.listing(at, |l| l.pointer = Pointer::Entry(at, length));
        }),
    },
    Mutation {
        id: "offset_overflows",
        doc: "An offset that overflows when a length is added.",
        code: Archive(Rule::Dangling),
        apply: Apply::Archive(|archive| {
            archive.listing(archive.target_entry, |l| {
                l.pointer = Pointer::Fixed(0xffff_fff0)
            });
        }),
    },
    Mutation {
        id: "order_reversed",
        doc: "The directory lists the entries backwards.",
        code: Archive(Rule::Order),
        apply: Apply::Archive(|archive| {
            archive.directory.reverse();
        }),
    },
];
