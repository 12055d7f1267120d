//! A registry that lies: each lie ends with a code of its own, within bounds, and no
//! credential goes to a host that it does not belong to.

use super::server::{Reply, Request, Server};
use super::{
    Contents, INDEX, MANIFEST, PACK, conformance, descriptor, digest, manifest, pack, registry,
};
use crate::support::{caches, code, read, stderr, stdout};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Mebibytes of writable memory of a process that a registry lies to.
const MEMORY: u32 = 384;
/// Seconds after which a process hangs. None takes a part of them.
const HANGS: u32 = 300;

/// Judges the tag `1.0.0` of `server` under limits.
fn judge(folder: &Path, server: &Server) -> Output {
    let kib = MEMORY * 1024;
    let limits = format!("ulimit -d {kib}; exec timeout -k 1 {HANGS} \"$@\"");
    let reference = format!("oci://{}/team/p:1.0.0", server.host());
    let mut command = Command::new("/bin/sh");
    command
        .args([
            "-c",
            &limits,
            "sh",
            env!("CARGO_BIN_EXE_greentic-provision"),
        ])
        .args(["conformance", "--isolation", "none", "--jobs", "1"])
        .args([
            "--plain-http",
            "--registry-timeout",
            "2s",
            "--registry-cache",
            "blobs",
        ])
        .args(["--report", "r.json", "--packs", &reference])
        .current_dir(folder)
        .env("HOME", folder)
        .env("DOCKER_CONFIG", folder.join("docker"))
        .env("XDG_CACHE_HOME", caches())
        .output()
        .expect("the binary runs")
}

/// Requires that a lie ends with this code of a finding and this exit.
fn ends(
    name: &str,
    answer: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    found: &str,
    exit: i32,
) {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(answer);
    let output = judge(folder.path(), &server);
    assert_eq!(
        code(&output),
        exit,
        "{name}: {}{}",
        stdout(&output),
        stderr(&output)
    );
    let report = read(&folder.path().join("r.json"));
    let checks = report["packs"][0]["checks"].as_array().expect("checks");
    let of = |id: &str| checks.iter().find(|c| c["check"] == id).expect("a check");
    let finding = &of("registry.digest")["findings"][0];
    assert_eq!(finding["code"], found, "{name}: {finding}");
    assert_eq!(of("archive.readable")["status"], "skipped", "{name}");
    assert_eq!(report["packs"][0]["steps_executed"], 0, "{name}");
}

fn is_for(request: &Request, kind: &str) -> bool {
    request.target.contains(&format!("/{kind}/"))
}

/// A registry with a valid pack, except for the answers to requests of `kind`.
fn but(
    kind: &'static str,
    lie: impl Fn(&Contents) -> Reply + Send + Sync + 'static,
) -> impl Fn(&Request) -> Reply + Send + Sync {
    let contents = Contents::of_pack(&pack());
    move |request| {
        if is_for(request, kind) {
            lie(&contents)
        } else {
            contents.answer(request)
        }
    }
}

/// A registry whose tag names this manifest.
fn with_manifest(manifest: Vec<u8>) -> impl Fn(&Request) -> Reply + Send + Sync {
    let mut contents = Contents::of_pack(&pack());
    contents.tag("1.0.0", manifest);
    move |request| contents.answer(request)
}

#[test]
fn registry_that_does_not_lie_is_believed() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = registry();
    let output = judge(folder.path(), &server);
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
}

#[test]
fn bytes_with_another_digest_are_refused() {
    ends(
        "layer",
        but("blobs", |_| {
            let mut other = pack();
            *other.last_mut().expect("bytes") ^= 1;
            Reply::Whole(200, vec![], other)
        }),
        "E_REGISTRY_DIGEST",
        1,
    );
    ends(
        "header",
        but("manifests", |contents| {
            let header = ("Docker-Content-Digest", digest(b"another manifest"));
            Reply::Whole(200, vec![header], contents.manifests["1.0.0"].clone())
        }),
        "E_REGISTRY_DIGEST",
        1,
    );
}

