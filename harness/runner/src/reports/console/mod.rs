//! The console report: for each pack its verdict and the causes of its failures, in few
//! lines; at the end the causes of the whole run.

mod causes;
mod details;
mod layout;
pub(crate) mod lines;
mod table;

use crate::exit::Error;
use crate::fold::{CauseTable, Mendable, PackRun, Run};
use anstyle::{AnsiColor, Style};
pub use layout::{Detail, Layout, columns};
use lines::{fit, one_line, width, wrap_below};
use provision_core::text::{counted, noun};
use provision_core::{Status, Verdict};
use std::fmt::Write;

/// Lines that are shown for a pack, at most. A report of one pack has at most 25, with
/// the lines at its end.
const LINES: usize = 23;
/// Packs of a run above which each pack gets one line.
const MANY: usize = 12;
/// Checks that are excused, or not judged, and are shown for a pack, at most.
const LISTED: usize = 5;

/// Passes the report to `print`, one pack at a time. The text has colour codes;
/// `print` has to strip them unless it writes to a terminal.
///
/// # Errors
/// The error of `print`, or [`Error::Io`] of the stream.
pub fn report(
    run: &Run,
    layout: Layout,
    mut print: impl FnMut(&str) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut table = CauseTable::new(run.level());
    run.each(|pack| {
        table.add(pack);
        print(&one(run, pack, layout))
    })?;
    print(&summary(run, &table, layout))
}

/// The report of one pack.
#[must_use]
pub fn one(run: &Run, pack: &PackRun, layout: Layout) -> String {
    let (detail, columns) = (layout.detail, layout.columns());
    if detail == Detail::Brief && run.packs.len() > MANY {
        let mut out = folded(run, pack, layout);
        fuel(&mut out, pack);
        return out;
    }
    let mut out = format!("{}\n", head(pack, columns));
    let origin = pack.finished.as_ref().and_then(|f| f.registry.as_ref());
    if let Some(origin) = origin {
        let (manifest, content) = (&origin.manifest_digest, &origin.content_digest);
        let _ = writeln!(
            out,
            "  manifest digest {manifest}\n  content digest {content}"
        );
    }
    let previous = pack.finished.as_ref().and_then(|f| f.previous.as_ref());
    if let Some(previous) = previous {
        let _ = writeln!(out, "  {previous}");
    }
    let status = status(run, pack, layout);
    let end = end(run, pack, layout);
    match detail {
        Detail::Brief if matches!(pack.verdict(), Verdict::Pass | Verdict::NotApplicable) => {}
        Detail::Brief => {
            // NB: a terminal breaks the command, which must not be cut.
            let lines = end.iter().map(|line| width(line).div_ceil(columns));
            let used = out.lines().count() + status.len() + lines.sum::<usize>();
            // The end of the report has a line on the findings that can be mended.
            let used = used + usize::from(Mendable::of(pack).mended > 0);
            let room = LINES.saturating_sub(used);
            for line in causes::brief(&pack.causes, run.level(), (room, columns)) {
                let _ = writeln!(out, "{line}");
            }
        }
        Detail::Verbose => {
            if let Some(finished) = pack.finished.as_ref().filter(|f| !f.digest.is_empty()) {
                let _ = writeln!(out, "  sha256 {}", finished.digest);
            }
            out += &causes::all(&pack.causes, run.level());
            out += &details::failures(run, pack);
        }
    }
    fuel(&mut out, pack);
    for line in status.iter().chain(&end) {
        let _ = writeln!(out, "{line}");
    }
    out
}

/// One of many packs, in one line: its verdict, and the code of its first cause.
fn folded(run: &Run, pack: &PackRun, layout: Layout) -> String {
    let required = pack.causes.iter();
    let required = required.filter(|c| c.blocked_by.is_none() && c.level <= run.level());
    let causes: Vec<_> = required.collect();
    let cause = match (causes.as_slice(), pack.verdict()) {
        ([], Verdict::Pass | Verdict::NotApplicable) => match pack.summary.count(Status::Excused) {
            0 => String::new(),
            excused => format!("{excused} excused"),
        },
        ([], _) => status(run, pack, layout)
            .first()
            .map(|line| line.trim().to_owned())
            .unwrap_or_default(),
        ([first], _) => first.code.to_string(),
        ([first, rest @ ..], _) => format!("{} and {} more", first.code, rest.len()),
    };
    let columns = layout.columns();
    let folded = columns * FOLDED / 100;
    let label = fit(&label(pack), folded);
    let gap = (folded + 2).saturating_sub(width(&label));
    let room = columns.saturating_sub(folded + 17);
    let line = format!("{label}{:gap$}{}", "", fit(&cause, room));
    format!("{}{}\n", verdict(pack), line.trim_end())
}

/// Per cent of the columns for the label of a pack that has one line.
const FOLDED: usize = 52;

/// The line with the verdict, the label, the version and the role.
fn head(pack: &PackRun, columns: usize) -> String {
    format!("{}{}", verdict(pack), fit(&label(pack), columns - 15))
}

fn verdict(pack: &PackRun) -> String {
    let style = style(pack.verdict());
    format!("{style}{:<14}{style:#} ", pack.verdict().name())
}

/// The label, the version and the role.
fn label(pack: &PackRun) -> String {
    let finished = pack.finished.as_ref();
    let version = finished.and_then(|f| f.version.as_deref());
    let role = finished.and_then(|f| f.role.as_ref());
    let mut text = pack.label().to_owned();
    if let Some(version) = version {
        let _ = write!(text, " {version}");
    }
    if let Some(role) = role {
        let _ = write!(text, "  {}", role.role);
    }
    text
}

