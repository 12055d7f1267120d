//! A registry that lies: each lie ends with a code of its own, within bounds.

use super::server::{Reply, Request, Server};
use super::{Contents, INDEX, MANIFEST, PACK, descriptor, digest, manifest, pack, registry};
use crate::support::{caches, code, read, stderr, stdout, under_limits};
use serde_json::json;
use std::path::Path;
use std::process::Output;

/// Mebibytes of writable memory of a process that a registry lies to.
const MEMORY: u32 = 384;
/// Seconds after which a process hangs. None takes a part of them.
const HANGS: u32 = 300;

/// Judges the tag `1.0.0` of `server` under limits.
pub(super) fn judge(folder: &Path, server: &Server) -> Output {
    let kib = MEMORY * 1024;
    let reference = format!("oci://{}/team/p:1.0.0", server.host());
    under_limits(&format!("ulimit -d {kib}"), HANGS)
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

pub(super) fn is_for(request: &Request, kind: &str) -> bool {
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
