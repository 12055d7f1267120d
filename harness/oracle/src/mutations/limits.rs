//! Mutations of the bounds on sizes, counts and ratios.

use super::mutation::{Apply, Mutation, replace_data};
use provision_core::codes::FindingCode::Archive;
use provision_core::codes::Rule;

/// Bytes of an empty entry with a short name, in both records.
const BYTES: u64 = 30 + 46 + 2 * 6;

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        id: "bomb_entry",
        doc: "One entry that inflates beyond the bound.",
        code: Archive(Rule::Inflate),
        apply: Apply::Archive(|archive| {
            let bound = archive.limits().entry_bytes as usize;
            archive.fresh(&vec![0; bound + 1], true);
        }),
    },
    Mutation {
        id: "bomb_ratio",
        doc: "An entry inside the bound, at a thousand to one.",
        code: Archive(Rule::Inflate),
        apply: Apply::Archive(|archive| {
            let floor = archive.limits().ratio_floor as usize;
            archive.fresh(&vec![0; floor + 1], true);
        }),
    },
    Mutation {
        id: "bomb_total",
        doc: "Many entries, each inside its bound, that together inflate beyond the total bound.",
        code: Archive(Rule::Inflate),
        apply: Apply::Archive(|archive| {
            let limits = archive.limits();
            let size = limits.entry_bytes;
            let packed = vec![0; (size / limits.ratio) as usize + 1];
            for _ in 0..=limits.total_bytes / size {
                let at = archive.fresh(b"", true);
                replace_data(archive, at, |data| data.clone_from(&packed));
                archive.both(at, |h| h.size = size as u32);
            }
        }),
    },
    Mutation {
        id: "bomb_that_lies",
        doc: "An entry that claims 100 bytes and inflates to a million.",
        code: Archive(Rule::DataSize),
        apply: Apply::Archive(|archive| {
            let at = archive.fresh(&vec![0; 1 << 20], true);
            archive.both(at, |h| h.size = 100);
        }),
    },
    Mutation {
        id: "bomb_of_entries",
        doc: "More entries than the bound.",
        code: Archive(Rule::Entries),
        apply: Apply::Archive(|archive| {
            for _ in 0..=archive.limits().entries {
                archive.fresh(b"", false);
            }
        }),
    },
    Mutation {
        id: "bomb_of_listings",
        doc: "More directory records than the bound, all for one local record.",
        code: Archive(Rule::Entries),
        apply: Apply::Archive(|archive| {
            let one = archive.directory[0].clone();
            let bound = archive.limits().entries;
            archive.directory.resize(bound + 2, one);
        }),
    },
    Mutation {
        id: "bomb_of_seventy_thousand",
        doc: "70 000 entries, which overflow the count (or fewer, within the bound on bytes).",
        code: Archive(Rule::Entries),
        apply: Apply::Archive(|archive| {
            let room = archive.limits().archive_bytes / BYTES / 2;
            for i in 0..room.min(70_000) {
                archive.named(&format!("n{i:05}"));
            }
        }),
    },
    Mutation {
        id: "archive_too_large",
        doc: "More bytes than an archive may have.",
        code: Archive(Rule::Size),
        apply: Apply::Archive(|archive| {
            let bound = archive.limits().archive_bytes as usize;
            archive.instead = Some(vec![0; bound + 1]);
        }),
    },
];
