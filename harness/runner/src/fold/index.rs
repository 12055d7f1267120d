//! Builds the index of a stream: a summary of each pack, and where its events are.

use super::contradictions;
use super::run::{PackSummary, Run, Span};
use crate::events::{CheckFinished, Event, PackFinished, RunStarted};
use crate::exit::{Error, show};
use crate::read_file::{
    EVENT_CHECKS, EVENT_MISSING, EVENT_PACK_BYTES, EVENT_PACK_CHECKS, EVENT_PACKS,
    EVENT_REQUIREMENT_BYTES,
};
use provision_core::Status;
use provision_oracle::{Level, Stage};
use std::collections::BTreeMap;
use std::path::Path;

/// An index under construction.
#[derive(Default)]
pub(super) struct Index {
    started: Option<RunStarted>,
    packs: BTreeMap<String, PackSummary>,
    stale: Vec<String>,
    finished: bool,
    interrupted: Option<String>,
    /// Checks without a result, over all packs.
    missing: usize,
}

impl Index {
    /// Adds an event.
    ///
    /// # Errors
    /// Why the stream is refused, in words: the event contradicts an earlier one, or is
    /// above a bound.
    pub(super) fn add(&mut self, event: Event, span: Span) -> Result<(), String> {
        if self.finished {
            return Err("an event after the end of the run".into());
        }
        match event {
            Event::RunStarted(_) if self.started.is_some() => {
                return Err("the run starts a second time".into());
            }
            Event::RunStarted(run) => {
                check_announced(&run)?;
                contradictions::of_start(&run)?;
                let announced = run.packs.iter().map(|label| {
                    let pack = PackSummary {
                        label: label.clone(),
                        ..PackSummary::default()
                    };
                    (label.clone(), pack)
                });
                self.packs = announced.collect();
                self.started = Some(*run);
            }
            Event::PackStarted { pack } => self.of(&pack, None)?.started = true,
            Event::WizardDriven(wizard) => drop(self.of(&wizard.pack, Some(span))?),
            Event::FlowWalked(walked) => drop(self.of(&walked.pack, Some(span))?),
            Event::CheckFinished(check) => self.check(check, span)?,
            Event::PackFinished(done) => self.pack(&done, span)?,
            Event::ExpectationStale { message } => self.stale.push(message),
            Event::RunInterrupted { signal } => self.interrupted = Some(signal),
            Event::RunFinished { .. } => self.finished = true,
        }
        Ok(())
    }

    fn check(&mut self, check: CheckFinished, span: Span) -> Result<(), String> {
        if let Some(started) = &self.started {
            contradictions::of_check(started, &check)?;
        }
        let pack = self.of(&check.pack, Some(span))?;
        *pack.checks.entry(check.status).or_default() += 1;
        pack.violates |= violates(&check);
        let CheckFinished { check, scope, .. } = check;
        let trial = format!("{}::{scope}::{check}", pack.label);
        let of_check = pack.concluded.entry(check).or_default();
        if !of_check.insert(scope) {
            return Err(format!("a second result of {trial}"));
        }
        let results: usize = pack.checks.values().sum();
        if results > EVENT_PACK_CHECKS {
            return Err(format!(
                "the pack {} has more than {EVENT_PACK_CHECKS} results of checks, the bound on a \
                 pack",
                pack.label
            ));
        }
        Ok(())
    }

    fn pack(&mut self, done: &PackFinished, span: Span) -> Result<(), String> {
        let due = match &self.started {
            Some(run) if run.filter.is_none() => run.checks.clone(),
            _ => Vec::new(),
        };
        let pack = self.of(&done.pack, Some(span))?;
        pack.steps_executed = done.steps_executed;
        pack.steps_due = done.steps_due;
        contradictions::of_verdict(pack, done.verdict)?;
        pack.verdict = Some(done.verdict);
        let concluded = std::mem::take(&mut pack.concluded);
        let due = due.into_iter();
        pack.missing = due.filter(|id| !concluded.contains_key(id)).collect();
        // NB: the vector is that of all checks, collected in place, and a run may have a
        // hundred thousand packs.
        pack.missing.shrink_to_fit();
        let missing = pack.missing.len();
        self.missing += missing;
        if self.missing > EVENT_MISSING {
            return Err(format!("more than {EVENT_MISSING} checks have no result"));
        }
        Ok(())
    }

