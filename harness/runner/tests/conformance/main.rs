//! The conformance trials of `packs/`, with a libtest-mimic `main`.
#![expect(clippy::expect_used, reason = "trials of the trials fail by a panic")]

#[path = "../common/blessing.rs"]
mod blessing;
mod catalogue;
mod defects;
mod expect;
mod expectation;
mod fixture;
mod golden;
mod malformed;
mod record;
mod recordings;
mod suite;
mod transcripts;

fn main() {
    let project = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    suite::main(&project);
}
