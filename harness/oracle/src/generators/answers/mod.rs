//! Answer mutations: changes of valid answers that a wizard must refuse or
//! survive. They follow from the questions and the seed.

mod batches;
mod branches;
mod pairs;
mod valid;
mod values;

use crate::given::asks_a_place;
use branches::{following, revealing};
use provision_core::rng::Rng;
use provision_core::wizard::questions::{Kind, Question};
use serde_json::{Map, Value};

use valid::valid;
use values::{hostile, wrong};

pub use batches::batches;
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
    /// Answers that change with them, because other questions are shown then.
    pub along: Vec<Edit>,
}

impl AnswerMutation {
    /// All edits, in the order in which they apply.
    pub fn all_edits(&self) -> impl Iterator<Item = Edit> {
        self.along.iter().chain(&self.edits).cloned()
    }
}

/// The inputs of the generator.
#[derive(Debug, Clone, Copy)]
pub struct MutationSpec<'g> {
    /// The questions.
    pub questions: &'g [Question],
    /// The answers that are changed, by question.
    pub answers: &'g Map<String, Value>,
    /// The public base URL, for made-up answers.
    pub base_url: Option<&'g str>,
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
pub fn untried(spec: &MutationSpec<'_>) -> usize {
    valid_mutations(spec).count().saturating_sub(VALID)
}

/// All mutations: each other valid answer, each required answer missing, each wrong
/// type, extra answers, hostile values.
#[must_use]
pub fn mutations(spec: &MutationSpec<'_>) -> Vec<AnswerMutation> {
    let mut mutations: Vec<AnswerMutation> = valid_mutations(spec).take(VALID).collect();
    // An answer is demanded only where its question is surely shown.
    let demanded = spec.questions.iter();
    let demanded = demanded.filter_map(|q| Some((q, revealing(spec, q)?)));
    let demanded: Vec<(&Question, Vec<Edit>)> = demanded.collect();
    let mut singles: Vec<AnswerMutation> = demanded
        .iter()
        // A question with a default needs no answer.
        .filter(|(q, _)| q.required && q.default.is_none())
        .map(|(q, along)| {
            mutation(
                ProbeKind::Missing,
                "no answer at all",
                q,
                None,
                along.clone(),
            )
        })
        .collect();
    for (question, along) in &demanded {
        let wrong = wrong(question, spec.typed).into_iter();
        singles.extend(wrong.map(|(what, value)| {
            let kind = ProbeKind::WrongType;
            mutation(kind, what, question, Some(value), along.clone())
        }));
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

/// The mutations with another valid answer, where users can give it.
fn valid_mutations(spec: &MutationSpec<'_>) -> impl Iterator<Item = AnswerMutation> {
    spec.questions.iter().flat_map(move |question| {
        let shown = question.shown(spec.answers);
        let revealing = revealing(spec, question);
        let values = match (shown, &revealing) {
            (Some(false), None) => Vec::new(),
            _ => valid(question, spec.longest),
        };
        values.into_iter().map(move |(what, value)| {
            let along = match &revealing {
                Some(along) if shown != Some(true) => along.clone(),
                _ => following(spec, question, value.as_ref()),
            };
            mutation(ProbeKind::Valid, &what, question, value, along)
        })
    })
}

fn mutation(
    kind: ProbeKind,
    what: &str,
    question: &Question,
    value: Option<Value>,
    along: Vec<Edit>,
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
        along,
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
        along: Vec::new(),
    };
    vec![extra(false), extra(true)]
}

fn hostile_mutations(spec: &MutationSpec<'_>) -> Vec<AnswerMutation> {
    let values = hostile(spec.longest, spec.deepest);
    let asked = spec.questions.iter().flat_map(|question| {
        let is_number = matches!(question.answer(), Some(Kind::Number | Kind::Integer));
        // Numbers get boundary numbers only; other kinds get every value.
        let values = values.iter().filter(move |v| !is_number || v.1.is_number());
        let along = revealing(spec, question).unwrap_or_default();
        values.map(move |(what, value)| {
            let (kind, value) = (ProbeKind::Hostile, Some(value.clone()));
            mutation(kind, what, question, value, along.clone())
        })
    });
    // NB: a wizard without questions receives unasked answers too. Each value has a
    // key of its own, so that one run can send all of them.
    let unasked = values.iter().enumerate().map(|(i, (what, value))| {
        let question = Question::plain(&format!("unexpected_answer_{i}"), "text");
        let (kind, value) = (ProbeKind::Hostile, Some(value.clone()));
        mutation(kind, what, &question, value, Vec::new())
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
