//! Answers that a wizard should refuse, or survive: one change of valid ones
//! each. Guided by what is asked, the same for the same seed.

mod values;

use provision_core::wizard::questions::{Kind, Question};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use values::{hostile, wrong};

/// Changes that leave an answer out or give it a wrong type, at most.
const SINGLES: usize = 600;
/// Hostile values, at most.
const HOSTILE: usize = 160;

/// What a change of the answers is to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ProbeKind {
    /// A required answer is not there.
    Missing,
    /// An answer is of the wrong type.
    WrongType,
    /// There is an answer to what nobody asked.
    Extra,
    /// An answer is what nobody expects.
    Hostile,
}

/// One answer that is taken away, or put in the place of another.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// The question's id.
    pub question: String,
    /// Whether the answer is a secret.
    pub secret: bool,
    /// The answer; `None` takes it away.
    pub value: Option<Value>,
}

/// A change of valid answers.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerMutation {
    /// Its place among all that are worth trying.
    pub place: usize,
    /// What it is to show.
    pub aim: ProbeKind,
    /// The change in words, for a finding.
    pub what: String,
    /// The answers that change.
    pub edits: Vec<Edit>,
}

/// Of what the generator may make use.
#[derive(Debug, Clone, Copy)]
pub struct MutationSpec<'g> {
    /// What is asked.
    pub questions: &'g [Question],
    /// Whether answers keep their types on the way to the guest; where they
    /// become text, a number is as good as its digits.
    pub typed: bool,
    /// Bytes of the longest text.
    pub longest: usize,
    /// Levels of the deepest value.
    pub deepest: usize,
    /// Decides which are tried where not all can be.
    pub seed: u64,
}

/// All changes that are worth trying: each required answer missing, each wrong
/// type, extras, hostile values.
#[must_use]
pub fn mutations(ground: &MutationSpec<'_>) -> Vec<AnswerMutation> {
    let questions = ground.questions;
    let mut mutations: Vec<AnswerMutation> = questions
        .iter()
        // What has a default need not be answered.
        .filter(|q| q.required && q.default.is_none())
        .map(|q| mutation(ProbeKind::Missing, "no answer at all", q, None))
        .collect();
    for question in questions {
        let wrong = wrong(question, ground.typed).into_iter();
        let wrong =
            wrong.map(|(what, value)| mutation(ProbeKind::WrongType, what, question, Some(value)));
        mutations.extend(wrong);
    }
    mutations.truncate(SINGLES);
    mutations.extend(extras());
    let hostile = hostile_mutations(ground);
    mutations.extend(chosen(hostile, HOSTILE, ground.seed));
    let places = mutations.iter_mut().enumerate();
    places.for_each(|(place, mutation)| mutation.place = place);
    mutations
}

fn mutation(
    aim: ProbeKind,
    what: &str,
    question: &Question,
    value: Option<Value>,
) -> AnswerMutation {
    AnswerMutation {
        place: 0,
        aim,
        what: what.to_owned(),
        edits: vec![Edit {
            question: question.id.clone(),
            secret: question.secret,
            value,
        }],
    }
}

/// A text that no wizard can know.
pub const EXTRA: &str = "extra-5d1f0c7b9a3e";

fn extras() -> Vec<AnswerMutation> {
    let extra = |secret: bool| AnswerMutation {
        place: 0,
        aim: ProbeKind::Extra,
        what: match secret {
            true => "a secret that nobody asked for".into(),
            false => "an answer that nobody asked for".into(),
        },
        edits: vec![Edit {
            question: match secret {
                true => "unexpected_secret".into(),
                false => "unexpected_answer".into(),
            },
            secret,
            value: Some(Value::String(EXTRA.into())),
        }],
    };
    vec![extra(false), extra(true)]
}

fn hostile_mutations(ground: &MutationSpec<'_>) -> Vec<AnswerMutation> {
    let values = hostile(ground.longest, ground.deepest);
    let asked = ground.questions.iter().flat_map(|question| {
        let numbers = matches!(question.answer(), Some(Kind::Number | Kind::Integer));
        // Of a number the boundaries, of the rest everything.
        let values = values.iter().filter(move |v| !numbers || v.1.is_number());
        values
            .map(|(what, value)| mutation(ProbeKind::Hostile, what, question, Some(value.clone())))
    });
    // NB: also where nothing is asked, a wizard gets whatever people send it.
    // A key of its own for each, so that all can be sent at once.
    let unasked = values.iter().enumerate().map(|(i, (what, value))| {
        let question = Question::plain(&format!("unexpected_answer_{i}"), "text");
        mutation(ProbeKind::Hostile, what, &question, Some(value.clone()))
    });
    asked.chain(unasked).collect()
}

