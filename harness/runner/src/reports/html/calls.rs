//! The calls of a pack on the page: the steps of its wizards and the nodes of its flows,
//! with what they consumed and what they asked of the host.

use super::summary::more_than;
use super::text::text;
use crate::events::{Called, FlowWalked, WizardDriven};
use provision_core::flow::Message;
use provision_core::limits::StepLimits;
use provision_core::text::counted;
use std::fmt::Write;

/// Kinds of calls to the host that are listed for one call, at most.
const KINDS: usize = 50;
/// Nodes of a walk, or steps of a wizard, that are listed, at most.
const NODES: usize = 200;

pub(super) fn driven(wizard: &WizardDriven, limits: &StepLimits) -> String {
    let mut out = format!(
        "<p>wizard <b>{}</b> by {}: {}</p>\n",
        text(&wizard.wizard),
        text(&wizard.driver),
        text(&wizard.outcome)
    );
    let name = |node: Option<&str>, step: &str| text(node.unwrap_or(step));
    let steps = wizard.steps.iter().take(NODES);
    let steps: Vec<(String, &Called)> = steps
        .map(|s| (name(s.node.as_deref(), &s.step), &s.call))
        .collect();
    list(&mut out, &steps, limits);
    more(&mut out, wizard.steps.len());
    for note in &wizard.notes {
        let _ = writeln!(out, "<p>note: {}</p>", text(note));
    }
    out
}

pub(super) fn walked(walk: &FlowWalked, limits: &StepLimits) -> String {
    let mut out = format!(
        "<p>flow <b>{}</b> with {} message: {}</p>\n",
        text(&walk.flow),
        match walk.message {
            Message::Empty => "an empty",
            Message::Text => "a text",
        },
        walk.outcome.name()
    );
    let nodes = walk.nodes.iter().take(NODES);
    let nodes: Vec<(String, &Called)> = nodes
        .map(|n| {
            // A node of another flow than the walked one is there after a hand-over.
            let flow = Some(&n.flow).filter(|flow| **flow != walk.flow);
            let flow = flow.map_or_else(String::new, |flow| format!("{} / ", text(flow)));
            (format!("{flow}{}", text(&n.node)), &n.call)
        })
        .collect();
    list(&mut out, &nodes, limits);
    more(&mut out, walk.nodes.len());
    out
}

fn more(out: &mut String, calls: usize) {
    if let Some(left) = more_than(calls, NODES) {
        let _ = writeln!(out, "<p>… and {left} more; see the JSON report</p>");
    }
}

/// The calls, each with its name as HTML. A list, and few elements a call: a page has tens
/// of thousands of them.
fn list(out: &mut String, calls: &[(String, &Called)], limits: &StepLimits) {
    out.push_str("<ul class=\"calls\">");
    for (name, call) in calls {
        one(out, name, call, limits);
    }
    out.push_str("</ul>\n");
}

fn one(out: &mut String, name: &str, call: &Called, limits: &StepLimits) {
    let class = match call.status.as_str() {
        "ok" | "carried_out" => "pass",
        "withheld" | "not_run" => "skipped",
        "blocked" => "partial",
        _ => "fail",
    };
    let component = call
        .component
        .as_deref()
        .map(|file| format!(" {}", text(file)));
    let message = call
        .message
        .as_deref()
        .map(|said| format!(" {}", text(said)));
    let _ = write!(
        out,
        "<li>{name}: <code>{}{}</code> <b class=\"{class}\">{}</b>{}",
        text(&call.function),
        component.unwrap_or_default(),
        text(&call.status),
        message.unwrap_or_default(),
    );
    // Only a component consumes something.
    if call.component.is_some() {
        meters(out, call, limits);
    }
    host(out, call);
}

/// What the call consumed, and the share of the bound where that is a per cent or more.
fn meters(out: &mut String, call: &Called, limits: &StepLimits) {
    let meters = [
        ("fuel", call.meters.fuel, limits.fuel),
        (
            "memory",
            call.meters.memory_bytes,
            limits.memory_bytes as u64,
        ),
        (
            "table",
            call.meters.table_elements,
            limits.table_elements as u64,
        ),
        (
            "answer",
            call.meters.output_bytes,
            limits.output_bytes as u64,
        ),
        ("host calls", call.meters.host_calls, limits.host_calls),
    ];
    for (what, used, limit) in meters {
        let _ = match used.saturating_mul(100) / limit.max(1) {
            _ if used == 0 => continue,
            0 => write!(out, ", {what} {used}"),
            percent => write!(out, ", {what} {used} ({percent} % of {limit})"),
        };
    }
}

fn host(out: &mut String, call: &Called) {
    if call.attempts.is_empty() {
        return;
    }
    let kinds = counted(
        call.attempts.len(),
        "kind of calls to the host",
        "kinds of calls to the host",
    );
    let _ = write!(out, "<details><summary>{kinds}</summary><ul>");
    for attempt in call.attempts.iter().take(KINDS) {
        let verdict = format!("{:?}", attempt.verdict).to_lowercase();
        let _ = write!(
            out,
            "<li>{} {}: {}, {}, {verdict}",
            text(&attempt.interface),
            text(&attempt.function),
            counted(attempt.count, "time", "times"),
            counted(attempt.bytes, "byte", "bytes"),
        );
    }
    if let Some(left) = more_than(call.attempts.len(), KINDS) {
        let _ = write!(out, "<li>… and {left} more");
    }
    out.push_str("</ul></details>");
}
