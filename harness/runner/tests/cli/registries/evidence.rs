//! Signed verdicts: attached to a pack in a registry, and what a gate decides by them.

use super::server::{Reply, Request, Server};
use super::{Contents, MANIFEST, conformance, digest, pack, run};
use crate::support::{check, code, json, read, schema, stderr, stdout};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{EncodePrivateKey, EncodePublicKey};
use provision_core::integrity::dsse;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Output;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

/// A registry that takes blobs and manifests. With `lists` it has the interface for
/// referrers; without, clients keep their list at a tag.
fn writable(lists: bool) -> (Server, Arc<Mutex<Contents>>) {
    let contents = Arc::new(Mutex::new(Contents::of_pack(&pack())));
    let stored = Arc::clone(&contents);
    let server = Server::start(move |request| {
        let mut contents = stored.lock().expect("no panic");
        write(&mut contents, request, lists).unwrap_or_else(|| contents.answer(request))
    });
    (server, contents)
}

fn write(contents: &mut Contents, request: &Request, lists: bool) -> Option<Reply> {
    let (path, query) = request
        .target
        .split_once('?')
        .unwrap_or((&request.target, ""));
    let name = path.rsplit('/').next().unwrap_or_default();
    match request.method.as_str() {
        "POST" => {
            let place = vec![("Location", format!("{path}1?state=x"))];
            Some(Reply::Whole(202, place, vec![]))
        }
        "PUT" if path.contains("/blobs/") => {
            let said = query.rsplit("digest=sha256%3A").next().unwrap_or_default();
            assert_eq!(digest(&request.body), format!("sha256:{said}"));
            contents
                .blobs
                .insert(digest(&request.body), request.body.clone());
            Some(Reply::Whole(201, vec![], vec![]))
        }
        "PUT" => {
            let manifest: Value = serde_json::from_slice(&request.body).expect("JSON");
            contents.tag(name, request.body.clone());
            let subject = manifest["subject"]["digest"].as_str().map(str::to_owned);
            let headers = subject
                .filter(|_| lists)
                .map(|subject| ("OCI-Subject", subject));
            Some(Reply::Whole(201, headers.into_iter().collect(), vec![]))
        }
        _ if lists && path.contains("/referrers/") => {
            let of = |bytes: &Vec<u8>| {
                let manifest: Value = serde_json::from_slice(bytes).ok()?;
                (manifest["subject"]["digest"] == name).then(|| {
                    json!({ "mediaType": MANIFEST, "digest": digest(bytes), "size": bytes.len() })
                })
            };
            let mut found: Vec<Value> = contents.manifests.values().filter_map(of).collect();
            found.dedup();
            let index = json!({ "schemaVersion": 2, "manifests": found });
            Some(Reply::Whole(200, vec![], index.to_string().into_bytes()))
        }
        _ => None,
    }
}

/// Writes a private and a public key, made of `seed`, and returns the private one.
fn key(folder: &Path, name: &str, seed: u8) -> String {
    let key = SigningKey::from_bytes(&[seed; 32]);
    let private = key.to_pkcs8_pem(LineEnding::LF).expect("PEM").to_string();
    let public = key
        .verifying_key()
        .to_public_key_pem(LineEnding::LF)
        .expect("PEM");
    fs::write(folder.join(format!("{name}.key")), &private).expect("writes");
    fs::write(folder.join(format!("{name}.pub")), public).expect("writes");
    private
}

fn verify(folder: &Path, reference: &str, more: &[&str]) -> Output {
    let mut args = vec!["attest", "verify", reference];
    args.extend(more);
    run(folder, &args)
}

/// Judges the reference, signs the statement and attaches it.
fn push(folder: &Path, reference: &str) {
    let judged = conformance(
        folder,
        reference,
        &["--attestation", "a.json", "--sign", "ours.key"],
    );
    assert_eq!(code(&judged), 0, "{}{}", stdout(&judged), stderr(&judged));
    let pushed = run(
        folder,
        &["attest", "push", reference, "--attestation", "a.json"],
    );
    assert_eq!(code(&pushed), 0, "{}{}", stdout(&pushed), stderr(&pushed));
}

