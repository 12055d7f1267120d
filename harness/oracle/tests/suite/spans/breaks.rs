//! Each break of a good recording is found by exactly the check that it is about.

use super::good::{START, attributes, export, failing, good, list, set, span, spans, text};
use serde_json::{Value, json};

type Break = (&'static str, fn(&mut Value), &'static str, &'static str);

const BREAKS: &[Break] = &[
    (
        "a key is missing",
        |d| drop(attributes(d, 1).remove(3)),
        "span.keys",
        "E_SPAN_KEY_MISSING",
    ),
    (
        "the service has no name",
        |d| d["resourceSpans"][0]["resource"] = json!({}),
        "span.keys",
        "E_SPAN_KEY_MISSING",
    ),
    (
        "a key is blank",
        |d| set(d, 2, "greentic.flow.id", "\u{2003} "),
        "span.keys",
        "E_SPAN_KEY_BLANK",
    ),
    (
        "the name of the service is empty",
        |d| d["resourceSpans"][0]["resource"]["attributes"][0]["value"]["stringValue"] = "".into(),
        "span.keys",
        "E_SPAN_KEY_BLANK",
    ),
    (
        "a key has no value",
        |d| attributes(d, 1)[3]["value"] = json!({}),
        "span.keys",
        "E_SPAN_KEY_BLANK",
    ),
    (
        "a key is a boolean",
        |d| attributes(d, 1)[3]["value"] = json!({ "boolValue": true }),
        "span.keys",
        "E_SPAN_KEY_TYPE",
    ),
    (
        "a key is a list",
        |d| attributes(d, 1)[3]["value"] = json!({ "arrayValue": { "values": [] } }),
        "span.keys",
        "E_SPAN_KEY_TYPE",
    ),
    (
        "the version is no semantic one",
        |d| set(d, 1, "greentic.pack.version", "v1.2.0"),
        "span.keys",
        "E_SPAN_PACK_VERSION",
    ),
    (
        "a key has two values",
        |d| attributes(d, 1).push(text("greentic.node.id", "other")),
        "span.keys",
        "E_SPAN_KEY_TWICE",
    ),
    (
        "an integer is a word",
        |d| attributes(d, 1).push(json!({ "key": "n", "value": { "intValue": "many" } })),
        "span.keys",
        "E_SPAN_ATTRIBUTES",
    ),
    (
        "attributes of an event are an integer",
        |d| list(d)[1]["events"] = json!([{ "name": "e", "attributes": 3 }]),
        "span.keys",
        "E_SPAN_ATTRIBUTES",
    ),
    (
        "the tenant of a child differs",
        |d| set(d, 3, "greentic.tenant.id", "globex"),
        "span.tenant",
        "E_SPAN_TENANT",
    ),
    (
        "the tenant of the root differs",
        |d| set(d, 0, "greentic.tenant.id", "globex"),
        "span.tenant",
        "E_SPAN_TENANT",
    ),
    (
        "a resource is of another tenant",
        another_resource,
        "span.tenant",
        "E_SPAN_TENANT",
    ),
    (
        "the team of a child differs",
        |d| set(d, 3, "greentic.team.id", "sales"),
        "span.tenant",
        "E_SPAN_TEAM",
    ),
    (
        "the user of a child differs",
        |d| set(d, 3, "greentic.user.id", "u-18"),
        "span.tenant",
        "E_SPAN_USER",
    ),
    (
        "the user is blank",
        |d| set(d, 3, "greentic.user.id", " "),
        "span.tenant",
        "E_SPAN_TENANT_BLANK",
    ),
    (
        "the user is the default",
        |d| (0..4).for_each(|i| set(d, i, "greentic.user.id", "local-user")),
        "span.default-tenant",
        "E_SPAN_TENANT_DEFAULT",
    ),
    (
        "a parent is skipped",
        |d| drop(list(d).remove(2)),
        "span.tree",
        "E_SPAN_ORPHAN",
    ),
    (
        "a second root",
        |d| list(d).push(span(5, None, (10, 20))),
        "span.tree",
        "E_SPAN_ROOTS",
    ),
    (
        "a span is doubled",
        |d| {
            let again = list(d)[3].clone();
            list(d).push(again)
        },
        "span.tree",
        "E_SPAN_ID_TWICE",
    ),
    (
        "a span is its own parent",
        |d| list(d)[1]["parentSpanId"] = list(d)[1]["spanId"].clone(),
        "span.tree",
        "E_SPAN_CYCLE",
    ),
    (
        "a cycle of two",
        |d| list(d)[2]["parentSpanId"] = list(d)[3]["spanId"].clone(),
        "span.tree",
        "E_SPAN_CYCLE",
    ),
    (
        "times are in reverse",
        |d| list(d)[1]["endTimeUnixNano"] = START.into(),
        "span.tree",
        "E_SPAN_TIME_ORDER",
    ),
    (
        "a child starts first",
        |d| list(d)[1]["startTimeUnixNano"] = (START - 1).into(),
        "span.tree",
        "E_SPAN_BEFORE_PARENT",
    ),
    (
        "a time is negative",
        |d| list(d)[1]["startTimeUnixNano"] = json!(-5),
        "span.tree",
        "E_SPAN_TIME",
    ),
    (
        "a time has a fraction",
        |d| list(d)[1]["endTimeUnixNano"] = json!(1.5),
        "span.tree",
        "E_SPAN_TIME",
    ),
    (
        "an end is missing",
        |d| {
            drop(
                list(d)[1]
                    .as_object_mut()
                    .expect("a span")
                    .remove("endTimeUnixNano"),
            )
        },
        "span.tree",
        "E_SPAN_TIME",
    ),
    (
        "an id is a number",
        |d| list(d)[1]["spanId"] = json!(7),
        "span.tree",
        "E_SPAN_ID",
    ),
    (
        "an id is too long",
        |d| list(d)[1]["spanId"] = "0123456789abcdef0".into(),
        "span.tree",
        "E_SPAN_ID",
    ),
    (
        "the trace is zero",
        |d| list(d)[1]["traceId"] = "0".repeat(32).into(),
        "span.tree",
        "E_SPAN_ID",
    ),
    (
        "a link has no span",
        |d| list(d)[1]["links"] = json!([{ "traceId": "ab".repeat(16) }]),
        "span.tree",
        "E_SPAN_ID",
    ),
    (
        "the parent is of another trace",
        |d| list(d)[1]["traceId"] = "ab".repeat(16).into(),
        "span.tree",
        "E_SPAN_ORPHAN",
    ),
    (
        "the name is a number",
        |d| list(d)[1]["name"] = json!(7),
        "span.tree",
        "E_SPAN_SHAPE",
    ),
    (
        "a span is a text",
        |d| list(d).push("span".into()),
        "span.tree",
        "E_SPAN_SHAPE",
    ),
    (
        "a child ends last",
        |d| list(d)[1]["endTimeUnixNano"] = (START + 9001).into(),
        "span.nested",
        "E_SPAN_AFTER_PARENT",
    ),
    (
        "an event has an e-mail address",
        |d| list(d)[1]["events"] = json!([{ "name": "to dora@mail.example.org" }]),
        "span.private",
        "E_SPAN_EMAIL",
    ),
    (
        "a key is an e-mail address",
        |d| attributes(d, 1).push(text("dora@mail.example.org", "x")),
        "span.private",
        "E_SPAN_EMAIL",
    ),
    (
        "an escaped e-mail address",
        |d| attributes(d, 1).push(text("url.query", "to=dora%40mail.example.org")),
        "span.private",
        "E_SPAN_EMAIL",
    ),
    (
        "a link has a phone number",
        |d| list(d)[1]["links"] = json!([{ "traceId": "ab".repeat(16), "spanId": "ab".repeat(8), "attributes": [text("tel", "+44 20 7946 0958")] }]),
        "span.private",
        "E_SPAN_PHONE",
    ),
    (
        "a resource has a phone number",
        |d| {
            d["resourceSpans"][0]["resource"]["attributes"]
                .as_array_mut()
                .expect("a list")
                .push(text("contact", "(212) 555-0123"))
        },
        "span.private",
        "E_SPAN_PHONE",
    ),
    (
        "a scope has a token",
        |d| {
            d["resourceSpans"][0]["scopeSpans"][0]["scope"]["version"] =
                "Bearer q7Zk1PbW93xTnV4cLr8e".into()
        },
        "span.private",
        "E_SPAN_CREDENTIAL",
    ),
    (
        "an unknown member has a token",
        |d| {
            list(d)[1]["vendor"] =
                json!({ "deep": [format!("ghp_{}", "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5")] })
        },
        "span.private",
        "E_SPAN_CREDENTIAL",
    ),
    (
        "the kind is unknown",
        |d| list(d)[1]["kind"] = json!(9),
        "span.conventions",
        "E_SPAN_CONVENTION",
    ),
    (
        "the code of the status is a word",
        |d| list(d)[1]["status"] = json!({ "code": "STATUS_CODE_OK" }),
        "span.conventions",
        "E_SPAN_CONVENTION",
    ),
    (
        "a span without a name",
        |d| list(d)[1]["name"] = "".into(),
        "span.conventions",
        "E_SPAN_CONVENTION",
    ),
    (
        "a key twice",
        |d| (0..2).for_each(|_| attributes(d, 1).push(text("k", "v"))),
        "span.conventions",
        "E_SPAN_CONVENTION",
    ),
    (
        "an exception without a type",
        |d| list(d)[1]["events"] = json!([{ "name": "exception" }]),
        "span.conventions",
        "E_SPAN_CONVENTION",
    ),
];

/// Adds a resource of another tenant, whose span names no tenant itself.
fn another_resource(export: &mut Value) {
    let mut spans = vec![span(5, Some(1), (10, 20))];
    let attributes = spans[0]["attributes"].as_array_mut().expect("a list");
    attributes.retain(|a| a["key"] != "greentic.tenant.id");
    let mut other = self::export(spans);
    let resource = &mut other["resourceSpans"][0];
    let named = resource["resource"]["attributes"].as_array_mut();
    named
        .expect("a list")
        .push(text("greentic.tenant.id", "globex"));
    let all = export["resourceSpans"].as_array_mut().expect("a list");
    all.push(other["resourceSpans"][0].take());
}

#[test]
fn each_break_is_found_by_exactly_its_check() {
    assert_eq!(failing(good().to_string().as_bytes()), []);
    let mut wrong = Vec::new();
    for (what, change, check, code) in BREAKS {
        let mut export = good();
        change(&mut export);
        assert_ne!(export, good(), "{what}");
        let found = failing(export.to_string().as_bytes());
        if found != [(*check, vec![(*code).to_owned()])] {
            wrong.push(format!("{what}: {found:?}"));
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn every_check_of_spans_finds_one_of_the_breaks() {
    let checks = provision_oracle::checks::of_recordings();
    let of_spans = checks.filter(|check| check.id.starts_with("span."));
    for check in of_spans {
        assert!(
            BREAKS.iter().any(|(_, _, id, _)| *id == check.id),
            "{}",
            check.id
        );
    }
}

#[test]
fn every_violation_is_counted_and_the_first_ones_are_listed() {
    let mut all = spans();
    all.extend((10..210).map(|i| span(i, Some(7), (10, 20))));
    let recording = super::good::observed(export(all).to_string().as_bytes());
    let results = provision_oracle::recorded::judge(&recording, |check| check.id == "span.tree");
    let findings = &results[0].findings;
    assert_eq!(findings.len(), 51, "{findings:?}");
    let last = findings.last().expect("the rest");
    assert_eq!(last.actual, "150 more of these");
    assert_eq!(findings[0].at, "/resourceSpans/0/scopeSpans/0/spans/4");
}
