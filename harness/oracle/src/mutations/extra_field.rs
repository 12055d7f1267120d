//! Mutations of extra fields.

use super::mutation::{Apply, Mutation};
use provision_core::codes::FindingCode::Archive;
use provision_core::codes::Rule;

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        id: "extra_unicode_path",
        doc: "A Unicode path that renames the entry for some readers.",
        code: Archive(Rule::Extra),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| {
                h.extra = b"up\x0a\0\x01\0\0\0\0other".to_vec()
            });
        }),
    },
    Mutation {
        id: "extra_unicode_comment",
        doc: "A Unicode comment.",
        code: Archive(Rule::Extra),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| {
                h.extra = b"uc\x06\0\x01\0\0\0\0x".to_vec()
            });
        }),
    },
    Mutation {
        id: "extra_twice",
        doc: "One extra field twice.",
        code: Archive(Rule::Extra),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| {
                h.extra = b"UT\x01\0\0UT\x01\0\0".to_vec()
            });
        }),
    },
    Mutation {
        id: "extra_cut_off",
        doc: "An extra field that is longer than the record's extra data.",
        code: Archive(Rule::Extra),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| h.extra = b"UT\xff\0\x01".to_vec());
        }),
    },
    Mutation {
        id: "extra_odd_bytes",
        doc: "Two stray bytes after the extra fields.",
        code: Archive(Rule::Extra),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| h.extra = b"UT\x01\0\0xx".to_vec());
        }),
    },
    Mutation {
        id: "extra_malformed_time",
        doc: "A truncated timestamp.",
        code: Archive(Rule::Extra),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| {
                h.extra = b"UT\x03\0\x01\x01\x02".to_vec()
            });
        }),
    },
    Mutation {
        id: "extra_malformed_owner",
        doc: "An owner field without a group.",
        code: Archive(Rule::Extra),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| {
                h.extra = b"ux\x03\0\x01\x01\0".to_vec()
            });
        }),
    },
    Mutation {
        id: "extra_unknown",
        doc: "An unknown extra field.",
        code: Archive(Rule::Extra),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| {
                h.extra = b"\xca\xfe\x02\0hi".to_vec()
            });
        }),
    },
    Mutation {
        id: "extra_encryption",
        doc: "The extra field of strong encryption.",
        code: Archive(Rule::Extra),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| {
                h.extra = b"\x17\0\x02\0hi".to_vec()
            });
        }),
    },
];
