//! Variations of a good pack that nothing acts on.

use super::good::{Change, remove, report_again};
use serde_json::{Value, json};

/// Changes that no reader acts on.
pub(super) const HARMLESS: [(&str, Change); 20] = [
    ("nothing", |_| {}),
    ("members in another order", |f| {
        f["golden/pick.json"] = json!(
            "{\"transcript\": [\"BOT: Colour? [Red, Blue]\", \"USER: Red\", \"BOT: Red it is.\"], \"scenario_id\": \"pick\"}"
        )
    }),
    ("white space", |f| {
        f["scenarios/greet.json"] = json!(
            "\n {\t\"scenario\":\"greet\",\r\n\"steps\":[{\"kind\":\"send\",\"from\":\"USER\",\"text\":\"ahoy\"} ,\n{\"kind\":\"reply\",\"from\":\"BOT\",\"text\":\"ahoy there\"}]}\n\n"
        )
    }),
    ("unknown members of the row", |f| {
        f["pack.json"]["scenarios"][0]["owner"] = json!("x")
    }),
    ("tags of any type", |f| {
        f["pack.json"]["scenarios"][0]["tags"] = json!(3)
    }),
    ("unknown members of the entry", |f| {
        f["scenarios/pick.json"]["since"] = json!([1])
    }),
    ("unknown members of a step", |f| {
        f["scenarios/pick.json"]["steps"][1]["delay_ms"] = json!(20)
    }),
    ("unknown members of the golden", |f| {
        f["golden/pick.json"]["recorded"] = json!("today")
    }),
    ("unknown members of the report", |f| {
        f["golden/render_reports.json"][0]["took_ms"] = json!(1)
    }),
    ("path with a dot", |f| {
        f["pack.json"]["scenarios"][0]["entry"] = json!("./scenarios//pick.json")
    }),
    ("scenarios in another order", |f| {
        f["pack.json"]["scenarios"]
            .as_array_mut()
            .expect("rows")
            .reverse()
    }),
    ("actors in capitals", |f| {
        f["scenarios/pick.json"]["steps"][1]["actor"] = json!("USER")
    }),
    ("options that are null", |f| {
        f["scenarios/pick.json"]["steps"][1]["options"] = Value::Null
    }),
    ("options in a list without any", |f| {
        f["scenarios/pick.json"]["steps"][2]["options"] = json!([])
    }),
    ("remarks before the answer", |f| {
        f["scenarios/pick.json"]["steps"]
            .as_array_mut()
            .expect("steps")
            .insert(1, json!({ "actor": "system", "message": "A pause" }));
        f["golden/pick.json"]["transcript"]
            .as_array_mut()
            .expect("lines")
            .insert(1, json!("SYSTEM: A pause"));
        report_again(f);
    }),
    ("no report", |f| remove(f, "golden/render_reports.json")),
    ("no simulator", |f| remove(f, "capabilities/providers.yaml")),
    ("simulator with more", |f| {
        f["capabilities/providers.yaml"]["providers"]["b"]["capabilities"] =
            json!(["rewind", "send"])
    }),
    ("a third provider", |f| {
        f["capabilities/providers.yaml"]["providers"]["c"] = json!({ "capabilities": [] })
    }),
    ("simulator in YAML with comments", |f| {
        f["capabilities/providers.yaml"] = json!(
            "# as of today\nreference_provider: a\nsimulator_provider: 'b'\nproviders:\n  b: {capabilities: [send]}\n  a:\n    capabilities:\n      - stream\n      - send\ndowngrades:\n- reason: |\n    one chunk\n  capability: stream\n"
        )
    }),
];
