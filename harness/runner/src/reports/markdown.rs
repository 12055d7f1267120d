//! The Markdown report: a bounded summary for the page of a CI job, worst packs
//! first.

use crate::events::CheckFinished;
use crate::exit::Error;
use crate::fold::{PackRun, Run};
use provision_core::{Status, Verdict};
use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

/// The bound in bytes, after which the summary only counts packs: CI services
/// cut summaries at 1 MiB.
const MOST: usize = 900 * 1024;

/// Writes the summary of `run`.
///
/// # Errors
/// [`Error::Io`] of the stream or of `out`.
pub fn write(run: &Run, out: &mut dyn Write) -> Result<(), Error> {
    let done = out.write_all(report(run)?.as_bytes());
    done.map_err(|e| Error::io("write", Path::new("the Markdown summary"), e))
}

fn report(run: &Run) -> Result<String, Error> {
    let mut out = String::from("# Conformance\n\n");
    if let Some(cut) = run.cut() {
        let _ = write!(
            out,
            "**Packs without a result count as errors:** {}\n\n",
            code(&cut)
        );
    }
    out.push_str(
        "| packs | pass | fail | partial | error | not applicable | steps executed |\n|---|---|---|---|---|---|---|\n",
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
    for stale in &run.stale {
        let _ = writeln!(out, "- stale: {}", code(stale));
    }
    let mut left_out = 0usize;
    for verdict in Verdict::WORST_FIRST {
        run.each_of(verdict, |pack| {
            let mut text = String::new();
            one(&mut text, pack);
            if out.len() + text.len() <= MOST {
                out.push_str(&text);
            } else {
                left_out += 1;
            }
            Ok(())
        })?;
    }
    if left_out > 0 {
        let _ = writeln!(out, "… and {left_out} more packs; see the JSON report.");
    }
    Ok(out)
}

fn one(out: &mut String, pack: &PackRun) {
    let steps = pack.finished.as_ref().map_or(0, |f| f.steps_executed);
    let digest = pack.finished.as_ref().map_or("", |f| &f.digest);
    let _ = writeln!(
        out,
        "## {} {}\n\n{steps} steps executed, sha256 {}\n",
        pack.verdict(),
        code(pack.label()),
        code(digest)
    );
    if let Some(why) = pack.summary.cut_off() {
        let _ = writeln!(out, "- **error** {}", code(&why));
    }
    let shown = |c: &&CheckFinished| c.status >= Status::Blocked;
    for check in pack.checks.iter().filter(shown) {
        let _ = write!(
            out,
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
    }
    out.push('\n');
}

/// `text` as a code span, in which nothing is markup: the fence is longer than
/// any run of backticks inside, and there is no line break.
fn code(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    format!("{fence} {text} {fence}")
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn code_span_contains_backticks_and_line_breaks_of_its_text() {
        assert_eq!(code("a"), "` a `");
        assert_eq!(code("a`b``c"), "``` a`b``c ```");
        assert_eq!(code("x\n# y"), "` x # y `");
    }
}
