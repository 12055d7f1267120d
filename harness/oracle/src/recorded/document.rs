//! The documents of a recording, one behind the other, and their members, which decide the
//! format of each: the order of members does not matter.

use super::aids::Aids;
use super::case::Runs;
use super::fault::{Cases, Outcome, Pending, Reported};
use super::fault_case::{Expected, FaultCase, FaultMembers};
use super::field::Field;
use super::format::Format;
use super::ids::CaseIds;
use super::judged::Log;
use super::members::{ArraySeed, Members, ObjectSeed, Scalar};
use super::named::{Named, OfFlow, OfPack};
use super::span;
use super::trace::Trace;
use provision_core::Finding;
use provision_core::codes::RecordedCode;
use provision_core::text::inert;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess};
use std::collections::BTreeSet;
use std::io::Read;

/// Everything that is known of the documents of a recording.
#[derive(Debug)]
pub(super) struct Documents<'a> {
    pub(super) log: Log,
    pub(super) ids: CaseIds<'a>,
    pub(super) formats: BTreeSet<Format>,
    pub(super) aids: &'a Aids<'a>,
    pub(super) faults: Pending,
    pub(super) spans: span::Reader,
}

impl<'a> Documents<'a> {
    pub(super) fn new(aids: &'a Aids<'a>, ids: CaseIds<'a>) -> Self {
        Self {
            log: Log::default(),
            ids,
            formats: BTreeSet::new(),
            aids,
            faults: Pending::default(),
            spans: span::Reader::new(aids.spans, aids.canaries.clone()),
        }
    }

    /// Reads all documents.
    ///
    /// # Errors
    /// Why the recording cannot be read to its end.
    pub(super) fn read(&mut self, input: impl Read) -> Result<(), Finding> {
        let mut parser = serde_json::Deserializer::from_reader(input);
        loop {
            let read = self.document(&mut parser);
            read.map_err(|e| {
                let at = self.log.at("the file");
                let why = inert(&e.to_string(), 300);
                Finding::new(RecordedCode::Json, at, "strict JSON", why)
            })?;
            // NB: this skips white space alone. The next document meets other errors again.
            if parser.end().is_ok() {
                self.faults.end(&mut self.log);
                return Ok(());
            }
            self.log.document += 1;
        }
    }

    fn document<R: Read>(
        &mut self,
        parser: &mut serde_json::Deserializer<serde_json::de::IoRead<R>>,
    ) -> serde_json::Result<()> {
        self.spans.document();
        let mut document = Document {
            all: self,
            is_object: true,
            marks: BTreeSet::new(),
            name: Field::Absent,
            pack: Named::default(),
            flow: Named::default(),
            trace: Trace::default(),
            fault: FaultCase::default(),
            outcome: Outcome::default(),
            loose: span::Loose::default(),
        };
        ObjectSeed(&mut document).deserialize(parser)?;
        document.end();
        Ok(())
    }
}

struct Document<'d, 'a> {
    all: &'d mut Documents<'a>,
    is_object: bool,
    /// The formats that members mark.
    marks: BTreeSet<Format>,
    name: Field,
    pack: Named,
    flow: Named,
    trace: Trace,
    fault: FaultCase,
    outcome: Outcome,
    /// The members of a span, if it is one.
    loose: span::Loose,
}

impl Members for Document<'_, '_> {
    const READS_REST: bool = true;
    const NAMES: &'static [&'static str] = &[
        "resourceSpans",
        "name",
        "runs",
        "trace_version",
        "pack",
        "flow",
        "steps",
        "cases",
        "seed",
        "faults",
        "expect",
        "status",
        "error",
        "retries",
        "replies",
        "packs",
    ];

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        name: &'static str,
        members: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "resourceSpans" => {
                // A document that is cut off has its spans nevertheless.
                self.all.formats.insert(Format::Otlp);
                self.marks.insert(Format::Otlp);
                span::resource_spans(&mut self.all.spans, members)
            }
            // A span has members of these names as well.
            "name" | "status" | "error" => {
                let mut copied = self.loose.copied(name, members)?;
                self.of_traces(name, &mut copied)
            }
            _ => self.of_traces(name, members),
        }
    }

    fn rest<'de, A: MapAccess<'de>>(
        &mut self,
        name: Option<String>,
        members: &mut A,
    ) -> Result<(), A::Error> {
        self.loose.member(name.unwrap_or_default(), members)
    }

    fn items<'de, A: SeqAccess<'de>>(&mut self, items: &mut A) -> Result<(), A::Error> {
        if !span::items(&mut self.all.spans, items)? {
            self.other(Scalar::Array);
            return Ok(());
        }
        self.is_object = false;
        self.all.formats.insert(Format::Spans);
        self.all.log.outcomes.shape.examine();
        Ok(())
    }

    fn doubled(&mut self, name: &'static str) {
        self.all.log.doubled("", name);
    }

    fn other(&mut self, found: Scalar<'_>) {
        self.is_object = false;
        self.unknown(found.words());
    }
}

