//! `conformance --previous`: which release each pack is compared with, and what is said of
//! the two.

use crate::support::{check, code, conformance, copy, fixture, read, run_in, schema, stderr};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

const FLAGS: &str = "--isolation none --profile publish --report r.json";

/// A folder with copies of fixtures, each under its own name.
fn folder_of(fixtures: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, from) in fixtures {
        copy(&fixture(from), &folder.path().join(name));
        fs::remove_file(folder.path().join(name).join("expect.toml")).expect("an expectation");
    }
    folder
}

fn replace(path: &Path, from: &str, to: &str) {
    let before = fs::read_to_string(path).expect("reads");
    assert!(before.contains(from), "{} has no {from}", path.display());
    fs::write(path, before.replace(from, to)).expect("writes");
}

/// The statuses of the checks `compare.*` of a pack, by scope and check.
fn statuses(report: &Value, pack: &str) -> Vec<String> {
    let packs = report["packs"].as_array().expect("packs");
    let pack = packs.iter().find(|p| p["pack"] == pack).expect("the pack");
    let checks = pack["checks"].as_array().expect("checks").iter();
    let compared = checks.filter(|c| {
        c["check"]
            .as_str()
            .is_some_and(|c| c.starts_with("compare."))
    });
    let shown = |c: &Value| {
        let part = |key: &str| c[key].as_str().expect("a text").to_owned();
        format!("{} {} {}", part("scope"), part("check"), part("status"))
    };
    compared.map(shown).collect()
}

