//! The calls of a pack in the HTML report: the steps of its wizards and the nodes of its
//! flows, with what they consumed and what they asked of the host.

use super::text::text;
use crate::events::{Called, FlowWalked, WizardDriven};
use provision_core::flow::Message;
use provision_core::limits::StepLimits;
use std::fmt::Write;

/// Kinds of calls to the host that are listed for one call, at most.
const KINDS: usize = 50;
/// Nodes of a walk that are listed, at most.
const NODES: usize = 200;

pub(super) fn driven(out: &mut String, wizard: &WizardDriven, limits: &StepLimits) {
    let _ = writeln!(
        out,
        "<p>wizard <b>{}</b> by {}: {}</p>",
        text(&wizard.wizard),
        text(&wizard.driver),
        text(&wizard.outcome)
    );
    let name = |node: Option<&str>, step: &str| text(node.unwrap_or(step));
    let steps = wizard.steps.iter();
    let steps: Vec<(String, &Called)> = steps
        .map(|s| (name(s.node.as_deref(), &s.step), &s.call))
        .collect();
    table(out, "step", &steps, limits);
    for note in &wizard.notes {
        let _ = writeln!(out, "<p>note: {}</p>", text(note));
    }
}

pub(super) fn walked(out: &mut String, walk: &FlowWalked, limits: &StepLimits) {
    let _ = writeln!(
        out,
        "<p>flow <b>{}</b> with {} message: {}</p>",
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
    table(out, "node", &nodes, limits);
    if walk.nodes.len() > NODES {
        let left = walk.nodes.len() - NODES;
        let _ = writeln!(out, "<p>… and {left} more; see the JSON report</p>");
    }
}

/// The calls, each with its name as HTML.
fn table(out: &mut String, what: &str, calls: &[(String, &Called)], limits: &StepLimits) {
    let _ = writeln!(
        out,
        "<div class=\"scroll\"><table><tr><th>{what}</th><th>called</th><th>status</th>\
         <th>fuel</th><th>memory</th><th>table</th><th>answer</th><th>host calls</th></tr>"
    );
    for (name, call) in calls {
        row(out, name, call, limits);
    }
    out.push_str("</table></div>\n");
    for (name, call) in calls {
        host(out, name, call);
    }
}

fn row(out: &mut String, name: &str, call: &Called, limits: &StepLimits) {
    let meters = [
        (call.meters.fuel, limits.fuel),
        (call.meters.memory_bytes, limits.memory_bytes as u64),
        (call.meters.table_elements, limits.table_elements as u64),
        (call.meters.output_bytes, limits.output_bytes as u64),
        (call.meters.host_calls, limits.host_calls),
    ];
    let class = match call.status.as_str() {
        "ok" | "carried_out" => "passed",
        "withheld" | "not_run" => "skipped",
        "blocked" => "blocked",
        _ => "failed",
    };
    let _ = write!(
        out,
        "<tr><td>{name}</td><td><code>{}</code> {}</td><td class=\"{class}\">{} {}</td>",
        text(&call.function),
        text(call.component.as_deref().unwrap_or_default()),
        text(&call.status),
        text(call.message.as_deref().unwrap_or_default()),
    );
    if call.component.is_none() {
        // Only a component consumes something.
        out.push_str("<td colspan=\"5\"></td></tr>\n");
        return;
    }
    for (used, limit) in meters {
        // The bar shows the used part of the bound: a full bar leaves no room.
        let percent = used.saturating_mul(100) / limit.max(1);
        let _ = write!(
            out,
            "<td class=\"n\"><meter min=\"0\" max=\"{limit}\" high=\"{}\" value=\"{used}\" \
             title=\"{used} of {limit}\">{percent} %</meter> {used}</td>",
            limit / 10 * 8
        );
    }
    out.push_str("</tr>\n");
}

fn host(out: &mut String, name: &str, call: &Called) {
    if call.attempts.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "<details><summary>{name}: {} kinds of calls to the host</summary><table>\
         <tr><th>interface</th><th>function</th><th>times</th><th>bytes</th><th>verdict</th></tr>",
        call.attempts.len()
    );
    for attempt in call.attempts.iter().take(KINDS) {
        let verdict = format!("{:?}", attempt.verdict).to_lowercase();
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{verdict}</td></tr>",
            text(&attempt.interface),
            text(&attempt.function),
            attempt.count,
            attempt.bytes
        );
    }
    if call.attempts.len() > KINDS {
        let _ = writeln!(
            out,
            "<tr><td colspan=\"5\">… and {} more</td></tr>",
            call.attempts.len() - KINDS
        );
    }
    out.push_str("</table></details>\n");
}
