//! Bytes as a recording: cases, traces and fault cases, in documents one behind the other.

use crate::target::{Attacker, Seeds, Target};
use provision_core::codes::RecordedCode;
use provision_core::{Status, Verdict};
use provision_oracle::recorded::{Aids, Format, Recording, judge, observe, verdict};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::io::{self, Read};

pub(crate) const TARGET: Target = Target {
    name: "recordings",
    attacker: Attacker::Recording,
    boundary: "the reader of recordings, and the checks of what it reads",
    oracle: "a recording is observed in the same way twice, in parts of any length, and however few ids fit into memory; another JSON reader reads what is read to its end; lists are bounded; every check reaches a conclusion, and the verdict is not *pass* if nothing was read",
    max_len: 8192,
    seeds: Seeds::Files,
    body,
    show: crate::as_text,
    mutator: None,
};

/// Violations that a check of traces lists, the others as one, and a defect of the file.
const LISTED: usize = 100 + 2;
/// Violations that a check of spans lists: of each of its codes.
const LISTED_SPANS: usize = 10 * (50 + 1) + 1;
/// Bytes of a place or a text of a finding.
const TEXT: usize = 4096;

/// Gives so many bytes at once.
pub(crate) struct Parts<'b>(pub(crate) &'b [u8], pub(crate) usize);

impl Read for Parts<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = buffer.len().min(self.1);
        self.0.read(&mut buffer[..len])
    }
}

fn observed(data: &[u8], part: usize, in_memory: usize) -> Recording {
    let aids = Aids {
        in_memory,
        ..Aids::default()
    };
    observe(Parts(data, part), &aids, &mut Vec::new())
}

fn body(data: &[u8]) {
    let recording = observed(data, usize::MAX, 1 << 10);
    for (part, in_memory) in [(1, 1 << 10), (7, 2), (usize::MAX, 1)] {
        assert_eq!(
            recording,
            observed(data, part, in_memory),
            "in parts of {part}"
        );
    }
    read_by_another(data, &recording);
    let results = judge(&recording, |_| true);
    for result in &results {
        let listed = if result.check.starts_with("span.") {
            LISTED_SPANS
        } else {
            LISTED
        };
        assert!(result.findings.len() <= listed, "{}", result.check);
        assert_ne!(result.status, Status::Error, "{result:?}");
        for finding in &result.findings {
            for text in [&finding.at, &finding.expected, &finding.actual] {
                assert!(!text.chars().any(char::is_control), "{finding:?}");
                assert!(text.len() <= TEXT, "{} bytes", text.len());
            }
        }
    }
    let verdict = verdict(&recording, &results);
    let is_known = !recording.formats.is_empty() && recording.entries > 0;
    assert!(is_known || verdict != Verdict::Pass, "{recording:?}");
    if recording.has(Format::Trace) {
        // No pack is given, so that nothing shows of which pack the trace is.
        assert_ne!(verdict, Verdict::Pass, "{recording:?}");
    }
}

/// Another reader reads what is read to its end, and what another reader reads is read.
fn read_by_another(data: &[u8], recording: &Recording) {
    let mut parser = serde_json::Deserializer::from_slice(data);
    let mut is_json = true;
    while is_json {
        is_json = IgnoredAny::deserialize(&mut parser).is_ok();
        if is_json && parser.end().is_ok() {
            break;
        }
    }
    match &recording.defect {
        None => assert!(
            is_json && std::str::from_utf8(data).is_ok(),
            "{recording:?}"
        ),
        Some(defect) => {
            let known = [RecordedCode::Json, RecordedCode::Bound].map(Into::into);
            assert!(known.contains(&defect.code), "{defect:?}");
        }
    }
    // So short a text passes no bound.
    if data.len() <= 100 && serde_json::from_slice::<serde_json::Value>(data).is_ok() {
        assert_eq!(recording.defect, None);
    }
}