/// `mutations` in groups that can be tried at once, because no two of a group
/// touch the same question; values of one kind are spread over the groups.
#[must_use]
pub fn at_once(mutations: Vec<AnswerMutation>) -> Vec<Vec<AnswerMutation>> {
    let mut groups: Vec<(BTreeSet<String>, Vec<AnswerMutation>)> = Vec::new();
    let mut questions = BTreeSet::new();
    for mutation in mutations {
        let touches: BTreeSet<String> = mutation.edits.iter().map(|e| e.question.clone()).collect();
        questions.extend(touches.iter().cloned());
        let len = groups.len();
        // Another start for each question: else all would get the same value.
        let first = questions.len() - 1;
        let mut places = (0..len).map(|i| (first + i) % len);
        let place = places.find(|at| groups[*at].0.is_disjoint(&touches));
        let place = place.unwrap_or_else(|| {
            groups.push(Default::default());
            len
        });
        groups[place].0.extend(touches);
        groups[place].1.push(mutation);
    }
    groups.into_iter().map(|(_, mutations)| mutations).collect()
}

/// At most `most` of `mutations`, in an order that `seed` decides.
fn chosen(mut mutations: Vec<AnswerMutation>, most: usize, seed: u64) -> Vec<AnswerMutation> {
    if mutations.len() > most {
        let mut keyed: Vec<(u64, AnswerMutation)> = mutations
            .into_iter()
            .enumerate()
            .map(|(i, mutation)| (number(seed, i as u64), mutation))
            .collect();
        keyed.sort_by_key(|(key, _)| *key);
        mutations = keyed.into_iter().map(|(_, mutation)| mutation).collect();
        mutations.truncate(most);
    }
    mutations
}

/// A number that looks random, from the seed and a place.
fn number(seed: u64, place: u64) -> u64 {
    // SplitMix64 (Steele, Lea, Flood 2014).
    let mut z = seed.wrapping_add(place.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use provision_core::limits::FlowLimits;
    use provision_core::wizard::questions::questions;
    use serde_json::json;

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

    fn made(questions: &[Question], typed: bool, seed: u64) -> Vec<AnswerMutation> {
        mutations(&MutationSpec {
            questions,
            typed,
            longest: 4096,
            deepest: 16,
            seed,
        })
    }

    #[test]
    fn every_aim_and_every_question_is_reached() {
        let questions = asked();
        let mutations = made(&questions, true, 1);
        let of = |aim: ProbeKind| {
            let mutations = mutations.iter().filter(move |i| i.aim == aim);
            mutations
                .flat_map(|i| &i.edits)
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
        let long = mutations.iter().flat_map(|i| &i.edits);
        let long = long.filter_map(|e| e.value.as_ref()?.as_str());
        assert_eq!(long.map(str::len).max(), Some(4096));
    }

    #[test]
    fn a_wrong_type_is_never_a_right_one() {
        for (question, mutation) in asked().iter().flat_map(|q| {
            let one = made(std::slice::from_ref(q), true, 1);
            one.into_iter().map(move |i| (q.clone(), i))
        }) {
            if mutation.aim != ProbeKind::WrongType {
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
    fn what_is_tried_at_once_touches_each_question_once() {
        let mutations = made(&asked(), true, 1);
        let hostile: Vec<AnswerMutation> = mutations
            .into_iter()
            .filter(|i| i.aim == ProbeKind::Hostile)
            .collect();
        let groups = at_once(hostile.clone());
        assert!(groups.len() < hostile.len() / 4, "{} groups", groups.len());
        let mut all = Vec::new();
        for group in groups {
            let edits = group.iter().flat_map(|i| &i.edits);
            let questions: Vec<&str> = edits.map(|e| e.question.as_str()).collect();
            let different: BTreeSet<&str> = questions.iter().copied().collect();
            assert_eq!(questions.len(), different.len());
            all.extend(group);
        }
        assert!(hostile.iter().all(|mutation| all.contains(mutation)));
        assert_eq!(hostile.len(), all.len());
    }

    #[test]
    fn the_seed_decides_and_nothing_else() {
        let mut questions = asked();
        for i in 0..4 {
            // So many that not all hostile values can be tried.
            questions.push(Question::plain(&format!("more-{i}"), "text"));
        }
        let questions = questions;
        assert_eq!(made(&questions, true, 7), made(&questions, true, 7));
        assert_ne!(made(&questions, true, 7), made(&questions, true, 8));
        // Where answers become text, a text is never of the wrong type.
        let texts = made(&asked(), false, 7);
        let wrong = texts.iter().filter(|i| i.aim == ProbeKind::WrongType);
        let wrong: BTreeSet<&str> = wrong.map(|i| i.edits[0].question.as_str()).collect();
        assert_eq!(wrong, ["on", "port", "region"].into());
    }
}
