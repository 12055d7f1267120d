//! Packs from registries, through the binary: a registry that is right, and ones that lie.

mod auto;
mod cached;
mod credentials;
mod evidence;
mod lies;
mod server;

use crate::support::caches;
use serde_json::{Value, json};
use server::{Reply, Request, Server};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Mutex;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const PACK: &str = "application/vnd.greentic.gtpack.v1+zip";

fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    let digits: String = hash.iter().map(|b| format!("{b:02x}")).collect();
    format!("sha256:{digits}")
}

/// A descriptor of `bytes`.
fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({ "mediaType": media_type, "digest": digest(bytes), "size": bytes.len() })
}

/// A manifest with these layers.
fn manifest(layers: &[Value]) -> Vec<u8> {
    let config = descriptor("application/vnd.oci.empty.v1+json", b"{}");
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers,
    });
    manifest.to_string().into_bytes()
}

/// The archive of a fixture that conforms.
fn pack() -> Vec<u8> {
    let path = crate::support::fixture("conforming/noop-archive.gtpack");
    std::fs::read(path).expect("reads")
}

/// What a registry stores: manifests by tag and digest, blobs by digest.
#[derive(Default)]
struct Contents {
    manifests: BTreeMap<String, Vec<u8>>,
    blobs: BTreeMap<String, Vec<u8>>,
}

impl Contents {
    /// With one pack under the tag `1.0.0`.
    fn of_pack(pack: &[u8]) -> Self {
        let mut contents = Self::default();
        contents.tag("1.0.0", manifest(&[descriptor(PACK, pack)]));
        contents.blobs.insert(digest(pack), pack.to_vec());
        contents
    }

    fn tag(&mut self, tag: &str, manifest: Vec<u8>) {
        self.manifests.insert(digest(&manifest), manifest.clone());
        self.manifests.insert(tag.to_owned(), manifest);
    }

    /// Answers as a registry does.
    fn answer(&self, request: &Request) -> Reply {
        let path = request.target.split('?').next().unwrap_or_default();
        let mut parts = path.rsplit('/');
        let (name, kind) = (parts.next().unwrap_or_default(), parts.next());
        let found = match kind {
            Some("manifests") => self.manifests.get(name),
            Some("blobs") => self.blobs.get(name),
            _ => None,
        };
        match found {
            Some(bytes) => {
                Reply::Whole(200, vec![("Content-Type", MANIFEST.into())], bytes.clone())
            }
            None => Reply::Whole(404, vec![], b"{}".to_vec()),
        }
    }
}

/// A registry with one pack, and the same tag for any repository.
fn registry() -> Server {
    let contents = Mutex::new(Contents::of_pack(&pack()));
    Server::start(move |request| contents.lock().expect("no panic").answer(request))
}

/// Runs the binary in `folder` with the home in it, so that no credentials of this machine
/// are used.
fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_greentic-provision"));
    command
        .current_dir(folder)
        .env("HOME", folder)
        .env("DOCKER_CONFIG", folder.join("docker"))
        .env("XDG_CACHE_HOME", caches())
        .args(args)
        .args(["--plain-http", "--registry-cache", "blobs"])
        .output()
        .expect("the binary runs")
}

/// Judges `packs`.
fn conformance(folder: &Path, packs: &str, more: &[&str]) -> Output {
    let mut args = vec!["conformance", "--isolation", "none", "--packs", packs];
    args.extend(["--report", "r.json"]);
    args.extend(more);
    run(folder, &args)
}
