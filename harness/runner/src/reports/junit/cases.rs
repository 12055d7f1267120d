//! The cases of a JUnit file: one per check, and one for the verdict of each
//! pack.

use crate::events::{Called, CheckFinished, NodeDone, PackFinished, WizardDriven};
use crate::fold::{PackRun, Run};
use provision_core::text::counted;
use provision_core::{Status, Verdict};
use provision_oracle::Cause;
use std::cell::Cell;
use std::collections::BTreeMap;

/// Nodes of a pack's flows that are listed, at most.
const NODES: usize = 200;
/// The bound on one case's text, in bytes.
pub(super) const CASE_TEXT: usize = 64 * 1024;
/// Bytes of texts about causes in the cases of one pack, at most: a stream may name one
/// cause at every check.
const CAUSES: usize = 128 * 1024 * 1024;

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

/// What the tag of a suite says of its cases.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Totals {
    pub(super) tests: usize,
    pub(super) skipped: usize,
    pub(super) failures: usize,
    pub(super) errors: usize,
    pub(super) micros: u64,
}

impl Totals {
    pub(super) fn of(cases: impl Iterator<Item = (Status, u64)>) -> Self {
        let mut totals = Self::default();
        for (status, micros) in cases {
            totals.tests += 1;
            match status {
                Status::Passed => {}
                status if is_skipped(status) => totals.skipped += 1,
                Status::Failed => totals.failures += 1,
                _ => totals.errors += 1,
            }
            totals.micros = totals.micros.saturating_add(micros);
        }
        totals
    }
}

/// Whether a case of this status is one that JUnit calls skipped, with a reason.
pub(super) fn is_skipped(status: Status) -> bool {
    status.is_skipped() || status == Status::Excused
}

/// Makes the cases of a pack one by one: a pack may have very many.
pub(super) struct Cases<'p> {
    run: &'p Run,
    pack: &'p PackRun,
    wizards: BTreeMap<&'p str, &'p WizardDriven>,
    causes: BTreeMap<(&'p str, &'p str), Vec<&'p Cause>>,
    /// Time of all nodes of its flows.
    nodes_micros: u64,
    /// Bytes that the texts about causes may still take.
    room: Cell<usize>,
}

impl<'p> Cases<'p> {
    pub(super) fn of(run: &'p Run, pack: &'p PackRun) -> Self {
        // NB: of two with one name, the first.
        let wizards = pack.wizards.iter().rev();
        let wizards = wizards.map(|w| (w.wizard.as_str(), w));
        let nodes = pack.flows.iter().flat_map(|walk| &walk.nodes);
        Self {
            run,
            pack,
            wizards: wizards.collect(),
            causes: pack.causes_by_check(),
            nodes_micros: total(nodes.map(|n| n.call.meters.wall_micros)),
            room: Cell::new(CAUSES),
        }
    }

    pub(super) fn totals(&self) -> Totals {
        let checks = self.pack.checks.iter();
        let checks = checks.map(|c| (c.status, self.micros(c)));
        Totals::of(checks.chain([(verdict_status(self.pack), 0)]))
    }

    /// The cases of the suite with this name, which consumers follow from run to run.
    pub(super) fn each(&self, name: &str) -> impl Iterator<Item = Case> {
        let checks = self.pack.checks.iter().map(|check| self.of_check(check));
        let verdict = std::iter::once_with(|| verdict(self.pack));
        checks.chain(verdict).map(move |mut case| {
            case.class = format!("{name}.{}", case.class);
            case
        })
    }

    fn micros(&self, check: &CheckFinished) -> u64 {
        match check.check.as_str() {
            "wizard.completes" => self.wizards.get(&*check.scope).map_or(0, |driven| {
                total(driven.steps.iter().map(|s| s.call.meters.wall_micros))
            }),
            "flow.walks" => self.nodes_micros,
            _ => 0,
        }
    }

    fn of_check(&self, check: &CheckFinished) -> Case {
        let good = check.status <= Status::Excused;
        let mut case = Case {
            class: check.scope.clone(),
            name: check.check.clone(),
            micros: self.micros(check),
            status: check.status,
            message: check.reason.clone().unwrap_or_default(),
            detail: String::new(),
            output: String::new(),
        };
        if !good {
            case.detail = self.detail(check);
            if let Some(first) = check.findings.first() {
                case.message = format!("{}: {}", first.code, first.actual);
            }
        }
        match (check.check.as_str(), check.scope.as_str()) {
            ("wizard.completes", wizard) => {
                let driven = self.wizards.get(wizard);
                case.output = driven.map_or_else(String::new, |w| steps(w, check.status));
            }
            ("flow.walks", "pack") if check.status != Status::Passed => {
                case.output = nodes(self.pack);
            }
            _ => {}
        }
        case
    }

