//! Compares the results of a pack with its `expect.toml`.

use super::fixture::Fixture;
use super::golden;
use super::record::TrialResult;
use greentic_provision::evidence::{flags, reproduce};
use provision_oracle::{Check, Scope};

/// Compares one check's result with the expectation.
pub(crate) fn check(fixture: &Fixture, check: &Check, scope: &Scope) -> TrialResult {
    let expectation = fixture.expectation()?;
    let results = &fixture.examined().results;
    let result = results
        .iter()
        .find(|r| r.check == check.id && r.scope == *scope);
    let result = result.ok_or("the check concluded nothing for this scope")?;
    expectation.objection(result).map_or(Ok(()), |objection| {
        let flags = flags(fixture.level(), &[], None);
        let command = reproduce(&fixture.pack, &flags, &scope.to_string(), check.id);
        Err(format!(
            "requirement: {}\n{objection}\nreproduce: {command}",
            check.requirement
        ))
    })
}

/// Compares the causes that no other cause explains.
pub(crate) fn causes(fixture: &Fixture) -> TrialResult {
    let causes = fixture.examined().causes.iter();
    let judged = causes.filter(|c| c.level <= fixture.level() && c.blocked_by.is_none());
    let actual: Vec<String> = judged.map(|c| c.code.to_string()).collect();
    match &fixture.expectation()?.causes {
        Some(expected) if *expected != actual => {
            Err(format!("causes {actual:?}, expected {expected:?}"))
        }
        _ => Ok(()),
    }
}

/// Compares the verdict, and the wizards that the expectation names with the pack's.
pub(crate) fn verdict(fixture: &Fixture) -> TrialResult {
    let expectation = fixture.expectation()?;
    let stray = expectation
        .wizards
        .keys()
        .find(|name| !fixture.wizards.contains(name));
    if let Some(name) = stray {
        let has = fixture.wizards.join(", ");
        return Err(format!(
            "expect.toml names wizard `{name}`; the pack has: {has}"
        ));
    }
    let (actual, expected) = (fixture.examined().verdict, expectation.verdict);
    // NB: the trials of the goldens may run later.
    for wizard in golden::wizards(fixture) {
        drop(golden::normalised(fixture, wizard));
    }
    if let Some(rule) = fixture.rules.unmatched().next() {
        return Err(format!(
            "expect.toml has the rule `normalise`, {rule}, which replaces nothing"
        ));
    }
    if expected == Some(actual) {
        Ok(())
    } else {
        Err(format!("verdict {actual}, expected {expected:?}"))
    }
}
