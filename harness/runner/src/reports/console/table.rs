//! The causes of a whole run as a table.

use super::lines::{WIDTH, fit, width};
use crate::count::counted;
use crate::events::RunKind;
use crate::fold::{CauseRow, CauseTable};
use std::fmt::Write;

/// Rows of the table, at most.
const ROWS: usize = 20;

/// The table, or nothing if no pack has a cause.
pub(super) fn table(table: &CauseTable, judged: RunKind) -> String {
    let rows = table.rows();
    let mut out = String::new();
    if rows.is_empty() {
        return out;
    }
    let judged = judged.name();
    let _ = writeln!(out, "causes over all {judged}:");
    // NB: the column is no wider for a longer word.
    let head = if judged.len() > 6 { "files" } else { judged };
    let _ = writeln!(out, "{head:>6} {:<8}cause", "level");
    for cause in rows.iter().take(ROWS) {
        let _ = writeln!(out, "{}", row(cause));
    }
    let left = rows.len().saturating_sub(ROWS) + table.left_out();
    if left > 0 {
        let _ = writeln!(
            out,
            "  and {}; the JSON report has all",
            counted(left, "more cause", "more causes")
        );
    }
    out
}

fn row(row: &CauseRow) -> String {
    let prefix = format!("{:>6} {:<8}", row.packs, row.level.name());
    let advice = if row.is_advice { ", advice" } else { "" };
    let code = fit(row.code.as_str(), 36);
    let suffix = format!("{code}, {}{advice}", row.bite.name());
    let room = WIDTH.saturating_sub(width(&prefix) + width(&suffix) + 2);
    let what = fit(&row.what, room);
    let gap = room - width(&what) + 2;
    format!("{prefix}{what}{:gap$}{suffix}", "")
}
