//! One pack of the HTML report: its causes, its failed checks and what was not judged.

use super::calls::{driven, walked};
use super::text::text;
use crate::events::CheckFinished;
use crate::exit::Error;
use crate::fold::{PackRun, Run};
use provision_core::{Status, Verdict};
use std::fmt::Write;

/// Bytes of text that are held before they are written.
const HELD: usize = 64 * 1024;

/// A report that passes what it holds to `put`: a pack may have very many checks.
struct Held<'p> {
    text: String,
    put: &'p mut dyn FnMut(&str) -> Result<(), Error>,
}

impl Held<'_> {
    /// Passes on what it holds, if it is much.
    fn pass(&mut self) -> Result<(), Error> {
        if self.text.len() < HELD {
            return Ok(());
        }
        (self.put)(&self.text)?;
        self.text.clear();
        Ok(())
    }
}

/// What the pack is, where it was, and the release that it was compared with.
fn identity(pack: &PackRun) -> String {
    let mut out = String::new();
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

pub(super) fn details(
    run: &Run,
    pack: &PackRun,
    put: &mut dyn FnMut(&str) -> Result<(), Error>,
) -> Result<(), Error> {
    let (verdict, label) = (pack.verdict(), text(pack.label()));
    let open = if verdict >= Verdict::Partial {
        " open"
    } else {
        ""
    };
    let (executed, due) = (pack.summary.steps_executed, pack.summary.steps_due);
    let judged = run.started.judged;
    let head = format!(
        "<details{open} data-pack=\"{label}\" data-verdict=\"{verdict}\"><summary>\
         <b class=\"{verdict}\">{verdict}</b> {label}: {} {executed} of at least {due} \
         {}</summary>\n",
        judged.done(),
        judged.unit()
    );
    let mut held = Held { text: head, put };
    if let Some(why) = pack.summary.cut_off() {
        let _ = writeln!(held.text, "<p class=\"error\">{}</p>", text(&why));
    }
    held.text += &identity(pack);
    causes(&mut held, run, pack)?;
    for of_status in [is_failure, is_excused] {
        for check in pack.checks.iter().filter(|c| of_status(c.status)) {
            failure(&mut held.text, run, check);
            held.pass()?;
        }
    }
    skipped(&mut held, pack)?;
    for wizard in &pack.wizards {
        driven(&mut held.text, wizard, &run.started.limits.step);
        held.pass()?;
    }
    for walk in &pack.flows {
        walked(&mut held.text, walk, &run.started.limits.step);
        held.pass()?;
    }
    held.text.push_str("</details>\n");
    (held.put)(&held.text)
}

fn is_failure(status: Status) -> bool {
    status >= Status::Failed
}

fn is_excused(status: Status) -> bool {
    status == Status::Excused
}

/// The causes of its failures, with what follows from each.
fn causes(held: &mut Held<'_>, run: &Run, pack: &PackRun) -> Result<(), Error> {
    if pack.causes.is_empty() {
        return Ok(());
    }
    held.text.push_str(
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
            held.text,
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
        held.pass()?;
    }
    held.text.push_str("</table></div>\n");
    Ok(())
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
fn skipped(held: &mut Held<'_>, pack: &PackRun) -> Result<(), Error> {
    let skipped = || pack.checks.iter().filter(|c| c.status.is_skipped());
    let count = skipped().count();
    if count == 0 {
        return Ok(());
    }
    let _ = writeln!(
        held.text,
        "<details><summary>{count} not judged</summary><table><tr><th>check</th><th>scope</th>\
         <th>why</th></tr>"
    );
    for c in skipped() {
        let class = if c.status == Status::Blocked {
            "blocked"
        } else {
            "skipped"
        };
        let why = c.reason.as_deref().unwrap_or_default();
        let _ = writeln!(
            held.text,
            "<tr><td class=\"{class}\">{}</td><td>{}</td><td>{}</td></tr>",
            text(&c.check),
            text(&c.scope),
            text(why)
        );
        held.pass()?;
    }
    held.text.push_str("</table></details>\n");
    Ok(())
}
