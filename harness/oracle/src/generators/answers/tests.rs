//! Tests of the mutations: what they reach, and that they are bounded.

use super::*;
use provision_core::limits::FlowLimits;
use provision_core::wizard::questions::questions;
use serde_json::Map;
use serde_json::json;
use std::collections::BTreeSet;

fn asked() -> Vec<Question> {
    let spec = json!({"questions": [
        {"id": "room", "kind": "text", "required": true},
        {"id": "on", "kind": "bool"},
        {"id": "port", "kind": "integer", "min": 1, "max": 9},
        {"id": "region", "kind": "choice", "options": ["eu", "us"], "required": true},
        {"id": "token", "kind": "text", "secret": true, "required": true},
    ]});
    questions(&spec, &FlowLimits::DEFAULT).expect("questions")
}

fn generated(questions: &[Question], typed: bool, seed: u64) -> Vec<AnswerMutation> {
    mutations(&MutationSpec {
        questions,
        answers: &Map::new(),
        base_url: None,
        typed,
        longest: 4096,
        deepest: 16,
        seed,
    })
}

#[test]
fn every_probe_kind_and_question_is_reached() {
    let questions = asked();
    let mutations = generated(&questions, true, 1);
    let of = |kind: ProbeKind| {
        let mutations = mutations.iter().filter(move |m| m.kind == kind);
        mutations
            .flat_map(|m| &m.edits)
            .map(|e| e.question.as_str())
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(of(ProbeKind::Missing), ["region", "room", "token"].into());
    assert_eq!(of(ProbeKind::WrongType).len(), 5);
    assert_eq!(
        of(ProbeKind::Extra),
        ["unexpected_answer", "unexpected_secret"].into()
    );
    let unasked = of(ProbeKind::Hostile).into_iter();
    let unasked = unasked.filter(|q| q.starts_with("unexpected_answer_"));
    assert_eq!(of(ProbeKind::Hostile).len() - unasked.count(), 5);
    let long = mutations.iter().flat_map(|m| &m.edits);
    let long = long.filter_map(|e| e.value.as_ref()?.as_str());
    assert_eq!(long.map(str::len).max(), Some(4096));
}

#[test]
fn longest_text_is_an_answer_that_nobody_asked_for_only_if_no_question_gets_it() {
    let gets_it = |questions: &[Question]| {
        let mutations = generated(questions, true, 1).into_iter();
        let long = mutations.filter(|m| m.what == LONGEST);
        let questions = long.flat_map(|m| m.edits).map(|edit| edit.question);
        questions.collect::<BTreeSet<_>>()
    };
    let questions = asked();
    let (number, others): (Vec<_>, Vec<_>) = questions.into_iter().partition(|q| q.id == "port");
    assert!(
        gets_it(&others)
            .iter()
            .all(|q| !q.starts_with("unexpected"))
    );
    assert_eq!(gets_it(&others).len(), 4);
    for without in [number, Vec::new()] {
        assert_eq!(gets_it(&without), ["unexpected_answer_2".to_owned()].into());
    }
}

#[test]
fn wrong_type_is_never_a_valid_answer() {
    for (question, mutation) in asked().iter().flat_map(|q| {
        let one = generated(std::slice::from_ref(q), true, 1);
        one.into_iter().map(move |m| (q.clone(), m))
    }) {
        if mutation.kind != ProbeKind::WrongType {
            continue;
        }
        let value = mutation.edits[0].value.clone().expect("a value");
        let right = match question.answer().expect("a kind") {
            Kind::Text => value.is_string(),
            Kind::Bool => value.is_boolean(),
            Kind::Integer => value.is_i64(),
            Kind::Choice => question.choices().any(|c| *c == value),
            _ => false,
        };
        assert!(!right, "{}: {value}", question.id);
    }
}

#[test]
fn boundary_values_of_each_question_are_tried_once() {
    let mut questions = asked();
    questions[0].bounds = (Some(3.0), Some(4_000.0));
    let all = generated(&questions, true, 1);
    let values = |id: &str| {
        let edits = all
            .iter()
            .flat_map(|m| &m.edits)
            .filter(|e| e.question == id);
        edits.filter_map(|e| e.value.clone()).collect::<Vec<_>>()
    };
    let numbers: Vec<i64> = values("port").iter().filter_map(Value::as_i64).collect();
    for number in [0, 1, -1, 2, 8, 9, 10, 1 << 31, -(1 << 31), 1 << 53] {
        let times = numbers.iter().filter(|n| **n == number).count();
        assert_eq!(times, 1, "{number}");
    }
    // What fits into fewer bits is tried where the question allows it.
    let bits = [1 << 15, 1 << 16, 1 << 32];
    assert!(bits.iter().all(|number| !numbers.contains(number)));
    let size = Question::plain("size", "integer");
    let size = generated(&[size], true, 1);
    let edits = size.iter().flat_map(|m| &m.edits);
    let sizes: Vec<i64> = edits.filter_map(|e| e.value.as_ref()?.as_i64()).collect();
    assert!(bits.iter().all(|number| sizes.contains(number)));
    let texts = values("room");
    let lengths: Vec<usize> = texts
        .iter()
        .filter_map(|t| Some(t.as_str()?.len()))
        .collect();
    for length in [2, 3, 4, 256, 512, 1_024, 2_048, 3_999, 4_000, 4_001] {
        assert!(lengths.contains(&length), "{length}");
    }
    // Many questions share the bound.
    let many = (0..100).map(|i| Question::plain(&format!("q-{i}"), "text"));
    let many = generated(&many.collect::<Vec<_>>(), true, 1);
    let boundary = many.iter().filter(|m| m.what.starts_with("a text of 256 "));
    assert_eq!(boundary.count(), 100);
    let boundary = many.iter().filter(|m| m.what.ends_with(" characters"));
    assert_eq!(boundary.count(), BOUNDARY);
}

#[test]
fn batch_changes_each_question_once() {
    let mutations = generated(&asked(), true, 1);
    let hostile: Vec<AnswerMutation> = mutations
        .into_iter()
        .filter(|m| m.kind == ProbeKind::Hostile)
        .collect();
    let batches = batches(hostile.clone());
    let count = batches.len();
    assert!(count < hostile.len() / 4, "{count} batches");
    let mut all = Vec::new();
    for batch in batches {
        let edits = batch.iter().flat_map(|m| &m.edits);
        let questions: Vec<&str> = edits.map(|e| e.question.as_str()).collect();
        let different: BTreeSet<&str> = questions.iter().copied().collect();
        assert_eq!(questions.len(), different.len());
        all.extend(batch);
    }
    assert!(hostile.iter().all(|mutation| all.contains(mutation)));
    assert_eq!(hostile.len(), all.len());
}

#[test]
fn mutations_depend_on_the_seed_only() {
    let mut questions = asked();
    for i in 0..4 {
        // So many that the seed has to select hostile values.
        questions.push(Question::plain(&format!("more-{i}"), "text"));
    }
    let questions = questions;
    assert_eq!(
        generated(&questions, true, 7),
        generated(&questions, true, 7)
    );
    assert_ne!(
        generated(&questions, true, 7),
        generated(&questions, true, 8)
    );
    // If answers become text, a text is never of the wrong type.
    let texts = generated(&asked(), false, 7);
    let wrong = texts.iter().filter(|m| m.kind == ProbeKind::WrongType);
    let wrong: BTreeSet<&str> = wrong.map(|m| m.edits[0].question.as_str()).collect();
    assert_eq!(wrong, ["on", "port", "region"].into());
}
