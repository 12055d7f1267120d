use super::*;
use provision_core::{Limits, Source};
use serde_json::{Map, json};

/// A pack with `files`.
fn pack(files: &[(&str, Value)]) -> Arc<Pack> {
    let manifest = json!({ "schema_version": "pack-v0", "pack_id": "demo", "version": "1.0.0" });
    let text = |value: &Value| value.to_string().into_bytes();
    let own = [("pack.json".to_owned(), text(&manifest))];
    let files = files
        .iter()
        .map(|(path, value)| ((*path).to_owned(), text(value)));
    let source = Source::Folder {
        files: own.into_iter().chain(files).collect(),
        manifest: None,
    };
    Arc::new(Pack::open(source, &Limits::default()).expect("a pack"))
}

/// Whether `value` is valid by `schema`.
fn held(schema: &Value, value: &Value) -> Result<bool, Unusable> {
    let pack = pack(&[(
        "schemas/other file.json",
        json!({ "$defs": { "text": { "type": "string" } } }),
    )]);
    let broken = first_broken(&pack, 64, ("schemas/config.json", schema), &[value])?;
    Ok(broken.is_none())
}

/// `length` definitions, each made of the name of the next one; the last is `last`.
fn definitions(length: usize, of: impl Fn(Value) -> Value, last: Value) -> Value {
    let next = |i: usize| json!({ "$ref": format!("#/$defs/d{}", i + 1) });
    let chain = (0..length).map(|i| (format!("d{i}"), of(next(i))));
    let map: Map<String, Value> = chain.chain([(format!("d{length}"), last)]).collect();
    json!({ "$ref": "#/$defs/d0", "$defs": map })
}

#[test]
fn schema_that_multiplies_is_refused_before_it_is_evaluated() {
    let twice = |key: &'static str| move |next: Value| json!({ key: [next.clone(), next] });
    let text = || json!({ "type": "string" });
    let beside = |key: &str| {
        let mut nested = json!({ "properties": { "a": { "type": "number" } } });
        for _ in 0..18 {
            nested = json!({ key: [nested], "unevaluatedProperties": false });
        }
        nested
    };
    for schema in [
        definitions(60, twice("allOf"), text()),
        definitions(60, twice("oneOf"), text()),
        definitions(
            60,
            |next| json!({ "not": next.clone(), "if": next }),
            text(),
        ),
        beside("allOf"),
        beside("anyOf"),
        beside("oneOf"),
    ] {
        let got = held(&schema, &json!({ "a": 1 }));
        assert_eq!(got, Err(Unusable::Costly(Costly::Visits)), "{schema}");
    }
}

#[test]
fn schema_that_multiplies_what_it_leaves_unevaluated_is_refused_before_it_is_compiled() {
    let beside = |keyword: &'static str, key: &'static str| move |next: Value| json!({ key: [next.clone(), { "type": "string" }, next], keyword: false });
    for keyword in ["unevaluatedItems", "unevaluatedProperties"] {
        for key in ["allOf", "anyOf", "oneOf"] {
            let schema = definitions(24, beside(keyword, key), json!({ "type": "object" }));
            let unused =
                json!({ "properties": { "unused": schema.clone() }, "$defs": schema["$defs"] });
            for (schema, value) in [
                (&schema, json!({ "a": 1 })),
                (&schema, json!([1, 2])),
                // The library compiles what the value does not ask for as well.
                (&unused, json!({})),
            ] {
                let got = held(schema, &value);
                assert_eq!(got, Err(Unusable::Costly(Costly::Visits)), "{schema}");
            }
        }
    }
    // Each step between two levels makes the next level cost more.
    let mut spaced = json!({ "properties": { "a": { "type": "number" } } });
    for _ in 0..6 {
        for _ in 0..20 {
            spaced = json!({ "allOf": [spaced] });
        }
        spaced = json!({ "allOf": [spaced], "unevaluatedProperties": false });
    }
    let got = held(&spaced, &json!({ "a": 1 }));
    assert_eq!(got, Err(Unusable::Costly(Costly::Visits)));
}

