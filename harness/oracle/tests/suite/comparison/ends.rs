//! How a comparison ends: what could not be compared, the step of the version, secrets,
//! and what breaks the users of both packs.

use super::{Parts, compared, rules};
use provision_core::wizard::NoopExecutor;
use provision_oracle::comparison::{
    Class, CompareError, VersionStep, compare, observe_both, ordered,
};
use provision_oracle::{Conditions, Opening};
use serde_json::json;

fn with(change: impl Fn(&mut Parts)) -> Parts {
    let mut parts = Parts::base();
    change(&mut parts);
    parts
}

#[test]
fn wizard_that_traps_in_one_pack_is_not_compared_and_says_why() {
    let base = Parts::base();
    let traps = with(|p| p.wizard["traps"] = json!("apply"));
    for (old, new, which) in [(&base, &traps, "new"), (&traps, &base, "old")] {
        let comparison = compared(old, new);
        assert_eq!(rules(&comparison), [""; 0]);
        let [part] = &comparison.not_compared[..] else {
            panic!("{comparison:#?}");
        };
        assert_eq!(part.what, "wizard s, plan");
        assert!(
            part.why
                .starts_with(&format!("the {which} pack: step apply: E_TRAP")),
            "{part:?}"
        );
        assert!(part.matters);
    }
}

#[test]
fn wizard_that_traps_before_it_asks_is_not_said_to_ask_nothing() {
    let traps = with(|p| p.wizard["traps"] = json!("collect"));
    let comparison = compared(&Parts::base(), &traps);
    assert_eq!(rules(&comparison), [""; 0]);
    assert_eq!(
        comparison.not_compared[0].what,
        "wizard s, questions and plan"
    );
}

#[test]
fn new_pack_that_refuses_the_old_answers_breaks() {
    let refuses = with(|p| p.wizard["refuses"] = json!("no room"));
    let comparison = compared(&Parts::base(), &refuses);
    assert_eq!(rules(&comparison), ["plan.answers-refused"]);
    assert_eq!(comparison.worst, Some(Class::Breaking));
    assert!(
        comparison.changes[0]
            .new
            .as_deref()
            .is_some_and(|why| why.contains("no room"))
    );
    let back = compared(&refuses, &Parts::base());
    assert_eq!(rules(&back), ["plan.answers-accepted"]);
    // The required question is the cause, and is listed once.
    let requires = with(|p| {
        p.wizard["refuses"] = json!("more is missing");
        let more = json!({ "id": "more", "title": "More", "kind": "text", "required": true });
        p.wizard["questions"]
            .as_array_mut()
            .expect("a list")
            .push(more);
    });
    let comparison = compared(&Parts::base(), &requires);
    assert_eq!(rules(&comparison), ["question.added-required"]);
    assert_eq!(comparison.not_compared.len(), 1);
}