#[test]
fn verdict_that_was_pushed_is_verified_in_both_kinds_of_registries() {
    for lists in [true, false] {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        key(folder, "ours", 1);
        key(folder, "theirs", 2);
        let (server, contents) = writable(lists);
        let reference = format!("oci://{}/team/p:1.0.0", server.host());
        let none = verify(folder, &reference, &["--trust", "ours.pub"]);
        assert_eq!(code(&none), 1);
        assert!(
            stderr(&none).contains("no signed statement is attached"),
            "{}",
            stderr(&none)
        );
        // The second statement joins the first one.
        push(folder, &reference);
        push(folder, &reference);
        let tagged = contents.lock().expect("no panic");
        let tags = tagged
            .manifests
            .keys()
            .filter(|name| name.starts_with("sha256-"))
            .count();
        drop(tagged);
        assert_eq!(tags, usize::from(!lists));
        let good = verify(
            folder,
            &reference,
            &["--trust", "ours.pub", "--max-age", "1h", "--json"],
        );
        assert_eq!(code(&good), 0, "{}{}", stdout(&good), stderr(&good));
        let decision = json(&good);
        assert_eq!(decision["verified"], true);
        assert_eq!(decision["content_digest"], digest(&pack()));
        check(&schema("attest.schema.json"), &decision);
        for (flags, why) in [
            (
                &["--trust", "theirs.pub"][..],
                "no statement of a trusted key",
            ),
            (
                &["--trust", "ours.pub", "--profile", "publish"],
                "profile core, and not by publish",
            ),
        ] {
            let refused = verify(folder, &reference, flags);
            assert_eq!(code(&refused), 1, "{}", stderr(&refused));
            assert!(stderr(&refused).contains(why), "{}", stderr(&refused));
        }
    }
}

#[test]
fn statement_about_other_bytes_is_neither_attached_nor_believed() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    key(folder, "ours", 1);
    let (server, contents) = writable(true);
    let reference = format!("oci://{}/team/p:1.0.0", server.host());
    push(folder, &reference);
    let mut other = pack();
    other.extend(b"x");
    let mut contents = contents.lock().expect("no panic");
    let manifest = super::manifest(&[super::descriptor(super::PACK, &other)]);
    contents.blobs.insert(digest(&other), other);
    contents.tag("2.0.0", manifest);
    drop(contents);
    let other = reference.replace("1.0.0", "2.0.0");
    let refused = run(
        folder,
        &["attest", "push", &other, "--attestation", "a.json"],
    );
    assert_eq!(code(&refused), 2, "{}", stderr(&refused));
    assert!(
        stderr(&refused).contains("about other packs"),
        "{}",
        stderr(&refused)
    );
    let refused = verify(
        folder,
        &other,
        &["--trust", "ours.pub", "--attestation", "a.json"],
    );
    assert_eq!(code(&refused), 1);
    assert!(
        stderr(&refused).contains("about other bytes"),
        "{}",
        stderr(&refused)
    );
}

/// A statement about the pack, signed with the key of seed 1.
fn statement(private: &str, result: &str, profile: &str, age: u64) -> Value {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
        .as_secs();
    let content = digest(&pack());
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "name": "p", "digest": { "sha256": content.trim_start_matches("sha256:") } }],
        "predicateType": "https://in-toto.io/attestation/test-result/v0.1",
        "predicate": { "result": result, "configuration": [{
            "name": "greentic-provision",
            "digest": { "sha256": "0".repeat(64) },
            "annotations": { "version": "1", "profile": profile, "judged_at": (now - age).to_string() },
        }] },
    });
    let key = dsse::SigningKey::from_pem(private).expect("a key");
    key.sign(statement.to_string().as_bytes())
}

#[test]
fn gate_refuses_what_is_old_failed_or_forged() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let private = key(folder, "ours", 1);
    fs::write(folder.join("p.gtpack"), pack()).expect("writes");
    let decide = |envelope: &Value| {
        fs::write(folder.join("e.json"), envelope.to_string()).expect("writes");
        let flags = [
            "--trust",
            "ours.pub",
            "--max-age",
            "30d",
            "--attestation",
            "e.json",
        ];
        let output = verify(folder, "p.gtpack", &flags);
        (code(&output), stderr(&output).to_owned())
    };
    assert_eq!(
        decide(&statement(&private, "PASSED", "core", 3600)),
        (0, String::new())
    );
    assert_eq!(
        decide(&statement(&private, "WARNED", "strict", 0)),
        (0, String::new())
    );
    let mut forged = statement(&private, "FAILED", "core", 0);
    let payload = STANDARD
        .decode(forged["payload"].as_str().expect("text"))
        .expect("Base64");
    let payload = String::from_utf8(payload)
        .expect("text")
        .replace("FAILED", "PASSED");
    forged["payload"] = STANDARD.encode(payload).into();
    let mut unsigned = statement(&private, "PASSED", "core", 0);
    unsigned["signatures"] = json!([]);
    let mut of_other_type = statement(&private, "PASSED", "core", 0);
    of_other_type["payloadType"] = "text/plain".into();
    for (envelope, why) in [
        (statement(&private, "FAILED", "core", 0), "did not pass"),
        (
            statement(&private, "PASSED", "core", 31 * 86_400),
            "old; at most 30days",
        ),
        (forged, "no trusted key signed it"),
        (unsigned, "no trusted key signed it"),
        (of_other_type, "signed is `text/plain`"),
        (json!({}), "not a DSSE envelope"),
    ] {
        let (exit, said) = decide(&envelope);
        assert_eq!(exit, 1, "{why}: {said}");
        assert!(said.contains(why), "{why}: {said}");
    }
}

