//! Every file of `corpus/` through the body of its target, on stable.
#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use provision_fuzz::TARGETS;
use std::fs;
use std::path::{Path, PathBuf};

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<_> = entries.map(|e| e.expect("readable").path()).collect();
    files.sort();
    files
}

#[test]
fn every_corpus_file_keeps_every_law() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus");
    for target in TARGETS {
        let seeds = files(&corpus.join("seeds").join(target.name));
        assert!(!seeds.is_empty(), "{} has no seed", target.name);
        for file in seeds
            .iter()
            .chain(&files(&corpus.join("regress").join(target.name)))
        {
            println!("{}", file.display());
            (target.body)(&fs::read(file).expect("readable"));
        }
    }
}

#[test]
fn every_corpus_folder_belongs_to_a_target() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus");
    for folder in ["seeds", "regress"] {
        for found in files(&corpus.join(folder)) {
            let name = found
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            let known = TARGETS.iter().any(|t| t.name == name);
            assert!(
                known || found.is_file(),
                "{} belongs to no target",
                found.display()
            );
        }
    }
}
