//! The beginning of the page: the result, a tile for each verdict, and the causes with
//! what to do.

use super::survey::Survey;
use super::text::{badge, command, filter, text};
use crate::events::RunKind;
use crate::evidence::quoted;
use crate::exit::Exit;
use crate::fold::{CauseRow, Run};
use provision_core::text::{counted, noun};
use provision_core::{Status, Verdict};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Causes that are listed, at most.
const ROWS: usize = 100;
/// Causes that are not folded.
const OPEN: usize = 8;
/// Stale expectations that are listed, at most.
const STALE: usize = 50;

/// The result in one sentence, and what keeps the run from being a success.
pub(super) fn result(run: &Run, survey: &Survey) -> String {
    let started = &run.started;
    let mut out = format!(
        "<h1>{}</h1>\n<p>Exit code {}: {}. Profile {}, version {}. {}, {}{}.</p>\n",
        verdict(run),
        run.exit() as u8,
        meaning(run.exit()),
        text(&started.profile),
        text(&started.version),
        counted(run.checks(Status::Passed), "check passed", "checks passed"),
        started.judged.evidence(run.steps_executed()),
        excused(run),
    );
    if started.judged == RunKind::Packs && !survey.roles.is_empty() {
        let roles = survey.roles.iter();
        let roles = roles.map(|(role, packs)| format!("{packs} {}", text(role)));
        let _ = writeln!(
            out,
            "<p>By role: {}.</p>",
            roles.collect::<Vec<_>>().join(", ")
        );
    }
    let mut alert = |line: String| {
        let _ = writeln!(out, "<p class=\"alert\">{line}</p>");
    };
    if let Some(cut) = run.cut() {
        alert(format!(
            "{}; {} without a result count as errors.",
            text(&cut),
            started.judged.name()
        ));
    }
    if let Some(why) = run.shortfall().filter(|_| run.cut().is_none()) {
        alert(format!("no success: {}", text(&why)));
    }
    if let Some(without) = run.left_out() {
        alert(format!("The caller left checks out: {}", text(&without)));
    }
    for stale in run.stale.iter().take(STALE) {
        alert(format!("stale: {}", text(stale)));
    }
    if let Some(more) = more_than(run.stale.len(), STALE) {
        alert(format!(
            "and {} more; see the JSON report",
            counted(more, "stale expectation", "stale expectations")
        ));
    }
    out
}

/// How many of `count` are beyond `bound`; `None` if there are none.
pub(super) fn more_than(count: usize, bound: usize) -> Option<usize> {
    count.checked_sub(bound).filter(|more| *more > 0)
}

fn excused(run: &Run) -> String {
    match run.checks(Status::Excused) {
        0 => String::new(),
        count => format!(
            ", {}",
            counted(
                count,
                "failed check is excused",
                "failed checks are excused"
            )
        ),
    }
}

/// The whole run in few words.
fn verdict(run: &Run) -> String {
    let judged = run.started.judged;
    let all = run.packs.len();
    let count = |verdict| run.count(verdict);
    let (fail, error) = (count(Verdict::Fail), count(Verdict::Error));
    let partial = count(Verdict::Partial);
    let of = format!("of {}", judged.counted(all));
    if all == 0 {
        format!("No {} was judged", judged.one())
    } else if error > 0 {
        format!("{error} {of} {} no verdict", noun(error, "has", "have"))
    } else if fail > 0 {
        format!("{fail} {of} {}", noun(fail, "fails", "fail"))
    } else if partial > 0 {
        let were = noun(partial, "was", "were");
        format!("{partial} {of} {were} judged in part")
    } else if run.exit() == Exit::Conforms {
        let pass = count(Verdict::Pass);
        format!(
            "{pass} {of} {}, and none fails",
            noun(pass, "passes", "pass")
        )
    } else {
        format!("{}, and no success", judged.counted(all))
    }
}

