//! Scenarios and the capabilities of a simulator: each fault alone fails exactly the check
//! that judges it, and variations that change nothing fail no check.

mod faults;
mod good;
mod harmless;

use crate::project::Files;
use faults::FAULTS;
use good::{CONSISTENT, Change, FILES, REPORT, TRANSCRIPT, good, remove};
use harmless::HARMLESS;
use provision_core::scenario::render::ReportRow;
use provision_core::wizard::NoopExecutor;
use provision_core::{Source, Status};
use provision_oracle::{CheckResult, Conditions, Stage, judge, observe};
use serde_json::{Value, json};

fn judged(files: &Value) -> Vec<CheckResult> {
    let content = |value: &Value| match value {
        Value::String(text) => text.clone().into_bytes(),
        json => serde_json::to_vec_pretty(json).expect("JSON"),
    };
    let files = files.as_object().expect("files").iter();
    let files: Files = files.map(|(name, v)| (name.clone(), content(v))).collect();
    let source = Source::Folder {
        files,
        manifest: None,
    };
    judge(&observe(Ok(source), &NoopExecutor, &Conditions::default()))
}

/// The failed checks of the pack with their codes, each once.
fn failed(results: &[CheckResult]) -> Vec<(String, Vec<String>)> {
    let failed = results.iter().filter(|r| r.status >= Status::Failed);
    let failed = failed.map(|r| {
        let mut codes: Vec<String> = r.findings.iter().map(|f| f.code.to_string()).collect();
        codes.dedup();
        (r.check.to_owned(), codes)
    });
    failed.collect()
}

#[test]
fn each_fault_alone_fails_exactly_its_check_with_its_code() {
    let mut wrong = Vec::new();
    for (what, check, code, change) in FAULTS {
        let mut files = good();
        change(&mut files);
        let found = failed(&judged(&files));
        let expected = [(check.to_owned(), vec![code.to_owned()])];
        if found != expected {
            wrong.push(format!("{what}: {found:?}, expected {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn harmless_variations_fail_nothing() {
    let mut wrong = Vec::new();
    for (what, change) in HARMLESS {
        let mut files = good();
        change(&mut files);
        let results = judged(&files);
        let of_stage = |r: &&CheckResult| Stage::of(r.check) == Some(Stage::Scenario);
        let mut scenarios = results.iter().filter(of_stage);
        let is_judged = |r: &CheckResult| r.status == Status::Passed || r.check == REPORT;
        if !failed(&results).is_empty() || !scenarios.all(is_judged) {
            wrong.push(format!("{what}: {:?}", failed(&results)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn result<'r>(results: &'r [CheckResult], check: &str) -> &'r CheckResult {
    results.iter().find(|r| r.check == check).expect("a result")
}

#[test]
fn pack_without_the_list_has_no_scenarios_to_judge() {
    for scenarios in [None, Some(Value::Null)] {
        let mut files = good();
        match scenarios {
            None => remove(&mut files["pack.json"], "scenarios"),
            Some(null) => files["pack.json"]["scenarios"] = null,
        }
        let results = judged(&files);
        for check in [FILES, CONSISTENT, TRANSCRIPT, REPORT] {
            let result = result(&results, check);
            assert_eq!(result.status, Status::NotApplicable, "{check}");
            let reason = result.reason.as_deref();
            assert_eq!(reason, Some("the pack carries no scenarios"), "{check}");
        }
    }
}

#[test]
fn what_depends_on_an_unreadable_file_is_blocked() {
    let blocked = |change: Change| {
        let mut files = good();
        change(&mut files);
        let results = judged(&files);
        let checks = [CONSISTENT, TRANSCRIPT, REPORT].into_iter();
        let blocked = checks.filter(|c| result(&results, c).status == Status::Blocked);
        blocked.collect::<Vec<_>>()
    };
    let all = [CONSISTENT, TRANSCRIPT, REPORT];
    assert_eq!(blocked(|f| remove(f, "scenarios/pick.json")), all);
    assert_eq!(blocked(|f| remove(f, "golden/pick.json")), [TRANSCRIPT]);
    assert_eq!(blocked(|f| f["pack.json"]["scenarios"] = json!(1)), all);
    // Nobody has published what these render to.
    let lower: Change = |f| f["scenarios/greet.json"]["steps"][0]["from"] = json!("user");
    assert_eq!(blocked(lower), [TRANSCRIPT, REPORT]);
    let options: Change = |f| f["scenarios/greet.json"]["steps"][1]["options"] = json!(["a"]);
    assert_eq!(blocked(options), [TRANSCRIPT, REPORT]);
}

#[test]
fn transcript_shows_the_first_difference_and_counts_all() {
    let mut files = good();
    let lines = json!([
        "BOT: Colour? [Red, Blue]",
        "USER: Blue",
        "BOT: Blue it is.",
        "BOT: !"
    ]);
    files["golden/pick.json"]["transcript"] = lines;
    let results = judged(&files);
    let found = &result(&results, TRANSCRIPT).findings;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].at, "golden/pick.json, line 2 of the transcript");
    assert_eq!(found[0].expected, "`USER: Red`");
    assert_eq!(found[0].actual, "`USER: Blue`; 3 lines differ");
}

#[test]
fn hash_of_a_transcript_covers_each_line_and_its_line_feed() {
    let lines = [
        "BOT: Colour? [Red, Blue]".to_owned(),
        "USER: Red".to_owned(),
    ];
    let row = ReportRow::of("p", "pick", &lines);
    let counts = [row.message_count, row.bot_messages, row.user_messages];
    assert_eq!((counts, row.system_messages), ([2, 1, 1], 0));
    // printf 'BOT: Colour? [Red, Blue]\nUSER: Red\n' | sha256sum
    assert!(row.transcript_hash.starts_with("e65e"), "{row:?}");
    let other = ["BOTS: a".to_owned(), " BOT: b".to_owned(), "BOT".to_owned()];
    assert_eq!(ReportRow::of("p", "x", &other).bot_messages, 0);
}
