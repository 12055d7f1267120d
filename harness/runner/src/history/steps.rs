//! Steps on the page of a history: what each consumed over all nights, and where that jumps.

use super::chart::line;
use super::model::{History, PackLife, StepLife, jumps};
use crate::reports::html::text;
use provision_core::text::counted;
use std::fmt::Write;

/// Bytes of the charts of steps that jump, at most.
const JUMPS: usize = 1_500_000;
/// Bytes of the charts of steps that vary and never jump, at most.
const VARIATIONS: usize = 500_000;
/// Bytes of all rows without their charts, at most.
const ROWS: usize = 1_500_000;
/// Jumps of a chart that its words name, at most.
const WORDS: usize = 8;

/// What is shown of a step.
struct Series<'s> {
    what: &'static str,
    values: &'s [Option<u64>],
    jumps: Vec<usize>,
}

/// The bytes that are left of each bound, and what did not fit.
struct Room {
    jumps: usize,
    variations: usize,
    rows: usize,
    charts_left_out: usize,
    packs_left_out: usize,
}

/// The least, the middle and the greatest value, and that of the last night that has one.
#[derive(Debug, PartialEq, Eq)]
struct Summary {
    least: u64,
    median: u64,
    most: u64,
    last: u64,
}

impl Summary {
    fn of(values: &[Option<u64>]) -> Option<Self> {
        let mut known: Vec<u64> = values.iter().flatten().copied().collect();
        let last = *known.last()?;
        known.sort_unstable();
        Some(Self {
            least: *known.first()?,
            median: *known.get((known.len() - 1) / 2)?,
            most: *known.last()?,
            last,
        })
    }
}

fn series(step: &StepLife) -> [Series<'_>; 2] {
    [("fuel", &step.fuel), ("memory, bytes", &step.memory)].map(|(what, values)| Series {
        what,
        values,
        jumps: jumps(values),
    })
}

/// The steps of all packs: the packs with a step that jumps first, the others folded.
pub(super) fn section(history: &History) -> String {
    let mut room = Room {
        jumps: JUMPS,
        variations: VARIATIONS,
        rows: ROWS,
        charts_left_out: 0,
        packs_left_out: 0,
    };
    let jumping = |pack: &&PackLife| pack.steps.iter().any(step_jumps);
    let with_steps = || history.packs.iter().filter(|pack| !pack.steps.is_empty());
    let mut out = String::from(
        "<h2>Fuel and memory of steps</h2><p>A step jumps in a night in which it consumes a \
         tenth more or less than the night before; a bar marks the night.</p>\n",
    );
    let mut jumped: Vec<&PackLife> = with_steps().filter(jumping).collect();
    jumped.sort_by_key(|pack| std::cmp::Reverse(last_jump(pack)));
    for pack in jumped {
        out += &of_pack(history, pack, &mut room);
    }
    let mut steady = String::new();
    let mut count = 0usize;
    for pack in with_steps().filter(|pack| !jumping(pack)) {
        count += 1;
        steady += &of_pack(history, pack, &mut room);
    }
    if count > 0 {
        let _ = writeln!(
            out,
            "<details><summary>{} with no step that jumps</summary>{steady}</details>",
            counted(count, "pack", "packs")
        );
    }
    for (count, one, many) in [
        (room.charts_left_out, "chart is", "charts are"),
        (room.packs_left_out, "pack is", "packs are"),
    ] {
        if count > 0 {
            let _ = writeln!(
                out,
                "<p>{} left out, so that the page stays small.</p>",
                counted(count, one, many)
            );
        }
    }
    out
}

fn step_jumps(step: &StepLife) -> bool {
    series(step).iter().any(|series| !series.jumps.is_empty())
}

/// The last night in which a step of the pack jumps.
fn last_jump(pack: &PackLife) -> Option<usize> {
    let of_step = |step| {
        series(step)
            .into_iter()
            .filter_map(|s| s.jumps.last().copied())
            .max()
    };
    pack.steps.iter().filter_map(of_step).max()
}

/// The steps of one pack, folded.
fn of_pack(history: &History, pack: &PackLife, room: &mut Room) -> String {
    let mut rows = String::new();
    let mut jumping = 0usize;
    let (jumps, variations) = (room.jumps, room.variations);
    for step in &pack.steps {
        jumping += usize::from(step_jumps(step));
        for series in series(step) {
            let chart = chart(history, pack, &series, room);
            rows += &row(step, &series, &chart);
        }
    }
    let charts = (jumps - room.jumps) + (variations - room.variations);
    let own = rows.len() - charts;
    if own > room.rows {
        (room.jumps, room.variations) = (jumps, variations);
        room.packs_left_out += 1;
        return String::new();
    }
    room.rows -= own;
    let night = last_jump(pack).and_then(|at| history.nights.get(at));
    let said = night.map_or_else(String::new, |night| {
        format!(", {jumping} jumped, last in {}", text(&night.name))
    });
    let label = text(&pack.label);
    format!(
        "<details><summary>{label} <small>{}{said}</small></summary><div class=\"scroll\" \
         tabindex=\"0\" role=\"group\" aria-label=\"steps of {label}\"><table class=\"steps\"><thead>\
         <tr><th scope=\"col\">step</th><th scope=\"col\">consumes</th><th scope=\"col\">last</th>\
         <th scope=\"col\">least</th><th scope=\"col\">median</th><th scope=\"col\">most</th>\
         <th scope=\"col\">by night</th></tr></thead>{rows}</table></div></details>\n",
        counted(pack.steps.len(), "step", "steps")
    )
}

