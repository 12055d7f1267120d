//! Tests of the checks of the pack's own bytes, on packs that are built in memory.

use provision_core::wizard::NoopExecutor;
use provision_core::{Limits, Source, Status};
use provision_oracle::generators::pack::ValidPack;
use provision_oracle::{CheckResult, Conditions, judge, observe};
use serde_json::json;

fn results(bytes: Vec<u8>) -> Vec<CheckResult> {
    let source = Source::Archive(bytes.into());
    let subject = observe(Ok(source), &NoopExecutor, &Conditions::default());
    judge(&subject)
}

/// The result of `check` on the plain pack with `files` added.
fn with(check: &str, files: &[(&str, &[u8])]) -> CheckResult {
    let mut pack = ValidPack::plain();
    for (name, contents) in files {
        pack.files.insert((*name).into(), contents.to_vec());
    }
    let all = results(pack.archive(&Limits::default().archive));
    let of_check = all.into_iter().find(|r| r.check == check);
    of_check.expect("the check concludes")
}

fn codes(result: &CheckResult) -> Vec<&str> {
    result.findings.iter().map(|f| f.code.as_str()).collect()
}

#[test]
fn embedded_credential_is_found_and_never_shown() {
    let check = "hygiene.no-embedded-secrets";
    assert_eq!(with(check, &[]).status, Status::Passed);
    // Assembled here, so that no file of this project contains a credential.
    let token = ["ghp", "_", "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5"].concat();
    let found = with(check, &[("assets/x.txt", format!("t={token};").as_bytes())]);
    assert_eq!(codes(&found), ["E_EMBEDDED_SECRET"]);
    assert!(!format!("{:?}", found.findings).contains(&token[4..20]));
    assert!(
        found.findings[0].at.contains("byte 2"),
        "{:?}",
        found.findings
    );
    let example = b"aws_access_key_id = AKIAIOSFODNN7EXAMPLE";
    assert_eq!(
        with(check, &[("assets/x.txt", example)]).status,
        Status::Passed
    );
}

#[test]
fn local_path_is_found_in_text_and_in_binaries() {
    let check = "hygiene.no-local-paths";
    assert_eq!(with(check, &[]).status, Status::Passed);
    for leak in [
        &b"at /home/somebody/pack/src/lib.rs:3"[..],
        b"\0\xff/Users/somebody/x\0",
        b"C:\\Users\\somebody\\pack",
        b"\"ref\": \"file:///srv/pack/x.wasm\"",
    ] {
        let found = with(check, &[("x", leak)]);
        assert_eq!(codes(&found), ["E_LOCAL_PATH"]);
        let actual = &found.findings[0].actual;
        assert!(actual.starts_with("1 path, first `"), "{actual}");
    }
    let found = with(check, &[("x", b"/home/a/b /home/a/c")]);
    assert_eq!(found.findings[0].actual, "2 paths, first `/home/a/b`");
    let fine = b"https://example.invalid/home/page /home/ file:///";
    assert_eq!(with(check, &[("x", fine)]).status, Status::Passed);
}

#[test]
fn lock_digest_must_match_the_component() {
    let check = "integrity.lock";
    assert_eq!(with(check, &[]).status, Status::NotApplicable);
    let component = ("components/a.wasm", &b"bytes"[..]);
    let lock =
        |digest: &str| json!({ "components": { "a": { "resolved_digest": digest } } }).to_string();
    let right = format!("sha256:{}", provision_core::pack::digest(b"bytes"));
    let locked = |lock: &str| with(check, &[component, ("pack.lock.json", lock.as_bytes())]);
    assert_eq!(locked(&lock(&right)).status, Status::Passed);
    let wrong = format!("sha256:{}", "0".repeat(64));
    assert_eq!(codes(&locked(&lock(&wrong))), ["E_LOCK_DIGEST"]);
    assert_eq!(codes(&locked(&lock("sha256:short"))), ["E_LOCK_DECODE"]);
    assert_eq!(codes(&locked("{}")), ["E_LOCK_DECODE"]);
    let absent = lock(&right).replace("\"a\"", "\"b\"");
    assert_eq!(codes(&locked(&absent)), ["E_LOCK_MISSING"]);
    let row =
        json!({ "component_id": "a", "bundled_path": "components/a.wasm", "wasm_sha256": right });
    let list = json!({ "components": [row] }).to_string();
    assert_eq!(locked(&list).status, Status::Passed);
    // A registry digest is not a digest of the component's bytes.
    let remote = json!({ "components": [{ "name": "a", "ref": "oci://x", "digest": right }] });
    assert_eq!(locked(&remote.to_string()).status, Status::NotApplicable);
    // A component from a registry may be absent from the pack; a present one is judged.
    let fetched = |id: &str| {
        let row = json!({ "ref": "oci://example.invalid/x", "resolved_digest": wrong });
        json!({ "components": { id: row } }).to_string()
    };
    assert_eq!(locked(&fetched("b")).status, Status::NotApplicable);
    assert_eq!(codes(&locked(&fetched("a"))), ["E_LOCK_DIGEST"]);
}

