//! What the runner adds to the input of an Adaptive Card component: the default card
//! of the node, and the files of the pack that the card names.

use crate::json;
use crate::pack::Pack;
use serde_json::{Map, Value, json};

/// Whether `input` asks for a card.
pub(super) fn is_card(input: &Value) -> bool {
    input.get("card_source").is_some() || input.get("card_spec").is_some()
}

/// Adds the node's default card to `input`, and puts the files of the pack that it
/// names into it.
pub(super) fn prepare(input: &mut Value, config: &Value, pack: &Pack, depth: usize) {
    add_default(input, config);
    inline(input, pack, depth);
    if let Some(payload) = input.pointer_mut("/call/payload") {
        inline(payload, pack, depth);
    }
}

fn add_default(input: &mut Value, config: &Value) {
    if is_card(input) {
        return;
    }
    let nested = input.get("config").cloned();
    let Some(Value::Object(config)) = [Some(config.clone()), nested]
        .into_iter()
        .flatten()
        .find(Value::is_object)
    else {
        return;
    };
    let text = |key: &str| {
        let text = config.get(key).and_then(Value::as_str).map(str::trim);
        text.filter(|t| !t.is_empty()).map(str::to_owned)
    };
    let asset = text("default_card_asset");
    let card = config.get("default_card_inline").filter(|c| c.is_object());
    let source = text("default_source").map(|s| s.to_lowercase());
    if asset.is_none() && card.is_none() && source.is_none() {
        return;
    }
    let by_kind = if card.is_some() { "inline" } else { "asset" };
    let source = source.unwrap_or_else(|| by_kind.into());
    let mut spec = Map::new();
    match (source.as_str(), asset, card) {
        ("asset", Some(path), _) => drop(spec.insert("asset_path".into(), json!(path))),
        ("inline", _, Some(card)) => drop(spec.insert("inline_json".into(), card.clone())),
        _ => {}
    }
    if !input.is_object() {
        *input = json!({});
    }
    if let Value::Object(map) = input {
        map.insert("card_source".into(), json!(source));
        map.insert("card_spec".into(), Value::Object(spec));
    }
}

/// The strict JSON in `name`, with or without the folder `assets`.
fn read(pack: &Pack, name: &str, depth: usize) -> Option<Value> {
    let in_assets = format!("assets/{name}");
    let bytes = pack.read(name).or_else(|| pack.read(&in_assets))?;
    json::parse(&bytes, depth).ok()
}

/// Replaces the card file that `input` names by its content, and adds the English
/// texts.
fn inline(input: &mut Value, pack: &Pack, depth: usize) {
    let by_file = input.get("card_source").and_then(Value::as_str);
    if !by_file.is_some_and(|source| source.eq_ignore_ascii_case("asset")) {
        return;
    }
    let Some(Value::Object(spec)) = input.get_mut("card_spec") else {
        return;
    };
    let text = |spec: &Map<String, Value>, key: &str| {
        spec.get(key).and_then(Value::as_str).map(str::to_owned)
    };
    let Some(path) = text(spec, "asset_path") else {
        return;
    };
    let texts = text(spec, "i18n_bundle_path").unwrap_or_else(|| "assets/i18n".into());
    let card = read(pack, &path, depth);
    let texts = match texts.trim().trim_end_matches('/') {
        file if file.ends_with(".json") => read(pack, file, depth),
        folder => read(pack, &format!("{folder}/en.json"), depth),
    };
    if let Some(texts) = texts {
        spec.insert("i18n_inline".into(), json!({ "en": texts }));
    }
    if let Some(card) = card {
        spec.remove("asset_path");
        spec.insert("inline_json".into(), card);
        if let Value::Object(map) = input {
            map.insert("card_source".into(), json!("inline"));
        }
    }
}