fn row(step: &StepLife, series: &Series<'_>, chart: &str) -> String {
    let Some(summary) = Summary::of(series.values) else {
        return String::new();
    };
    let Summary {
        least,
        median,
        most,
        last,
    } = summary;
    let name = text(&step.name);
    let what = series.what;
    let nights = series.values.iter().flatten().count();
    let nights = counted(nights, "night that has it", "nights that have it");
    match chart {
        "" if least == most => format!(
            "<tr><th scope=\"row\">{name}<td>{what}<td>{last}<td colspan=\"4\">the same in {nights}</tr>\n"
        ),
        chart => format!(
            "<tr><th scope=\"row\">{name}<td>{what}<td>{last}<td>{least}<td>{median}<td>{most}\
             <td class=\"c\">{chart}</tr>\n"
        ),
    }
}

/// The values by night, and the jumps in words; nothing if all values are the same, or if
/// the page has no room.
fn chart(history: &History, pack: &PackLife, series: &Series<'_>, room: &mut Room) -> String {
    let mut known = series.values.iter().flatten();
    let first = known.next();
    if known.all(|value| Some(value) == first) {
        return String::new();
    }
    let Series {
        what,
        values,
        jumps,
    } = series;
    let said = words(history, pack, series);
    let (title, below) = match said.as_str() {
        "" => (format!("{what} by night"), String::new()),
        said => (
            format!("{what} by night; jumps: {said}"),
            format!("<small>{said}</small>"),
        ),
    };
    let chart = line(values, jumps, &title) + &below;
    let left = if jumps.is_empty() {
        &mut room.variations
    } else {
        &mut room.jumps
    };
    match left.checked_sub(chart.len()) {
        Some(rest) => *left = rest,
        None => {
            room.charts_left_out += 1;
            return below;
        }
    }
    chart
}

/// The last jumps in words.
fn words(history: &History, pack: &PackLife, series: &Series<'_>) -> String {
    let value = |at: usize| series.values.get(at).copied().flatten().unwrap_or(0);
    let said = series.jumps.iter().rev().take(WORDS).map(|at| {
        let night = history.nights.get(*at);
        let night = night.map_or_else(String::new, |n| text(&n.name));
        let bytes = if pack.same_bytes(*at) {
            ", with equal bytes"
        } else {
            ""
        };
        let (before, after) = (value(at.saturating_sub(1)), value(*at));
        format!("{night}: {before} to {after}{bytes}")
    });
    let mut said: Vec<String> = said.collect();
    let more = series.jumps.len().checked_sub(WORDS);
    if let Some(more) = more.filter(|more| *more > 0) {
        said.push(format!(
            "and {}",
            counted(more, "earlier one", "earlier ones")
        ));
    }
    said.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summary_is_of_the_nights_that_have_the_step() {
        let values = [Some(5), None, Some(1), Some(9), Some(2), None];
        let summary = Summary {
            least: 1,
            median: 2,
            most: 9,
            last: 2,
        };
        assert_eq!(Summary::of(&values), Some(summary));
        assert_eq!(Summary::of(&[None]), None);
    }

    #[test]
    fn page_of_very_many_varying_steps_stays_within_its_bounds() {
        let nights = 100;
        let pack = |at: usize| PackLife {
            label: format!("pack-{at}"),
            steps: (0..40u64)
                .map(|step| StepLife {
                    name: format!("setup: apply {step}, run"),
                    fuel: (0..nights).map(|n| Some(1_000 + n % 7 * step)).collect(),
                    memory: (0..nights).map(|n| Some(65_536 * (1 + n % 2))).collect(),
                })
                .collect(),
            ..PackLife::default()
        };
        let history = History {
            packs: (0..300).map(pack).collect(),
            ..History::default()
        };
        let page = section(&history);
        let bound = JUMPS + VARIATIONS + ROWS;
        assert!(page.len() < bound + bound / 10, "{}", page.len());
        for said in ["charts are left out", "packs are left out"] {
            assert!(page.contains(said), "{said}");
        }
    }
}
