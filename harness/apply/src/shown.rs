//! Finds the values of secrets in what a plan shows: nothing but the secret store may
//! hold them.

use crate::request::Request;
use provision_core::json::pointer_token;
use provision_core::wizard::StoreWrite;
use serde_json::Value;

/// Shorter secrets are in too many texts by chance to be searched for.
const SEARCHED_BYTES: usize = 8;

/// All values of secrets that a request has, as text, with their keys.
pub(crate) fn values(request: &Request) -> Vec<(String, String)> {
    let answers = request.secrets.iter();
    let written = request.writes.iter().filter_map(|write| match write {
        StoreWrite::SetSecret { key, value } => Some((key, value)),
        _ => None,
    });
    let all = answers.chain(written);
    let texts = all.map(|(key, value)| {
        let text = String::from_utf8_lossy(value.reveal()).into_owned();
        (key.clone(), text)
    });
    texts.filter(|(_, text)| !text.is_empty()).collect()
}

/// The key of a secret whose value is in `value`, and the pointer of the text that has
/// it.
pub(crate) fn shown(value: &Value, secrets: &[(String, String)]) -> Option<(String, String)> {
    search(value, secrets, String::new())
}

fn search(value: &Value, secrets: &[(String, String)], at: String) -> Option<(String, String)> {
    let found = |text: &str| {
        let mut searched = secrets.iter().filter(|(_, s)| s.len() >= SEARCHED_BYTES);
        searched.find(|(_, secret)| text.contains(secret.as_str()))
    };
    match value {
        Value::String(text) => found(text).map(|(key, _)| (key.clone(), at)),
        Value::Array(items) => {
            let mut items = items.iter().enumerate();
            items.find_map(|(index, item)| search(item, secrets, format!("{at}/{index}")))
        }
        Value::Object(fields) => fields.iter().find_map(|(name, item)| {
            if let Some((key, _)) = found(name) {
                return Some((key.clone(), at.clone()));
            }
            search(item, secrets, format!("{at}/{}", pointer_token(name)))
        }),
        Value::Number(_) | Value::Bool(_) | Value::Null => None,
    }
}
