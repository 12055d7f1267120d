//! Packs that mix tenants up through the store of state, and packs that only look so.

use super::defect::{Defect, Found, Harmless};
use super::form::Role;
use super::guest_language::{Act, Out, Part, Test, Whose, path, refusal};
use super::wizard::{Shape, Wizard};
use provision_core::FindingCode;
use provision_core::codes::CheckCode;

const fn of(code: CheckCode) -> Found {
    ("tenant.isolated", FindingCode::Check(code))
}

fn installs() -> Test {
    Test::Is(path(&["mode"]), "install".into())
}

fn own() -> Whose {
    Whose::Of(path(&["inputs", "tenant", "tenant"]))
}

fn has_tenant() -> Test {
    Test::Absent(path(&["inputs", "tenant", "tenant"])).negated()
}

/// Keeps the answer to the text question as state of this tenant when it installs.
fn keep(wizard: &mut Wizard, whose: Whose) {
    wizard.shape = Shape::Component;
    let answer = wizard.asked(Role::Text).path();
    let test = Test::All(vec![installs(), has_tenant()]);
    wizard.apply.push((test, Act::Keep(whose, answer)));
}

/// One row for each way.
pub(super) const TENANTS: [Defect; 3] = [
    Defect::new(
        "tenant-state-shared",
        "All tenants keep an answer as state of one tenant, and a summary says what was kept.",
        &[Role::Text],
        of(CheckCode::TenantShown),
        |w| {
            let shared = || Whose::Fixed("shared".into());
            let kept = Out::Text(vec![Part::fixed("before: "), Part::Kept(shared())]);
            w.summary = Out::Object(vec![("summary".into(), Test::Always, kept)]);
            keep(w, shared());
        },
    ),
    Defect::new(
        "tenant-refused",
        "The wizard refuses a tenant if another one has been set up, and shows nothing of it.",
        &[Role::Text],
        of(CheckCode::TenantDiffers),
        |w| {
            let shared = || Whose::Fixed("shared".into());
            let again = Test::All(vec![installs(), Test::Kept(shared())]);
            w.apply.push((again, Act::Say(refusal("set up already"))));
            keep(w, shared());
        },
    ),
    Defect::new(
        "tenant-hard-coded",
        "The answer of each tenant is kept as state of the tenant `default`.",
        &[Role::Text],
        of(CheckCode::TenantState),
        |w| keep(w, Whose::Fixed("default".into())),
    ),
];

/// What is no leak.
pub(super) const OWN: [Harmless; 2] = [
    Harmless::new(
        "tenant-named",
        "A note of the plan names the tenant, the team and the user.",
        &[],
        |w| {
            let of = |key| Part::Of(path(&["inputs", "tenant", key]));
            let mut parts = vec![Part::fixed("set up for")];
            for key in ["tenant", "team", "user"] {
                parts.extend([Part::fixed(" "), of(key)]);
            }
            w.plan.notes.push((has_tenant(), Out::Text(parts)));
        },
    ),
    Harmless::new(
        "tenant-own-state",
        "The wizard names its own tenant to the store of state, and reads what it wrote.",
        &[Role::Text],
        |w| {
            let kept = Out::Text(vec![Part::fixed("kept: "), Part::Kept(own())]);
            w.summary = Out::Object(vec![("summary".into(), Test::Always, kept)]);
            keep(w, own());
        },
    ),
];
