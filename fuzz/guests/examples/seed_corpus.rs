//! Writes the seeds made from the fixture packs to `corpus/seeds`, and removes those
//! that the packs no longer give. Seeds made by hand stay. With a folder as an
//! argument, writes all seeds there instead, including the redundant ones.
#![expect(clippy::expect_used, reason = "a failure must stop the program")]

use provision_fuzz_guests::seeds::{Seeds, all_seeds, is_made, seeds};
use std::fs;
use std::path::Path;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    if let Some(folder) = std::env::args_os().nth(1) {
        return write(Path::new(&folder), &all_seeds(&root.join("packs")));
    }
    let corpus = root.join("corpus/seeds");
    for folder in fs::read_dir(&corpus).expect("a corpus") {
        let folder = folder.expect("an entry").path();
        for file in fs::read_dir(folder).expect("a folder") {
            let file = file.expect("an entry");
            if is_made(&file.file_name().to_string_lossy()) {
                fs::remove_file(file.path()).expect("removes");
            }
        }
    }
    write(&corpus, &seeds(&root.join("packs")));
}

fn write(corpus: &Path, seeds: &Seeds) {
    for (name, bytes) in seeds {
        let path = corpus.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("creates");
        fs::write(path, bytes).expect("writes");
    }
    println!("{} seeds", seeds.len());
}
