//! A comparison as Markdown: a comment on a pull request.

use super::text;
use super::ways::{ShownWay, Ways};
use crate::reports::markdown::{cell, code};
use provision_oracle::comparison::{Change, Class, Comparison, NotCompared, Reach, Side};
use std::fmt::Write;

/// The bound on the document in bytes: GitHub refuses comments of more than 65,536
/// characters.
const MOST: usize = 60_000;
/// Bytes that stay free for the lines on what is left out and on the version.
const LAST_LINES: usize = 1_000;

/// What the file says until the comparison ends.
pub(super) fn not_ended() -> String {
    "# Comparison\n\n**Not compared:** the comparison did not end.\n".to_owned()
}

pub(super) fn document(comparison: &Comparison, ways: &Ways) -> String {
    let mut out =
        String::from("# Comparison\n\n| | pack | version | SHA-256 |\n|---|---|---|---|\n");
    side(&mut out, "old", &comparison.old);
    side(&mut out, "new", &comparison.new);
    let _ = writeln!(out, "\n{}", code(&text::step(comparison)));
    for class in Class::WORST_FIRST {
        let changes = comparison.changes.iter();
        let rows = changes.filter(|change| change.rule.class() == class);
        let head = ["rule", "place", "old", "new", "why"];
        section(&mut out, class.name(), &head, rows.map(changed));
    }
    for (gained, title) in [(true, "reaches further"), (false, "reaches less far")] {
        let reaches = comparison.reaches.iter();
        let rows = reaches.filter(|reach| reach.gained == gained);
        section(
            &mut out,
            title,
            &["kind", "what", "place"],
            rows.map(reached),
        );
    }
    for (title, ways) in ways.titled() {
        let head = ["setup", "wizard", "result", "findings"];
        section(&mut out, title, &head, ways.iter().map(passed));
    }
    let parts = comparison.not_compared.iter();
    section(
        &mut out,
        "not compared",
        &["part", "why"],
        parts.map(skipped),
    );
    if let Some(none) = text::no_difference(comparison) {
        let _ = writeln!(out, "\n{none}");
    }
    out
}

fn side(out: &mut String, name: &str, side: &Side) {
    let or_none = |text: &Option<String>| cell(text.as_deref().unwrap_or("(none)"));
    let (id, version) = (or_none(&side.id), or_none(&side.version));
    let _ = writeln!(
        out,
        "| {name} | {id} | {version} | {} |",
        cell(&side.digest)
    );
}

/// Adds a section with a table, of which the last rows may be left out.
fn section(
    out: &mut String,
    title: &str,
    columns: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
) {
    let rows: Vec<Vec<String>> = rows.collect();
    if rows.is_empty() {
        return;
    }
    let rule = "|---".repeat(columns.len());
    let head = format!(
        "\n## {title} ({})\n\n| {} |\n{rule}|\n",
        rows.len(),
        columns.join(" | ")
    );
    out.push_str(&head);
    let mut left_out = 0usize;
    for row in rows {
        let row = format!("| {} |\n", row.join(" | "));
        if left_out > 0 || out.len() + row.len() + LAST_LINES > MOST {
            left_out += 1;
        } else {
            out.push_str(&row);
        }
    }
    if left_out > 0 {
        let _ = writeln!(out, "\n… and {left_out} more; see --json");
    }
}

fn changed(change: &Change) -> Vec<String> {
    let guess = if change.guess { " (a guess)" } else { "" };
    let or_none = |text: &Option<String>| text.as_deref().map_or_else(String::new, cell);
    vec![
        format!("{}{guess}", change.rule),
        cell(&change.place),
        or_none(&change.old),
        or_none(&change.new),
        change.rule.why().to_owned(),
    ]
}

fn reached(reach: &Reach) -> Vec<String> {
    vec![
        reach.kind.name().to_owned(),
        cell(&reach.what),
        cell(&reach.place),
    ]
}

fn passed(way: &ShownWay) -> Vec<String> {
    let found = way.findings.iter();
    let found = found.map(|f| cell(&format!("{} at {}: {}", f.code, f.at, f.actual)));
    let said = found.chain(way.reason.iter().map(|why| cell(why)));
    vec![
        cell(&way.setup),
        cell(&way.wizard),
        way.status.to_owned(),
        said.collect::<Vec<_>>().join("<br>"),
    ]
}

fn skipped(part: &NotCompared) -> Vec<String> {
    vec![cell(&part.what), cell(&part.why)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use provision_oracle::comparison::{Rule, VersionStep};

    fn comparison(changes: Vec<Change>) -> Comparison {
        let side = |version: &str| Side {
            id: Some("a|b".into()),
            version: Some(version.into()),
            digest: "00".into(),
        };
        Comparison {
            old: side("1.0.0"),
            new: side("2.0.0"),
            worst: changes.iter().map(|change| change.rule.class()).max(),
            changes,
            reaches: Vec::new(),
            not_compared: Vec::new(),
            step: VersionStep::Right,
            announces_breaking: true,
            harness_error: None,
        }
    }

    fn no_ways() -> Ways {
        Ways {
            upgrades: Vec::new(),
            downgrades: Vec::new(),
        }
    }

    fn change(place: &str) -> Change {
        Change {
            rule: Rule::QuestionRemoved,
            place: place.into(),
            old: Some("a|b`c".into()),
            new: None,
            guess: true,
        }
    }

    #[test]
    fn text_of_a_pack_ends_no_cell_and_no_code_span() {
        let document = document(&comparison(vec![change("form, `x` @all <b>")]), &no_ways());
        let row = document
            .lines()
            .find(|line| line.starts_with("| question.removed"));
        let row = row.expect("a row");
        assert_eq!(row.matches('|').count(), 6, "{row}");
        assert!(row.contains("`` form, `x` @all <b> ``"), "{row}");
        assert!(
            row.contains("(a guess)") && row.contains("a\u{a6}b`c"),
            "{row}"
        );
    }

    #[test]
    fn document_stays_below_the_bound_of_a_comment_and_counts_what_is_left_out() {
        let many = (0..2_000).map(|at| change(&format!("form, question `{at}`")));
        let document = document(&comparison(many.collect()), &no_ways());
        assert!(document.len() <= MOST, "{}", document.len());
        let shown = document.matches("\n| question.removed").count();
        assert!(document.contains(&format!("… and {} more; see --json", 2_000 - shown)));
        assert!(document.contains("## breaking (2000)"));
    }
}
