//! Findings with any text in every report: each report is well-formed, has no active
//! content, and agrees with the events.

use crate::stream;
use arbitrary::{Result, Unstructured};
use greentic_provision::events::{
    Called, CheckFinished, Event, FlowWalked, NodeDone, PackFinished, PackRole, PreviousRelease,
    StepDone, WizardDriven,
};
use provision_core::flow::{Message, WalkOutcome};
use provision_core::pack::RegistryOrigin;
use provision_core::wizard::Role;
use provision_core::wizard::{HostCall, HostVerdict, Meters, WizardKind};
use provision_core::{Finding, FindingCode, Status, Verdict};
use provision_fuzz_bytes::{Attacker, Seeds, Target};
use provision_oracle::generators::outputs::text;
use provision_oracle::{Bite, Cause, Check, Level, Place, checks};

pub(crate) const TARGET: Target = Target {
    name: "reports",
    attacker: Attacker::Report,
    boundary: "JUnit, JSON, SARIF, Markdown, HTML, the console, the event stream",
    oracle: "each report parses, has no live markup and no control character, and has all failures, errors, causes and finding codes of the events",
    max_len: 4096,
    seeds: Seeds::Random(1_200),
    body,
    show: provision_fuzz_bytes::as_text,
    mutator: None,
};

fn body(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let Ok((labels, events)) = run(&mut u) else {
        return;
    };
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    stream::reported(&events, &labels);
}

/// Packs with their events. Some packs have no further events, as in a killed run.
fn run(u: &mut Unstructured<'_>) -> Result<(Vec<String>, Vec<Event>)> {
    let mut labels = Vec::new();
    let mut events = Vec::new();
    for number in 0..u.int_in_range(1..=3)? {
        let label = format!("{number} {}", text(u)?);
        events.push(Event::PackStarted {
            pack: label.clone(),
        });
        labels.push(label.clone());
        if u.ratio(1, 8)? {
            continue;
        }
        let wizards = u.int_in_range(0..=2)?;
        for _ in 0..wizards {
            events.push(Event::WizardDriven(wizard(u, &label)?));
        }
        let mut worst = Status::NotApplicable;
        // Mostly a few checks, because all of them in every pack would be slow.
        let (from, most) = if u.ratio(1, 8)? {
            (0, usize::MAX)
        } else {
            (u.int_in_range(0..=40)?, u.int_in_range(0..=6)?)
        };
        for check in checks::all().skip(from).take(most) {
            let check = concluded(u, &label, check)?;
            worst = worst.max(check.status);
            events.push(Event::CheckFinished(check));
        }
        for _ in 0..u.int_in_range(0..=2)? {
            events.push(Event::FlowWalked(walk(u, &label)?));
        }
        let done = finished(u, &label, worst)?;
        events.push(Event::PackFinished(Box::new(done)));
    }
    Ok((labels, events))
}

fn wizard(u: &mut Unstructured<'_>, pack: &str) -> Result<WizardDriven> {
    let steps = (0..u.int_in_range(0..=2)?).map(|_| {
        Ok(StepDone {
            step: "apply".into(),
            node: Some(text(u)?),
            call: called(u)?,
        })
    });
    let steps = steps.collect::<Result<_>>()?;
    Ok(WizardDriven {
        pack: pack.into(),
        wizard: text(u)?,
        kind: WizardKind::Setup,
        driver: "step_modules".into(),
        outcome: text(u)?,
        steps_due: u.int_in_range(0..=9)?,
        steps,
        notes: vec![text(u)?],
    })
}

/// A walk whose nodes may be of another flow.
fn walk(u: &mut Unstructured<'_>, pack: &str) -> Result<FlowWalked> {
    let nodes = (0..u.int_in_range(0..=2)?).map(|_| {
        Ok(NodeDone {
            flow: text(u)?,
            node: text(u)?,
            call: called(u)?,
        })
    });
    let nodes = nodes.collect::<Result<_>>()?;
    Ok(FlowWalked {
        pack: pack.into(),
        flow: text(u)?,
        message: *u.choose(&Message::ALL)?,
        outcome: *u.choose(&[WalkOutcome::Completed, WalkOutcome::Blocked])?,
        nodes,
    })
}

fn called(u: &mut Unstructured<'_>) -> Result<Called> {
    Ok(Called {
        function: text(u)?,
        component: Some(text(u)?),
        status: text(u)?,
        message: Some(text(u)?),
        meters: Meters {
            fuel: u.arbitrary()?,
            memory_bytes: u.arbitrary()?,
            ..Meters::default()
        },
        attempts: vec![HostCall {
            interface: text(u)?,
            function: text(u)?,
            arguments: text(u)?,
            bytes: u.arbitrary()?,
            count: u.arbitrary()?,
            verdict: HostVerdict::Denied,
        }],
    })
}

