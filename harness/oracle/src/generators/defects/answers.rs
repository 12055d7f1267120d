//! Defects in what a wizard does with answers: those that its form offers, those at
//! boundaries, and those that it ignores.

use super::defect::{Defect, Found};
use super::form::{Asked, Role, Takes};
use super::guest_language::{Act, Out, Part, Test, refusal};
use super::wizard::Wizard;
use provision_core::FindingCode;
use provision_core::codes::{CheckCode, StepCode};

const TRAPS: Found = ("answers.valid-accepted", FindingCode::Step(StepCode::Trap));
const LOOPS: Found = ("answers.valid-accepted", FindingCode::Step(StepCode::Fuel));
const REFUSES: Found = ("answers.valid-accepted", of(CheckCode::AnswerRefused));
const BREAKS: Found = ("answers.hostile", FindingCode::Step(StepCode::Trap));
const UNUSED: Found = ("answers.used", of(CheckCode::AnswerUnused));

const fn of(code: CheckCode) -> FindingCode {
    FindingCode::Check(code)
}

/// Traps in `apply` where the test holds.
fn traps(wizard: &mut Wizard, test: Test) {
    wizard.apply.push((test, Act::Trap));
}

/// Refuses in `validate` where the test holds.
fn refuses(wizard: &mut Wizard, test: Test, message: &str) {
    wizard.validate.first(test, Act::Say(refusal(message)));
}

/// Whether a text has from the first to the second number of characters.
fn long(asked: &Asked, least: usize, most: usize) -> Test {
    let shorter = Test::LongerThan(asked.path(), most + 1).negated();
    Test::All(vec![Test::LongerThan(asked.path(), least), shorter])
}

/// Whether it is this number.
fn number(asked: &Asked, number: i64) -> Test {
    Test::Between(asked.path(), number, number)
}

/// Takes whole numbers without limits.
fn unlimited(wizard: &mut Wizard) -> Asked {
    wizard.asked_mut(Role::Number).takes = Takes::AnyNumber;
    wizard.settle();
    wizard.asked(Role::Number).clone()
}

/// Answers that the form offers, and that do not work.
pub(super) const OFFERED: [Defect; 14] = [
    Defect::new(
        "second-choice-traps",
        "The second choice of a form traps.",
        &[Role::Choice],
        TRAPS,
        |w| traps(w, w.asked(Role::Choice).is(w.asked(Role::Choice).choice(1))),
    ),
    Defect::new(
        "second-choice-refused",
        "The second choice of a form is refused.",
        &[Role::Choice],
        REFUSES,
        |w| {
            let second = w.asked(Role::Choice).is(w.asked(Role::Choice).choice(1));
            refuses(w, second, "it is not ready there");
        },
    ),
    Defect::new(
        "true-traps",
        "One of two truth values traps.",
        &[Role::Toggle],
        TRAPS,
        |w| traps(w, w.asked(Role::Toggle).is(true)),
    ),
    Defect::new(
        "maximum-loops",
        "The declared maximum never ends.",
        &[Role::Number],
        LOOPS,
        |w| {
            let asked = w.asked(Role::Number);
            let most = number(asked, asked.limits().1);
            w.apply.push((most, Act::Loop));
        },
    ),
    Defect::new(
        "maximum-refused",
        "The declared maximum is refused.",
        &[Role::Number],
        REFUSES,
        |w| {
            let asked = w.asked(Role::Number);
            let most = number(asked, asked.limits().1);
            refuses(w, most, "that is too much");
        },
    ),
    Defect::new(
        "minimum-refused",
        "The declared minimum is refused.",
        &[Role::Number],
        REFUSES,
        |w| {
            // The harness makes up the least number.
            w.fixture = true;
            let asked = w.asked(Role::Number);
            let least = number(asked, asked.limits().0);
            refuses(w, least, "that is not enough");
        },
    ),
    Defect::new(
        "longest-text-traps",
        "A text of the declared maximum of characters traps.",
        &[Role::Text],
        TRAPS,
        |w| {
            let most = w.asked(Role::Text).limits().1 as usize;
            traps(w, long(w.asked(Role::Text), most, most));
        },
    ),
    Defect::new(
        "thousands-of-characters-trap",
        "A text of the declared maximum of some thousand characters traps.",
        &[Role::Optional],
        TRAPS,
        |w| {
            let most = w.asked(Role::Optional).limits().1 as usize;
            traps(w, long(w.asked(Role::Optional), most, most));
        },
    ),
    Defect::new(
        "default-refused",
        "The default that the form offers is refused.",
        &[Role::Default],
        REFUSES,
        |w| {
            w.fixture = true;
            let asked = w.asked(Role::Default);
            let default = asked.default.clone().unwrap_or_default();
            refuses(w, asked.is(default), "there is no such place");
        },
    ),
    Defect::new(
        "default-traps",
        "The default that the form offers traps.",
        &[Role::Default],
        TRAPS,
        |w| {
            w.fixture = true;
            let asked = w.asked(Role::Default);
            let default = asked.default.clone().unwrap_or_default();
            traps(w, asked.is(default));
        },
    ),
    Defect::new(
        "left-out-traps",
        "An answer that may be left out traps if it is.",
        &[Role::Optional],
        TRAPS,
        |w| {
            w.fixture = true;
            traps(w, w.asked(Role::Optional).absent());
        },
    ),
    Defect::new(
        "left-out-refused",
        "An answer that may be left out is refused if it is.",
        &[Role::Optional],
        REFUSES,
        |w| {
            w.fixture = true;
            let absent = w.asked(Role::Optional).absent();
            refuses(w, absent, "something is missing");
        },
    ),
    Defect::new(
        "two-answers-trap",
        "Two answers trap together, and each works alone.",
        &[Role::Choice, Role::Number],
        TRAPS,
        |w| {
            let (choice, asked) = (w.asked(Role::Choice), w.asked(Role::Number));
            let both = vec![choice.is(choice.choice(1)), number(asked, asked.limits().1)];
            traps(w, Test::All(both));
        },
    ),
    Defect::new(
        "shown-question-traps",
        "A question that is shown for one choice alone traps if it is answered.",
        &[Role::Choice, Role::Conditional],
        TRAPS,
        |w| {
            let (id, value) = w
                .asked(Role::Conditional)
                .shown_if
                .clone()
                .unwrap_or_default();
            let shown = w.questions.iter().find(|q| q.id == id).map(|q| q.is(value));
            traps(w, shown.unwrap_or(Test::Always));
        },
    ),
];

