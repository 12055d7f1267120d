//! `abi.described-schemas`: do the schemas that a component describes admit something,
//! and not everything?

use crate::check::{Conclusion, Findings};
use crate::subject::{Described, Subject};
use greentic_types::schemas::common::schema_ir::{AdditionalProperties, SchemaIr};
use greentic_types::schemas::component::v0_6_0::{ComponentDescribe, schema_hash};
use provision_core::Finding;
use provision_core::codes::CheckCode;
use provision_core::text::inert;

/// `abi.described-schemas`
pub(super) fn schemas(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    let (mut found, mut judged) = (Vec::new(), 0);
    for Described { file, answer, .. } in &opened.described {
        let Ok(answer) = answer else { continue };
        // Descriptions of older interfaces have no schemas of this form.
        let described = serde_json::from_value::<ComponentDescribe>(answer.clone());
        let Ok(described) = described else { continue };
        judged += 1;
        let defects = defects(&described);
        found.extend(finding(file, &defects));
    }
    findings.pack(match judged {
        0 => Conclusion::NotApplicable("no component describes schemas of its operations".into()),
        _ => Conclusion::of(found),
    });
}

/// One finding a component, with the first defect.
fn finding(file: &str, defects: &[Defect]) -> Option<Finding> {
    let first = defects.first()?;
    let at = format!("{}, {}", inert(file, 120), inert(&first.place, 200));
    let actual = match defects.len() - 1 {
        0 => first.actual.clone(),
        more => format!("{} (and {more} more)", first.actual),
    };
    let finding = Finding::new(CheckCode::DescribedSchema, at, first.expected, actual);
    Some(finding.about(Some(file)))
}

/// What is wrong with one schema of a description.
struct Defect {
    place: String,
    expected: &'static str,
    actual: String,
}

fn defects(described: &ComponentDescribe) -> Vec<Defect> {
    let mut found = Vec::new();
    let config = &described.config_schema;
    for operation in &described.operations {
        let (input, output) = (&operation.input.schema, &operation.output.schema);
        let place = format!("operation {}", operation.id);
        if schema_hash(input, output, config).is_ok_and(|hash| hash != operation.schema_hash) {
            found.push(Defect {
                place: format!("{place}, schema_hash"),
                expected: "the hash of the schemas beside it",
                actual: inert(&operation.schema_hash, 80),
            });
        }
        of_schema(input, &format!("{place}, input"), &mut found);
        of_schema(output, &format!("{place}, output"), &mut found);
    }
    of_schema(config, "config", &mut found);
    found
}

/// The defects of a schema and of those inside it. NB: an answer nests no deeper than
/// the bound on JSON, so that this ends.
fn of_schema(schema: &SchemaIr, place: &str, found: &mut Vec<Defect>) {
    let mut wrong = |expected, actual: String| {
        found.push(Defect {
            place: place.to_owned(),
            expected,
            actual,
        });
    };
    match schema {
        SchemaIr::Object {
            properties,
            required,
            additional,
        } => {
            let allows_all = matches!(additional, AdditionalProperties::Allow);
            if properties.is_empty() && required.is_empty() && allows_all {
                let expected = "properties, or a word on additional ones";
                wrong(expected, "an object of any properties".into());
            }
            for name in required.iter().filter(|n| !properties.contains_key(*n)) {
                let name = inert(name, 80);
                let actual = format!("`{name}` is required and not among them");
                wrong("required properties among the properties", actual);
            }
            for (name, schema) in properties {
                of_schema(schema, &format!("{place}, {name}"), found);
            }
            if let AdditionalProperties::Schema(schema) = additional {
                of_schema(schema, &format!("{place}, additional"), found);
            }
        }
        SchemaIr::Array {
            items,
            min_items,
            max_items,
        } => {
            bounds(*min_items, *max_items, wrong);
            of_schema(items, &format!("{place}, items"), found);
        }
        SchemaIr::String {
            min_len, max_len, ..
        } => bounds(*min_len, *max_len, wrong),
        SchemaIr::Int { min, max } => bounds(*min, *max, wrong),
        SchemaIr::Float { min, max } => bounds(*min, *max, wrong),
        SchemaIr::Enum { values } if values.is_empty() => {
            wrong("a value to choose", "an enumeration without values".into());
        }
        SchemaIr::OneOf { variants } => {
            if variants.is_empty() {
                wrong("a variant to choose", "a union without variants".into());
            }
            for (index, schema) in variants.iter().enumerate() {
                of_schema(schema, &format!("{place}, variant {index}"), found);
            }
        }
        SchemaIr::Bool
        | SchemaIr::Null
        | SchemaIr::Bytes
        | SchemaIr::Enum { .. }
        | SchemaIr::Ref { .. } => {}
    }
}

fn bounds<N: PartialOrd + std::fmt::Display>(
    least: Option<N>,
    most: Option<N>,
    mut wrong: impl FnMut(&'static str, String),
) {
    if let (Some(least), Some(most)) = (least, most)
        && least > most
    {
        let actual = format!("at least {least} and at most {most}");
        wrong("a lower bound below the upper one", actual);
    }
}
