//! The page of a history: the last night first, then the nights side by side, then causes,
//! packs and steps. It loads no other file, and needs no script.

use super::chart::{columns, line};
use super::list::list;
use super::model::{CauseLife, History, Night};
use super::{packs, steps};
use crate::reports::html::{STYLE as PAGE, badge, head, text};
use provision_core::Verdict;
use provision_core::text::counted;
use std::fmt::Write;

const STYLE: &str = include_str!("page.css");
/// Rows of a table, at most.
const ROWS: usize = 300;
/// Rows of the table of causes that are not folded.
const OPEN: usize = 20;

/// The page. `ending` are expectations that end soon, a line each.
#[must_use]
pub fn page(history: &History, ending: &[String]) -> String {
    let nights = &history.nights;
    let (first, last) = (nights.first(), nights.last());
    let name = |night: Option<&Night>| night.map_or_else(String::new, |night| text(&night.name));
    let mut out = head("Conformance by night", &format!("{PAGE}{STYLE}"), "");
    let _ = writeln!(
        out,
        "<body><a class=\"skip\" href=\"#packs\">Skip to the packs</a><main>\n\
         <h1>Conformance by night</h1><p>{}, {} to {}; {}</p>",
        counted(nights.len(), "night", "nights"),
        name(first),
        name(last),
        counted(history.packs.len(), "pack", "packs"),
    );
    out += &tiles(history);
    out += &last_night(history);
    out += &expectations(ending);
    out += &by_night(nights);
    out += &packs::flaky(history);
    out += &causes(history);
    out += &packs::strips(history);
    out += &steps::section(history);
    if history.left_out > 0 {
        let _ = writeln!(
            out,
            "<p>{} left out.</p>",
            counted(history.left_out, "step or cause is", "steps and causes are")
        );
    }
    out + "</main></body></html>\n"
}

/// The verdicts of the last night, each with the change since the night before.
fn tiles(history: &History) -> String {
    let mut ago = history.nights.iter().rev();
    let (Some(now), before) = (ago.next(), ago.next()) else {
        return String::new();
    };
    let mut out = format!("<h2>Last night: {}</h2>\n", text(&now.name));
    if !now.finished {
        out += "<p class=\"alert\">The run was cut off, so its numbers are partial.</p>\n";
    }
    out += "<ul class=\"tiles\">";
    for verdict in Verdict::WORST_FIRST {
        let count = |night: &Night| night.verdicts.get(&verdict).copied().unwrap_or(0);
        let packs = count(now);
        let change = match before.map(count) {
            None => String::new(),
            Some(was) if was == packs => "as before".into(),
            Some(was) if was < packs => format!("{} more", packs - was),
            Some(was) => format!("{} fewer", was - packs),
        };
        let _ = write!(
            out,
            "<li><span><b>{packs}</b>{}<small>{change}</small></span></li>",
            badge(verdict)
        );
    }
    out + "</ul>\n"
}

/// The packs whose verdict changed in the last night, and causes that are new or gone.
fn last_night(history: &History) -> String {
    let count = history.nights.len();
    if count < 2 {
        return String::new();
    }
    let mut out = packs::changed(history);
    let (now, before) = (count - 1, count - 2);
    let packs = |cause: &CauseLife, at: usize| cause.packs.get(at).copied().unwrap_or(0);
    let lists = [
        ("New causes", (now, before)),
        ("Causes that are gone", (before, now)),
    ];
    for (title, (with, without)) in lists {
        let found = history.causes.iter();
        let found = found.filter(|c| packs(c, with) > 0 && packs(c, without) == 0);
        let rows: Vec<String> = found
            .map(|cause| {
                let (code, what) = (text(&cause.code), text(&cause.what));
                let level = cause.level.name();
                format!(
                    "<code>{code}</code> {what} ({level}), {}",
                    counted(packs(cause, with), "pack", "packs")
                )
            })
            .collect();
        if !rows.is_empty() {
            let _ = write!(out, "<h3>{title} ({})</h3>{}", rows.len(), list(&rows));
        }
    }
    if out.is_empty() {
        out += "<p>No verdict and no cause differs from the night before.</p>\n";
    }
    out
}

