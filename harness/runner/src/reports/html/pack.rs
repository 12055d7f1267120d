//! One pack of the HTML report: its failed checks, its steps with what they
//! consumed, and its calls to the host.

use super::text::text;
use crate::events::{CheckFinished, StepDone, WizardDriven};
use crate::fold::{PackRun, Run};
use provision_core::limits::StepLimits;
use provision_core::{Status, Verdict};
use std::fmt::Write;

/// Kinds of calls to the host that are listed per step, at most.
const CALLS: usize = 50;

pub(super) fn details(run: &Run, pack: &PackRun) -> String {
    let (verdict, label) = (pack.verdict(), text(pack.label()));
    let open = if verdict >= Verdict::Partial {
        " open"
    } else {
        ""
    };
    let (executed, due) = (pack.summary.steps_executed, pack.summary.steps_due);
    let mut out = format!(
        "<details{open} data-pack=\"{label}\" data-verdict=\"{verdict}\"><summary>\
         <b class=\"{verdict}\">{verdict}</b> {label}: executed {executed} of at least {due} \
         steps</summary>\n"
    );
    if let Some(why) = pack.summary.cut_off() {
        let _ = writeln!(out, "<p class=\"error\">{}</p>", text(&why));
    }
    if let Some(f) = &pack.finished {
        let or_none = |v: &Option<String>| text(v.as_deref().unwrap_or("none"));
        let _ = writeln!(
            out,
            "<p>id {}, version {}, sha256 <code>{}</code>, {} probes with mutated answers</p>",
            or_none(&f.id),
            or_none(&f.version),
            text(&f.digest),
            f.probes,
        );
    }
    causes(&mut out, run, pack);
    for check in pack.checks.iter().filter(|c| c.status >= Status::Failed) {
        failure(&mut out, run, check);
    }
    skipped(&mut out, pack);
    for wizard in &pack.wizards {
        driven(&mut out, wizard, &run.started.limits.step);
    }
    out + "</details>\n"
}

/// The causes of its failures, with what follows from each.
fn causes(out: &mut String, run: &Run, pack: &PackRun) {
    if pack.causes.is_empty() {
        return;
    }
    out.push_str(
        "<div class=\"scroll\"><table><tr><th>level</th><th>cause</th><th>code</th>\
         <th>findings</th><th>users see</th><th>do</th></tr>\n",
    );
    for cause in &pack.causes {
        let advice = if cause.level > run.level() {
            ", advice"
        } else {
            ""
        };
        let root = cause.blocked_by.as_deref();
        let root = root.map_or_else(String::new, |id| format!(", follows from {}", text(id)));
        let also = match cause.also.len() {
            0 => String::new(),
            _ => format!("; also {}", text(&cause.also.join(", "))),
        };
        let _ = writeln!(
            out,
            "<tr><td>{}{advice}</td><td>{}{also} <code>{}</code>{root}</td><td>{}</td>\
             <td class=\"n\">{}</td><td>{}</td><td>{}</td></tr>",
            cause.level.name(),
            text(&cause.what),
            text(&cause.id),
            text(cause.code.as_str()),
            cause.findings,
            text(&cause.users_see),
            text(&cause.fix),
        );
    }
    out.push_str("</table></div>\n");
}

fn failure(out: &mut String, run: &Run, check: &CheckFinished) {
    let requirement = run.requirement(&check.check);
    let _ = writeln!(
        out,
        "<p><b class=\"{}\">{}</b> ({}){}</p>",
        check.status,
        text(&check.check),
        text(&check.scope),
        requirement.map_or_else(String::new, |r| format!(": {}", text(r)))
    );
    out.push_str("<div class=\"scroll\"><table><tr><th>code</th><th>where</th><th>expected</th><th>found</th></tr>\n");
    for f in &check.findings {
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td><code>{}</code></td><td><ins><code>{}</code></ins></td><td><del><code>{}</code></del></td></tr>",
            text(f.code.as_str()),
            text(&f.at),
            text(&f.expected),
            text(&f.actual)
        );
    }
    out.push_str("</table></div>\n");
    if let Some(command) = &check.reproduce {
        let _ = writeln!(out, "<p>reproduce: <code>{}</code></p>", text(command));
    }
}