impl Document<'_, '_> {
    /// Reads a member of a case, a trace or a fault case.
    fn of_traces<'de, A: MapAccess<'de>>(
        &mut self,
        name: &'static str,
        members: &mut A,
    ) -> Result<(), A::Error> {
        let Documents {
            log,
            ids,
            aids,
            faults,
            ..
        } = &mut *self.all;
        match name {
            "name" => self.name = Field::read(members)?,
            "runs" => {
                self.marks.insert(Format::Case);
                let count = 0;
                let mut runs = Runs { log, ids, count };
                members.next_value_seed(ArraySeed(&mut runs))?;
                runs.end();
            }
            "pack" => self.pack.read::<OfPack, _>("/pack", log, members)?,
            "flow" => self.flow.read::<OfFlow, _>("/flow", log, members)?,
            "trace_version" | "steps" => {
                self.marks.insert(Format::Trace);
                let flow = self.flow.parts.as_ref().and_then(|[id, _]| id.text());
                self.trace.read(name, members, log, aids, flow)?;
            }
            "packs" => {
                let mut reported = Reported::new(log, faults);
                members.next_value_seed(ArraySeed(&mut reported))?;
                if reported.is_of_faults {
                    self.marks.insert(Format::Faults);
                }
            }
            "cases" => {
                self.marks.insert(Format::Faults);
                let mut cases = Cases {
                    log,
                    faults,
                    count: 0,
                };
                members.next_value_seed(ArraySeed(&mut cases))?;
                cases.end();
            }
            "faults" | "expect" | "seed" => {
                if name != "seed" {
                    self.marks.insert(Format::Faults);
                }
                let at = "";
                let case = &mut self.fault;
                FaultMembers { log, at, case }.read(name, members)?;
            }
            _ => {
                if matches!(name, "retries" | "replies") {
                    self.marks.insert(Format::Faults);
                }
                self.outcome.read(name, members, log)?;
            }
        }
        Ok(())
    }

    /// The document is of no known format.
    fn unknown(&mut self, found: &str) {
        let log = &mut self.all.log;
        let at = log.at("the file");
        log.outcomes.shape.violate(|| {
            let expected = "an object with `runs`, with `trace_version` and `steps`, with \
                            `cases`, with `faults` and `expect`, or with `resourceSpans`, or spans \
                            with `name` and `attributes`";
            Finding::new(RecordedCode::Format, at, expected, found)
        });
    }

    fn end(mut self) {
        if !self.is_object {
            return;
        }
        if self.marks.is_empty() && self.loose.is_span() {
            self.marks.insert(Format::Spans);
        } else if self.marks.is_empty() && self.loose.is_other_signal(&mut self.all.spans) {
            self.marks.insert(Format::Otlp);
        }
        let mut marks = self.marks.iter();
        match (marks.next().copied(), marks.next()) {
            (None, _) => self.unknown("none of the members that mark a format"),
            (Some(_), Some(_)) => self.unknown("members of more than one format"),
            (Some(format), None) => {
                self.all.formats.insert(format);
                self.all.log.outcomes.shape.examine();
                match format {
                    Format::Case => {
                        self.name
                            .require("/name", "the name of the case", &mut self.all.log);
                    }
                    Format::Trace => {
                        let Documents { log, aids, .. } = &mut *self.all;
                        self.trace.end(&self.pack, &self.flow, log, aids);
                    }
                    Format::Faults => self.faults(),
                    Format::Otlp => {}
                    Format::Spans => self.loose.span(&mut self.all.spans),
                }
            }
        }
    }

    /// Ends a fault case, or the outcome of the one before.
    fn faults(self) {
        let Documents { log, faults, .. } = &mut *self.all;
        if self.fault.is_there() {
            let mut case = self.fault;
            (case.name, case.pack, case.flow) = (self.name, self.pack.plain, self.flow.plain);
            let expected: Expected = case.end("", log);
            faults.expect(expected, log);
        } else if self.outcome.is_there() {
            self.outcome.end(faults, log);
        }
    }
}
