//! apply.*: can what setup proposes be carried out, completely or not at all, once?

use super::plan::{incomplete, not_applied};
use crate::carried::{After, Carried, Fault};
use crate::check::{Applies, Bite, Check, Conclusion, Findings, Level, Run, ScopeKind, Stage};
use crate::probe_outcome::outcome_of;
use crate::subject::{Observed, ProbeOutcome, Subject};
use provision_apply::{Change, ChangeKind, Part};
use provision_core::Finding;
use provision_core::codes::{ApplyCode, CheckCode};
use provision_core::json::pointer_token;
use provision_core::text::inert;
use provision_core::wizard::WizardKind;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "apply.secrets-resolve",
        stage: Stage::Apply,
        level: Level::Must,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Setup,
        host: "`apply` refuses the plan; a host that carries it out as it is sets up a provider without its secret.",
        requirement: "Every secret that the plan sets can be resolved to a value.",
        why: "A plan shows a secret redacted. If neither a guest nor an answer gives the value, the secret is lost without a word.",
        fix: "Ask for the secret in a secret question of the same name, or write it with the secrets store when the wizard is carried out.",
        run: Run::OfPack(secrets_resolve),
    },
    Check {
        id: "apply.converges",
        stage: Stage::Apply,
        level: Level::Should,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Nowhere,
        host: "No host carries a setup out twice by itself.",
        requirement: "Setup that is carried out, and run again with the same answers on what it left, changes nothing.",
        why: "People apply again after a failure; what changes each time never settles, and nobody can review it.",
        fix: "Let the plan depend on the answers alone, and not on the state that the wizard itself leaves.",
        run: Run::OfPack(converges),
    },
    Check {
        id: "apply.atomic",
        stage: Stage::Apply,
        level: Level::Should,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Nowhere,
        host: "A host cannot tell that the wizard ignored a failed write, and keeps what was set up in part.",
        requirement: "If a store refuses a write of the wizard, the wizard does not complete, or it leaves what it leaves on a store that works.",
        why: "A wizard that goes on after a failed write reports a setup that is not there.",
        fix: "Look at the result of each call that writes, and answer with an error if one fails.",
        run: Run::OfPack(atomic),
    },
];

/// The run in apply mode, in messages about its end.
const CARRIED_OUT: &str = "setup, carried out,";

/// `apply.secrets-resolve`
fn secrets_resolve(subject: &Subject, findings: &mut Findings) {
    each_setup(subject, findings, |observed, carried| {
        let planned = observed.run().map(|run| &run.plan.secrets_patch.set);
        resolved(planned.is_some_and(|set| !set.is_empty()), carried)
    });
}

/// Judges whether the secrets of a setup have values. The dry run may have `planned`
/// some although the setup, carried out, ends before it sets any.
fn resolved(planned: bool, carried: &Carried) -> Conclusion {
    if carried.sets.is_empty() && !planned {
        return Conclusion::NotApplicable("the plan sets no secret".into());
    }
    if let Some(conclusion) = incomplete(&carried.setup, CARRIED_OUT) {
        return conclusion;
    }
    let found = carried.lost.iter().map(|key| {
        let at = format!("/secrets_patch/set/{}", inert(&pointer_token(key), 120));
        let expected =
            "a value: from a guest, or from the answer to a secret question of this name";
        let actual = "neither gives one";
        Finding::new(ApplyCode::SecretUnresolved, at, expected, actual)
    });
    Conclusion::of(found.collect())
}

/// `apply.converges`
fn converges(subject: &Subject, findings: &mut Findings) {
    each_after(subject, findings, |after| {
        let again = "setup, carried out again on what it left,";
        if let Some(conclusion) = incomplete(&after.again, again) {
            return conclusion;
        }
        match &after.changes {
            Ok(diff) => Conclusion::of(diff.changes.iter().map(unsettled).collect()),
            Err(error) => not_applied(error),
        }
    });
}

/// What a second setup changes.
fn unsettled(change: &Change) -> Finding {
    let key = inert(&pointer_token(&change.key), 120);
    let at = format!("/{}/{key}", part(change.part));
    let text = |value: &Option<serde_json::Value>| {
        let text = value.as_ref().map(|v| inert(&v.to_string(), 200));
        text.unwrap_or_default()
    };
    let expected = format!("what the first setup left {}", text(&change.before));
    let actual = match change.kind {
        ChangeKind::Added => format!("the second one adds it {}", text(&change.after)),
        ChangeKind::Changed => format!("the second one changes it {}", text(&change.after)),
        ChangeKind::Removed => "the second one removes it".into(),
    };
    let (expected, actual) = (expected.trim_end(), actual.trim_end());
    Finding::new(CheckCode::NotConverging, at, expected, actual)
}

/// The part in places of findings.
pub(super) fn part(part: Part) -> &'static str {
    match part {
        Part::Config => "config",
        Part::Secret => "secrets",
        Part::State => "state",
        Part::Webhook => "webhooks",
        Part::Subscription => "subscriptions",
        Part::OAuth => "oauth",
    }
}

/// `apply.atomic`
fn atomic(subject: &Subject, findings: &mut Findings) {
    each_after(subject, findings, whole_or_nothing);
}