#[test]
fn newest_statement_decides() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let private = key(folder, "ours", 1);
    for (newer, older, exit) in [("FAILED", "PASSED", 1), ("PASSED", "FAILED", 0)] {
        let (server, _) = writable(true);
        let reference = format!("oci://{}/team/p:1.0.0", server.host());
        for (result, age) in [(newer, 10), (older, 1000)] {
            let envelope = statement(&private, result, "core", age).to_string();
            fs::write(folder.join("e.json"), envelope).expect("writes");
            let pushed = run(
                folder,
                &["attest", "push", &reference, "--attestation", "e.json"],
            );
            assert_eq!(code(&pushed), 0, "{}", stderr(&pushed));
        }
        let decided = verify(folder, &reference, &["--trust", "ours.pub"]);
        assert_eq!(code(&decided), exit, "{}", stderr(&decided));
    }
}

#[test]
fn verdicts_of_a_hundred_nights_can_be_verified() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let private = key(folder, "ours", 1);
    let (server, contents) = writable(true);
    let subject = super::descriptor(
        MANIFEST,
        &contents.lock().expect("no panic").manifests["1.0.0"],
    );
    for night in 0..100 {
        let envelope = statement(&private, "PASSED", "core", night * 86_400).to_string();
        let layer = super::descriptor("application/vnd.dsse.envelope.v1+json", envelope.as_bytes());
        let referrer = json!({ "layers": [layer], "subject": subject })
            .to_string()
            .into_bytes();
        let mut contents = contents.lock().expect("no panic");
        contents
            .blobs
            .insert(digest(envelope.as_bytes()), envelope.into_bytes());
        contents.manifests.insert(digest(&referrer), referrer);
    }
    let reference = format!("oci://{}/team/p:1.0.0", server.host());
    let flags = ["--trust", "ours.pub", "--max-age", "1d"];
    let decided = verify(folder, &reference, &flags);
    assert_eq!(code(&decided), 0, "{}", stderr(&decided));
}

#[test]
fn signed_statement_is_the_unsigned_one_in_an_envelope() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    key(folder, "ours", 1);
    fs::write(folder.join("p.gtpack"), pack()).expect("writes");
    let judge = |more: &[&str]| conformance(folder, "p.gtpack", more);
    assert_eq!(
        code(&judge(&[
            "--attestation",
            "signed.json",
            "--sign",
            "ours.key"
        ])),
        0
    );
    let events = "reports/out/events.jsonl";
    assert_eq!(
        code(&crate::support::run_in(
            folder,
            &["report", "render", events, "--attestation", "plain.json"]
        )),
        0
    );
    let signed = read(&folder.join("signed.json"));
    let payload = STANDARD
        .decode(signed["payload"].as_str().expect("text"))
        .expect("Base64");
    assert_eq!(payload, fs::read(folder.join("plain.json")).expect("reads"));
    for (flags, exit, why) in [
        (&["--sign", "ours.key"][..], 2, "--attestation"),
        (
            &["--attestation", "a.json", "--sign", "ours.pub"],
            2,
            "private key",
        ),
        (
            &["--attestation", "a.json", "--sign", "none.key"],
            2,
            "none.key",
        ),
        (
            &["--attestation", "ours.key", "--sign", "ours.key"],
            2,
            "another file",
        ),
    ] {
        let refused = judge(flags);
        assert_eq!(code(&refused), exit, "{}", stderr(&refused));
        assert!(stderr(&refused).contains(why), "{}", stderr(&refused));
    }
}
