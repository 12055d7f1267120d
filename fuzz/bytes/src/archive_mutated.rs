//! Mutated valid packs: the harness accepts a pack if and only if it has no
//! mutation, and refuses it with the code of one of its mutations.

use crate::target::{Attacker, Seeds, Target};
use arbitrary::{Arbitrary, Unstructured};
use provision_core::wizard::NoopExecutor;
use provision_core::{Limits, Source};
use provision_oracle::generators::pack::ValidPack;
use provision_oracle::mutations::{MUTATIONS, Mutation, mutate};
use provision_oracle::{Conditions, deciding_code, judge, observe};

pub(crate) const TARGET: Target = Target {
    name: "archive_mutated",
    attacker: Attacker::Archive,
    boundary: "the archive and integrity checks",
    oracle: "the harness accepts a valid pack, and refuses a mutated one with the code of one of its mutations",
    max_len: 2048,
    seeds: Seeds::Random(600),
    body,
    show: shown,
    mutator: None,
};

/// The largest number of mutations of one pack.
const MOST: usize = 3;

fn body(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let Ok((pack, mutations)) = input(&mut u) else {
        return;
    };
    let limits = Limits::FUZZ;
    let bytes = mutate(&pack, &mutations, &limits.archive);
    let conditions = Conditions {
        limits,
        ask_other_readers: false,
        ..Conditions::default()
    };
    let subject = observe(
        Ok(Source::Archive(bytes.into())),
        &NoopExecutor,
        &conditions,
    );
    let results = judge(&subject);
    let code = deciding_code(&subject, &results);
    let ids: Vec<_> = mutations.iter().map(|m| m.id).collect();
    match mutations.as_slice() {
        [] => assert_eq!(code, None, "the harness refuses a valid pack"),
        [one] => assert_eq!(code, Some(one.code.clone()), "{ids:?}"),
        _ => assert!(code.is_some(), "the harness accepts a pack with {ids:?}"),
    }
}

fn input(u: &mut Unstructured<'_>) -> arbitrary::Result<(ValidPack, Vec<&'static Mutation>)> {
    let count = u.int_in_range(0..=MOST)?;
    let mutations = (0..count).map(|_| u.choose(&MUTATIONS).copied());
    let mut mutations = mutations.collect::<arbitrary::Result<Vec<&Mutation>>>()?;
    // A mutation that is applied twice may undo itself.
    mutations.sort_by_key(|m| m.id);
    mutations.dedup_by_key(|m| m.id);
    Ok((ValidPack::arbitrary(u)?, mutations))
}

fn shown(data: &[u8]) -> String {
    match input(&mut Unstructured::new(data)) {
        Ok((pack, mutations)) => {
            let ids: Vec<_> = mutations.iter().map(|m| m.id).collect();
            format!("{ids:?} over {pack:#?}")
        }
        Err(why) => format!("these bytes describe no pack: {why}"),
    }
}
