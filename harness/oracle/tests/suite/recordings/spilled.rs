//! Ids that are the same far apart, and documents that are read in other parts.

use super::{failed, observed};
use provision_core::codes::RecordedCode;
use provision_oracle::recorded::{Aids, observe};
use std::fmt::Write;
use std::io::{self, Read};

/// A case with so many state writes, of which the last one has this id.
fn case_of(writes: usize, last: &str) -> String {
    let mut text = r#"{"name":"n","runs":[{"tenant_id":"t","session_id":"s","events":["#.to_owned();
    for number in 0..writes {
        let comma = if number == 0 { "" } else { "," };
        let id = if number + 1 == writes {
            last.to_owned()
        } else {
            format!("id {number}")
        };
        write!(
            text,
            r#"{comma}{{"sequence":{number},"kind":"state_write","tenant_id":"t","trace_id":"{id}"}}"#
        )
        .expect("writes");
    }
    text + r#"],"state_snapshot":{"writer":"w","bytes_written":1}}]}"#
}

#[test]
fn id_of_a_write_far_before_is_found_beyond_the_memory() {
    // Three ids fit into memory.
    assert_eq!(failed(case_of(400, "new").as_bytes()), []);
    let found = failed(case_of(400, "id 0").as_bytes());
    let code = RecordedCode::Repeated.into();
    assert_eq!(found, [("trace.once-only", [code].into())]);
}

/// Gives one byte at a time.
struct Slow<'b>(&'b [u8]);

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = buffer.len().min(1);
        self.0.read(&mut buffer[..len])
    }
}

#[test]
fn recording_that_comes_byte_by_byte_is_the_same() {
    for text in [
        case_of(50, "id 3"),
        super::good::trace().to_string(),
        "{\"runs\":[\"\u{e9}".into(),
    ] {
        let aids = Aids::default;
        let whole = observe(text.as_bytes(), &aids(), &mut Vec::new());
        let slow = observe(Slow(text.as_bytes()), &aids(), &mut Vec::new());
        assert_eq!(whole, slow);
    }
}

#[test]
fn hostile_text_is_refused_where_it_passes_the_bound() {
    for text in [
        "[".repeat(1 << 20),
        format!("\"{}", "x".repeat(9 << 20)),
        "1".repeat(1 << 20),
    ] {
        let recording = observed(text.as_bytes());
        let defect = recording.defect.expect("a defect");
        assert_eq!(defect.code, RecordedCode::Bound.into());
    }
}
