//! A setup that is sound for every answer that conformance tries, and traps on
//! one combination of four that nobody thinks of.

wit_bindgen::generate!({
    world: "step",
    path: "../wit",
    generate_all,
});

use serde_json::{Map, Value, json};

struct Step;

impl Guest for Step {
    fn run(input: String) -> Result<String, String> {
        let input: Value = serde_json::from_str(&input).map_err(|e| e.to_string())?;
        let config = &input["inputs"]["answers"]["config"];
        let output = match input["step"].as_str().unwrap_or_default() {
            "collect" => questions(),
            "validate" => json!({ "diagnostics": validated(config) }),
            "apply" => json!({ "plan": { "config_patch": applied(config) } }),
            "summary" => json!({ "summary": "ready" }),
            other => return Err(format!("there is no step {other}")),
        };
        Ok(output.to_string())
    }
}

fn questions() -> Value {
    let text = |id: &str| json!({ "type": "Input.Text", "id": id, "label": id });
    let number = |id: &str| json!({ "type": "Input.Number", "id": id, "label": id });
    json!({ "questions": { "type": "AdaptiveCard", "version": "1.5", "body": [
        number("port"), text("mode"), number("retries"), text("region"),
    ] } })
}

/// Every answer that is there has to be of its type.
fn validated(config: &Value) -> Vec<Value> {
    let refusal = |id: &str, what: &str| {
        json!({
            "severity": "error", "code": "ANSWER_TYPE",
            "message": format!("`{id}` has to be {what}"), "path": format!("config.{id}"),
        })
    };
    let mut found = Vec::new();
    for id in ["port", "retries"] {
        if config.get(id).is_some_and(|value| !value.is_number()) {
            found.push(refusal(id, "a number"));
        }
    }
    for id in ["mode", "region"] {
        if config.get(id).is_some_and(|value| !value.is_string()) {
            found.push(refusal(id, "a text"));
        }
    }
    found
}

fn applied(config: &Value) -> Map<String, Value> {
    let mut patch = Map::new();
    for id in ["port", "mode", "retries", "region"] {
        if let Some(value) = config.get(id) {
            patch.insert(id.to_owned(), value.clone());
        }
    }
    // Each deeper than the one before: guessing one says nothing of the next.
    if config["port"].as_i64() == Some(31337) {
        patch.insert("profile".into(), json!("custom"));
        if config["mode"].as_str() == Some("maintenance") {
            patch.insert("profile".into(), json!("custom-maintenance"));
            if config["retries"].as_i64() == Some(4097) {
                patch.insert("profile".into(), json!("custom-maintenance-slow"));
                if config["region"].as_str() == Some("eu-north-9") {
                    let regions: Vec<&str> = Vec::new();
                    patch.insert("profile".into(), json!(regions[patch.len()]));
                }
            }
        }
    }
    patch
}

export!(Step);
