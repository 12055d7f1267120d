//! One trial for each mutation: the harness refuses the mutated pack with the code of
//! the mutation, and still accepts the valid pack afterwards.

use super::fixture::FixtureRunner;
use super::record::Record;
use super::record::TrialResult;
use libtest_mimic::Trial;
use provision_core::FindingCode;
use provision_core::Source;
use provision_core::wizard::NoopExecutor;
use provision_oracle::generators::pack::ValidPack;
use provision_oracle::mutations::{MUTATIONS, Mutation, mutate};
use provision_oracle::{Conditions, deciding_code, judge, observe};
use std::sync::Arc;

/// One trial for each mutation.
pub(crate) fn trials(record: &Arc<Record>, bench: &Arc<FixtureRunner>) -> Vec<Trial> {
    let trial = |mutation: &'static Mutation| {
        let bench = Arc::clone(bench);
        record.trial(format!("malformed::{}", mutation.id), move || {
            run(mutation, &bench.conditions)
        })
    };
    MUTATIONS.iter().copied().map(trial).collect()
}

fn run(mutation: &Mutation, conditions: &Conditions) -> TrialResult {
    let good = ValidPack::plain();
    let archive = |mutations: &[&Mutation]| mutate(&good, mutations, &conditions.limits.archive);
    match decides(archive(&[mutation]), conditions) {
        Some(code) if code == mutation.code => {}
        Some(code) => return Err(format!("expected {}, found {code}", mutation.code)),
        None => return Err(format!("expected {}, and it was accepted", mutation.code)),
    }
    match decides(archive(&[]), conditions) {
        Some(code) => Err(format!("the valid pack is refused afterwards: {code}")),
        None => Ok(()),
    }
}

fn decides(bytes: Vec<u8>, conditions: &Conditions) -> Option<FindingCode> {
    let source = Source::Archive(bytes.into());
    let subject = observe(Ok(source), &NoopExecutor, conditions);
    let results = judge(&subject);
    deciding_code(&subject, &results)
}
