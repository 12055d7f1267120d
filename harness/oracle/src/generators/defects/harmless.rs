//! What is unusual in a wizard, and no defect.

use super::defect::Harmless;
use super::form::{Form, Role};
use super::guest_language::{Act, Out, Part, Test, base, in_mode, refusal};
use super::wizard::{Shape, Wizard};
use provision_core::wizard::ProvisionMode;

/// Adds a note of these parts to the plan.
fn note(wizard: &mut Wizard, test: Test, text: &str) {
    let note = Out::Text(vec![Part::fixed(text)]);
    wizard.plan.notes.push((test, note));
}

/// Takes the answer to the question of this role out of the plan.
fn unplanned(wizard: &mut Wizard, role: Role) {
    let id = wizard.asked(role).id.clone();
    wizard.plan.config.retain(|(key, _, _)| *key != id);
}

pub(super) const ALL: [Harmless; 19] = [
    Harmless::new("nothing", "The sound wizard.", &[], |_| {}),
    Harmless::new(
        "every-question",
        "The sound wizard with a question of each role.",
        &EVERY,
        |_| {},
    ),
    Harmless::new(
        "terms",
        "One truth value has to be true.",
        &[Role::Toggle],
        |w| {
            let asked = w.asked_mut(Role::Toggle);
            asked.id = "terms".into();
            asked.label = "I accept the terms".into();
            asked.fixed = Some(true.into());
            w.settle();
            let declined = w.asked(Role::Toggle).is(false);
            let refusal = refusal("`terms` have to be accepted");
            w.validate.rules.push((declined, Act::Say(refusal)));
        },
    ),
    Harmless::new(
        "rule-over-two",
        "A rule over two questions refuses a pair of answers, and names both.",
        &[Role::Choice, Role::Number],
        |w| {
            let (choice, number) = (w.asked(Role::Choice), w.asked(Role::Number));
            let most = number.limits().1;
            let both = vec![
                choice.is(choice.choice(1)),
                Test::Between(number.path(), most, most),
            ];
            let message = format!("`{}` is too high for this `{}`", number.id, choice.id);
            let rule = (Test::All(both), Act::Say(refusal(&message)));
            w.validate.rules.push(rule);
        },
    ),
    Harmless::new(
        "asked-for-one-choice",
        "A question is asked for one choice alone.",
        &[Role::Choice, Role::Conditional],
        |_| {},
    ),
    Harmless::new(
        "comment",
        "A comment that may be left out steers nothing.",
        &[Role::Optional],
        |w| {
            w.asked_mut(Role::Optional).id = "comment".into();
            w.settle();
            unplanned(w, Role::Optional);
        },
    ),
    Harmless::new(
        "remark-required",
        "A remark that people read has to be given, and steers nothing.",
        &[Role::Text],
        |w| {
            w.asked_mut(Role::Text).id = "remark".into();
            w.schema = false;
            w.settle();
            unplanned(w, Role::Text);
        },
    ),
    Harmless::new(
        "number-read-from-text",
        "A number that is given as text is read as a number.",
        &[Role::Number],
        |w| {
            let asked = w.asked(Role::Number);
            let ((least, most), at) = (asked.limits(), asked.path());
            let spelled = vec![
                Test::Spelled(at.clone()),
                Test::Between(at.clone(), least, most),
            ];
            let id = asked.id.clone();
            w.lax(Role::Number, Test::All(spelled));
            for (key, _, out) in &mut w.plan.config {
                if *key == id {
                    *out = Out::Read(at.clone());
                }
            }
        },
    ),
    Harmless::new(
        "dry-run-note",
        "A note says in dry runs alone that this is one.",
        &[],
        |w| note(w, in_mode(ProvisionMode::DryRun), "a dry run"),
    ),
    Harmless::new(
        "braces",
        "A note holds braces that are no template.",
        &[],
        |w| note(w, Test::Always, "send {\"a\": {\"b\": 1}} or {x} to it"),
    ),
    Harmless::new(
        "default-port",
        "The webhook names the default port.",
        &[],
        |w| {
            let end = Part::fixed("/hook");
            w.plan.webhook = vec![
                Part::Origin(base()),
                Part::fixed(":443"),
                Part::Rest(base()),
                end,
            ];
        },
    ),
    Harmless::new(
        "asked-on-a-card",
        "Only a card asks, and the pack has no fixture.",
        &[Role::Choice, Role::Number, Role::Toggle, Role::Secret],
        |w| {
            w.form = Form::Card;
            w.questions.retain(|q| q.role != Role::Conditional);
            w.settle();
            w.fixture = false;
        },
    ),
    Harmless::new(
        "asked-in-a-list",
        "Only a list asks, and the pack has no fixture.",
        &[Role::Choice, Role::Number, Role::Toggle, Role::Secret],
        |w| {
            w.form = Form::List;
            w.fixture = false;
        },
    ),
    Harmless::new(
        "required-with-default",
        "A required question has a default, which stands in for null.",
        &[Role::Default],
        |w| {
            w.asked_mut(Role::Default).required = true;
            w.settle();
        },
    ),
    Harmless::new(
        "default-in-schema",
        "The schema requires what the form does not, because it has a default.",
        &[Role::Default],
        |w| {
            w.schema = true;
            w.required_by_schema = true;
        },
    ),
    Harmless::new(
        "template-in-answer",
        "An answer of the user holds a template.",
        &[Role::Text],
        |w| {
            w.fixture = true;
            w.asked_mut(Role::Text).fixed = Some("Hello {{ name }}".into());
        },
    ),
    Harmless::new(
        "emoji",
        "A label holds an emoji of several characters.",
        &[Role::Text],
        |w| {
            let label = "The room \u{2615}\u{fe0f} \u{1f469}\u{200d}\u{1f680}";
            w.asked_mut(Role::Text).label = label.into();
        },
    ),
    Harmless::new(
        "direction-mark",
        "A Hebrew label ends with a mark that keeps its last character on its left.",
        &[Role::Text],
        |w| {
            let label = "\u{5d4}\u{5d7}\u{5d3}\u{5e8}!\u{200f}";
            w.asked_mut(Role::Text).label = label.into();
        },
    ),
    Harmless::new(
        "time-read",
        "A component reads the time, and plans the same at any time.",
        &[],
        |w| {
            w.shape = Shape::Component;
            w.apply.push((Test::Always, Act::ReadClock));
        },
    ),
];

const EVERY: [Role; 9] = [
    Role::Choice,
    Role::Number,
    Role::Toggle,
    Role::Text,
    Role::Pattern,
    Role::Optional,
    Role::Default,
    Role::Secret,
    Role::Conditional,
];