    /// The announced pack `label`, not finished yet, and one more event of it.
    fn of(&mut self, label: &str, span: Option<Span>) -> Result<&mut PackSummary, String> {
        if self.started.is_none() {
            return Err(NO_START.into());
        }
        let Some(pack) = self.packs.get_mut(label) else {
            return Err(format!("the pack {label}, which the run does not announce"));
        };
        if pack.verdict.is_some() {
            return Err(format!("an event of the pack {label} after its end"));
        }
        if let Some(span) = span {
            match pack.spans.last_mut() {
                Some(last) if last.start + last.len == span.start => last.len += span.len,
                _ => pack.spans.push(span),
            }
            pack.bytes += span.len;
            if pack.bytes > EVENT_PACK_BYTES {
                return Err(format!(
                    "the events of the pack {label} have more than {EVENT_PACK_BYTES} bytes, the \
                     bound on a pack"
                ));
            }
        }
        Ok(pack)
    }

    pub(super) fn finish(mut self, path: &Path) -> Result<Run, Error> {
        let refuse = |why: &str| Error::Usage(format!("{}: {why}", show(path)));
        let started = self.started.take().ok_or_else(|| refuse(NO_START))?;
        contradictions::of_catalogue(&started).map_err(|why| refuse(&why))?;
        // Reports list every announced pack, even if it did not run.
        let announced = started.packs.iter();
        let packs = announced.filter_map(|label| self.packs.remove(label));
        let packs: Vec<PackSummary> = packs.collect();
        let run = Run {
            started,
            packs,
            stale: self.stale,
            finished: false,
            interrupted: self.interrupted,
            failure: None,
            baseline: None,
            path: path.to_owned(),
        };
        Ok(if self.finished { run.ended() } else { run })
    }
}

/// Why a stream without its first event is refused.
const NO_START: &str =
    "the stream has no `run_started` event before its other events; name the events.jsonl of a run";

/// Refuses a run that announces more packs or checks than the bounds allow.
fn check_announced(started: &RunStarted) -> Result<(), String> {
    for (what, count, most) in [
        ("packs", started.packs.len(), EVENT_PACKS),
        ("checks", started.checks.len(), EVENT_CHECKS),
        ("requirements", started.requirements.len(), EVENT_CHECKS),
    ] {
        if count > most {
            return Err(format!(
                "the stream announces {count} {what}; the bound is {most}"
            ));
        }
    }
    // NB: reports repeat the text at each failed check.
    let mut texts = started.requirements.iter();
    let is_long = |text: &str| text.len() > EVENT_REQUIREMENT_BYTES;
    match texts.find(|(_, requirement)| is_long(&requirement.text)) {
        Some((id, _)) => Err(format!(
            "the requirement of the check {id} has more than {EVENT_REQUIREMENT_BYTES} bytes"
        )),
        None => Ok(()),
    }
}

/// Whether `check` is a failed archive or sandbox check of the level must. A failed
/// check of another level is no violation.
fn violates(check: &CheckFinished) -> bool {
    let stage = Stage::of(&check.check);
    let required = check.level == Level::Must;
    required
        && check.status == Status::Failed
        && matches!(stage, Some(Stage::Archive | Stage::Sandbox))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::read::parse;
    use serde_json::json;

    #[test]
    fn finished_pack_keeps_no_memory_for_checks_that_have_results() {
        let mut started = Run::not_begun(String::new()).started;
        started.packs = vec!["p".into()];
        started.checks = (0..70).map(|i| format!("plan.c{i}")).collect();
        let checks = started.checks.clone();
        let check = |id: &String| {
            json!({
                "event": "check_finished", "pack": "p", "scope": "pack", "check": id,
                "level": "must", "status": "passed", "applicable": true, "reason": null,
                "findings": [], "reproduce": null,
            })
        };
        let done = json!({
            "event": "pack_finished", "pack": "p", "path": "p.gtpack", "id": null,
            "version": null, "digest": "", "verdict": "pass", "steps_executed": 1,
            "steps_due": 1, "probes": 0, "resident_peak": 1, "plan_notes": 0,
            "secret_keys": [], "millis": 1,
        });
        let mut index = Index::default();
        let mut add = |event| {
            let span = Span { start: 0, len: 1 };
            index.add(event, span).expect("an event of the run");
        };
        add(Event::RunStarted(Box::new(started)));
        for line in checks.iter().map(check).chain([done]) {
            add(parse(line.to_string().as_bytes()).expect("an event"));
        }
        let pack = index.packs.remove("p").expect("announced");
        assert_eq!((pack.missing.len(), pack.missing.capacity()), (0, 0));
        assert!(pack.concluded.is_empty());
    }
}
