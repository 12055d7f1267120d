//! Defects in what a wizard plans: URLs, redirects, updates, and plans that depend on the
//! time, chance, the mode, the tenant or the base URL.

use super::defect::{Defect, Found};
use super::form::Role;
use super::guest_language::{Act, Out, Part, Test, base, path, refusal};
use super::wizard::{Plan, Shape, Wizard};
use provision_core::FindingCode;
use provision_core::codes::{CheckCode, StepCode};
use serde_json::json;

const ELSEWHERE: Found = ("plan.webhooks", of(CheckCode::WebhookBase));
const MALFORMED: Found = ("plan.webhooks", of(CheckCode::WebhookUrl));
const NO_BASE: Found = ("plan.without-base", of(CheckCode::NoBase));
const REDIRECT: Found = ("plan.redirects", of(CheckCode::Redirect));
const TRAPS: Found = ("wizard.completes", FindingCode::Step(StepCode::Trap));
const DIFFERS: Found = ("determinism.repeat", of(CheckCode::OutputDiffers));

pub(super) const fn of(code: CheckCode) -> FindingCode {
    FindingCode::Check(code)
}

/// Plans otherwise where the test holds.
pub(super) fn otherwise(wizard: &mut Wizard, test: Test, change: impl Fn(&mut Plan)) {
    let mut plan = wizard.plan.clone();
    change(&mut plan);
    let plan = wizard.planned_with(&plan);
    wizard.apply.push((test, Act::Say(plan)));
}

/// Plans otherwise for the second choice.
fn for_second(wizard: &mut Wizard, change: impl Fn(&mut Plan)) {
    let choice = wizard.asked(Role::Choice);
    let second = choice.is(choice.choice(1));
    otherwise(wizard, second, change);
}

/// The base URL and these characters.
fn based(end: &str) -> Vec<Part> {
    vec![Part::Of(base()), Part::fixed(end)]
}

fn fixed(url: &str) -> Vec<Part> {
    vec![Part::fixed(url)]
}

pub(super) fn installs() -> Test {
    Test::Is(path(&["mode"]), "install".into())
}

fn has_tenant() -> Test {
    Test::Absent(path(&["inputs", "tenant", "tenant"])).negated()
}

/// Plans of other answers than the fixture's.
pub(super) const OF_ANSWERS: [Defect; 4] = [
    Defect::new(
        "second-choice-elsewhere",
        "The webhook of the second choice is elsewhere.",
        &[Role::Choice],
        ELSEWHERE,
        |w| {
            for_second(w, |plan| {
                plan.webhook = fixed("https://us.elsewhere.example/hook")
            })
        },
    ),
    Defect::new(
        "second-choice-unknown-operation",
        "An operation of the second choice has an unknown verb.",
        &[Role::Choice],
        ("plan.shape", of(CheckCode::OpVerb)),
        |w| for_second(w, |plan| plan.verb = "explode".into()),
    ),
    Defect::new(
        "second-choice-config-invalid",
        "The schema refuses the config of the second choice.",
        &[Role::Choice],
        ("plan.config-valid", of(CheckCode::ConfigInvalid)),
        |w| {
            w.schema = true;
            let id = w.asked(Role::Choice).id.clone();
            for_second(w, |plan| {
                plan.config.retain(|(key, _, _)| *key != id);
                let other = Out::Json(json!("OTHER"));
                plan.config.push((id.clone(), Test::Always, other));
            });
        },
    ),
    Defect::new(
        "webhook-of-an-answer",
        "The webhook is the base URL and an answer, which can move its host.",
        &[Role::Text],
        ELSEWHERE,
        |w| {
            w.fixture = true;
            w.asked_mut(Role::Text).fixed = Some("/lobby".into());
            let path = w.asked(Role::Text).path();
            w.plan.webhook = vec![Part::Of(base()), Part::Of(path)];
        },
    ),
];

/// URLs that are not below the base URL of the run, or no URLs.
pub(super) const URLS: [Defect; 15] = [
    Defect::new(
        "base-path-lost",
        "The path of the base URL is lost.",
        &[],
        ELSEWHERE,
        |w| w.plan.webhook = vec![Part::Origin(base()), Part::fixed("/hook")],
    ),
    Defect::new(
        "host-written-in",
        "The host of the base URL is written into the pack.",
        &[],
        ELSEWHERE,
        |w| w.plan.webhook = fixed("https://conformance.invalid/hook"),
    ),
    Defect::new(
        "no-base-traps",
        "A run without a public base URL traps.",
        &[],
        TRAPS,
        |w| w.validate.first(Test::Absent(base()), Act::Trap),
    ),
    Defect::new(
        "no-base-relative",
        "A run without a public base URL plans relative URLs.",
        &[],
        NO_BASE,
        |w| {
            w.validate
                .rules
                .retain(|(test, _)| *test != Test::Absent(base()))
        },
    ),
    Defect::new(
        "webhook-elsewhere",
        "The webhook is on another host.",
        &[],
        ELSEWHERE,
        |w| w.plan.webhook = fixed("https://hooks.elsewhere.example/in"),
    ),
    Defect::new(
        "webhook-http",
        "The webhook is not https.",
        &[],
        ("plan.webhooks", of(CheckCode::WebhookScheme)),
        |w| w.plan.webhook = fixed("http://conformance.invalid/hook"),
    ),
    Defect::new(
        "webhook-backslash",
        "A backslash moves the host of the webhook.",
        &[],
        MALFORMED,
        |w| w.plan.webhook = based("\\@elsewhere.example/"),
    ),
    Defect::new(
        "webhook-user",
        "The base URL becomes the user of another host.",
        &[],
        MALFORMED,
        |w| w.plan.webhook = based("@elsewhere.example/"),
    ),
    Defect::new(
        "webhook-control",
        "The webhook holds a control character.",
        &[],
        MALFORMED,
        |w| w.plan.webhook = based("/a\u{7}b"),
    ),
    Defect::new(
        "webhook-line-end",
        "The webhook holds a line end.",
        &[],
        MALFORMED,
        |w| w.plan.webhook = based("/a\r\nb"),
    ),
    Defect::new(
        "webhook-leaves",
        "The path of the webhook leaves that of the base URL.",
        &[],
        MALFORMED,
        |w| w.plan.webhook = based("/../../up"),
    ),
    Defect::new(
        "redirect-elsewhere",
        "OAuth redirects to another host.",
        &[],
        REDIRECT,
        |w| w.plan.redirect = fixed("https://login.elsewhere.example/back"),
    ),
    Defect::new(
        "redirect-http",
        "OAuth redirects to an http URL.",
        &[],
        REDIRECT,
        |w| w.plan.redirect = fixed("http://conformance.invalid/back"),
    ),
    Defect::new(
        "notification-elsewhere",
        "A subscription notifies another host.",
        &[],
        REDIRECT,
        |w| w.plan.notification = fixed("https://feed.elsewhere.example/in"),
    ),
    Defect::new(
        "webhook-template",
        "The webhook holds a template that nobody resolves.",
        &[],
        MALFORMED,
        |w| w.plan.webhook = based("/${room}"),
    ),
];