/// All nights side by side, as a chart and as a table.
fn by_night(nights: &[Night]) -> String {
    let worst_first = Verdict::WORST_FIRST;
    let shown = |night: &Night| {
        let count = |verdict: &Verdict| night.verdicts.get(verdict).copied().unwrap_or(0);
        let counts: Vec<(Verdict, usize)> = worst_first.iter().map(|v| (*v, count(v))).collect();
        let words = counts.iter().filter(|(_, packs)| *packs > 0);
        let words: Vec<String> = words.map(|(v, packs)| format!("{packs} {v}")).collect();
        (
            format!("{}: {}", text(&night.name), words.join(", ")),
            counts,
        )
    };
    let all: Vec<(String, Vec<(Verdict, usize)>)> = nights.iter().map(shown).collect();
    let legend = worst_first.map(badge).join(", ");
    let mut out = format!(
        "<h2>Verdicts by night</h2><figure>{}<figcaption>{} to {}; from the bottom: \
         {legend}</figcaption></figure>\n<details><summary>Verdicts by night, as a table</summary>\
         <div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"verdicts by night\"><table>\
         <thead><tr><th scope=\"col\">night</th><th scope=\"col\">profile</th>\
         <th scope=\"col\">version</th>",
        columns(&all, "packs by verdict and night", &ends(&all)),
        nights
            .first()
            .map_or_else(String::new, |night| text(&night.name)),
        nights
            .last()
            .map_or_else(String::new, |night| text(&night.name)),
    );
    for verdict in worst_first {
        let _ = write!(out, "<th scope=\"col\">{}</th>", badge(verdict));
    }
    out += "</tr></thead>\n";
    for (night, (_, counts)) in nights.iter().zip(&all).rev() {
        let Night {
            name,
            profile,
            tool,
            ..
        } = night;
        let cut = if night.finished { "" } else { ", cut off" };
        let _ = write!(
            out,
            "<tr><th scope=\"row\">{}{cut}</th><td>{}</td><td>{}</td>",
            text(name),
            text(profile),
            text(tool)
        );
        for (_, packs) in counts {
            let _ = write!(out, "<td class=\"n\">{packs}</td>");
        }
        out += "</tr>\n";
    }
    out + "</table></div></details>\n"
}

/// The first and the last night in words.
fn ends(nights: &[(String, Vec<(Verdict, usize)>)]) -> String {
    let words = |night: Option<&(String, Vec<(Verdict, usize)>)>| {
        night.map_or_else(String::new, |(words, _)| words.clone())
    };
    let (first, last) = (words(nights.first()), words(nights.last()));
    format!("First night {first}. Last night {last}. The table has all nights.")
}

/// The causes over all nights, those of the last night first.
fn causes(history: &History) -> String {
    if history.causes.is_empty() {
        return String::new();
    }
    let shown = history.causes.iter().take(ROWS);
    let rows: Vec<String> = shown.map(|cause| cause_row(history, cause)).collect();
    let (open, folded) = rows.split_at(rows.len().min(OPEN));
    let table = |rows: &[String]| {
        format!(
            "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"causes\">\
             <table class=\"lives\"><thead><tr><th scope=\"col\">packs now</th>\
             <th scope=\"col\">code</th><th scope=\"col\">cause</th><th scope=\"col\">level</th>\
             <th scope=\"col\">first seen</th><th scope=\"col\">last seen</th>\
             <th scope=\"col\">packs by night</th></tr></thead>\n{}</table></div>\n",
            rows.concat()
        )
    };
    let mut out = format!("<h2>Causes</h2>{}", table(open));
    if !folded.is_empty() {
        let _ = writeln!(
            out,
            "<details><summary>{}</summary>{}</details>",
            counted(folded.len(), "more cause", "more causes"),
            table(folded)
        );
    }
    if let Some(more) = history
        .causes
        .len()
        .checked_sub(ROWS)
        .filter(|more| *more > 0)
    {
        let _ = writeln!(
            out,
            "<p>and {}, which the page leaves out</p>",
            counted(more, "more cause", "more causes")
        );
    }
    out
}

fn cause_row(history: &History, cause: &CauseLife) -> String {
    let name = |at: usize| {
        let night = history.nights.get(at);
        night.map_or_else(String::new, |night| text(&night.name))
    };
    let values: Vec<Option<u64>> = cause.packs.iter().map(|p| Some(u64::from(*p))).collect();
    let most = cause.packs.iter().max().copied().unwrap_or(0);
    let now = cause.packs.last().copied().unwrap_or(0);
    let label = format!("packs by night: {now} in the last, at most {most}");
    format!(
        "<tr><td class=\"n\">{now}</td><td><code>{}</code></td><td>{}</td><td>{}</td>\
         <td>{}</td><td>{}</td><td class=\"c\">{}</td></tr>\n",
        text(&cause.code),
        text(&cause.what),
        cause.level.name(),
        name(cause.first()),
        name(cause.last()),
        line(&values, &[], &label),
    )
}

fn expectations(ending: &[String]) -> String {
    if ending.is_empty() {
        return String::new();
    }
    let rows: Vec<String> = ending.iter().map(|line| text(line)).collect();
    format!(
        "<h2>Expectations that end soon ({})</h2>{}",
        rows.len(),
        list(&rows)
    )
}