#[test]
fn secret_because_of_which_the_answers_are_refused_is_listed_once() {
    let needs = |secrets: &str, refuses: bool| {
        with(|p| {
            p.write("assets/secret-requirements.json", secrets);
            if refuses {
                p.wizard["refuses"] = json!("a secret is missing");
            }
        })
    };
    let one = needs(r#"[{"key": "TOKEN"}]"#, false);
    let two = r#"[{"key": "TOKEN"}, {"key": "MORE"}]"#;
    let another = r#"[{"key": "TICKET"}]"#;
    for (secrets, there, back) in [
        (two, "secret.required", "secret.not-required"),
        (another, "secret.renamed", "secret.renamed"),
    ] {
        let other = needs(secrets, true);
        let comparison = compared(&one, &other);
        assert_eq!(rules(&comparison), [there]);
        assert_eq!(comparison.not_compared.len(), 1);
        assert_eq!(rules(&compared(&other, &one)), [back]);
    }
}

#[test]
fn step_of_the_version_is_compared_with_the_worst_class() {
    let version = |version: &str, change: fn(&mut Parts)| {
        let new = with(|p| {
            p.manifest["version"] = json!(version);
            change(p);
        });
        compared(&Parts::base(), &new).step
    };
    let too_small = |smallest: &str| VersionStep::TooSmall {
        smallest: smallest.parse().expect("a version"),
    };
    let breaks: fn(&mut Parts) = |p| p.plan()["webhook_ops"] = json!([]);
    assert_eq!(version("1.9.0", breaks), too_small("2.0.0"));
    assert_eq!(version("2.0.0", breaks), VersionStep::Right);
    let adds: fn(&mut Parts) = |p| p.plan()["config_patch"]["more"] = json!(1);
    assert_eq!(version("1.0.1", adds), too_small("1.1.0"));
    assert_eq!(version("1.1.0", adds), VersionStep::Right);
    let reaches: fn(&mut Parts) = |p| p.manifest["meta"]["allowed_hosts"] = json!(["a.example"]);
    assert_eq!(version("1.0.0", reaches), too_small("1.0.1"));
    assert_eq!(version("1.0.0", |_| {}), VersionStep::Right);
}

#[test]
fn pack_without_a_version_has_an_unknown_step_and_says_so() {
    let new = with(|p| {
        p.plan()["notes"] = json!([]);
        drop(
            p.manifest
                .as_object_mut()
                .expect("an object")
                .remove("version"),
        )
    });
    let comparison = compared(&Parts::base(), &new);
    assert_eq!(comparison.step, VersionStep::Unknown);
    assert_eq!(comparison.not_compared[0].what, "version step");
}

#[test]
fn lower_version_is_an_error_that_names_both() {
    let old = with(|p| p.manifest["version"] = json!("1.2.0"));
    let conditions = Conditions::default();
    let open = |parts: &Parts| Opening::of(Ok(parts.source()), &conditions);
    let packs = [open(&old), open(&Parts::base())];
    let [Some(first), Some(second)] = [packs[0].pack(), packs[1].pack()] else {
        panic!("both open");
    };
    let error = ordered(first, second).expect_err("lower");
    let (old, new) = ("1.2.0".to_owned(), "1.0.0".to_owned());
    assert_eq!(error, CompareError::Lower { old, new });
    assert!(error.to_string().contains("1.0.0") && error.to_string().contains("1.2.0"));
    assert_eq!(ordered(second, first), Ok(()));
    let [first, second] = observe_both(packs, &NoopExecutor, &conditions);
    assert_eq!(compare(&first, &second), Err(error));
}

#[test]
fn secret_answer_is_in_no_text_of_a_comparison() {
    let answers = json!({ "config": { "name": "n" }, "secrets": { "pass": "hunter2-hunter2" } });
    let conditions = Conditions {
        answers: Some(answers),
        ..Conditions::default()
    };
    let new = with(|p| p.plan()["config_patch"]["room"] = json!("is hunter2-hunter2"));
    let packs = [Parts::base(), new].map(|p| Opening::of(Ok(p.source()), &conditions));
    let [old, new] = observe_both(packs, &super::FromFile, &conditions);
    let comparison = compare(&old, &new).expect("two packs");
    assert_eq!(rules(&comparison), ["plan.config-value-changed"]);
    assert!(
        !format!("{comparison:?}").contains("hunter2"),
        "{comparison:#?}"
    );
}

#[test]
fn hostile_texts_are_inert_and_bounded() {
    let new = with(|p| {
        p.plan()["config_patch"]["a\u{1b}[31m\u{202e}"] = json!("x".repeat(5_000));
        p.question(0)["title"] = json!("\u{1b}]0;t\u{7}");
    });
    let comparison = compared(&Parts::base(), &new);
    let texts = comparison.changes.iter();
    let texts = texts.flat_map(|c| [Some(&c.place), c.old.as_ref(), c.new.as_ref()]);
    for text in texts.flatten() {
        assert!(text.chars().count() < 400, "{text}");
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{text:?}");
    }
}

#[test]
fn same_answers_reach_both_packs_once() {
    use provision_core::wizard::{StepAnswer, StepExecutor, StepRequest};
    use std::sync::Mutex;
    struct Counts(Mutex<Vec<serde_json::Value>>);
    impl StepExecutor for Counts {
        fn execute(&self, pack: &provision_core::Pack, request: &StepRequest) -> StepAnswer {
            let input = crate::steps::input(request);
            let seen = input["inputs"]["answers"].clone();
            self.0.lock().expect("unpoisoned").push(seen);
            super::FromFile.execute(pack, request)
        }
    }
    let counts = Counts(Mutex::default());
    let conditions = Conditions::default();
    let packs = [Parts::base(), Parts::base()];
    let packs = packs.map(|p| Opening::of(Ok(p.source()), &conditions));
    let _ = observe_both(packs, &counts, &conditions);
    let seen = counts.0.into_inner().expect("unpoisoned");
    // Four steps of setup and one of requirements, of each pack.
    assert_eq!(seen.len(), 10);
    assert!(seen.iter().all(|answers| *answers == seen[0]), "{seen:#?}");
}

#[test]
fn plans_with_very_many_differences_are_compared_within_bounds() {
    let many = |prefix: &str| {
        with(|p| {
            let keys = (0..30_000).map(|i| (format!("{prefix}{i}"), json!(1)));
            p.plan()["config_patch"] = keys.collect::<serde_json::Map<_, _>>().into();
            let hooks = (0..5_000).map(|_| json!({ "op": "register" }));
            p.plan()["webhook_ops"] = hooks.collect();
        })
    };
    let comparison = compared(&many("a"), &many("b"));
    assert_eq!(comparison.worst, Some(Class::Breaking));
    assert_eq!(comparison.changes.len(), 20_000);
    let [part] = &comparison.not_compared[..] else {
        panic!("{:#?}", comparison.not_compared);
    };
    assert!(part.what == "further differences" && part.matters);
}
