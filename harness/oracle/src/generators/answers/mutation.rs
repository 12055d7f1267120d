//! A change of valid answers, and what it is generated from.

use super::values::LONGEST;
use provision_core::wizard::questions::Question;
use serde_json::{Map, Value};

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
    /// The constraint of its question that the new answer breaks.
    pub breaks: Option<&'static str>,
}

impl AnswerMutation {
    /// All edits, in the order in which they apply.
    pub fn all_edits(&self) -> impl Iterator<Item = Edit> {
        self.along.iter().chain(&self.edits).cloned()
    }

    /// The same change with a text of `bytes`, if it is that to the longest text.
    #[must_use]
    pub fn of_length(&self, bytes: usize) -> Option<Self> {
        if self.what != LONGEST {
            return None;
        }
        let mut longer = self.clone();
        for edit in &mut longer.edits {
            edit.value = Some(Value::String("a".repeat(bytes)));
        }
        Some(longer)
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
