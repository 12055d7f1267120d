//! Credentials go to the host that they belong to, and no message shows them.

use super::lies::{is_for, judge};
use super::server::{Reply, Request, Server};
use super::{Contents, conformance, pack, registry};
use crate::support::{code, stderr, stdout};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::Command;

/// A Docker config with a password for `host`.
fn log_in(folder: &Path, host: &str) {
    let auth = STANDARD.encode("me:hunter2-secret");
    fs::create_dir_all(folder.join("docker")).expect("a folder");
    let config = json!({ "auths": { host: { "auth": auth } } });
    fs::write(folder.join("docker/config.json"), config.to_string()).expect("a file");
}

/// Whether a request carries the password, or anything in its place.
fn carries(request: &Request) -> bool {
    let head = request.head.to_lowercase();
    head.contains("authorization:") || head.contains("hunter2") || head.contains("cookie:")
}

#[test]
fn refusal_for_ever_ends_after_one_try_with_credentials() {
    for challenge in [
        "Basic realm=\"x\"",
        "Bearer realm=\"http://{host}/token\",service=\"s\"",
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let server = Server::start(move |request| {
            let host = request
                .head
                .lines()
                .find_map(|l| l.to_lowercase().strip_prefix("host: ").map(str::to_owned));
            if request.target.starts_with("/token") {
                return Reply::Whole(
                    200,
                    vec![],
                    b"{\"token\":\"t0ken-of-the-service\"}".to_vec(),
                );
            }
            let challenge = challenge.replace("{host}", host.unwrap_or_default().trim());
            // It quotes what it was sent, which no message may show.
            Reply::Whole(
                401,
                vec![("WWW-Authenticate", challenge)],
                request.head.clone().into_bytes(),
            )
        });
        log_in(folder.path(), &server.host());
        let output = judge(folder.path(), &server);
        assert_eq!(code(&output), 6, "{}{}", stdout(&output), stderr(&output));
        let report = fs::read_to_string(folder.path().join("r.json")).expect("a report");
        assert!(report.contains("E_REGISTRY_AUTH"), "{report}");
        let stream =
            fs::read_to_string(folder.path().join("reports/out/events.jsonl")).expect("a stream");
        let auth = STANDARD.encode("me:hunter2-secret");
        for text in [stdout(&output), stderr(&output), &report, &stream] {
            for secret in ["hunter2", &auth, "t0ken-of"] {
                assert!(!text.contains(secret), "{secret} in {text}");
            }
        }
        let asked = server
            .seen()
            .iter()
            .filter(|r| is_for(r, "manifests"))
            .count();
        assert_eq!(asked, 2, "{:?}", server.seen());
        assert!(server.seen().iter().any(carries), "{:?}", server.seen());
    }
}

#[test]
fn token_service_at_another_host_gets_no_credentials() {
    let folder = tempfile::tempdir().expect("a folder");
    let other = Server::start(|_| Reply::Whole(200, vec![], b"{\"token\":\"t\"}".to_vec()));
    let challenge = format!("Bearer realm=\"http://{}/token\"", other.host());
    let server = Server::start(move |_| {
        Reply::Whole(401, vec![("WWW-Authenticate", challenge.clone())], vec![])
    });
    log_in(folder.path(), &server.host());
    let output = judge(folder.path(), &server);
    assert_eq!(code(&output), 6);
    let shown = fs::read_to_string(folder.path().join("r.json")).expect("a report");
    assert!(
        shown.contains("E_REGISTRY_REALM") && shown.contains("--auth-host"),
        "{shown}"
    );
    assert!(other.seen().is_empty(), "{:?}", other.seen());
    // Allowed by name, it gets them.
    let reference = format!("oci://{}/team/p:1.0.0", server.host());
    let more = ["--auth-host", &other.host()];
    assert_eq!(code(&conformance(folder.path(), &reference, &more)), 6);
    assert!(other.seen().iter().any(carries), "{:?}", other.seen());
}

#[test]
fn redirect_is_followed_without_credentials() {
    let pack = pack();
    let bytes = pack.clone();
    let store = Server::start(move |_| Reply::Whole(200, vec![], bytes.clone()));
    let to = format!("http://{}/blob?X-Amz-Signature=s1gned", store.host());
    let contents = Contents::of_pack(&pack);
    let server = Server::start(move |request| {
        if !carries(request) {
            return Reply::Whole(401, vec![("WWW-Authenticate", "Basic".into())], vec![]);
        }
        if is_for(request, "blobs") {
            return Reply::Whole(307, vec![("Location", to.clone())], vec![]);
        }
        contents.answer(request)
    });
    let folder = tempfile::tempdir().expect("a folder");
    log_in(folder.path(), &server.host());
    let output = judge(folder.path(), &server);
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
    assert_eq!(store.seen().len(), 1);
    assert!(!store.seen().iter().any(carries), "{:?}", store.seen());
}

#[test]
fn redirect_to_the_same_host_keeps_credentials() {
    let contents = Contents::of_pack(&pack());
    let server = Server::start(move |request| {
        if !carries(request) {
            return Reply::Whole(401, vec![("WWW-Authenticate", "Basic".into())], vec![]);
        }
        if is_for(request, "blobs") && !request.target.contains("moved") {
            let to = request.target.replace("/team/", "/moved/");
            return Reply::Whole(308, vec![("Location", to)], vec![]);
        }
        contents.answer(request)
    });
    let folder = tempfile::tempdir().expect("a folder");
    log_in(folder.path(), &server.host());
    let output = judge(folder.path(), &server);
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
}

#[test]
fn proxy_hears_nothing_that_goes_over_plain_http() {
    let proxy = Server::start(|_| Reply::Whole(200, vec![], vec![]));
    let server = registry();
    let folder = tempfile::tempdir().expect("a folder");
    log_in(folder.path(), &server.host());
    let reference = format!("oci://{}/team/p:1.0.0", server.host());
    let output = Command::new(env!("CARGO_BIN_EXE_greentic-provision"))
        .args([
            "pack",
            "inspect",
            "--plain-http",
            "--registry-cache",
            "b",
            "--pack",
        ])
        .arg(&reference)
        .current_dir(folder.path())
        .env("DOCKER_CONFIG", folder.path().join("docker"))
        .envs(
            ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
                .map(|name| (name, format!("http://{}", proxy.host()))),
        )
        .output()
        .expect("the binary runs");
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
    assert!(proxy.seen().is_empty(), "{:?}", proxy.seen());
}