fn whole_or_nothing(after: &After) -> Conclusion {
    if after.writes == 0 {
        let reason = "no step writes to a store itself, and a plan is one transaction";
        return Conclusion::NotApplicable(reason.into());
    }
    let found: Vec<Finding> = after.faults.iter().filter_map(half_applied).collect();
    if !found.is_empty() {
        return Conclusion::Failed(found);
    }
    let untried = after
        .faults
        .iter()
        .find_map(|fault| match outcome_of(&fault.run) {
            ProbeOutcome::Inconclusive(why) => Some(inert(&why, 300)),
            _ => None,
        });
    if let Some(why) = untried {
        return Conclusion::Blocked(format!("not each write was refused in turn: {why}"));
    }
    let (tried, all) = (after.faults.len(), after.writes);
    if tried < all {
        return Conclusion::Blocked(format!("of {all} writes, {tried} were refused in turn"));
    }
    Conclusion::Passed
}

/// What a setup leaves in part. If the plan cannot be carried out, the store is as it
/// was.
fn half_applied(fault: &Fault) -> Option<Finding> {
    let Some(Ok(diff)) = &fault.differs else {
        return None;
    };
    if diff.is_empty() {
        return None;
    }
    let at = format!("the store refuses {}", fault.write);
    let expected = "the wizard does not complete";
    let lines = inert(diff.to_string().trim_end(), 300);
    let actual = format!("it completes, and compared with a store that works: {lines}");
    Some(Finding::new(CheckCode::HalfApplied, at, expected, actual))
}

/// Concludes for each setup that was carried out.
fn each_setup(
    subject: &Subject,
    findings: &mut Findings,
    judge: impl Fn(&Observed, &Carried) -> Conclusion,
) {
    findings.each_wizard(subject, |_, observed| {
        if observed.wizard.kind != WizardKind::Setup {
            return Conclusion::NotApplicable("only setup is carried out".into());
        }
        let runs = observed.runs.as_ref().ok();
        match runs.and_then(|runs| runs.carried.as_ref()) {
            Some(carried) => judge(observed, carried).about(observed.component()),
            None => Conclusion::Blocked("the wizard did not complete".into()),
        }
    });
}

/// Concludes for what follows from each setup.
fn each_after(subject: &Subject, findings: &mut Findings, judge: impl Fn(&After) -> Conclusion) {
    each_setup(subject, findings, |_, carried| {
        if let Some(conclusion) = incomplete(&carried.setup, CARRIED_OUT) {
            return conclusion;
        }
        match &carried.after {
            Some(Ok(after)) => judge(after),
            Some(Err(error)) => not_applied(error),
            None => Conclusion::Blocked("only profile strict carries setup out twice".into()),
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use provision_apply::Diff;
    use provision_core::wizard::{Outcome, ProvisionPlan, ProvisionStep, WizardRun};
    use std::collections::BTreeMap;

    fn run(outcome: Outcome) -> WizardRun {
        WizardRun {
            outcome,
            plan: ProvisionPlan::default(),
            diagnostics: Vec::new(),
            steps: Vec::new(),
            writes: Vec::new(),
            secret_answers: BTreeMap::new(),
        }
    }

    fn refused() -> WizardRun {
        let step = ProvisionStep::Apply;
        run(Outcome::Refused { step })
    }

    fn after(writes: usize, faults: Vec<(WizardRun, Option<Diff>)>) -> After {
        let faults = faults.into_iter().map(|(run, differs)| Fault {
            write: "the state `cursor`".into(),
            run,
            differs: differs.map(Ok),
        });
        After {
            again: run(Outcome::Completed),
            changes: Ok(Diff::default()),
            writes,
            faults: faults.collect(),
        }
    }

    fn part_missing() -> Diff {
        Diff {
            changes: vec![Change {
                part: Part::State,
                key: "cursor".into(),
                kind: ChangeKind::Removed,
                before: None,
                after: None,
            }],
        }
    }

    #[test]
    fn setup_is_atomic_if_it_ends_or_leaves_the_whole_at_each_refused_write() {
        let whole = || (run(Outcome::Completed), Some(Diff::default()));
        let passed = after(2, vec![(refused(), None), whole()]);
        assert_eq!(whole_or_nothing(&passed), Conclusion::Passed);
        let part = (run(Outcome::Completed), Some(part_missing()));
        let failed = whole_or_nothing(&after(2, vec![(refused(), None), part]));
        let Conclusion::Failed(found) = failed else {
            unreachable!("{failed:?}");
        };
        assert_eq!(found[0].code, CheckCode::HalfApplied.into());
        assert!(found[0].actual.contains("cursor"), "{:?}", found[0]);
    }

    #[test]
    fn write_that_was_not_refused_is_no_pass() {
        let untried = whole_or_nothing(&after(2, vec![(refused(), None)]));
        assert!(matches!(untried, Conclusion::Blocked(_)), "{untried:?}");
        let nothing_ran = after(1, vec![(run(Outcome::NothingRan), None)]);
        let untried = whole_or_nothing(&nothing_ran);
        assert!(matches!(untried, Conclusion::Blocked(_)), "{untried:?}");
    }

    #[test]
    fn secrets_of_a_setup_that_ends_when_it_is_carried_out_have_no_value() {
        let carried = |setup| Carried {
            setup,
            sets: Vec::new(),
            lost: Vec::new(),
            after: None,
        };
        let ended = resolved(true, &carried(refused()));
        assert!(matches!(ended, Conclusion::Failed(_)), "{ended:?}");
        let none = resolved(false, &carried(refused()));
        assert!(matches!(none, Conclusion::NotApplicable(_)), "{none:?}");
    }
}
