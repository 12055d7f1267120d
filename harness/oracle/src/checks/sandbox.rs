//! sandbox.*: did a step run into what contains it?

use crate::judge::{Check, Conclusion, Findings, Level, ScopeKind};
use crate::observe::Subject;
use provision_core::Finding;
use provision_core::wizard::StepCode;

pub(super) const CHECKS: &[Check] = &[Check {
    id: "sandbox.within-limits",
    level: Level::Must,
    scope: ScopeKind::Wizard,
    requirement: "No step runs into a bound.",
    run: within_limits,
}];

fn within_limits(subject: &Subject, findings: &mut Findings) {
    findings.each_wizard(subject, |_, observed| {
        let Some(run) = observed.run() else {
            return Conclusion::Blocked("the wizard was not driven".into());
        };
        let failures = || {
            run.steps
                .iter()
                .filter_map(|s| Some((s.step, s.failure()?)))
        };
        let of = |wanted: fn(StepCode) -> bool| -> Vec<Finding> {
            failures()
                .filter(|(_, f)| wanted(f.code))
                .map(|(step, f)| {
                    let expected = "a step inside every bound";
                    Finding::new(
                        f.code.code(),
                        format!("step {step}"),
                        expected,
                        f.message.clone(),
                    )
                })
                .collect()
        };
        // The clock is a safety net of the harness: a verdict never rests on it.
        let deadline = of(|code| code == StepCode::Deadline);
        if !deadline.is_empty() {
            return Conclusion::Error(deadline);
        }
        let bounds = of(StepCode::is_bound);
        match bounds.is_empty() && !run.completed() {
            true => Conclusion::Blocked("the wizard did not complete".into()),
            false => Conclusion::of(bounds),
        }
    });
}
