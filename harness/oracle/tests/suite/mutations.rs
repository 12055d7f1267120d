//! Every mutation gives its own code, on packs of all forms, and every reader
//! extracts the same files from an accepted archive.
//!
//! `ci/nightly.sh` sets `PROPTEST_CASES` to run these properties on more than
//! 100 000 archives.

use crate::bridge;

use arbitrary::{Arbitrary, Unstructured};
use bridge::generated;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use provision_core::archive::{Archive, Rule, differences, repack};
use provision_core::limits::ArchiveLimits;
use provision_core::wizard::NoopExecutor;
use provision_core::{Limits, Source};
use provision_fuzz_bytes::ALL_READERS;
use provision_oracle::generators::pack::ValidPack;
use provision_oracle::mutations::{MUTATIONS, Mutation, mutate};
use provision_oracle::zip_readers::disagreement;
use provision_oracle::{Conditions, deciding_code, judge, observe};
use std::collections::BTreeSet;

const LIMITS: ArchiveLimits = Limits::FUZZ.archive;

fn decides(bytes: Vec<u8>, limits: &Limits) -> Option<String> {
    let conditions = Conditions {
        limits: limits.clone(),
        ask_other_readers: false,
        ..Conditions::default()
    };
    let source = Source::Archive(bytes.into());
    let subject = observe(Ok(source), &NoopExecutor, &conditions);
    let results = judge(&subject);
    deciding_code(&subject, &results).map(|c| c.to_string())
}

/// A valid pack of any form.
fn pack() -> impl Strategy<Value = ValidPack> {
    generated(1500)
}

fn mutation() -> impl Strategy<Value = &'static Mutation> {
    any::<Index>().prop_map(|index| *index.get(&MUTATIONS))
}

#[test]
fn every_mutation_of_the_plain_pack_has_its_code() {
    let limits = Limits::default();
    let valid = ValidPack::plain();
    for mutation in MUTATIONS.iter() {
        let code = decides(mutate(&valid, &[mutation], &limits.archive), &limits);
        assert_eq!(
            code.as_deref(),
            Some(mutation.code.as_str()),
            "{}",
            mutation.id
        );
    }
    assert_eq!(decides(valid.archive(&limits.archive), &limits), None);
}

#[test]
fn every_rule_of_the_reader_is_reached() {
    let reached: BTreeSet<&str> = MUTATIONS.iter().map(|m| m.code.as_str()).collect();
    let rules: BTreeSet<&str> = Rule::ALL.iter().map(|r| r.code()).collect();
    let missing: Vec<_> = rules.difference(&reached).collect();
    assert!(missing.is_empty(), "no mutation leads to {missing:?}");
    assert_eq!(rules.len(), Rule::ALL.len(), "two rules share a code");
    let ids: BTreeSet<&str> = MUTATIONS.iter().map(|m| m.id).collect();
    assert_eq!(ids.len(), MUTATIONS.len(), "two mutations share an id");
}

/// The harness treats an archive in an archive as any other file.
#[test]
fn archive_inside_an_archive_is_not_opened() {
    let mut outer = ValidPack::plain();
    let bomb = MUTATIONS.iter().find(|m| m.id == "bomb_of_entries");
    let inner = mutate(&ValidPack::plain(), &[bomb.expect("is there")], &LIMITS);
    outer.files.insert("nested.gtpack".into(), inner);
    assert_eq!(decides(outer.archive(&LIMITS), &Limits::FUZZ), None);
}

#[test]
fn valid_packs_of_every_form_are_generated() {
    let mut seen = BTreeSet::new();
    for seed in 0..400u32 {
        let bytes: Vec<u8> = (0..60)
            .flat_map(|i| {
                blake3::hash(&[seed.to_le_bytes(), [i; 4]].concat()).as_bytes()[..8].to_vec()
            })
            .collect();
        let pack = ValidPack::arbitrary(&mut Unstructured::new(&bytes)).expect("a pack");
        seen.extend(
            pack.files
                .keys()
                .filter(|n| n.starts_with("manifest") || *n == "pack.json")
                .cloned(),
        );
        seen.insert(format!("sbom cbor {}", pack.sbom_cbor));
        seen.insert(format!("directories {}", !pack.directories.is_empty()));
        for style in &pack.styles {
            seen.insert(format!("deflate {}", style.deflate));
            seen.insert(format!("extended {}", style.extended));
        }
    }
    assert_eq!(seen.len(), 3 + 2 + 2 + 2 + 2, "{seen:?}");
}

