//! Groups the findings of all checks by what they show.

use super::facts::Facts;
use super::normal::normal;
use crate::check::CheckResult;
use provision_core::codes::{ApplyCode, CheckCode, RecordedCode, StepCode};
use provision_core::pack::digest;
use provision_core::{Finding, FindingCode, Status};
use std::collections::BTreeMap;

/// Causes with one code, at most. If a pack has more, they become one cause.
const MOST_OF_CODE: usize = 50;

/// What decides whether two findings with the same code have the same cause.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fact {
    /// They are about the same bytes; the digest of these.
    Bytes(String),
    /// They are about a file of this name, which the pack does not have.
    Missing(String),
    /// They say the same: expected and actual without places.
    Texts(String, String),
    /// There are too many to distinguish them.
    Any,
}

/// The identity of a cause within a pack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) code: FindingCode,
    pub(super) fact: Fact,
}

impl Key {
    fn of(facts: &Facts<'_>, finding: &Finding) -> Self {
        let fact = match &finding.about {
            Some(file) => match facts.digest(file) {
                Some(digest) => Fact::Bytes(digest),
                None => Fact::Missing(file.clone()),
            },
            None => Fact::Texts(normal(&finding.expected), normal(&finding.actual)),
        };
        let code = same_defect(facts, finding).map_or(finding.code.clone(), FindingCode::from);
        Self { code, fact }
    }

    /// The first sixteen hex digits of a digest of the code and the fact.
    pub(super) fn fingerprint(&self) -> String {
        let fact = match &self.fact {
            Fact::Bytes(digest) => format!("bytes\n{digest}"),
            Fact::Missing(file) => format!("missing\n{file}"),
            Fact::Texts(expected, actual) => format!("texts\n{expected}\n{actual}"),
            Fact::Any => "any".into(),
        };
        let mut id = digest(format!("{}\n{fact}", self.code).as_bytes());
        id.truncate(16);
        id
    }
}

/// The code under which another check reports the same defect as `finding`.
fn same_defect(facts: &Facts<'_>, finding: &Finding) -> Option<CheckCode> {
    let file = finding.about.as_deref()?;
    match &finding.code {
        FindingCode::Step(StepCode::Abi) if facts.is_empty_component(file) => {
            Some(CheckCode::NodeExports)
        }
        _ => None,
    }
}

/// A finding and the result that has it.
#[derive(Clone, Copy)]
pub(super) struct Located<'r> {
    pub(super) result: &'r CheckResult,
    pub(super) finding: &'r Finding,
}

/// The findings of one cause, in the order of the results.
pub(super) struct Group<'r> {
    pub(super) key: Key,
    pub(super) found: Vec<Located<'r>>,
}

/// The groups of the failures among `results`.
pub(super) fn groups<'r>(
    facts: &Facts<'_>,
    results: impl IntoIterator<Item = &'r CheckResult>,
) -> Vec<Group<'r>> {
    let mut groups: BTreeMap<Key, Vec<Located<'r>>> = BTreeMap::new();
    let failed = results.into_iter().filter(|r| r.status >= Status::Failed);
    for located in failed.flat_map(decisive) {
        let key = Key::of(facts, representative(located));
        groups.entry(key).or_default().push(located);
    }
    let mut of_code: BTreeMap<FindingCode, usize> = BTreeMap::new();
    for key in groups.keys() {
        *of_code.entry(key.code.clone()).or_default() += 1;
    }
    let mut folded: BTreeMap<Key, Vec<Located<'r>>> = BTreeMap::new();
    for (mut key, found) in groups {
        if of_code.get(&key.code).is_some_and(|n| *n > MOST_OF_CODE) {
            key.fact = Fact::Any;
        }
        folded.entry(key).or_default().extend(found);
    }
    let groups = folded.into_iter();
    groups.map(|(key, found)| Group { key, found }).collect()
}

/// The finding that names the cause of `located`: all that is wrong with the bytes of an
/// archive is one defect, because the reader goes on after the first difference.
fn representative<'r>(located: Located<'r>) -> &'r Finding {
    let mut findings = located.result.findings.iter();
    let of_archive = |f: &&Finding| matches!(f.code, FindingCode::Archive(_));
    let first = findings.find(of_archive);
    match first {
        Some(first) if of_archive(&located.finding) => first,
        _ => located.finding,
    }
}

/// The findings that say why `result` failed: after a failure of the harness only that
/// failure, because the others may follow from it.
fn decisive(result: &CheckResult) -> Vec<Located<'_>> {
    let located = |finding| Located { result, finding };
    let all = || result.findings.iter().map(located);
    let of_harness: Vec<_> = match result.status {
        Status::Error => all().filter(|l| is_of_harness(&l.finding.code)).collect(),
        _ => Vec::new(),
    };
    if of_harness.is_empty() {
        all().collect()
    } else {
        of_harness
    }
}

/// Whether the code says that the harness or the machine failed.
pub(super) fn is_of_harness(code: &FindingCode) -> bool {
    match code {
        FindingCode::Step(code) => code.is_error(),
        FindingCode::Check(code) => matches!(code, CheckCode::Unconcluded | CheckCode::Panic),
        FindingCode::Apply(code) => matches!(
            code,
            ApplyCode::StoreIo
                | ApplyCode::StoreDamaged
                | ApplyCode::StoreFormat
                | ApplyCode::StoreKey
        ),
        FindingCode::Registry(code) => !code.is_of_content(),
        FindingCode::Recorded(code) => *code == RecordedCode::Unread,
        FindingCode::Archive(_)
        | FindingCode::Scenario(_)
        | FindingCode::Compare(_)
        | FindingCode::Span(_)
        | FindingCode::Foreign(_) => false,
    }
}
