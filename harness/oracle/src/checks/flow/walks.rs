//! Judges the walks through the pack's own flows.

use super::graph::inapplicable;
use crate::check::{Conclusion, Findings};
use crate::subject::{Opened, Subject};
use crate::varied::Variation;
use provision_core::Finding;
use provision_core::components::exports_nothing;
use provision_core::flow::{NodeResult, NodeRun, Walk, WalkOutcome, WalkedFlow};
use provision_core::text::inert;
use provision_core::wizard::{StepCode, StepFailure};
use std::collections::BTreeMap;

/// A node that failed, in how many places it did so, and the condition of the walk if it
/// is not the usual one.
struct Failure<'w> {
    node: &'w NodeRun,
    count: usize,
    condition: Option<Variation>,
}

pub(super) fn walks(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    if let Some(conclusion) = inapplicable(opened) {
        return findings.pack(conclusion);
    }
    let mut failures: Failures<'_> = BTreeMap::new();
    let mut error = collect(&opened.flows, None, &mut failures);
    if failures.is_empty() {
        let condition = Some(Variation::Installation);
        error = collect(&opened.flows_elsewhere, condition, &mut failures);
    }
    let found: Vec<Finding> = failures.into_values().filter_map(finding).collect();
    findings.pack(match (found.is_empty(), error) {
        (false, true) => Conclusion::Error(found),
        (false, false) => Conclusion::Failed(found),
        (true, _) => without_failure(opened),
    });
}

/// Failures by their code and what they are about.
type Failures<'w> = BTreeMap<(StepCode, String), Failure<'w>>;

/// Collects the failures of the walks through `flows`. Returns whether the harness is at
/// fault for one of them.
fn collect<'w>(
    flows: &'w [WalkedFlow],
    condition: Option<Variation>,
    failures: &mut Failures<'w>,
) -> bool {
    let mut error = false;
    let walks = flows.iter().flat_map(|flow| &flow.walks);
    for node in walks.flat_map(|walk| &walk.nodes) {
        let Some(failure) = node.failure() else {
            continue;
        };
        error |= failure.code.is_error();
        let known = failures.entry((failure.code, cause(node, failure)));
        let none = Failure {
            node,
            count: 0,
            condition,
        };
        known.or_insert(none).count += 1;
    }
    error
}

/// What a failure is about, so that each defect is one finding: a component fails in the
/// same way wherever it is called and on both messages, and every node of a loop is
/// visited too often.
fn cause(node: &NodeRun, failure: &StepFailure) -> String {
    match &node.component {
        Some(file) => file.clone(),
        None if failure.code == StepCode::FlowLoop => node.flow.clone(),
        None => node.place(),
    }
}

/// The conclusion on walks in which no node failed.
fn without_failure(opened: &Opened) -> Conclusion {
    let walks = || opened.flows.iter().flat_map(|flow| &flow.walks);
    let blocked = walks()
        .flat_map(|walk| &walk.nodes)
        .find_map(|node| match &node.result {
            NodeResult::Blocked(_) if is_legacy(opened, node) => None,
            NodeResult::Blocked(why) => Some(format!("{}: {why}", node.place())),
            _ => None,
        });
    let executed: usize = opened.flows.iter().map(|flow| flow.executed()).sum();
    let unfinished = opened.flows.iter().find(|flow| {
        let legacy = |walk: &Walk| walk.nodes.iter().any(|node| is_legacy(opened, node));
        let done = |walk: &Walk| walk.outcome() == WalkOutcome::Completed || legacy(walk);
        flow.walks.is_empty() || !flow.walks.iter().all(done)
    });
    if let Some(why) = blocked {
        Conclusion::Blocked(why)
    } else if opened.flows.is_empty() {
        Conclusion::Blocked("the flows were not walked".into())
    } else if let Some(flow) = unfinished {
        let flow = inert(&flow.flow, 120);
        Conclusion::Blocked(format!("flow {flow} did not run"))
    } else if executed == 0 {
        Conclusion::NotApplicable("every node of its flows needs a live host".into())
    } else {
        Conclusion::Passed
    }
}

/// Whether a node of a provider calls a component that exports nothing, in a pack whose
/// flows no host runs. `manifest.legacy-nodes` reports it.
fn is_legacy(opened: &Opened, node: &NodeRun) -> bool {
    let file = node.component.as_deref();
    file.is_some_and(|file| exports_nothing(&opened.pack, file)) && opened.has_legacy_flows()
}

fn finding(failure: Failure<'_>) -> Option<Finding> {
    let Failure {
        node,
        count,
        condition,
    } = failure;
    let cause = node.failure()?;
    let mut at = match &node.component {
        Some(file) => format!("{} ({})", node.place(), inert(file, 200)),
        None => node.place(),
    };
    if let Some(condition) = condition {
        at = format!("{at}, {}", condition.words());
    }
    let actual = match count {
        1 => cause.message.clone(),
        count => format!("{} ({count} times in all walks)", cause.message),
    };
    let expected = "the flow handles an empty message and a message with text";
    let finding = Finding::new(cause.code, at, expected, actual);
    Some(finding.about(node.component.as_deref()))
}
