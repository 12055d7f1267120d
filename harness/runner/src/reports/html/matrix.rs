//! The matrix: the results of each check over all packs, and a row for each pack in which
//! something failed.

use super::summary::more_than;
use super::survey::{Cell, CheckCount, Row, Survey};
use super::text::{badge, filter, named, text};
use crate::exit::Error;
use crate::fold::Run;
use provision_core::text::{counted, noun};
use provision_core::{Status, Verdict};
use std::fmt::Write;

/// Rows of the matrix, at most. The packs below it are complete.
const ROWS: usize = 5_000;
/// Rows that the script and the style show at first: a browser lays no part of a table out
/// later than the rest.
const AT_ONCE: usize = 200;
/// Checks that failed and are not folded.
const OPEN: usize = 10;
/// Columns of the matrix, at most. The table of checks is complete.
const COLUMNS: usize = 60;

/// The table of checks: those that failed are open, the others folded.
pub(super) fn checks(run: &Run, survey: &Survey) -> String {
    let all = run.started.checks.iter().zip(&survey.checks);
    let (mut bad, good): (Vec<_>, Vec<_>) = all.partition(|(_, count)| count.bad() > 0);
    bad.sort_by_key(|(_, count)| std::cmp::Reverse(count.bad()));
    let table = |rows: &[(&String, &CheckCount)]| {
        let rows: String = rows
            .iter()
            .map(|(id, count)| check(run, id, count))
            .collect();
        format!(
            "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"results by check\">\
             <table class=\"checks\"><thead><tr><th scope=\"col\">check</th>\
             <th scope=\"col\">failed</th><th scope=\"col\">blocked</th>\
             <th scope=\"col\">excused</th><th scope=\"col\">passed</th>\
             <th scope=\"col\">not applicable</th><th scope=\"col\">requirement</th></tr></thead>\
             <tbody>\n{rows}</tbody></table></div>\n"
        )
    };
    let mut out = String::new();
    let (open, folded) = bad.split_at(bad.len().min(OPEN));
    if !open.is_empty() {
        out += &table(open);
    }
    if !folded.is_empty() {
        let _ = writeln!(
            out,
            "<details><summary>{} failed</summary>{}</details>",
            counted(folded.len(), "more check", "more checks"),
            table(folded)
        );
    }
    if !good.is_empty() {
        let _ = writeln!(
            out,
            "<details><summary>{} in no {}</summary>{}</details>",
            counted(good.len(), "check failed", "checks failed"),
            run.started.judged.one(),
            table(&good)
        );
    }
    out
}

/// One check: how many packs have each result.
fn check(run: &Run, id: &str, count: &CheckCount) -> String {
    let of = |status| count.of(status);
    let bad = count.bad();
    let class = if bad > 0 { " class=\"fail\"" } else { "" };
    let name = match bad + of(Status::Excused) {
        0 => text(id),
        _ => format!("<a {}>{}</a>", filter("check", id), text(id)),
    };
    format!(
        "<tr><th scope=\"row\" {}>{name}</th><td{class}>{bad}</td><td>{}</td><td>{}</td>\
         <td>{}</td><td>{}</td><td>{}</td></tr>\n",
        named("check", id),
        of(Status::Blocked),
        of(Status::Excused),
        of(Status::Passed),
        of(Status::NotApplicable),
        text(run.requirement(id).unwrap_or_default()),
    )
}

/// The packs in which something failed, with a column for each check that did.
pub(super) fn packs(
    run: &Run,
    survey: &Survey,
    put: &mut dyn FnMut(&str) -> Result<(), Error>,
) -> Result<(), Error> {
    let columns = columns(survey);
    let shown: Vec<(usize, &Row)> = survey
        .worst_first()
        .into_iter()
        .filter(|(at, row)| {
            let verdict = run.packs.get(*at).map(|pack| pack.verdict());
            verdict >= Some(Verdict::Partial) || row.cells.iter().any(|cell| cell.is_failure())
        })
        .collect();
    let judged = run.started.judged;
    let rest = run.packs.len() - shown.len();
    if rest > 0 {
        put(&format!(
            "<p>Nothing failed in {}, which {} no row here.</p>\n",
            judged.counted(rest),
            noun(rest, "has", "have")
        ))?;
    }
    if shown.is_empty() {
        return Ok(());
    }
    put(&head(run, &columns))?;
    for (at, row) in shown.iter().take(ROWS) {
        put(&one(run, *at, row, &columns))?;
    }
    put("</tbody></table></div>\n")?;
    if more_than(shown.len(), AT_ONCE).is_some() {
        let all = judged.counted(shown.len().min(ROWS));
        put(&format!(
            "<button type=\"button\" id=\"every\" class=\"js-only\">show all {all}</button>\n"
        ))?;
    }
    if let Some(more) = more_than(shown.len(), ROWS) {
        put(&format!(
            "<p>and {} more, below</p>\n",
            judged.counted(more)
        ))?;
    }
    put(
        "<p class=\"quiet\">✗ failed, ! error of the harness or the machine, ? blocked (could not \
         be judged), ~ failed and excused; an empty field: passed or not applicable</p>\n",
    )
}

