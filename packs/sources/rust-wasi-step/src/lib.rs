//! A step that uses the standard library as on any machine: clocks, the
//! environment, a hash map, standard error. Nothing of it may change its
//! answer from one run to the next.

wit_bindgen::generate!({
    world: "step",
    path: "../wit",
    generate_all,
});

use greentic::provision_step::config;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::{Instant, SystemTime};

struct Step;

impl Guest for Step {
    fn run(input: String) -> Result<String, String> {
        let input: Value = serde_json::from_str(&input).map_err(|e| e.to_string())?;
        let step = input["step"].as_str().unwrap_or_default();
        let started = Instant::now();
        eprintln!("step {step}");
        let output = match step {
            "collect" => json!({ "questions": { "type": "AdaptiveCard", "version": "1.5", "body": [
                { "type": "Input.Text", "id": "greeting", "label": "Greeting" },
            ] } }),
            "validate" => json!({ "diagnostics": validated(&input["inputs"]["answers"]) }),
            "apply" => {
                let greeting = config::get("greeting");
                let greeting = greeting.and_then(|g| serde_json::from_str::<Value>(&g).ok());
                let greeting = greeting.unwrap_or_else(|| json!("hello"));
                json!({ "plan": { "config_patch": { "greeting": greeting } } })
            }
            "summary" => json!({ "summary": summary(started) }),
            other => return Err(format!("there is no step {other}")),
        };
        Ok(output.to_string())
    }
}

/// A greeting is a text, wherever it stands.
fn validated(answers: &Value) -> Vec<Value> {
    let places = [answers, &answers["config"]];
    let given = places.into_iter().filter_map(|place| place.get("greeting"));
    let wrong = given.filter(|greeting| !greeting.is_string());
    let refusal = |_| {
        json!({
            "severity": "error", "code": "GREETING_TYPE",
            "message": "`greeting` has to be a text", "path": "config.greeting",
        })
    };
    wrong.map(refusal).collect()
}

/// What the machine looks like from inside: the same everywhere.
fn summary(started: Instant) -> Value {
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    // The order of a hash map is drawn from the machine's randomness.
    let map: HashMap<u32, u32> = (0..32).map(|i| (i, i)).collect();
    let order: Vec<u32> = map.into_keys().collect();
    json!({
        "seconds": seconds.map(|s| s.as_secs()).unwrap_or_default(),
        "elapsed_ns": started.elapsed().as_nanos() as u64,
        "order": order,
        "variables": std::env::vars().count(),
        "folder": std::fs::read_dir("/").is_ok(),
    })
}

export!(Step);
