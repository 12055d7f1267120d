//! Bytes as a file of settings: what is accepted keeps the rules, and what is refused is
//! named in a short message at a place that the file has.

use greentic_provision::config::{At, Config, EVERY_KEY, Key, SHARDS, parse};
use provision_fuzz_bytes::{Attacker, Seeds, Target};
use provision_oracle::Level;
use toml::{Table, Value};

pub(crate) const TARGET: Target = Target {
    name: "settings",
    attacker: Attacker::Settings,
    boundary: "the reader of `conformance.toml`",
    oracle: "accepted settings have no empty text and a possible number of shards, and read the same after they are written again; a message is short, has no control character, and names a place in the file",
    max_len: 4096,
    seeds: Seeds::Texts(&[
        "# nothing\n",
        "profil = \"core\"\n",
        "packs = [[[[\"a\"]]]]\nshards = 0x10\n",
        EVERY_KEY,
    ]),
    body,
    show: provision_fuzz_bytes::as_text,
    mutator: None,
};

/// Characters of a message, at most.
const MESSAGE: usize = 1_000;

fn body(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let config = match parse(text) {
        Ok(config) => config,
        Err(error) => {
            let message = error.to_string();
            assert!(message.chars().count() <= MESSAGE, "{message}");
            assert!(!message.chars().any(char::is_control), "{message:?}");
            let lines = text.split('\n').count();
            assert!((1..=lines).contains(&error.line), "{message}");
            return;
        }
    };
    if let Some(packs) = &config.packs {
        assert!(!packs.is_empty(), "no packs are accepted");
    }
    assert!(
        config
            .shards
            .is_none_or(|count| (1..=SHARDS).contains(&count))
    );
    let written = written(&config);
    let again = toml::to_string(&written).expect("writes");
    let read = parse(&again).expect("written settings are accepted");
    assert_eq!(read.keys(), config.keys());
    assert_eq!(
        self::written(&read),
        written,
        "settings change when they are written again"
    );
}

/// The settings as a table.
fn written(config: &Config) -> Table {
    let text = |text: &str| {
        assert!(!text.is_empty(), "an empty text is accepted");
        Value::String(text.to_owned())
    };
    let list = |list: &Option<Vec<At<String>>>| {
        let texts = list.as_ref()?.iter().map(|at| text(&at.value));
        Some(Value::Array(texts.collect()))
    };
    let path = |path: &std::path::Path| text(path.to_str().expect("a file is UTF-8"));
    let value = |key: Key| match key {
        Key::Packs => list(&config.packs),
        Key::Previous => list(&config.previous),
        Key::Profile => config.profile.map(Level::profile).map(text),
        Key::Trust => {
            let keys = config.trust.as_ref()?.iter().map(|key| path(key));
            Some(Value::Array(keys.collect()))
        }
        Key::Expectations => config.expectations.as_deref().map(path),
        Key::Answers => config.answers.as_deref().map(path),
        Key::Normalise => {
            let rules = config.normalise.as_ref()?.iter();
            let rules = rules.map(|rule| text(&rule.to_string()));
            Some(Value::Array(rules.collect()))
        }
        Key::Shards => {
            let count = config.shards.map(i64::try_from)?;
            Some(Value::Integer(count.expect("at most a thousand")))
        }
    };
    let values = Key::ALL.into_iter();
    let values = values.filter_map(|key| Some((key.name().to_owned(), value(key)?)));
    values.collect()
}