/// The numbers of the checks that have a column.
fn columns(survey: &Survey) -> Vec<usize> {
    let mut found: Vec<(usize, usize)> = survey
        .checks
        .iter()
        .enumerate()
        .map(|(check, count)| {
            let shown = count.bad() + count.of(Status::Excused) + count.undecided;
            (check, shown)
        })
        .filter(|(_, bad)| *bad > 0)
        .collect();
    if found.len() > COLUMNS {
        found.sort_by_key(|(check, bad)| (std::cmp::Reverse(*bad), *check));
        found.truncate(COLUMNS);
        found.sort_unstable();
    }
    found.into_iter().map(|(check, _)| check).collect()
}

fn head(run: &Run, columns: &[usize]) -> String {
    let judged = run.started.judged;
    let mut out = format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{} and checks\">\
         <table class=\"matrix\" id=\"matrix\"><thead><tr><th scope=\"col\" data-sort=\"pack\">{}</th>\
         <th scope=\"col\" data-sort=\"verdict\">verdict</th>\
         <th scope=\"col\" data-sort=\"failed\">failed</th>",
        judged.name(),
        judged.one(),
    );
    for check in columns {
        let id = run.started.checks.get(*check).map_or("", String::as_str);
        let (id, link) = (text(id), filter("check", id));
        let _ = write!(out, "<th scope=\"col\" class=\"c\"><a {link}>{id}</a></th>");
    }
    out + "</tr></thead><tbody>\n"
}

/// What a field shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Empty,
    Blocked,
    Failed(Cell),
}

/// One row. Equal fields beside each other are one, except failures: most fields are empty,
/// and in a pack that is broken early, most are blocked.
fn one(run: &Run, at: usize, row: &Row, columns: &[usize]) -> String {
    let Some(pack) = run.packs.get(at) else {
        return String::new();
    };
    let number = row.number;
    let failed = row.cells.iter().filter(|cell| cell.is_bad()).count();
    let mut out = format!(
        "<tr id=\"m{number}\"><th scope=\"row\"><a href=\"#p{number}\">{}</a></th><td>{}</td>\
         <td>{failed}</td>",
        text(&pack.label),
        badge(pack.verdict())
    );
    let fields = columns.iter().map(|check| {
        let found = row.cells.binary_search_by_key(check, |cell| cell.check);
        match found.ok().and_then(|found| row.cells.get(found)) {
            Some(cell) if cell.status == Some(Status::Blocked) => Field::Blocked,
            Some(cell) => Field::Failed(*cell),
            None => Field::Empty,
        }
    });
    let fields: Vec<Field> = fields.collect();
    for same in fields.chunk_by(|a, b| a == b) {
        let span = match same.len() {
            1 => String::new(),
            fields => format!(" colspan=\"{fields}\""),
        };
        let _ = match same.first() {
            Some(Field::Failed(cell)) => write!(out, "{}", failure(run, *cell)),
            Some(Field::Blocked) => write!(out, "<td class=\"partial\"{span}>?</td>"),
            Some(Field::Empty) | None => write!(out, "<td{span}></td>"),
        };
    }
    out + "</tr>\n"
}

/// The field of a check that failed. Each is of another check, so no two are equal.
fn failure(run: &Run, cell: Cell) -> String {
    let (class, sign, words) = match cell.status {
        Some(Status::Excused) => ("partial", "~", "excused"),
        Some(Status::Failed) => ("fail", "✗", "failed"),
        Some(Status::Error) => ("error", "!", "error"),
        Some(_) | None => ("error", "!", "no result"),
    };
    let id = run
        .started
        .checks
        .get(cell.check)
        .map_or("", String::as_str);
    format!(
        "<td class=\"{class}\" title=\"{}: {words}\">{sign}</td>",
        text(id)
    )
}
