//! tenant.*: does one tenant get anything of another?

use crate::check::{Applies, Bite, Check, Conclusion, Findings, Level, Run, ScopeKind, Stage};
use crate::run_diff::differences;
use crate::secret_scan::{Leak, Secrets, of_canaries};
use crate::subject::{Observed, Runs, Subject};
use crate::tenants::{TenantRun, TenantWrite};
use provision_core::Finding;
use provision_core::codes::CheckCode;
use provision_core::text::inert;
use provision_core::wizard::{Driver, WizardRun};
use std::collections::BTreeSet;

pub(super) const CHECKS: &[Check] = &[Check {
    id: "tenant.isolated",
    stage: Stage::Tenant,
    level: Level::Must,
    scope: ScopeKind::Wizard,
    applies: Applies::WithWizard,
    bites: Bite::Setup,
    host: "The runner keeps state under the tenant that a component names, and does not compare it with the tenant of the run. So nothing but the component keeps tenants apart.",
    requirement: "Two runs of a wizard for two tenants of one host, whose steps alternate, are the same as each run alone. Nothing of one tenant is in the output or the state of the other: no id, no secret, no answer. A step writes state of its own tenant only. A wizard whose interface takes no tenant is driven with two sets of answers and secrets.",
    why: "A host runs the wizards of many tenants, and what one of them entered is not for the others.",
    fix: "Take the tenant from the inputs or from the context of the call, name no other one, and leave the context of a call to the state store empty: the host then takes the tenant of the run.",
    run: Run::OfPack(isolated),
}];

fn isolated(subject: &Subject, findings: &mut Findings) {
    findings.each_wizard(subject, |_, observed| match &observed.runs {
        Ok(runs) => conclude(observed, runs),
        Err(_) => Conclusion::Blocked("the wizard was not driven".into()),
    });
}

fn conclude(observed: &Observed, runs: &Runs) -> Conclusion {
    let Some(tenants) = &runs.tenants else {
        let reason = "the wizard did not complete, or only an author runs it";
        return Conclusion::Blocked(reason.into());
    };
    let takes_none = takes_no_tenant(&observed.wizard.driver);
    let mut found = Vec::new();
    let mut incomplete = None;
    for (own, other) in tenants.both() {
        let Some(alone) = runs.alone(own) else {
            continue;
        };
        if !alone.completed() {
            let tenant = inert(&own.tenant, 80);
            incomplete = Some(format!(
                "the wizard does not complete for tenant `{tenant}` alone"
            ));
        }
        let judged = OneTenant {
            own,
            other,
            takes_none,
        };
        found.extend(own.writes.iter().filter_map(|write| judged.foreign(write)));
        let differences = differences(alone, &own.beside);
        // A run that is the same as alone has nothing of the other tenant in its output.
        if !differences.is_empty() || !own.writes.is_empty() {
            found.extend(judged.shown(alone));
        }
        found.extend(judged.differs(differences));
    }
    match incomplete {
        Some(reason) if found.is_empty() => Conclusion::Blocked(reason),
        _ => Conclusion::of(found).about(observed.component()),
    }
}

/// Whether the interface that drives a wizard has no place for a tenant.
fn takes_no_tenant(driver: &Driver) -> bool {
    matches!(driver, Driver::ComponentQa { .. } | Driver::Operator { .. })
}

/// The runs of one tenant, beside those of the other.
struct OneTenant<'r> {
    own: &'r TenantRun,
    other: &'r TenantRun,
    takes_none: bool,
}

impl OneTenant<'_> {
    fn finding(&self, code: CheckCode, at: &str, expected: &str, actual: String) -> Finding {
        let at = format!("{at}, for tenant `{}`", inert(&self.own.tenant, 80));
        let expected = if self.takes_none {
            format!(
                "{expected}; the interface takes no tenant, so that answers and secrets alone tell the tenants apart"
            )
        } else {
            expected.to_owned()
        };
        Finding::new(code, at, expected, actual)
    }

    /// The finding on a write of state that is not the tenant's own.
    fn foreign(&self, write: &TenantWrite) -> Option<Finding> {
        if write.tenant == self.own.tenant {
            return None;
        }
        let at = format!(
            "{}, state `{}`",
            inert(&write.file, 120),
            inert(&write.key, 120)
        );
        let verb = match write.value {
            Some(_) => "writes",
            None => "deletes",
        };
        let tenant = inert(&write.tenant, 80);
        let actual = format!("the step {verb} state of tenant `{tenant}`, which it names itself");
        let expected = "state of the tenant for which the step runs";
        let code = CheckCode::TenantState;
        Some(self.finding(code, &at, expected, actual))
    }

    /// What the run shows, or writes as its own state, of the other tenant.
    fn shown(&self, alone: &WizardRun) -> Vec<Finding> {
        let marks = Secrets::new(&self.other.own);
        let mut leaks = marks.of_run(&self.own.beside);
        for write in &self.own.writes {
            let at = format!(
                "{}, state `{}`",
                inert(&write.file, 120),
                inert(&write.key, 120)
            );
            marks.find(&at, &write.key, &mut leaks);
            let value = write.value.as_deref().unwrap_or_default();
            marks.find(&at, &String::from_utf8_lossy(value), &mut leaks);
        }
        let mut secrets = self.other.secrets.clone();
        secrets.retain(|key, value| self.own.secrets.get(key) != Some(value));
        let mut deep = of_canaries(&secrets, &self.own.beside).leaks;
        let known = |leak: &Leak| leaks.iter().any(|known| known.key.contains(&leak.key));
        deep.retain(|leak| !known(leak));
        leaks.extend(deep.into_iter().map(|leak| Leak {
            key: format!("the secret `{}`", leak.key),
            ..leak
        }));
        // What the run alone has as well is there by chance.
        let chance = marks.of_run(alone);
        let of_other: BTreeSet<Leak> = leaks.difference(&chance).cloned().collect();
        let tenant = inert(&self.other.tenant, 80);
        let finding = |leak: Leak| {
            let what = inert(&leak.key, 120);
            let actual = format!("{what} of tenant `{tenant}` ({})", leak.form);
            let expected = format!("nothing of tenant `{tenant}`");
            self.finding(CheckCode::TenantShown, &leak.at, &expected, actual)
        };
        of_other.into_iter().map(finding).collect()
    }

    /// The differences of a run from the run alone.
    fn differs(&self, differences: Vec<Finding>) -> Vec<Finding> {
        let tenant = inert(&self.other.tenant, 80);
        let expected = format!("the same as without the run for tenant `{tenant}`");
        let finding = |difference: Finding| {
            let actual = difference.actual.replacen("first ", "alone ", 1);
            let actual = actual.replacen(", then ", &format!(", beside tenant `{tenant}` "), 1);
            self.finding(CheckCode::TenantDiffers, &difference.at, &expected, actual)
        };
        differences.into_iter().map(finding).collect()
    }
}
