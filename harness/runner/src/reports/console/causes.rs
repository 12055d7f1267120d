//! The causes of one pack, in few lines.

use super::lines::{at_most, fit, one_line, width, wrap};
use provision_core::text::{counted, noun};
use provision_oracle::{Cause, Level};
use std::fmt::Write;

/// Causes that are shown for a pack, at most.
const SHOWN: usize = 12;
/// The indentation of the lines below a cause.
const INDENT: usize = 12;

/// Columns for the text of a cause below which its code gets a line of its own.
const NARROW: usize = 24;

/// Lists the causes that follow from no other in at most `room` lines of so many columns;
/// `level` is the last that the profile requires.
pub(super) fn brief(
    causes: &[Cause],
    level: Level,
    (room, columns): (usize, usize),
) -> Vec<String> {
    let roots: Vec<&Cause> = causes.iter().filter(|c| c.blocked_by.is_none()).collect();
    let heads: Vec<Vec<String>> = roots
        .iter()
        .take(SHOWN)
        .enumerate()
        .map(|(i, cause)| head(i, cause, level, columns))
        .collect();
    // Each cause gets its first lines, and then the first ones get the lines that are left.
    let mut used = 0;
    let fitting = heads.iter().take_while(|head| {
        used += head.len();
        used < room
    });
    let shown = fitting.count();
    let mut out = Vec::new();
    let rest = usize::from(shown < roots.len());
    let taken: usize = heads.iter().take(shown).map(Vec::len).sum();
    let mut spare = room.saturating_sub(taken + rest);
    for (i, (cause, head)) in roots.iter().zip(heads).take(shown).enumerate() {
        let least = head.len();
        let blocks = [2, 1].map(|most| block(i, cause, level, (most, columns)));
        let fits = blocks
            .into_iter()
            .find(|lines| lines.len() <= spare + least);
        let lines = fits.unwrap_or(head);
        spare -= lines.len() - least;
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
fn block(i: usize, cause: &Cause, level: Level, (most, columns): (usize, usize)) -> Vec<String> {
    let max = columns - INDENT;
    let room = room(&prefix(i, cause), &suffix(cause, level), columns);
    let first = wrap(&cause.what, room.unwrap_or(max))
        .into_iter()
        .next()
        .unwrap_or_default();
    let rest = cause.what.get(first.len()..).unwrap_or_default();
    let mut lines = match most {
        1 => head(i, cause, level, columns),
        _ => first_lines(i, cause, level, (&first, columns)),
    };
    // The code stands below the whole text if it has a line of its own.
    let code = lines.split_off(1);
    let below = |text: &str, most: usize| {
        let wrapped = at_most(wrap(text, max), most, max).into_iter();
        wrapped.map(|line| format!("{:INDENT$}{line}", ""))
    };
    lines.extend(below(rest, most - 1));
    lines.extend(code);
    let mut add = |text: &str, most: usize| lines.extend(below(text, most));
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

/// The first lines of a cause with as much of the defect as fits.
fn head(i: usize, cause: &Cause, level: Level, columns: usize) -> Vec<String> {
    let room = room(&prefix(i, cause), &suffix(cause, level), columns);
    let what = fit(&cause.what, room.unwrap_or(columns - INDENT));
    first_lines(i, cause, level, (&what, columns))
}

/// The number of a cause, its level, `what` of the defect, and the code: in one line if
/// there is room.
fn first_lines(
    i: usize,
    cause: &Cause,
    level: Level,
    (what, columns): (&str, usize),
) -> Vec<String> {
    let (prefix, suffix) = (prefix(i, cause), suffix(cause, level));
    let Some(room) = room(&prefix, &suffix, columns) else {
        let suffix = fit(&suffix, columns - INDENT);
        return vec![format!("{prefix}{what}"), format!("{:INDENT$}{suffix}", "")];
    };
    let gap = (room + 2).saturating_sub(width(what));
    vec![format!("{prefix}{what}{:gap$}{suffix}", "")]
}

fn prefix(i: usize, cause: &Cause) -> String {
    format!("{:>3} {:<8}", i + 1, cause.level.name())
}

/// The columns between the prefix and the suffix of a line; `None` if they are too few.
pub(super) fn room(prefix: &str, suffix: &str, columns: usize) -> Option<usize> {
    let room = columns.saturating_sub(width(prefix) + width(suffix) + 2);
    (room >= NARROW).then_some(room)
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
