//! Recordings that break one requirement, each of which exactly the right check finds; and
//! recordings that are written in another way, of which no check fails.

mod breaks;
mod good;
mod harmless;
mod spilled;

use good::{archive, pack, root};
use provision_core::codes::FindingCode;
use provision_core::{Limits, Status};
use provision_exec::WasmtimeExecutor;
use provision_oracle::recorded::{Aids, PackFacts, Recording, Replay, judge, observe};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Observes a recording; its traces are of the pack, whose steps run again.
fn observed(bytes: &[u8]) -> Recording {
    static LIMITS: LazyLock<Limits> = LazyLock::new(Limits::default);
    static EXECUTOR: LazyLock<WasmtimeExecutor> =
        LazyLock::new(|| WasmtimeExecutor::new(&LIMITS.step).expect("an executor"));
    let pack = pack();
    let facts = PackFacts::of(&pack);
    let aids = Aids {
        pack: Some(&facts),
        replay: Some(Replay::new(&pack, &*EXECUTOR, &LIMITS)),
        in_memory: 3,
        ..Aids::default()
    };
    observe(bytes, &aids, &mut Vec::new())
}

/// The checks that fail on a recording, with their codes.
fn failed(bytes: &[u8]) -> Vec<(&'static str, BTreeSet<FindingCode>)> {
    let results = judge(&observed(bytes), |_| true);
    let failed = results.into_iter().filter(|r| r.status >= Status::Failed);
    failed
        .map(|r| (r.check, r.findings.into_iter().map(|f| f.code).collect()))
        .collect()
}

/// The checks that pass on a recording.
fn passed(bytes: &[u8]) -> BTreeSet<&'static str> {
    let results = judge(&observed(bytes), |_| true);
    let passed = results.iter().filter(|r| r.status == Status::Passed);
    passed.map(|r| r.check).collect()
}

#[test]
fn pack_of_the_recordings_is_what_its_sources_give() {
    let path = root().join("corpus/recordings/packs/application.gtpack");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, archive()).expect("writes");
    }
    assert!(
        std::fs::read(&path).is_ok_and(|bytes| bytes == archive()),
        "run the test with BLESS=1"
    );
}

#[test]
fn finding_on_the_shape_names_the_member_in_its_text() {
    let case = |event: &str| {
        format!(
            r#"{{"name":"n","runs":[{{"tenant_id":"t","session_id":"s","events":[{event}],
            "state_snapshot":{{"writer":"w","bytes_written":1}}}}]}}"#
        )
    };
    for (event, expected) in [
        (
            r#"{"kind":"state_write","tenant_id":"t","trace_id":"x"}"#,
            "no member `sequence`",
        ),
        (
            r#"{"sequence":"1","kind":"state_write","tenant_id":"t","trace_id":"x"}"#,
            "`sequence` is a text",
        ),
        ("7", "a number"),
    ] {
        let results = judge(&observed(case(event).as_bytes()), |c| c.id == "trace.shape");
        let found = &results[0].findings[0];
        assert_eq!(found.actual, expected, "{}", found.at);
    }
}
