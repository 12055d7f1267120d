//! Bodies of the fuzz targets: input in, laws checked, panic on a violation.
//!
//! The targets in `fuzz_targets/` only name a body. `cargo fuzz` links them to
//! libFuzzer; a plain build makes programs that replay the files they are
//! given, and `tests/replay.rs` replays all of `corpus/`.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a fuzz target reports a broken law by a panic"
)]

mod archive_bytes;
mod archive_mutated;
mod manifest_cbor;
mod manifest_json;
mod pack_open;
mod plan_merge;
mod sbom;
mod step_output;

#[cfg(fuzzing)]
pub use libfuzzer_sys;

/// One body, with the name of its target.
pub struct Target {
    /// Name of the target, of its binary and of its corpus folders.
    pub name: &'static str,
    /// Checks every law on one input.
    pub body: fn(&[u8]),
}

/// Declares the table, a row a module.
macro_rules! targets {
    ($($name:ident,)*) => {
        /// Every target, sorted by name.
        pub const TARGETS: &[Target] = &[$(Target {
            name: stringify!($name),
            body: $name::body,
        },)*];
    };
}

targets! {
    archive_bytes,
    archive_mutated,
    manifest_cbor,
    manifest_json,
    pack_open,
    plan_merge,
    sbom,
    step_output,
}

/// Runs the body of the target `name` on `data`.
///
/// # Panics
/// If there is no such target, or a law is broken.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|t| t.name == name);
    (target.expect("the target is in TARGETS").body)(data);
}

/// Replays the files named on the command line.
///
/// # Panics
/// If a file cannot be read, or a law is broken.
pub fn replay(name: &str) {
    let files: Vec<_> = std::env::args_os().skip(1).collect();
    if files.is_empty() {
        eprintln!("usage: {name} FILE…   (to fuzz: cargo +nightly fuzz run {name})");
        std::process::exit(2);
    }
    for file in files {
        let data = std::fs::read(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        run(name, &data);
    }
}

/// The `main` of a target.
#[macro_export]
macro_rules! target {
    ($name:ident) => {
        #[cfg(fuzzing)]
        $crate::libfuzzer_sys::fuzz_target!(|data: &[u8]| {
            $crate::run(stringify!($name), data);
        });

        #[cfg(not(fuzzing))]
        fn main() {
            $crate::replay(stringify!($name));
        }
    };
}
