//! Answer mutations: changes of valid answers that a wizard must refuse or
//! survive. They follow from the questions and the seed.

mod batches;
mod branches;
mod mutation;
mod pairs;
mod valid;
mod values;

use crate::given::asks_a_place;
use branches::{following, revealing};
use provision_core::rng::Rng;
use provision_core::wizard::questions::{Kind, Question};
use serde_json::Value;

use values::{LONGEST, boundary, hostile, wrong};

pub(crate) use valid::valid;

pub use batches::batches;
pub use mutation::{AnswerMutation, Edit, MutationSpec, ProbeKind};
pub use pairs::pairs;

/// Mutations with another valid answer, at most.
const VALID: usize = 300;
/// Mutations that remove an answer or give it a wrong type, at most.
const SINGLES: usize = 600;
/// Mutations with a hostile value, at most.
const HOSTILE: usize = 160;
/// Mutations with a boundary value, at most.
const BOUNDARY: usize = 120;

/// The mutations with another valid answer that do not fit into the bound.
#[must_use]
pub fn untried(spec: &MutationSpec<'_>) -> usize {
    valid_mutations(spec).count().saturating_sub(VALID)
}

/// Bytes of the longest text: more than a page of Wasm memory holds and than 16 bits count.
/// Each step of a run receives it: 256 KiB took an eighth of the time of small packs.
pub const LONGEST_TEXT: usize = 64 * 1024 + 1;

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
    mutations.extend(boundary_mutations(spec));
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
        breaks: None,
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
        breaks: None,
    };
    vec![extra(false), extra(true)]
}

/// Boundary values of each question. If there are too many, each question keeps its
/// first ones.
fn boundary_mutations(spec: &MutationSpec<'_>) -> Vec<AnswerMutation> {
    let of_question = |question: &Question| {
        let along = revealing(spec, question).unwrap_or_default();
        let offered = valid(question, spec.longest);
        let is_offered = |value: &Value| offered.iter().any(|(_, o)| o.as_ref() == Some(value));
        let values = boundary(question, spec.longest).into_iter();
        let values = values.filter(|(_, value, _)| !is_offered(value));
        let values = values.map(|(what, value, breaks)| {
            let (kind, value) = (ProbeKind::Hostile, Some(value));
            let mutation = mutation(kind, &what, question, value, along.clone());
            AnswerMutation { breaks, ..mutation }
        });
        values.enumerate().collect::<Vec<_>>()
    };
    let mut ranked: Vec<_> = spec.questions.iter().flat_map(of_question).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    let ranked = ranked.into_iter().take(BOUNDARY);
    ranked.map(|(_, mutation)| mutation).collect()
}

fn hostile_mutations(spec: &MutationSpec<'_>) -> Vec<AnswerMutation> {
    let values = hostile(spec.longest, spec.deepest);
    // Numbers get boundary numbers only; other kinds get every value.
    let is_number = |q: &Question| matches!(q.answer(), Some(Kind::Number | Kind::Integer));
    let asked = spec.questions.iter().flat_map(|question| {
        let is_number = is_number(question);
        let values = values.iter().filter(move |v| !is_number || v.1.is_number());
        let along = revealing(spec, question).unwrap_or_default();
        values.map(move |(what, value)| {
            let (kind, value) = (ProbeKind::Hostile, Some(value.clone()));
            mutation(kind, what, question, value, along.clone())
        })
    });
    // NB: a wizard without questions receives unasked answers too. Each value has a
    // key of its own, so that one run can send all of them.
    // NB: where a question gets the longest text, this one would show nothing new, and each
    // step of a run would take as long again.
    let has_longest = !spec.questions.iter().all(is_number);
    let unasked = values.iter().enumerate();
    let unasked = unasked.filter(|(_, (what, _))| !(has_longest && *what == LONGEST));
    let unasked = unasked.map(|(i, (what, value))| {
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
mod tests;
