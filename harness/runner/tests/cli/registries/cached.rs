//! What a registry sent before, and what is not there.

use super::lies::{is_for, judge};
use super::server::{Reply, Server};
use super::{conformance, digest, pack, registry, run};
use crate::support::{code, read, stderr};
use std::fs;

#[test]
fn layout_that_is_not_there_is_a_mistake_of_the_user() {
    let folder = tempfile::tempdir().expect("a folder");
    for command in [
        &["conformance", "--packs", "oci-layout:gone:1.0.0"][..],
        &["pack", "inspect", "--pack", "oci-layout:gone"],
    ] {
        let output = run(folder.path(), command);
        assert_eq!(code(&output), 2, "{}", stderr(&output));
        let said = stderr(&output);
        assert!(
            said.contains("no such file or folder: oci-layout:gone"),
            "{said}"
        );
    }
}

#[test]
fn damaged_blob_of_the_cache_is_fetched_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = registry();
    let blobs = |server: &Server| server.seen().iter().filter(|r| is_for(r, "blobs")).count();
    assert_eq!(code(&judge(folder.path(), &server)), 0);
    assert_eq!(code(&judge(folder.path(), &server)), 0);
    assert_eq!(blobs(&server), 1);
    let digits = digest(&pack());
    let cached = folder
        .path()
        .join("blobs/sha256")
        .join(digits.trim_start_matches("sha256:"));
    let mut bytes = fs::read(&cached).expect("a blob");
    *bytes.last_mut().expect("bytes") ^= 1;
    fs::write(&cached, bytes).expect("damaged");
    assert_eq!(code(&judge(folder.path(), &server)), 0);
    assert_eq!(blobs(&server), 2);
    assert_eq!(digest(&fs::read(&cached).expect("a blob")), digits);
}

#[test]
fn folder_that_is_no_layout_and_list_that_is_not_there_fail_no_pack() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("empty")).expect("a folder");
    for (packs, exit) in [("oci-layout:empty", 6), ("@gone.txt", 2)] {
        let output = conformance(folder.path(), packs, &[]);
        assert_eq!(code(&output), exit, "{packs}: {}", stderr(&output));
    }
}

#[test]
fn command_that_reproduces_a_failure_asks_the_registry_in_the_same_way() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(|_| Reply::Whole(404, vec![], vec![]));
    let reference = format!("oci://{}/team/p:1.0.0", server.host());
    let more = ["--auth-host", "auth.example.com"];
    assert_eq!(code(&conformance(folder.path(), &reference, &more)), 6);
    let report = read(&folder.path().join("r.json"));
    let again = report["packs"][0]["reproduce"].as_str().expect("a command");
    let flags = " --plain-http --auth-host auth.example.com";
    assert!(again.contains(&format!("{reference}{flags}")), "{again}");
}

#[test]
fn every_command_that_takes_a_pack_takes_a_reference() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let server = registry();
    let reference = format!("oci://{}/team/p:1.0.0", server.host());
    let install = ["--provider-id", "p", "--install-id", "i"];
    let answers = r#"{"secrets": {"api_key": "a-key-of-a-test"}}"#;
    fs::write(folder.join("a.json"), answers).expect("writes");
    for (command, more) in [
        (&["pack", "inspect", "--pack"][..], &[][..]),
        (&["pack", "repack"], &["out.gtpack"]),
        (&["pack", "fix", "--isolation", "none"], &["fixed.gtpack"]),
        (&["dry-run", "setup", "--pack"], &install),
        (&["plan", "--isolation", "none", "--pack"], &install),
        (
            &["apply", "--yes", "--isolation", "none", "--pack"],
            &install,
        ),
        (&["fuzz", "--isolation", "none", "--runs", "1"], &[]),
        (&["conformance", "--isolation", "none", "--packs"], &[]),
    ] {
        let mut args = [command, &[&reference], more].concat();
        if command[0] == "plan" || command[0] == "apply" {
            args.extend(["--store", "store", "--answers", "a.json"]);
        }
        let output = run(folder, &args);
        assert_eq!(code(&output), 0, "{args:?}: {}", stderr(&output));
    }
    let repacked = fs::read(folder.join("out.gtpack")).expect("an archive");
    assert!(repacked.starts_with(b"PK"));
}
