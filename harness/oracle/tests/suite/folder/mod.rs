//! A folder pack with one file.

use provision_core::{Limits, Pack, Source};

/// A pack with the file `name` and an empty manifest.
pub(crate) fn folder(name: &str, bytes: Vec<u8>) -> Pack {
    let files = [
        ("pack.json".to_owned(), b"{}".to_vec()),
        (name.to_owned(), bytes),
    ]
    .into();
    let manifest = None;
    Pack::open(Source::Folder { files, manifest }, &Limits::FUZZ).expect("a pack")
}
