//! The Markdown report: a bounded summary for the page of a CI job. The causes of the
//! whole run come first, then the packs, the worst first, until the summary is full.

use crate::events::{CheckFinished, RunKind};
use crate::exit::Error;
use crate::fold::{CauseTable, PackRun, Run};
use provision_core::text::counted;
use provision_core::{Status, Verdict};
use provision_oracle::{Cause, Level};
use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

/// The bound on the summary in bytes: CI services cut summaries at 1 MiB.
const MOST: usize = 900_000;
/// Bytes that stay free for the line on what is left out.
const LAST_LINE: usize = 200;
/// The bound on one pack, so that no pack takes the place of all others.
const MOST_OF_PACK: usize = 40_000;
/// Rows of the table of causes, at most.
const ROWS: usize = 100;
/// Stale expectations that are listed, at most.
const STALE: usize = 50;
/// Characters of a text, at most.
const CHARS: usize = 400;

/// Writes the summary of `run`.
///
/// # Errors
/// [`Error::Io`] of the stream or of `out`.
pub fn write(run: &Run, out: &mut dyn Write) -> Result<(), Error> {
    let done = out.write_all(report(run)?.as_bytes());
    done.map_err(|e| Error::io("write", Path::new("the Markdown summary"), e))
}

fn report(run: &Run) -> Result<String, Error> {
    let mut table = CauseTable::new(run.level());
    run.each(|pack| {
        table.add(pack);
        Ok(())
    })?;
    let mut out = head(run);
    causes(&mut out, &table, run.started.judged);
    if let Some(advice) = table.mendable().advice() {
        let _ = writeln!(out, "{}\n", code(&advice));
    }
    let (mut left_out, mut is_full) = (0usize, false);
    for verdict in Verdict::WORST_FIRST {
        run.each_of(verdict, |pack| {
            let text = one(run, pack);
            is_full |= out.len() + text.len() + LAST_LINE > MOST;
            if is_full {
                left_out += 1;
            } else {
                out.push_str(&text);
            }
            Ok(())
        })?;
    }
    if left_out > 0 {
        let _ = writeln!(
            out,
            "**Left out:** {left_out} more {}; see the JSON report.",
            run.started.judged.name()
        );
    }
    Ok(out)
}

fn head(run: &Run) -> String {
    let mut out = String::from("# Conformance\n\n");
    if let Some(cut) = run.cut() {
        let _ = write!(
            out,
            "**Packs without a result count as errors:** {}\n\n",
            code(&cut)
        );
    }
    if let Some(why) = run.shortfall().filter(|_| run.cut().is_none()) {
        let _ = write!(out, "**No success:** {}\n\n", code(&why));
    }
    let judged = run.started.judged;
    let _ = writeln!(
        out,
        "| {} | pass | fail | partial | error | not applicable | {} |\n|---|---|---|---|---|---|---|",
        judged.name(),
        judged.evidence_name()
    );
    let count = |verdict| run.count(verdict);
    let _ = writeln!(
        out,
        "| {} | {} | {} | {} | {} | {} | {} |\n",
        run.packs.len(),
        count(Verdict::Pass),
        count(Verdict::Fail),
        count(Verdict::Partial),
        count(Verdict::Error),
        count(Verdict::NotApplicable),
        run.steps_executed(),
    );
    if let Some(left_out) = run.left_out() {
        let _ = write!(out, "**Left out:** {}\n\n", code(&left_out));
    }
    match run.checks(Status::Excused) {
        0 => {}
        n => {
            let excused = counted(n, "failed check is", "failed checks are");
            let _ = write!(out, "**{excused} excused.**\n\n");
        }
    }
    if let Some(unowned) = run.unowned() {
        let _ = write!(out, "**{unowned}**\n\n");
    }
    for stale in run.stale.iter().take(STALE) {
        let _ = writeln!(out, "- stale: {}", code(stale));
    }
    if run.stale.len() > STALE {
        let left = run.stale.len() - STALE;
        let _ = writeln!(
            out,
            "- and {}",
            counted(left, "more stale expectation", "more stale expectations")
        );
    }
    out
}

/// The causes of the whole run.
fn causes(out: &mut String, table: &CauseTable, judged: RunKind) {
    let rows = table.rows();
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "\n| {} | level | cause | code | users meet it at | first {} |",
        judged.name(),
        judged.one()
    );
    out.push_str("|---|---|---|---|---|---|\n");
    for row in rows.iter().take(ROWS) {
        let advice = if row.is_advice { " (advice)" } else { "" };
        let _ = writeln!(
            out,
            "| {} | {}{advice} | {} | {} | {} | {} |",
            row.packs,
            row.level.name(),
            cell(&row.what),
            cell(row.code.as_str()),
            row.bite.name(),
            cell(&row.first),
        );
    }
    let left = rows.len().saturating_sub(ROWS) + table.left_out();
    if left > 0 {
        let _ = writeln!(
            out,
            "\nAnd {}; see the JSON report.",
            counted(left, "more cause", "more causes")
        );
    }
    out.push('\n');
}

