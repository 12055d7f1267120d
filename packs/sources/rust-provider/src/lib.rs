//! A chat provider that is set up by a typed provisioner, and by questions of
//! its own: what pack authors write in Rust.

wit_bindgen::generate!({
    world: "provider",
    path: "../wit",
    generate_all,
});

use exports::greentic::component::{component_i18n, descriptor, qa};
use exports::greentic::provider_schema_core::schema_core_api;
use exports::greentic::provision::provisioner::{
    self, Diagnostic, ProvisionInputs, ProvisionMode, ProvisionPlan, WebhookAction, WebhookOp,
};
use greentic::http::http_client;
use greentic::secrets_store::secrets_store;
use greentic::state::state_store;
use greentic::telemetry::logger_api;
use serde_json::{Map, Value, json};

struct Provider;

const TEXTS: [(&str, &str); 6] = [
    ("chat.qa.title", "Chat provider"),
    ("chat.qa.base_url", "Where chats can reach you"),
    ("chat.qa.room", "Room for messages"),
    ("chat.qa.token", "Bot token"),
    ("chat.qa.enabled", "Enable the provider"),
    ("chat.describe", "Sends messages to chats"),
];

fn cbor(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = ciborium::into_writer(value, &mut bytes);
    bytes
}

fn diagnostic(severity: &str, code: &str, message: impl Into<String>) -> Diagnostic {
    Diagnostic {
        severity: severity.into(),
        code: code.into(),
        message: message.into(),
        path: None,
        hint: None,
    }
}

fn log(message: &str) {
    let span = logger_api::SpanContext {
        tenant: "conformance".into(),
        session_id: None,
        flow_id: "setup".into(),
        node_id: None,
        provider: "chat".into(),
        start_ms: None,
        end_ms: None,
    };
    let _ = logger_api::log(&span, &[("message".into(), message.into())], None);
}

impl provisioner::Guest for Provider {
    fn plan(inputs: ProvisionInputs) -> ProvisionPlan {
        let answer = |key: &str| {
            let mut answers = inputs.answers.iter();
            answers.find(|a| a.key == key).map(|a| a.value.clone())
        };
        let mut diagnostics = Vec::new();
        let base = inputs.provider.public_base_url.clone().unwrap_or_default();
        if !base.starts_with("https://") {
            diagnostics.push(diagnostic("error", "BASE_URL", "a public base URL is needed"));
        }
        let mut config = Map::new();
        let removed = matches!(inputs.mode, ProvisionMode::Remove);
        let room = answer("room").unwrap_or_else(|| "general".into());
        config.insert("room".into(), if removed { Value::Null } else { room.into() });
        let secrets = match removed {
            true => json!({ "set": {}, "delete": ["CHAT_TOKEN"] }),
            false => json!({ "set": { "CHAT_TOKEN": { "redacted": true, "value": null } }, "delete": [] }),
        };
        let webhook = WebhookOp {
            action: match inputs.mode {
                ProvisionMode::Install => WebhookAction::Create,
                ProvisionMode::Update => WebhookAction::Update,
                ProvisionMode::Remove => WebhookAction::Delete,
            },
            name: "messages".into(),
            url: format!("{base}/chat"),
            events: vec!["message".into()],
        };
        log("planned");
        ProvisionPlan {
            config_patch: Some(Value::Object(config).to_string()),
            secrets_patch: Some(secrets.to_string()),
            webhooks: vec![webhook],
            subscriptions: Vec::new(),
            diagnostics,
        }
    }

    fn apply(_: ProvisionInputs, plan: ProvisionPlan) -> Vec<Diagnostic> {
        let hooks = plan.webhooks.len();
        vec![diagnostic("info", "APPLIED", format!("{hooks} webhook"))]
    }
}

impl descriptor::Guest for Provider {
    fn describe() -> Vec<u8> {
        cbor(&description())
    }
}

fn description() -> Value {
    json!({
        "provider": "fixture-chat",
        "world": "fixtures:worlds/provider@1.0.0",
        "summary": { "key": "chat.describe" },
        "operations": [{ "name": "send" }],
    })
}

fn question(id: &str, kind: &str, required: bool, secret: bool) -> Value {
    let label = format!("chat.qa.{id}");
    json!({
        "id": id, "kind": { "type": kind }, "label": { "key": label },
        "required": required, "secret": secret,
    })
}

