//! Bytes as a JSON manifest: every manifest that decodes is strict JSON, its names are
//! safe, and its CBOR encoding decodes to the same manifest.

use crate::target::{Attacker, Seeds, Target};
use provision_core::manifest::digital_worker::{
    Defect, KNOWLEDGE, MANIFEST, METADATA, defects, remarks,
};
use provision_core::manifest::{Format, Manifest, decode};
use provision_core::text::is_safe_name;
use provision_core::{Limits, Pack, Source, cbor, json};

pub(crate) const TARGET: Target = Target {
    name: "manifest_json",
    attacker: Attacker::Manifest,
    boundary: "the JSON manifest decoder",
    oracle: "every manifest that decodes is strict JSON with safe names; another JSON reader reads the same value; its CBOR encoding decodes to the same manifest",
    max_len: 4096,
    seeds: Seeds::Files,
    body,
    show: crate::as_text,
    mutator: Some(crate::mutators::json),
};

const DEPTH: usize = 64;

fn body(data: &[u8]) {
    as_worker(data);
    let Ok(manifest) = decode("pack.json", data, |_| false, DEPTH) else {
        return;
    };
    names_are_safe(&manifest);
    let value = json::parse(data, DEPTH).expect("strict JSON");
    let plain: serde_json::Value =
        serde_json::from_slice(data).expect("another reader accepts the JSON");
    assert_eq!(plain, value, "another reader reads a different manifest");
    let mut bytes = Vec::new();
    ciborium::into_writer(&value, &mut bytes).expect("writes");
    let tree = cbor::parse(&bytes, DEPTH).expect("strict CBOR");
    assert_eq!(cbor::to_json(&tree).expect("JSON again"), value);
    // With a symbol table the CBOR is a manifest in another format, pack-v1.
    match decode("manifest.cbor", &bytes, |_| false, DEPTH) {
        Ok(again) if again.format == Format::LegacyCbor => {
            assert_eq!(again.id, manifest.id);
            assert_eq!(again.version, manifest.version);
            assert_eq!(again.entry_flows, manifest.entry_flows);
            assert_eq!(again.flows, manifest.flows);
            assert_eq!(again.misnamed, manifest.misnamed);
            assert_eq!(again.unknown, manifest.unknown);
        }
        Ok(_) => {}
        Err(error) => assert!(value.get("symbols").is_some(), "{error}"),
    }
}

/// Every file of a digital worker with this content.
fn as_worker(data: &[u8]) {
    let names = [MANIFEST, METADATA].into_iter().chain(KNOWLEDGE);
    let source = Source::Folder {
        files: names.map(|name| (name.to_owned(), data.to_vec())).collect(),
        manifest: None,
    };
    let Ok(pack) = Pack::open(source, &Limits::FUZZ) else {
        return;
    };
    assert_eq!(pack.manifest().format, Format::DigitalWorker);
    names_are_safe(pack.manifest());
    let whole = |defect: &Defect| !defect.at.is_empty() && !defect.expected.is_empty();
    assert!(defects(&pack, DEPTH).iter().all(whole));
    assert!(remarks(&pack, DEPTH).iter().all(whole));
}

/// The id, the version and the flow names of a decoded manifest are well-formed.
pub(crate) fn names_are_safe(manifest: &Manifest) {
    assert!(manifest.id.as_deref().is_none_or(is_safe_name));
    let versions = manifest.version.iter();
    versions.for_each(|v| drop(semver::Version::parse(v).expect("a version")));
    let flows = manifest.flows.iter().map(|f| &f.id);
    let named = manifest.entry_flows.iter().map(|(_, flow)| flow);
    flows
        .chain(named)
        .for_each(|f| assert!(is_safe_name(f), "{f:?}"));
}
