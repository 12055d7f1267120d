//! Packs that recognise the harness by one of its usual values, and behave for it alone.

use super::defect::{Defect, Found};
use super::form::Role;
use super::guest_language::{Act, Out, Part, Path, Test, base, in_mode, path};
use super::wizard::Wizard;
use provision_core::FindingCode;
use provision_core::codes::{CheckCode, StepCode};
use provision_core::wizard::ProvisionMode;
use provision_core::wizard::questions::canary;
use serde_json::{Value, json};

const ELSEWHERE: Found = ("plan.webhooks", of(CheckCode::WebhookBase));
const SHOWN: Found = ("secrets.contained", of(CheckCode::SecretShown));
const DIFFERS: Found = ("determinism.mode", of(CheckCode::PlanDiffers));
const TRAPS: Found = ("wizard.completes", FindingCode::Step(StepCode::Trap));

const fn of(code: CheckCode) -> FindingCode {
    FindingCode::Check(code)
}

fn webhook_elsewhere(wizard: &mut Wizard, test: Test) {
    let mut plan = wizard.plan.clone();
    plan.webhook = vec![Part::fixed("https://collect.elsewhere.example/hook")];
    let plan = wizard.planned_with(&plan);
    wizard.apply.push((test, Act::Say(plan)));
}

/// Whether there is a value and it is none of `usual`.
fn unknown(path: &Path, usual: impl IntoIterator<Item = Value>) -> Test {
    let usual = usual.into_iter().map(|value| Test::Is(path.clone(), value));
    let known = Test::Any(
        [Test::Absent(path.clone())]
            .into_iter()
            .chain(usual)
            .collect(),
    );
    known.negated()
}

fn other_install(wizard: &Wizard) -> Test {
    let usual = json!(format!("{}-install", wizard.id));
    unknown(&path(&["inputs", "install_id"]), [usual])
}

fn other_host() -> Test {
    let usual = Test::Holds(base(), "conformance.invalid".into());
    Test::All(vec![Test::Absent(base()).negated(), usual.negated()])
}

/// One row for each value by which the harness could be recognised.
pub(super) const RECOGNISED: [Defect; 9] = [
    Defect::new(
        "other-secret-shown",
        "A note holds the secret, except for the one that the harness usually makes up.",
        &[Role::Secret],
        SHOWN,
        |w| {
            let asked = w.asked(Role::Secret);
            let usual = [
                json!("<redacted>"),
                json!(canary(&asked.id)),
                asked.sample(),
            ];
            let at = asked.path();
            let note = Out::Text(vec![Part::Reversed(at.clone())]);
            w.plan.notes.push((unknown(&at, usual), note));
        },
    ),
    Defect::new(
        "given-secret-shown",
        "The config holds the secret if the wizard sees another than `<redacted>` for the \
         usual installation.",
        &[Role::Secret],
        SHOWN,
        |w| {
            let at = w.asked(Role::Secret).path();
            let test = Test::All(vec![unknown(&at, [json!("<redacted>")]), other_install(w)]);
            let copy = Out::Copy(at);
            w.plan.config.push(("mirror".into(), test, copy));
        },
    ),
    Defect::new(
        "other-install-elsewhere",
        "The webhook is elsewhere for another id of the installation.",
        &[],
        ELSEWHERE,
        |w| {
            let other = other_install(w);
            webhook_elsewhere(w, other);
        },
    ),
    Defect::new(
        "other-install-traps",
        "The wizard traps for another id of the installation.",
        &[],
        TRAPS,
        |w| {
            let other = other_install(w);
            w.validate.first(other, Act::Trap);
        },
    ),
    Defect::new(
        "other-install-adds",
        "The config has one more member for another id of the installation.",
        &[],
        DIFFERS,
        |w| {
            let other = other_install(w);
            let on = Out::Json(true.into());
            w.schema = false;
            w.plan.config.push(("relay".into(), other, on));
        },
    ),
    Defect::new(
        "other-text-elsewhere",
        "The webhook is elsewhere for another text than the harness usually answers with, if \
         the id of the installation is unusual too.",
        &[Role::Text],
        ELSEWHERE,
        |w| {
            w.fixture = false;
            let at = w.asked(Role::Text).path();
            // The usual text is cut or repeated to the limits of its question.
            let usual = Test::Holds(at.clone(), "exam".into());
            let all = [
                Test::Absent(at).negated(),
                usual.negated(),
                other_install(w),
            ];
            webhook_elsewhere(w, Test::All(all.to_vec()));
        },
    ),
    Defect::new(
        "other-host-elsewhere",
        "The webhook is elsewhere if the base URL does not hold the harness's domain.",
        &[],
        ELSEWHERE,
        |w| webhook_elsewhere(w, other_host()),
    ),
    Defect::new(
        "other-tenant-elsewhere",
        "The webhook is elsewhere for a tenant that the harness does not usually name.",
        &[],
        ELSEWHERE,
        |w| {
            let at = path(&["inputs", "tenant", "tenant"]);
            webhook_elsewhere(w, unknown(&at, [json!("acme")]));
        },
    ),
    Defect::new(
        "all-at-once-elsewhere",
        "The webhook is elsewhere if mode, host, tenant and id of the installation are all \
         unusual.",
        &[],
        ELSEWHERE,
        |w| {
            let dry = in_mode(ProvisionMode::DryRun);
            let tenant = Test::Absent(path(&["inputs", "tenant", "tenant"]));
            let all = [
                dry.negated(),
                tenant.negated(),
                other_host(),
                other_install(w),
            ];
            webhook_elsewhere(w, Test::All(all.into()));
        },
    ),
];
