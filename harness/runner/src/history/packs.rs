//! Packs on the page of a history: which changed, which flip, and a strip for each.

use super::chart::{spans, strip};
use super::list::list;
use super::model::{History, PackLife};
use crate::reports::html::{badge, text};
use provision_core::Verdict;
use provision_core::text::counted;
use std::fmt::Write;

/// Strips, at most.
const STRIPS: usize = 5_000;
/// Parts of a strip that its words name, at most.
const WORDS: usize = 12;

/// A verdict in words.
fn spaced(verdict: Verdict) -> String {
    verdict.name().replace('_', " ")
}

/// In place of a verdict, that the night does not have the pack.
fn gone() -> String {
    "<b class=\"skipped\">not there</b>".to_owned()
}

/// The packs whose verdict differs from that of the night before.
pub(super) fn changed(history: &History) -> String {
    let Some(before) = history.nights.len().checked_sub(2) else {
        return String::new();
    };
    let (mut worse, mut better) = (Vec::new(), Vec::new());
    for pack in &history.packs {
        let verdict = |at: usize| pack.nights.get(at).copied().flatten().map(|n| n.verdict);
        let (was, is) = (verdict(before), verdict(before + 1));
        let was_there = was.map_or_else(|| "not there".to_owned(), spaced);
        let row = format!(
            "{} {}, {was_there} before",
            is.map_or_else(gone, badge),
            text(&pack.label),
        );
        match (was, is) {
            _ if was == is => {}
            (was, Some(is)) if Some(is) > was && is > Verdict::NotApplicable => worse.push(row),
            _ => better.push(row),
        }
    }
    let mut out = String::new();
    for (title, rows) in [("Worse", worse), ("Better, and other changes", better)] {
        if rows.is_empty() {
            continue;
        }
        let _ = write!(out, "<h3>{title} ({})</h3>{}", rows.len(), list(&rows));
    }
    out
}

/// The packs whose verdict changes although their bytes do not.
pub(super) fn flaky(history: &History) -> String {
    let name = |at: &usize| {
        history
            .nights
            .get(*at)
            .map_or_else(String::new, |n| text(&n.name))
    };
    let mut flaky: Vec<(Vec<usize>, &PackLife)> = history
        .packs
        .iter()
        .map(|pack| (pack.flips(&history.nights), pack))
        .filter(|(flips, _)| !flips.is_empty())
        .collect();
    if flaky.is_empty() {
        return String::new();
    }
    flaky.sort_by_key(|(flips, pack)| (std::cmp::Reverse(flips.len()), &pack.label));
    let row = |(flips, pack): &(Vec<usize>, &PackLife)| {
        let nights: Vec<String> = flips.iter().rev().take(WORDS).map(name).collect();
        let times = counted(flips.len(), "time", "times");
        format!(
            "{}: {times}, last in {}",
            text(&pack.label),
            nights.join(", ")
        )
    };
    let rows: Vec<String> = flaky.iter().map(row).collect();
    format!(
        "<h2>Flaky packs ({})</h2><p>The verdict changes from one night to the next, although the \
         bytes, the profile and the version of the harness are the same.</p>{}",
        flaky.len(),
        list(&rows)
    )
}

/// A strip for each pack, the worst of the last night first.
pub(super) fn strips(history: &History) -> String {
    let mut packs: Vec<&PackLife> = history.packs.iter().collect();
    packs.sort_by_key(|pack| (std::cmp::Reverse(pack.now()), &pack.label));
    let mut out = String::from(
        "<h2 id=\"packs\">Packs, worst first</h2><p>A high red bar: fail or error. Three quarters, \
         amber: partial. Half, green: pass. A low grey one: not applicable. None: the night does \
         not have the pack.</p><table class=\"packs\"><thead><tr><th scope=\"col\">pack</th>\
         <th scope=\"col\">verdicts by night</th></tr></thead>\n",
    );
    for pack in packs.iter().take(STRIPS) {
        let now = pack.now().map_or_else(gone, badge);
        let version = pack.version.as_deref().map_or_else(String::new, text);
        let verdicts: Vec<Option<Verdict>> = pack
            .nights
            .iter()
            .map(|night| night.map(|n| n.verdict))
            .collect();
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{now} {} {version}</th><td class=\"strip\">{}</td></tr>",
            text(&pack.label),
            strip(&verdicts, &words(&verdicts, history)),
        );
    }
    out += "</table>\n";
    if let Some(more) = packs.len().checked_sub(STRIPS).filter(|more| *more > 0) {
        let more = counted(more, "more pack", "more packs");
        let _ = writeln!(out, "<p>and {more}</p>");
    }
    out
}

/// A strip in words, for those who do not see it: the last parts first.
fn words(verdicts: &[Option<Verdict>], history: &History) -> String {
    let name = |at: usize| {
        history
            .nights
            .get(at)
            .map_or_else(String::new, |n| text(&n.name))
    };
    let parts = spans(verdicts);
    let all = parts.iter().rev().take(WORDS).map(|(from, _, verdict)| {
        format!(
            "{} since {}",
            verdict.map_or_else(|| "not there".to_owned(), spaced),
            name(*from)
        )
    });
    let mut said: Vec<String> = all.collect();
    if let Some(more) = parts.len().checked_sub(WORDS).filter(|more| *more > 0) {
        said.push(counted(more, "earlier change", "earlier changes"));
    }
    said.join(", before that ")
}
