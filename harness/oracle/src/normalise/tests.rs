use super::*;
use serde_json::json;

fn rules(texts: &[&str]) -> Rules {
    let rule = |text: &&str| text.parse().expect("a rule");
    Rules::new(texts.iter().map(rule).collect())
}

fn all() -> Rules {
    rules(&Kind::ALL.map(Kind::name))
}

const A: &str = "6f1c0d1e-8a53-4f3c-9f6e-0a1b2c3d4e5f";
const B: &str = "0a1b2c3d-8a53-4f3c-9f6e-6f1c0d1e4e5f";

#[test]
fn equal_texts_get_equal_numbers_in_the_order_of_the_value() {
    let given = json!({"a": A, "b": [format!("{B}, then {A}")], "c": B});
    let expected = json!({"a": "<uuid:1>", "b": ["<uuid:2>, then <uuid:1>"], "c": "<uuid:2>"});
    assert_eq!(rules(&["uuid"]).result(&given), expected);
    // Another pair that is equal at other places is another result.
    let other = json!({"a": A, "b": [format!("{B}, then {B}")], "c": A});
    assert_ne!(rules(&["uuid"]).result(&other), expected);
}

#[test]
fn each_kind_is_replaced_where_it_stands_alone() {
    let digest = "ab".repeat(32);
    for (kind, text, expected) in [
        ("timestamp", "at 2026-11-29T19:21:18Z.", "at <timestamp:1>."),
        (
            "timestamp",
            "2026-11-29 19:21:18.123+01:00",
            "<timestamp:1>",
        ),
        ("timestamp", "2026-11-29", "2026-11-29"),
        ("uuid", &format!("urn:uuid:{A}"), "urn:uuid:<uuid:1>"),
        ("uuid", &format!("{A}0"), &format!("{A}0")),
        ("uuid", &"0a".repeat(18), &"0a".repeat(18)),
        (
            "duration",
            "took 12ms, then 1.5 s",
            "took <duration:1>, then <duration:2>",
        ),
        ("duration", "PT1.5S", "<duration:1>"),
        ("duration", "v1.2s3 and 3map", "v1.2s3 and 3map"),
        ("path", "in /tmp/x-1/plan.json:", "in <path:1>:"),
        ("path", r"C:\Users\me\plan.json", "<path:1>"),
        (
            "path",
            "https://a.example/b/c and a/b/c",
            "https://a.example/b/c and a/b/c",
        ),
        ("path", "/one", "/one"),
        (
            "port",
            "http://127.0.0.1:41234/x",
            "http://127.0.0.1:<port:1>/x",
        ),
        ("port", "localhost:8080", "localhost:<port:1>"),
        ("port", "https://a.example/b:80", "https://a.example/b:80"),
        ("digest", &format!("sha256:{digest}"), "<digest:1>"),
        ("digest", &digest, "<digest:1>"),
        ("digest", &digest[1..], &digest[1..]),
    ] {
        let got = rules(&[kind]).result(&json!(text));
        assert_eq!(got, json!(expected), "{kind} in {text}");
    }
}

#[test]
fn number_is_replaced_only_if_its_key_says_what_it_is() {
    let given = json!({
        "timestamp_ms": 1_764_444_078_123_u64, "created_at": 1_764_444_078, "duration_ms": 12,
        "port": 41234, "listen_port": 41234, "retries": 12, "uptime_report": 3,
    });
    let expected = json!({
        "created_at": "<timestamp:1>", "duration_ms": "<duration:1>", "listen_port": "<port:1>",
        "port": "<port:1>", "retries": 12, "timestamp_ms": "<timestamp:2>", "uptime_report": 3,
    });
    assert_eq!(all().result(&given), expected);
}

#[test]
fn keys_that_differ_from_run_to_run_are_numbered_by_what_does_not_differ() {
    let one = json!({A: {"name": "first"}, B: {"name": "second"}, "refer": [A]});
    let two = json!({B: {"name": "first"}, A: {"name": "second"}, "refer": [B]});
    let rules = rules(&["uuid"]);
    assert_eq!(rules.result(&one), rules.result(&two));
    let crossed = json!({B: {"name": "first"}, A: {"name": "second"}, "refer": [A]});
    assert_ne!(rules.result(&one), rules.result(&crossed));
}

#[test]
fn golden_may_have_placeholders_and_a_result_may_not_pretend_to() {
    let rules = rules(&["uuid"]);
    let golden = json!(["<uuid:7>", "<uuid:7>", "<uuid:x>", "<port:1>"]);
    let expected = json!(["<uuid:1>", "<uuid:1>", "<uuid:x>", "<port:1>"]);
    assert_eq!(rules.golden(&golden), expected);
    assert_eq!(
        rules.golden(&golden),
        rules.golden(&json!([A, A, "<uuid:x>", "<port:1>"]))
    );
    let pretends = json!(["<uuid:1>", "<uuid:1>", "<uuid:x>", "<port:1>"]);
    assert_ne!(rules.result(&pretends), rules.golden(&golden));
}

#[test]
fn rule_with_a_place_replaces_nothing_elsewhere() {
    let rules = rules(&["uuid=/notes/*"]);
    let given = json!({"id": A, "notes": [A]});
    assert_eq!(
        rules.result(&given),
        json!({"id": A, "notes": ["<uuid:1>"]})
    );
}

#[test]
fn rule_that_replaces_nothing_is_unmatched() {
    let rules = rules(&["uuid", "port"]);
    let _ = rules.result(&json!({"id": A}));
    let unmatched: Vec<String> = rules.unmatched().map(Rule::to_string).collect();
    assert_eq!(unmatched, ["port"]);
}

#[test]
fn text_that_is_no_rule_is_refused_with_the_names() {
    let said = "guid".parse::<Rule>().expect_err("no kind");
    assert!(said.contains("timestamp, uuid"), "{said}");
    assert!("uuid=notes".parse::<Rule>().is_err());
    assert_eq!(
        "uuid=/a/*".parse::<Rule>().expect("a rule").to_string(),
        "uuid=/a/*"
    );
}
