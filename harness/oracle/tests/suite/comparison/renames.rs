//! Questions that have another id, another place or another form.

use super::{Parts, compared, compared_by, rules};
use crate::rules::changed;
use provision_core::Source;
use provision_core::wizard::NoopExecutor;
use provision_oracle::comparison::{Change, Comparison};
use serde_json::{Value, json};

fn with(change: impl Fn(&mut Parts)) -> Comparison {
    let mut new = Parts::base();
    change(&mut new);
    compared(&Parts::base(), &new)
}

/// The only change: its rule, old and new, and whether it is a guess.
fn only(comparison: &Comparison) -> (&str, Option<&str>, Option<&str>, bool) {
    assert_eq!(comparison.changes.len(), 1, "{comparison:#?}");
    let change = &comparison.changes[0];
    let Change {
        rule,
        old,
        new,
        guess,
        ..
    } = change;
    (rule.slug(), old.as_deref(), new.as_deref(), *guess)
}

#[test]
fn rename_by_its_title_is_certain_and_by_its_place_or_name_is_a_guess() {
    let by_title = with(|p| p.question(0)["id"] = json!("label"));
    let expected = ("question.renamed", Some("name"), Some("label"), false);
    assert_eq!(only(&by_title), expected);
    let untitled = |p: &mut Parts| drop(p.question(0).as_object_mut().map(|q| q.remove("title")));
    let mut base = Parts::base();
    untitled(&mut base);
    for (id, position) in [("label", 0), ("full_name", 4)] {
        let mut new = base.clone();
        new.question(0)["id"] = json!(id);
        let questions = new.wizard["questions"].as_array_mut().expect("a list");
        let question = questions.remove(0);
        questions.insert(position, question);
        let comparison = compared(&base, &new);
        let expected = ("question.renamed", Some("name"), Some(id), true);
        assert_eq!(only(&comparison), expected);
    }
}

#[test]
fn question_of_another_kind_in_another_place_is_no_rename() {
    let other = with(|p| {
        let questions = p.wizard["questions"].as_array_mut().expect("a list");
        questions.remove(0);
        questions.push(json!({ "id": "count", "title": "Count", "kind": "number" }));
    });
    assert_eq!(rules(&other), ["question.removed", "question.added"]);
}

#[test]
fn renamed_question_explains_the_renamed_key_of_the_plan() {
    let (mut old, mut new) = (Parts::base(), Parts::base());
    old.plan()["config_patch"] = json!({ "name": "n" });
    new.plan()["config_patch"] = json!({ "label": "n" });
    let guessed = compared(&old, &new);
    let expected = ("plan.config-renamed", Some("name"), Some("label"), true);
    assert_eq!(only(&guessed), expected);
    new.question(0)["id"] = json!("label");
    let known = compared(&old, &new);
    assert_eq!(rules(&known), ["question.renamed", "plan.config-renamed"]);
    assert!(
        known.changes.iter().all(|change| !change.guess),
        "{known:#?}"
    );
}

#[test]
fn question_that_moves_from_the_form_to_the_wizard_is_neither_removed_nor_added() {
    let moved = with(|p| {
        let port = "  - name: port\n    title: Port\n    kind: integer\n    required: false\n    default: 80\n";
        p.replace("assets/setup.yaml", port, "");
        let port = json!({ "id": "port", "title": "Port", "kind": "integer", "default": 80 });
        p.wizard["questions"]
            .as_array_mut()
            .expect("a list")
            .push(port);
    });
    assert_eq!(rules(&moved), [""; 0], "{moved:#?}");
}

#[test]
fn difference_of_the_form_and_of_the_wizard_is_listed_once() {
    let both = |p: &mut Parts, options: Value| {
        let form = json!({ "id": "size", "title": "Size", "kind": "choice", "options": &options });
        p.wizard["questions"]
            .as_array_mut()
            .expect("a list")
            .push(form);
        let options = options
            .as_array()
            .expect("a list")
            .iter()
            .map(Value::to_string);
        let options = options.collect::<Vec<_>>().join(", ");
        let question = format!(
            "questions:\n  - name: size\n    title: Size\n    kind: choice\n    choices: [{options}]\n"
        );
        p.replace("assets/setup.yaml", "questions:\n", &question);
    };
    let (mut old, mut new) = (Parts::base(), Parts::base());
    both(&mut old, json!(["s", "m"]));
    both(&mut new, json!(["s"]));
    let comparison = compared(&old, &new);
    assert_eq!(rules(&comparison), ["question.choices-narrowed"]);
    assert_eq!(comparison.changes[0].place, "setup form, question `size`");
}

#[test]
fn changed_pattern_is_certain_if_the_old_answer_does_not_match_it() {
    let (mut old, mut new) = (Parts::base(), Parts::base());
    for (pack, pattern) in [(&mut old, "^[a-z]+$"), (&mut new, "^[0-9]+$")] {
        pack.question(0)["pattern"] = json!(pattern);
        pack.write(
            "fixtures/setup.input.json",
            r#"{"config": {"name": "abc", "room": "r"}}"#,
        );
    }
    let comparison = compared(&old, &new);
    assert_eq!(rules(&comparison), ["question.pattern-changed"]);
    assert!(!comparison.changes[0].guess);
    new.question(0)["pattern"] = json!("^[a-z]{1,9}$");
    assert!(compared(&old, &new).changes[0].guess);
}

/// A pack of this kind whose component has this id, and other bytes if `rebuilt`.
fn with_component(kind: &str, new_id: &str, rebuilt: bool) -> Source {
    changed("conforming/pack-v1-library", |manifest, files| {
        manifest["kind"] = json!(kind);
        let file = |id: &str| format!("components/{id}.wasm");
        let mut bytes = files.remove(&file("demo-ops")).expect("a component");
        if rebuilt {
            // An empty custom section named `x`.
            bytes.extend([0, 2, 1, b'x']);
        }
        files.insert(file(new_id), bytes);
        let components = manifest["components"].as_array_mut().expect("a list");
        let mut all = components.iter_mut();
        let component = all.find(|c| c["id"] == "demo-ops").expect("a component");
        component["id"] = json!(new_id);
    })
}

#[test]
fn component_with_another_id_is_a_rename_and_a_guess_if_its_file_differs() {
    for (kind, id, rebuilt, expected) in [
        (
            "library",
            "other",
            false,
            &[("component.renamed", false)][..],
        ),
        (
            "application",
            "other",
            false,
            &[("component.inner-renamed", false)],
        ),
        (
            "library",
            "more.demo-ops",
            true,
            &[("component.renamed", true)],
        ),
        (
            "library",
            "other",
            true,
            &[("component.removed", false), ("component.added", false)],
        ),
    ] {
        let old = with_component(kind, "demo-ops", false);
        let there = compared_by(&NoopExecutor, old, with_component(kind, id, rebuilt));
        let mut changes = there
            .changes
            .iter()
            .map(|c| (c.rule.slug(), c.guess))
            .collect::<Vec<_>>();
        // The flow calls the component by its new name, or does not find it.
        changes.retain(|(rule, _)| !rule.starts_with("flow."));
        assert_eq!(changes, expected, "{kind} {id} {there:#?}");
        assert!(there.reaches.is_empty(), "{there:#?}");
    }
}
