//! Batches of mutations that one run can try together.

use super::mutation::AnswerMutation;
use std::collections::BTreeSet;

/// `mutations` in batches for one run each: no two mutations of a batch change
/// the same question. Equal values are spread over the batches.
#[must_use]
pub fn batches(mutations: Vec<AnswerMutation>) -> Vec<Vec<AnswerMutation>> {
    let mut batches: Vec<(BTreeSet<String>, Vec<AnswerMutation>)> = Vec::new();
    let mut questions = BTreeSet::new();
    for mutation in mutations {
        let changed: BTreeSet<String> = mutation.all_edits().map(|e| e.question).collect();
        questions.extend(changed.iter().cloned());
        let len = batches.len();
        // Start at another batch for each question, or else all questions of a batch
        // would get the same value.
        let first = questions.len() - 1;
        let mut places = (0..len).map(|i| (first + i) % len);
        let place = places.find(|at| batches[*at].0.is_disjoint(&changed));
        let place = place.unwrap_or_else(|| {
            batches.push(Default::default());
            len
        });
        batches[place].0.extend(changed);
        batches[place].1.push(mutation);
    }
    batches
        .into_iter()
        .map(|(_, mutations)| mutations)
        .collect()
}