fn concluded(u: &mut Unstructured<'_>, pack: &str, check: &Check) -> Result<CheckFinished> {
    let status = match u.int_in_range(0..=15)? {
        0 | 1 => Status::Failed,
        2 => Status::Error,
        3 => Status::Blocked,
        4 => Status::NotApplicable,
        5 => Status::Excused,
        _ => Status::Passed,
    };
    let failed = status >= Status::Failed;
    let mut findings = Vec::new();
    for _ in 0..if failed { u.int_in_range(1..=2)? } else { 0 } {
        let code = FindingCode::Foreign(text(u)?);
        findings.push(Finding::new(code, text(u)?, text(u)?, text(u)?));
    }
    Ok(CheckFinished {
        pack: pack.into(),
        scope: text(u)?,
        check: check.id.into(),
        level: check.level,
        status,
        reason: match status {
            Status::NotApplicable | Status::Excused | Status::Blocked => Some(text(u)?),
            _ => None,
        },
        findings,
        reproduce: if failed { Some(text(u)?) } else { None },
    })
}

fn origin(u: &mut Unstructured<'_>) -> Result<RegistryOrigin> {
    Ok(RegistryOrigin {
        reference: text(u)?,
        manifest_digest: text(u)?,
        content_digest: text(u)?,
        media_type: text(u)?,
        artifact_type: if u.arbitrary()? { Some(text(u)?) } else { None },
        other_layers: vec![text(u)?],
    })
}

fn finished(u: &mut Unstructured<'_>, pack: &str, worst: Status) -> Result<PackFinished> {
    Ok(PackFinished {
        pack: pack.into(),
        path: text(u)?,
        file: if u.arbitrary()? { Some(text(u)?) } else { None },
        id: Some(text(u)?),
        version: Some(text(u)?),
        role: Some(PackRole {
            role: *u.choose(&[Role::Provider, Role::Application, Role::Library])?,
            reason: text(u)?,
        }),
        digest: "0".repeat(64),
        registry: if u.arbitrary()? {
            Some(origin(u)?)
        } else {
            None
        },
        previous: if u.arbitrary()? {
            Some(PreviousRelease {
                id: Some(text(u)?),
                version: Some(text(u)?),
                digest: text(u)?,
            })
        } else {
            None
        },
        verdict: match worst {
            Status::Error => Verdict::Error,
            Status::Failed => Verdict::Fail,
            _ => Verdict::Pass,
        },
        steps_executed: u.int_in_range(0..=9)?,
        steps_due: u.int_in_range(0..=9)?,
        probes: 0,
        resident_peak: u.arbitrary()?,
        plan_notes: 0,
        secret_keys: vec![text(u)?],
        millis: u.arbitrary()?,
        micros: None,
        causes: (0..u.int_in_range(0..=3)?)
            .map(|_| cause(u))
            .collect::<Result<_>>()?,
        excused: if u.ratio(1, 4)? {
            vec![cause(u)?]
        } else {
            vec![]
        },
        reproduce: Some(text(u)?),
    })
}

/// A cause with any text. Its check may be one of the pack's, or no check at all.
fn cause(u: &mut Unstructured<'_>) -> Result<Cause> {
    let check = if u.ratio(1, 2)? {
        checks::all().nth(u.int_in_range(0..=40)?)
    } else {
        None
    };
    let check = check.map_or_else(|| text(u), |row| Ok(row.id.to_owned()))?;
    let place = Place {
        check: check.clone(),
        scope: text(u)?,
        at: vec![text(u)?],
    };
    Ok(Cause {
        id: text(u)?,
        level: *u.choose(&[Level::Must, Level::Publish, Level::Should])?,
        bite: *u.choose(&[Bite::Load, Bite::Setup, Bite::Run, Bite::Integrity])?,
        code: FindingCode::Foreign(text(u)?),
        checks: if u.arbitrary()? { vec![check] } else { vec![] },
        what: text(u)?,
        users_see: text(u)?.into(),
        fix: text(u)?.into(),
        about: Some(text(u)?),
        also: vec![text(u)?],
        places: vec![place],
        findings: u.arbitrary()?,
        blocked_by: if u.ratio(1, 4)? { Some(text(u)?) } else { None },
        follow: u.arbitrary()?,
    })
}
