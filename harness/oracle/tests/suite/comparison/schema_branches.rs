//! Pairs of config schemas with branches: `anyOf` and `oneOf`.

use super::compared;
use super::schemas::{pack, require, x};
use provision_oracle::comparison::Comparison;
use serde_json::{Value, json};

fn tagged(tag: &str, more: Value) -> Value {
    json!({ "type": "object", "required": ["kind"],
        "properties": { "kind": { "const": tag }, "more": more } })
}

#[test]
fn branches_are_compared_where_no_value_fits_two_of_them() {
    let (text, nothing, number) = (
        json!({ "type": "string" }),
        json!({ "type": "null" }),
        json!({ "type": "integer" }),
    );
    let any = |branches: Value| x(json!({ "anyOf": branches }));
    let one = |branches: Value| x(json!({ "oneOf": branches }));
    require(&[
        (
            "order of branches",
            any(json!([text, nothing])),
            any(json!([nothing, text])),
            &[],
            0,
        ),
        (
            "branch more",
            any(json!([text])),
            any(json!([text, number])),
            &["schema.branch-added"],
            0,
        ),
        (
            "branch more of which one has to fit",
            one(json!([text, nothing])),
            one(json!([text, nothing, number])),
            &["schema.branch-added"],
            0,
        ),
        (
            "null becomes allowed, and the secret plain",
            x(json!({ "type": "string", "x-secret": true })),
            any(json!([text, nothing])),
            &["schema.branch-added", "schema.secret-made-plain"],
            0,
        ),
        (
            "null becomes allowed",
            x(text.clone()),
            any(json!([text, nothing])),
            &["schema.branch-added"],
            0,
        ),
    ]);
}

#[test]
fn branch_with_a_difference_is_found_by_its_types_and_values() {
    let (text, nothing, number) = (
        json!({ "type": "string" }),
        json!({ "type": "null" }),
        json!({ "type": "integer" }),
    );
    let any = |branches: Value| x(json!({ "anyOf": branches }));
    let one = |branches: Value| x(json!({ "oneOf": branches }));
    require(&[
        (
            "one of two branches changes",
            one(json!([
                tagged("a", text.clone()),
                tagged("b", text.clone())
            ])),
            one(json!([
                tagged("b", number.clone()),
                tagged("a", text.clone())
            ])),
            &["schema.type-changed"],
            0,
        ),
        (
            "both branches change",
            one(json!([
                tagged("a", text.clone()),
                tagged("b", text.clone())
            ])),
            one(json!([
                tagged("a", number.clone()),
                tagged("b", nothing.clone())
            ])),
            &["schema.type-changed", "schema.type-changed"],
            0,
        ),
        (
            "only branch becomes wider",
            any(json!([number])),
            any(json!([{ "type": "number" }])),
            &["schema.type-widened"],
            0,
        ),
    ]);
}

#[test]
fn branches_that_share_values_are_not_compared() {
    let (text, nothing, number) = (
        json!({ "type": "string" }),
        json!({ "type": "null" }),
        json!({ "type": "integer" }),
    );
    let any = |branches: Value| x(json!({ "anyOf": branches }));
    let one = |branches: Value| x(json!({ "oneOf": branches }));
    require(&[
        (
            "values fit several branches",
            any(json!([{ "required": ["a"] }, { "required": ["b"] }])),
            any(json!([{ "required": ["a"] }, { "required": ["c"] }])),
            &[],
            1,
        ),
        (
            "value may fit two branches now",
            one(json!([{ "required": ["a"] }])),
            one(json!([{ "required": ["a"] }, { "required": ["b"] }])),
            &[],
            1,
        ),
        (
            "several branches differ",
            any(json!([text, nothing])),
            any(json!([number, { "type": "boolean" }])),
            &[],
            1,
        ),
        (
            "branches appear beside other rules",
            x(json!({ "type": "object", "properties": { "a": {} } })),
            x(json!({ "type": "object", "properties": { "a": {} },
                "anyOf": [{ "required": ["a"] }, { "required": ["b"] }] })),
            &["schema.branches-added"],
            0,
        ),
    ]);
}

#[test]
fn place_of_a_difference_names_the_branch() {
    let one = |more: Value| x(json!({ "oneOf": [tagged("a", json!({})), tagged("b", more)] }));
    let (old, new) = (
        one(json!({ "type": "string" })),
        one(json!({ "type": "integer" })),
    );
    let there: Comparison = compared(&pack(&old), &pack(&new));
    let place = "config schema, property `x`, oneOf, branch 2, property `more`";
    assert_eq!(there.changes[0].place, place);
}
