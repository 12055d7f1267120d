//! What fails today, and the entries that excuse it.

use crate::cli::config::Settings;
use crate::cli::conformance::quiet::{self, RunFlags};
use crate::cli::expect;
use crate::cli::expect::failures::{self, Added, Remarks};
use crate::events::{CheckFinished, RunKind};
use crate::exit::{Error, Exit, show};
use crate::expectations::{Entry, UNFILLED, excusable, render};
use crate::files;
use crate::fold::{PackRun, Run};
use provision_core::text::{counted, inert};
use provision_core::{Status, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Days until the entries expire.
const DAYS: i64 = 90;

const REASON: &str = "It failed when greentic-provision init judged the pack.";

/// Packs that are named.
const NAMED: usize = 5;

/// What a run with the settings leads to.
pub(super) struct Known {
    /// The text of the expectations; `None` if there is such a file already.
    pub(super) text: Option<String>,
    /// That file and its entries, in words.
    pub(super) kept: Option<String>,
    /// What excuses failures, or would if the file did not exist.
    pub(super) entries: Vec<Entry>,
    /// The packs that entries are about.
    pub(super) excused: BTreeSet<String>,
    /// The failures that the expectations do not excuse and could, and stale entries.
    pub(super) new: Vec<String>,
    /// What keeps packs from passing and no entry can excuse.
    pub(super) left: Vec<String>,
    /// The packs that do not pass in a run with the expectations, by label, and why.
    pub(super) failing: BTreeMap<String, String>,
    /// How a run with the expectations ends.
    pub(super) exit: Exit,
    /// The number of packs of the run.
    pub(super) packs: usize,
    /// Its last line.
    pub(super) tally: String,
}

/// Judges what `settings` says, with the expectations in the file `there`, if there is one.
/// Otherwise makes them, and judges again with them. Everything else goes into `scratch`.
pub(super) fn judge(
    settings: &Settings,
    there: Option<PathBuf>,
    scratch: &Path,
    flags: &RunFlags,
) -> Result<Known, Error> {
    let run = |name: &str, expectations: Option<PathBuf>| {
        let out = scratch.join(name);
        let exit = quiet::run(settings, expectations, out.clone(), flags)?;
        Ok::<_, Error>((exit, Run::read(&out.join("events.jsonl"))?))
    };
    let is_there = there.is_some();
    let kept = there.as_deref().map(kept).transpose()?;
    let (exit, first) = run("first", there)?;
    let mut entries = Vec::new();
    if is_there || crate::interrupt::asked().is_some() {
        let known = known(None, entries, exit, &first)?;
        return Ok(Known { kept, ..known });
    }
    let remarks = Remarks {
        reason: REASON,
        issue: UNFILLED,
        owner: UNFILLED,
        days: DAYS,
    };
    let Added { added, .. } = failures::add(&first, &mut entries, &remarks, |_| true)?;
    entries.sort_by(|a, b| key(a).cmp(&key(b)));
    let text = text(&entries)?;
    if added == 0 {
        return known(Some(text), entries, exit, &first);
    }
    let made = scratch.join("expectations.toml");
    files::write(&made, text.as_bytes())?;
    let (exit, second) = run("second", Some(made))?;
    known(Some(text), entries, exit, &second)
}

/// The file at `path`, and how many entries it has.
fn kept(path: &Path) -> Result<String, Error> {
    let entries = expect::read(path)?;
    let unowned = entries.iter().filter(|e| e.owner == UNFILLED).count();
    let path = show(path);
    Ok(format!(
        "{path}: entries: {}, without an owner: {unowned}",
        entries.len()
    ))
}

fn key(entry: &Entry) -> (&str, String, &str, &str, Option<&str>) {
    let version = entry.version.to_string();
    let at = entry.at.as_deref();
    (&entry.pack, version, &entry.check, &entry.code, at)
}

/// The file: a paragraph for each pack, which says how many entries it has.
fn text(entries: &[Entry]) -> Result<String, Error> {
    let mut text = format!(
        "# Failures that are known: `greentic-provision conformance` excuses them, and shows them\n\
         # as excused, until the day `expires`. Write who works on each in place of {UNFILLED}, and\n\
         # where. `expect add` and `expect prune` write this file again, without its comments.\n"
    );
    for of_pack in entries.chunk_by(|a, b| (&a.pack, &a.version) == (&b.pack, &b.version)) {
        let Some(first) = of_pack.first() else {
            continue;
        };
        let (pack, version) = (
            inert(&first.pack, 80),
            inert(&first.version.to_string(), 80),
        );
        // NB: writing to a string cannot fail.
        _ = write!(
            text,
            "\n# {pack} {version}: {}\n\n{}",
            of_pack.len(),
            render(of_pack)?
        );
    }
    Ok(text)
}

/// `text` is `None` if a person keeps the expectations: then `expect add` is for new failures.
fn known(text: Option<String>, entries: Vec<Entry>, exit: Exit, run: &Run) -> Result<Known, Error> {
    let is_kept = text.is_none();
    let mut new = run.stale.clone();
    let mut failing = BTreeMap::new();
    let mut reasons: BTreeMap<String, Vec<String>> = BTreeMap::new();
    run.each(|pack| {
        let Some(why) = stays(pack) else {
            return Ok(());
        };
        failing.insert(pack.label().to_owned(), why.clone());
        let failed = pack.checks.iter().filter(|c| c.status == Status::Failed);
        let excusable = failed.filter(|c| is_kept && excusable(&c.check));
        let before = new.len();
        new.extend(excusable.map(failures::name));
        if new.len() == before {
            let packs = reasons.entry(why).or_default();
            packs.push(pack.label().to_owned());
        }
        Ok(())
    })?;
    let left = reasons.iter().map(|(why, packs)| together(why, packs));
    let left = left.collect();
    let excused = entries.iter().map(|entry| entry.pack.clone()).collect();
    Ok(Known {
        text,
        kept: None,
        entries,
        excused,
        new,
        left,
        failing,
        exit,
        packs: run.packs.len(),
        tally: run.tally(),
    })
}

/// The packs that do not pass for the same reason.
fn together(why: &str, packs: &[String]) -> String {
    let named = packs.iter().take(NAMED).map(String::as_str);
    let named = named.collect::<Vec<_>>().join(", ");
    let more = match packs.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let count = RunKind::Packs.counted(packs.len());
    format!("{why}\n  {count}: {named}{more}")
}

/// Why a pack does not pass; `None` if it passes, or if no check applies to it.
fn stays(pack: &PackRun) -> Option<String> {
    let verdict = pack.verdict();
    if matches!(verdict, Verdict::Pass | Verdict::NotApplicable) {
        return None;
    }
    let worst = pack.checks.iter().filter(|c| match verdict {
        Verdict::Partial => c.status == Status::Blocked,
        _ => c.status >= Status::Failed,
    });
    // Several wizards of a pack are often blocked by the same.
    let mut said: Vec<String> = worst.map(said).collect();
    said.dedup();
    let name = verdict.name();
    let why = match said.split_first() {
        None => {
            let ran = counted(pack.summary.steps_executed, "step", "steps");
            format!("{ran} ran, so too little was judged")
        }
        Some((first, [])) => first.clone(),
        Some((first, rest)) => {
            let rest = counted(rest.len(), "more check", "more checks");
            format!("{first}; and {rest}")
        }
    };
    Some(format!("{name}: {why}"))
}

/// A result in words, and why no entry excuses it.
fn said(check: &CheckFinished) -> String {
    let code = check.findings.first().map(|f| f.code.as_str());
    let code = code.map_or(String::new(), |code| format!(" ({code})"));
    let reason = check.reason.as_deref().unwrap_or("without a reason");
    let why = match check.status {
        Status::Failed if !excusable(&check.check) => {
            "failures of archive.* and sandbox.* are never excused".into()
        }
        Status::Failed => "no entry excuses it".into(),
        _ => reason.to_owned(),
    };
    format!("{}{code}: {why}", check.check)
}

/// The file of expectations that `settings` names, if `init` may write it: below the folder
/// of the settings.
pub(super) fn expectations(settings: &Settings) -> Option<String> {
    use std::path::Component;
    let path = settings.config.expectations.as_deref()?;
    let is_below = |c: Component<'_>| matches!(c, Component::Normal(_));
    let text = path.components().all(is_below).then(|| path.to_str())?;
    text.map(str::to_owned)
}

/// The name of the file of expectations in messages.
pub(super) fn shown(settings: &Settings) -> String {
    let path = settings.config.expectations.as_deref();
    path.map_or("no file".into(), show)
}
