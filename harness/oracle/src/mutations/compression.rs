//! Mutations of compression methods, general-purpose flags and packed data.

use super::mutation::{Apply, Mutation, replace_data};
use provision_core::codes::FindingCode::Archive;
use provision_core::codes::Rule;

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        id: "crc_differs",
        doc: "Directory and local record differ in the checksum.",
        code: Archive(Rule::Mismatch),
        apply: Apply::Archive(|archive| {
            archive.listing(archive.target_entry, |l| l.header.crc ^= 1);
        }),
    },
    Mutation {
        id: "method_shrunk",
        doc: "The method Shrink.",
        code: Archive(Rule::Method),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| h.method = 1);
        }),
    },
    Mutation {
        id: "method_deflate64",
        doc: "The method Deflate64.",
        code: Archive(Rule::Method),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| h.method = 9);
        }),
    },
    Mutation {
        id: "method_bzip2",
        doc: "The method bzip2.",
        code: Archive(Rule::Method),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| h.method = 12);
        }),
    },
    Mutation {
        id: "method_lzma",
        doc: "The method LZMA.",
        code: Archive(Rule::Method),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| h.method = 14);
        }),
    },
    Mutation {
        id: "method_zstd",
        doc: "The method Zstandard.",
        code: Archive(Rule::Method),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| h.method = 93);
        }),
    },
    Mutation {
        id: "method_aes",
        doc: "The method of AES encryption.",
        code: Archive(Rule::Method),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| h.method = 99);
        }),
    },
    Mutation {
        id: "method_unknown",
        doc: "An unknown method.",
        code: Archive(Rule::Method),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| h.method = 30583);
        }),
    },
    Mutation {
        id: "stored_sizes_differ",
        doc: "Stored data whose two sizes differ.",
        code: Archive(Rule::DataSize),
        apply: Apply::Archive(|archive| {
            let at = archive.fresh(b"contents", false);
            archive.both(at, |h| h.size = 3);
        }),
    },
    Mutation {
        id: "encrypted",
        doc: "An entry with the encryption flag.",
        code: Archive(Rule::Encrypted),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| h.flags |= 0x0001);
        }),
    },
    Mutation {
        id: "encrypted_strongly",
        doc: "An entry with the flag of strong encryption.",
        code: Archive(Rule::Encrypted),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| h.flags |= 0x0040);
        }),
    },
    Mutation {
        id: "encrypted_directory",
        doc: "An entry with the flag of an encrypted directory.",
        code: Archive(Rule::Encrypted),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| h.flags |= 0x2000);
        }),
    },
    Mutation {
        id: "flag_patched",
        doc: "An entry with the flag of patch data.",
        code: Archive(Rule::Flags),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| h.flags |= 0x0020);
        }),
    },
    Mutation {
        id: "flag_enhanced_deflate",
        doc: "An entry with the flag of enhanced deflating.",
        code: Archive(Rule::Flags),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| h.flags |= 0x0010);
        }),
    },
    Mutation {
        id: "flag_reserved",
        doc: "A flag without a meaning.",
        code: Archive(Rule::Flags),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| h.flags |= 0x8000);
        }),
    },
    Mutation {
        id: "deflate_then_bytes",
        doc: "Bytes follow the end of the deflate stream.",
        code: Archive(Rule::Deflate),
        apply: Apply::Archive(|archive| {
            let at = archive.fresh(b"contents contents", true);
            replace_data(archive, at, |data| data.extend(b"more"));
        }),
    },
    Mutation {
        id: "deflate_cut_off",
        doc: "A deflate stream that does not end.",
        code: Archive(Rule::Deflate),
        apply: Apply::Archive(|archive| {
            let at = archive.fresh(b"contents contents", true);
            replace_data(archive, at, |data| data.truncate(data.len() - 1));
        }),
    },
    Mutation {
        id: "deflate_invalid_block",
        doc: "A deflate block of a type that does not exist.",
        code: Archive(Rule::Deflate),
        apply: Apply::Archive(|archive| {
            let at = archive.fresh(b"contents", true);
            replace_data(archive, at, |data| *data = vec![0b0000_0111]);
        }),
    },
    Mutation {
        id: "deflate_too_far_back",
        doc: "A match that reaches before the first byte.",
        code: Archive(Rule::Deflate),
        apply: Apply::Archive(|archive| {
            let at = archive.fresh(b"contents", true);
            // A final block of fixed codes: length 3, distance 1, no byte before it.
            replace_data(archive, at, |data| *data = vec![0x03, 0x02, 0x00]);
        }),
    },
    Mutation {
        id: "deflate_stored_length",
        doc: "A stored block whose length and its complement disagree.",
        code: Archive(Rule::Deflate),
        apply: Apply::Archive(|archive| {
            let at = archive.fresh(b"contents", true);
            replace_data(archive, at, |data| {
                *data = vec![0x01, 0x01, 0x00, 0x00, 0x00, 0x41]
            });
        }),
    },
    Mutation {
        id: "deflate_empty",
        doc: "An empty deflate stream.",
        code: Archive(Rule::Deflate),
        apply: Apply::Archive(|archive| {
            let at = archive.fresh(b"contents", true);
            replace_data(archive, at, Vec::clear);
        }),
    },
    Mutation {
        id: "crc_wrong",
        doc: "A checksum of other data.",
        code: Archive(Rule::Crc),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| h.crc ^= 0x0101_0101);
        }),
    },
    Mutation {
        id: "crc_zero",
        doc: "A checksum of zero, which some readers do not verify.",
        code: Archive(Rule::Crc),
        apply: Apply::Archive(|archive| {
            let at = archive.fresh(b"contents", false);
            archive.both(at, |h| h.crc = 0);
        }),
    },
    Mutation {
        id: "data_changed",
        doc: "Data that was changed after it was packed.",
        code: Archive(Rule::Crc),
        apply: Apply::Archive(|archive| {
            let at = archive.fresh(b"contents", false);
            archive.entries[at].data[0] ^= 0x20;
        }),
    },
    Mutation {
        id: "size_too_small",
        doc: "A stream that inflates to more than is declared.",
        code: Archive(Rule::DataSize),
        apply: Apply::Archive(|archive| {
            let at = archive.fresh(b"contents contents", true);
            archive.both(at, |h| h.size -= 1);
        }),
    },
    Mutation {
        id: "size_too_large",
        doc: "A stream that inflates to less than is declared.",
        code: Archive(Rule::DataSize),
        apply: Apply::Archive(|archive| {
            let at = archive.fresh(b"contents contents", true);
            archive.both(at, |h| h.size += 1);
        }),
    },
];
