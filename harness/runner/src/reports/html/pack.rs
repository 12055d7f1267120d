//! One pack of the page: its causes, its failed checks and what was not judged. What a
//! pack takes is bounded, because a page has thousands of them.

use super::calls::{driven, walked};
use super::not_judged::{NotApplicable, reasons};
use super::summary::more_than;
use super::survey::Row;
use super::text::{badge, command, text};
use crate::events::CheckFinished;
use crate::fold::{PackRun, Run};
use provision_core::Status;
use provision_core::text::counted;
use provision_oracle::Cause;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The bound on what one pack takes, in bytes. Most take one to four thousand.
const MOST: usize = 96 * 1024;
/// Findings of a check that are listed, at most.
const FINDINGS: usize = 20;
/// Codes and checks by which the script finds a pack, at most.
const KEYS: usize = 200;

/// The text of one pack. Parts that do not fit are counted.
struct Parts {
    text: String,
    left_out: usize,
}

impl Parts {
    fn add(&mut self, part: &str) {
        if self.text.len() + part.len() > MOST {
            self.left_out += 1;
        } else {
            self.text += part;
        }
    }
}

/// The pack, folded.
pub(super) fn details(run: &Run, pack: &PackRun, row: &Row, sets: &mut NotApplicable) -> String {
    let (verdict, number) = (pack.verdict(), row.number);
    let mut parts = Parts {
        text: format!(
            "<details id=\"p{number}\" data-verdict=\"{verdict}\"{}><summary>{} \
             <span class=\"l\">{}</span> <small>{}</small></summary>\n",
            keys(run, pack, row),
            badge(verdict),
            text(pack.label()),
            tally(run, pack)
        ),
        left_out: 0,
    };
    if let Some(why) = pack.summary.cut_off() {
        parts.add(&format!("<p class=\"alert\">{}</p>\n", text(&why)));
    }
    parts.add(&identity(pack));
    if !pack.causes.is_empty() {
        parts.add("<ol class=\"causes\">");
        for one in &pack.causes {
            parts.add(&cause(run, one));
        }
        parts.add("</ol>\n");
    }
    let all = pack.finished.as_ref().and_then(|f| f.reproduce.as_ref());
    if let Some(again) = all {
        let again = command(again);
        parts.add(&format!("<p>Judge its failed checks again:</p>{again}\n"));
    }
    let seen = |check: &&CheckFinished| check.status >= Status::Failed;
    let excused = |check: &&CheckFinished| check.status == Status::Excused;
    let failed = pack.checks.iter().filter(seen);
    for check in failed.chain(pack.checks.iter().filter(excused)) {
        parts.add(&failure(run, check, all.is_some()));
    }
    let of = |status| pack.checks.iter().filter(move |c| c.status == status);
    let blocked: Vec<&CheckFinished> = of(Status::Blocked).collect();
    if !blocked.is_empty() {
        let count = counted(blocked.len(), "check was blocked", "checks were blocked");
        parts.add(&format!("<p>{count}:</p>{}", reasons(&blocked)));
    }
    let skipped: Vec<&CheckFinished> = of(Status::NotApplicable).collect();
    parts.add(&sets.refer(&skipped));
    for wizard in &pack.wizards {
        parts.add(&driven(wizard, &run.started.limits.step));
    }
    for walk in &pack.flows {
        parts.add(&walked(walk, &run.started.limits.step));
    }
    if parts.left_out > 0 {
        let left_out = counted(parts.left_out, "more part", "more parts");
        let _ = writeln!(parts.text, "<p>and {left_out}; see the JSON report</p>");
    }
    parts.text + "</details>\n"
}

/// The attribute by which the script finds the pack: its codes, and its checks that failed.
fn keys(run: &Run, pack: &PackRun, row: &Row) -> String {
    let codes = pack.causes.iter().map(|cause| cause.code.as_str());
    let checks = row.cells.iter().filter(|cell| cell.is_failure());
    let checks = checks.filter_map(|cell| run.started.checks.get(cell.check).map(String::as_str));
    let all: BTreeSet<&str> = codes.chain(checks).take(KEYS).collect();
    if all.is_empty() {
        return String::new();
    }
    let all: Vec<String> = all.into_iter().map(text).collect();
    format!(" data-has=\"{}\"", all.join(" "))
}

