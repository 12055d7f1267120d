//! Every malformed idea comes out as its own code, over packs of all forms.
#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use arbitrary::{Arbitrary, Unstructured};
use proptest::prelude::*;
use provision_core::archive::{Archive, Rule, repack};
use provision_core::limits::ArchiveLimits;
use provision_core::wizard::NoopExecutor;
use provision_core::{Limits, Source};
use provision_oracle::generators::pack::GoodPack;
use provision_oracle::mutations::{MUTATIONS, Mutation, mutate};
use provision_oracle::{Conditions, deciding_code, judge, observe};
use std::collections::BTreeSet;

fn decides(bytes: Vec<u8>, limits: &Limits) -> Option<String> {
    let conditions = Conditions {
        limits: limits.clone(),
        ..Conditions::default()
    };
    let subject = observe(
        Ok(Source::Archive(bytes.into())),
        &NoopExecutor,
        &conditions,
    );
    let results = judge(&subject);
    deciding_code(&subject, &results).map(str::to_owned)
}

fn pack(bytes: &[u8]) -> GoodPack {
    GoodPack::arbitrary(&mut Unstructured::new(bytes)).expect("any bytes are a pack")
}

#[test]
fn every_mutation_has_its_code_on_a_plain_pack() {
    let limits = Limits::default();
    let good = GoodPack::plain();
    assert_eq!(decides(good.archive(&limits.archive), &limits), None);
    let mut wrong = Vec::new();
    for mutation in MUTATIONS {
        let bytes = mutate(&good, &[mutation], &limits.archive);
        let code = decides(bytes, &limits);
        if code.as_deref() != Some(mutation.code) {
            wrong.push(format!(
                "{}: {code:?}, expected {}",
                mutation.id, mutation.code
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(decides(good.archive(&limits.archive), &limits), None);
}

#[test]
fn every_rule_of_the_reader_is_reached() {
    let reached: BTreeSet<&str> = MUTATIONS.iter().map(|m| m.code).collect();
    let rules: Vec<&str> = Rule::ALL.iter().map(|r| r.code()).collect();
    let missing: Vec<_> = rules.iter().filter(|c| !reached.contains(**c)).collect();
    assert!(missing.is_empty(), "no mutation leads to {missing:?}");
    let unique: BTreeSet<_> = rules.iter().collect();
    assert_eq!(unique.len(), rules.len(), "two rules share a code");
}
