//! What is accepted, and what messages say of the rest.

use super::{Config, EVERY_KEY, Key, SCHEMA, parse};
use provision_oracle::Level;
use serde_json::{Value, json};

fn refused(text: &str) -> String {
    parse(text).expect_err("refused").to_string()
}

#[test]
fn every_key_is_read() {
    let config = parse(EVERY_KEY).expect("accepted");
    assert_eq!(config.keys(), Key::ALL);
    let packs = config.packs.as_deref().expect("packs");
    assert_eq!((packs[1].line, packs[1].column), (2, 19));
    assert_eq!(config.profile, Some(Level::Should));
    assert_eq!(config.shards, Some(3));
    assert_eq!(
        config.normalise.expect("rules")[1].to_string(),
        "path=/notes/*"
    );
    let empty = parse("").expect("accepted");
    assert_eq!(Config::default().keys(), empty.keys());
}

#[test]
fn message_names_the_place_what_is_allowed_and_the_nearest_name() {
    for (text, said) in [
        (
            "x = 1\nprofil = \"core\"",
            "line 1, column 1: there is no key `x`; the keys are packs, ",
        ),
        (
            "\nprofil = \"core\"",
            "line 2, column 1: there is no key `profil`; did you mean `profile`?; ",
        ),
        ("expect = \"e\"", "did you mean `expectations`?"),
        (
            "profile = \"publsh\"",
            "line 1, column 11: there is no profile `publsh`; did you mean `publish`?; the profiles are core, publish, strict",
        ),
        (
            "profile = 1",
            "`profile` takes a string, and this is a whole number",
        ),
        (
            "packs = \"a\"",
            "`packs` takes an array of strings, and this is a string",
        ),
        (
            "packs = [\"a\",\n 1.5]",
            "line 2, column 2: `packs` takes strings, and this item is a number with a point",
        ),
        (
            "packs = [\"é\", 1]",
            "line 1, column 15: `packs` takes strings, and this item is a whole number",
        ),
        ("packs = []", "`packs` is empty; fill it or remove it"),
        ("trust = [\"\"]", "`trust` is empty"),
        (
            "normalise = [\"é\", \"hash\"]",
            "line 1, column 14: `normalise` has `é`: ",
        ),
        ("shards = 0", "`shards` is 0; a run has 1 to 1000 shards"),
        ("shards = -1", "`shards` is -1"),
        ("shards = 99999999999999999999", "1 to 1000"),
        (
            "[packs]\na = 1",
            "`packs` takes an array of strings, and this is a table",
        ),
        ("packs = [\"a\"", "line 1, column "),
        (
            "packs = [\"a\"]\npacks = [\"b\"]",
            "line 2, column 1: not TOML: duplicate key",
        ),
    ] {
        let message = refused(text);
        assert!(message.contains(said), "{text:?}: {message}");
    }
}

#[test]
fn message_is_short_and_inert_whatever_the_text_is() {
    let long = "a".repeat(200_000);
    for text in [
        "\"\\u001b[2J\\n::error::x\" = 1".to_owned(),
        format!("{long} = 1"),
        format!("profile = \"{long}\""),
        format!("normalise = [\"{long}\"]"),
        long.clone(),
        format!("packs = {}", "[".repeat(100_000)),
        "a.".repeat(100_000),
        "\u{0}\u{1b}[2J".to_owned(),
        "# \u{1b}[2J".to_owned(),
    ] {
        let message = refused(&text);
        assert!(message.chars().count() < 700, "{message}");
        assert!(!message.chars().any(char::is_control), "{message:?}");
    }
}

/// The schema is for editors, and says the same as the parser.
#[test]
fn schema_and_parser_agree() {
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    let properties = schema["properties"].as_object().expect("properties");
    let names: Vec<&str> = properties.keys().map(String::as_str).collect();
    let mut keys = Key::ALL.map(Key::name);
    keys.sort_unstable();
    assert_eq!(names, keys);
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    let full: Value = toml::from_str(EVERY_KEY).expect("TOML");
    assert!(validator.is_valid(&full));
    for (key, value) in [
        ("profile", json!("core")),
        ("profile", json!("publish")),
        ("profile", json!("cor")),
        ("profile", json!("")),
        ("profile", json!(["core"])),
        ("packs", json!(["a"])),
        ("packs", json!([])),
        ("packs", json!([""])),
        ("packs", json!("a")),
        ("packs", json!([1])),
        ("previous", json!([])),
        ("trust", json!([])),
        ("trust", json!([true])),
        ("expectations", json!("")),
        ("expectations", json!("e")),
        ("answers", json!(1)),
        ("normalise", json!([])),
        ("normalise", json!(["uuid"])),
        (
            "normalise",
            json!(["uuid=/a", "digest=*b", "port", "duration=/"]),
        ),
        ("normalise", json!(["uuid=a"])),
        ("normalise", json!(["hash"])),
        ("shards", json!(1)),
        ("shards", json!(1000)),
        ("shards", json!(0)),
        ("shards", json!(1001)),
        ("shards", json!(1.5)),
        ("shards", json!("1")),
        ("shard", json!(1)),
    ] {
        let document = json!({ key: value });
        let text = toml::to_string(&document).expect("TOML");
        let parsed = parse(&text);
        assert_eq!(
            validator.is_valid(&document),
            parsed.is_ok(),
            "{text}: {parsed:?}"
        );
    }
}