#[test]
fn component_in_older_map_must_match_its_digest() {
    const WASM: &[u8] = b"\0asm\x01\0\0\0";
    let check = "manifest.components-present";
    let judged = |digest: &str| {
        let component = json!({ "name": "c", "file_wasm": "c.wasm", "hash_blake3": digest });
        let manifest = json!({ "id": "a", "version": "1.0.0", "components": [component] });
        let manifest = manifest.to_string();
        with(
            check,
            &[("pack.json", manifest.as_bytes()), ("c.wasm", WASM)],
        )
    };
    let right = blake3::hash(WASM).to_hex().to_string();
    assert_eq!(judged(&right).status, Status::Passed);
    assert_eq!(codes(&judged(&"0".repeat(64))), ["E_COMPONENT_DIGEST"]);
    let manifest = br#"{"id":"a","version":"1.0.0","components":[{"file_wasm":"no.wasm"}]}"#;
    let absent = with(check, &[("pack.json", manifest)]);
    assert_eq!(codes(&absent), ["E_COMPONENT_MISSING"]);
}

#[test]
fn finding_of_refused_archive_lists_files_of_other_readers() {
    let mut bytes = ValidPack::plain().archive(&Limits::default().archive);
    bytes.extend(b"more");
    let all = results(bytes);
    let readable = all.iter().find(|r| r.check == "archive.readable");
    let finding = &readable.expect("concludes").findings[0];
    assert_eq!(finding.code.as_str(), "E_ZIP_TRAILING");
    for reader in ["zip", "sequential sees assets/readme.md, "] {
        assert!(finding.actual.contains(reader), "{}", finding.actual);
    }
}

#[test]
fn every_violation_of_a_refused_archive_is_listed() {
    let mut pack = ValidPack::plain();
    pack.seal();
    let mut archive = pack.builder(&Limits::default().archive);
    archive.after = b"more".to_vec();
    archive.both(0, |h| h.flags |= 1);
    let all = results(archive.write());
    let readable = all.iter().find(|r| r.check == "archive.readable");
    let found = codes(readable.expect("concludes"));
    assert_eq!(found, ["E_ZIP_ENCRYPTED", "E_ZIP_TRAILING"]);
}

#[test]
fn difference_from_canonical_form_names_its_place() {
    let check = "archive.canonical";
    assert_eq!(with(check, &[]).status, Status::Passed);
    let mut pack = ValidPack::plain();
    pack.seal();
    let mut archive = pack.builder(&Limits::default().archive);
    archive.listing(1, |l| l.attributes.made_by ^= 0x0100);
    let all = results(archive.write());
    let canonical = all.iter().find(|r| r.check == check).expect("concludes");
    assert_eq!(codes(canonical), ["E_NOT_CANONICAL"]);
    let finding = &canonical.findings[0];
    assert!(finding.actual.starts_with("made by 0x020a"), "{finding:?}");
    assert!(finding.at.contains("components/a.wat"), "{finding:?}");
}

#[test]
fn difference_in_a_local_only_time_names_its_place() {
    let mut pack = ValidPack::plain();
    pack.styles[0].extended = true;
    pack.seal();
    let findings = |change: u8| {
        let mut archive = pack.builder(&Limits::default().archive);
        // The last byte of the access time of the last entry.
        let entry = archive.entries.last_mut().expect("an entry");
        *entry.local.extra.last_mut().expect("a time") ^= change;
        let all = results(archive.write());
        let canonical = all.into_iter().find(|r| r.check == "archive.canonical");
        canonical.expect("concludes").findings
    };
    let (before, after) = (findings(0), findings(1));
    let new: Vec<_> = after.iter().filter(|f| !before.contains(f)).collect();
    let named = |f: &&&provision_core::Finding| f.actual.starts_with("a local extra field");
    assert_eq!(new.iter().filter(named).count(), 2, "{new:#?}");
}