#[test]
fn release_is_judged_by_the_one_before_and_every_report_names_it() {
    let folder = folder_of(&[
        ("OLD", "previous/greeter-1"),
        ("NEW", "nonconforming/upgrade-loses"),
    ]);
    let flags = format!(
        "{FLAGS} --previous OLD --junit j.xml --html h.html --markdown m.md --sarif s.sarif"
    );
    let output = conformance(folder.path(), Path::new("NEW"), &flags);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let report = read(&folder.path().join("r.json"));
    check(&schema("report.schema.json"), &report);
    assert_eq!(
        statuses(&report, "NEW"),
        [
            "pack compare.semver passed",
            "setup_default compare.upgrade skipped",
            "update compare.upgrade failed",
            "remove compare.upgrade failed",
        ]
    );
    let previous = &report["packs"][0]["previous"];
    assert_eq!(
        (&previous["id"], &previous["version"]),
        (&"greeter".into(), &"1.0.0".into())
    );
    let digest = previous["digest"].as_str().expect("a digest");
    for file in ["j.xml", "h.html", "m.md", "s.sarif"] {
        let report = fs::read_to_string(folder.path().join(file)).expect("a report");
        assert!(report.contains(digest), "{file} does not name the release");
        assert!(report.contains("E_UPGRADE_LOST"), "{file} has no finding");
    }
    let events = fs::read_to_string(folder.path().join("reports/out/events.jsonl"));
    let events = events.expect("events");
    let started = events.lines().next().expect("an event");
    assert!(started.contains(r#""name":"previous""#), "{started}");
}

#[test]
fn bundle_of_a_comparison_shows_the_failure_again() {
    let folder = folder_of(&[
        ("OLD", "previous/greeter-1"),
        ("NEW", "nonconforming/version-step"),
    ]);
    let output = conformance(
        folder.path(),
        Path::new("NEW"),
        &format!("{FLAGS} --previous OLD"),
    );
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let bundle = "reports/out/artifacts/NEW/pack/repro/compare.semver.json";
    check(
        &schema("bundle.schema.json"),
        &read(&folder.path().join(bundle)),
    );
    let again = run_in(folder.path(), &["repro", bundle, "--isolation", "none"]);
    assert_eq!(code(&again), 1, "{}", stderr(&again));
    let said = String::from_utf8_lossy(&again.stdout);
    assert!(said.contains("fails again, as recorded"), "{said}");
    fs::rename(folder.path().join("OLD"), folder.path().join("MOVED")).expect("moves");
    let gone = run_in(folder.path(), &["repro", bundle, "--isolation", "none"]);
    assert_eq!(code(&gone), 2, "{}", stderr(&gone));
    let moved = [
        "repro",
        bundle,
        "--isolation",
        "none",
        "--previous",
        "MOVED",
    ];
    assert_eq!(code(&run_in(folder.path(), &moved)), 1);
}

/// The release is compared with the answers of the one before, and not with its own.
#[test]
fn bundle_of_a_comparison_has_no_answers_but_those_of_the_user() {
    let folder = folder_of(&[
        ("OLD", "previous/greeter-1"),
        ("NEW", "nonconforming/upgrade-loses"),
    ]);
    let fixtures = folder.path().join("NEW/fixtures");
    fs::create_dir(&fixtures).expect("creates");
    let own = r#"{"config": {"greeting": "hi"}}"#;
    fs::write(fixtures.join("setup.input.json"), own).expect("writes");
    let flags = format!("{FLAGS} --previous OLD");
    let output = conformance(folder.path(), Path::new("NEW"), &flags);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let bundle = "reports/out/artifacts/NEW/update/repro/compare.upgrade.json";
    assert_eq!(read(&folder.path().join(bundle))["answers"], Value::Null);
}

#[test]
fn packs_of_a_folder_are_compared_by_id_with_the_newest_lower_version() {
    let folder = folder_of(&[
        ("old/first", "previous/greeter-1"),
        ("old/second", "previous/greeter-1"),
        ("new/greeter", "conforming/greeter"),
        ("new/other", "conforming/noop-provision"),
    ]);
    let second = folder.path().join("old/second");
    replace(&second.join("pack.json"), "1.0.0", "1.0.5");
    let output = conformance(
        folder.path(),
        Path::new("new"),
        &format!("{FLAGS} --previous old"),
    );
    let report = read(&folder.path().join("r.json"));
    let packs = report["packs"].as_array().expect("packs");
    let of = |name: &str| packs.iter().find(|p| p["pack"] == name).expect(name);
    assert_eq!(of("greeter")["previous"]["version"], "1.0.5");
    assert_eq!(of("other")["previous"], Value::Null);
    let reason = "no pack that --previous names has the id `noop-provision`";
    assert!(of("other").to_string().contains(reason), "{}", of("other"));
    let first = "pack compare.semver skipped";
    assert!(
        statuses(&report, "other").contains(&first.into()),
        "{}",
        stderr(&output)
    );
}

#[test]
fn releases_that_no_pack_follows_are_stale() {
    let folder = folder_of(&[
        ("old/a", "previous/greeter-1"),
        ("old/b", "previous/greeter-forgetful"),
        ("NEW", "conforming/noop-provision"),
    ]);
    let flags = "--isolation none --report r.json --previous old";
    let output = conformance(folder.path(), Path::new("NEW"), flags);
    assert_eq!(code(&output), 3, "{}", stderr(&output));
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + stderr(&output);
    assert!(said.contains("--previous: no pack of the run"), "{said}");
    assert!(said.contains("--profile publish does"), "{said}");
}

#[test]
fn release_that_cannot_be_opened_blocks_the_comparison() {
    let folder = folder_of(&[("NEW", "conforming/greeter")]);
    fs::write(folder.path().join("old.gtpack"), b"no zip").expect("writes");
    let flags = format!("{FLAGS} --previous old.gtpack --filter compare.");
    let output = conformance(folder.path(), Path::new("NEW"), &flags);
    assert_eq!(code(&output), 5, "{}", stderr(&output));
    let report = read(&folder.path().join("r.json"));
    let blocked = "pack compare.semver skipped";
    assert!(
        statuses(&report, "NEW").contains(&blocked.into()),
        "{report:#}"
    );
    let said = report.to_string();
    let why = "the release before cannot be opened: E_ZIP_";
    assert!(said.contains(why), "{said}");
    // The code stands once in each reason.
    assert_eq!(said.matches("E_ZIP_").count(), said.matches(why).count());
}

/// A release that cannot be opened may be the one before any pack, so that nobody may say
/// that a pack is the first.
#[test]
fn pack_is_not_the_first_release_while_one_of_several_cannot_be_opened() {
    let folder = folder_of(&[
        ("old/greeter", "previous/greeter-1"),
        ("new/other", "conforming/noop-provision"),
    ]);
    fs::write(folder.path().join("old/broken.gtpack"), b"no zip").expect("writes");
    let flags = format!("{FLAGS} --previous old --filter compare.");
    let output = conformance(folder.path(), Path::new("new"), &flags);
    assert_eq!(code(&output), 5, "{}", stderr(&output));
    let report = read(&folder.path().join("r.json")).to_string();
    let why = "and 1 could not be opened, the first is broken.gtpack (E_ZIP_";
    assert!(report.contains(why), "{report}");
}

#[test]
fn lower_version_than_the_release_before_fails() {
    let folder = folder_of(&[("OLD", "conforming/greeter"), ("NEW", "previous/greeter-1")]);
    let flags = format!("{FLAGS} --previous OLD --filter compare.semver");
    let output = conformance(folder.path(), Path::new("NEW"), &flags);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let report = read(&folder.path().join("r.json")).to_string();
    assert!(report.contains("a version above 1.1.0"), "{report}");
}

#[test]
fn previous_that_is_not_there_or_not_alone_is_a_mistake_of_the_user() {
    let folder = folder_of(&[("NEW", "conforming/greeter")]);
    fs::create_dir(folder.path().join("empty")).expect("a folder");
    for (previous, said) in [
        ("gone", "no such file or folder: gone"),
        ("empty", "--previous empty: there is no pack"),
        (
            "auto",
            "--previous auto looks beside packs that come from a registry",
        ),
        ("auto NEW", "--previous auto stands alone"),
        ("oci://host/Upper:1", "is not a repository"),
    ] {
        let flags = format!("{FLAGS} --previous {previous}");
        let output = conformance(folder.path(), Path::new("NEW"), &flags);
        assert_eq!(code(&output), 2, "{previous}: {}", stderr(&output));
        assert!(
            stderr(&output).contains(said),
            "{previous}: {}",
            stderr(&output)
        );
    }
}

/// Writes a layout with one pack a tag.
fn layout(at: &Path, packs: &[(&str, PathBuf)]) {
    use sha2::{Digest, Sha256};
    let blobs = at.join("blobs/sha256");
    fs::create_dir_all(&blobs).expect("creates");
    let put = |bytes: &[u8]| {
        let hash = Sha256::digest(bytes);
        let digits: String = hash.iter().map(|b| format!("{b:02x}")).collect();
        fs::write(blobs.join(&digits), bytes).expect("writes");
        serde_json::json!({ "digest": format!("sha256:{digits}"), "size": bytes.len() })
    };
    let mut manifests = Vec::new();
    for (tag, pack) in packs {
        let archive = at.with_extension("gtpack");
        crate::support::packed(pack, &archive);
        let mut layer = put(&fs::read(&archive).expect("reads"));
        layer["mediaType"] = "application/vnd.greentic.gtpack.v1+zip".into();
        let mut config = put(b"{}");
        config["mediaType"] = "application/vnd.oci.empty.v1+json".into();
        let media_type = "application/vnd.oci.image.manifest.v1+json";
        let manifest = serde_json::json!({
            "schemaVersion": 2, "mediaType": media_type, "config": config, "layers": [layer],
        });
        let mut entry = put(manifest.to_string().as_bytes());
        entry["mediaType"] = media_type.into();
        entry["annotations"] = serde_json::json!({ "org.opencontainers.image.ref.name": tag });
        manifests.push(entry);
    }
    let index = serde_json::json!({ "schemaVersion": 2, "manifests": manifests });
    fs::write(at.join("index.json"), index.to_string()).expect("writes");
    fs::write(at.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).expect("writes");
}

#[test]
fn auto_takes_the_newest_lower_version_of_the_layout() {
    let folder = tempfile::tempdir().expect("a folder");
    let version = |version: &str| {
        let pack = folder.path().join(version);
        copy(&fixture("previous/greeter-1"), &pack);
        replace(
            &pack.join("pack.json"),
            "\"1.0.0\"",
            &format!("\"{version}\""),
        );
        pack
    };
    let tags = ["v1.0.0", "1.0.9", "1.0.10", "1.1.0-rc.1", "latest", "2.0.0"];
    let mut packs: Vec<(&str, PathBuf)> = tags
        .iter()
        .map(|tag| match *tag {
            "latest" => (*tag, version("2.0.0")),
            tag => (tag, version(tag.trim_start_matches('v'))),
        })
        .collect();
    packs.push(("1.1.0", fixture("conforming/greeter")));
    layout(&folder.path().join("l"), &packs);
    let run = |tag: &str| {
        let flags = format!("{FLAGS} --previous auto --filter compare.");
        let output = conformance(
            folder.path(),
            Path::new(&format!("oci-layout:l:{tag}")),
            &flags,
        );
        let report = read(&folder.path().join("r.json"));
        (
            code(&output),
            report["packs"][0]["previous"]["version"].clone(),
        )
    };
    assert_eq!(run("1.1.0"), (0, "1.0.10".into()));
    assert_eq!(run("1.0.10"), (0, "1.0.9".into()));
    // The first release has none before it, so that nothing is judged.
    assert_eq!(run("v1.0.0"), (5, Value::Null));
    let first = read(&folder.path().join("r.json"));
    assert!(
        first
            .to_string()
            .contains("no tag beside the pack is a version below 1.0.0")
    );
}
