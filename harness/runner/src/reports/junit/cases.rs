//! The cases of a JUnit file: one per check, and one for the verdict of each
//! pack.

use crate::events::{Called, CheckFinished, NodeDone};
use crate::fold::{PackRun, Run};
use provision_core::{Status, Verdict};
use provision_oracle::Cause;

/// Nodes of a pack's flows that are listed, at most.
const NODES: usize = 200;

/// One row of a JUnit file, before it is XML.
#[derive(Debug, Clone)]
pub struct Case {
    /// Groups cases; unique together with the name.
    pub class: String,
    /// The case's name.
    pub name: String,
    /// Wall time in microseconds.
    pub micros: u64,
    /// How it ended.
    pub status: Status,
    /// The code or reason, in one line.
    pub message: String,
    /// The details, in several lines.
    pub detail: String,
    /// What the case printed.
    pub output: String,
}

/// A named list of cases.
#[derive(Debug, Clone)]
pub struct Suite {
    /// The suite's name.
    pub name: String,
    /// The file that the cases are about.
    pub file: Option<String>,
    /// Its cases.
    pub cases: Vec<Case>,
}

/// The suite of a pack with this name, which consumers follow from run to run.
pub(super) fn suite(run: &Run, pack: &PackRun, name: &str) -> Suite {
    let checks = pack.checks.iter();
    let mut cases: Vec<Case> = checks.map(|c| of_check(run, pack, c)).collect();
    cases.push(verdict(pack));
    for case in &mut cases {
        case.class = format!("{name}.{}", case.class);
    }
    Suite {
        name: name.to_owned(),
        file: pack.finished.as_ref().map(|f| f.path.clone()),
        cases,
    }
}

/// The suite of a run that is no success although no pack shows it.
pub(super) fn suite_of_run(run: &Run) -> Option<Suite> {
    let why = run.shortfall()?;
    let case = Case {
        class: "greentic-provision.run".into(),
        name: "verdict".into(),
        micros: 0,
        status: Status::Failed,
        message: why,
        detail: run.stale.join("\n"),
        output: String::new(),
    };
    Some(Suite {
        name: "run".into(),
        file: None,
        cases: vec![case],
    })
}

fn of_check(run: &Run, pack: &PackRun, check: &CheckFinished) -> Case {
    let good = check.status <= Status::Excused;
    let mut case = Case {
        class: check.scope.clone(),
        name: check.check.clone(),
        micros: 0,
        status: check.status,
        message: check.reason.clone().unwrap_or_default(),
        detail: if good {
            String::new()
        } else {
            detail(run.requirement(&check.check), pack, check)
        },
        output: String::new(),
    };
    if let Some(first) = check.findings.first().filter(|_| !good) {
        case.message = format!("{}: {}", first.code, first.actual);
    }
    if check.check == "wizard.completes" {
        steps(pack, &check.scope, &mut case);
    }
    if check.check == "flow.walks" {
        nodes(pack, &mut case);
    }
    case
}

/// The verdict as a case. Most consumers show skipped checks as green; this case is red if
/// the pack is not, and no check shows it. A failure that a check shows counts there alone.
fn verdict(pack: &PackRun) -> Case {
    let verdict = pack.verdict();
    let shown = !pack.summary.fails_by_verdict();
    Case {
        class: "pack".into(),
        name: "verdict".into(),
        micros: 0,
        status: match verdict {
            Verdict::Pass => Status::Passed,
            Verdict::NotApplicable => Status::NotApplicable,
            Verdict::Partial | Verdict::Fail | Verdict::Error if shown => Status::NotApplicable,
            Verdict::Partial | Verdict::Fail => Status::Failed,
            Verdict::Error => Status::Error,
        },
        message: match verdict {
            Verdict::Pass | Verdict::NotApplicable => verdict.to_string(),
            _ if shown => format!("{verdict}: counted at the checks that failed"),
            _ => verdict.to_string(),
        },
        detail: if shown {
            String::new()
        } else {
            pack.errors().join("\n")
        },
        output: pack
            .finished
            .as_ref()
            .map_or_else(String::new, |f| format!("sha256: {}\n", f.digest)),
    }
}

fn steps(pack: &PackRun, wizard: &str, case: &mut Case) {
    let Some(driven) = pack.wizards.iter().find(|w| w.wizard == wizard) else {
        return;
    };
    case.micros = total(driven.steps.iter().map(|s| s.call.meters.wall_micros));
    let steps = driven.steps.iter();
    let steps = steps.map(|s| line(&format!("step {}", s.step), &s.call));
    let notes = driven.notes.iter().map(|n| format!("note: {n}\n"));
    // Leaves out the steps of a check that passed, so that a JUnit file of
    // thousands of packs stays readable; the JSON report has their meters.
    let steps = steps.filter(|_| case.status != Status::Passed);
    case.output = steps.chain(notes).collect();
}

fn nodes(pack: &PackRun, case: &mut Case) {
    let nodes = || pack.flows.iter().flat_map(|walk| &walk.nodes);
    case.micros = total(nodes().map(|n| n.call.meters.wall_micros));
    if case.status == Status::Passed {
        return;
    }
    let node = |n: &NodeDone| line(&format!("flow {} node {}", n.flow, n.node), &n.call);
    case.output = nodes().take(NODES).map(node).collect();
    if let Some(left) = nodes().count().checked_sub(NODES + 1) {
        case.output += &format!("{} more nodes; see the JSON report\n", left + 1);
    }
}

/// One call as a line of what the case printed.
fn line(what: &str, call: &Called) -> String {
    let (fuel, memory) = (call.meters.fuel, call.meters.memory_bytes);
    let status = &call.status;
    format!("{what}: {status}, fuel {fuel}, memory {memory} bytes\n")
}

/// The causes of a failure, then its findings.
fn detail(requirement: Option<&str>, pack: &PackRun, check: &CheckFinished) -> String {
    let mut text = String::new();
    for cause in pack.causes_of(check) {
        let Cause { id, what, .. } = cause;
        text += &format!("cause {id}: {what}\n");
        if let Some(root) = &cause.blocked_by {
            text += &format!("  follows from cause {root}\n");
        }
        text += &format!("  users see: {}\n", cause.users_see);
        text += &format!("  do: {}\n", cause.fix);
    }
    text += &requirement.map_or_else(String::new, |r| format!("requirement: {r}\n"));
    for f in &check.findings {
        text += &format!(
            "{} at {}\n  expected: {}\n  actual:   {}\n",
            f.code, f.at, f.expected, f.actual
        );
    }
    if let Some(command) = &check.reproduce {
        text += &format!("reproduce: {command}\n");
    }
    text
}

/// The sum of times. It saturates, because a stream may contain any number.
pub(super) fn total(micros: impl Iterator<Item = u64>) -> u64 {
    micros.fold(0, u64::saturating_add)
}
