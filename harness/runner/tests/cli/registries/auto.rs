//! `--previous auto`: the release before a pack, among the tags of its repository.

use super::server::{Reply, Request, Server};
use super::{Contents, PACK, conformance, descriptor, digest, manifest};
use crate::support::{code, copy, fixture, packed, read, stderr};
use serde_json::json;
use std::fs;
use std::path::Path;

/// The archive of a fixture, with another version.
fn archive(folder: &Path, name: &str, from: &str, to: &str) -> Vec<u8> {
    let pack = folder.join(to);
    copy(&fixture(name), &pack);
    let manifest = pack.join("pack.json");
    let text = fs::read_to_string(&manifest).expect("reads");
    assert!(text.contains(from), "{text}");
    fs::write(&manifest, text.replace(from, to)).expect("writes");
    let path = folder.join(format!("{to}.gtpack"));
    packed(&pack, &path);
    fs::read(path).expect("reads")
}

/// A registry with the tags 1.0.0, 1.1.0 and 1.2.0 of the greeter, which lists what `tags`
/// says.
fn greeters(folder: &Path, tags: impl Fn() -> Reply + Send + Sync + 'static) -> Server {
    let mut contents = Contents::default();
    for (name, from, version) in [
        ("previous/greeter-1", "1.0.0", "1.0.0"),
        ("previous/greeter-1", "1.0.0", "1.1.0"),
        ("conforming/greeter", "1.1.0", "1.2.0"),
    ] {
        let pack = archive(folder, name, from, version);
        contents.tag(version, manifest(&[descriptor(PACK, &pack)]));
        contents.blobs.insert(digest(&pack), pack);
    }
    Server::start(
        move |request: &Request| match request.target.split('?').next() {
            Some(path) if path.ends_with("/tags/list") => tags(),
            _ => contents.answer(request),
        },
    )
}

fn judged(folder: &Path, server: &Server, tag: &str) -> std::process::Output {
    let reference = format!("oci://{}/team/greeter:{tag}", server.host());
    let more = [
        "--previous",
        "auto",
        "--profile",
        "publish",
        "--filter",
        "compare.",
    ];
    conformance(folder, &reference, &more)
}

#[test]
fn newest_lower_tag_of_the_repository_is_the_release_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = greeters(folder.path(), || {
        let tags = json!({ "name": "team/greeter", "tags": ["1.0.0", "1.1.0", "1.2.0", "new"] });
        Reply::Whole(200, vec![], tags.to_string().into_bytes())
    });
    let output = judged(folder.path(), &server, "1.2.0");
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let report = read(&folder.path().join("r.json"));
    assert_eq!(report["packs"][0]["previous"]["version"], "1.1.0");
}

#[test]
fn registry_that_lists_no_tags_is_an_error_and_no_first_release() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = greeters(folder.path(), || Reply::Whole(500, vec![], vec![]));
    let output = judged(folder.path(), &server, "1.2.0");
    assert_eq!(code(&output), 6, "{}", stderr(&output));
    let report = read(&folder.path().join("r.json")).to_string();
    assert!(report.contains("E_REGISTRY_STATUS"), "{report}");
}
