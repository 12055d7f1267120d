//! The documents of a recording, whose members decide its format: the order of members
//! does not matter.

use super::Format;
use super::case::{Runs, RunsSeed};
use provision_core::Finding;
use provision_core::codes::RecordedCode;
use provision_core::text::inert;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use std::fmt;
use std::io::Read;

/// What the documents of a recording contain.
#[derive(Debug, Default)]
pub(super) struct Documents {
    pub(super) format: Option<Format>,
    pub(super) runs: Runs,
}

impl Documents {
    /// Reads all documents.
    ///
    /// # Errors
    /// Why the recording cannot be read to its end.
    pub(super) fn read(&mut self, input: impl Read) -> Result<(), Finding> {
        let mut parser = serde_json::Deserializer::from_reader(input);
        let read = DocumentSeed(self).deserialize(&mut parser);
        read.and_then(|()| parser.end()).map_err(|e| {
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
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for DocumentSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut seen = false;
        while let Some(key) = members.next_key::<String>()? {
            match key.as_str() {
                "runs" if seen => return Err(A::Error::custom("a second member `runs`")),
                "runs" => {
                    seen = true;
                    self.0.format = Some(Format::Case);
                    members.next_value_seed(RunsSeed(&mut self.0.runs))?;
                }
                _ => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}
