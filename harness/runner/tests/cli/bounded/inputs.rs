//! Hostile inputs of commands, and valid ones beside them.

use crate::support::{answering, conformance, copy, enlarge, fixture, run_in};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Command;

/// A name that a terminal and a CI service act on, unless it is printed inert.
const ACTIVE: &str = "\u{1b}[2J\n::error::x\u{202e}";

/// A valid pack, the events of a run, a bundle of a failure, a trace, and a store with an
/// installation, its pack and its answers, in `folder`.
pub(crate) fn sound(folder: &Path) {
    copy(&fixture("conforming/noop-provision"), &folder.join("PACK"));
    copy(
        &fixture("nonconforming/golden-mismatch"),
        &folder.join("failing"),
    );
    conformance(
        folder,
        &folder.join("failing"),
        "--out made --report made/r.json --isolation none",
    );
    copy(&folder.join("made/events.jsonl"), &folder.join("EVENTS"));
    let bundle = "made/artifacts/failing/setup_default/repro/plan.golden.json";
    copy(&folder.join(bundle), &folder.join("BUNDLE"));
    let provider = fixture("conforming/rust-provider.gtpack");
    copy(&provider, &folder.join("PROVIDER"));
    let answers = json!({"config": {"room": "blue"}, "secrets": {"chat_token": "hunter2-hunter2"}});
    fs::write(folder.join("ANSWERS"), answers.to_string()).expect("writes");
    copy(&fixture("trusted/root.pem"), &folder.join("PUBLIC"));
    let trace = "../corpus/recordings/conforming/trace/recording.json";
    copy(&fixture(trace), &folder.join("TRACE"));
    let spans = "../corpus/recordings/conforming/otlp/recording.json";
    copy(&fixture(spans), &folder.join("SPANS"));
    fs::write(folder.join("CANARIES"), "hunter2-hunter2\n").expect("writes");
    let apply = "apply --yes --isolation none --provider-id p --install-id i --pack PROVIDER \
                 --answers ANSWERS --public-base-url https://a.example --store STORE";
    let applied = run_in(folder, &apply.split_whitespace().collect::<Vec<_>>());
    assert_eq!(applied.status.code(), Some(0), "{applied:?}");
}

/// An archive with these entries, all of which hold `bytes`, and a manifest.
fn archive(path: &Path, manifest: &Value, entries: impl Iterator<Item = String>, bytes: &[u8]) {
    let mut writer = zip::ZipWriter::new(File::create(path).expect("creates"));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut add = |name: &str, bytes: &[u8]| {
        writer.start_file(name, options).expect("starts");
        writer.write_all(bytes).expect("writes");
    };
    add("pack.json", manifest.to_string().as_bytes());
    for name in entries {
        add(&name, bytes);
    }
    writer.finish().expect("finishes");
}

/// Makes packs whose wizards say more than anyone reads, with active texts.
fn talkative(folder: &Path) {
    let many = || (0..3_000).map(|i| format!("{i}{ACTIVE}"));
    let secrets: serde_json::Map<String, Value> = many().map(|key| (key, json!("x"))).collect();
    let notes: Vec<String> = many().collect();
    let plan =
        json!({ "notes": notes, "config_patch": secrets, "secrets_patch": { "set": secrets } });
    answering(
        folder,
        "plan.gtpack",
        &json!({ "plan": plan, "summary": notes }),
    );
    let error = |text| json!({ "severity": "error", "code": text, "message": text });
    let errors: Vec<Value> = many().map(error).collect();
    answering(folder, "errors.gtpack", &json!({ "diagnostics": errors }));
}

