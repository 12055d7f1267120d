//! Bytes as an expectations file: what is accepted may stand, and says the
//! same when it is written again.

use greentic_provision::expectations::{Expectations, parse_entries, render};
use provision_fuzz_bytes::{Attacker, Target};
use provision_oracle::{Stage, checks};

pub(crate) const TARGET: Target = Target {
    name: "expectations",
    attacker: Attacker::Expectations,
    boundary: "the reader of expectations",
    oracle: "what is accepted names a known check that can be excused, one code, an owner and an end within 180 days; written again it says the same",
    max_len: 4096,
    choices: None,
    body,
    show: provision_fuzz_bytes::as_text,
    mutator: None,
};

fn body(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(entries) = parse_entries(text) else {
        return;
    };
    for entry in &entries {
        assert!(checks::by_id(&entry.check).is_some(), "{}", entry.check);
        let stage = Stage::of(&entry.check);
        assert!(
            !matches!(stage, Some(Stage::Archive | Stage::Sandbox)),
            "{} is excused",
            entry.check
        );
        for needed in [
            &entry.code,
            &entry.pack,
            &entry.reason,
            &entry.issue,
            &entry.owner,
        ] {
            assert!(!needed.trim().is_empty(), "{entry:?}");
        }
    }
    let again = render(&entries).expect("writes");
    let read = parse_entries(&again).expect("reads what it wrote");
    assert_eq!(render(&read).expect("writes"), again, "not the same again");
    // NB: the first of all days; the file's own dates are what counts.
    let loaded = Expectations::parse(text, time::Date::MIN).expect("what may stand can be loaded");
    // Nothing was examined, so nothing is unused but what speaks of no pack.
    assert!(loaded.stale(false).len() <= entries.len());
    assert_eq!(loaded.stale(true).len(), entries.len());
}
