//! Links findings into causes.
//!
//! Several checks may report the same defect, in several places, and one defect may make
//! other checks fail. [`causes`] folds findings about the same bytes, or with the same
//! texts, into one [`Cause`], and says which cause follows from which.

mod cause;
mod facts;
mod groups;
mod links;
mod normal;
mod words;

pub use cause::{Cause, Place};
pub use normal::normal;

use crate::check::CheckResult;
use crate::subject::Subject;
use facts::Facts;
use groups::{Group, groups};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Places in a cause, at most; its number of findings counts all.
const MOST_PLACES: usize = 300;

/// The causes of the failures among `results` of `subject`: must before publish before
/// should, then by where users meet them, then those with the most findings.
///
/// NB: `results` must be redacted; the texts of causes come from findings.
#[must_use]
pub fn causes<'r>(
    subject: &Subject,
    results: impl IntoIterator<Item = &'r CheckResult>,
) -> Vec<Cause> {
    linked(&Facts::of(subject), results)
}

/// The causes of the failures among `results` of a recording, in the same order.
#[must_use]
pub fn causes_of_recording<'r>(results: impl IntoIterator<Item = &'r CheckResult>) -> Vec<Cause> {
    linked(&Facts::none(), results)
}

fn linked<'r>(facts: &Facts<'_>, results: impl IntoIterator<Item = &'r CheckResult>) -> Vec<Cause> {
    let groups = groups(facts, results);
    let links = links::links(facts, &groups);
    let mut causes: Vec<Cause> = groups
        .iter()
        .enumerate()
        .map(|(i, group)| {
            let follow = links.iter().zip(&groups);
            let follow = follow.filter(|(link, _)| **link == Some(i)).map(|(_, g)| g);
            let blocked_by = links[i].map(|root| groups[root].key.fingerprint());
            cause(group, follow.collect(), blocked_by)
        })
        .collect();
    causes.sort_by(|a, b| order(a).cmp(&order(b)));
    causes
}

fn order(cause: &Cause) -> impl Ord + '_ {
    let weight = Reverse(cause.findings + cause.follow);
    let code = cause.code.as_str();
    (cause.level, cause.bite, weight, code, cause.id.as_str())
}

fn cause(group: &Group<'_>, follow: Vec<&Group<'_>>, blocked_by: Option<String>) -> Cause {
    let mut files = group.files().into_iter();
    Cause {
        id: group.key.fingerprint(),
        level: group.level(),
        bite: group.bite(),
        code: group.key.code.clone(),
        checks: group.checks().iter().map(|c| c.id.to_owned()).collect(),
        what: group.what(),
        users_see: group.users_see(follow.iter().copied()),
        fix: group.fix(),
        about: files.next(),
        also: files.take(MOST_PLACES).collect(),
        places: places(group),
        findings: group.found.len(),
        blocked_by,
        follow: follow.iter().map(|g| g.found.len()).sum(),
    }
}

/// The places of a group, by check and scope in the order of the results.
fn places(group: &Group<'_>) -> Vec<Place> {
    let mut index = BTreeMap::new();
    let mut places: Vec<Place> = Vec::new();
    let mut seen = BTreeSet::new();
    for located in &group.found {
        let (check, scope) = (located.result.check, &located.result.scope);
        let i = *index.entry((check, scope)).or_insert_with(|| {
            places.push(Place {
                check: check.to_owned(),
                scope: scope.to_string(),
                at: Vec::new(),
            });
            places.len() - 1
        });
        let at = located.finding.at.as_str();
        if seen.len() < MOST_PLACES && seen.insert((check, scope, at)) {
            places[i].at.push(at.to_owned());
        }
    }
    places
}