/// Its checks that did not pass and its steps, as counts.
fn tally(run: &Run, pack: &PackRun) -> String {
    let judged = run.started.judged;
    let (executed, due) = (pack.summary.steps_executed, pack.summary.steps_due);
    let mut parts = Vec::new();
    for (status, one, many) in [
        (Status::Error, "check had an error", "checks had an error"),
        (Status::Failed, "check failed", "checks failed"),
        (Status::Blocked, "blocked", "blocked"),
        (Status::Excused, "excused", "excused"),
    ] {
        let count = pack.summary.count(status);
        if count > 0 {
            parts.push(counted(count, one, many));
        }
    }
    parts.push(if executed < due {
        format!("{executed} of at least {}", judged.evidence(due))
    } else {
        judged.evidence(executed)
    });
    parts.join(", ")
}

/// What the pack is, where it was, and the release that it was compared with.
fn identity(pack: &PackRun) -> String {
    let mut out = String::new();
    if let Some(f) = &pack.finished {
        let or_none = |v: &Option<String>| text(v.as_deref().unwrap_or("none"));
        let _ = writeln!(
            out,
            "<p class=\"quiet\">id {}, version {}, sha256 <code>{}</code>, {} with mutated \
             answers</p>",
            or_none(&f.id),
            or_none(&f.version),
            text(&f.digest),
            counted(f.probes, "probe", "probes"),
        );
        if let Some(origin) = &f.registry {
            let _ = writeln!(
                out,
                "<p>from <code>{}</code>, manifest digest <code>{}</code>, content digest \
                 <code>{}</code></p>",
                text(&origin.reference),
                text(&origin.manifest_digest),
                text(&origin.content_digest),
            );
        }
        if let Some(previous) = &f.previous {
            let _ = writeln!(out, "<p>{}</p>", text(&previous.to_string()));
        }
    }
    out
}

/// One cause of its failures, with what follows from it.
fn cause(run: &Run, cause: &Cause) -> String {
    let is_advice = cause.level > run.level();
    let (class, advice) = if is_advice {
        ("partial", ", advice")
    } else {
        ("fail", "")
    };
    let root = cause.blocked_by.as_deref();
    let root = root.map_or_else(String::new, |id| format!(", follows from {}", text(id)));
    let also = match cause.also.len() {
        0 => String::new(),
        _ => format!("; also {}", text(&cause.also.join(", "))),
    };
    format!(
        "<li><b class=\"{class}\">{}{advice}</b>: {}{also} <code>{}</code> <small>{}, cause {}\
         {root}</small><p>Users see: {}<p><b>Do:</b> {}\n",
        cause.level.name(),
        text(&cause.what),
        text(cause.code.as_str()),
        counted(cause.findings, "finding", "findings"),
        text(&cause.id),
        text(&cause.users_see),
        text(&cause.fix),
    )
}

/// A failed or excused check and its findings. The command of all failed checks stands
/// for that of each.
fn failure(run: &Run, check: &CheckFinished, has_command: bool) -> String {
    let requirement = run.requirement(&check.check);
    let (class, status) = match check.status {
        Status::Excused => ("partial", "~ excused"),
        Status::Error => ("error", "! error"),
        _ => ("fail", "✗ failed"),
    };
    let mut out = format!(
        "<p><b class=\"{class}\">{status}: {}</b> ({}){}</p>\n",
        text(&check.check),
        text(&check.scope),
        requirement.map_or_else(String::new, |r| format!(": {}", text(r)))
    );
    if let (Status::Excused, Some(reason)) = (check.status, &check.reason) {
        let _ = writeln!(out, "<p class=\"partial\">excused: {}</p>", text(reason));
    }
    out.push_str("<ul>");
    for f in check.findings.iter().take(FINDINGS) {
        let _ = write!(
            out,
            "<li>{} at <code>{}</code>: expected <code>{}</code>, found <code>{}</code>",
            text(f.code.as_str()),
            text(&f.at),
            text(&f.expected),
            text(&f.actual)
        );
    }
    if let Some(more) = more_than(check.findings.len(), FINDINGS) {
        let more = counted(more, "more finding", "more findings");
        let _ = write!(out, "<li>and {more}; see the JSON report");
    }
    out.push_str("</ul>\n");
    if let Some(again) = check.reproduce.as_ref().filter(|_| !has_command) {
        out += &command(again);
    }
    out
}
