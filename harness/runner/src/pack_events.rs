//! Makes the events of a pack from its subject and its results.

use crate::discover::PackRef;
use crate::events::{
    Called, CheckFinished, Event, FlowWalked, NodeDone, PackFinished, PackRole, PreviousRelease,
    StepDone, WizardDriven,
};
use crate::evidence;
use crate::examine::Examined;
use crate::exit::show;
use crate::repo_path::file_of;
use crate::resident::resident_peak;
use crate::timings::PackTimes;
use provision_core::flow::{NodeRun, Walk};
use provision_core::text::inert;
use provision_core::wizard::{Outcome, StepRun, role};
use provision_core::{Pack, Status};
use provision_oracle::comparison::Side;
use provision_oracle::required_steps::{due, due_steps};
use provision_oracle::{CheckResult, Observed, Previous, Subject, executed_steps};

/// Most notes of a plan that an event contains.
const NOTES: usize = 50;
/// Most characters of a note in an event.
const NOTE_CHARS: usize = 300;

/// The events of an examined pack, in the order of the stream. `flags` go into the
/// commands that reproduce failures; `times` are the times of its stages.
#[must_use]
pub fn events(pack: &PackRef, flags: &str, examined: &Examined, times: &PackTimes) -> Vec<Event> {
    let Examined {
        subject,
        results,
        verdict: _,
        causes: _,
        excused: _,
        judging: _,
    } = examined;
    let secrets = subject.secrets();
    let mut events = Vec::new();
    for observed in subject.wizards() {
        let mut driven = driven(pack, observed);
        let messages = driven
            .steps
            .iter_mut()
            .filter_map(|s| s.call.message.as_mut());
        for text in messages.chain(&mut driven.notes) {
            *text = secrets.without(text);
        }
        events.push(Event::WizardDriven(driven));
    }
    let flows = subject.opened.iter().flat_map(|opened| &opened.flows);
    for flow in flows {
        for walk in &flow.walks {
            let mut walked = walked(pack, &flow.flow, walk);
            for text in walked
                .nodes
                .iter_mut()
                .filter_map(|n| n.call.message.as_mut())
            {
                *text = secrets.without(text);
            }
            events.push(Event::FlowWalked(walked));
        }
    }
    for result in results {
        events.push(Event::CheckFinished(concluded(pack, flags, result.clone())));
    }
    let done = finished(pack, flags, examined, times);
    events.push(Event::PackFinished(Box::new(done)));
    events
}

fn concluded(pack: &PackRef, flags: &str, result: CheckResult) -> CheckFinished {
    let scope = result.scope.to_string();
    let good = result.status <= Status::Excused;
    CheckFinished {
        pack: pack.label.clone(),
        reproduce: (!good).then(|| evidence::reproduce(pack, flags, &scope, result.check)),
        scope,
        check: result.check.to_owned(),
        level: result.level,
        status: result.status,
        reason: result.reason,
        findings: result.findings,
    }
}

fn driven(pack: &PackRef, observed: &Observed) -> WizardDriven {
    let run = observed.run();
    let notes = run.map(|r| r.plan.notes.as_slice()).unwrap_or_default();
    WizardDriven {
        pack: pack.label.clone(),
        wizard: observed.wizard.name.clone(),
        kind: observed.wizard.kind,
        driver: observed.wizard.driver.name().to_owned(),
        outcome: run.map_or_else(|| "no inputs".into(), |r| outcome(&r.outcome)),
        steps_due: due_steps(&observed.wizard),
        steps: run
            .map(|r| r.steps.iter().map(step).collect())
            .unwrap_or_default(),
        notes: notes
            .iter()
            .take(NOTES)
            .map(|n| inert(n, NOTE_CHARS))
            .collect(),
    }
}

fn walked(pack: &PackRef, flow: &str, walk: &Walk) -> FlowWalked {
    FlowWalked {
        pack: pack.label.clone(),
        flow: inert(flow, 200),
        message: walk.message,
        outcome: walk.outcome(),
        nodes: walk.nodes.iter().map(node).collect(),
    }
}

