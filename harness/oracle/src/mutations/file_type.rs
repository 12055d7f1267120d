//! Mutations of the types of entries in their external attributes.

use super::mutation::{Apply, Mutation};
use crate::generators::archive::Style;
use provision_core::codes::FindingCode::Archive;
use provision_core::codes::Rule;

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        id: "file_is_directory",
        doc: "A file whose name is also a directory of a later entry.",
        code: Archive(Rule::FileAndDirectory),
        apply: Apply::Archive(|archive| {
            archive.named("thing");
            archive.named("thing/below.txt");
        }),
    },
    Mutation {
        id: "directory_is_file",
        doc: "A directory whose name is also a later file.",
        code: Archive(Rule::FileAndDirectory),
        apply: Apply::Archive(|archive| {
            archive.named("thing/");
            archive.named("thing");
        }),
    },
    Mutation {
        id: "type_symlink",
        doc: "A symbolic link.",
        code: Archive(Rule::Type),
        apply: Apply::Archive(|archive| {
            archive.external(0o120_777 << 16);
        }),
    },
    Mutation {
        id: "type_fifo",
        doc: "A named pipe.",
        code: Archive(Rule::Type),
        apply: Apply::Archive(|archive| {
            archive.external(0o010_644 << 16);
        }),
    },
    Mutation {
        id: "type_character_device",
        doc: "A character device.",
        code: Archive(Rule::Type),
        apply: Apply::Archive(|archive| {
            archive.external(0o020_666 << 16);
        }),
    },
    Mutation {
        id: "type_block_device",
        doc: "A block device.",
        code: Archive(Rule::Type),
        apply: Apply::Archive(|archive| {
            archive.external(0o060_660 << 16);
        }),
    },
    Mutation {
        id: "type_socket",
        doc: "A socket.",
        code: Archive(Rule::Type),
        apply: Apply::Archive(|archive| {
            archive.external(0o140_755 << 16);
        }),
    },
    Mutation {
        id: "type_setuid",
        doc: "A file with the setuid bit.",
        code: Archive(Rule::Type),
        apply: Apply::Archive(|archive| {
            archive.external(0o104_755 << 16);
        }),
    },
    Mutation {
        id: "type_setgid",
        doc: "A file with the setgid bit.",
        code: Archive(Rule::Type),
        apply: Apply::Archive(|archive| {
            archive.external(0o102_755 << 16);
        }),
    },
    Mutation {
        id: "type_sticky",
        doc: "A file with the sticky bit.",
        code: Archive(Rule::Type),
        apply: Apply::Archive(|archive| {
            archive.external(0o101_644 << 16);
        }),
    },
    Mutation {
        id: "type_directory_mode",
        doc: "A file with the mode of a directory.",
        code: Archive(Rule::Type),
        apply: Apply::Archive(|archive| {
            archive.external(0o040_755 << 16);
        }),
    },
    Mutation {
        id: "type_directory_bit",
        doc: "A file with the DOS attribute of a directory.",
        code: Archive(Rule::Type),
        apply: Apply::Archive(|archive| {
            archive.external(0o100_644 << 16 | 0x10);
        }),
    },
    Mutation {
        id: "type_volume_label",
        doc: "A volume label.",
        code: Archive(Rule::Type),
        apply: Apply::Archive(|archive| {
            archive.external(0o100_644 << 16 | 0x08);
        }),
    },
    Mutation {
        id: "directory_with_data",
        doc: "A directory with contents.",
        code: Archive(Rule::Type),
        apply: Apply::Archive(|archive| {
            archive.add("folder/", b"hidden", Style::default());
        }),
    },
    Mutation {
        id: "directory_with_file_mode",
        doc: "A directory with the mode of a file.",
        code: Archive(Rule::Type),
        apply: Apply::Archive(|archive| {
            let at = archive.named("folder/");
            archive.listing(at, |l| l.attributes.external = 0o100_644 << 16);
        }),
    },
    Mutation {
        id: "attributes_reserved",
        doc: "A reserved internal attribute.",
        code: Archive(Rule::Flags),
        apply: Apply::Archive(|archive| {
            archive.listing(archive.target_entry, |l| l.attributes.internal = 0x0100);
        }),
    },
];