    /// The causes of a failure, then its findings.
    fn detail(&self, check: &CheckFinished) -> String {
        let mut text = String::new();
        let key = (check.check.as_str(), check.scope.as_str());
        for cause in self.causes.get(&key).into_iter().flatten() {
            if text.len() > CASE_TEXT || self.room.get() == 0 {
                break;
            }
            let before = text.len();
            let Cause { id, what, .. } = cause;
            text += &format!("cause {id}: {what}\n");
            if let Some(root) = &cause.blocked_by {
                text += &format!("  follows from cause {root}\n");
            }
            text += &format!("  users see: {}\n", cause.users_see);
            text += &format!("  do: {}\n", cause.fix);
            let room = self.room.get().saturating_sub(text.len() - before);
            self.room.set(room);
        }
        let requirement = self.run.requirement(&check.check);
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
}

/// The suite of a run that is no success although no pack shows it, or that left checks out.
pub(super) fn suite_of_run(run: &Run) -> Option<Suite> {
    let case = |name: &str, status, message, detail| Case {
        class: "greentic-provision.run".into(),
        name: name.into(),
        micros: 0,
        status,
        message,
        detail,
        output: String::new(),
    };
    let verdict = run.shortfall().map(|why| {
        let stale = run.stale.join("\n");
        case("verdict", Status::Failed, why, stale)
    });
    let left_out = run.left_out();
    let left_out = left_out.map(|why| case("without", Status::NotApplicable, why, String::new()));
    let cases: Vec<Case> = verdict.into_iter().chain(left_out).collect();
    (!cases.is_empty()).then(|| Suite {
        name: "run".into(),
        file: None,
        cases,
    })
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
        status: verdict_status(pack),
        message: match verdict {
            Verdict::Pass | Verdict::NotApplicable => verdict.to_string(),
            _ if shown => format!("{verdict}: counted at the checks that failed"),
            _ => verdict.to_string(),
        },
        detail: if shown { String::new() } else { errors(pack) },
        output: pack.finished.as_ref().map_or_else(String::new, |f| {
            let previous = f.previous.as_ref().map(|p| format!("{p}\n"));
            let previous = previous.unwrap_or_default();
            format!("sha256: {}\n{}{previous}", f.digest, origin(f))
        }),
    }
}

/// Where in a registry the pack was.
fn origin(finished: &PackFinished) -> String {
    let Some(origin) = &finished.registry else {
        return String::new();
    };
    format!(
        "reference: {}\nmanifest digest: {}\ncontent digest: {}\n",
        origin.reference, origin.manifest_digest, origin.content_digest
    )
}

fn verdict_status(pack: &PackRun) -> Status {
    let shown = !pack.summary.fails_by_verdict();
    match pack.verdict() {
        Verdict::Pass => Status::Passed,
        Verdict::NotApplicable => Status::NotApplicable,
        Verdict::Partial | Verdict::Fail | Verdict::Error if shown => Status::NotApplicable,
        Verdict::Partial | Verdict::Fail => Status::Failed,
        Verdict::Error => Status::Error,
    }
}

/// The violations of a pack, a line each, until the bound on a case's text.
fn errors(pack: &PackRun) -> String {
    let mut text = String::new();
    for (i, error) in pack.errors().enumerate() {
        if text.len() > CASE_TEXT {
            break;
        }
        text += if i == 0 { "" } else { "\n" };
        text += &error;
    }
    text
}

fn steps(driven: &WizardDriven, status: Status) -> String {
    let steps = driven.steps.iter();
    let steps = steps.map(|s| line(&format!("step {}", s.step), &s.call));
    let notes = driven.notes.iter().map(|n| format!("note: {n}\n"));
    // Leaves out the steps of a check that passed, so that a JUnit file of
    // thousands of packs stays readable; the JSON report has their meters.
    let steps = steps.filter(|_| status != Status::Passed);
    steps.chain(notes).collect()
}

fn nodes(pack: &PackRun) -> String {
    let nodes = || pack.flows.iter().flat_map(|walk| &walk.nodes);
    let node = |n: &NodeDone| line(&format!("flow {} node {}", n.flow, n.node), &n.call);
    let mut output: String = nodes().take(NODES).map(node).collect();
    if let Some(left) = nodes().count().checked_sub(NODES + 1) {
        let more = counted(left + 1, "more node", "more nodes");
        output += &format!("{more}; see the JSON report\n");
    }
    output
}

/// One call as a line of what the case printed.
fn line(what: &str, call: &Called) -> String {
    let (fuel, memory) = (call.meters.fuel, call.meters.memory_bytes);
    let status = &call.status;
    format!("{what}: {status}, fuel {fuel}, memory {memory} bytes\n")
}

/// The sum of times. It saturates, because a stream may contain any number.
pub(super) fn total(micros: impl Iterator<Item = u64>) -> u64 {
    micros.fold(0, u64::saturating_add)
}
