//! Packs whose difference breaks nobody.

use super::{Parts, compared};
use provision_oracle::comparison::Comparison;
use serde_json::{Value, json};

/// A change of a pack that is none to its users.
type Harmless = (&'static str, fn(&mut Parts));

fn reversed(list: &mut Value) {
    list.as_array_mut().expect("a list").reverse();
}

const HARMLESS: [Harmless; 22] = [
    ("nothing", |_| {}),
    ("rebuilt module", |p| p.write("s.wat", "(module (func))")),
    ("comment in the module", |p| {
        p.write("s.wat", ";; a comment\n(module)")
    }),
    ("member order of the manifest", |p| {
        let members = p.manifest.as_object().expect("an object").iter().rev();
        let members = members.map(|(key, value)| format!("\"{key}\": {value}"));
        let members = members.collect::<Vec<_>>().join(", ");
        p.manifest = Value::Null;
        p.write("pack.json", format!("{{ {members} }}"));
    }),
    ("whitespace in the manifest", |p| {
        let text = serde_json::to_string_pretty(&p.manifest).expect("JSON");
        p.manifest = Value::Null;
        p.write("pack.json", format!("\n{text}\n\n"));
    }),
    ("order of the flows", |p| reversed(&mut p.manifest["flows"])),
    ("order of the capabilities", |p| {
        reversed(&mut p.manifest["meta"]["capabilities"])
    }),
    ("README", |p| p.write("README.md", "# Read me")),
    ("changelog and licence", |p| {
        p.write("CHANGELOG.md", "1.0.0");
        p.write("LICENSE", "MIT");
    }),
    ("comment in the form", |p| {
        p.replace("assets/setup.yaml", "title: T", "# comment\ntitle: T")
    }),
    ("quoted text in the form", |p| {
        p.replace("assets/setup.yaml", "title: Room", "title: \"Room\"")
    }),
    ("form moves out of assets", |p| {
        let text = p.text("assets/setup.yaml");
        p.files.remove("assets/setup.yaml");
        p.write("setup.yaml", text);
    }),
    ("order of choices", |p| {
        reversed(&mut p.question(1)["options"])
    }),
    ("word for the same kind of question", |p| {
        p.question(0)["kind"] = json!("string")
    }),
    ("order of the questions", |p| {
        reversed(&mut p.wizard["questions"])
    }),
    ("order of two webhooks with ids", |p| {
        reversed(&mut p.plan()["oauth_ops"]);
        reversed(&mut p.plan()["webhook_ops"]);
    }),
    ("order of the schema's values", |p| {
        p.schema(|s| reversed(&mut s["properties"]["mode"]["enum"]));
    }),
    ("whitespace in the schema", |p| {
        let file = "schemas/p/config.schema.json";
        let schema: Value = serde_json::from_str(&p.text(file)).expect("JSON");
        p.write(file, serde_json::to_string_pretty(&schema).expect("JSON"));
    }),
    ("order of the secrets", |p| {
        p.write(
            "assets/secret-requirements.json",
            r#"[{"key": "SPARE", "required": false}, {"key": "TOKEN"}]"#,
        );
    }),
    ("order of the texts", |p| {
        p.write("i18n/en.json", "{\"b\": \"B\",\n \"a\": \"A\"}")
    }),
    ("texts move below assets", |p| {
        let text = p.text("i18n/de.json");
        p.files.remove("i18n/de.json");
        p.write("assets/i18n/de.json", text);
    }),
    ("version in a value of the plan", |p| {
        p.manifest["version"] = json!("1.0.1");
        p.plan()["config_patch"]["room"] = json!("r of 1.0.1");
    }),
];

#[test]
fn harmless_change_is_no_difference() {
    let mut faults = Vec::new();
    for (name, change) in HARMLESS {
        let mut base = Parts::base();
        if name.starts_with("version") {
            base.plan()["config_patch"]["room"] = json!("r of 1.0.0");
        }
        let mut changed = base.clone();
        change(&mut changed);
        for (one, other) in [(&base, &changed), (&changed, &base)] {
            if one.manifest["version"] == "1.0.1" {
                continue;
            }
            let comparison = compared(one, other);
            if !is_empty(&comparison) {
                faults.push(format!("{name}: {comparison:#?}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn is_empty(comparison: &Comparison) -> bool {
    let Comparison {
        changes,
        reaches,
        not_compared,
        worst,
        ..
    } = comparison;
    changes.is_empty() && reaches.is_empty() && not_compared.is_empty() && worst.is_none()
}
