//! Targets, seeds, documents and dictionaries of the fuzz suite match each other.
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

/// The bound on the bytes of all seeds and regressions.
const CORPUS: u64 = 8 * 1024 * 1024;
/// The bound on the lines of a file in `fuzz_targets/`.
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
fn threat_model_is_fresh_and_every_attacker_has_a_target() {
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
fn every_target_has_one_program() {
    let named: BTreeSet<String> = all().map(|t| t.name.to_owned()).collect();
    assert_eq!(named.len(), all().count(), "two targets have the same name");
    let files = names("fuzz/fuzz_targets");
    let files: BTreeSet<String> = files.iter().map(|f| f.replace(".rs", "")).collect();
    assert_eq!(files, named);
    let manifest = fs::read_to_string(root().join("fuzz/Cargo.toml")).expect("readable");
    for target in all() {
        let file = format!("fuzz/fuzz_targets/{}.rs", target.name);
        assert!(manifest.contains(&format!("name = \"{}\"", target.name)));
        let text = fs::read_to_string(root().join(file)).expect("readable");
        assert!(
            text.lines().count() <= LINES,
            "{} has too many lines",
            target.name
        );
        assert!(!target.oracle.is_empty() && !target.boundary.is_empty());
    }
    let dictionaries = names("fuzz/dictionaries");
    for name in dictionaries.iter().map(|d| d.replace(".dict", "")) {
        assert!(
            named.contains(&name),
            "no target uses the dictionary {name}"
        );
    }
}

/// The options files, in the format of OSS-Fuzz, for anyone else who runs the targets.
#[test]
fn options_files_are_fresh() {
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

/// `corpus/seeds` has exactly the seeds that the packs give, and those made by hand.
#[test]
fn seeds_are_fresh() {
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
    assert!(
        found == made,
        "a seed differs from the one that its pack gives"
    );
}

/// The rows of `corpus/floor.txt`: a target, its files and its edges.
fn floors(text: &str) -> BTreeMap<String, (usize, usize)> {
    let rows = text.lines().filter(|l| !l.starts_with('#')).map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words.len(), 3, "a row is a target and two numbers: {line}");
        let [target, files, edges] = [words[0], words[1], words[2]];
        let number = |word: &str| word.parse().expect("a number");
        (target.to_owned(), (number(files), number(edges)))
    });
    rows.collect()
}

/// Files and bytes of the corpus of `target`.
fn corpus_of(target: &str) -> (usize, u64) {
    let (mut files, mut bytes) = (0, 0);
    for kind in ["seeds", "regress"] {
        let folder = root().join("corpus").join(kind).join(target);
        for file in fs::read_dir(folder).into_iter().flatten().flatten() {
            bytes += file.metadata().expect("a file").len();
            files += 1;
        }
    }
    (files, bytes)
}

#[test]
fn corpus_is_at_least_its_floor_and_not_too_large() {
    let path = root().join("corpus/floor.txt");
    let mut text = fs::read_to_string(&path).expect("readable");
    if blessing().expect("BLESS") {
        // Adds only rows of new targets: a floor that follows the corpus bounds nothing.
        let known = floors(&text);
        for target in all().filter(|t| !known.contains_key(t.name)) {
            let (files, _) = corpus_of(target.name);
            text.push_str(&format!("{} {files} 0\n", target.name));
        }
        fs::write(&path, &text).expect("writes");
    }
    let floors = floors(&text);
    let mut total = 0;
    for target in all() {
        let (count, bytes) = corpus_of(target.name);
        total += bytes;
        let floor = floors.get(target.name).map(|(files, _)| *files);
        let floor = floor.unwrap_or_else(|| {
            panic!(
                "no floor for {}; ci/bless.sh adds its row to corpus/floor.txt",
                target.name
            )
        });
        assert!(
            count >= floor,
            "{}: {count} files; the floor is {floor}",
            target.name
        );
    }
    assert!(total < CORPUS, "{total} bytes of corpus");
    assert_eq!(
        floors.len(),
        all().count(),
        "a row of corpus/floor.txt has no target"
    );
}

#[test]
fn bug_is_planted_for_every_target_and_no_other() {
    fn texts(folder: &Path, all: &mut String) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                texts(&path, all);
            } else if path.extension().is_some_and(|e| e == "rs") {
                all.push_str(&fs::read_to_string(&path).expect("reads"));
            }
        }
    }
    let mut code = String::new();
    for name in names("harness") {
        let folder = root().join("harness").join(name).join("src");
        if folder.is_dir() {
            texts(&folder, &mut code);
        }
    }
    let planted = code.split("cfg!(planted_bug = \"").skip(1);
    let planted = planted.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()));
    let planted: BTreeSet<String> = planted.collect();
    let targets: BTreeSet<String> = all().map(|t| t.name.to_owned()).collect();
    assert_eq!(planted, targets, "ci/planted.sh tries each of them");
}