#[test]
fn schemas_that_leave_something_unevaluated_are_evaluated() {
    let address = json!({ "properties": { "street": { "type": "string" } } });
    let tree = json!({
        "$defs": { "address": address, "node": {
            "allOf": [{ "$ref": "#/$defs/address" }],
            "properties": { "parts": { "items": { "$ref": "#/$defs/node" } } },
            "unevaluatedProperties": false,
        } },
        "$ref": "#/$defs/node",
    });
    let value = json!({ "street": "a", "parts": [{ "street": "b" }, { "parts": [] }] });
    assert_eq!(held(&tree, &value), Ok(true));
    assert_eq!(held(&tree, &json!({ "parts": [{ "x": 1 }] })), Ok(false));
}

#[test]
fn schema_that_never_ends_is_refused() {
    for schema in [
        json!({ "$ref": "#" }),
        json!({ "allOf": [{ "$ref": "#" }] }),
        definitions(1_000, |next| next, json!({})),
        definitions(9_000, |next| next, json!({})),
    ] {
        let got = held(&schema, &json!({}));
        assert_eq!(got, Err(Unusable::Costly(Costly::Depth)), "{schema}");
    }
    let long = definitions(60_000, |next| next, json!({}));
    assert_eq!(
        held(&long, &json!({})),
        Err(Unusable::Costly(Costly::Values))
    );
}

#[test]
fn schemas_of_ordinary_forms_are_evaluated() {
    let tree = json!({
        "type": "object", "additionalProperties": false,
        "properties": { "name": { "type": "string" }, "parts": { "type": "array", "items": { "$ref": "#" } } },
    });
    let mut deep = json!({ "name": "leaf" });
    for _ in 0..30 {
        deep = json!({ "name": "branch", "parts": [deep.clone(), { "name": "leaf" }] });
    }
    assert_eq!(held(&tree, &deep), Ok(true));
    assert_eq!(held(&tree, &json!({ "parts": [{ "name": 1 }] })), Ok(false));
    let other = json!({ "additionalProperties": { "$ref": "other%20file.json#/$defs/text" } });
    assert_eq!(held(&other, &json!({ "a": "x" })), Ok(true));
    assert_eq!(held(&other, &json!({ "a": 1 })), Ok(false));
    let either = json!({ "oneOf": [{ "required": ["a"] }, { "required": ["b"] }] });
    assert_eq!(held(&either, &json!({ "b": 1 })), Ok(true));
    assert_eq!(held(&either, &json!({ "a": 1, "b": 1 })), Ok(false));
    // Nothing in the value asks for what multiplies.
    let both = |next: Value| json!({ "properties": { "x": next.clone(), "y": next } });
    let shared = definitions(60, both, json!({}));
    assert_eq!(held(&shared, &json!({ "x": { "y": 1 } })), Ok(true));
    let mut nested = json!({ "type": "object" });
    for _ in 0..60 {
        nested = json!({ "oneOf": [nested, { "type": "string" }] });
    }
    assert_eq!(held(&nested, &json!({})), Ok(true));
    let chain = definitions(100, |next| next, json!({ "type": "object" }));
    assert_eq!(held(&chain, &json!({})), Ok(true));
}

#[test]
fn reference_that_leads_out_of_the_pack_is_invalid() {
    for target in [
        "https://example.com/schema.json",
        "https://example.com/schemas/other%20file.json",
        "missing.json",
        "file:///etc/hostname",
    ] {
        let got = held(&json!({ "$ref": target }), &json!({}));
        assert!(
            matches!(got, Err(Unusable::Invalid(_))),
            "{target}: {got:?}"
        );
    }
}

#[test]
fn files_that_a_schema_refers_to_have_a_bound_together() {
    let large = |name: &str| {
        let texts = vec!["x"; 12_000];
        (
            name.to_owned(),
            json!({ "$defs": { "d": { "enum": texts } } }),
        )
    };
    let files = ["a.json", "b.json"].map(large);
    let files = [0, 1].map(|i| (files[i].0.as_str(), files[i].1.clone()));
    let pack = pack(&files);
    let held = |schema: &Value| {
        let held = first_broken(&pack, 64, ("config.json", schema), &[&json!("x")]);
        held.map(|broken| broken.is_none())
    };
    let one = json!({ "$ref": "a.json#/$defs/d" });
    assert_eq!(held(&one), Ok(true));
    let two = json!({ "allOf": [one, { "$ref": "b.json#/$defs/d" }] });
    let Err(Unusable::Invalid(why)) = held(&two) else {
        panic!("two files of 12 000 values each");
    };
    assert!(why.contains("more than 20000 values"), "{why}");
}
