//! Checks of what components say they are.

use super::components::conclude;
use crate::check::Findings;
use crate::subject::{Described, Subject};
use greentic_types::PackManifest;
use provision_core::Finding;
use provision_core::codes::CheckCode;
use provision_core::components::{ComponentSource, sources};
use provision_core::extensions::payload;
use provision_core::flow::{Target, target};
use provision_core::text::inert;
use provision_core::wizard::StepCode;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// `manifest.component-identity`: components that a host calls.
pub(super) fn called(subject: &Subject, findings: &mut Findings) {
    conclude(subject, findings, |_, manifest| {
        let called = called_by_hosts(manifest);
        let mut found = self_described(subject, &sources(manifest));
        // A host loads every component, so that one that fails matters even if none calls it.
        found.retain(|(id, finding)| called.contains(id) || !is_foreign(finding));
        found.into_iter().map(|(_, finding)| finding).collect()
    });
}

/// `manifest.uncalled-identity`: the other components.
pub(super) fn uncalled(subject: &Subject, findings: &mut Findings) {
    conclude(subject, findings, |_, manifest| {
        let called = called_by_hosts(manifest);
        let mut found = self_described(subject, &sources(manifest));
        found.retain(|(id, finding)| !called.contains(id) && is_foreign(finding));
        found.into_iter().map(|(_, finding)| finding).collect()
    });
}

fn is_foreign(finding: &Finding) -> bool {
    finding.code == CheckCode::ComponentIdentity.into()
}

/// The components that a host calls by their ids: those that an extension refers to, and
/// those of flow nodes.
fn called_by_hosts(manifest: &PackManifest) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    let extensions = manifest.extensions.iter().flatten();
    for (name, _) in extensions {
        referred(&payload(manifest, name).unwrap_or_default(), &mut ids);
    }
    let flows = manifest.flows.iter();
    for node in flows.flat_map(|flow| flow.flow.nodes.values()) {
        if let Target::Component { id, .. } = target(node) {
            ids.insert(id);
        }
    }
    ids
}

/// Adds every `component_ref` in `value`.
fn referred(value: &Value, ids: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            let id = map.get("component_ref").and_then(Value::as_str);
            ids.extend(id.map(str::to_owned));
            map.values().for_each(|value| referred(value, ids));
        }
        Value::Array(items) => items.iter().for_each(|value| referred(value, ids)),
        _ => {}
    }
}

/// Findings on the self-descriptions of components, by their ids.
fn self_described(
    subject: &Subject,
    sources: &BTreeMap<String, ComponentSource>,
) -> Vec<(String, Finding)> {
    let described = subject.opened.as_ref().map(|o| o.described.as_slice());
    let mut found = Vec::new();
    for Described {
        component,
        file,
        answer,
    } in described.unwrap_or_default()
    {
        let at = inert(file, 200);
        let id = inert(component, 120);
        // An author may pack a component of another name under this id.
        let origin = sources.get(component).map(|source| source.origin.as_str());
        let is_named = |name: &String| {
            names(name, component) || origin.is_some_and(|origin| same_segment(name, origin))
        };
        match answer {
            Ok(description) => {
                let Some(name) = own_name(description).filter(|n| !is_named(n)) else {
                    continue;
                };
                let expected = format!("describes itself as `{id}`");
                let actual = format!("`{}`", inert(&name, 120));
                let finding = Finding::new(CheckCode::ComponentIdentity, at, expected, actual);
                found.push((component.clone(), finding.about(file.as_str())));
            }
            // The checks of wizards judge whether the component can be called.
            Err(failure) if matches!(failure.code, StepCode::Abi | StepCode::Import) => {}
            // `flow.walks` reports the same failure.
            Err(failure) if walked_into(subject, file, failure.code) => {}
            Err(failure) => {
                let expected = format!("`{id}` describes itself");
                let actual = failure.to_string();
                let finding = Finding::new(CheckCode::ComponentDescribe, at, expected, actual);
                found.push((component.clone(), finding.about(file.as_str())));
            }
        }
    }
    found
}

/// Whether a walk through a flow fails with `code` in the component of `file`.
fn walked_into(subject: &Subject, file: &str, code: StepCode) -> bool {
    let flows = subject.opened.iter().flat_map(|opened| &opened.flows);
    let mut nodes = flows.flat_map(|f| &f.walks).flat_map(|walk| &walk.nodes);
    nodes.any(|node| {
        let failed = node.failure().is_some_and(|failure| failure.code == code);
        failed && node.component.as_deref() == Some(file)
    })
}

/// The name in a description: its `provider`, `id` or `name`, the id in its `info`, or
/// the name of its `component`.
fn own_name(description: &Value) -> Option<String> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let own = ["provider", "id", "name"];
    own.iter()
        .find_map(|key| text(description, key))
        .or_else(|| text(description.get("info")?, "id"))
        .or_else(|| {
            let component = description.get("component")?;
            let name = text(component, "id").or_else(|| text(component, "name"))?;
            Some(match text(component, "org") {
                Some(org) => format!("{org}.{name}"),
                None => name,
            })
        })
}

/// Whether the last segments of two names are equal, in any case, and not empty.
fn same_segment(a: &str, b: &str) -> bool {
    let last = |text: &str| text.rsplit(['.', '/', ':']).next().map(str::to_lowercase);
    last(a) == last(b) && last(a).is_some_and(|segment| !segment.is_empty())
}

/// Whether `name` names the component `id`: their last segments are equal, because
/// either may be qualified (`ai.greentic.templates` and `templates`), or every word of it
/// is one of the id's (`ai.greentic.provision` and `ai.greentic.component-provision`).
fn names(name: &str, id: &str) -> bool {
    if same_segment(name, id) {
        return true;
    }
    let words = |text: &str| -> BTreeSet<String> {
        let words = text.split(|c: char| !c.is_alphanumeric());
        words
            .filter(|w| !w.is_empty())
            .map(str::to_lowercase)
            .collect()
    };
    words(name).is_subset(&words(id))
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn component_is_named_by_its_last_segment_or_by_words_of_its_id() {
        for (name, id) in [
            ("templates", "templates"),
            ("ai.greentic.templates", "templates"),
            ("events-provider-timer", "ai.greentic.events-provider-timer"),
            ("ai.greentic.provision", "ai.greentic.component-provision"),
            ("Messaging-Provider-Telegram", "messaging-provider-telegram"),
        ] {
            assert!(names(name, id), "{name} {id}");
        }
        for (name, id) in [
            ("messaging-provider-dummy", "messaging-provider-telegram"),
            ("ai.greentic.dummy", "ai.greentic.telegram"),
            ("templates.handlebars", "templates"),
            ("a.", "b."),
        ] {
            assert!(!names(name, id), "{name} {id}");
        }
    }
}
