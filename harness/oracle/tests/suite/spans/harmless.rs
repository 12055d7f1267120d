//! Variations of a good recording in which nothing is wrong.

use super::good::{KEYS, START, TRACE, attributes, export, failing, good, list, span, spans, text};
use serde_json::{Value, json};

type Variation = (&'static str, fn() -> String);

/// The good recording after a change.
fn with(change: impl FnOnce(&mut Value)) -> String {
    let mut export = good();
    change(&mut export);
    export.to_string()
}

const VARIATIONS: &[Variation] = &[
    ("nothing", || good().to_string()),
    ("white space", || {
        serde_json::to_string_pretty(&good())
            .expect("JSON")
            .replace('\n', "\r\n\t ")
    }),
    ("the resource after its spans", resource_last),
    ("spans in reverse", || with(|d| list(d).reverse())),
    ("times as numbers", || {
        with(|d| {
            for span in list(d) {
                for name in ["startTimeUnixNano", "endTimeUnixNano"] {
                    let time: u64 = span[name]
                        .as_str()
                        .expect("a text")
                        .parse()
                        .expect("a number");
                    span[name] = time.into();
                }
            }
        })
    }),
    ("ids in capitals", || {
        with(|d| {
            for span in list(d) {
                for name in ["traceId", "spanId", "parentSpanId"] {
                    if let Some(id) = span[name].as_str() {
                        span[name] = id.to_uppercase().into();
                    }
                }
            }
        })
    }),
    ("unicode escapes", || {
        good()
            .to_string()
            .replace("\"acme\"", "\"\\u0061cme\"")
            .replace("traceId", "trace\\u0049d")
    }),
    ("an empty parent of the root", || {
        with(|d| list(d)[0]["parentSpanId"] = "".into())
    }),
    ("null for what is missing", || {
        with(|d| {
            list(d)[0]["parentSpanId"] = Value::Null;
            list(d)[1]["events"] = Value::Null;
            list(d)[1]["status"] = Value::Null
        })
    }),
    ("unknown members", || {
        with(|d| {
            list(d)[1]["vendor"] = json!({ "x": [1, null, true, 1.5] });
            d["schema"] = "x".into();
            d["resourceSpans"][0]["schemaUrl"] = "https://opentelemetry.io/schemas/1.37.0".into()
        })
    }),
    ("several resources", || {
        let mut all: Vec<Value> = spans()
            .into_iter()
            .map(|s| export(vec![s])["resourceSpans"][0].take())
            .collect();
        all.reverse();
        json!({ "resourceSpans": all }).to_string()
    }),
    ("several scopes", || {
        let all: Vec<Value> = spans()
            .into_iter()
            .map(|s| json!({ "spans": [s] }))
            .collect();
        with(|d| d["resourceSpans"][0]["scopeSpans"] = all.into())
    }),
    ("a document a line", || {
        spans()
            .into_iter()
            .rev()
            .map(|s| export(vec![s]).to_string() + "\n")
            .collect()
    }),
    ("documents without a space", || {
        spans()
            .into_iter()
            .map(|s| export(vec![s]).to_string())
            .collect()
    }),
    ("lines with other signals", || {
        format!("{}\n{}\n", json!({ "resourceLogs": [] }), good())
    }),
    ("nested attributes", || {
        with(|d| {
            attributes(d, 1).push(json!({ "key": "k", "value": { "kvlistValue": { "values": [
        { "key": "a", "value": { "arrayValue": { "values": [{ "intValue": 1 }, { "intValue": "-2" }, { "doubleValue": "NaN" }, {}] } } },
        { "key": "b", "value": { "bytesValue": "AAEC" } },
        { "key": "c" },
    ] } } }))
        })
    }),
    ("an extra attribute of each type", || {
        with(|d| {
            for value in [
                json!({ "boolValue": false }),
                json!({ "doubleValue": 1 }),
                json!({ "arrayValue": {} }),
                Value::Null,
            ] {
                let key = format!("extra.{}", attributes(d, 1).len());
                attributes(d, 1).push(json!({ "key": key, "value": value }));
            }
        })
    }),
    ("keys on the resource", keys_on_resource),
    ("a key on both", || {
        with(|d| {
            let all = d["resourceSpans"][0]["resource"]["attributes"]
                .as_array_mut()
                .expect("a list");
            all.push(text("greentic.node.id", "another"))
        })
    }),
    ("a span of a library", || {
        with(|d| {
            let mut other = span(9, Some(2), (1500, 1600));
            other["attributes"] = json!([]);
            d["resourceSpans"][0]["scopeSpans"]
                .as_array_mut()
                .expect("a list")
                .push(json!({ "spans": [other], "scope": { "name": "reqwest-tracing" } }))
        })
    }),
    ("a span of a library in the scope of the platform", || {
        with(|d| {
            let mut other = span(9, Some(2), (1500, 1600));
            other["attributes"] = json!([text("code.module.name", "h2::client")]);
            list(d).push(other)
        })
    }),
    ("two traces of two tenants", || {
        with(|d| {
            let mut others = spans();
            for other in &mut others {
                other["traceId"] = "ab".repeat(16).into();
                let all = other["attributes"].as_array_mut().expect("a list");
                all.iter_mut()
                    .filter(|a| a["key"] == "greentic.tenant.id")
                    .for_each(|a| a["value"]["stringValue"] = "globex".into());
            }
            list(d).extend(others);
        })
    }),
    ("a remote parent that is elsewhere", || {
        with(|d| {
            list(d)[0]["parentSpanId"] = "ab".repeat(8).into();
            list(d)[0]["flags"] = json!(0x301)
        })
    }),
    ("a server's span whose exporter sets no flags", || {
        with(|d| {
            list(d)[0]["parentSpanId"] = "ab".repeat(8).into();
            list(d)[0]["kind"] = json!(2)
        })
    }),
    ("a consumer outside of its parent", || {
        with(|d| {
            list(d)[1]["kind"] = json!(5);
            list(d)[1]["endTimeUnixNano"] = (START + 99_000).into()
        })
    }),
    ("a linked span outside of its parent", || {
        with(|d| {
            list(d)[1]["links"] = json!([{ "traceId": TRACE, "spanId": "ab".repeat(8) }]);
            list(d)[1]["endTimeUnixNano"] = (START + 99_000).into()
        })
    }),
    ("a child of a producer", || {
        with(|d| {
            list(d)[2]["kind"] = json!(4);
            list(d)[3]["endTimeUnixNano"] = (START + 8500).into()
        })
    }),
    ("another service with another clock", || {
        with(|d| {
            let mut other = export(vec![span(9, Some(2), (0, 99_000))]);
            other["resourceSpans"][0]["resource"]["attributes"] =
                json!([text("service.name", "greentic-start")]);
            d["resourceSpans"]
                .as_array_mut()
                .expect("a list")
                .push(other["resourceSpans"][0].take());
        })
    }),
    ("an error with a message", || {
        with(|d| {
            list(d)[1]["status"] = json!({ "code": 2, "message": "timeout" });
            attributes(d, 1).push(text("error.type", "timeout"));
            list(d)[1]["events"] = json!([{ "name": "exception", "timeUnixNano": "1764445000000000000", "attributes": [text("exception.type", "Timeout"), { "key": "exception.escaped", "value": { "boolValue": true } }] }])
        })
    }),
    ("texts that only look private", || {
        with(|d| {
            for (i, value) in [
                "ghcr.io/acme/app@sha256:00112233445566778899",
                "@scope/package@1.2.3",
                "2026-11-29T19:36:10.482913+01:00",
                "10.0.0.1:49152",
                "550e8400-e29b-41d4-a716-446655440000",
                "billing@prod.svc.cluster.local",
                "a basic requirement/documentation",
                "1.2.3+20130313144700",
            ]
            .iter()
            .enumerate()
            {
                attributes(d, 1).push(text(&format!("demo.{i}"), value))
            }
        })
    }),
    ("a length of zero", || {
        with(|d| list(d)[3]["endTimeUnixNano"] = list(d)[3]["startTimeUnixNano"].clone())
    }),
    ("spans of the runner with ids", || {
        let all: Vec<Value> = spans().into_iter().map(|s| {
            let named = KEYS.iter().map(|(k, v)| ((*k).to_owned(), Value::from(*v)));
            let mut attributes: serde_json::Map<String, Value> = named.collect();
            attributes.insert("service.name".into(), "greentic-runner".into());
            attributes.insert("retries".into(), 3.into());
            json!({ "attributes": attributes, "name": s["name"], "trace_id": s["traceId"], "span_id": s["spanId"], "parent_span_id": s["parentSpanId"], "start_time_unix_nano": s["startTimeUnixNano"], "end_time_unix_nano": s["endTimeUnixNano"] })
        }).collect();
        Value::from(all).to_string()
    }),
];

/// JSON has no order of members, but the macro sorts them: write this one by hand.
fn resource_last() -> String {
    let resource = json!({ "attributes": [text("service.name", "greentic-runner")] });
    let scope = json!({ "name": "greentic-telemetry" });
    let spans = Value::from(spans());
    format!(
        r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":{spans},"scope":{scope}}}],"resource":{resource}}}]}}"#
    )
}

/// Each key on the resource alone, apart from the node.
fn keys_on_resource() -> String {
    with(|d| {
        let named = KEYS.iter().filter(|(key, _)| *key != "greentic.node.id");
        let named: Vec<Value> = named.map(|(k, v)| text(k, v)).collect();
        for index in 0..4 {
            attributes(d, index).retain(|a| a["key"] == "greentic.node.id");
        }
        let all = d["resourceSpans"][0]["resource"]["attributes"].as_array_mut();
        all.expect("a list").extend(named);
    })
}

#[test]
fn no_harmless_variation_fails_or_is_left_unjudged() {
    let mut wrong = Vec::new();
    for (what, variation) in VARIATIONS {
        let found = failing(variation().as_bytes());
        if !found.is_empty() {
            wrong.push(format!("{what}: {found:?}"));
        }
    }
    assert_eq!(wrong, [""; 0]);
}
