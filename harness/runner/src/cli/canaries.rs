//! Reads the values that no recording may show.

use crate::exit::{Error, show};
use crate::read_file::{self, FileKind};
use provision_core::json;
use provision_core::text::inert;
use provision_oracle::recorded::Canaries;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// What `--canary` reads: the search for a value takes some hundred times its bytes.
const CANARIES: FileKind = FileKind::new(
    "a file of canaries",
    64 * 1024,
    "give only the values that the recorded runs used",
);
/// Levels of the JSON: an object or an array of texts.
const DEPTH: usize = 4;
/// Characters of a name in a message.
const NAME_CHARS: usize = 80;

/// The values in the file at `path`.
///
/// # Errors
/// [`Error::Usage`] for a file that has none, for a value that is no text, and for values
/// that are too short to be searched for, with their names.
pub(super) fn read(path: &Path) -> Result<Canaries, Error> {
    let text = read_file::read_text(path, CANARIES)?;
    let usage = |why: String| Error::Usage(format!("--canary {}: {why}", show(path)));
    let values = values(&text).map_err(usage)?;
    if values.is_empty() {
        return Err(usage("no value; write one a line, or as JSON".into()));
    }
    Canaries::new(&values).map_err(|short| {
        let names = short
            .iter()
            .map(|name| format!("`{}`", inert(name, NAME_CHARS)));
        let names: Vec<String> = names.take(20).collect();
        usage(format!(
            "too short to be distinguished from other text: {}; a value needs 8 bytes, or 6 with a digit \
             among them",
            names.join(", ")
        ))
    })
}

/// The values in `text`, with their names: an object, an array, or lines.
fn values(text: &str) -> Result<BTreeMap<String, String>, String> {
    if !text.trim_start().starts_with(['{', '[']) {
        let lines = text.lines().enumerate();
        let lines = lines.map(|(index, line)| (index + 1, line.trim()));
        let lines = lines.filter(|(_, line)| !line.is_empty());
        return Ok(lines
            .map(|(number, line)| (format!("line {number}"), line.to_owned()))
            .collect());
    }
    // NB: the parser's message may quote the file.
    let parsed = json::parse(text.as_bytes(), DEPTH).map_err(|_| {
        "begins as JSON, but is neither an object of names and values nor an array of values"
            .to_owned()
    })?;
    let named: Vec<(String, Value)> = match parsed {
        Value::Object(map) => map.into_iter().collect(),
        Value::Array(items) => {
            let items = items.into_iter().enumerate();
            items
                .map(|(index, item)| (format!("value {}", index + 1), item))
                .collect()
        }
        _ => Vec::new(),
    };
    let text = |(name, value): (String, Value)| match value {
        Value::String(text) => Ok((name, text)),
        Value::Number(number) => Ok((name, number.to_string())),
        _ => Err(format!("`{}` is no text", inert(&name, NAME_CHARS))),
    };
    named.into_iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_array_and_lines_give_the_same_values() {
        let object = values(r#"{"a": "first-value", "b": 12345678}"#).expect("an object");
        assert_eq!(object["a"], "first-value");
        assert_eq!(object["b"], "12345678");
        let array = values(r#" ["first-value", 12345678]"#).expect("an array");
        assert_eq!(array["value 2"], "12345678");
        let lines = values("first-value\n\n 12345678 \n").expect("lines");
        assert_eq!(lines["line 3"], "12345678");
        assert_eq!(lines.len(), 2);
        assert!(values(r#"{"a": ["x"]}"#).is_err());
        let error = values(r#"{"a": "first-value""#).expect_err("cut off");
        assert!(!error.contains("first-value"), "{error}");
    }

    #[test]
    fn short_values_are_refused_by_name_and_files_without_values_as_well() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("c");
        let error = |text: &str| {
            std::fs::write(&path, text).expect("writes");
            read(&path).expect_err("refused").to_string()
        };
        let short = error(r#"{"pin": "1234", "token": "0123456789abc", "word": "secret"}"#);
        assert!(
            short.contains("`pin`, `word`") && !short.contains("`token`"),
            "{short}"
        );
        assert!(!short.contains("1234"), "{short}");
        assert!(error("\n\n").contains("no value"));
        assert!(error("[]").contains("no value"));
    }
}