/// Plans that depend on what they should not depend on.
pub(super) const CONDITIONS: [Defect; 13] = [
    Defect::new(
        "time-in-plan",
        "The time is in the plan.",
        &[],
        DIFFERS,
        |w| {
            w.shape = Shape::Component;
            let note = Out::Text(vec![Part::fixed("planned at "), Part::Clock]);
            w.plan.notes.push((Test::Always, note));
        },
    ),
    Defect::new(
        "time-of-day-in-plan",
        "The time of day is in the plan.",
        &[],
        DIFFERS,
        |w| {
            w.shape = Shape::Component;
            let note = Out::Text(vec![Part::fixed("planned at "), Part::WallClock]);
            w.plan.notes.push((Test::Always, note));
        },
    ),
    Defect::new(
        "later-traps",
        "After a minute the wizard traps.",
        &[],
        ("determinism.repeat", of(CheckCode::OutcomeDiffers)),
        |w| {
            w.shape = Shape::Component;
            let minute = Test::LaterThan(60_000_000_000);
            w.apply.push((minute, Act::Trap));
        },
    ),
    Defect::new(
        "other-base-traps",
        "A run with another base URL than that of its author traps.",
        &[],
        TRAPS,
        |w| {
            let own = Test::Is(base(), "https://conformance.invalid".into());
            let other = Test::All(vec![Test::Absent(base()).negated(), own.negated()]);
            w.validate.first(other, Act::Trap);
        },
    ),
    Defect::new(
        "chance-in-webhook",
        "A random number is in the path of the webhook.",
        &[],
        DIFFERS,
        |w| {
            w.shape = Shape::Component;
            w.plan.webhook.push(Part::fixed("/"));
            w.plan.webhook.push(Part::Chance);
        },
    ),
    Defect::new(
        "chance-traps",
        "In one run of four the wizard traps.",
        &[],
        ("determinism.repeat", of(CheckCode::OutcomeDiffers)),
        |w| {
            w.shape = Shape::Component;
            w.apply.push((Test::Chance(4), Act::Trap));
        },
    ),
    Defect::new(
        "install-traps",
        "The wizard traps when it installs, and in no dry run.",
        &[],
        ("determinism.mode", of(CheckCode::OutcomeDiffers)),
        |w| w.validate.first(installs(), Act::Trap),
    ),
    Defect::new(
        "install-elsewhere",
        "The webhook is another one when the wizard installs.",
        &[],
        ("determinism.mode", of(CheckCode::PlanDiffers)),
        |w| {
            otherwise(w, installs(), |plan| {
                plan.webhook.push(Part::fixed("/live"))
            })
        },
    ),
    Defect::new(
        "install-refused",
        "The wizard refuses to install what it accepts in a dry run.",
        &[],
        ("determinism.mode", of(CheckCode::OutcomeDiffers)),
        |w| w.validate.first(installs(), Act::Say(refusal("not yet"))),
    ),
    Defect::new(
        "tenant-traps",
        "A run for a tenant traps.",
        &[],
        TRAPS,
        |w| w.validate.first(has_tenant(), Act::Trap),
    ),
    Defect::new(
        "tenant-elsewhere",
        "The webhook of a tenant is elsewhere.",
        &[],
        ELSEWHERE,
        |w| {
            let url = "https://tenants.elsewhere.example/hook";
            otherwise(w, has_tenant(), |plan| plan.webhook = fixed(url));
        },
    ),
    Defect::new(
        "second-choice-elsewhere-if-installed",
        "The second choice of a form moves the webhook, but not in a dry run.",
        &[Role::Choice],
        ("plan.webhooks", of(CheckCode::WebhookBase)),
        |w| {
            let second = w.asked(Role::Choice);
            let second = second.is(second.choice(1));
            let url = "https://choice.elsewhere.example/hook";
            let both = Test::All(vec![installs(), second]);
            otherwise(w, both, |plan| plan.webhook = fixed(url));
        },
    ),
    Defect::new(
        "second-choice-traps-for-tenant",
        "The second choice of a form traps as soon as there is a tenant.",
        &[Role::Choice],
        ("answers.valid-accepted", FindingCode::Step(StepCode::Trap)),
        |w| {
            let second = w.asked(Role::Choice);
            let second = second.is(second.choice(1));
            let both = Test::All(vec![has_tenant(), second]);
            w.apply.push((both, Act::Trap));
        },
    ),
];
