//! The commands `report history` and `report diff`.

use super::conformance::expectations;
use super::output::{complain, print, print_broken};
use crate::apart::Outputs;
use crate::exit::{Error, Exit, show};
use crate::files;
use crate::history::{
    Carried, Carriers, Changes, Found, History as Nights, changes, find, page, read_one,
};
use crate::reports::markdown::code;
use provision_core::Verdict;
use provision_core::text::{counted, inert};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;

/// Rows of a list, at most.
const ROWS: usize = 100;
/// Packs that a row names, at most.
const NAMED: usize = 8;

#[derive(Debug, clap::Args)]
pub(super) struct History {
    /// A folder with JSON reports of whole runs, one a night; their names sort by date, for
    /// example 2026-01-31.json or 2026-01-31/report.json.
    folder: PathBuf,
    /// Write the page to this file.
    #[arg(long)]
    html: PathBuf,
    /// The expectations file, whose entries that end within 14 days are listed.
    #[arg(long)]
    expectations: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Diff {
    /// The JSON report of the earlier run.
    old: PathBuf,
    /// The JSON report of the later run.
    new: PathBuf,
    /// Also write the differences as Markdown to this file.
    #[arg(long)]
    markdown: Option<PathBuf>,
}

pub(super) fn history(args: &History) -> Result<Exit, Error> {
    let outputs = Outputs::of([args.html.as_path()].into_iter())?;
    outputs.apart_from(args.expectations.iter().map(PathBuf::as_path))?;
    let ending = expectations(args.expectations.as_ref())?;
    let ending = ending.map(|all| all.ending()).unwrap_or_default();
    let Found {
        nights,
        skipped,
        paths,
    } = find(&args.folder)?;
    outputs.apart_from(paths.iter().map(PathBuf::as_path))?;
    let said = skipped
        .iter()
        .take(ROWS)
        .map(|why| format!("skipped: {why}"));
    complain(&said.collect::<Vec<_>>());
    if nights.is_empty() {
        let message = format!(
            "{}: no JSON report of a whole run; `conformance --report` writes one",
            show(&args.folder)
        );
        return Err(Error::Usage(message));
    }
    let history = Nights::of(nights);
    files::write(&args.html, page(&history, &ending).as_bytes())?;
    let flaky = history
        .packs
        .iter()
        .filter(|p| !p.flips(&history.nights).is_empty());
    print(&format!(
        "{}, {}, {}; {} flaky; wrote {}\n",
        counted(history.nights.len(), "night", "nights"),
        counted(history.packs.len(), "pack", "packs"),
        counted(history.causes.len(), "cause", "causes"),
        counted(flaky.count(), "pack is", "packs are"),
        show(&args.html)
    ))?;
    Ok(Exit::Conforms)
}

pub(super) fn diff(args: &Diff) -> Result<Exit, Error> {
    let outputs = Outputs::of(args.markdown.iter().map(PathBuf::as_path))?;
    outputs.apart_from([args.old.as_path(), args.new.as_path()])?;
    let (old, new) = (read_one(&args.old)?, read_one(&args.new)?);
    let found = changes(&old, &new);
    if let Some(path) = &args.markdown {
        files::write(path, document(&found, Style::Markdown).as_bytes())?;
    }
    print_broken(&document(&found, Style::Text))?;
    Ok(if found.is_worse() {
        Exit::Fails
    } else {
        Exit::Conforms
    })
}

/// For a terminal, or for a comment on a pull request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Text,
    Markdown,
}

impl Style {
    /// A text that others wrote.
    fn foreign(self, text: &str) -> String {
        match self {
            Self::Text => inert(text, 300),
            Self::Markdown => code(text),
        }
    }

    fn section(self, out: &mut String, title: &str, rows: &[String]) {
        if rows.is_empty() {
            return;
        }
        let count = rows.len();
        let _ = match self {
            Self::Text => writeln!(out, "\n{title} ({count})"),
            Self::Markdown => writeln!(out, "\n### {title} ({count})\n"),
        };
        let mark = if self == Self::Text { " " } else { "-" };
        for row in rows.iter().take(ROWS) {
            let _ = writeln!(out, "{mark} {row}");
        }
        if let Some(more) = count.checked_sub(ROWS).filter(|more| *more > 0) {
            let _ = writeln!(out, "{mark} and {more} more");
        }
    }
}

fn document(found: &Changes, style: Style) -> String {
    let Changes {
        verdicts,
        added,
        removed,
        appeared,
        gone,
        fuel,
        profiles,
        level: _,
    } = found;
    let verdict = match (found.is_empty(), found.is_worse()) {
        (true, _) => "no difference",
        (_, true) => "the later run is worse",
        (_, false) => "the later run is not worse",
    };
    let mut out = match style {
        Style::Text => format!("{verdict}\n"),
        Style::Markdown => format!("## Conformance: {verdict}\n"),
    };
    if let Some((old, new)) = profiles {
        let (old, new) = (style.foreign(old), style.foreign(new));
        let _ = writeln!(out, "\nthe runs have different profiles: {old} and {new}");
    }
    let pack =
        |(label, verdict): &(String, Verdict)| format!("{}: {verdict}", style.foreign(label));
    let change = |(label, old, new): &&(String, Verdict, Verdict)| {
        format!("{}: {old} → {new}", style.foreign(label))
    };
    let is_worse = |(_, old, new): &&(String, Verdict, Verdict)| new > old;
    let (worse, better): (Vec<_>, Vec<_>) = verdicts.iter().partition(is_worse);
    let rows = |some: &[&(String, Verdict, Verdict)]| some.iter().map(change).collect::<Vec<_>>();
    style.section(&mut out, "worse", &rows(&worse));
    style.section(&mut out, "better", &rows(&better));
    let packs = |some: &[(String, Verdict)]| some.iter().map(pack).collect::<Vec<_>>();
    style.section(&mut out, "new packs", &packs(added));
    style.section(&mut out, "packs that are gone", &packs(removed));
    style.section(&mut out, "new causes", &causes(appeared, style));
    style.section(&mut out, "causes that are gone", &causes(gone, style));
    let steps = fuel.iter().map(|(step, old, new)| {
        let percent = i128::from(*new) * 100 / i128::from(*old).max(1) - 100;
        format!("{}: {old} → {new} ({percent:+} %)", style.foreign(step))
    });
    style.section(&mut out, "fuel of steps", &steps.collect::<Vec<_>>());
    out
}

fn causes(carriers: &Carriers, style: Style) -> Vec<String> {
    let row = |((code, what), Carried { level, packs }): (&(String, String), &Carried)| {
        let (code, what) = (style.foreign(code), style.foreign(what));
        format!("{code} {what} ({}): {}", level.name(), labels(packs, style))
    };
    carriers.iter().map(row).collect()
}

/// The labels of some packs.
fn labels(packs: &BTreeSet<String>, style: Style) -> String {
    let shown = packs.iter().take(NAMED).map(|label| style.foreign(label));
    let mut shown: Vec<String> = shown.collect();
    if let Some(more) = packs.len().checked_sub(NAMED).filter(|more| *more > 0) {
        shown.push(format!("and {more} more"));
    }
    shown.join(", ")
}
