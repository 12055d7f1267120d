//! `compare`: exit codes, JSON, and the step of the version.

use crate::support::{
    check, code, copy, fixture, json, packed, run_in, schema, stderr, stdout, text,
};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

/// A folder with the pack OLD and a copy NEW, of which a test replaces parts of files.
struct Pair(tempfile::TempDir);

impl Pair {
    fn of(pack: &str, version: &str, edits: &[(&str, &str, &str)]) -> Self {
        let pair = Self(tempfile::tempdir().expect("a folder"));
        for name in ["OLD", "NEW"] {
            copy(&fixture(pack), &pair.path(name));
        }
        let manifest = ("pack.json", "\"version\": \"0.4.38\"", version);
        let version = format!("\"version\": \"{version}\"");
        let all = edits
            .iter()
            .copied()
            .chain([(manifest.0, manifest.1, version.as_str())]);
        for (file, from, to) in all {
            let path = pair.path("NEW").join(file);
            let before = fs::read_to_string(&path).expect("reads");
            assert!(before.contains(from), "{file} has no {from}");
            fs::write(path, before.replacen(from, to, 1)).expect("writes");
        }
        pair
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn compare(&self, flags: &[&str]) -> Output {
        compare(self.0.path(), "OLD", "NEW", flags)
    }
}

fn compare(folder: &Path, old: &str, new: &str, flags: &[&str]) -> Output {
    let base = ["compare", old, new, "--isolation", "none"];
    run_in(folder, &[&base[..], flags].concat())
}

const PACK: &str = "conforming/demo-messaging-telegram";
/// The form requires an answer that was optional.
const REQUIRES: (&str, &str, &str) = ("assets/setup.yaml", "required: false", "required: true");
/// The title of a question changes.
const TITLE: (&str, &str, &str) = ("assets/setup.yaml", "title: Bot token", "title: The token");

#[test]
fn too_small_step_exits_1_with_the_smallest_right_version() {
    for (version, edit, exit, smallest) in [
        ("0.4.39", REQUIRES, 1, "0.5.0"),
        ("0.5.0", REQUIRES, 0, ""),
        ("1.0.0", REQUIRES, 0, ""),
        ("0.4.38", TITLE, 1, "0.4.39"),
        ("0.4.39", TITLE, 0, ""),
    ] {
        let pair = Pair::of(PACK, version, &[edit]);
        let output = pair.compare(&[]);
        assert_eq!(code(&output), exit, "{version}: {}", stderr(&output));
        let said = stderr(&output);
        if exit == 1 {
            assert!(said.contains("E_VERSION_STEP"), "{said}");
            assert!(
                said.contains(&format!("right version is {smallest}")),
                "{said}"
            );
        } else {
            assert_eq!(said, "");
        }
    }
}

#[test]
fn json_is_valid_and_says_rule_class_place_and_why() {
    let pair = Pair::of(PACK, "0.4.39", &[REQUIRES, TITLE]);
    let output = pair.compare(&["--json"]);
    assert_eq!(code(&output), 1);
    let value = json(&output);
    check(&schema("compare.schema.json"), &value);
    let expected = serde_json::json!({
        "rule": "question.required", "class": "breaking",
        "place": "setup form, question `default_chat_id`",
        "old": "optional", "new": "required", "guess": false,
        "why": "Answers that leave the question out were complete, and are refused now.",
    });
    assert_eq!(value["changes"][0], expected);
    assert_eq!(value["changes"][1]["rule"], "question.label-changed");
    assert_eq!(
        value["counts"],
        serde_json::json!({ "breaking": 1, "compatible": 0, "internal": 1 })
    );
    assert_eq!(value["step"]["code"], "E_VERSION_STEP");
    assert_eq!(value["step"]["smallest"], "0.5.0");
}

#[test]
fn table_groups_the_differences_by_class() {
    let pair = Pair::of(PACK, "0.5.0", &[REQUIRES, TITLE]);
    let output = pair.compare(&[]);
    let table = stdout(&output);
    let place = |text: &str| {
        table
            .find(text)
            .unwrap_or_else(|| panic!("no {text} in {table}"))
    };
    assert!(place("\nbreaking (1)\n") < place("question.required"));
    assert!(place("question.required") < place("\ninternal (1)\n"));
    assert!(place("\ninternal (1)\n") < place("question.label-changed"));
    assert!(place("question.label-changed") < place("the step is large enough"));
}

#[test]
fn pack_does_not_differ_from_its_archive_or_from_itself() {
    let temp = tempfile::tempdir().expect("a folder");
    let folder = fixture("conforming/operator-provider");
    packed(&folder, &temp.path().join("p.gtpack"));
    for (old, new) in [("p.gtpack", text(&folder)), ("p.gtpack", "p.gtpack")] {
        let output = compare(temp.path(), old, new, &["--json"]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let value = json(&output);
        check(&schema("compare.schema.json"), &value);
        assert_eq!(
            (&value["worst"], &value["changes"]),
            (&Value::Null, &serde_json::json!([]))
        );
    }
}

#[test]
fn older_pack_in_the_place_of_the_new_one_exits_2_and_names_both_versions() {
    let pair = Pair::of(PACK, "0.4.39", &[]);
    let output = compare(pair.0.path(), "NEW", "OLD", &[]);
    assert_eq!(code(&output), 2);
    let said = stderr(&output);
    assert!(said.contains("0.4.38") && said.contains("0.4.39"), "{said}");
}

#[test]
fn unusable_input_exits_2_and_refused_archive_exits_4() {
    let temp = tempfile::tempdir().expect("a folder");
    let good = fixture("conforming/noop-provision");
    fs::write(temp.path().join("bad.gtpack"), "no zip").expect("writes");
    let without = fixture("nonconforming/manifest-missing");
    let (good, without) = (text(&good), text(&without));
    for (old, new, exit) in [
        (good, "nowhere", 2),
        ("nowhere", good, 2),
        (without, good, 2),
        (good, "bad.gtpack", 4),
        ("bad.gtpack", without, 4),
    ] {
        let output = compare(temp.path(), old, new, &[]);
        assert_eq!(code(&output), exit, "{old} {new}: {}", stderr(&output));
        assert_eq!(stdout(&output), "");
    }
    let answers = compare(temp.path(), good, good, &["--answers", "bad.gtpack"]);
    assert_eq!(code(&answers), 2);
}

#[test]
fn wizard_that_traps_exits_5_unless_a_breaking_difference_decides() {
    let traps = fixture("nonconforming/trap-all");
    let here = crate::support::project();
    let output = compare(&here, text(&traps), text(&traps), &[]);
    assert_eq!(code(&output), 5, "{}", stderr(&output));
    assert!(stdout(&output).contains("E_TRAP"), "{}", stdout(&output));
    assert!(stderr(&output).contains("not everything was compared"));
    let value = json(&compare(&here, text(&traps), text(&traps), &["--json"]));
    check(&schema("compare.schema.json"), &value);
    assert_eq!(value["not_compared"][0]["matters"], true);
    let temp = tempfile::tempdir().expect("a folder");
    copy(&traps, &temp.path().join("NEW"));
    let schema = temp.path().join("NEW/pack.json");
    let manifest = fs::read_to_string(&schema).expect("reads");
    let other = manifest.replacen("\"id\": \"", "\"id\": \"other-", 1);
    assert_ne!(manifest, other);
    fs::write(schema, other).expect("writes");
    let output = compare(temp.path(), text(&traps), "NEW", &[]);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
}

#[test]
fn reach_is_listed_apart_and_needs_a_patch() {
    let reach = ("pack.json", "\"webhooks\"", "\"webhooks\", \"host:http\"");
    for (version, exit) in [("0.4.38", 1), ("0.4.39", 0)] {
        let pair = Pair::of(PACK, version, &[reach]);
        let output = pair.compare(&["--json"]);
        assert_eq!(code(&output), exit, "{}", stderr(&output));
        let value = json(&output);
        check(&schema("compare.schema.json"), &value);
        assert_eq!(value["changes"], serde_json::json!([]));
        let expected = serde_json::json!({
            "direction": "gained", "kind": "pack-capability", "place": "manifest",
            "what": "host:http",
        });
        assert_eq!(value["reaches"], serde_json::json!([expected]));
    }
}

#[test]
fn explain_says_the_class_of_a_rule_and_why() {
    let here = crate::support::project();
    let output = run_in(&here, &["explain", "question.removed"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let said = stdout(&output);
    assert!(
        said.contains("breaking") && said.contains("no effect"),
        "{said}"
    );
    let output = run_in(&here, &["explain", "E_VERSION_STEP"]);
    assert!(stdout(&output).contains("too small"), "{}", stdout(&output));
}

#[test]
fn markdown_file_says_what_the_table_says_beside_any_other_output() {
    let pair = Pair::of(PACK, "0.4.39", &[REQUIRES, TITLE]);
    for flags in [
        &["--markdown", "comment.md"][..],
        &["--json", "--markdown", "comment.md"],
    ] {
        let output = pair.compare(flags);
        assert_eq!(code(&output), 1, "{}", stderr(&output));
        let comment = fs::read_to_string(pair.path("comment.md")).expect("reads");
        for part in [
            "## breaking (1)",
            "| question.required |",
            "`` setup form, question `default_chat_id` ``",
            "the smallest right version is 0.5.0",
            "## internal (1)",
        ] {
            assert!(comment.contains(part), "no {part} in {comment}");
        }
    }
}

#[test]
fn markdown_of_an_earlier_comparison_does_not_outlast_one_that_fails() {
    let pair = Pair::of(PACK, "0.4.39", &[]);
    let path = pair.path("comment.md");
    fs::write(&path, "no difference").expect("writes");
    let output = compare(pair.0.path(), "NEW", "OLD", &["--markdown", "comment.md"]);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    let comment = fs::read_to_string(&path).expect("reads");
    assert!(comment.contains("did not end"), "{comment}");
}

#[test]
fn markdown_file_that_would_replace_an_input_or_a_pack_is_refused_and_left() {
    let pair = Pair::of(PACK, "0.4.39", &[]);
    let answers = pair.path("answers.json");
    fs::write(&answers, "{}").expect("writes");
    let manifest = pair.path("OLD/pack.json");
    let before = fs::read(&manifest).expect("reads");
    for file in ["answers.json", "OLD/pack.json", "other.gtpack"] {
        let output = pair.compare(&["--answers", "answers.json", "--markdown", file]);
        assert_eq!(code(&output), 2, "{file}: {}", stderr(&output));
        assert_eq!(stdout(&output), "");
    }
    assert_eq!(fs::read(&manifest).expect("reads"), before);
    assert_eq!(fs::read_to_string(&answers).expect("reads"), "{}");
}

#[test]
fn upgrade_that_loses_a_key_exits_1_whatever_the_version_announces() {
    let folder = tempfile::tempdir().expect("a folder");
    copy(&fixture("previous/greeter-1"), &folder.path().join("OLD"));
    let loses = fixture("nonconforming/upgrade-loses");
    copy(&loses, &folder.path().join("NEW"));
    let flags = ["--markdown", "c.md"];
    let output = compare(folder.path(), "OLD", "NEW", &flags);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert!(
        stdout(&output).contains("the step is large enough"),
        "{}",
        stdout(&output)
    );
    let line = "  setup_default by update: failed\n    E_UPGRADE_LOST at /config/room: ";
    assert!(stdout(&output).contains(line), "{}", stdout(&output));
    let said = "error: E_UPGRADE_LOST, and 1 more: update does not take over";
    assert!(stderr(&output).contains(said), "{}", stderr(&output));
    let markdown = fs::read_to_string(folder.path().join("c.md")).expect("Markdown");
    assert!(
        markdown.contains("E_LEFT_BEHIND at /config/room"),
        "{markdown}"
    );
    let document = json(&compare(folder.path(), "OLD", "NEW", &["--json"]));
    check(&schema("compare.schema.json"), &document);
    assert_eq!(
        document["upgrades"][1]["findings"][0]["code"],
        "E_LEFT_BEHIND"
    );
    assert_eq!(document["downgrades"][0]["status"], "passed");
}

#[test]
fn upgrade_that_takes_everything_over_is_said_to_pass() {
    let folder = tempfile::tempdir().expect("a folder");
    copy(&fixture("previous/greeter-1"), &folder.path().join("OLD"));
    copy(&fixture("conforming/greeter"), &folder.path().join("NEW"));
    let output = compare(folder.path(), "OLD", "NEW", &[]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    for line in [
        "  setup_default by update: passed\n",
        "  setup_default by remove: passed\n",
    ] {
        assert!(stdout(&output).contains(line), "{}", stdout(&output));
    }
}