/// Checks that an accepted archive has the same files for every reader and in its
/// canonical form. Returns whether it was accepted.
fn means_one_thing(bytes: Vec<u8>) -> Result<bool, TestCaseError> {
    let Ok(archive) = Archive::open(bytes, &LIMITS) else {
        return Ok(false);
    };
    prop_assert_eq!(disagreement(&archive, &ALL_READERS), None);
    if let Ok(canonical) = repack(&archive, &LIMITS) {
        let is_canonical = differences(&archive).is_empty();
        prop_assert_eq!(is_canonical, canonical == archive.bytes());
        let again = Archive::open(canonical.clone(), &LIMITS).expect("the canonical form opens");
        prop_assert!(archive.names().eq(again.names()));
        for name in archive.names() {
            prop_assert_eq!(archive.read(name), again.read(name));
        }
        prop_assert_eq!(repack(&again, &LIMITS), Ok(canonical));
    }
    Ok(true)
}

/// One edit of an archive's bytes.
#[derive(Debug, Clone)]
enum Edit {
    Set(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Repeat(Index, usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        4 => (any::<Index>(), any::<u8>()).prop_map(|(at, to)| Edit::Set(at, to)),
        1 => (any::<Index>(), vec(any::<u8>(), 1..40)).prop_map(|(at, what)| Edit::Insert(at, what)),
        1 => (any::<Index>(), 1usize..60).prop_map(|(at, count)| Edit::Remove(at, count)),
        1 => (any::<Index>(), 1usize..120).prop_map(|(at, count)| Edit::Repeat(at, count)),
    ]
}

impl Edit {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let range = |at: &Index, count: usize| {
            let start = at.index(bytes.len());
            start..bytes.len().min(start + count)
        };
        match self {
            Self::Set(at, to) => {
                let at = at.index(bytes.len());
                bytes[at] = *to;
            }
            Self::Insert(at, what) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, what.iter().copied());
            }
            Self::Remove(at, count) => drop(bytes.drain(range(at, *count))),
            Self::Repeat(at, count) => {
                let range = range(at, *count);
                let again = bytes[range.clone()].to_vec();
                bytes.splice(range.start..range.start, again);
            }
        }
    }
}

proptest! {
    // A failing case becomes a named test, so no seeds are stored.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn valid_pack_is_accepted_and_unambiguous(pack in pack()) {
        let bytes = pack.archive(&LIMITS);
        prop_assert_eq!(decides(bytes.clone(), &Limits::FUZZ), None);
        prop_assert!(means_one_thing(bytes)?);
    }

    #[test]
    fn mutation_of_any_pack_has_its_code(pack in pack(), mutation in mutation()) {
        let code = decides(mutate(&pack, &[mutation], &LIMITS), &Limits::FUZZ);
        prop_assert_eq!(code.as_deref(), Some(mutation.code.as_str()), "{}", mutation.id);
    }

    #[test]
    fn several_mutations_never_make_a_valid_pack(
        pack in pack(), mut mutations in vec(mutation(), 2..5),
    ) {
        // The same mutation twice may undo itself.
        mutations.sort_by_key(|m| m.id);
        mutations.dedup_by_key(|m| m.id);
        let bytes = mutate(&pack, &mutations, &LIMITS);
        let ids: Vec<_> = mutations.iter().map(|m| m.id).collect();
        prop_assert!(decides(bytes.clone(), &Limits::FUZZ).is_some(), "{ids:?}");
        means_one_thing(bytes)?;
    }

    #[test]
    fn edited_archive_is_refused_or_unambiguous(
        pack in pack(), edits in vec(edit(), 1..4),
    ) {
        let mut bytes = pack.archive(&LIMITS);
        edits.iter().for_each(|edit| edit.apply(&mut bytes));
        means_one_thing(bytes)?;
    }
}
