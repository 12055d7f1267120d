//! What a pack says of a simulator: its capabilities beside those of the provider that
//! it simulates, and why some are missing.

use crate::authored::{Syntax, yaml_value};
use crate::limits::{Limits, SCENARIO_BYTES};
use crate::pack::Pack;
use crate::text::inert;
use serde_json::{Map, Value};

/// The file.
pub const FILE: &str = "capabilities/providers.yaml";

/// The capabilities of the providers in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parity {
    /// The provider that is simulated.
    pub reference: String,
    /// The simulator.
    pub simulator: String,
    /// The listed capabilities of each provider, as written.
    pub providers: Vec<(String, Vec<String>)>,
    /// The capability of each downgrade, and its reason.
    pub downgrades: Vec<(String, Option<String>)>,
}

impl Parity {
    /// The capabilities of `provider`; `None` if the file does not list it.
    #[must_use]
    pub fn of(&self, provider: &str) -> Option<&[String]> {
        let mut providers = self.providers.iter();
        let found = providers.find(|(name, _)| name == provider);
        found.map(|(_, capabilities)| capabilities.as_slice())
    }
}

/// A part of the file that does not decode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where, a JSON pointer; empty for the whole file.
    pub at: String,
    /// What has to be there.
    pub expected: String,
    /// What is there.
    pub actual: String,
}

/// Reads the file of `pack`; `None` if it has none.
#[must_use]
pub fn read(pack: &Pack, limits: &Limits) -> Option<Result<Parity, Vec<Fault>>> {
    let size = pack.size(FILE)?;
    if size > SCENARIO_BYTES as u64 {
        return Some(Err(vec![Fault {
            at: String::new(),
            expected: format!("at most {SCENARIO_BYTES} bytes"),
            actual: format!("{size} bytes"),
        }]));
    }
    let bytes = pack.read(FILE)?;
    Some(decode(&bytes, limits))
}

/// Decodes the content of the file.
///
/// # Errors
/// Every part that does not decode.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Parity, Vec<Fault>> {
    let value = yaml_value(bytes, limits).map_err(|error| vec![unreadable(&error)])?;
    let mut decoder = Decoder { faults: Vec::new() };
    let parity = decoder.document(&value);
    match parity {
        Some(parity) if decoder.faults.is_empty() => Ok(parity),
        _ => Err(decoder.faults),
    }
}

fn unreadable(error: &Syntax) -> Fault {
    let place = error.place.map(|p| format!("line {}, ", p.line));
    Fault {
        at: String::new(),
        expected: "one YAML document without ambiguities".into(),
        actual: format!("{}{}", place.unwrap_or_default(), error.message),
    }
}

/// Collects every fault.
struct Decoder {
    faults: Vec<Fault>,
}

impl Decoder {
    fn fault(&mut self, at: &str, expected: &str, found: Option<&Value>) {
        let actual = match found {
            None | Some(Value::Null) => "nothing".to_owned(),
            Some(Value::Bool(b)) => format!("the truth value {b}"),
            Some(Value::Number(n)) => format!("the number {n}"),
            Some(Value::String(text)) => format!("the text `{}`", inert(text, 60)),
            Some(Value::Array(_)) => "a list".to_owned(),
            Some(Value::Object(_)) => "an object".to_owned(),
        };
        self.faults.push(Fault {
            at: inert(at, 200),
            expected: expected.to_owned(),
            actual,
        });
    }

    fn document(&mut self, value: &Value) -> Option<Parity> {
        let Value::Object(map) = value else {
            self.fault("", "an object", Some(value));
            return None;
        };
        Some(Parity {
            reference: self.text(map, "", "reference_provider"),
            simulator: self.text(map, "", "simulator_provider"),
            providers: self.providers(map.get("providers")),
            downgrades: self.downgrades(map.get("downgrades")),
        })
    }

    fn text(&mut self, map: &Map<String, Value>, above: &str, key: &str) -> String {
        match map.get(key) {
            Some(Value::String(text)) => text.clone(),
            other => {
                self.fault(&format!("{above}/{key}"), "a text", other);
                String::new()
            }
        }
    }

    fn providers(&mut self, value: Option<&Value>) -> Vec<(String, Vec<String>)> {
        let Some(Value::Object(map)) = value else {
            self.fault("/providers", "an object of providers", value);
            return Vec::new();
        };
        let providers = map.iter().map(|(name, provider)| {
            let at = format!("/providers/{name}/capabilities");
            let listed = match provider {
                Value::Object(map) => map.get("capabilities"),
                other => Some(other),
            };
            let listed = self.texts(&at, listed);
            (name.clone(), listed)
        });
        providers.collect()
    }

    fn texts(&mut self, at: &str, value: Option<&Value>) -> Vec<String> {
        let Some(Value::Array(items)) = value else {
            self.fault(at, "a list of texts", value);
            return Vec::new();
        };
        let mut texts = Vec::new();
        for (i, item) in items.iter().enumerate() {
            match item {
                Value::String(text) => texts.push(text.clone()),
                other => self.fault(&format!("{at}/{i}"), "a text", Some(other)),
            }
        }
        texts
    }

    fn downgrades(&mut self, value: Option<&Value>) -> Vec<(String, Option<String>)> {
        let items = match value {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Array(items)) => items,
            other => {
                self.fault("/downgrades", "a list of downgrades", other);
                return Vec::new();
            }
        };
        let mut downgrades = Vec::new();
        for (i, item) in items.iter().enumerate() {
            let at = format!("/downgrades/{i}");
            let Value::Object(map) = item else {
                self.fault(&at, "an object with capability and reason", Some(item));
                continue;
            };
            let reason = match map.get("reason") {
                None | Some(Value::Null) => None,
                Some(_) => Some(self.text(map, &at, "reason")),
            };
            downgrades.push((self.text(map, &at, "capability"), reason));
        }
        downgrades
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "reference_provider: real\nsimulator_provider: fake\nproviders:\n  real:\n    capabilities: [send, stream]\n  fake:\n    capabilities: [send]\ndowngrades:\n  - capability: stream\n    reason: one chunk\n";

    fn faults(text: &str) -> Vec<String> {
        let found = decode(text.as_bytes(), &Limits::default()).err();
        let found = found.unwrap_or_default().into_iter();
        found.map(|f| format!("{}: {}", f.at, f.actual)).collect()
    }

    #[test]
    fn every_part_that_does_not_decode_is_reported() {
        assert_eq!(faults(GOOD), [""; 0]);
        let no_downgrades = GOOD.split("downgrades").next().expect("a text");
        assert_eq!(faults(no_downgrades), [""; 0]);
        assert_eq!(
            faults(
                "reference_provider: 1\nproviders:\n  a: {capabilities: [x, 2]}\n  b: 3\ndowngrades: [4, {reason: 5}]\n"
            ),
            [
                "/reference_provider: the number 1",
                "/simulator_provider: nothing",
                "/providers/a/capabilities/1: the number 2",
                "/providers/b/capabilities: the number 3",
                "/downgrades/0: the number 4",
                "/downgrades/1/reason: the number 5",
                "/downgrades/1/capability: nothing",
            ]
        );
        assert_eq!(faults("[]"), [": a list"]);
    }

    #[test]
    fn provider_that_is_there_twice_is_no_document() {
        let twice = GOOD.replace("  fake:\n", "  real:\n");
        assert_eq!(faults(&twice).len(), 1, "{:?}", faults(&twice));
    }
}
