//! The suite is whole: targets, seeds, documents and dictionaries fit together.
#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

#[path = "../../../harness/runner/tests/common/blessing.rs"]
mod blessing;

use blessing::blessing;
use provision_fuzz_bytes::Attacker;
use provision_fuzz_guests::seeds::{is_made, seeds};
use provision_fuzz_guests::{all, threats};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Bytes of all seeds and regressions together.
const CORPUS: u64 = 8 * 1024 * 1024;
/// Lines of a target.
const LINES: usize = 25;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn names(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(root().join(folder)).expect("a folder");
    let name = |e: std::io::Result<fs::DirEntry>| e.expect("an entry").file_name();
    entries
        .map(|e| name(e).to_string_lossy().into_owned())
        .collect()
}

#[test]
fn the_threat_model_is_fresh_and_nobody_is_forgotten() {
    let path = root().join("fuzz/THREATS.md");
    let fresh = threats::document();
    if blessing().expect("BLESS") {
        fs::write(&path, &fresh).expect("writes");
    }
    let found = fs::read_to_string(&path).expect("readable");
    assert!(
        found == fresh,
        "fuzz/THREATS.md is stale; ci/bless.sh writes it"
    );
    for attacker in Attacker::ALL {
        let reached = all().any(|t| t.attacker == attacker);
        assert!(reached, "no target reads what {attacker:?} writes");
    }
}

#[test]
fn every_target_is_a_program_and_every_program_a_target() {
    let named: BTreeSet<String> = all().map(|t| t.name.to_owned()).collect();
    assert_eq!(named.len(), all().count(), "a name is there twice");
    let files = names("fuzz/fuzz_targets");
    let files: BTreeSet<String> = files.iter().map(|f| f.replace(".rs", "")).collect();
    assert_eq!(files, named);
    let manifest = fs::read_to_string(root().join("fuzz/Cargo.toml")).expect("readable");
    for target in all() {
        let file = format!("fuzz/fuzz_targets/{}.rs", target.name);
        assert!(manifest.contains(&format!("name = \"{}\"", target.name)));
        let text = fs::read_to_string(root().join(file)).expect("readable");
        assert!(text.lines().count() <= LINES, "{} is long", target.name);
        assert!(!target.oracle.is_empty() && !target.boundary.is_empty());
    }
    let dictionaries = names("fuzz/dictionaries");
    for name in dictionaries.iter().map(|d| d.replace(".dict", "")) {
        assert!(named.contains(&name), "a dictionary of no target: {name}");
    }
}

/// The options by which others run the targets, as OSS-Fuzz wants them.
#[test]
fn the_options_are_fresh() {
    let folder = root().join("fuzz/options");
    if blessing().expect("BLESS") {
        fs::create_dir_all(&folder).expect("creates");
    }
    for target in all() {
        let mut fresh = format!("[libfuzzer]\nmax_len = {}\n", target.max_len);
        let dictionary = format!("{}.dict", target.name);
        if root().join("fuzz/dictionaries").join(&dictionary).exists() {
            fresh.push_str(&format!("dict = {dictionary}\n"));
        }
        let path = folder.join(format!("{}.options", target.name));
        if blessing().expect("BLESS") {
            fs::write(&path, &fresh).expect("writes");
        }
        let found = fs::read_to_string(&path).expect("readable");
        assert!(
            found == fresh,
            "{} is stale; ci/bless.sh writes it",
            path.display()
        );
    }
    assert_eq!(names("fuzz/options").len(), all().count());
}

/// Every seed that is made of the packs is there, and none that no longer is.
#[test]
fn the_seeds_are_fresh() {
    let mut found = BTreeMap::new();
    for target in names("corpus/seeds") {
        let folder = root().join("corpus/seeds").join(&target);
        for name in names(&format!("corpus/seeds/{target}")) {
            if is_made(&name) {
                let bytes = fs::read(folder.join(&name)).expect("readable");
                found.insert(format!("{target}/{name}"), bytes);
            }
        }
    }
    let made = seeds(&root().join("packs"));
    let stale: Vec<_> = found.keys().filter(|k| !made.contains_key(*k)).collect();
    let missing: Vec<_> = made.keys().filter(|k| !found.contains_key(*k)).collect();
    assert!(
        stale.is_empty() && missing.is_empty(),
        "stale {stale:?}, missing {missing:?}; cargo run -p provision-fuzz-guests --example seed_corpus"
    );
    assert!(found == made, "a seed is not what its packs make of it");
}

/// A corpus only grows: `corpus/floor.txt` says from where.
#[test]
fn the_corpus_is_no_smaller_than_it_was_and_not_too_large() {
    let floor = fs::read_to_string(root().join("corpus/floor.txt")).expect("readable");
    let mut floors = BTreeMap::new();
    for line in floor.lines().filter(|l| !l.starts_with('#')) {
        let mut words = line.split_whitespace();
        let (target, files) = (words.next().expect("a target"), words.next());
        let files: usize = files.and_then(|f| f.parse().ok()).expect("a number");
        floors.insert(target.to_owned(), files);
    }
    let mut total = 0;
    for target in all() {
        let mut count = 0;
        for kind in ["seeds", "regress"] {
            let folder = root().join("corpus").join(kind).join(target.name);
            for file in fs::read_dir(folder).into_iter().flatten().flatten() {
                total += file.metadata().expect("a file").len();
                count += 1;
            }
        }
        let floor = floors.get(target.name).copied();
        let floor = floor.unwrap_or_else(|| panic!("no floor for {}", target.name));
        assert!(
            count >= floor,
            "{}: {count} files, at least {floor} were there",
            target.name
        );
    }
    assert!(total < CORPUS, "{total} bytes of corpus");
    assert_eq!(floors.len(), all().count(), "a floor for no target");
}
