//! Bytes of an archive: the walker gives each byte exactly one owner, all readers
//! extract the same files from an accepted archive, and its canonical form repacks to
//! itself.

use crate::target::{Attacker, Seeds, Target};
use provision_core::Limits;
use provision_core::archive::{Archive, RawArchive, Rule, differences, repack};
use provision_oracle::zip_readers::disagreement;

pub(crate) const TARGET: Target = Target {
    name: "archive_bytes",
    attacker: Attacker::Archive,
    boundary: "the strict archive walker",
    oracle: "the walker gives each byte exactly one owner; other readers extract the same files from every accepted archive; the canonical form repacks to itself",
    max_len: 8192,
    seeds: Seeds::Files,
    body,
    show: crate::as_text,
    mutator: Some(crate::mutators::archive),
};

fn body(data: &[u8]) {
    let limits = Limits::FUZZ.archive;
    owned(data, limits.entries);
    let archive = match Archive::open(data.to_vec(), &limits) {
        Ok(archive) => archive,
        Err(error) => {
            let offsets: Vec<u64> = error.violations().map(|v| v.offset).collect();
            assert!(
                offsets.is_sorted(),
                "violations are not in the order of their offsets"
            );
            assert!(offsets.iter().all(|o| *o <= data.len() as u64));
            return;
        }
    };
    assert_eq!(disagreement(&archive, &crate::ALL_READERS), None);
    let canonical = match repack(&archive, &limits) {
        Ok(canonical) => canonical,
        Err(error) => return assert_eq!(error.rule(), Rule::Size),
    };
    assert_eq!(
        differences(&archive).is_empty(),
        canonical == data,
        "the reported differences contradict the canonical form"
    );
    if canonical == data {
        return;
    }
    let again = Archive::open(canonical.clone(), &limits).expect("the canonical form is accepted");
    assert!(archive.names().eq(again.names()));
    for name in archive.names() {
        assert_eq!(archive.read(name), again.read(name), "{name}");
    }
    assert_eq!(
        repack(&again, &limits),
        Ok(canonical),
        "the canonical form does not repack to itself"
    );
}

fn owned(data: &[u8], entries: usize) {
    let raw = RawArchive::scan(data, entries);
    let mut at = 0;
    for span in raw.spans() {
        assert_eq!(span.range.start, at, "a byte has no owner, or two");
        assert!(!span.range.is_empty());
        at = span.range.end;
    }
    assert_eq!(at, data.len(), "the last bytes have no owner");
}