/// What an exit code says.
fn meaning(exit: Exit) -> &'static str {
    match exit {
        Exit::Conforms => "every required check ran and passed",
        Exit::Fails => "a required check failed",
        Exit::Usage => "the command line, or a file that it names, is invalid",
        Exit::Stale => "an expectation is stale",
        Exit::Violation => "an archive or sandbox violation",
        Exit::Nothing => "nothing was executed, or a required check could not run",
        Exit::Harness => "the harness or the machine failed",
    }
}

/// A tile for each verdict: a link that shows its packs alone.
pub(super) fn tiles(run: &Run) -> String {
    let mut out = String::from("<ul class=\"tiles\">");
    for verdict in Verdict::WORST_FIRST {
        let (count, badge) = (run.count(verdict), badge(verdict));
        let tile = match count {
            // NB: there is no heading that the link could lead to.
            0 => format!("<span><b>0</b>{badge}</span>"),
            _ => {
                let link = filter("verdict", verdict.name());
                format!("<a {link}><b>{count}</b>{badge}</a>")
            }
        };
        let _ = write!(out, "<li data-tile=\"{verdict}\">{tile}</li>");
    }
    out + "</ul>\n"
}

/// The causes that most packs have, with what to do.
pub(super) fn causes(run: &Run, survey: &Survey) -> String {
    let rows = survey.causes.rows();
    if rows.is_empty() {
        return String::new();
    }
    let labels = run.packs.iter().zip(&survey.rows);
    let numbers: BTreeMap<&str, usize> = labels
        .map(|(pack, row)| (pack.label.as_str(), row.number))
        .collect();
    let item = |row: &&CauseRow| cause(row, run.started.judged, &numbers);
    let items: Vec<String> = rows.iter().take(ROWS).map(item).collect();
    let (open, folded) = items.split_at(items.len().min(OPEN));
    let mut out = format!(
        "<section aria-labelledby=\"causes\"><h2 id=\"causes\">What to do first</h2>\n\
         <p>{} over all {}. Those that the profile requires to mend come first, each from the \
         one with the most {}.</p>\n",
        counted(rows.len() + survey.causes.left_out(), "cause", "causes"),
        run.started.judged.name(),
        run.started.judged.name(),
    );
    if let Some(advice) = survey.causes.mendable().advice() {
        let (said, fix) = advice.rsplit_once(": ").unwrap_or((&advice, ""));
        let _ = writeln!(out, "<p>{}:</p>{}", text(said), command(fix));
    }
    let _ = writeln!(out, "<ol class=\"causes\">{}</ol>", open.concat());
    if !folded.is_empty() {
        let _ = writeln!(
            out,
            "<details><summary>{}</summary><ol class=\"causes\" start=\"{}\">{}</ol></details>",
            counted(folded.len(), "more cause", "more causes"),
            open.len() + 1,
            folded.concat()
        );
    }
    if let Some(more) = more_than(rows.len() + survey.causes.left_out(), ROWS) {
        let more = counted(more, "more cause", "more causes");
        let _ = writeln!(out, "<p>and {more}; see the JSON report</p>");
    }
    out + "</section>\n"
}

fn cause(row: &CauseRow, judged: RunKind, numbers: &BTreeMap<&str, usize>) -> String {
    let code = text(row.code.as_str());
    let advice = if row.is_advice { ", advice" } else { "" };
    let first = match numbers.get(row.first.as_str()) {
        Some(number) => format!("<a href=\"#p{number}\">{}</a>", text(&row.first)),
        None => text(&row.first),
    };
    let class = if row.is_advice { "partial" } else { "fail" };
    let explain = row.check.as_ref().map_or_else(String::new, |check| {
        command(&format!("greentic-provision explain {}", quoted(check)))
    });
    format!(
        "<li><p><b class=\"{class}\">{}</b> {} <code>{code}</code> <span class=\"quiet\">{}\
         {advice}; users meet it at {}</span></p><p><b>Do:</b> {}</p><p class=\"quiet\">First: \
         {first}<span class=\"js-only\"> · <a {}>all of them</a></span></p>{explain}</li>\n",
        judged.counted(row.packs),
        text(&row.what),
        row.level.name(),
        row.bite.name(),
        text(&row.fix),
        filter("code", row.code.as_str()),
    )
}
