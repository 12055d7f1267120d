//! A comparison as text for people: the differences by class, the worst first.

use super::ways::{ShownWay, Ways};
use provision_core::text::inert;
use provision_oracle::comparison::{Change, Class, Comparison, Reach, Side, VersionStep};
use std::fmt::Write;

/// Differences of one class, and other rows, that are shown, at most.
const SHOWN: usize = 200;

pub(super) fn table(comparison: &Comparison, ways: &Ways) -> String {
    let mut out = String::new();
    side(&mut out, "old", &comparison.old);
    side(&mut out, "new", &comparison.new);
    for class in Class::WORST_FIRST {
        let of_class = |change: &&Change| change.rule.class() == class;
        let changes: Vec<&Change> = comparison.changes.iter().filter(of_class).collect();
        changed(&mut out, class, &changes);
    }
    reaches(&mut out, comparison);
    for (title, ways) in ways.titled() {
        passed(&mut out, title, ways);
    }
    skipped(&mut out, comparison);
    if let Some(none) = no_difference(comparison) {
        let _ = writeln!(out, "\n{none}");
    }
    let _ = writeln!(out, "\n{}", step(comparison));
    out
}

/// Says so if the packs do not differ.
pub(super) fn no_difference(comparison: &Comparison) -> Option<&'static str> {
    let is_same = comparison.changes.is_empty() && comparison.reaches.is_empty();
    is_same.then_some(if comparison.not_compared.is_empty() {
        "no difference"
    } else {
        "no difference in what was compared"
    })
}

fn side(out: &mut String, name: &str, side: &Side) {
    let or_none = |text: &Option<String>| inert(text.as_deref().unwrap_or("(none)"), 120);
    let (id, version) = (or_none(&side.id), or_none(&side.version));
    let _ = writeln!(out, "{name}  {id} {version}  sha256 {}", side.digest);
}

fn changed(out: &mut String, class: Class, changes: &[&Change]) {
    if changes.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{class} ({})", changes.len());
    for change in changes.iter().take(SHOWN) {
        let guess = if change.guess { "  (a guess)" } else { "" };
        let _ = writeln!(out, "  {}  {}{guess}", change.rule, change.place);
        let sides = [("old", &change.old), ("new", &change.new)];
        for (name, text) in sides {
            if let Some(text) = text {
                let _ = writeln!(out, "    {name}  {text}");
            }
        }
        let _ = writeln!(out, "    why  {}", change.rule.why());
    }
    more(out, changes.len());
}

fn reaches(out: &mut String, comparison: &Comparison) {
    for (gained, title) in [(true, "reaches further"), (false, "reaches less far")] {
        let all = comparison.reaches.iter();
        let reaches: Vec<&Reach> = all.filter(|reach| reach.gained == gained).collect();
        if reaches.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n{title} ({})", reaches.len());
        for reach in reaches.iter().take(SHOWN) {
            let (kind, what, place) = (reach.kind.name(), &reach.what, &reach.place);
            let _ = writeln!(out, "  {kind:<20}  {what}  ({place})");
        }
        more(out, reaches.len());
    }
}

fn passed(out: &mut String, title: &str, ways: &[ShownWay]) {
    if ways.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{title} ({})", ways.len());
    for way in ways.iter().take(SHOWN) {
        let _ = writeln!(out, "  {}", way.line());
        for finding in &way.findings {
            let _ = writeln!(
                out,
                "    {} at {}: {}",
                finding.code, finding.at, finding.actual
            );
        }
    }
    more(out, ways.len());
}

fn skipped(out: &mut String, comparison: &Comparison) {
    let parts = &comparison.not_compared;
    if parts.is_empty() {
        return;
    }
    let _ = writeln!(out, "\nnot compared ({})", parts.len());
    for part in parts.iter().take(SHOWN) {
        let _ = writeln!(out, "  {}: {}", part.what, part.why);
    }
    more(out, parts.len());
}

fn more(out: &mut String, count: usize) {
    if count > SHOWN {
        let _ = writeln!(out, "  … and {} more; see --json", count - SHOWN);
    }
}

/// The step between the versions, as a line.
pub(super) fn step(comparison: &Comparison) -> String {
    let or_none = |text: &Option<String>| inert(text.as_deref().unwrap_or("(none)"), 80);
    let old = or_none(&comparison.old.version);
    let new = or_none(&comparison.new.version);
    let verdict = match &comparison.step {
        VersionStep::Right => "the step is large enough".to_owned(),
        VersionStep::Unknown => "not compared".to_owned(),
        VersionStep::TooSmall { smallest } => {
            format!("the step is too small; the smallest right version is {smallest}")
        }
    };
    format!("version {old} to {new}: {verdict}")
}
