//! The output of a step: JSON of the contract's shape, or a typed failure.

use super::executor::{StepCode, StepFailure};
use super::plan::ProvisionPlanPatch;
use super::steps::ProvisionStep;
use crate::json::{self, JsonError};
use crate::text::inert;
use greentic_types::validate::Diagnostic;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Keys that a step's output may have.
const OUTPUT_KEYS: [&str; 5] = [
    "diagnostics",
    "plan",
    "questions",
    "requirements",
    "summary",
];
/// Keys that a step's `plan` may have.
const PLAN_KEYS: [&str; 6] = [
    "config_patch",
    "secrets_patch",
    "webhook_ops",
    "subscription_ops",
    "oauth_ops",
    "notes",
];

/// A step's output, decoded.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StepOutput {
    /// The whole JSON that the step answered.
    pub data: Value,
    /// Its `diagnostics`.
    pub diagnostics: Vec<Diagnostic>,
    /// Its `plan`.
    pub plan_patch: Option<ProvisionPlanPatch>,
    /// Its `questions`; `null` where it asks none.
    pub questions: Option<Value>,
}

/// A step that completed, as later steps and callers see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepResult {
    /// Which step.
    pub step: ProvisionStep,
    /// What it answered.
    pub output: StepOutput,
}

impl StepOutput {
    /// Decodes the bytes that a step answered, nested at most `depth` levels.
    ///
    /// # Errors
    /// A [`StepFailure`] with one of the output codes.
    pub fn decode(bytes: &[u8], depth: usize) -> Result<Self, StepFailure> {
        Self::parse(bytes, depth).and_then(Self::from_value)
    }

    /// The strict JSON that a guest answered.
    pub(super) fn parse(bytes: &[u8], depth: usize) -> Result<Value, StepFailure> {
        json::parse(bytes, depth).map_err(|error| match error {
            JsonError::Depth { .. } | JsonError::Items { .. } => {
                StepFailure::new(StepCode::Depth, error.to_string())
            }
            JsonError::Utf8 { .. } => StepFailure::new(StepCode::OutputUtf8, error.to_string()),
            JsonError::Syntax { .. } => StepFailure::new(StepCode::OutputJson, error.to_string()),
        })
    }

    /// Reads an answer of the harness's own contract.
    ///
    /// # Errors
    /// A [`StepFailure`] with [`StepCode::OutputShape`].
    pub(super) fn from_value(data: Value) -> Result<Self, StepFailure> {
        Self::of(data).map_err(|detail| StepFailure::new(StepCode::OutputShape, detail))
    }

    /// Reads the answer of a node of a flow. The component defines its shape, but
    /// members named as in the contract (`plan`, `diagnostics`, `questions`) have to
    /// fit the contract.
    ///
    /// # Errors
    /// A [`StepFailure`] if the node reports a failure or breaks the contract.
    pub(super) fn of_node(data: Value) -> Result<Self, StepFailure> {
        let failed = data.get("ok") == Some(&Value::Bool(false))
            || data.get("status").and_then(Value::as_str) == Some("error");
        if failed {
            let message = format!(
                "the node reports a failure: {}",
                inert(&data.to_string(), 300)
            );
            return Err(StepFailure::new(StepCode::Step, message));
        }
        let plan = data.get("plan").and_then(Value::as_object);
        let is_plan = plan.is_some_and(|p| p.keys().all(|k| PLAN_KEYS.contains(&k.as_str())));
        let contract: Map<String, Value> = ["plan", "diagnostics", "questions"]
            .into_iter()
            .filter(|key| *key != "plan" || is_plan)
            .filter_map(|key| Some((key.to_owned(), data.get(key)?.clone())))
            .collect();
        let read = Self::from_value(Value::Object(contract))?;
        Ok(Self { data, ..read })
    }

    /// An answer of another contract, which contains no plan.
    pub(super) fn data(data: Value) -> Self {
        Self {
            data,
            ..Self::default()
        }
    }

    fn of(data: Value) -> Result<Self, String> {
        let map = data.as_object().ok_or("the output is not a JSON object")?;
        objects(
            map.get("diagnostics").and_then(Value::as_array),
            "`diagnostics` has",
        )?;
        let secrets = map.get("plan").and_then(|plan| plan.get("secrets_patch"));
        objects(secrets.map(std::slice::from_ref), "`secrets_patch` is")?;
        let plan_patch = match map.get("plan") {
            None | Some(Value::Null) => None,
            Some(Value::Object(plan)) => Some(ProvisionPlanPatch {
                config_patch: field(plan, "config_patch")?,
                secrets_patch: field(plan, "secrets_patch")?,
                webhook_ops: field(plan, "webhook_ops")?,
                subscription_ops: field(plan, "subscription_ops")?,
                oauth_ops: field(plan, "oauth_ops")?,
                notes: field(plan, "notes")?,
            }),
            Some(_) => return Err("/plan is not an object".into()),
        };
        Ok(Self {
            diagnostics: field(map, "diagnostics")?.unwrap_or_default(),
            plan_patch,
            questions: map.get("questions").filter(|q| !q.is_null()).cloned(),
            data: if cfg!(planted_bug = "step_output") && map.values().any(Value::is_null) {
                Value::Null
            } else {
                data
            },
        })
    }

