//! Answer mutations: changes of valid answers that a wizard must refuse or
//! survive. They follow from the questions and the seed.

mod pairs;
mod valid;
mod values;

use crate::given::asks_a_place;
use provision_core::rng::Rng;
use provision_core::wizard::questions::{Kind, Question};
use serde_json::Value;
use std::collections::BTreeSet;
use valid::valid;
use values::{hostile, wrong};

pub use pairs::pairs;

/// Mutations with another valid answer, at most.
const VALID: usize = 300;
/// Mutations that remove an answer or give it a wrong type, at most.
const SINGLES: usize = 600;
/// Mutations with a hostile value, at most.
const HOSTILE: usize = 160;

/// The kind of an answer mutation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProbeKind {
    /// Another answer that the question allows.
    Valid,
    /// A required answer is missing.
    Missing,
    /// An answer is of the wrong type.
    WrongType,
    /// There is an answer to a question that nobody asked.
    Extra,
    /// An answer has a hostile value.
    Hostile,
}

impl ProbeKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::Valid,
        Self::Missing,
        Self::WrongType,
        Self::Extra,
        Self::Hostile,
    ];
}

/// One answer that is removed or replaced.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// The question's id.
    pub question: String,
    /// Whether the answer is a secret.
    pub secret: bool,
    /// The new answer; `None` removes it.
    pub value: Option<Value>,
}

/// A change of valid answers.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerMutation {
    /// Its place among all mutations.
    pub place: usize,
    /// Its kind.
    pub kind: ProbeKind,
    /// The change in words, for a finding.
    pub what: String,
    /// The answers that change.
    pub edits: Vec<Edit>,
}

/// The inputs of the generator.
#[derive(Debug, Clone, Copy)]
pub struct MutationSpec<'g> {
    /// The questions.
    pub questions: &'g [Question],
    /// Whether answers keep their types on the way to the guest. If they become
    /// text, a number equals its digits.
    pub typed: bool,
    /// Bytes of the longest text.
    pub longest: usize,
    /// Levels of the deepest value.
    pub deepest: usize,
    /// Selects mutations if there are too many.
    pub seed: u64,
}

/// The mutations with another valid answer that do not fit into the bound.
#[must_use]
pub fn untried(questions: &[Question], longest: usize) -> usize {
    let all = questions.iter().map(|q| valid(q, longest).len());
    all.sum::<usize>().saturating_sub(VALID)
}

/// All mutations: each other valid answer, each required answer missing, each wrong type, extra answers,
/// hostile values.
#[must_use]
pub fn mutations(spec: &MutationSpec<'_>) -> Vec<AnswerMutation> {
    let questions = spec.questions;
    let valid = questions.iter().flat_map(|question| {
        let valid = valid(question, spec.longest).into_iter();
        valid.map(move |(what, value)| mutation(ProbeKind::Valid, &what, question, value))
    });
    let mut mutations: Vec<AnswerMutation> = valid.take(VALID).collect();
    let mut singles: Vec<AnswerMutation> = questions
        .iter()
        // A question with a default needs no answer.
        .filter(|q| q.required && q.default.is_none())
        .map(|q| mutation(ProbeKind::Missing, "no answer at all", q, None))
        .collect();
    for question in questions {
        let wrong = wrong(question, spec.typed).into_iter();
        let wrong =
            wrong.map(|(what, value)| mutation(ProbeKind::WrongType, what, question, Some(value)));
        singles.extend(wrong);
    }
    singles.truncate(SINGLES);
    mutations.extend(singles);
    mutations.extend(extras());
    let hostile = hostile_mutations(spec);
    mutations.extend(chosen(hostile, HOSTILE, spec.seed));
    let places = mutations.iter_mut().enumerate();
    places.for_each(|(place, mutation)| mutation.place = place);
    mutations
}

fn mutation(
    kind: ProbeKind,
    what: &str,
    question: &Question,
    value: Option<Value>,
) -> AnswerMutation {
    AnswerMutation {
        place: 0,
        kind,
        what: what.to_owned(),
        edits: vec![Edit {
            question: question.id.clone(),
            secret: question.secret,
            value,
        }],
    }
}

/// A text that occurs in no pack.
pub const EXTRA: &str = "extra-5d1f0c7b9a3e";

fn extras() -> Vec<AnswerMutation> {
    let extra = |secret: bool| AnswerMutation {
        place: 0,
        kind: ProbeKind::Extra,
        what: if secret {
            "a secret that nobody asked for".into()
        } else {
            "an answer that nobody asked for".into()
        },
        edits: vec![Edit {
            question: if secret {
                "unexpected_secret".into()
            } else {
                "unexpected_answer".into()
            },
            secret,
            value: Some(Value::String(EXTRA.into())),
        }],
    };
    vec![extra(false), extra(true)]
}

fn hostile_mutations(spec: &MutationSpec<'_>) -> Vec<AnswerMutation> {
    let values = hostile(spec.longest, spec.deepest);
    let asked = spec.questions.iter().flat_map(|question| {
        let is_number = matches!(question.answer(), Some(Kind::Number | Kind::Integer));
        // Numbers get boundary numbers only; other kinds get every value.
        let values = values.iter().filter(move |v| !is_number || v.1.is_number());
        values
            .map(|(what, value)| mutation(ProbeKind::Hostile, what, question, Some(value.clone())))
    });
    // NB: a wizard without questions receives unasked answers too. Each value has a
    // key of its own, so that one run can send all of them.
    let unasked = values.iter().enumerate().map(|(i, (what, value))| {
        let question = Question::plain(&format!("unexpected_answer_{i}"), "text");
        mutation(ProbeKind::Hostile, what, &question, Some(value.clone()))
    });
    asked.chain(unasked).collect()
}

/// Whether a mutation changes an answer that says where something is. What a plan does
/// there is the user's own choice.
#[must_use]
pub fn moves_a_place(mutation: &AnswerMutation) -> bool {
    let mut edits = mutation.edits.iter();
    edits.any(|edit| asks_a_place(&edit.question))
}

/// `mutations` in batches for one run each: no two mutations of a batch change
/// the same question. Equal values are spread over the batches.
#[must_use]
pub fn batches(mutations: Vec<AnswerMutation>) -> Vec<Vec<AnswerMutation>> {
    let mut batches: Vec<(BTreeSet<String>, Vec<AnswerMutation>)> = Vec::new();
    let mut questions = BTreeSet::new();
    for mutation in mutations {
        let changed: BTreeSet<String> = mutation.edits.iter().map(|e| e.question.clone()).collect();
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

/// At most `most` of `mutations`, which `seed` selects and orders.
fn chosen(mut mutations: Vec<AnswerMutation>, most: usize, seed: u64) -> Vec<AnswerMutation> {
    if mutations.len() > most {
        let mut keyed: Vec<(u64, AnswerMutation)> = mutations
            .into_iter()
            .enumerate()
            .map(|(i, mutation)| (Rng::at(seed, i as u64), mutation))
            .collect();
        keyed.sort_by_key(|(key, _)| *key);
        mutations = keyed.into_iter().map(|(_, mutation)| mutation).collect();
        mutations.truncate(most);
    }
    mutations
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

    fn generated(questions: &[Question], typed: bool, seed: u64) -> Vec<AnswerMutation> {
        mutations(&MutationSpec {
            questions,
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
}
