//! Bytes of an archive that `pack fix` mends: a second fix changes nothing, and components,
//! flows and plans stay as they are.

use crate::target::{Attacker, Seeds, Target};
use provision_core::archive::Archive;
use provision_core::wizard::NoopExecutor;
use provision_core::{Limits, Source};
use provision_oracle::fix::{Facts, Wanted, disagreeing_manifests, files, fix};
use provision_oracle::{Conditions, observe};

pub(crate) const TARGET: Target = Target {
    name: "pack_fix",
    attacker: Attacker::Archive,
    boundary: "`pack fix`: editing the manifests, the lock, the SBOM and the catalogues of a pack",
    oracle: "the fixed archive opens; fixing it again gives the same bytes; every component, flow and plan has the bytes that it had",
    max_len: 8192,
    seeds: Seeds::Files,
    body,
    show: crate::as_text,
    mutator: Some(crate::mutators::archive),
};

fn body(data: &[u8]) {
    let Some(once) = fixed(data) else { return };
    let again = fixed(&once).expect("a fixed archive opens");
    assert!(again == once, "a second fix changes the archive");
    let [before, after] = [data, &once].map(|bytes| {
        let archive = Archive::open(bytes.to_vec(), &Limits::FUZZ.archive);
        files(&archive.expect("opens"))
    });
    let stays = |name: &str| {
        let is = |end| name.ends_with(end);
        is(".wasm") || is(".wat") || is(".ygtc") || is(".plan.json")
    };
    for (name, bytes) in before.iter().filter(|(name, _)| stays(name)) {
        assert!(after.get(name) == Some(bytes), "{name} changes");
    }
}

/// The fixed archive, with the first of several manifests as the right one; `None` if the
/// pack cannot be opened, or if its files are too large for the canonical form.
fn fixed(bytes: &[u8]) -> Option<Vec<u8>> {
    let conditions = Conditions {
        limits: Limits::FUZZ,
        ask_other_readers: false,
        ..Conditions::default()
    };
    let source = Source::Archive(bytes.to_vec().into());
    let subject = observe(Ok(source), &NoopExecutor, &conditions);
    let opened = subject.opened.as_ref().ok()?;
    let archive = opened.pack.archive().expect("opened as an archive");
    let disagreeing = disagreeing_manifests(&files(archive), subject.limits.depth);
    let right = disagreeing.first().map(|name| (*name).to_owned());
    let facts = Facts::of(&subject, opened, right);
    let fixed = fix(archive, &facts, &Wanted::All, &conditions.limits.archive);
    fixed.ok().map(|fixed| fixed.bytes)
}
