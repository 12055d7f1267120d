//! Mutations of the end record, and bytes before, between and after the records.

use super::mutation::{Apply, Mutation, change_end};
use crate::generators::archive::Cut;
use provision_core::codes::FindingCode::Archive;
use provision_core::codes::Rule;

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        id: "empty_file",
        doc: "The file is empty.",
        code: Archive(Rule::NotZip),
        apply: Apply::Archive(|archive| {
            archive.instead = Some(Vec::new());
        }),
    },
    Mutation {
        id: "json_file",
        doc: "A JSON file with the name of a pack.",
        code: Archive(Rule::NotZip),
        apply: Apply::Archive(|archive| {
            archive.instead = Some(br#"{"id":"a","version":"1.0.0"}"#.to_vec());
        }),
    },
    Mutation {
        id: "end_missing",
        doc: "There is no end record.",
        code: Archive(Rule::NoEnd),
        apply: Apply::Archive(|archive| {
            archive.end = None;
        }),
    },
    Mutation {
        id: "cut_in_end",
        doc: "The file ends in the middle of the end record.",
        code: Archive(Rule::Truncated),
        apply: Apply::Archive(|archive| {
            archive.cut = Some(Cut::End(21));
        }),
    },
    Mutation {
        id: "end_twice",
        doc: "There are two end records; readers differ in which they use.",
        code: Archive(Rule::ManyEnds),
        apply: Apply::Archive(|archive| {
            archive.after = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
        }),
    },
    Mutation {
        id: "comment",
        doc: "The archive has a comment.",
        code: Archive(Rule::Comment),
        apply: Apply::Archive(|archive| {
            change_end(archive, |end| end.comment = b"hello".to_vec());
        }),
    },
    Mutation {
        id: "comment_hides_end",
        doc: "A comment that is another end record: a reader that searches backwards finds it first.",
        code: Archive(Rule::Comment),
        apply: Apply::Archive(|archive| {
            change_end(archive, |end| {
                end.comment = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
            });
        }),
    },
    Mutation {
        id: "comment_cut_off",
        doc: "The end record claims a comment that is not there.",
        code: Archive(Rule::Truncated),
        apply: Apply::Archive(|archive| {
            change_end(archive, |end| end.comment_len = Some(9));
        }),
    },
    Mutation {
        id: "bytes_after_end",
        doc: "Bytes follow the end record.",
        code: Archive(Rule::Trailing),
        apply: Apply::Archive(|archive| {
            archive.after = b"more".to_vec();
        }),
    },
    Mutation {
        id: "archive_after_end",
        doc: "A second archive follows the first.",
        code: Archive(Rule::Layout),
        apply: Apply::Archive(|archive| {
            archive.after = archive.write();
        }),
    },
    Mutation {
        id: "script_before",
        doc: "A script stands before the first record.",
        code: Archive(Rule::Prefix),
        apply: Apply::Archive(|archive| {
            archive.before = b"#!/bin/sh\nexit\n".to_vec();
        }),
    },
    Mutation {
        id: "zeros_before",
        doc: "Padding stands before the first record.",
        code: Archive(Rule::Prefix),
        apply: Apply::Archive(|archive| {
            archive.before = vec![0; 512];
        }),
    },
    Mutation {
        id: "gap_before_directory",
        doc: "Bytes before the directory, as in some signing schemes.",
        code: Archive(Rule::Record),
        apply: Apply::Archive(|archive| {
            let last = archive.entries.len() - 1;
            archive.entries[last].behind = vec![0x41; 64];
        }),
    },
    Mutation {
        id: "gap_before_end",
        doc: "Bytes stand between directory and end record.",
        code: Archive(Rule::Record),
        apply: Apply::Archive(|archive| {
            let last = archive.directory.len() - 1;
            archive.directory[last].behind = b"hidden".to_vec();
        }),
    },
    Mutation {
        id: "digital_signature",
        doc: "A digital signature of the directory.",
        code: Archive(Rule::Record),
        apply: Apply::Archive(|archive| {
            let last = archive.directory.len() - 1;
            archive.directory[last].behind = b"PK\x05\x05\x04\0sign".to_vec();
        }),
    },
    Mutation {
        id: "end_on_other_disk",
        doc: "The end record is on disk 1.",
        code: Archive(Rule::MultiDisk),
        apply: Apply::Archive(|archive| {
            change_end(archive, |end| end.disks = [1, 0]);
        }),
    },
    Mutation {
        id: "directory_on_other_disk",
        doc: "The directory is on disk 1.",
        code: Archive(Rule::MultiDisk),
        apply: Apply::Archive(|archive| {
            change_end(archive, |end| end.disks = [0, 1]);
        }),
    },
    Mutation {
        id: "entries_here_differ",
        doc: "This disk has fewer entries than all disks.",
        code: Archive(Rule::MultiDisk),
        apply: Apply::Archive(|archive| {
            change_end(archive, |end| end.entries_here = Some(0));
        }),
    },
    Mutation {
        id: "directory_offset_zero",
        doc: "The end record puts the directory at the first byte.",
        code: Archive(Rule::Directory),
        apply: Apply::Archive(|archive| {
            change_end(archive, |end| end.directory = Some(0));
        }),
    },
    Mutation {
        id: "directory_offset_beyond",
        doc: "The end record puts the directory beyond the file.",
        code: Archive(Rule::Directory),
        apply: Apply::Archive(|archive| {
            change_end(archive, |end| end.directory = Some(0x7fff_ffff));
        }),
    },
    Mutation {
        id: "directory_size_zero",
        doc: "The end record claims an empty directory.",
        code: Archive(Rule::Directory),
        apply: Apply::Archive(|archive| {
            change_end(archive, |end| end.size = Some(0));
        }),
    },
    Mutation {
        id: "directory_size_huge",
        doc: "The end record claims a directory larger than the file.",
        code: Archive(Rule::Directory),
        apply: Apply::Archive(|archive| {
            change_end(archive, |end| end.size = Some(0x7fff_ffff));
        }),
    },
    Mutation {
        id: "count_low",
        doc: "The end record counts fewer entries than there are.",
        code: Archive(Rule::Directory),
        apply: Apply::Archive(|archive| {
            let count = archive.directory.len() as u16;
            change_end(archive, |end| end.entries = Some(count - 1));
        }),
    },
    Mutation {
        id: "count_high",
        doc: "The end record counts more entries than there are.",
        code: Archive(Rule::Directory),
        apply: Apply::Archive(|archive| {
            let count = archive.directory.len() as u16;
            change_end(archive, |end| end.entries = Some(count + 1));
        }),
    },
    Mutation {
        id: "count_huge",
        doc: "The end record claims 65 534 entries, against readers that allocate for the claim.",
        code: Archive(Rule::Directory),
        apply: Apply::Archive(|archive| {
            change_end(archive, |end| end.entries = Some(0xfffe));
        }),
    },
    Mutation {
        id: "count_of_zero",
        doc: "The end record claims no entries.",
        code: Archive(Rule::Directory),
        apply: Apply::Archive(|archive| {
            change_end(archive, |end| {
                (end.entries, end.size) = (Some(0), Some(0));
            });
        }),
    },
];
