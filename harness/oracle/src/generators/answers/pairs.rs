//! Combinations of valid answers in which each two of them occur together.

use super::mutation::{AnswerMutation, Edit, ProbeKind};
use std::collections::{BTreeMap, BTreeSet};

/// Sets of `mutations` with valid answers, one for each question, until every two of
/// them are in one set together; at most `most` sets.
#[must_use]
pub fn pairs(mutations: &[AnswerMutation], most: usize) -> Vec<Vec<AnswerMutation>> {
    let valid = mutations.iter().filter(|m| m.kind == ProbeKind::Valid);
    let mut by_question: BTreeMap<&str, Vec<&AnswerMutation>> = BTreeMap::new();
    for mutation in valid {
        if let [edit] = mutation.edits.as_slice() {
            by_question
                .entry(&edit.question)
                .or_default()
                .push(mutation);
        }
    }
    let groups: Vec<Vec<&AnswerMutation>> = by_question.into_values().collect();
    let mut open: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (i, group) in groups.iter().enumerate() {
        for other in &groups[i + 1..] {
            for a in group {
                let together = other.iter().filter(|b| !exclude(a, b));
                open.extend(together.map(|b| (a.place, b.place)));
            }
        }
    }
    let mut sets = Vec::new();
    while !open.is_empty() && sets.len() < most {
        let set = next(&groups, &open);
        for (i, a) in set.iter().enumerate() {
            for b in &set[i + 1..] {
                open.remove(&(a.place, b.place));
            }
        }
        sets.push(set.into_iter().cloned().collect());
    }
    sets
}

/// The set with the first open pair that covers many others.
fn next<'m>(
    groups: &[Vec<&'m AnswerMutation>],
    open: &BTreeSet<(usize, usize)>,
) -> Vec<&'m AnswerMutation> {
    // NB: both of the pair are fixed before any other answer is chosen. An answer that
    // excludes one of them would leave the pair open for ever.
    let first = open.first().copied();
    let starts = |m: &AnswerMutation| first.is_some_and(|(a, b)| m.place == a || m.place == b);
    let start = |group: &Vec<&'m AnswerMutation>| group.iter().copied().find(|m| starts(m));
    let mut chosen: Vec<Option<&AnswerMutation>> = groups.iter().map(start).collect();
    for (at, group) in groups.iter().enumerate() {
        if chosen[at].is_some() {
            continue;
        }
        let others = || chosen.iter().flatten();
        let is_open = |a: usize, b: usize| open.contains(&(a, b)) || open.contains(&(b, a));
        let gain = |m: &AnswerMutation| others().filter(|o| is_open(o.place, m.place)).count();
        // The first one of the best: the sets are the same in every run.
        let fitting = group.iter().rev();
        let fitting = fitting.filter(|m| !others().any(|o| exclude(o, m)));
        let best = fitting.max_by_key(|m| gain(m)).copied();
        chosen[at] = best;
    }
    chosen.into_iter().flatten().collect()
}

/// Whether no user gives both answers, because one of them shows or hides a question of
/// the other.
fn exclude(a: &AnswerMutation, b: &AnswerMutation) -> bool {
    let clash = |one: &[Edit], two: &[Edit]| {
        let mut pairs = one.iter().flat_map(|a| two.iter().map(move |b| (a, b)));
        pairs.any(|(a, b)| a.question == b.question && a.value != b.value)
    };
    clash(&a.along, &b.along) || clash(&a.along, &b.edits) || clash(&a.edits, &b.along)
}

#[cfg(test)]
mod tests {
    use super::super::{MutationSpec, mutations};
    use super::*;
    use provision_core::limits::FlowLimits;
    use provision_core::wizard::questions::questions;
    use serde_json::json;

    #[test]
    fn every_two_valid_answers_are_in_one_set() {
        let spec = json!({ "questions": [
            { "id": "a", "kind": "choice", "options": ["1", "2", "3"], "required": true },
            { "id": "b", "kind": "bool", "required": true },
            { "id": "c", "kind": "integer", "min": 1, "max": 9, "required": true },
            { "id": "d", "kind": "choice", "options": ["x", "y"], "required": true },
        ]});
        let questions = questions(&spec, &FlowLimits::DEFAULT).expect("questions");
        let all = mutations(&MutationSpec {
            questions: &questions,
            answers: &serde_json::Map::new(),
            base_url: None,
            typed: true,
            longest: 100,
            deepest: 4,
            seed: 1,
        });
        let valid: Vec<_> = all.iter().filter(|m| m.kind == ProbeKind::Valid).collect();
        assert_eq!(valid.len(), 3 + 2 + 2 + 2);
        let sets = pairs(&all, 100);
        assert!(sets.len() <= 9, "{} sets", sets.len());
        for a in &valid {
            for b in &valid {
                let same = a.edits[0].question == b.edits[0].question;
                let both = |set: &Vec<AnswerMutation>| set.contains(a) && set.contains(b);
                assert!(same || sets.iter().any(both), "{} {}", a.what, b.what);
            }
        }
        for set in &sets {
            assert_eq!(set.len(), 4, "one answer for each question");
        }
        assert_eq!(pairs(&all, 2).len(), 2);
    }

    #[test]
    fn question_that_one_answer_shows_leaves_no_other_pair_open() {
        let spec = json!({ "questions": [
            { "id": "quota", "kind": "integer", "min": 1, "max": 9, "required": true },
            { "id": "region", "kind": "choice", "options": ["1", "2", "3"], "required": true },
            { "id": "zone", "kind": "text", "min_length": 1, "max_length": 9, "required": true,
              "visible_if": { "field": "region", "eq": "3" } },
        ]});
        let questions = questions(&spec, &FlowLimits::DEFAULT).expect("questions");
        let answers = json!({ "quota": 1, "region": "1" });
        let all = mutations(&MutationSpec {
            questions: &questions,
            answers: answers.as_object().expect("answers"),
            base_url: None,
            typed: true,
            longest: 100,
            deepest: 4,
            seed: 1,
        });
        let sets = pairs(&all, 100);
        assert!(sets.len() <= 12, "{} sets", sets.len());
        let valid = || all.iter().filter(|m| m.kind == ProbeKind::Valid);
        let of = |id: &'static str| valid().filter(move |m| m.edits[0].question == id);
        for (quota, other) in of("quota").flat_map(|q| {
            let others = of("region").chain(of("zone"));
            others.map(move |other| (q, other))
        }) {
            let both = |set: &Vec<AnswerMutation>| set.contains(quota) && set.contains(other);
            assert!(sets.iter().any(both), "{} {}", quota.what, other.what);
        }
    }
}
