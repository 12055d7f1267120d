//! Checks the JSON Schemas in the manifest and those that it references.

use crate::check::{Conclusion, Findings};
use crate::schema::{Unusable, problem};
use crate::subject::Subject;
use greentic_types::PackManifest;
use provision_core::codes::CheckCode;
use provision_core::extensions::payload;
use provision_core::text::{counted, inert};
use provision_core::wizard::OLD_PROVIDER_EXTENSION;
use provision_core::{Finding, Pack, json};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The schemas of a manifest: those that it holds itself, with their places, and
/// places with the files that they name.
#[derive(Default)]
struct Schemas<'m> {
    inline: Vec<(String, &'m Value)>,
    named: Vec<(String, String)>,
}

/// Judges the schemas that hosts validate config against.
pub(super) fn of_hosts(subject: &Subject, findings: &mut Findings) {
    judge(subject, findings, |manifest| Schemas {
        inline: inline(manifest, Reader::Hosts),
        named: by_extensions(manifest),
    });
}

/// Judges the other schemas of components.
pub(super) fn of_components(subject: &Subject, findings: &mut Findings) {
    judge(subject, findings, |manifest| Schemas {
        inline: inline(manifest, Reader::Nobody),
        ..Schemas::default()
    });
}

fn judge(
    subject: &Subject,
    findings: &mut Findings,
    select: impl Fn(&PackManifest) -> Schemas<'_>,
) {
    let Ok(opened) = &subject.opened else { return };
    let Some(manifest) = &opened.pack.manifest().pack_v1 else {
        let reason = "only a pack-v1 manifest references schemas";
        return findings.pack(Conclusion::NotApplicable(reason.into()));
    };
    let Schemas { inline, named } = select(manifest);
    let mut files: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (at, schema) in &inline {
        references(schema, &mut |file| {
            files.entry(file.to_owned()).or_default().insert(at.clone());
        });
    }
    for (at, file) in named {
        files.entry(file).or_default().insert(at);
    }
    if inline.is_empty() && files.is_empty() {
        let reason = "the manifest has no such schema";
        return findings.pack(Conclusion::NotApplicable(reason.into()));
    }
    let mut found: Vec<Finding> = inline
        .iter()
        .filter_map(|(at, schema)| Some(problem(schema)?.finding(at)))
        .collect();
    for (file, by) in files {
        found.extend(of_file(&opened.pack, &file, &by, subject.limits.depth));
    }
    findings.pack(Conclusion::of(found));
}

/// Which program reads a schema.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// The operator validates config against the schema of the first component.
    Hosts,
    /// No host validates anything against it.
    Nobody,
}

/// The schemas that the manifest itself holds for this reader, with their places.
fn inline(manifest: &PackManifest, reader: Reader) -> Vec<(String, &Value)> {
    let mut schemas = Vec::new();
    for (i, component) in manifest.components.iter().enumerate() {
        let id = inert(component.id.as_str(), 120);
        if (i == 0) == (reader == Reader::Hosts) {
            let config = component.config_schema.as_ref();
            schemas.extend(config.map(|s| (format!("components.{id}.config_schema"), s)));
        }
        if reader == Reader::Hosts {
            continue;
        }
        for operation in &component.operations {
            let name = inert(&operation.name, 80);
            for (side, schema) in [
                ("input_schema", &operation.input_schema),
                ("output_schema", &operation.output_schema),
            ] {
                schemas.push((format!("components.{id}.operations.{name}.{side}"), schema));
            }
        }
    }
    schemas.retain(|(_, schema)| !schema.is_null());
    schemas
}

/// Files that extensions name under `config_schema_ref`.
fn by_extensions(manifest: &PackManifest) -> Vec<(String, String)> {
    fn walk(value: &Value, at: &str, found: &mut Vec<(String, String)>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| walk(item, at, found)),
            Value::Object(map) => map.iter().for_each(|(key, value)| match value {
                Value::String(file) if key == "config_schema_ref" => {
                    found.push((format!("extensions.{at}"), file.clone()));
                }
                value => walk(value, at, found),
            }),
            _ => {}
        }
    }
    let mut found = Vec::new();
    let names = manifest.extensions.iter().flatten().map(|(name, _)| name);
    // No host reads the provider extension under its old name.
    for name in names.filter(|name| *name != OLD_PROVIDER_EXTENSION) {
        let value = payload(manifest, name).unwrap_or_default();
        walk(&value, &inert(name, 80), &mut found);
    }
    found
}

/// Files of the pack that `schema` refers to by `$ref`.
fn references(schema: &Value, found: &mut impl FnMut(&str)) {
    match schema {
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(target) if key == "$ref" => {
                        let file = target.split('#').next().unwrap_or_default();
                        if !file.is_empty() {
                            found(file);
                        }
                    }
                    value => references(value, found),
                }
            }
        }
        _ => {}
    }
}

fn of_file(pack: &Pack, file: &str, by: &BTreeSet<String>, depth: usize) -> Option<Finding> {
    let shown = inert(file, 200);
    let Some(bytes) = pack.read(file) else {
        let first = by.first().map(String::as_str).unwrap_or_default();
        return Some(Finding::new(
            CheckCode::SchemaMissing,
            format!(
                "{}, first {first}",
                counted(by.len(), "reference", "references")
            ),
            format!("the file {shown} in the pack"),
            "it is not there",
        ));
    };
    let schema = match json::parse(&bytes, depth) {
        Ok(schema) => schema,
        Err(error) => {
            let problem = Unusable::Invalid(error.to_string());
            return Some(problem.finding(&shown).about(file));
        }
    };
    Some(problem(&schema)?.finding(&shown).about(file))
}
