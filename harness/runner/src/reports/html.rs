//! The HTML report: one file, no scripts, nothing loaded from anywhere.

use crate::events::{CheckFinished, StepDone, WizardDriven};
use crate::fold::{PackRun, Run};
use provision_core::{Limits, Status, Verdict};
use provision_oracle::checks;
use std::fmt::Write;

const HEAD: &str = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
<title>Conformance</title><style>\
body{font:15px/1.45 system-ui,sans-serif;margin:2rem;max-width:75rem}\
table{border-collapse:collapse;margin:.5rem 0}td,th{border:1px solid #ccc;padding:.2rem .6rem;text-align:left}\
td.n{text-align:right;font-variant-numeric:tabular-nums}code{white-space:pre-wrap;overflow-wrap:anywhere}\
.pass,.passed{color:#116329}.fail,.failed,.error{color:#a40e26}.partial{color:#7d4e00}\
details{margin:.3rem 0;padding-left:.5rem;border-left:3px solid #ddd}summary{cursor:pointer}\
</style></head><body>\n";

/// The report of `run`.
#[must_use]
pub fn report(run: &Run) -> String {
    let mut out = String::from(HEAD);
    let (tally, exit) = (run.tally(), run.exit() as u8);
    let _ = writeln!(out, "<h1>Conformance</h1><p>{tally}; exit code {exit}</p>");
    for pack in &run.packs {
        one(&mut out, pack);
    }
    out.push_str("</body></html>\n");
    out
}

fn one(out: &mut String, pack: &PackRun) {
    let verdict = pack.verdict();
    let open = if verdict >= Verdict::Partial {
        " open"
    } else {
        ""
    };
    let _ = writeln!(
        out,
        "<details{open}><summary><b class=\"{verdict}\">{verdict}</b> {}</summary>",
        text(&pack.label)
    );
    if let Some(f) = &pack.finished {
        let or_none = |v: &Option<String>| text(v.as_deref().unwrap_or("none"));
        let _ = writeln!(
            out,
            "<p>id {}, version {}, sha256 <code>{}</code></p>",
            or_none(&f.id),
            or_none(&f.version),
            text(&f.digest)
        );
    }
    for check in pack.checks.iter().filter(|c| c.status >= Status::Failed) {
        failure(out, check);
    }
    out.push_str("<table><tr><th>check</th><th>scope</th><th>status</th><th>why</th></tr>\n");
    for check in &pack.checks {
        let why = check.reason.as_deref().unwrap_or_default();
        let status = check.status;
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td>{}</td><td class=\"{status}\">{status}</td><td>{}</td></tr>",
            text(check.check),
            text(&check.scope),
            text(why)
        );
    }
    out.push_str("</table>\n");
    for wizard in &pack.wizards {
        meters(out, wizard);
    }
    out.push_str("</details>\n");
}

fn failure(out: &mut String, check: &CheckFinished) {
    let requirement = checks::by_id(check.check).map_or("", |c| c.requirement);
    let _ = writeln!(
        out,
        "<p><b class=\"failed\">{}</b> ({}): {}</p><ul>",
        text(check.check),
        text(&check.scope),
        text(requirement)
    );
    for f in &check.findings {
        let _ = writeln!(
            out,
            "<li><code>{}</code> at {}<br>expected: {}<br>actual: <code>{}</code></li>",
            text(&f.code),
            text(&f.at),
            text(&f.expected),
            text(&f.actual)
        );
    }
    out.push_str("</ul>\n");
    if let Some(command) = &check.reproduce {
        let _ = writeln!(out, "<p>reproduce: <code>{}</code></p>", text(command));
    }
}

fn meters(out: &mut String, wizard: &WizardDriven) {
    let _ = writeln!(
        out,
        "<p>wizard {} by {}: {}</p><table><tr><th>step</th><th>status</th><th>fuel left</th>\
         <th>memory left (bytes)</th><th>answer (bytes)</th></tr>",
        text(&wizard.wizard),
        wizard.driver,
        text(&wizard.outcome)
    );
    let limits = Limits::default().step;
    let row = |s: &StepDone| {
        format!(
            "<tr><td>{}</td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
            s.step,
            text(&s.status),
            limits.fuel.saturating_sub(s.meters.fuel),
            (limits.memory_bytes as u64).saturating_sub(s.meters.memory_bytes),
            s.meters.output_bytes
        )
    };
    out.extend(wizard.steps.iter().map(row));
    out.push_str("</table>\n");
    for note in &wizard.notes {
        let _ = writeln!(out, "<p>note: {}</p>", text(note));
    }
}

/// `text` as text of a page or of a quoted attribute.
fn text(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn text_is_never_markup() {
        assert_eq!(
            text("<a href='x'>\"&\0"),
            "&lt;a href=&#39;x&#39;&gt;&quot;&amp;\u{fffd}"
        );
    }
}
