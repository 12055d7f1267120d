//! What `watch` prints: text for people, or one JSON object a line.

use super::standing::{Standing, Step};
use crate::cli::output::{Reader, print_while_read};
use crate::events::RunKind;
use crate::exit::{Error, Exit};
use crate::history::{Carried, Carriers};
use crate::reports::console::lines::{at_most, wrap};
use crate::reports::console::{self, Layout};
use anstyle::{AnsiColor, Style};
use provision_core::Verdict;
use provision_core::text::{inert, inert_json, inert_lines_within};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Rows of one kind, at most.
const ROWS: usize = 20;
/// Packs that a row names, at most.
const NAMED: usize = 8;
/// Changes of fuel that are shown, at most.
const FUEL: usize = 5;
/// What begins a line that continues a row.
const INDENT: usize = 13;

/// One judgement, as it is shown.
pub(super) struct Round<'r> {
    /// The labels of the packs that were judged.
    pub(super) judged: Vec<String>,
    pub(super) step: &'r Step,
    pub(super) standing: &'r Standing,
    /// How long it took, in milliseconds.
    pub(super) millis: u128,
    /// Whether the reports of all packs have been printed before.
    pub(super) is_first: bool,
}

/// In which form everything is printed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    Text,
    Json,
}

impl Form {
    /// Prints one judgement.
    pub(super) fn round(self, round: &Round<'_>) -> Result<Reader, Error> {
        match self {
            Self::Text => print_while_read(&text(round)),
            Self::Json => print_line(&value(round)),
        }
    }

    /// Prints an error that keeps packs from being judged.
    pub(super) fn error(self, error: &Error) -> Result<Reader, Error> {
        let said = inert_lines_within(&error.to_string(), 2_000, 20);
        match self {
            Self::Text => print_while_read(&format!(
                "{} error: {}\n  nothing was judged; the next change is tried again\n",
                now(),
                said.trim_end()
            )),
            Self::Json => print_line(&json!({
                "event": "error", "at": unix(), "message": said, "exit_code": error.exit() as u8,
            })),
        }
    }

    /// Prints how the command ends.
    /// `cut_off` packs have no result, because the signal ended their run.
    pub(super) fn end(
        self,
        by: &str,
        standing: &Standing,
        (exit, cut_off): (Exit, usize),
    ) -> Result<Reader, Error> {
        match self {
            Self::Text => {
                let summary = match cut_off {
                    0 => summary_lines(standing),
                    packs => without_results(standing, packs),
                };
                let code = exit as u8;
                print_while_read(&format!("{summary}{} ended by {by}, exit {code}\n", now()))
            }
            Self::Json => print_line(&json!({
                "event": "ended", "at": unix(), "by": by, "exit_code": exit as u8,
                "without_result": cut_off, "summary": summary(standing),
            })),
        }
    }
}

/// The summary while packs are judged.
pub(super) fn without_results(standing: &Standing, judged: usize) -> String {
    let summary = if standing.is_first() {
        String::new()
    } else {
        summary_lines(standing)
    };
    format!(
        "{summary}without a result, because their run was ended: {}\n",
        RunKind::Packs.counted(judged)
    )
}

fn print_line(value: &Value) -> Result<Reader, Error> {
    print_while_read(&(inert_json(&value.to_string()) + "\n"))
}

fn text(round: &Round<'_>) -> String {
    let Round {
        judged,
        step,
        standing,
        millis,
        is_first,
    } = round;
    let (all, seconds) = (standing.len(), *millis as f64 / 1000.0);
    let head = match judged.len() {
        0 => format!("{} {} left", now(), RunKind::Packs.counted(all)),
        1.. if *is_first => format!(
            "{} judged {} in {seconds:.1} s",
            now(),
            RunKind::Packs.counted(all)
        ),
        some => {
            let (all, names) = (RunKind::Packs.counted(all), names(judged.iter()));
            format!(
                "{} judged {some} of {all} in {seconds:.1} s: {names}",
                now()
            )
        }
    };
    let mut out = broken(&head);
    if !is_first {
        step_rows(&mut out, step);
    }
    out += &summary_lines(standing);
    out
}

/// What a judgement changes, a row each.
fn step_rows(out: &mut String, step: &Step) {
    let changes = &step.changes;
    let verdicts = changes.verdicts.iter().map(|(label, old, new)| {
        let kind = if new > old { "worse" } else { "better" };
        (kind, format!("{label}: {old} → {}", new))
    });
    rows(out, &verdicts.collect::<Vec<_>>());
    let some = |kind: &'static str, packs: &[(String, Verdict)]| {
        let row = |(label, verdict): &(String, _)| (kind, format!("{label}: {}", verdict));
        packs.iter().map(row).collect::<Vec<_>>()
    };
    rows(out, &some("new pack", &changes.added));
    let removed = changes
        .removed
        .iter()
        .map(|(label, _)| ("gone pack", label.clone()));
    rows(out, &removed.collect::<Vec<_>>());
    causes(out, "new cause", &step.appeared, step);
    causes(out, "gone cause", &changes.gone, step);
    rows(out, &some("as before", &step.same));
    let fuel = changes.fuel.iter().take(FUEL).map(|(step, old, new)| {
        let percent = i128::from(*new) * 100 / i128::from(*old).max(1) - 100;
        (
            "fuel",
            format!("{}: {old} → {new} ({percent:+} %)", inert(step, 300)),
        )
    });
    rows(out, &fuel.collect::<Vec<_>>());
}

