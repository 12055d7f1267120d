//! The documents of a recording, whose members decide its format: the order of members
//! does not matter.

use super::Format;
use super::case::{Runs, RunsSeed};
use super::span;
use provision_core::Finding;
use provision_core::codes::RecordedCode;
use provision_core::text::inert;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::io::Read;

/// What the documents of a recording contain.
#[derive(Debug, Default)]
pub(super) struct Documents {
    pub(super) format: Option<Format>,
    pub(super) runs: Runs,
    pub(super) spans: span::Reader,
}

impl Documents {
    /// Reads all documents.
    ///
    /// # Errors
    /// Why the recording cannot be read to its end.
    pub(super) fn read(&mut self, input: impl Read) -> Result<(), Finding> {
        let mut parser = serde_json::Deserializer::from_reader(input);
        let mut read = || loop {
            self.spans.document();
            DocumentSeed(self).deserialize(&mut parser)?;
            if parser.end().is_ok() {
                return Ok(());
            }
        };
        read().map_err(|e: serde_json::Error| {
            let expected = "strict JSON";
            Finding::new(
                RecordedCode::Json,
                "the file",
                expected,
                inert(&e.to_string(), 300),
            )
        })
    }
}

/// The finding for a recording that the machine cannot read.
pub(super) fn unread(why: String) -> Finding {
    let expected = "a file that can be read to its end";
    Finding::new(RecordedCode::Unread, "the file", expected, inert(&why, 300))
}

struct DocumentSeed<'d>(&'d mut Documents);

impl<'de> DeserializeSeed<'de> for DocumentSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for DocumentSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object, or an array of spans")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut names = span::Names::default();
        let mut loose = span::Loose::default();
        let mut format = None;
        while let Some(key) = members.next_key::<String>()? {
            names.add(&key)?;
            match key.as_str() {
                "resourceSpans" => {
                    format = Some(Format::Otlp);
                    span::resource_spans(&mut self.0.spans, &mut members)?;
                }
                "runs" => {
                    format = Some(Format::Case);
                    members.next_value_seed(RunsSeed(&mut self.0.runs))?;
                }
                _ => loose.member(key, &mut members)?,
            }
        }
        if format.is_none() && loose.span(&mut self.0.spans) {
            format = Some(Format::Spans);
        }
        self.0.format = self.0.format.or(format);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        if span::items(&mut self.0.spans, &mut items)? {
            self.0.format = self.0.format.or(Some(Format::Spans));
        }
        Ok(())
    }
}