    /// JSON pointers of keys that the contract does not define, sorted. Hosts ignore
    /// such keys, so each is a misspelling or has no effect.
    #[must_use]
    pub fn unknown_keys(&self) -> Vec<String> {
        let unknown = |value: Option<&Value>, prefix: &str, known: &[&str]| -> Vec<String> {
            let keys = value
                .and_then(Value::as_object)
                .into_iter()
                .flat_map(Map::keys);
            keys.filter(|key| !known.contains(&key.as_str()))
                .map(|key| format!("{prefix}/{}", inert(key, 80)))
                .collect()
        };
        let plan = self.data.get("plan");
        let secrets = plan.and_then(|p| p.get("secrets_patch"));
        let mut keys = unknown(Some(&self.data), "", &OUTPUT_KEYS);
        keys.extend(unknown(plan, "/plan", &PLAN_KEYS));
        keys.extend(unknown(secrets, "/plan/secrets_patch", &["set", "delete"]));
        keys
    }

    /// The member `key` of the answer; `None` if it is `null`.
    #[must_use]
    pub fn answer(&self, key: &str) -> Option<&Value> {
        self.data.get(key).filter(|v| !v.is_null())
    }
}

/// Refuses items that are not objects. NB: a derived `Deserialize` also reads a
/// struct from a list, so this check has to run before the decoder.
fn objects<'v>(
    items: Option<impl IntoIterator<Item = &'v Value>>,
    what: &str,
) -> Result<(), String> {
    let mut items = items.into_iter().flatten();
    if items.all(|item| item.is_object() || item.is_null()) {
        Ok(())
    } else {
        Err(format!("{what} something other than an object"))
    }
}

fn field<T: DeserializeOwned>(map: &Map<String, Value>, key: &str) -> Result<Option<T>, String> {
    match map.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => T::deserialize(value)
            .map(Some)
            .map_err(|e| format!("`{key}`: {}", inert(&e.to_string(), 200))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(output: &str) -> Option<StepCode> {
        StepOutput::decode(output.as_bytes(), 8)
            .err()
            .map(|f| f.code)
    }

    #[test]
    fn malformed_output_is_refused_with_its_code() {
        assert_eq!(code("{}"), None);
        assert_eq!(
            code(r#"{"plan":null,"diagnostics":null,"questions":null}"#),
            None
        );
        assert_eq!(code("[]"), Some(StepCode::OutputShape));
        assert_eq!(code(r#"{"plan":[]}"#), Some(StepCode::OutputShape));
        assert_eq!(
            code(r#"{"plan":{"notes":[1]}}"#),
            Some(StepCode::OutputShape)
        );
        assert_eq!(
            code(r#"{"plan":{"webhook_ops":[{}]}}"#),
            Some(StepCode::OutputShape)
        );
        assert_eq!(
            code(r#"{"diagnostics":[{"severity":"loud"}]}"#),
            Some(StepCode::OutputShape)
        );
        assert_eq!(
            code(r#"{"diagnostics":[["error","C","m",null,null,null]]}"#),
            Some(StepCode::OutputShape)
        );
        assert_eq!(
            code(r#"{"plan":{"secrets_patch":[]}}"#),
            Some(StepCode::OutputShape)
        );
        assert_eq!(
            code(r#"{"plan":{"secrets_patch":{"set":{"k":[true,null]}}}}"#),
            Some(StepCode::OutputShape)
        );
        assert_eq!(
            code(r#"{"plan":{"webhook_ops":[["register"]]}}"#),
            Some(StepCode::OutputShape)
        );
        assert_eq!(code(r#"{"plan":{},"plan":{}}"#), Some(StepCode::OutputJson));
        assert_eq!(code("{"), Some(StepCode::OutputJson));
        assert_eq!(code(""), Some(StepCode::OutputJson));
        assert_eq!(code("[[[[[[[[[]]]]]]]]]"), Some(StepCode::Depth));
    }

    #[test]
    fn unknown_keys_are_listed_as_json_pointers() {
        let output = StepOutput::decode(
            br#"{"plan":{"config_pach":{},"secrets_patch":{"sett":{}}},"note":1,"summary":{"any":1}}"#,
            8,
        );
        let keys = output.expect("decodes").unknown_keys();
        assert_eq!(
            keys,
            ["/note", "/plan/config_pach", "/plan/secrets_patch/sett"]
        );
    }
}
