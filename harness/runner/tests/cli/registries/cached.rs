//! What a registry sent before, and what is not there.

use super::lies::{is_for, judge};
use super::server::Server;
use super::{digest, pack, registry, run};
use crate::support::{code, stderr};
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
