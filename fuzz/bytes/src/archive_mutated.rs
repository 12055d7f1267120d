//! Malformed ideas over sound packs: accepted if and only if there are none,
//! and refused with the code of one of them.

use crate::target::{Attacker, Target};
use arbitrary::{Arbitrary, Unstructured};
use provision_core::wizard::NoopExecutor;
use provision_core::{Limits, Source};
use provision_oracle::generators::pack::GoodPack;
use provision_oracle::mutations::{MUTATIONS, Mutation, mutate};
use provision_oracle::{Conditions, deciding_code, judge, observe};

pub(crate) const TARGET: Target = Target {
    name: "archive_mutated",
    attacker: Attacker::Archive,
    boundary: "the archive and integrity checks",
    oracle: "a sound pack is accepted; with malformed ideas in it, it is refused with the code of one of them",
    max_len: 2048,
    body,
    show: shown,
    mutator: None,
};

/// At most so many ideas at once.
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
        [] => assert_eq!(code, None, "a sound pack is refused"),
        [one] => assert_eq!(code, Some(one.code), "{ids:?}"),
        _ => assert!(code.is_some(), "{ids:?} make a sound pack"),
    }
}

fn input(u: &mut Unstructured<'_>) -> arbitrary::Result<(GoodPack, Vec<&'static Mutation>)> {
    let count = u.int_in_range(0..=MOST)?;
    let mutations = (0..count).map(|_| u.choose(MUTATIONS));
    let mut mutations = mutations.collect::<arbitrary::Result<Vec<&Mutation>>>()?;
    // The same idea twice may take itself back.
    mutations.sort_by_key(|m| m.id);
    mutations.dedup_by_key(|m| m.id);
    Ok((GoodPack::arbitrary(u)?, mutations))
}

fn shown(data: &[u8]) -> String {
    match input(&mut Unstructured::new(data)) {
        Ok((pack, mutations)) => {
            let ids: Vec<_> = mutations.iter().map(|m| m.id).collect();
            format!("{ids:?} over {pack:#?}")
        }
        Err(why) => format!("nothing is made of it: {why}"),
    }
}
