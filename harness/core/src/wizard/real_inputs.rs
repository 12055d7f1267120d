//! The inputs of a run that is carried out: what the stores hold and what the user
//! answers. Nothing is made up, and a placeholder is no answer.

use super::inputs::ProvisionInputs;
use super::questions::SetupForm;
use super::stores::{SecretBytes, StoreView};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Texts that stand for a value that the answers leave out.
const PLACEHOLDERS: [&str; 2] = ["<redacted>", "<value>"];

/// The secret that `answer` gives; `None` if it gives none.
pub(super) fn secret(answer: &Value) -> Option<SecretBytes> {
    let text = match answer {
        Value::Null => return None,
        Value::String(text) if PLACEHOLDERS.contains(&text.as_str()) => return None,
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Some(SecretBytes::new(text.into_bytes()))
}

fn part<'i>(
    inputs: &'i ProvisionInputs,
    key: &str,
) -> impl Iterator<Item = (&'i String, &'i Value)> {
    let part = inputs.answers.get(key).and_then(Value::as_object);
    part.into_iter().flatten()
}

/// What the first step sees: `stores`, and over them the answers of `inputs`.
pub(super) fn over(stores: &StoreView, inputs: &ProvisionInputs) -> StoreView {
    let mut view = stores.clone();
    for (key, value) in part(inputs, "config") {
        view.config.insert(key.clone(), value.clone());
    }
    for (key, value) in part(inputs, "secrets") {
        if let Some(value) = secret(value) {
            view.secrets.insert(key.clone(), value);
        }
    }
    view
}

/// The secrets that the answers of `inputs` give: all below `secrets`, and elsewhere
/// those that `form` calls secrets.
pub(super) fn secrets(inputs: &ProvisionInputs, form: &SetupForm) -> BTreeMap<String, SecretBytes> {
    let empty = Map::new();
    let top = inputs.answers.as_object().unwrap_or(&empty).iter();
    let elsewhere = top.chain(part(inputs, "config"));
    let elsewhere = elsewhere.filter(|(key, value)| form.is_secret(key) && !value.is_object());
    let all = elsewhere.chain(part(inputs, "secrets"));
    let found = all.filter_map(|(key, value)| Some((key.clone(), secret(value)?)));
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wizard::TenantContext;
    use serde_json::json;

    #[test]
    fn answers_lie_over_the_stores_and_placeholders_do_not() {
        let inputs = ProvisionInputs {
            tenant: TenantContext::default(),
            provider_id: "p".into(),
            install_id: "i".into(),
            public_base_url: None,
            answers: json!({
                "config": {"room": "red", "bot_token": "in config", "secrets": {"no": 1}},
                "secrets": {"TOKEN": "new", "KEPT": "<redacted>", "PIN": 7, "NONE": null},
                "api_secret": "at the top",
            }),
            existing_state: None,
        };
        let bytes = |text: &str| SecretBytes::new(text.into());
        let stores = StoreView {
            config: BTreeMap::from([("room".into(), json!("blue")), ("floor".into(), json!(2))]),
            secrets: BTreeMap::from([
                ("TOKEN".into(), bytes("old")),
                ("KEPT".into(), bytes("kept")),
            ]),
            state: BTreeMap::from([("cursor".into(), vec![1])]),
            writes_left: None,
        };
        let view = over(&stores, &inputs);
        assert_eq!(
            (&view.config["room"], &view.config["floor"]),
            (&json!("red"), &json!(2))
        );
        let expected = [("KEPT", "kept"), ("PIN", "7"), ("TOKEN", "new")];
        let expected = expected.map(|(key, text)| (key.to_owned(), bytes(text)));
        assert_eq!(view.secrets, expected.into());
        assert_eq!(view.state, stores.state);
        let expected = [
            ("PIN", "7"),
            ("TOKEN", "new"),
            ("api_secret", "at the top"),
            ("bot_token", "in config"),
        ];
        let expected = expected.map(|(key, text)| (key.to_owned(), bytes(text)));
        assert_eq!(secrets(&inputs, &SetupForm::default()), expected.into());
    }
}
