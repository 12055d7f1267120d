//! One pack of the HTML report: its causes, its failed checks and what was not judged.

use super::calls::{driven, walked};
use super::text::text;
use crate::events::CheckFinished;
use crate::fold::{PackRun, Run};
use provision_core::{Status, Verdict};
use std::fmt::Write;

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
    let is_failure = |c: &&CheckFinished| c.status >= Status::Failed;
    let is_excused = |c: &&CheckFinished| c.status == Status::Excused;
    for check in pack.checks.iter().filter(is_failure) {
        failure(&mut out, run, check);
    }
    for check in pack.checks.iter().filter(is_excused) {
        failure(&mut out, run, check);
    }
    skipped(&mut out, pack);
    for wizard in &pack.wizards {
        driven(&mut out, wizard, &run.started.limits.step);
    }
    for walk in &pack.flows {
        walked(&mut out, walk, &run.started.limits.step);
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
    if let (Status::Excused, Some(reason)) = (check.status, &check.reason) {
        let _ = writeln!(out, "<p class=\"excused\">excused: {}</p>", text(reason));
    }
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