/// Values at which code often breaks.
pub(super) const BOUNDARIES: [Defect; 6] = [
    Defect::new(
        "zero-divides",
        "A number is divided by, and 0 is accepted.",
        &[Role::Number],
        BREAKS,
        |w| {
            let path = unlimited(w).path();
            w.apply.push((Test::Always, Act::Divide(path)));
        },
    ),
    Defect::new(
        "negative-traps",
        "A negative number traps.",
        &[Role::Number],
        BREAKS,
        |w| {
            let asked = unlimited(w);
            traps(w, number(&asked, -1));
        },
    ),
    Defect::new(
        "thirty-two-bits-trap",
        "A number beyond 32 bits traps.",
        &[Role::Number],
        BREAKS,
        |w| {
            let asked = unlimited(w);
            let beyond = Test::Between(asked.path(), 1 << 31, i64::MAX);
            traps(w, beyond);
        },
    ),
    Defect::new(
        "exact-floats-trap",
        "The first number that no float can follow traps.",
        &[Role::Number],
        BREAKS,
        |w| {
            let asked = unlimited(w);
            traps(w, number(&asked, 1 << 53));
        },
    ),
    Defect::new(
        "thousand-characters-trap",
        "A text of more than 1000 characters traps, far below the declared maximum.",
        &[Role::Optional],
        BREAKS,
        |w| traps(w, long(w.asked(Role::Optional), 1_001, 3_000)),
    ),
    Defect::new(
        "page-of-characters-traps",
        "A text of more than 64 KiB traps, as a buffer of one page of memory does.",
        &[Role::Optional],
        BREAKS,
        |w| {
            // Before the wizard refuses it as too long.
            let longer = Test::LongerThan(w.asked(Role::Optional).path(), 64 * 1024 + 1);
            w.validate.first(longer, Act::Trap);
        },
    ),
];

/// Answers that change nothing.
pub(super) const IGNORED: [Defect; 2] = [
    Defect::new(
        "every-answer-ignored",
        "The plan is the same whatever is answered.",
        &[Role::Choice, Role::Text],
        UNUSED,
        |w| {
            let public = w.questions.iter().filter(|q| !q.secret);
            let fixed = public.map(|q| (q.id.clone(), Test::Always, Out::Json(q.sample())));
            w.plan.config = fixed.collect();
        },
    ),
    Defect::new(
        "one-answer-ignored",
        "The plan has the same text whatever is answered.",
        &[Role::Text],
        UNUSED,
        |w| {
            let id = w.asked(Role::Text).id.clone();
            for (key, _, out) in &mut w.plan.config {
                if *key == id {
                    *out = Out::Text(vec![Part::fixed("lobby")]);
                }
            }
        },
    ),
];
