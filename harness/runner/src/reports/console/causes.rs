//! The causes of one pack, in few lines.

use super::lines::{WIDTH, at_most, fit, one_line, width, wrap};
use crate::count::{counted, noun};
use provision_oracle::{Cause, Level};
use std::fmt::Write;

/// Causes that are shown for a pack, at most.
const SHOWN: usize = 12;
/// The indentation of the lines below a cause.
const INDENT: usize = 12;

/// Lists the causes that follow from no other in at most `room` lines; `level` is the
/// last that the profile requires.
pub(super) fn brief(causes: &[Cause], level: Level, room: usize) -> Vec<String> {
    let roots: Vec<&Cause> = causes.iter().filter(|c| c.blocked_by.is_none()).collect();
    let shown = roots.len().min(SHOWN).min(room.saturating_sub(1));
    let mut out = Vec::new();
    let rest = usize::from(shown < roots.len());
    // Each cause gets one line, and then the first ones get the lines that are left.
    let mut spare = room.saturating_sub(shown + rest);
    for (i, cause) in roots.iter().take(shown).enumerate() {
        let blocks = [2, 1].map(|most| block(i, cause, level, most));
        let fits = blocks.into_iter().find(|lines| lines.len() <= spare + 1);
        let lines = fits.unwrap_or_else(|| vec![head(i, cause, level)]);
        spare -= lines.len() - 1;
        out.extend(lines);
    }
    if shown < roots.len() {
        let left = roots.len() - shown;
        let left = counted(left, "more cause", "more causes");
        out.push(format!("  and {left}; --verbose shows all"));
    }
    out
}

/// The lines of one cause: each of its texts has at most `most`.
fn block(i: usize, cause: &Cause, level: Level, most: usize) -> Vec<String> {
    let max = WIDTH - INDENT;
    let room = room(&prefix(i, cause), &suffix(cause, level));
    let first = wrap(&cause.what, room)
        .into_iter()
        .next()
        .unwrap_or_default();
    let rest = cause.what.get(first.len()..).unwrap_or_default();
    let mut lines = match most {
        1 => vec![head(i, cause, level)],
        _ => vec![line(i, cause, level, &first)],
    };
    let mut add = |text: &str, most: usize| {
        let wrapped = at_most(wrap(text, max), most, max);
        lines.extend(wrapped.iter().map(|l| format!("{:INDENT$}{l}", "")));
    };
    add(rest, most - 1);
    add(&with_it(cause), most);
    add(&format!("users see: {}", cause.users_see), most);
    add(&format!("do: {}", cause.fix), most);
    lines
}

/// The other files of a cause, and what follows from it; empty if there is neither.
fn with_it(cause: &Cause) -> String {
    let mut parts = Vec::new();
    let name = |file: &str| file.rsplit('/').next().unwrap_or_default().to_owned();
    match &cause.also[..] {
        [] => {}
        [file] => parts.push(format!("also {}", name(file))),
        [file, more @ ..] => {
            let more = counted(more.len(), "more file", "more files");
            parts.push(format!("also {} and {more}", name(file)));
        }
    }
    match cause.follow {
        0 => {}
        n => {
            let findings = counted(n, "further finding", "further findings");
            parts.push(format!(
                "{findings} {} from it",
                noun(n, "follows", "follow")
            ));
        }
    }
    if parts.is_empty() {
        String::new()
    } else {
        format!("({})", parts.join("; "))
    }
}

/// The line of a cause with as much of the defect as fits.
fn head(i: usize, cause: &Cause, level: Level) -> String {
    let room = room(&prefix(i, cause), &suffix(cause, level));
    line(i, cause, level, &fit(&cause.what, room))
}

/// The line of a cause: its number, its level, `what` of the defect, and the code.
fn line(i: usize, cause: &Cause, level: Level, what: &str) -> String {
    let (prefix, suffix) = (prefix(i, cause), suffix(cause, level));
    let gap = (room(&prefix, &suffix) + 2).saturating_sub(width(what));
    format!("{prefix}{what}{:gap$}{suffix}", "")
}

fn prefix(i: usize, cause: &Cause) -> String {
    format!("{:>3} {:<8}", i + 1, cause.level.name())
}

/// The characters between the prefix and the suffix of a line.
fn room(prefix: &str, suffix: &str) -> usize {
    WIDTH.saturating_sub(width(prefix) + width(suffix) + 2)
}

fn suffix(cause: &Cause, level: Level) -> String {
    let mut out = format!("{}, {}", fit(cause.code.as_str(), 36), cause.bite.name());
    if cause.findings > 1 {
        let _ = write!(out, ", {} places", cause.findings);
    }
    if cause.level > level {
        out.push_str(", advice");
    }
    out
}

/// Every cause with all its places, without a bound on lines.
pub(super) fn all(causes: &[Cause], level: Level) -> String {
    let mut out = String::new();
    for (i, cause) in causes.iter().enumerate() {
        let _ = writeln!(out, "{}{}", prefix(i, cause), one_line(&cause.what));
        let mut add = |text: String| {
            let _ = writeln!(out, "{:INDENT$}{}", "", one_line(&text));
        };
        add(format!("{}, cause {}", suffix(cause, level), cause.id));
        let with_it = with_it(cause);
        if !with_it.is_empty() {
            add(with_it);
        }
        if let Some(root) = &cause.blocked_by {
            add(format!("follows from cause {root}"));
        }
        add(format!("users see: {}", cause.users_see));
        add(format!("do: {}", cause.fix));
        for place in &cause.places {
            let at = place.at.join("; ");
            add(format!("at {} ({}): {at}", place.check, place.scope));
        }
    }
    out
}
