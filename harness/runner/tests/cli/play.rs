//! `wizard play`, with its lines from a pipe.

use crate::support::{caches, code, conformance, copy, fixture, stderr, stdout, text};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Plays the setup wizard of `pack` with these lines and flags.
fn play(pack: &Path, lines: &str, flags: &[&str]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_greentic-provision"))
        .args(["wizard", "play", text(pack)])
        .args(flags)
        .env("XDG_CACHE_HOME", caches())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(lines.as_bytes()).expect("the lines fit");
    drop(stdin);
    child.wait_with_output().expect("ends")
}

#[test]
fn typed_answers_lead_to_the_plan_without_the_secret() {
    let pack = fixture("conforming/demo-messaging-telegram");
    let token = "123456789:ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghi";
    let lines = format!("chat-1\n{token}\n");
    let output = play(&pack, &lines, &["--public-base-url", "https://a.example"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let shown = stdout(&output);
    assert!(
        shown.contains("public_base_url = \"https://a.example\""),
        "{shown}"
    );
    assert!(shown.contains("secrets set   bot_token"), "{shown}");
    assert!(
        stderr(&output).contains("2/2 bot_token"),
        "{}",
        stderr(&output)
    );
    assert!(!shown.contains(token) && !stderr(&output).contains(token));
}

#[test]
fn input_that_ends_early_is_a_usage_error() {
    let output = play(&fixture("conforming/base-url-asked"), "", &[]);
    assert_eq!(code(&output), 2);
    let message = "the input ended at question 1 of 1, `public_base_url`";
    assert!(stderr(&output).contains(message), "{}", stderr(&output));
}

#[test]
fn pack_without_a_wizard_has_nothing_to_play() {
    let output = play(&fixture("conforming/provisioning-none"), "", &[]);
    assert_eq!(code(&output), 5, "{}", stderr(&output));
}

#[test]
fn conformance_takes_answers_for_one_pack_only() {
    let temp = tempfile::tempdir().expect("a folder");
    let answers = temp.path().join("answers.json");
    let given = r#"{"config": {"public_base_url": "https://mine.example"}}"#;
    std::fs::write(&answers, given).expect("writes");
    let flags = format!("--report r.json --answers {}", text(&answers));
    let one = conformance(temp.path(), &fixture("conforming/base-url-asked"), &flags);
    assert_eq!(code(&one), 0, "{}", stderr(&one));
    let two = conformance(temp.path(), &fixture("conforming"), &flags);
    assert_eq!(code(&two), 2);
    assert!(
        stderr(&two).contains("--answers is for one pack"),
        "{}",
        stderr(&two)
    );
}

#[test]
fn user_meets_the_setup_of_the_operator() {
    let output = play(
        &fixture("conforming/operator-provider"),
        "blue\ntoken-1\n",
        &[],
    );
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let shown = stdout(&output);
    assert!(
        shown.contains("wizard operator.default: completed"),
        "{shown}"
    );
    assert!(shown.contains("secrets set   bot_token"), "{shown}");
    assert!(!shown.contains("token-1"), "{shown}");
}

#[test]
fn hidden_question_is_asked_only_after_the_answer_that_shows_it() {
    let temp = tempfile::tempdir().expect("a folder");
    let pack = temp.path().join("pack");
    copy(&fixture("conforming/operator-provider"), &pack);
    let form = "questions:\n\
        - {name: room, kind: string, required: true}\n\
        - {name: floor, kind: string, required: true, visible_if: {field: room, eq: tower}}\n\
        - {name: bot_token, kind: string, required: true}\n";
    std::fs::write(pack.join("assets/setup.yaml"), form).expect("writes");
    let hidden = play(&pack, "blue\ntoken-1\n", &[]);
    assert_eq!(code(&hidden), 0, "{}", stderr(&hidden));
    assert!(
        !stderr(&hidden).contains("2/3 floor"),
        "{}",
        stderr(&hidden)
    );
    // Back from the last question to the first, over the hidden one.
    let shown = play(&pack, "blue\n<\ntower\n9\ntoken-1\n", &[]);
    assert_eq!(code(&shown), 0, "{}", stderr(&shown));
    assert!(stderr(&shown).contains("2/3 floor"), "{}", stderr(&shown));
}
