//! Defects in what a wizard does with answers that its form forbids.

use super::defect::{Defect, Found};
use super::form::{Form, Role};
use super::guest_language::Test;
use super::wizard::Wizard;
use provision_core::FindingCode;
use provision_core::codes::CheckCode;

const KEEPS: Found = (
    "answers.constraints-refused",
    of(CheckCode::AnswerConstraint),
);
const INVALID: Found = ("plan.config-valid", of(CheckCode::ConfigInvalid));

const fn of(code: CheckCode) -> FindingCode {
    FindingCode::Check(code)
}

/// Lets a card ask, and no schema say what the config may hold.
fn on_card(wizard: &mut Wizard) {
    wizard.form = Form::Card;
    // Only a list says when it asks a question.
    wizard.questions.retain(|q| q.shown_if.is_none());
    wizard.settle();
    wizard.schema = false;
}

/// Answers that the form forbids, and that get into the plan.
pub(super) const FORBIDDEN: [Defect; 11] = [
    Defect::new(
        "limits-ignored",
        "A number beyond the declared limits gets into the plan.",
        &[Role::Number],
        KEEPS,
        |w| {
            let whole = Test::Whole(w.asked(Role::Number).path());
            w.lax(Role::Number, whole);
            w.schema = false;
        },
    ),
    Defect::new(
        "pattern-ignored",
        "A text that does not match the declared pattern gets into the plan.",
        &[Role::Pattern],
        KEEPS,
        |w| {
            let text = Test::Text(w.asked(Role::Pattern).path());
            w.lax(Role::Pattern, text);
            w.schema = false;
        },
    ),
    Defect::new(
        "card-limits-ignored",
        "A number beyond the limits that a card declares gets into the plan.",
        &[Role::Number],
        KEEPS,
        |w| {
            on_card(w);
            let whole = Test::Whole(w.asked(Role::Number).path());
            w.lax(Role::Number, whole);
        },
    ),
    Defect::new(
        "card-pattern-ignored",
        "A text that does not match the pattern of a card gets into the plan.",
        &[Role::Pattern],
        KEEPS,
        |w| {
            on_card(w);
            let text = Test::Text(w.asked(Role::Pattern).path());
            w.lax(Role::Pattern, text);
        },
    ),
    Defect::new(
        "length-ignored",
        "A text beyond the declared maximum of characters gets into the plan.",
        &[Role::Text],
        KEEPS,
        |w| {
            let longer = Test::LongerThan(w.asked(Role::Text).path(), 1);
            w.lax(Role::Text, longer);
            w.schema = false;
        },
    ),
    Defect::new(
        "schema-refuses-accepted",
        "The pack's own schema refuses the config of an answer that is accepted.",
        &[Role::Number],
        INVALID,
        |w| {
            let whole = Test::Whole(w.asked(Role::Number).path());
            w.lax(Role::Number, whole);
            w.schema = true;
        },
    ),
    Defect::new(
        "number-kept-as-text",
        "A number that is given as text stays a text where the schema says integer.",
        &[Role::Number],
        INVALID,
        |w| {
            let asked = w.asked(Role::Number);
            let (least, most) = asked.limits();
            let path = asked.path();
            let spelled = Test::Spelled(path.clone());
            let spelled = Test::All(vec![spelled, Test::Between(path, least, most)]);
            w.lax(Role::Number, spelled);
            w.schema = true;
        },
    ),
    Defect::new(
        "missing-accepted",
        "A required answer may be left out.",
        &[Role::Text],
        ("answers.missing-refused", of(CheckCode::AnswerMissing)),
        |w| {
            let absent = w.asked(Role::Text).absent();
            w.lax(Role::Text, absent);
        },
    ),
    Defect::new(
        "type-ignored",
        "A text is accepted whatever type it has.",
        &[Role::Text],
        ("answers.types-refused", of(CheckCode::AnswerType)),
        |w| {
            let given = w.asked(Role::Text).absent().negated();
            w.lax(Role::Text, given);
        },
    ),
    Defect::new(
        "empty-kept",
        "An empty text gets into the config in place of a required one.",
        &[Role::Text],
        ("answers.empty-refused", of(CheckCode::AnswerEmpty)),
        |w| {
            let empty = w.asked(Role::Text).is("");
            w.lax(Role::Text, empty);
        },
    ),
    Defect::new(
        "empty-kept-under-another-name",
        "An empty text gets into the config in place of a required one, under another key.",
        &[Role::Text],
        ("answers.empty-refused", of(CheckCode::AnswerEmpty)),
        |w| {
            w.schema = false;
            let (id, empty) = (w.asked(Role::Text).id.clone(), w.asked(Role::Text).is(""));
            w.lax(Role::Text, empty);
            for (key, _, _) in &mut w.plan.config {
                if *key == id {
                    key.push_str("_kept");
                }
            }
        },
    ),
];
