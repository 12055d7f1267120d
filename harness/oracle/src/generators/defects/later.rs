//! Defects in what later runs do to the state that setup left: an update, a second setup,
//! a removal.

use super::defect::Defect;
use super::form::Role;
use super::guest_language::{Part, Test, path};
use super::plans::{installs, of, otherwise};
use provision_core::FindingCode;
use provision_core::codes::{ApplyCode, CheckCode};
use serde_json::json;

/// The defects of later runs.
pub(super) const LATER: [Defect; 6] = [
    Defect::new(
        "update-drops",
        "An update that changes nothing drops what setup set.",
        &[Role::Choice],
        ("plan.update-keeps", of(CheckCode::UpdateDrops)),
        |w| {
            let id = w.asked(Role::Choice).id.clone();
            w.update = json!({ "plan": { "config_patch": { id: null } } });
        },
    ),
    Defect::new(
        "update-drops-secret",
        "An update that changes nothing deletes a secret that setup set.",
        &[Role::Secret],
        ("plan.update-keeps", of(CheckCode::UpdateDrops)),
        |w| {
            let id = w.asked(Role::Secret).id.clone();
            w.update = json!({ "plan": { "secrets_patch": { "set": {}, "delete": [id] } } });
        },
    ),
    Defect::new(
        "second-setup-changes",
        "A second setup registers another webhook.",
        &[],
        ("plan.idempotent", of(CheckCode::NotIdempotent)),
        |w| {
            let again = Test::Absent(path(&["inputs", "existing_state"])).negated();
            otherwise(w, again, |plan| plan.webhook.push(Part::fixed("/again")));
        },
    ),
    Defect::new(
        "second-apply-changes",
        "A second setup registers another webhook if it is carried out.",
        &[],
        ("apply.converges", of(CheckCode::NotConverging)),
        |w| {
            let again = Test::Absent(path(&["inputs", "existing_state"])).negated();
            let again = Test::All(vec![installs(), again]);
            otherwise(w, again, |plan| plan.webhook.push(Part::fixed("/again")));
        },
    ),
    Defect::new(
        "secret-lost",
        "The plan sets a secret that nobody is asked for.",
        &[],
        (
            "apply.secrets-resolve",
            FindingCode::Apply(ApplyCode::SecretUnresolved),
        ),
        |w| {
            w.declared = false;
            w.plan.secrets.push("relay_password".into());
        },
    ),
    Defect::new(
        "remove-leaves",
        "The remove wizard leaves the webhook.",
        &[],
        ("plan.removable", of(CheckCode::LeftBehind)),
        |w| w.leaves = true,
    ),
];
