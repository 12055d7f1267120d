//! sandbox.*: did a step hit a bound, or try a denied capability?

use crate::check::{Applies, Bite, Check, Conclusion, Findings, Level, Run, ScopeKind, Stage};
use crate::subject::Subject;
use provision_core::Finding;
use provision_core::codes::CheckCode;
use provision_core::text::counted;
use provision_core::wizard::capabilities::capability;
use provision_core::wizard::{HostCall, HostVerdict, StepCode};
use std::collections::BTreeMap;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "sandbox.within-limits",
        stage: Stage::Sandbox,
        level: Level::Must,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Run,
        host: "Hosts bound memory and time, and stop the component.",
        requirement: "No step hits a bound.",
        why: "A step that hits a bound in a dry run can take down a real host.",
        fix: "Stay below the bound that the finding names; the report shows what each step consumed.",
        run: Run::OfPack(within_limits),
    },
    Check {
        id: "sandbox.no-effects",
        stage: Stage::Sandbox,
        level: Level::Must,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Run,
        host: "No host refuses it, but a dry run that reaches outside is not a dry run; this project exists to find it.",
        requirement: "A dry run asks the host to change nothing: no write, no network, no process.",
        why: "Users rely on a dry run to change nothing.",
        fix: "Say in the plan what should change, and let the host change it.",
        run: Run::OfPack(no_effects),
    },
    Check {
        id: "sandbox.least-attempts",
        stage: Stage::Sandbox,
        level: Level::Should,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Nowhere,
        host: "Hosts deny the call, and the component continues.",
        requirement: "A step does not even try a capability that was denied to it.",
        why: "Code that tries a denied capability tries it again on a host that grants it.",
        fix: "Remove the call; the finding names interface and function.",
        run: Run::OfPack(least_attempts),
    },
];

fn no_effects(subject: &Subject, findings: &mut Findings) {
    attempts(
        subject,
        findings,
        CheckCode::Effect,
        "no change asked for",
        is_effect,
    );
}

fn least_attempts(subject: &Subject, findings: &mut Findings) {
    let denied = |call: &HostCall| call.verdict == HostVerdict::Denied;
    attempts(
        subject,
        findings,
        CheckCode::Attempt,
        "only what is granted",
        denied,
    );
}

/// Whether the call would change something outside of the guest. A denied call to
/// an interface that the table lacks counts as one.
fn is_effect(call: &HostCall) -> bool {
    match call.verdict {
        HostVerdict::Withheld | HostVerdict::Recorded => true,
        HostVerdict::Denied => capability(&call.interface).is_none_or(|c| c.leaves_machine),
        HostVerdict::Answered => false,
    }
}

fn attempts(
    subject: &Subject,
    findings: &mut Findings,
    code: CheckCode,
    expected: &str,
    wrong: impl Fn(&HostCall) -> bool,
) {
    findings.each_wizard(subject, |_, observed| {
        let Some(run) = observed.run() else {
            return Conclusion::Blocked("the wizard was not driven".into());
        };
        let mut found = Vec::new();
        for step in &run.steps {
            let mut tried: BTreeMap<(&str, &str), u64> = BTreeMap::new();
            for call in step.attempts.calls.iter().filter(|c| wrong(c)) {
                let name = (call.interface.as_str(), call.function.as_str());
                *tried.entry(name).or_default() += call.count;
            }
            found.extend(tried.into_iter().map(|((interface, function), count)| {
                let actual = format!(
                    "{interface} {function}, {}",
                    counted(count, "time", "times")
                );
                let finding = Finding::new(code, step.name(), expected, actual);
                finding.about(step.component.as_deref())
            }));
        }
        if found.is_empty() && !run.completed() {
            Conclusion::Blocked("the wizard did not complete".into())
        } else {
            Conclusion::of(found)
        }
    });
}

fn within_limits(subject: &Subject, findings: &mut Findings) {
    findings.each_wizard(subject, |_, observed| {
        let Some(run) = observed.run() else {
            return Conclusion::Blocked("the wizard was not driven".into());
        };
        let failures = || run.steps.iter().filter_map(|s| Some((s, s.failure()?)));
        let of = |wanted: fn(StepCode) -> bool| -> Vec<Finding> {
            failures()
                .filter(|(_, f)| wanted(f.code))
                .map(|(step, f)| {
                    let expected = "a step inside every bound";
                    let finding = Finding::new(f.code, step.name(), expected, f.message.clone());
                    finding.about(step.component.as_deref())
                })
                .collect()
        };
        // The clock is a safety net of the harness: a verdict never rests on it.
        let deadline = of(|code| code == StepCode::Deadline);
        if !deadline.is_empty() {
            return Conclusion::Error(deadline);
        }
        let bounds = of(StepCode::is_bound);
        if bounds.is_empty() && !run.completed() {
            Conclusion::Blocked("the wizard did not complete".into())
        } else {
            Conclusion::of(bounds)
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn denied_call_is_an_effect_if_it_leaves_the_machine_or_is_unknown() {
        let denied = |interface: &str| HostCall {
            interface: interface.into(),
            function: "f".into(),
            arguments: String::new(),
            bytes: 0,
            count: 1,
            verdict: HostVerdict::Denied,
        };
        for interface in [
            "greentic:http/http-client@1.1.0",
            "wasi:sockets/tcp-create-socket@0.2.12",
            "wasi:cli/exit@0.2.12",
            "greentic:new/network@1.0.0",
        ] {
            assert!(is_effect(&denied(interface)), "{interface}");
        }
        assert!(!is_effect(&denied("wasi:filesystem/preopens@0.2.12")));
    }
}
