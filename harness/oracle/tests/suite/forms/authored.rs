//! Files that authors write for setup: which faults change what users are asked.

use super::support::{Says, observed};
use provision_core::Status;
use provision_oracle::judge;
use serde_json::json;

const SILENT: Says = |_, _| Ok(json!({}));

/// The findings of these checks: `check file:line:column`, the code and what is there.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    let (subject, _) = observed(files, SILENT);
    let checks = [
        "setup.form",
        "setup.form-meant",
        "setup.secrets-read",
        "setup.files-strict",
    ];
    let results = judge(&subject).into_iter();
    let failed = results.filter(|r| r.status == Status::Failed && checks.contains(&r.check));
    failed
        .flat_map(|r| {
            let said =
                move |f: &provision_core::Finding| format!("{} {} {}", r.check, f.at, f.code);
            r.findings.iter().map(said).collect::<Vec<_>>()
        })
        .collect()
}

/// A form with one question that has these members.
fn setup_yaml(members: &str) -> String {
    format!("questions:\n  - name: room\n    {members}\n")
}

#[test]
fn misspelt_member_counts_as_must_only_if_the_question_becomes_weaker() {
    for (members, expected) in [
        (
            "requird: true",
            Some("setup.form-meant assets/setup.yaml:3:5 E_FORM_MEMBER"),
        ),
        (
            "secert: yes",
            Some("setup.form-meant assets/setup.yaml:3:5 E_FORM_MEMBER"),
        ),
        (
            "requird: false",
            Some("setup.files-strict assets/setup.yaml:3:5 E_MEMBER_UNKNOWN"),
        ),
        (
            "tooltip: x",
            Some("setup.files-strict assets/setup.yaml:3:5 E_MEMBER_UNKNOWN"),
        ),
        (
            "required: \"yes\"",
            Some("setup.form assets/setup.yaml:3:15 E_FORM_UNREADABLE"),
        ),
        ("required: true", None),
        ("validate: {regex: x}", None),
    ] {
        let yaml = setup_yaml(members);
        let found = found(&[("assets/setup.yaml", &yaml)]);
        let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
        assert_eq!(found, expected, "{members}");
    }
}

#[test]
fn misspelt_secret_is_no_must_if_another_file_or_the_name_says_so() {
    let yaml = setup_yaml("secert: true");
    let list = ("assets/secret-requirements.json", r#"[{"key": "ROOM"}]"#);
    let strict = ["setup.files-strict assets/setup.yaml:3:5 E_MEMBER_UNKNOWN"];
    assert_eq!(found(&[("assets/setup.yaml", &yaml), list]), strict);
    let named = yaml.replace("room", "room_token");
    assert_eq!(found(&[("assets/setup.yaml", &named)]), strict);
}

#[test]
fn qa_form_is_held_to_its_members_only_if_the_setup_tool_reads_it() {
    let form = r#"{"questions": [{"id": "room", "required": "yes"}]}"#;
    let qa = ("qa/chat-setup.json", form);
    assert_eq!(
        found(&[qa]),
        ["setup.form-meant qa/chat-setup.json:1:43 E_FORM_MEMBER"]
    );
    let yaml = setup_yaml("required: true");
    assert_eq!(
        found(&[("assets/setup.yaml", &yaml), qa]),
        ["setup.files-strict qa/chat-setup.json:1:43 E_MEMBER_TYPE"]
    );
    let no = form.replace("yes", "no");
    assert_eq!(
        found(&[("qa/chat-setup.json", &no)]),
        ["setup.files-strict qa/chat-setup.json:1:43 E_MEMBER_TYPE"]
    );
    let misspelt = form
        .replace("questions", "question")
        .replace("\"yes\"", "true");
    assert_eq!(
        found(&[("qa/chat-setup.json", &misspelt)]),
        ["setup.form-meant qa/chat-setup.json:1:2 E_FORM_MEMBER"]
    );
}

#[test]
fn question_of_a_form_has_the_name_that_the_setup_tool_reads() {
    let yaml = "questions:\n  - id: room\n    required: true\n";
    assert_eq!(
        found(&[("assets/setup.yaml", yaml)]),
        ["setup.form-meant assets/setup.yaml:2:5 E_FORM_MEMBER"]
    );
    let form = r#"{"questions": [{"name": "room"}]}"#;
    assert_eq!(
        found(&[("qa/chat-setup.json", form)]),
        ["setup.form-meant qa/chat-setup.json:1:16 E_FORM_MEMBER"]
    );
}

#[test]
fn list_of_secrets_that_the_setup_tool_drops_is_found_under_each_name() {
    for file in [
        "assets/secret-requirements.json",
        "assets/secret_requirements.json",
        "secret-requirements.json",
        "secret_requirements.json",
    ] {
        for (list, place) in [
            (r#"[{"key": "A", "required": "true"}]"#, ":1:27"),
            (r#"["A"]"#, ":1:2"),
            (r#"{"A": true}"#, ":1:1"),
            ("[{]", ""),
        ] {
            let expected = format!("setup.secrets-read {file}{place} E_SECRETS_UNREADABLE");
            assert_eq!(found(&[(file, list)]), [expected], "{list}");
        }
        assert_eq!(found(&[(file, r#"[{"key": "A", "scope": {}}]"#)]), [""; 0]);
    }
    // No tool reads the list of an older builder.
    let old = ("assets/.secret_requirements.json", "[{]");
    assert_eq!(
        found(&[old]),
        ["setup.files-strict assets/.secret_requirements.json E_MEMBER_TYPE"]
    );
}

#[test]
fn texts_of_a_language_are_an_object_of_texts() {
    let nested = r#"{"a": {"b": "c"}}"#;
    assert_eq!(
        found(&[("assets/i18n/en.json", nested)]),
        ["setup.files-strict assets/i18n/en.json:1:7 E_MEMBER_TYPE"]
    );
    let other = [
        ("assets/i18n/glossary.json", nested),
        ("i18n/pt-BR.json", r#"{"a": "b"}"#),
    ];
    assert_eq!(found(&other), [""; 0]);
}
