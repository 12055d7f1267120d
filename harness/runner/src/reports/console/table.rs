//! The causes of a whole run as a table.

use super::causes::room;
use super::lines::{fit, width};
use crate::events::RunKind;
use crate::fold::{CauseRow, CauseTable};
use provision_core::text::counted;
use std::fmt::Write;

/// Rows of the table, at most.
const ROWS: usize = 20;

/// The table, or nothing if no pack has a cause.
pub(super) fn table(table: &CauseTable, judged: RunKind, columns: usize) -> String {
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
        let _ = writeln!(out, "{}", row(cause, columns));
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

fn row(row: &CauseRow, columns: usize) -> String {
    let prefix = format!("{:>6} {:<8}", row.packs, row.level.name());
    let advice = if row.is_advice { ", advice" } else { "" };
    let code = fit(row.code.as_str(), 36);
    let suffix = format!("{code}, {}{advice}", row.bite.name());
    let indent = width(&prefix);
    let Some(room) = room(&prefix, &suffix, columns) else {
        let (what, suffix) = (
            fit(&row.what, columns - indent),
            fit(&suffix, columns - indent),
        );
        return format!("{prefix}{what}\n{:indent$}{suffix}", "");
    };
    let what = fit(&row.what, room);
    let gap = room - width(&what) + 2;
    format!("{prefix}{what}{:gap$}{suffix}", "")
}
