//! `scenario render`, and scenarios in the reports of `conformance`.

use crate::support::{
    code, conformance, copy, fixture, json, packed, run_in, stderr, stdout, text,
};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Output;

const DIALOGS: &str = "conforming/scenarios-dialogs";

fn render(pack: &Path, flags: &[&str]) -> Output {
    let temp = tempfile::tempdir().expect("a folder");
    let args = ["scenario", "render", text(pack)];
    run_in(temp.path(), &[&args, flags].concat())
}

/// The text of a file of a pack.
fn file(pack: &Path, name: &str) -> String {
    fs::read_to_string(pack.join(name)).expect("reads")
}

/// Writes a folder pack with one scenario of these steps at `folder`.
fn write(folder: &Path, steps: &Value) {
    fs::create_dir_all(folder).expect("creates");
    let scenario = json!({ "id": "s", "entry": "s.json", "golden": "g.json" });
    let manifest = json!({ "id": "p", "version": "1.0.0", "scenarios": [scenario] });
    for (name, document) in [
        ("pack.json", manifest),
        ("s.json", json!({ "scenario": "s", "steps": steps })),
        ("g.json", json!({ "scenario_id": "s", "transcript": [] })),
    ] {
        fs::write(folder.join(name), document.to_string()).expect("writes");
    }
}

#[test]
fn transcripts_of_all_scenarios_are_printed_as_text() {
    let output = render(&fixture("conforming/scenarios-provider"), &[]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(stdout(&output), "# greeting\nUSER: ahoy\nBOT: ahoy there\n");
    let output = render(&fixture(DIALOGS), &[]);
    let shown = stdout(&output);
    let headings: Vec<&str> = shown.lines().filter(|l| l.starts_with('#')).collect();
    assert_eq!(headings, ["# menu", "# slots", "# fallback", "# retry"]);
    assert!(shown.contains("\nBOT: What do you need? [Berth, Fuel, Tides]\n"));
}

#[test]
fn goldens_and_report_are_printed_as_packs_carry_them() {
    let pack = fixture(DIALOGS);
    let one = render(&pack, &["--scenario", "menu", "--json"]);
    assert_eq!(stdout(&one), file(&pack, "golden/menu.json"));
    let report = render(&pack, &["--report"]);
    assert_eq!(stdout(&report), file(&pack, "golden/render_reports.json"));
    let all = json(&render(&pack, &["--json"]));
    let golden = |i: usize, name: &str| {
        let golden: Value = serde_json::from_str(&file(&pack, name)).expect("JSON");
        assert_eq!(all[i], golden);
    };
    golden(0, "golden/menu.json");
    golden(3, "golden/retry.json");
}

#[test]
fn archive_folder_and_manifest_render_the_same() {
    let temp = tempfile::tempdir().expect("a folder");
    let folder = temp.path().join("folder");
    copy(&fixture(DIALOGS), &folder);
    let archive = temp.path().join("dialogs.gtpack");
    packed(&folder, &archive);
    let expected = render(&folder, &[]);
    for place in [archive, folder.join("pack.json")] {
        let output = render(&place, &[]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        assert_eq!(stdout(&output), stdout(&expected));
    }
}

#[test]
fn pack_without_scenarios_ends_with_the_code_for_nothing() {
    for pack in [
        "conforming/noop-provision",
        "conforming/application",
        "nonconforming/scenario-list-empty",
    ] {
        let output = render(&fixture(pack), &[]);
        assert_eq!(code(&output), 5, "{pack}: {}", stderr(&output));
        assert!(stderr(&output).contains("scenario"), "{pack}");
        assert_eq!(stdout(&output), "");
    }
}

#[test]
fn scenario_that_cannot_be_read_fails_and_the_others_are_shown_as_text_only() {
    let pack = fixture("nonconforming/scenario-file-missing");
    let output = render(&pack, &[]);
    assert_eq!(code(&output), 1);
    assert!(stdout(&output).starts_with("# boarding\nBOT: "));
    let said = stderr(&output);
    assert!(
        said.contains("scenario leaving: the file with its steps cannot be read"),
        "{said}"
    );
    assert!(
        said.contains("E_FILE_MISSING at pack.json, /scenarios/1/entry"),
        "{said}"
    );
    for flag in ["--json", "--report"] {
        let output = render(&pack, &[flag]);
        assert_eq!((code(&output), stdout(&output)), (1, ""), "{flag}");
    }
}

#[test]
fn unknown_scenario_is_a_usage_error_that_lists_the_known_ones() {
    let output = render(&fixture(DIALOGS), &["--scenario", "menus"]);
    assert_eq!(code(&output), 2);
    let said = stderr(&output);
    assert!(
        said.contains("`menus`; it has menu, slots, fallback, retry"),
        "{said}"
    );
}

#[test]
fn hostile_message_is_printed_inert() {
    let temp = tempfile::tempdir().expect("a folder");
    let message = "a\u{1b}[2J\n::error::x\u{202e}";
    write(
        temp.path(),
        &json!([{ "actor": "bot", "message": message }]),
    );
    let shown = render(temp.path(), &[]);
    assert_eq!(code(&shown), 0, "{}", stderr(&shown));
    let as_json = render(temp.path(), &["--json"]);
    for output in [&shown, &as_json] {
        let raw = |c: char| c != '\n' && c.is_control() || c == '\u{202e}';
        assert!(!stdout(output).contains(raw), "{}", stdout(output));
        assert!(
            !stdout(output)
                .lines()
                .any(|l| l.trim_start().starts_with("::"))
        );
    }
    let lines = &json(&as_json)[0]["transcript"];
    assert_eq!(lines[0], format!("BOT: {message}"));
}

#[test]
fn reports_of_a_run_name_the_line_that_differs() {
    let temp = tempfile::tempdir().expect("a folder");
    let pack = fixture("nonconforming/transcript-differs");
    let flags = "--out o --junit j.xml --sarif s.sarif --report r.json --isolation none";
    let output = conformance(temp.path(), &pack, flags);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    for name in ["j.xml", "s.sarif", "r.json", "o/events.jsonl"] {
        let report = file(temp.path(), name);
        assert!(report.contains("scenario.transcript"), "{name}");
        assert!(report.contains("line 2 of the transcript"), "{name}");
    }
}
