//! Pairs of config schemas that refer to definitions, or have branches and conditions.

use super::{Parts, compared, rules, unmirrored};
use serde_json::{Value, json};

/// Two schemas, the rules of their differences, and how many parts are not compared.
pub(super) type Row = (&'static str, Value, Value, &'static [&'static str], usize);

pub(super) fn pack(schema: &Value) -> Parts {
    let mut pack = Parts::base();
    pack.write("schemas/p/config.schema.json", schema.to_string());
    pack
}

pub(super) fn require(rows: &[Row]) {
    let mut faults = Vec::new();
    for (name, old, new, expected, skipped) in rows {
        let there = compared(&pack(old), &pack(new));
        if rules(&there) != *expected || there.not_compared.len() != *skipped {
            faults.push(format!(
                "{name}: {:#?} {:#?}",
                there.changes, there.not_compared
            ));
            continue;
        }
        let back = compared(&pack(new), &pack(old));
        faults.extend(unmirrored(&there, &back).map(|fault| format!("{name}: {fault}")));
        if back.not_compared.len() != *skipped {
            faults.push(format!("{name}, back: {:#?}", back.not_compared));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// A schema whose property `x` is `schema`, with these definitions.
fn with(schema: Value, definitions: Value) -> Value {
    json!({ "properties": { "x": schema }, "$defs": definitions })
}

pub(super) fn x(schema: Value) -> Value {
    with(schema, json!({}))
}

#[test]
fn definitions_are_compared_where_a_reference_names_them() {
    let text = json!({ "type": "string" });
    let number = json!({ "type": "integer" });
    let host = json!({ "$ref": "#/$defs/host" });
    require(&[
        (
            "definition has another type",
            with(host.clone(), json!({ "host": text })),
            with(host.clone(), json!({ "host": number })),
            &["schema.type-changed"],
            0,
        ),
        (
            "definition with two uses is listed once",
            with(
                json!({ "properties": { "a": host, "b": host } }),
                json!({ "host": text }),
            ),
            with(
                json!({ "properties": { "a": host, "b": host } }),
                json!({ "host": number }),
            ),
            &["schema.type-changed"],
            0,
        ),
        (
            "definition takes the place of the same schema",
            x(text.clone()),
            with(host.clone(), json!({ "host": text })),
            &[],
            0,
        ),
        (
            "definition has another name",
            with(host.clone(), json!({ "host": text })),
            with(json!({ "$ref": "#/$defs/more" }), json!({ "more": text })),
            &[],
            0,
        ),
    ]);
}

#[test]
fn definition_counts_only_as_far_as_references_lead_to_it() {
    let text = json!({ "type": "string" });
    let number = json!({ "type": "integer" });
    let host = json!({ "$ref": "#/$defs/host" });
    let node = |value: &Value| json!({ "properties": { "next": { "$ref": "#/$defs/n" }, "value": value } });
    require(&[
        (
            "definition that nothing names",
            with(text.clone(), json!({ "host": text })),
            with(text.clone(), json!({ "host": number })),
            &[],
            0,
        ),
        (
            "definition that refers to itself",
            with(json!({ "$ref": "#/$defs/n" }), json!({ "n": node(&text) })),
            with(
                json!({ "$ref": "#/$defs/n" }),
                json!({ "n": node(&number) }),
            ),
            &["schema.type-changed"],
            0,
        ),
        (
            "keyword beside the reference",
            with(host.clone(), json!({ "host": text })),
            with(
                json!({ "$ref": "#/$defs/host", "maxLength": 9 }),
                json!({ "host": text }),
            ),
            &["schema.bounds-narrowed"],
            0,
        ),
        (
            "secret beside a reference of an older draft",
            json!({ "$schema": "http://json-schema.org/draft-07/schema#", "$defs": { "host": text },
                "properties": { "x": { "$ref": "#/$defs/host", "x-secret": true, "maxLength": 9 } } }),
            json!({ "$schema": "http://json-schema.org/draft-07/schema#", "$defs": { "host": text },
                "properties": { "x": { "$ref": "#/$defs/host", "maxLength": 8 } } }),
            &["schema.secret-made-plain"],
            0,
        ),
        (
            "keyword that is not compared names the definition",
            with(json!({ "not": host }), json!({ "host": text })),
            with(json!({ "not": host }), json!({ "host": number })),
            &[],
            1,
        ),
    ]);
}

#[test]
fn reference_that_names_nothing_or_itself_is_not_compared() {
    let round = json!({ "a": { "$ref": "#/$defs/b" }, "b": { "$ref": "#/$defs/a" } });
    let refers = |name: &str| json!({ "$ref": name });
    for (old, new) in [
        (x(json!({})), with(refers("#/$defs/a"), round)),
        (x(json!({})), x(refers("#/$defs/none"))),
        (x(json!({})), x(refers("#anchor"))),
        (x(json!({})), x(refers("other.json"))),
    ] {
        let there = compared(&pack(&old), &pack(&new));
        let breaking = rules(&there).contains(&"schema.config-refused");
        assert!(
            !there.not_compared.is_empty() && !breaking,
            "{new} {there:#?}"
        );
    }
}

#[test]
fn definition_that_two_parts_lead_round_to_is_compared_once() {
    let grows = |kind: &str| {
        json!({ "n": { "allOf": [
            { "properties": { "next": { "$ref": "#/$defs/n" } } },
            { "properties": { "next": { "$ref": "#/$defs/n", "title": kind } } },
        ] } })
    };
    let whole = |title: &str| with(json!({ "$ref": "#/$defs/n" }), grows(title));
    let there = compared(&pack(&whole("a")), &pack(&whole("b")));
    assert_eq!(rules(&there), ["schema.text-changed"]);
    assert!(there.not_compared.is_empty(), "{there:#?}");
}

#[test]
fn references_that_multiply_end_and_are_not_compared() {
    let definitions = |kind: &str| {
        let next = |at: u32| json!({ "$ref": format!("#/$defs/d{}", at + 1) });
        let all = (0..30).map(|at| (format!("d{at}"), json!({ "allOf": [next(at), next(at)] })));
        let last = ("d30".to_owned(), json!({ "type": kind }));
        Value::Object(all.chain([last]).collect())
    };
    let whole = |kind: &str| with(json!({ "$ref": "#/$defs/d0" }), definitions(kind));
    let there = compared(&pack(&whole("string")), &pack(&whole("integer")));
    let what = there.not_compared.iter().map(|part| part.what.as_str());
    assert!(
        what.into_iter()
            .any(|what| what.starts_with("config schema, property `x`")),
        "{there:#?}"
    );
}

#[test]
fn file_that_the_schema_refers_to_and_that_differs_is_not_compared() {
    let schema = x(json!({ "$ref": "host.json#/a" }));
    let mut old = pack(&schema);
    old.write("schemas/p/host.json", r#"{"a": {"type": "string"}}"#);
    let mut new = old.clone();
    assert!(compared(&old, &new).not_compared.is_empty());
    new.write("schemas/p/host.json", r#"{"a": {"type": "integer"}}"#);
    let there = compared(&old, &new);
    let what = there.not_compared.iter().map(|part| part.what.as_str());
    assert_eq!(
        what.collect::<Vec<_>>(),
        ["config schema, file schemas/p/host.json"]
    );
}

#[test]
fn all_of_is_one_schema_where_its_parts_can_be_merged() {
    let part = json!({ "properties": { "a": { "type": "string" } } });
    let whole = |parts: Value| x(json!({ "allOf": parts }));
    require(&[
        (
            "parts say what one schema says",
            x(json!({ "properties": { "a": { "type": "string" } }, "required": ["a"] })),
            whole(json!([part, { "required": ["a"] }])),
            &[],
            0,
        ),
        (
            "part narrows a bound",
            whole(json!([{ "maximum": 9 }, { "maximum": 20 }])),
            whole(json!([{ "maximum": 9 }, { "maximum": 8 }])),
            &["schema.bounds-narrowed"],
            0,
        ),
        (
            "part allows other values",
            whole(json!([{ "enum": [1, 2, 3] }, { "enum": [2, 3, 4] }])),
            whole(json!([{ "enum": [1, 2, 3] }, { "enum": [3, 4] }])),
            &["schema.enum-narrowed"],
            0,
        ),
        (
            "both parts describe the property",
            whole(json!([part, { "properties": { "a": { "maxLength": 9 } } }])),
            whole(json!([part, { "properties": { "a": { "maxLength": 8 } } }])),
            &["schema.bounds-narrowed"],
            0,
        ),
    ]);
}

#[test]
fn all_of_with_parts_that_cannot_be_merged_is_not_compared() {
    let part = json!({ "properties": { "a": { "type": "string" } } });
    let whole = |parts: Value| x(json!({ "allOf": parts }));
    require(&[
        (
            "part that allows all other properties",
            x(json!({ "additionalProperties": { "type": "string" } })),
            whole(json!([{ "additionalProperties": true },
                { "additionalProperties": { "type": "string" } }])),
            &[],
            0,
        ),
        (
            "both parts have a pattern",
            whole(json!([{ "pattern": "a" }, { "pattern": "b" }])),
            whole(json!([{ "pattern": "a" }, { "pattern": "c" }])),
            &[],
            1,
        ),
        (
            "part closes its own properties alone",
            whole(json!([part, { "additionalProperties": false }])),
            whole(json!([part, { "additionalProperties": true }])),
            &[],
            1,
        ),
        (
            "same change in two places is listed twice",
            x(
                json!({ "properties": { "a": { "allOf": [{ "maximum": 9 }] },
                "b": { "allOf": [{ "maximum": 9 }] } } }),
            ),
            x(
                json!({ "properties": { "a": { "allOf": [{ "maximum": 8 }] },
                "b": { "allOf": [{ "maximum": 8 }] } } }),
            ),
            &["schema.bounds-narrowed", "schema.bounds-narrowed"],
            0,
        ),
    ]);
}

#[test]
fn consequences_are_compared_under_the_same_condition_alone() {
    let schema = |limit: u32, then: Value| {
        x(json!({ "if": { "minimum": limit }, "then": then, "else": { "maximum": 3 } }))
    };
    require(&[
        (
            "consequence is stricter",
            schema(5, json!({ "maximum": 9 })),
            schema(5, json!({ "maximum": 8 })),
            &["schema.bounds-narrowed"],
            0,
        ),
        (
            "condition differs",
            schema(5, json!({ "maximum": 9 })),
            schema(6, json!({ "maximum": 9 })),
            &[],
            1,
        ),
    ]);
}

#[test]
fn schema_of_other_properties_and_of_items_is_held_against_one_that_allows_all() {
    require(&[
        (
            "other properties have a type",
            x(json!({})),
            x(json!({ "additionalProperties": { "type": "string" } })),
            &["schema.type-narrowed"],
            0,
        ),
        (
            "items have a type",
            x(json!({ "type": "array" })),
            x(json!({ "type": "array", "items": { "type": "string" } })),
            &["schema.type-narrowed"],
            0,
        ),
        (
            "truth value stands for a schema",
            x(json!(true)),
            x(json!({ "type": "string" })),
            &["schema.type-narrowed"],
            0,
        ),
    ]);
}
