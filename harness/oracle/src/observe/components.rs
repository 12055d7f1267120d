//! Calls components outside of wizards, for their self-descriptions, their
//! texts, and the diagnostics of validators.

use super::conditions::Conditions;
use super::deploy;
use super::variations::OTHER_LOCALE;
use crate::subject::{Described, Texts, Validated};
use greentic_types::PackManifest;
use provision_core::flow::{self, Target};
use provision_core::wasm::is_interface;
use provision_core::wizard::{Call, StepCode, StepExecutor, StepFailure, StepOutcome, StepRequest};
use provision_core::{Pack, cbor, components, json};
use serde_json::Value;
use std::collections::BTreeSet;

/// The interface of validators, and its version.
const VALIDATOR: (&str, &str) = ("greentic:pack-validate/validator", "0.1");
/// The interface of components that export texts, and its version.
const TEXTS: (&str, &str) = ("greentic:component/component-i18n", "0.6");

/// The files of `pack` that this module calls.
pub(super) fn called(pack: &Pack) -> BTreeSet<String> {
    let mut files = exporting(pack, VALIDATOR.0, VALIDATOR.1);
    files.extend(exporting(pack, TEXTS.0, TEXTS.1));
    files.extend(deploy::rendering(pack));
    if let Some(manifest) = &pack.manifest().pack_v1 {
        files.extend(packed(pack, manifest).into_iter().map(|(_, file)| file));
        let flows = flow::app_flows(pack).into_iter();
        let nodes = flows.flat_map(|f| f.flow.nodes.values());
        files.extend(nodes.filter_map(|node| match flow::target(node) {
            Target::Component { id, .. } => components::resolve(pack, manifest, &id),
            _ => None,
        }));
    }
    files
}

/// The components that `manifest` declares, and then those of its table of sources, with
/// their files in `pack`.
fn packed(pack: &Pack, manifest: &PackManifest) -> Vec<(String, String)> {
    let declared = components::declared(manifest).into_iter();
    let mut ids: Vec<String> = declared.map(|c| c.id.to_owned()).collect();
    for id in components::source_ids(manifest) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let sources = components::sources(manifest);
    let with_file = |id: String| Some((id.clone(), components::file(pack, &id, sources.get(&id))?));
    ids.into_iter().filter_map(with_file).collect()
}

/// The self-descriptions of the components that the manifest of `pack` declares, and of
/// those that its table of sources has and the pack contains.
pub(super) fn described(
    executor: &dyn StepExecutor,
    pack: &Pack,
    conditions: &Conditions,
) -> Vec<Described> {
    let Some(manifest) = &pack.manifest().pack_v1 else {
        return Vec::new();
    };
    let packed = packed(pack, manifest).into_iter();
    let described = packed.filter_map(|(component, file)| {
        Some(Described {
            answer: call(executor, pack, &file, Call::Describe, conditions)?,
            component,
            file,
        })
    });
    described.collect()
}

/// The diagnostics of each validator in `pack`.
pub(super) fn validated(
    executor: &dyn StepExecutor,
    pack: &Pack,
    conditions: &Conditions,
) -> Vec<Validated> {
    let files = exporting(pack, VALIDATOR.0, VALIDATOR.1);
    let validated = files.into_iter().filter_map(|file| {
        let read = |name: &str| pack.read(name).map(|b| b.into_owned()).unwrap_or_default();
        let sbom = match pack.read("sbom.json") {
            Some(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            None => cbor_as_json(&read("sbom.cbor"), conditions.limits.depth),
        };
        let validate = Call::ValidatePack {
            manifest: read("manifest.cbor"),
            sbom,
            files: pack.files().map(str::to_owned).collect(),
        };
        Some(Validated {
            answer: call(executor, pack, &file, validate, conditions)?,
            file,
        })
    });
    validated.collect()
}

fn cbor_as_json(bytes: &[u8], depth: usize) -> String {
    let tree = cbor::parse(bytes, depth);
    let value = tree.and_then(|tree| cbor::to_json(&tree));
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// The English texts of each component that exports texts.
pub(super) fn texts(
    executor: &dyn StepExecutor,
    pack: &Pack,
    conditions: &Conditions,
) -> Vec<Texts> {
    let files = exporting(pack, TEXTS.0, TEXTS.1);
    let texts = files.into_iter().filter_map(|file| {
        let of_locale = |locale: &str| {
            let locale = locale.to_owned();
            let request = Call::I18nBundle { locale };
            call(executor, pack, &file, request, conditions)
        };
        let bundle = of_locale("en");
        let asks = matches!(bundle, Some(Ok(_)));
        let elsewhere = asks.then(|| of_locale(OTHER_LOCALE)).flatten();
        // Version 0.6.0 has no bundle, only keys.
        let answer = match bundle {
            Some(Err(e)) if e.code == StepCode::Abi => {
                call(executor, pack, &file, Call::I18nKeys, conditions)?
            }
            bundle => bundle?,
        };
        Some(Texts {
            keys: answer.map(|value| keys(&value)),
            elsewhere: elsewhere.and_then(Result::err),
            file,
        })
    });
    texts.collect()
}

/// The keys in a bundle `{locale, messages: {key: text}}`, a map of texts, or
/// a list of keys.
fn keys(value: &Value) -> BTreeSet<String> {
    let messages = value.get("messages").unwrap_or(value);
    match messages {
        Value::Object(map) => map.keys().cloned().collect(),
        Value::Array(list) => {
            let keys = list.iter().filter_map(Value::as_str);
            keys.map(str::to_owned).collect()
        }
        _ => BTreeSet::new(),
    }
}

/// Files of `pack` that hold a component with this interface, sorted.
fn exporting(pack: &Pack, interface: &str, version: &str) -> BTreeSet<String> {
    let has = |file: &&str| {
        let is = |export: &String| is_interface(export, interface, version);
        pack.info(file)
            .is_some_and(|info| info.exports.iter().any(is))
    };
    let wasm = pack.files().filter(|file| file.ends_with(".wasm"));
    wasm.filter(has).map(str::to_owned).collect()
}

/// Calls a component outside of a wizard; `None` if nothing ran.
fn call(
    executor: &dyn StepExecutor,
    pack: &Pack,
    file: &str,
    request: Call,
    conditions: &Conditions,
) -> Option<Result<Value, StepFailure>> {
    let request = StepRequest::new(file, request);
    let depth = conditions.limits.depth;
    let bad = |code: StepCode, e: String| StepFailure::new(code, e);
    Some(match executor.execute(pack, &request).result {
        Ok(StepOutcome::NotRun) => return None,
        Ok(StepOutcome::Json(bytes)) => {
            let value = json::parse(&bytes, depth);
            value.map_err(|e| bad(StepCode::OutputJson, e.to_string()))
        }
        Ok(StepOutcome::Cbor(bytes)) => {
            let tree = cbor::parse(&bytes, depth);
            let value = tree.and_then(|tree| cbor::to_json(&tree));
            value.map_err(|e| bad(StepCode::OutputCbor, e.to_string()))
        }
        Err(failure) => Err(failure),
    })
}
