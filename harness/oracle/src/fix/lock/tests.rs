//! Tests of the fixes of the lock.

use super::*;
use serde_json::{Value, json};

const WASM: &[u8] = b"\0asm\x01\0\0\0";

fn pack(lock: &Value) -> Files {
    let lock = lock.to_string().into_bytes();
    let files = [
        ("pack.lock.json", lock),
        ("components/a.wasm", WASM.to_vec()),
    ];
    files
        .map(|(name, bytes)| (name.to_owned(), bytes.into()))
        .into()
}

/// The lock after a fix; `None` if it leaves the lock as it is.
fn lock_of(out: &Outcome) -> Option<Value> {
    let bytes = out.writes.get("pack.lock.json")?.as_ref()?;
    serde_json::from_slice(bytes).ok()
}

fn facts(described: &[(&str, Value)]) -> Facts {
    let described = described.iter();
    let described = described.map(|(id, value)| ((*id).to_owned(), value.clone()));
    Facts {
        depth: 20,
        described: described.collect(),
        ..Facts::default()
    }
}

#[test]
fn digest_of_a_packed_component_becomes_that_of_its_bytes() {
    let (right, wrong) = (pack::digest(WASM), "0".repeat(64));
    let lock = |rows: &[(&str, &str, Option<&str>, &str)]| {
        let row = |(id, key, from, digest): &(&str, &str, Option<&str>, &str)| {
            let mut row = json!({ (*key).to_owned(): digest });
            if let Some(from) = from {
                row["ref"] = json!(from);
            }
            ((*id).to_owned(), row)
        };
        let rows: serde_json::Map<_, _> = rows.iter().map(row).collect();
        json!({ "components": rows, "version": 1 })
    };
    let sha = format!("sha256:{wrong}");
    let mended = format!("sha256:{right}");
    for (before, after) in [
        (
            lock(&[("a", "resolved_digest", None, &sha)]),
            Some(lock(&[("a", "resolved_digest", None, &mended)])),
        ),
        (
            lock(&[("a", "wasm_sha256", None, &wrong)]),
            Some(lock(&[("a", "wasm_sha256", None, &right)])),
        ),
        (
            lock(&[("a", "digest", Some("file://a.wasm"), &sha)]),
            Some(lock(&[("a", "digest", Some("file://a.wasm"), &mended)])),
        ),
        // Nobody can tell here what the registry has.
        (
            lock(&[("a", "resolved_digest", Some("oci://x/a"), &sha)]),
            None,
        ),
        (lock(&[("absent", "resolved_digest", None, &sha)]), None),
        (lock(&[("a", "resolved_digest", None, &mended)]), None),
    ] {
        let out = digests(&pack(&before), &facts(&[]));
        assert_eq!(lock_of(&out), after, "{before}");
    }
}

#[test]
fn path_of_another_machine_becomes_the_name_of_the_file_in_the_pack() {
    let lock =
        |from: &str, path: &str| json!({ "components": { "a": { "ref": from, "at": path } } });
    for (from, path, after) in [
        (
            "file:///projects/x/target/a.wasm",
            "-",
            Some(("file://components/a.wasm", "-")),
        ),
        ("file://components/a.wasm", "-", None),
        (
            "-",
            "/home/me/p/components/a.wasm",
            Some(("-", "components/a.wasm")),
        ),
        (
            "-",
            r"C:\Users\me\components\a.wasm",
            Some(("-", "components/a.wasm")),
        ),
        ("-", "/home/me/elsewhere/b.wasm", None),
        ("-", "built in /home/me/p/components/a.wasm", None),
    ] {
        let out = paths(&pack(&lock(from, path)), &facts(&[]));
        let after = after.map(|(from, path)| lock(from, path));
        let stays = after.is_none() && !path.starts_with('-');
        assert_eq!(lock_of(&out), after, "{from} {path}");
        assert_eq!(out.left.len(), usize::from(stays), "{from} {path}");
    }
}

#[test]
fn operations_and_hashes_become_those_that_the_component_describes() {
    let text = json!({ "schema": { "type": "string" } });
    let description = |id: &str, schema: &str| {
        json!({
            "info": { "id": id, "version": "1.0.0", "role": "tool", "display_name": null },
            "provided_capabilities": [], "required_capabilities": [], "metadata": {},
            "operations": [{
                "id": "run", "display_name": null, "input": text, "output": text,
                "schema_hash": "",
            }],
            "config_schema": { "type": schema, "additional": { "type": "forbid" } },
        })
    };
    let lock = |operations: Value, describe: &str| {
        let digest = pack::digest(WASM);
        json!({ "components": { "a": {
            "describe_hash": describe, "operations": operations, "resolved_digest": digest,
        } } })
    };
    // Computed with another implementation of CBOR, for the id `demo-ops`, which is not
    // in the hash of the schemas.
    let schemas = "df87c8c6c97113b80016dc29f4bc0f53588967d20ee79030028c7fd5606bb12f";
    let stale = lock(json!([{ "operation_id": "walk", "schema_hash": "0" }]), "0");
    let out = rows(&pack(&stale), &facts(&[("a", description("a", "object"))]));
    let mended = lock_of(&out).expect("mended");
    let row = &mended["components"]["a"];
    assert_eq!(
        row["operations"],
        json!([{ "operation_id": "run", "schema_hash": schemas }])
    );
    assert_eq!(row["describe_hash"].as_str().map(str::len), Some(64));
    let again = rows(&pack(&mended), &facts(&[("a", description("a", "object"))]));
    assert_eq!(
        lock_of(&again),
        None,
        "the check compares it with the same hashes"
    );
    for (id, schema) in [("b", "object"), ("a", "no type of schemas")] {
        let out = rows(&pack(&stale), &facts(&[("a", description(id, schema))]));
        assert_eq!((lock_of(&out), out.left.len()), (None, 1), "{id} {schema}");
    }
}