/// Makes a pack with more scenarios than are read, of as many steps as are read, with
/// active texts.
fn scenarios(folder: &Path) {
    let id = |i: usize| format!("{i}{ACTIVE}");
    let scenario = |i| json!({ "id": id(i), "entry": "steps.json", "golden": "golden.json" });
    let list: Vec<Value> = (0..300).map(scenario).collect();
    let step = |i| json!({ "actor": ACTIVE, "message": id(i), "options": [ACTIVE] });
    let steps: Vec<Value> = (0..2_000).map(step).collect();
    let lines: Vec<String> = (0..2_000).map(id).collect();
    let capabilities = json!({ "reference_provider": ACTIVE, "simulator_provider": "b",
        "providers": { ACTIVE: { "capabilities": lines }, "b": { "capabilities": [] } } });
    fs::create_dir_all(folder.join("capabilities")).expect("creates");
    for (name, document) in [
        (
            "pack.json",
            json!({ "id": "p", "version": "1.0.0", "scenarios": list }),
        ),
        ("steps.json", json!({ "scenario": id(0), "steps": steps })),
        (
            "golden.json",
            json!({ "scenario_id": id(1), "transcript": lines }),
        ),
        ("capabilities/providers.yaml", capabilities),
    ] {
        fs::write(folder.join(name), document.to_string()).expect("writes");
    }
}

/// Makes the hostile inputs in `folder`, and returns their names.
pub(super) fn hostile(folder: &Path) -> Vec<String> {
    let at = |name: &str| folder.join(name);
    let write = |name: &str, bytes: &[u8]| fs::write(at(name), bytes).expect("writes");
    let made = Command::new("mkfifo").arg(at("pipe.gtpack")).status();
    assert!(made.expect("mkfifo runs").success());
    fs::create_dir(at("folder.gtpack")).expect("creates");
    let sparse = File::create(at("sparse.gtpack")).expect("creates");
    sparse.set_len(400 * 1024 * 1024).expect("grows");
    write("nul.gtpack", &vec![0; 1024 * 1024]);
    write("deep.gtpack", &vec![b'['; 200_000]);
    let line = format!("{{\"event\":\"{}\"}}\n", "a".repeat(6 * 1024 * 1024));
    write("line.gtpack", line.as_bytes());
    write(
        "objects.gtpack",
        format!("[{}{{}}]", "{},".repeat(500_000)).as_bytes(),
    );
    write("lines.gtpack", "\n{}\n::error::x".repeat(50_000).as_bytes());
    let manifest = json!({ "id": "p", "version": "1.0.0", "flows": [] });
    let names = |count: usize| (0..count).map(|i| format!("assets/{i}"));
    archive(&at("entries.gtpack"), &manifest, names(9_990), b"x");
    archive(&at("flood.gtpack"), &manifest, names(30_000), b"");
    // Texts that act on terminals: in the name of the file and in all that it holds.
    let named = format!("named{ACTIVE}.gtpack");
    let entries = ["assets/a", "assets/b"].map(|name| format!("{name}{ACTIVE}"));
    let active = json!({ "id": ACTIVE, "version": ACTIVE, "flows": [ACTIVE],
        "meta": { "entry_flows": { "setup": ACTIVE } } });
    archive(&at(&named), &active, entries.into_iter(), ACTIVE.as_bytes());
    let quoted = json!(ACTIVE).to_string();
    let read = |name: &str| fs::read_to_string(at(name)).expect("reads");
    let events = read("EVENTS");
    let spoken = events
        .replace("\"failing\"", &quoted)
        .replace("\"0.1.0\"", &quoted);
    write("events.gtpack", spoken.as_bytes());
    let most = "18446744073709551615";
    write(
        "shards.gtpack",
        events
            .replacen("null", &format!("{{\"index\":1,\"count\":{most}}}"), 1)
            .as_bytes(),
    );
    let mut bundle: Value = serde_json::from_str(&read("BUNDLE")).expect("JSON");
    enlarge(&mut bundle);
    bundle["pack"] = json!(ACTIVE);
    write("bundle.gtpack", bundle.to_string().as_bytes());
    let entry = format!("[[expect]]\ncheck = {quoted}\npack = {quoted}\nadded = \"2999-01-01\"\n");
    write(
        "expect.gtpack",
        entry.replace("\\u202e", "").repeat(2_000).as_bytes(),
    );
    talkative(folder);
    scenarios(&at("talks.gtpack"));
    let all = [
        "plan", "errors", "pipe", "folder", "sparse", "nul", "deep", "line", "objects", "lines",
        "entries", "flood", "events", "shards", "bundle", "expect", "talks",
    ];
    let files = all.map(|name| format!("{name}.gtpack")).into_iter();
    files
        .chain([named, "/dev/zero".into(), "absent".into()])
        .collect()
}