fn node(run: &NodeRun) -> NodeDone {
    NodeDone {
        flow: inert(&run.flow, 200),
        node: inert(&run.node, 200),
        call: Called {
            function: inert(&run.function, 200),
            component: run.component.clone(),
            status: run.result.name().into(),
            message: run.result.message().map(str::to_owned),
            meters: run.meters,
            attempts: run.attempts.calls.clone(),
        },
    }
}

/// An outcome in words, for events and people.
#[must_use]
pub fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Completed => "completed".into(),
        Outcome::Failed => "failed".into(),
        Outcome::Refused { step } => format!("refused by {step}"),
        Outcome::NothingRan => "nothing ran".into(),
    }
}

fn step(run: &StepRun) -> StepDone {
    let status = match (&run.result, run.failure()) {
        (None, _) => "not_run",
        (_, Some(failure)) => failure.code.code(),
        _ => "ok",
    };
    StepDone {
        step: run.step.name().to_owned(),
        node: run.node.as_deref().map(|n| inert(n, 200)),
        call: Called {
            function: inert(&run.function, 200),
            component: run.component.clone(),
            status: status.into(),
            message: run.failure().map(|f| f.message.clone()),
            meters: run.meters,
            attempts: run.attempts.calls.clone(),
        },
    }
}

fn finished(pack: &PackRef, flags: &str, examined: &Examined, times: &PackTimes) -> PackFinished {
    let Examined {
        subject,
        results,
        verdict,
        causes,
        excused,
        judging: _,
    } = examined;
    let manifest = subject.opened.as_ref().ok().map(|o| o.pack.manifest());
    let text = |value: Option<&String>| value.map(|v| inert(v, 200));
    let setup = subject.wizards().iter().find(|o| o.wizard.primary);
    let plan = setup
        .and_then(Observed::run)
        .filter(|r| r.completed())
        .map(|r| &r.plan);
    PackFinished {
        pack: pack.label.clone(),
        path: show(&pack.path),
        file: pack.reference.is_none().then(|| file_of(&pack.path)),
        id: text(manifest.and_then(|m| m.id.as_ref())),
        version: text(manifest.and_then(|m| m.version.as_ref())),
        role: subject.opened.as_ref().ok().map(|o| role_of(&o.pack)),
        digest: subject.digest.clone(),
        registry: subject.registry.clone(),
        previous: previous(subject),
        verdict: *verdict,
        steps_executed: executed_steps(subject),
        steps_due: due(subject),
        probes: probes(subject),
        resident_peak: resident_peak(),
        plan_notes: plan.map_or(0, |p| p.notes.len()),
        secret_keys: plan
            .map(|p| p.secrets_patch.set.keys().map(|k| inert(k, 200)).collect())
            .unwrap_or_default(),
        millis: times.total() / 1000,
        micros: Some(*times),
        causes: causes.clone(),
        excused: excused.clone(),
        reproduce: evidence::reproduce_all(pack, flags, results),
    }
}

fn role_of(pack: &Pack) -> PackRole {
    let found = role(pack);
    PackRole {
        role: found.role,
        reason: found.reason.to_owned(),
    }
}

/// The number of probes, over all wizards.
fn probes(subject: &Subject) -> usize {
    let runs = subject
        .wizards()
        .iter()
        .filter_map(|o| o.runs.as_ref().ok());
    let probed = runs.filter_map(|r| r.probed.as_ref());
    probed.map(|p| p.probes.len()).sum()
}

/// The release that the pack was compared with.
fn previous(subject: &Subject) -> Option<PreviousRelease> {
    let Some(Previous::Compared(compared)) = &subject.previous else {
        return None;
    };
    let Side {
        id,
        version,
        digest,
    } = &compared.comparison.old;
    let text = |value: &Option<String>| value.as_ref().map(|text| inert(text, 200));
    Some(PreviousRelease {
        id: text(id),
        version: text(version),
        digest: digest.clone(),
    })
}
