//! Files that commands write: what they contain, and which files they replace.

use crate::support::{code, conformance, fixture, packed, read, text};
use std::fs;
use std::path::Path;

/// The bundles below `folder`.
fn bundles(folder: &Path) -> Vec<serde_json::Value> {
    let all = walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter();
    let all = all.map(|e| e.expect("readable").into_path());
    let all = all.filter(|p| p.parent().is_some_and(|f| f.ends_with("repro")));
    all.map(|path| read(&path)).collect()
}

#[test]
fn bundle_carries_a_readable_pack_and_no_other_file() {
    let temp = tempfile::tempdir().expect("a folder");
    let at = |name: &str| temp.path().join(name);
    packed(&fixture("nonconforming/trap-apply"), &at("real.gtpack"));
    fs::write(at("text.gtpack"), "TOKENTOKEN").expect("writes");
    let mut bytes = fs::read(at("real.gtpack")).expect("reads");
    bytes.truncate(bytes.len() - 4);
    fs::write(at("cut.gtpack"), bytes).expect("writes");
    let mut packs = vec![
        ("real.gtpack", true),
        ("text.gtpack", false),
        ("cut.gtpack", false),
    ];
    if cfg!(unix) {
        #[cfg(unix)]
        std::os::unix::fs::symlink("real.gtpack", at("link.gtpack")).expect("links");
        packs.push(("link.gtpack", false));
    }
    for (pack, carried) in packs {
        let run = conformance(temp.path(), &at(pack), &format!("--out {pack}.out"));
        assert_ne!(code(&run), 0, "{pack}");
        let bundles = bundles(&at(&format!("{pack}.out")));
        assert!(!bundles.is_empty(), "{pack}");
        for bundle in bundles {
            assert_eq!(bundle["pack"]["bytes"].is_string(), carried, "{pack}");
            assert_eq!(bundle["pack"]["path"], text(&at(pack)), "{pack}");
        }
    }
}
