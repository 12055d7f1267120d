use super::*;
use std::collections::BTreeSet;

#[test]
fn every_code_is_unique_and_has_one_sentence() {
    let mut seen = BTreeSet::new();
    for code in FindingCode::all() {
        let sentence = code.sentence().expect("not foreign");
        assert!(code.as_str().starts_with("E_"), "{code}");
        assert!(
            sentence.ends_with('.') && !sentence.starts_with(' '),
            "{sentence}"
        );
        assert!(!sentence.contains("  "), "{sentence}");
        let is_new = seen.insert(code.as_str().to_owned());
        assert!(is_new, "{code} is declared twice");
    }
    assert!(seen.contains("E_ZIP_NAME_DOTS") && seen.contains("E_TRAP"));
    assert!(seen.contains("E_PLAN_DIFFERS"));
}

#[test]
fn code_is_a_string_in_json_and_unknown_one_stays_as_it_is() {
    for code in FindingCode::all() {
        let json = serde_json::to_string(&code).expect("writes");
        assert_eq!(json, format!("\"{code}\""));
        let read: FindingCode = serde_json::from_str(&json).expect("reads");
        assert_eq!(read, code);
    }
    let newer: FindingCode = serde_json::from_str("\"E_OF_2031\"").expect("reads");
    assert_eq!(newer, FindingCode::Foreign("E_OF_2031".into()));
    assert_eq!(newer.sentence(), None);
}