/// What is stale, and all packs in one line.
fn summary_lines(standing: &Standing) -> String {
    let stale = standing.stale().iter().take(ROWS);
    let stale = stale.map(|stale| format!("stale: {stale}; remove or correct the expectation"));
    let lines = stale.chain([standing.tally()]);
    lines.map(|line| broken(&line)).collect()
}

/// A line; on a terminal, as many as it takes.
pub(super) fn broken(line: &str) -> String {
    let lines = console::broken(line, Layout::of(false)).into_iter();
    lines.map(|line| line + "\n").collect()
}

/// A row: its kind in a column of its own, and the text. A terminal gets at most `most`
/// lines of it.
fn row(out: &mut String, kind: &str, text: &str, most: usize) {
    let lines = match console::columns() {
        None => vec![text.to_owned()],
        Some(columns) => {
            let room = columns - INDENT;
            at_most(wrap(text, room), most, room)
        }
    };
    let style = style(kind);
    for (nth, line) in lines.iter().enumerate() {
        let kind = if nth == 0 { kind } else { "" };
        let _ = writeln!(out, "  {style}{kind:<10}{style:#} {line}");
    }
}

/// The colour of a kind of row.
fn style(kind: &str) -> Style {
    let colour = match kind {
        "worse" | "new cause" => AnsiColor::Red,
        "better" | "gone cause" => AnsiColor::Green,
        _ => return Style::new(),
    };
    Style::new().fg_color(Some(colour.into())).bold()
}

/// Rows of a kind.
fn rows(out: &mut String, rows: &[(&str, String)]) {
    for (kind, text) in rows.iter().take(ROWS) {
        row(out, kind, text, 2);
    }
    if let Some((kind, _)) = rows.get(ROWS) {
        row(out, kind, &format!("and {} more", rows.len() - ROWS), 1);
    }
}

/// The causes with their packs, and what to do about them.
fn causes(out: &mut String, kind: &str, carriers: &Carriers, step: &Step) {
    let level = step.changes.level;
    let mut sorted: Vec<_> = carriers.iter().collect();
    sorted.sort_by_key(|(_, carried)| carried.level);
    let mut said = None;
    for (key, Carried { level: of, packs }) in sorted.iter().take(ROWS) {
        let (code, what) = *key;
        let advice = if *of > level { ", advice" } else { "" };
        let packs = names(packs.iter());
        let text = format!("{code} ({}{advice}) in {packs}: {what}", of.name());
        row(out, kind, &text, 3);
        let fix = step.fixes.get(*key);
        if let Some(fix) = fix.filter(|_| said != fix) {
            row(out, "", &format!("do: {}", inert(fix, 300)), 2);
        }
        said = fix;
    }
    if carriers.len() > ROWS {
        row(out, kind, &format!("and {} more", carriers.len() - ROWS), 1);
    }
}

/// Some labels.
fn names<'l>(labels: impl ExactSizeIterator<Item = &'l String>) -> String {
    let more = labels.len().saturating_sub(NAMED);
    let mut shown: Vec<String> = labels.take(NAMED).map(|label| inert(label, 200)).collect();
    if more > 0 {
        shown.push(format!("and {more} more"));
    }
    shown.join(", ")
}

fn value(round: &Round<'_>) -> Value {
    let Round {
        judged,
        step,
        standing,
        millis,
        is_first: _,
    } = round;
    let changes = &step.changes;
    let changed = changes.verdicts.iter();
    let changed = changed.map(|(pack, old, new)| json!({ "pack": pack, "old": old, "new": new }));
    let some = |packs: &[(String, Verdict)]| {
        let packs = packs.iter();
        let packs = packs.map(|(pack, verdict)| json!({ "pack": pack, "verdict": verdict }));
        packs.collect::<Vec<_>>()
    };
    let labels = |packs: &BTreeSet<String>| packs.iter().cloned().collect::<Vec<_>>();
    let causes = |carriers: &Carriers| {
        let cause = |(key, carried): (&(String, String), &Carried)| {
            json!({
                "code": key.0, "what": key.1, "level": carried.level,
                "packs": labels(&carried.packs), "fix": step.fixes.get(key),
            })
        };
        carriers.iter().map(cause).collect::<Vec<_>>()
    };
    json!({
        "event": "judged", "at": unix(), "millis": millis,
        "judged": judged,
        "changed": changed.collect::<Vec<_>>(),
        "added": some(&changes.added),
        "removed": some(&changes.removed),
        "same": some(&step.same),
        "appeared": causes(&step.appeared),
        "gone": causes(&changes.gone),
        "stale": standing.stale(),
        "summary": summary(standing),
        "exit_code": standing.exit() as u8,
    })
}

fn summary(standing: &Standing) -> Value {
    let count = |verdict| standing.count(verdict);
    json!({
        "packs": standing.len(),
        "pass": count(Verdict::Pass),
        "not_applicable": count(Verdict::NotApplicable),
        "partial": count(Verdict::Partial),
        "fail": count(Verdict::Fail),
        "error": count(Verdict::Error),
    })
}

fn unix() -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp()
}

/// The time of the day in UTC, as in reports and logs of a CI.
pub(super) fn now() -> String {
    let (hour, minute, second) = time::OffsetDateTime::now_utc().to_hms();
    format!("{hour:02}:{minute:02}:{second:02}Z")
}