#[test]
fn bodies_of_another_length_are_refused() {
    let size = pack().len();
    ends(
        "shorter layer",
        but("blobs", |_| Reply::Whole(200, vec![], b"PK".to_vec())),
        "E_REGISTRY_LENGTH",
        1,
    );
    ends(
        "longer layer",
        but("blobs", |_| {
            Reply::Whole(200, vec![], [pack(), vec![0]].concat())
        }),
        "E_REGISTRY_LENGTH",
        1,
    );
    ends(
        "cut-off layer",
        but("blobs", move |_| {
            let head = format!("HTTP/1.1 200 x\r\nContent-Length: {size}\r\n\r\n");
            Reply::Raw(head, pack()[..size / 2].to_vec())
        }),
        "E_REGISTRY_LENGTH",
        1,
    );
    ends(
        "layer without a length",
        but("blobs", |_| {
            let head = "HTTP/1.1 200 x\r\nConnection: close\r\n\r\n";
            Reply::Raw(head.into(), [pack(), vec![0; 4096]].concat())
        }),
        "E_REGISTRY_LENGTH",
        1,
    );
}

#[test]
fn endless_and_huge_bodies_are_cut_off() {
    let endless = |_: &Contents| {
        let head = "HTTP/1.1 200 x\r\nConnection: close\r\n\r\n";
        Reply::Endless(head.into(), vec![b' '; 65_536])
    };
    ends(
        "endless manifest",
        but("manifests", endless),
        "E_REGISTRY_BOUND",
        1,
    );
    ends(
        "endless layer",
        but("blobs", endless),
        "E_REGISTRY_LENGTH",
        1,
    );
    ends(
        "manifest of 100 MB",
        but("manifests", |_| {
            Reply::Endless(
                "HTTP/1.1 200 x\r\nContent-Length: 100000000\r\n\r\n".into(),
                vec![b' '; 65_536],
            )
        }),
        "E_REGISTRY_BOUND",
        1,
    );
    let mut layer = descriptor(PACK, &pack());
    layer["size"] = json!(1u64 << 40);
    ends(
        "layer of a tebibyte",
        with_manifest(manifest(&[layer])),
        "E_REGISTRY_BOUND",
        1,
    );
    let layers = vec![descriptor(PACK, &pack()); 65];
    ends(
        "65 layers",
        with_manifest(manifest(&layers)),
        "E_REGISTRY_BOUND",
        1,
    );
}

#[test]
fn slow_and_silent_registries_run_into_the_timeout() {
    let slow = |_: &Contents| Reply::Slow("HTTP/1.1 200 x\r\nContent-Length: 1000\r\n\r\n".into());
    ends(
        "slow manifest",
        but("manifests", slow),
        "E_REGISTRY_TIMEOUT",
        6,
    );
    let size = pack().len();
    ends(
        "slow layer",
        but("blobs", move |_| {
            Reply::Slow(format!("HTTP/1.1 200 x\r\nContent-Length: {size}\r\n\r\n"))
        }),
        "E_REGISTRY_TIMEOUT",
        6,
    );
    ends(
        "head without an end",
        but("manifests", |_| Reply::Slow("HTTP/1.1 200 x\r\nX: ".into())),
        "E_REGISTRY_TIMEOUT",
        6,
    );
    ends(
        "no HTTP",
        but("manifests", |_| {
            Reply::Raw("220 mail.example ESMTP\r\n".into(), vec![])
        }),
        "E_REGISTRY_UNREACHABLE",
        6,
    );
}

#[test]
fn compressed_answers_are_not_inflated() {
    ends(
        "compressed",
        but("blobs", |_| {
            Reply::Whole(200, vec![("Content-Encoding", "gzip".into())], pack())
        }),
        "E_REGISTRY_ENCODING",
        1,
    );
}

