//! Steps on the page of a history: what each consumed, and where that jumps.

use super::chart::line;
use super::model::{History, PackLife, StepLife, jumps};
use crate::reports::html::text;
use std::fmt::Write;

/// Steps that are shown with a chart, at most: each takes about a kilobyte.
const CHARTS: usize = 1_500;
/// Jumps of a chart that its words name, at most.
const WORDS: usize = 8;

/// What is charted of a step.
struct Series<'s> {
    what: &'static str,
    values: &'s [Option<u64>],
    jumps: Vec<usize>,
}

fn series(step: &StepLife) -> [Series<'_>; 2] {
    [("fuel", &step.fuel), ("memory, bytes", &step.memory)].map(|(what, values)| Series {
        what,
        values,
        jumps: jumps(values),
    })
}

/// The steps that jump in any night, by pack; the others are counted.
pub(super) fn jumped(history: &History) -> String {
    let mut out = String::from(
        "<h2>Fuel and memory of steps</h2><p>A dot marks a night in which a step consumes a tenth more or less \
         than the night before.</p>\n",
    );
    let (mut steady, mut charts) = (0, 0);
    for pack in &history.packs {
        let mut rows = String::new();
        for step in &pack.steps {
            let jumping = series(step)
                .into_iter()
                .filter(|series| !series.jumps.is_empty());
            let jumping: Vec<Series<'_>> = jumping.collect();
            if jumping.is_empty() {
                steady += 1;
            }
            for series in jumping {
                charts += 1;
                if charts <= CHARTS {
                    rows += &row(history, pack, step, &series);
                }
            }
        }
        if !rows.is_empty() {
            let _ = writeln!(
                out,
                "<details><summary>{}</summary><table>{rows}</table></details>",
                text(&pack.label)
            );
        }
    }
    let _ = writeln!(out, "<p>{steady} steps never jump.</p>");
    if let Some(more) = charts.checked_sub(CHARTS).filter(|more| *more > 0) {
        let _ = writeln!(out, "<p>{more} more charts are left out.</p>");
    }
    out
}

fn row(history: &History, pack: &PackLife, step: &StepLife, series: &Series<'_>) -> String {
    let Series {
        what,
        values,
        jumps,
    } = series;
    let value = |at: usize| values.get(at).copied().flatten().unwrap_or(0);
    let said = jumps.iter().rev().take(WORDS).map(|at| {
        let night = history
            .nights
            .get(*at)
            .map_or_else(String::new, |n| text(&n.name));
        let bytes = if pack.same_bytes(*at) {
            ", with equal bytes"
        } else {
            ""
        };
        format!(
            "{night}: {} to {}{bytes}",
            value(at.saturating_sub(1)),
            value(*at)
        )
    });
    let mut said: Vec<String> = said.collect();
    if let Some(more) = jumps.len().checked_sub(WORDS).filter(|more| *more > 0) {
        said.push(format!("and {more} earlier ones"));
    }
    let said = said.join("; ");
    let last = values.iter().rev().flatten().next().copied().unwrap_or(0);
    format!(
        "<tr><td>{}</td><td>{what}</td><td class=\"n\">{last}</td><td class=\"c\">{}</td>\
         <td>{said}</td></tr>\n",
        text(&step.name),
        line(values, jumps, &format!("{what} by night; jumps: {said}")),
    )
}
