//! Defects in what a wizard asks and says, and secrets that get out.

use super::defect::{Defect, Found};
use super::form::{Role, Takes};
use super::guest_language::{Out, Part, Path, Test};
use super::wizard::Wizard;
use provision_core::FindingCode;
use provision_core::codes::CheckCode;
use serde_json::json;

const CONSTRAINT: Found = ("wizard.questions", of(CheckCode::QuestionConstraint));
const DEFAULT: Found = ("wizard.questions", of(CheckCode::QuestionDefault));
const TEMPLATE: Found = ("wizard.texts-resolved", of(CheckCode::TextTemplate));
const SHOWN: Found = ("secrets.contained", of(CheckCode::SecretShown));

const fn of(code: CheckCode) -> FindingCode {
    FindingCode::Check(code)
}

fn secret(wizard: &Wizard) -> Path {
    wizard.asked(Role::Secret).path()
}

/// Adds a note of these parts to the plan.
fn note(wizard: &mut Wizard, parts: Vec<Part>) {
    wizard.plan.notes.push((Test::Always, Out::Text(parts)));
}

/// Forms that cannot be filled in, or that show what they should not.
pub(super) const FORMS: [Defect; 7] = [
    Defect::new(
        "choice-twice",
        "A form offers a choice twice.",
        &[Role::Choice],
        CONSTRAINT,
        |w| {
            if let Takes::Choice(choices) = &mut w.asked_mut(Role::Choice).takes {
                let again = choices.first().cloned();
                choices.extend(again);
            }
        },
    ),
    Defect::new(
        "no-such-day",
        "The default of a day is 30 February.",
        &[Role::Default],
        DEFAULT,
        |w| {
            let asked = w.asked_mut(Role::Default);
            asked.takes = Takes::Date;
            asked.default = Some("2026-02-30".into());
            w.settle();
        },
    ),
    Defect::new(
        "default-too-long",
        "A default is longer than the maximum of its question.",
        &[Role::Default],
        DEFAULT,
        |w| {
            let asked = w.asked_mut(Role::Default);
            let most = asked.limits().1 as usize;
            asked.default = Some("a".repeat(most + 1).into());
            w.settle();
        },
    ),
    Defect::new(
        "live-default",
        "The default of a secret looks like a live credential.",
        &[Role::Secret],
        DEFAULT,
        |w| {
            let live = ["ghp_", &"a1B2c3D4e5".repeat(4)[..36]].concat();
            w.asked_mut(Role::Secret).default = Some(live.into());
        },
    ),
    Defect::new(
        "secret-unmasked",
        "A form shows what the secret requirements list.",
        &[Role::Secret],
        ("wizard.questions-agree", of(CheckCode::QuestionsDisagree)),
        |w| {
            let secrets = w.plan.secrets.clone();
            w.asked_mut(Role::Secret).secret = false;
            w.settle();
            w.plan.config.retain(|(key, _, _)| !secrets.contains(key));
            w.plan.secrets = secrets;
            w.schema = false;
            w.fixture = true;
        },
    ),
    Defect::new(
        "template-in-label",
        "A label shows a template that nobody resolves.",
        &[Role::Text],
        TEMPLATE,
        |w| w.asked_mut(Role::Text).label = "The {{ room }} to use".into(),
    ),
    Defect::new(
        "template-in-summary",
        "The summary shows a template that nobody resolves.",
        &[],
        TEMPLATE,
        |w| w.summary = Out::Json(json!({ "summary": "{{ room }} is set up" })),
    ),
];

/// Secrets that get out, or that nobody sets.
pub(super) const SECRETS: [Defect; 9] = [
    Defect::new(
        "secret-for-second-choice",
        "A note of the second choice holds a secret.",
        &[Role::Choice, Role::Secret],
        SHOWN,
        |w| {
            let choice = w.asked(Role::Choice);
            let second = choice.is(choice.choice(1));
            let note = Out::Text(vec![Part::Of(secret(w))]);
            w.plan.notes.push((second, note));
        },
    ),
    Defect::new(
        "secret-in-note",
        "A note holds a secret.",
        &[Role::Secret],
        SHOWN,
        |w| note(w, vec![Part::fixed("uses "), Part::Of(secret(w))]),
    ),
    Defect::new(
        "secret-in-summary",
        "The summary holds a secret.",
        &[Role::Secret],
        SHOWN,
        |w| {
            let said = Out::Text(vec![Part::fixed("uses "), Part::Of(secret(w))]);
            w.summary = Out::Object(vec![("summary".into(), Test::Always, said)]);
        },
    ),
    Defect::new(
        "secret-in-config",
        "The config holds a secret.",
        &[Role::Secret],
        SHOWN,
        |w| {
            let copy = Out::Copy(secret(w));
            w.plan
                .config
                .push(("credential".into(), Test::Always, copy));
        },
    ),
    Defect::new(
        "secret-as-bytes",
        "The config holds the bytes of a secret.",
        &[Role::Secret],
        SHOWN,
        |w| {
            let bytes = Out::Bytes(secret(w));
            w.plan.config.push(("material".into(), Test::Always, bytes));
        },
    ),
    Defect::new(
        "secret-in-halves",
        "Two notes hold a half of a secret each.",
        &[Role::Secret],
        SHOWN,
        |w| {
            let path = secret(w);
            note(w, vec![Part::FirstHalf(path.clone())]);
            note(w, vec![Part::SecondHalf(path)]);
        },
    ),
    Defect::new(
        "secret-reversed",
        "A note holds a secret backwards.",
        &[Role::Secret],
        SHOWN,
        |w| note(w, vec![Part::Reversed(secret(w))]),
    ),
    Defect::new(
        "secret-in-hex",
        "A note holds a secret in hexadecimal digits.",
        &[Role::Secret],
        SHOWN,
        |w| note(w, vec![Part::fixed("0x"), Part::Hex(secret(w))]),
    ),
    Defect::new(
        "secret-unset",
        "Setup asks for a secret, and nothing declares or sets it.",
        &[Role::Secret],
        ("secrets.declared", of(CheckCode::SecretUnset)),
        |w| {
            w.declared = false;
            w.plan.secrets.clear();
        },
    ),
];