/// Lists every check that was not judged, with the reason.
fn skipped(out: &mut String, pack: &PackRun) {
    let skipped = pack.checks.iter().filter(|c| c.status.is_skipped());
    let rows: Vec<String> = skipped
        .map(|c| {
            let class = if c.status == Status::Blocked {
                "blocked"
            } else {
                "skipped"
            };
            let why = c.reason.as_deref().unwrap_or_default();
            format!(
                "<tr><td class=\"{class}\">{}</td><td>{}</td><td>{}</td></tr>\n",
                text(&c.check),
                text(&c.scope),
                text(why)
            )
        })
        .collect();
    if !rows.is_empty() {
        let _ = writeln!(
            out,
            "<details><summary>{} not judged</summary><table><tr><th>check</th><th>scope</th>\
             <th>why</th></tr>\n{}</table></details>",
            rows.len(),
            rows.concat()
        );
    }
}

fn driven(out: &mut String, wizard: &WizardDriven, limits: &StepLimits) {
    let _ = writeln!(
        out,
        "<p>wizard <b>{}</b> by {}: {}</p><div class=\"scroll\"><table><tr><th>step</th>\
         <th>called</th><th>status</th><th>fuel</th><th>memory</th><th>table</th>\
         <th>answer</th><th>host calls</th></tr>",
        text(&wizard.wizard),
        text(&wizard.driver),
        text(&wizard.outcome)
    );
    for step in &wizard.steps {
        row(out, step, limits);
    }
    out.push_str("</table></div>\n");
    for step in &wizard.steps {
        calls(out, step);
    }
    for note in &wizard.notes {
        let _ = writeln!(out, "<p>note: {}</p>", text(note));
    }
}

fn row(out: &mut String, step: &StepDone, limits: &StepLimits) {
    let name = step.node.as_deref().unwrap_or(&step.step);
    let meters = [
        (step.meters.fuel, limits.fuel),
        (step.meters.memory_bytes, limits.memory_bytes as u64),
        (step.meters.table_elements, limits.table_elements as u64),
        (step.meters.output_bytes, limits.output_bytes as u64),
        (step.meters.host_calls, limits.host_calls),
    ];
    let class = if step.status == "ok" {
        "passed"
    } else {
        "failed"
    };
    let _ = write!(
        out,
        "<tr><td>{}</td><td><code>{}</code> {}</td><td class=\"{class}\">{} {}</td>",
        text(name),
        text(&step.function),
        text(step.component.as_deref().unwrap_or_default()),
        text(&step.status),
        text(step.message.as_deref().unwrap_or_default()),
    );
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

fn calls(out: &mut String, step: &StepDone) {
    if step.attempts.is_empty() {
        return;
    }
    let name = step.node.as_deref().unwrap_or(&step.step);
    let _ = writeln!(
        out,
        "<details><summary>{}: {} kinds of calls to the host</summary><table><tr><th>interface</th>\
         <th>function</th><th>times</th><th>bytes</th><th>verdict</th></tr>",
        text(name),
        step.attempts.len()
    );
    for call in step.attempts.iter().take(CALLS) {
        let verdict = format!("{:?}", call.verdict).to_lowercase();
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{verdict}</td></tr>",
            text(&call.interface),
            text(&call.function),
            call.count,
            call.bytes
        );
    }
    if step.attempts.len() > CALLS {
        let _ = writeln!(
            out,
            "<tr><td colspan=\"5\">… and {} more</td></tr>",
            step.attempts.len() - CALLS
        );
    }
    out.push_str("</table></details>\n");
}