/// One pack: its causes, then its checks until the bound on a pack.
fn one(run: &Run, pack: &PackRun) -> String {
    let level = run.level();
    let steps = pack.finished.as_ref().map_or(0, |f| f.steps_executed);
    let digest = pack.finished.as_ref().map_or("", |f| &f.digest);
    let mut out = format!(
        "## {} {}\n\n{}, sha256 {}\n\n",
        pack.verdict(),
        code(pack.label()),
        run.started.judged.evidence(steps),
        code(digest)
    );
    if let Some(origin) = pack.finished.as_ref().and_then(|f| f.registry.as_ref()) {
        let _ = writeln!(
            out,
            "From {}, manifest digest {}, content digest {}\n",
            code(&origin.reference),
            code(&origin.manifest_digest),
            code(&origin.content_digest)
        );
    }
    if let Some(previous) = pack.finished.as_ref().and_then(|f| f.previous.as_ref()) {
        let _ = writeln!(out, "{}\n", code(&previous.to_string()));
    }
    if let Some(why) = pack.summary.cut_off() {
        let _ = writeln!(out, "- **error** {}", code(&why));
    }
    let roots = pack.causes.iter().filter(|c| c.blocked_by.is_none());
    let causes = roots.map(|cause| of_cause(cause, level));
    let shown = |c: &&CheckFinished| c.status >= Status::Excused;
    let checks = pack.checks.iter().filter(shown).map(of_check);
    let mut left_out = 0usize;
    for text in causes.chain(checks) {
        if left_out == 0 && out.len() + text.len() <= MOST_OF_PACK {
            out.push_str(&text);
        } else {
            left_out += 1;
        }
    }
    if left_out > 0 {
        let _ = writeln!(
            out,
            "- and {}; see the JSON report",
            counted(left_out, "more cause or check", "more causes and checks")
        );
    }
    if let Some(command) = pack.finished.as_ref().and_then(|f| f.reproduce.as_ref()) {
        let _ = writeln!(out, "- again: {}", code(command));
    }
    out.push('\n');
    out
}

fn of_cause(cause: &Cause, level: Level) -> String {
    let advice = if cause.level > level { " (advice)" } else { "" };
    let mut out = format!(
        "- **{}{advice}** {} {}, {}, {}",
        cause.level.name(),
        code(cause.code.as_str()),
        code(&cause.what),
        cause.bite.name(),
        counted(cause.findings, "finding", "findings"),
    );
    if cause.follow > 0 {
        let follow = counted(cause.follow, "finding follows", "findings follow");
        let _ = write!(out, "; {follow} from it");
    }
    let _ = writeln!(out, "\n  - users see: {}", code(&cause.users_see));
    let _ = writeln!(out, "  - do: {}", code(&cause.fix));
    out
}

fn of_check(check: &CheckFinished) -> String {
    let mut out = format!(
        "- **{}** {} ({})",
        check.status,
        check.check,
        code(&check.scope)
    );
    if let Some(reason) = &check.reason {
        let _ = write!(out, ": {}", code(reason));
    }
    out.push('\n');
    for f in &check.findings {
        let _ = writeln!(
            out,
            "  - {} at {}: expected {}, found {}",
            code(f.code.as_str()),
            code(&f.at),
            code(&f.expected),
            code(&f.actual)
        );
    }
    if let Some(command) = &check.reproduce {
        let _ = writeln!(out, "  - reproduce: {}", code(command));
    }
    out
}

/// `text` as a cell of a table: a code span in which no bar ends the cell.
pub(crate) fn cell(text: &str) -> String {
    code(&text.replace('|', "\u{a6}"))
}

/// `text` as a code span, in which nothing is markup: the fence is longer than
/// any run of backticks inside, and there is no line break.
pub(crate) fn code(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(CHARS)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    let longest = shown.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    format!("{fence} {shown} {fence}")
}

#[cfg(test)]
mod tests {
    use super::{cell, code};

    #[test]
    fn code_span_contains_backticks_and_line_breaks_of_its_text() {
        assert_eq!(code("a"), "` a `");
        assert_eq!(code("a`b``c"), "``` a`b``c ```");
        assert_eq!(code("x\n# y"), "` x # y `");
        assert_eq!(cell("a|b"), "` a\u{a6}b `");
        assert!(code(&"x".repeat(10_000)).len() < 1_000);
    }
}
