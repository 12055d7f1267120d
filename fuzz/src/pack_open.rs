//! Bytes of an archive: what is accepted means the same to another reader,
//! and without a guest that ran there is no pass.

use provision_core::wizard::NoopExecutor;
use provision_core::{Limits, Source, Verdict};
use provision_oracle::{Conditions, judge, observe, verdict};
use std::collections::BTreeMap;
use std::io::{Cursor, Read};

pub(crate) fn body(data: &[u8]) {
    let conditions = Conditions {
        limits: Limits::FUZZ,
        ..Conditions::default()
    };
    let source = Source::Archive(data.to_vec());
    let subject = observe(Ok(source), &NoopExecutor, &conditions);
    let results = judge(&subject);
    let verdict = verdict(&subject, &results);
    assert_ne!(verdict, Verdict::Pass, "a pass, and nothing ran");
    assert!(
        !results
            .iter()
            .any(|r| { r.findings.iter().any(|f| f.code == "E_UNCONCLUDED") })
    );
    if let Ok(opened) = &subject.opened {
        let ours: BTreeMap<String, Vec<u8>> = opened
            .pack
            .files()
            .map(|name| {
                (
                    name.to_owned(),
                    opened.pack.read(name).expect("verified").into_owned(),
                )
            })
            .collect();
        assert_eq!(ours, theirs(data), "another reader sees other files");
    }
}

/// The files that the `zip` crate finds in an archive that was accepted.
fn theirs(data: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(data)).expect("a zip to others too");
    let mut files = BTreeMap::new();
    for i in 0..archive.len() {
        let mut entry = archive.by_index(i).expect("an entry to others too");
        let mut contents = Vec::new();
        entry
            .read_to_end(&mut contents)
            .expect("contents to others too");
        let name = entry.name().expect("a name to others too").into_owned();
        if !entry.is_dir() {
            files.insert(name, contents);
        }
    }
    files
}
