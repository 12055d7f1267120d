//! Packs of this project with another manifest, and what the checks of a pack say of them.

use crate::project::{Files, files_of};
use greentic_types::{PackManifest, decode_pack_manifest, encode_pack_manifest};
use provision_core::{Source, Status};
use provision_oracle::{CheckResult, Scope};
use serde_json::Value;

/// A pack of this project, with changes to its manifest (as JSON) and its files.
pub(crate) fn changed(pack: &str, change: impl Fn(&mut Value, &mut Files)) -> Source {
    let mut files = files_of(pack);
    let manifest = decode_pack_manifest(&files["manifest.cbor"]).expect("decodes");
    let mut manifest = serde_json::to_value(manifest).expect("JSON");
    change(&mut manifest, &mut files);
    let manifest: PackManifest = serde_json::from_value(manifest).expect("a manifest");
    let manifest = encode_pack_manifest(&manifest).expect("encodes");
    files.insert("manifest.cbor".into(), manifest);
    Source::Folder {
        files,
        manifest: None,
    }
}

/// The status of a check of the pack, and the codes of its findings.
pub(crate) fn of(results: &[CheckResult], check: &str) -> (Status, Vec<String>) {
    let is = |r: &&CheckResult| r.check == check && r.scope == Scope::Pack;
    let result = results.iter().find(is).expect("a result");
    let codes = result.findings.iter().map(|f| f.code.to_string());
    (result.status, codes.collect())
}

pub(crate) fn passed() -> (Status, Vec<String>) {
    (Status::Passed, Vec::new())
}

pub(crate) fn failed(code: &str) -> (Status, Vec<String>) {
    (Status::Failed, vec![code.to_owned()])
}
