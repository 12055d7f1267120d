//! Bytes as an expectations file: every accepted entry keeps the rules, and the entries
//! read the same after they are written again.

use greentic_provision::expectations::{Expectations, parse_entries, render};
use provision_fuzz_bytes::{Attacker, Seeds, Target};
use provision_oracle::{Stage, checks};

pub(crate) const TARGET: Target = Target {
    name: "expectations",
    attacker: Attacker::Expectations,
    boundary: "the reader of expectations",
    oracle: "every accepted entry names a known check that may be excused, one code, an owner and an end within 180 days; the entries read the same after they are written again",
    max_len: 4096,
    seeds: Seeds::Files,
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
            "{} must not be excused",
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
    let read = parse_entries(&again).expect("written entries are accepted");
    assert_eq!(
        render(&read).expect("writes"),
        again,
        "entries change when they are written again"
    );
    // NB: on the earliest date nothing has expired, so only the file's own dates count.
    let loaded =
        Expectations::parse(text, time::Date::MIN).expect("accepted entries can be loaded");
    // No pack was examined, so every entry is stale after a complete run.
    assert!(loaded.stale(false).len() <= entries.len());
    assert_eq!(loaded.stale(true).len(), entries.len());
}