/// What is excused, why there is no verdict, or why a pack without failures did not pass.
fn status(run: &Run, pack: &PackRun, layout: Layout) -> Vec<String> {
    let detail = layout.detail;
    let mut lines: Vec<String> = pack.summary.cut_off().into_iter().collect();
    lines.extend(listed(pack, Status::Excused, "excused", detail));
    if pack.verdict() == Verdict::Partial {
        let (ran, due) = (pack.summary.steps_executed, pack.summary.steps_due);
        if ran < due {
            let evidence = run.started.judged.evidence(ran);
            let are = noun(due, "is", "are");
            lines.push(format!("{evidence}, at least {due} {are} required"));
        }
        lines.extend(listed(pack, Status::Blocked, "not judged", detail));
    }
    let line = |text: String| match detail {
        Detail::Brief => fit(&format!("  {text}"), layout.columns()),
        Detail::Verbose => one_line(&format!("  {text}")),
    };
    lines.into_iter().map(line).collect()
}

/// The checks of this status, with the reason of each.
fn listed(pack: &PackRun, status: Status, what: &str, detail: Detail) -> Vec<String> {
    let checks = pack.checks.iter().filter(|c| c.status == status);
    let mut lines: Vec<String> = checks
        .map(|check| {
            let reason = check.reason.as_deref().unwrap_or("no reason given");
            format!("{what}: {} ({}): {reason}", check.check, check.scope)
        })
        .collect();
    if detail == Detail::Brief && lines.len() > LISTED {
        let left = lines.len() - LISTED;
        lines.truncate(LISTED);
        lines.push(format!("and {left} more {what}; --verbose shows all"));
    }
    lines
}

/// The counts, and the command that shows the failures again.
fn end(run: &Run, pack: &PackRun, layout: Layout) -> Vec<String> {
    let count = |status| pack.checks.iter().filter(|c| c.status == status).count();
    let steps = pack.finished.as_ref().map_or(0, |f| f.steps_executed);
    let mut counts = format!(
        "  {} passed, {} failed, {} blocked or not applicable; {}",
        counted(count(Status::Passed), "check", "checks"),
        count(Status::Failed) + count(Status::Error),
        count(Status::NotApplicable) + count(Status::Blocked),
        run.started.judged.units(steps),
    );
    match count(Status::Excused) {
        0 => {}
        excused => {
            let _ = write!(counts, "; {excused} excused");
        }
    }
    let advice = pack.causes.iter().filter(|c| c.level > run.level());
    match advice.filter(|c| c.blocked_by.is_none()).count() {
        0 => {}
        n => {
            let _ = write!(counts, "; advice on {}", counted(n, "cause", "causes"));
        }
    }
    let of_check = || pack.checks.iter().find_map(|c| c.reproduce.as_ref());
    let command = pack.finished.as_ref().and_then(|f| f.reproduce.as_ref());
    let again = command
        .or_else(of_check)
        .map(|c| one_line(&format!("  again: {c}")));
    broken(&counts, layout).into_iter().chain(again).collect()
}

/// Lists the steps whose fuel differs from the baseline.
fn fuel(out: &mut String, pack: &PackRun) {
    for (wizard, changes) in pack.wizards.iter().zip(&pack.fuel_changes) {
        for (step, change) in wizard.steps.iter().zip(changes) {
            let Some(change) = change.filter(|change| *change != 0) else {
                continue;
            };
            let fuel = step.call.meters.fuel;
            let before = i128::from(fuel) - i128::from(change);
            let share = change as f64 * 100.0 / (before as f64).max(1.0);
            let (wizard, function) = (&wizard.wizard, &step.call.function);
            let name = step.node.as_deref().unwrap_or(&step.step);
            let _ = writeln!(
                out,
                "  fuel of {wizard} {name} ({function}): {before} → {fuel} ({change:+}, {share:+.1} %)"
            );
        }
    }
}

/// The end of the report: the causes of all packs, stale expectations, the findings that
/// can be mended, and the tally of the run.
#[must_use]
pub fn summary(run: &Run, causes: &CauseTable, layout: Layout) -> String {
    let mut out = String::new();
    if run.packs.len() > 1 {
        out += &table::table(causes, run.started.judged, layout.columns());
    }
    for stale in &run.stale {
        let stale = format!("stale: {stale}; remove or correct the expectation");
        add_broken(&mut out, &stale, layout);
    }
    if let Some(unowned) = run.unowned() {
        let _ = writeln!(out, "{unowned}");
    }
    if let Some(advice) = causes.mendable().advice() {
        add_broken(&mut out, &advice, layout);
    }
    add_broken(&mut out, &run.tally(), layout);
    if run.checks(Status::Passed) > 0 && run.steps_executed() == 0 {
        add_broken(&mut out, run.started.judged.nothing(), layout);
    }
    out
}

fn add_broken(out: &mut String, text: &str, layout: Layout) {
    for line in broken(text, layout) {
        let _ = writeln!(out, "{line}");
    }
}

/// The line `text`; on a terminal, broken between words.
pub(crate) fn broken(text: &str, layout: Layout) -> Vec<String> {
    let indent = text.len() - text.trim_start().len();
    match layout.terminal() {
        Some(columns) if width(text) > columns => wrap_below(text, indent, columns),
        _ => vec![text.to_owned()],
    }
}

/// The colour of a verdict.
fn style(verdict: Verdict) -> Style {
    let colour = match verdict {
        Verdict::Pass => AnsiColor::Green,
        Verdict::NotApplicable => AnsiColor::Cyan,
        Verdict::Partial => AnsiColor::Yellow,
        Verdict::Fail | Verdict::Error => AnsiColor::Red,
    };
    Style::new().fg_color(Some(colour.into())).bold()
}
