//! Renders steps as a transcript, and counts and hashes transcripts.
//!
//! The rule is inferred from public packs: all seven scenarios of the first dialect
//! there obey it, and the only one of the second. What none of them shows has no rule.

use super::{Dialect, Entry, Scenario, Scenarios, Step};
use crate::text::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Where a pack carries its render report.
pub const REPORT: &str = "golden/render_reports.json";

/// Why a scenario has no transcript.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unrendered {
    /// The file with its steps cannot be read.
    Unread,
    /// A step does not decode.
    Malformed,
    /// It has no step.
    Empty,
    /// A step has options in a dialect of which no public pack shows a rule for them.
    Options,
    /// A step of the second dialect has a name in lower case, and no public pack shows
    /// whether the transcript then has capitals.
    Case,
}

impl Unrendered {
    /// The reason in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Unread => "the file with its steps cannot be read",
            Self::Malformed => "a step does not decode",
            Self::Empty => "it has no step",
            Self::Options => {
                "no public pack shows how the options of a step with `kind`, `from` and `text` are rendered"
            }
            Self::Case => "no public pack shows how `from` is rendered if it is not in capitals",
        }
    }
}

impl Scenario {
    /// The transcript of its steps.
    ///
    /// # Errors
    /// [`Unrendered`], if the steps cannot be read or there is no rule for them.
    pub fn rendered(&self) -> Result<Vec<String>, Unrendered> {
        let entry = self.entry.as_ref().map_err(|_| Unrendered::Unread)?;
        transcript(&entry.content)
    }
}

/// The transcript of the steps of `entry`.
///
/// # Errors
/// [`Unrendered`], except [`Unrendered::Unread`].
pub fn transcript(entry: &Entry) -> Result<Vec<String>, Unrendered> {
    if !entry.faults.is_empty() {
        return Err(Unrendered::Malformed);
    }
    if entry.steps.is_empty() {
        return Err(Unrendered::Empty);
    }
    let lines = entry.steps.iter().map(|step| match step {
        Some(step) => line(step),
        None => Err(Unrendered::Malformed),
    });
    lines.collect()
}

/// `ACTOR: message [first, second]`.
fn line(step: &Step) -> Result<String, Unrendered> {
    let actor = step.actor.to_uppercase();
    if matches!(step.dialect, Dialect::Kind(_)) {
        if !step.options.is_empty() {
            return Err(Unrendered::Options);
        }
        if actor != step.actor {
            return Err(Unrendered::Case);
        }
    }
    let message = &step.message;
    Ok(if step.options.is_empty() {
        format!("{actor}: {message}")
    } else {
        format!("{actor}: {message} [{}]", step.options.join(", "))
    })
}

/// A golden, as packs carry it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GoldenDocument {
    /// The scenario's id.
    pub scenario_id: String,
    /// Its lines.
    pub transcript: Vec<String>,
}

/// One row of a render report.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ReportRow {
    /// The pack's id.
    pub pack_id: String,
    /// The scenario's id.
    pub scenario_id: String,
    /// Lines of the transcript.
    pub message_count: u64,
    /// Lines that begin with `BOT:`.
    pub bot_messages: u64,
    /// Lines that begin with `USER:`.
    pub user_messages: u64,
    /// Lines that begin with `SYSTEM:`.
    pub system_messages: u64,
    /// SHA-256 over every line and its line feed, in lower-case hexadecimal digits.
    pub transcript_hash: String,
}

impl ReportRow {
    /// The row of a scenario with this transcript.
    #[must_use]
    pub fn of(pack_id: &str, scenario_id: &str, lines: &[String]) -> Self {
        let count = |prefix: &str| {
            let is = |line: &&String| line.split_once(':').is_some_and(|(p, _)| p == prefix);
            lines.iter().filter(is).count() as u64
        };
        let mut hash = Sha256::new();
        for line in lines {
            hash.update(line.as_bytes());
            hash.update(b"\n");
        }
        Self {
            pack_id: pack_id.to_owned(),
            scenario_id: scenario_id.to_owned(),
            message_count: lines.len() as u64,
            bot_messages: count("BOT"),
            user_messages: count("USER"),
            system_messages: count("SYSTEM"),
            transcript_hash: hex(&hash.finalize()),
        }
    }
}

/// A scenario and its transcript.
#[derive(Debug)]
pub struct Rendered<'s> {
    /// The scenario.
    pub scenario: &'s Scenario,
    /// Its transcript, or why there is none.
    pub lines: Result<Vec<String>, Unrendered>,
}

impl Rendered<'_> {
    /// The golden that the scenario has to have; `None` if it has no id or no transcript.
    #[must_use]
    pub fn golden(&self) -> Option<GoldenDocument> {
        Some(GoldenDocument {
            scenario_id: self.scenario.id.as_ref().ok()?.clone(),
            transcript: self.lines.as_ref().ok()?.clone(),
        })
    }
}

impl Scenarios {
    /// Every scenario with its transcript, in the order of the manifest.
    #[must_use]
    pub fn rendered(&self) -> Vec<Rendered<'_>> {
        let rendered = |scenario| Rendered {
            scenario,
            lines: Scenario::rendered(scenario),
        };
        self.list.iter().map(rendered).collect()
    }

    /// The rows of the render report, sorted by pack and scenario; a scenario without id
    /// or transcript has none.
    #[must_use]
    pub fn report(&self) -> Vec<ReportRow> {
        let row = |rendered: &Rendered<'_>| {
            let id = rendered.scenario.id.as_ref().ok()?;
            let lines = rendered.lines.as_ref().ok()?;
            Some(ReportRow::of(&self.pack_id, id, lines))
        };
        let mut rows: Vec<ReportRow> = self.rendered().iter().filter_map(row).collect();
        rows.sort();
        rows
    }
}
