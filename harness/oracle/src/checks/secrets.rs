//! secrets.*: does anything of a secret show?

use super::plan::on_plan;
use crate::judge::{Check, Level, ScopeKind};
use provision_core::Finding;
use provision_core::text::inert;
use provision_core::wizard::ProvisionPlan;

pub(super) const CHECKS: &[Check] = &[Check {
    id: "secrets.redacted",
    level: Level::Must,
    scope: ScopeKind::Wizard,
    requirement: "Values in the secrets patch are redacted.",
    run: |subject, findings| on_plan(subject, findings, |_, plan| redacted(plan)),
}];

fn redacted(plan: &ProvisionPlan) -> Vec<Finding> {
    let shown = plan
        .secrets_patch
        .set
        .iter()
        .filter(|(_, v)| !v.is_redacted());
    shown
        .map(|(key, value)| {
            // NB: never the value itself; reports travel further than secrets may.
            let actual = match &value.value {
                Some(text) => format!("a value of {} bytes in plain text", text.len()),
                None => "not marked as redacted".into(),
            };
            let at = format!("/secrets_patch/set/{}", inert(key, 80));
            Finding::new(
                "E_SECRET_PLAIN",
                at,
                "{\"redacted\": true, \"value\": null}",
                actual,
            )
        })
        .collect()
}