#[test]
fn indexes_that_lead_nowhere_are_refused() {
    let one = |media_type: &str, bytes: &[u8]| {
        json!({ "mediaType": INDEX, "manifests": [descriptor(media_type, bytes)] })
            .to_string()
            .into_bytes()
    };
    let mut contents = Contents::of_pack(&pack());
    let mut document = contents.manifests["1.0.0"].clone();
    for _ in 0..5 {
        document = one(INDEX, &document);
        contents.tag("1.0.0", document.clone());
    }
    ends(
        "deep index",
        move |request| contents.answer(request),
        "E_REGISTRY_NESTING",
        1,
    );
    // An index that names itself cannot have the digest that it names, so a registry has to lie.
    let itself = one(INDEX, b"x");
    let named = digest(b"x");
    ends(
        "index that names itself",
        move |request| {
            let mut contents = Contents::default();
            contents.tag("1.0.0", itself.clone());
            contents.manifests.insert(named.clone(), itself.clone());
            contents.answer(request)
        },
        "E_REGISTRY_DIGEST",
        1,
    );
    let two = json!({ "manifests": [descriptor(MANIFEST, b"a"), descriptor(MANIFEST, b"b")] });
    ends(
        "two manifests",
        with_manifest(two.to_string().into_bytes()),
        "E_REGISTRY_AMBIGUOUS",
        1,
    );
    ends(
        "no manifest",
        with_manifest(b"{\"manifests\":[]}".to_vec()),
        "E_REGISTRY_NO_PACK",
        1,
    );
    ends(
        "both",
        with_manifest(b"{\"manifests\":[],\"layers\":[]}".to_vec()),
        "E_REGISTRY_MANIFEST",
        1,
    );
    ends(
        "no JSON",
        with_manifest(b"<html>".to_vec()),
        "E_REGISTRY_MANIFEST",
        1,
    );
}

#[test]
fn pack_is_found_by_its_content_alone() {
    let (pack, readme) = (pack(), b"# a pack".to_vec());
    let contents = move |layers: &[(&str, &[u8])]| {
        let layers: Vec<(String, Vec<u8>)> = layers
            .iter()
            .map(|(m, b)| ((*m).to_owned(), b.to_vec()))
            .collect();
        let mut contents = Contents::default();
        let descriptors: Vec<_> = layers.iter().map(|(m, b)| descriptor(m, b)).collect();
        contents.tag("1.0.0", manifest(&descriptors));
        for (_, bytes) in layers {
            contents.blobs.insert(digest(&bytes), bytes);
        }
        move |request: &Request| contents.answer(request)
    };
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(contents(&[
        ("text/markdown", &readme),
        ("application/vnd.greentic.gtpack.layer.v1+tar", &pack),
    ]));
    let output = judge(folder.path(), &server);
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
    let origin = &read(&folder.path().join("r.json"))["packs"][0]["registry"];
    assert_eq!(origin["content_digest"], digest(&pack));
    assert_eq!(origin["other_layers"], json!(["text/markdown"]));
    ends(
        "no pack",
        contents(&[("text/markdown", &readme)]),
        "E_REGISTRY_NO_PACK",
        1,
    );
    let other = [pack.clone(), b"PK".to_vec()].concat();
    ends(
        "two packs",
        contents(&[(PACK, &pack), (PACK, &other)]),
        "E_REGISTRY_AMBIGUOUS",
        1,
    );
}

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

#[test]
fn layout_that_is_not_there_is_a_mistake_of_the_user() {
    let folder = tempfile::tempdir().expect("a folder");
    for command in [
        &["conformance", "--packs", "oci-layout:gone:1.0.0"][..],
        &["pack", "inspect", "--pack", "oci-layout:gone"],
    ] {
        let output = super::run(folder.path(), command);
        assert_eq!(code(&output), 2, "{}", stderr(&output));
        let said = stderr(&output);
        assert!(
            said.contains("no such file or folder: oci-layout:gone"),
            "{said}"
        );
    }
}

#[test]
fn redirects_to_where_no_request_may_go_are_refused() {
    let to = |location: &'static str| {
        move |_: &Contents| Reply::Whole(302, vec![("Location", location.into())], vec![])
    };
    for (name, location) in [
        (
            "plain HTTP elsewhere",
            "http://registry.example.com/x?sig=s1gned",
        ),
        ("a file", "file:///etc/passwd"),
        ("itself, for ever", "/v2/again/manifests/1.0.0"),
        ("with a user", "https://me:pw@registry.example.com/"),
    ] {
        ends(
            name,
            but("manifests", to(location)),
            "E_REGISTRY_REDIRECT",
            6,
        );
    }
    ends(
        "nowhere",
        but("manifests", |_| Reply::Whole(302, vec![], vec![])),
        "E_REGISTRY_REDIRECT",
        6,
    );
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
