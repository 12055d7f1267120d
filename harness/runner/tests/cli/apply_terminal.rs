//! `apply` without `--yes` on a terminal: it shows the changes and asks.

use crate::apply::{Place, SECRET};
use crate::support::{code, json, stderr, text};
use crate::terminal::OnTerminal;
use crate::workers::kill;
use serde_json::json;

const QUESTION: &str = "Apply these changes? [yes/no] ";
const INSTALL: &str = "--provider-id p --install-id i --answers a.json \
                       --public-base-url https://a.example";

/// `apply` at its question.
fn asked(place: &Place, more: &str) -> OnTerminal {
    let args = format!("{INSTALL} {more}");
    let args = ["apply", "--pack", text(&place.pack)]
        .into_iter()
        .chain(args.split_whitespace());
    let mut apply = OnTerminal::start(place.path(), &args.collect::<Vec<_>>());
    apply.wait_for(QUESTION);
    apply
}

/// Answers the question; the exit code, and what the terminal showed.
fn answered(place: &Place, keys: &[u8]) -> (Option<i32>, String) {
    let mut apply = asked(place, "");
    apply.type_in(keys);
    let (status, shown) = apply.end();
    (status.code(), shown)
}

fn installed(place: &Place) -> usize {
    let listed = place.installs("list --json");
    json(&listed).as_array().expect("a list").len()
}

#[test]
fn yes_on_a_terminal_applies_the_changes_that_were_shown() {
    for keys in [&b"yes\n"[..], b"y\n", b"  yes \n"] {
        let place = Place::new();
        let (code, shown) = answered(&place, keys);
        assert_eq!(code, Some(0), "{shown}");
        let (before, after) = shown.split_once(QUESTION).expect("asks");
        for line in [
            "3 added, 0 changed, 0 removed",
            "+ config room = \"blue\"",
            "+ secret CHAT_TOKEN\r\n",
            "+ webhook messages = ",
        ] {
            assert!(
                before.contains(line),
                "no {line} before the question: {shown}"
            );
        }
        assert!(after.contains("applied as revision 1"), "{shown}");
        assert!(!shown.contains(SECRET), "{shown}");
        assert_eq!(installed(&place), 1);
    }
}

#[test]
fn every_other_answer_on_a_terminal_changes_nothing() {
    let place = Place::new();
    // NB: the last one is what a terminal sends as the end of the input.
    for keys in [
        &b"n\n"[..],
        b"no\n",
        b"\n",
        b"YES please\n",
        b"yesno\n",
        b"\x04",
    ] {
        let (code, shown) = answered(&place, keys);
        assert_eq!(code, Some(5), "{keys:?}: {shown}");
        assert!(shown.contains("nothing was changed"), "{shown}");
        assert_eq!(installed(&place), 0, "{keys:?}");
    }
}

#[test]
fn nothing_to_change_is_not_asked_about() {
    let place = Place::new();
    assert_eq!(code(&place.on_install("apply", "--yes")), 0);
    let args = ["apply", "--pack", text(&place.pack)].into_iter();
    let args = args.chain(INSTALL.split_whitespace());
    let apply = OnTerminal::start(place.path(), &args.collect::<Vec<_>>());
    let (status, shown) = apply.end();
    assert_eq!(status.code(), Some(0), "{shown}");
    assert!(
        shown.contains("nothing to change") && !shown.contains("[yes/no]"),
        "{shown}"
    );
}

#[test]
fn store_that_changes_while_the_user_thinks_is_left_as_it_is() {
    let place = Place::new();
    let mut apply = asked(&place, "");
    let other = "--provider-id p --install-id other --answers a.json \
                 --public-base-url https://a.example --yes";
    let other = place.on_pack("apply", other);
    assert_eq!(code(&other), 0, "{}", stderr(&other));
    apply.type_in(b"yes\n");
    let (status, shown) = apply.end();
    assert_eq!(status.code(), Some(3), "{shown}");
    assert!(
        shown.contains("E_PLAN_STALE") && shown.contains("is 1, and was 0"),
        "{shown}"
    );
    let listed = json(&place.installs("list --json"));
    assert_eq!(listed.as_array().expect("a list").len(), 1);
    assert_eq!(listed[0]["install_id"], "other");
}

#[test]
fn signal_at_the_question_changes_nothing() {
    let place = Place::new();
    for signal in ["INT", "TERM"] {
        let apply = asked(&place, "");
        kill(apply.child.id(), &format!("-{signal}"));
        let (status, shown) = apply.end();
        assert_eq!(status.code(), Some(6), "{shown}");
        let said = format!("SIG{signal}; nothing was changed");
        assert!(shown.contains(&said), "{shown}");
        assert_eq!(installed(&place), 0);
        assert_eq!(json(&place.installs("verify --json")), json!([]));
    }
}
