//! The lines that describe a cause.

use super::groups::{Group, Located, is_of_harness};
use crate::check::{Bite, Check, Level};
use crate::checks;
use provision_core::codes::{CheckCode, StepCode};
use provision_core::text::{counted, inert};
use provision_core::{Finding, FindingCode};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Most characters of a line.
const LINE: usize = 300;

/// The check that reports every failure of a step, also if another check judges it.
const REPORTS_ALL: &str = "wizard.completes";

/// What a finding says if it says no more than its code.
const EMPTY_WORDS: [&str; 8] = [
    "",
    "none",
    "nothing",
    "neither",
    "accepted",
    "not set",
    "not declared",
    "it is not there",
];

impl<'r> Group<'r> {
    /// The strongest level of its checks.
    pub(super) fn level(&self) -> Level {
        let levels = self.found.iter().map(|l| l.result.level);
        levels.min().unwrap_or(Level::Should)
    }

    /// The checks that found it, the deciding one first: the strongest, then those that
    /// report it under its own code, then those that report nothing else.
    pub(super) fn checks(&self) -> Vec<&'static Check> {
        let ids: BTreeSet<&str> = self.found.iter().map(|l| l.result.check).collect();
        let own = self
            .found
            .iter()
            .filter(|l| l.finding.code == self.key.code);
        let own: BTreeSet<&str> = own.map(|l| l.result.check).collect();
        let mut rows: Vec<&Check> = checks::catalogue().filter(|c| ids.contains(c.id)).collect();
        // NB: a stable sort, so that equal checks stay in the order of the table.
        rows.sort_by_key(|check| {
            let is_general = check.id == REPORTS_ALL;
            (
                check.level,
                !own.contains(check.id),
                is_general,
                check.bites,
            )
        });
        rows
    }

    /// Where users meet it.
    pub(super) fn bite(&self) -> Bite {
        if self.is_not_wasm() {
            return Bite::Load;
        }
        self.checks().first().map_or(Bite::Nowhere, |c| c.bites)
    }

    /// Whether a component is not Wasm. A host meets that when it loads the pack, before
    /// any check that found it here.
    fn is_not_wasm(&self) -> bool {
        self.key.code == StepCode::NotWasm.into()
    }

    /// The finding that describes it: the first of its deciding check.
    fn first(&self) -> Option<Located<'r>> {
        let decides = self.checks().first().map(|check| check.id);
        let mut found = self.found.iter();
        let of_deciding = found.find(|l| Some(l.result.check) == decides);
        of_deciding.or(self.found.first()).copied()
    }

    /// The files that it is about, each once, in the order of the findings.
    pub(super) fn files(&self) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let files = self.found.iter().filter_map(|l| l.finding.about.clone());
        files.filter(|file| seen.insert(file.clone())).collect()
    }

    /// The defect in one line.
    pub(super) fn what(&self) -> String {
        let Some(Located { finding, .. }) = self.first() else {
            return String::new();
        };
        let file = finding.about.as_deref().map(last_segment);
        let actual = finding.actual.as_str();
        let line = match (&self.key.code, file) {
            (FindingCode::Check(CheckCode::NodeExports), Some(file)) => {
                format!("{file} exports nothing")
            }
            (FindingCode::Check(CheckCode::NodeComponent), Some(file)) => {
                let id = file.strip_suffix(".wasm").unwrap_or(file);
                format!("flow nodes call component `{id}`, which the pack does not have")
            }
            (FindingCode::Check(CheckCode::ComponentIdentity), Some(file)) => {
                identity(file, finding)
            }
            (code, file) => {
                let said = code.sentence().unwrap_or(actual).trim_end_matches('.');
                let repeats = code.sentence().is_none() || EMPTY_WORDS.contains(&actual);
                let more = if repeats {
                    String::new()
                } else {
                    format!(": {actual}{}", self.others(actual))
                };
                match file {
                    Some(file) => format!("{file}: {}{more}", lower(said)),
                    None => format!("{said}{more}"),
                }
            }
        };
        inert(&line, LINE)
    }

    /// How many findings say something else than `actual`, in words.
    fn others(&self, actual: &str) -> String {
        let said = self.found.iter().map(|l| l.finding.actual.as_str());
        let others: BTreeSet<&str> = said.filter(|text| *text != actual).collect();
        match others.len() {
            0 => String::new(),
            n => format!(" (and {})", counted(n, "other text", "other texts")),
        }
    }

    /// What users see: what the hosts do, and what a guest says, here or in a group that
    /// follows from it.
    pub(super) fn users_see<'g>(
        &self,
        follow: impl Iterator<Item = &'g Group<'g>>,
    ) -> Cow<'static, str> {
        if is_of_harness(&self.key.code) {
            if matches!(self.key.code, FindingCode::Registry(_)) {
                return "nothing, if the registry answers them; nothing is known of the pack"
                    .into();
            }
            return "nothing: the harness or the machine failed, which says nothing of the pack"
                .into();
        }
        if self.is_not_wasm() {
            return "The runner compiles every component when it loads the pack, and refuses the pack."
                .into();
        }
        let host = self.checks().first().map_or("", |check| check.host);
        let own = self.first().and_then(|l| said(l.finding));
        let of_others = || follow.flat_map(|g| &g.found).find_map(|l| said(l.finding));
        match own.or_else(of_others) {
            Some(text) if self.bite() != Bite::Nowhere => {
                let host = host.trim_end_matches('.');
                inert(&format!("{host}: \"{text}\""), LINE).into()
            }
            _ => host.into(),
        }
    }

    /// What to do about it.
    pub(super) fn fix(&self) -> Cow<'static, str> {
        if let FindingCode::Registry(code) = self.key.code
            && !code.is_of_content()
        {
            return "The finding says what the registry or the way to it did; mend that, and run again."
                .into();
        }
        if is_of_harness(&self.key.code) {
            return "run again, with fewer --jobs or on a faster machine".into();
        }
        if self.is_not_wasm() {
            return "Pack the component's binary under this name.".into();
        }
        let first = self.checks().first().map_or("", |check| check.fix);
        first.into()
    }
}

fn identity(file: &str, finding: &Finding) -> String {
    let Finding {
        expected, actual, ..
    } = finding;
    if file.ends_with(".wasm") || file.ends_with(".wat") {
        // NB: without the backticks, so that a table of causes keeps the name.
        format!("{file} is {}", actual.trim_matches('`'))
    } else {
        format!("{file} says {actual}; expected: {expected}")
    }
}

/// The text of a guest in a finding, if the code says that a guest refused something.
fn said(finding: &Finding) -> Option<&str> {
    let by_guest = matches!(
        finding.code,
        FindingCode::Step(StepCode::Step) | FindingCode::Check(CheckCode::Refused)
    );
    (by_guest && !finding.actual.is_empty()).then_some(finding.actual.as_str())
}

/// The name of a file without its folders.
fn last_segment(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

/// `text` with a small first letter.
fn lower(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}