impl qa::Guest for Provider {
    fn qa_spec(mode: qa::Mode) -> Vec<u8> {
        let questions = match mode {
            qa::Mode::Default => vec![question("base_url", "text", true, false)],
            qa::Mode::Setup => vec![
                question("base_url", "text", true, false),
                question("enabled", "bool", true, false),
                question("room", "text", false, false),
                question("token", "text", true, true),
            ],
            qa::Mode::Upgrade => vec![question("room", "text", false, false)],
            qa::Mode::Remove => Vec::new(),
        };
        cbor(&json!({
            "mode": format!("{mode:?}").to_lowercase(),
            "title": { "key": "chat.qa.title" },
            "questions": questions,
            "defaults": { "room": "general" },
        }))
    }

    fn apply_answers(mode: qa::Mode, answers: Vec<u8>) -> Vec<u8> {
        let refused = |error: &str| cbor(&json!({ "ok": false, "error": error }));
        let Ok(answers) = ciborium::from_reader::<Value, _>(answers.as_slice()) else {
            return refused("the answers are not CBOR");
        };
        if matches!(mode, qa::Mode::Remove) {
            return cbor(&json!({ "ok": true, "config": null, "remove": { "remove_all": true } }));
        }
        let mut config = answers.get("existing_config").cloned().unwrap_or_else(|| json!({}));
        for (key, kind) in [("base_url", "text"), ("enabled", "bool"), ("room", "text"), ("token", "text")] {
            let Some(value) = answers.get(key) else { continue };
            let fits = if kind == "bool" { value.is_boolean() } else { value.is_string() };
            if !fits {
                return refused(&format!("{key} has to be a {kind}"));
            }
            // The token goes into the secret store, not into the config.
            if key != "token" {
                config[key] = value.clone();
            }
        }
        if matches!(mode, qa::Mode::Setup) {
            let mut required = ["enabled", "token"].iter();
            if let Some(key) = required.find(|key| answers.get(**key).is_none()) {
                return refused(&format!("{key} is required"));
            }
        }
        let url = config.get("base_url").and_then(Value::as_str).unwrap_or_default();
        if !url.starts_with("https://") {
            return refused("base_url has to be an https URL");
        }
        cbor(&json!({ "ok": true, "config": config, "error": null, "diagnostics": [] }))
    }
}

impl component_i18n::Guest for Provider {
    fn i18n_keys() -> Vec<String> {
        TEXTS.iter().map(|(key, _)| (*key).into()).collect()
    }

    fn i18n_bundle(locale: String) -> Vec<u8> {
        let messages: Map<String, Value> =
            TEXTS.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        cbor(&json!({ "locale": locale, "messages": messages }))
    }
}

impl schema_core_api::Guest for Provider {
    fn describe() -> Vec<u8> {
        description().to_string().into_bytes()
    }

    fn validate_config(config: Vec<u8>) -> Vec<u8> {
        let config: Value = serde_json::from_slice(&config).unwrap_or_default();
        let valid = config.get("base_url").is_some_and(Value::is_string);
        json!({ "valid": valid }).to_string().into_bytes()
    }

    fn healthcheck() -> Vec<u8> {
        // The state of the last run, where there is one.
        let state = state_store::read("last-run", None).is_ok();
        let token = secrets_store::get("CHAT_TOKEN").is_ok_and(|t| t.is_some());
        json!({ "ok": true, "state": state, "token": token }).to_string().into_bytes()
    }

    fn invoke(op: String, input: Vec<u8>) -> Vec<u8> {
        if op != "send" {
            let error = format!("there is no operation {op}");
            return json!({ "ok": false, "error": error }).to_string().into_bytes();
        }
        let request = http_client::Request {
            method: "POST".into(),
            url: "https://chat.invalid/send".into(),
            headers: Vec::new(),
            body: Some(input),
        };
        let sent = http_client::send(&request, None, None);
        let _ = state_store::write("last-run", b"send", None);
        let error = sent.as_ref().err().map(|e| e.code.clone());
        json!({ "ok": sent.is_ok(), "error": error }).to_string().into_bytes()
    }
}

export!(Provider);
