//! [`Target`]: a body with all that is known of it, and the `main` around it.

use std::ffi::OsString;

/// Whose bytes a target reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attacker {
    /// The bytes of a `.gtpack`.
    Archive,
    /// A manifest, an SBOM, a lock or a signature.
    Manifest,
    /// A module or a component.
    Component,
    /// What users answer, and what is there from before.
    Answers,
    /// What a guest answers.
    GuestOutput,
    /// What a guest hands to its host.
    HostCall,
    /// An expectations file.
    Expectations,
    /// What reports are made of.
    Report,
}

impl Attacker {
    /// Everyone who writes bytes that the harness reads.
    pub const ALL: [Self; 8] = [
        Self::Archive,
        Self::Manifest,
        Self::Component,
        Self::Answers,
        Self::GuestOutput,
        Self::HostCall,
        Self::Expectations,
        Self::Report,
    ];

    /// The bytes, and who controls them.
    #[must_use]
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Archive => ("a `.gtpack`", "whoever publishes a pack"),
            Self::Manifest => (
                "manifest, SBOM, lock, signature",
                "whoever publishes a pack",
            ),
            Self::Component => ("Wasm modules and components", "whoever publishes a pack"),
            Self::Answers => ("answers, inputs, prior state", "whoever sets a provider up"),
            Self::GuestOutput => ("what a step answers", "a guest that runs"),
            Self::HostCall => ("arguments of calls to the host", "a guest that runs"),
            Self::Expectations => ("an expectations file", "whoever sends a change to it"),
            Self::Report => ("findings, events, guest text", "a pack that is reported on"),
        }
    }
}

/// One fuzz target.
pub struct Target {
    /// Name of the target, of its binary and of its corpus folders.
    pub name: &'static str,
    /// Whose bytes it reads.
    pub attacker: Attacker,
    /// The code that has to stand them.
    pub boundary: &'static str,
    /// What is asked of it beyond not crashing.
    pub oracle: &'static str,
    /// Bytes of the longest input that is worth trying.
    pub max_len: usize,
    /// Checks every law on one input.
    pub body: fn(&[u8]),
    /// Changes an input where changing bytes would only break it.
    pub mutator: Option<Mutator>,
}

/// From an input, the bytes that there may be, and a seed to another input.
pub type Mutator = fn(&[u8], usize, u32) -> Option<Vec<u8>>;

/// Runs the body of the target `name` of `targets` on `data`.
///
/// # Panics
/// If there is no such target, or a law is broken.
pub fn run(targets: &[Target], name: &str, data: &[u8]) {
    (find(targets, name).body)(data);
}

fn find<'t>(targets: &'t [Target], name: &str) -> &'t Target {
    let target = targets.iter().find(|t| t.name == name);
    target.expect("the target is in its table")
}

/// Changes `data`, of which the first `size` bytes are the input, by the
/// target's own mutator; the new size, or `None` where bytes should be
/// changed.
#[must_use]
pub fn mutate(
    targets: &[Target],
    name: &str,
    data: &mut [u8],
    size: usize,
    seed: u32,
) -> Option<usize> {
    // Every fourth time the bytes themselves: what they find, no structure does.
    let mutator = find(targets, name)
        .mutator
        .filter(|_| !seed.is_multiple_of(4))?;
    let changed = mutator(&data[..size], data.len(), seed / 4)?;
    if changed.len() > data.len() {
        return None;
    }
    data[..changed.len()].copy_from_slice(&changed);
    Some(changed.len())
}

/// Replays the files named on the command line.
///
/// # Panics
/// If a file cannot be read, or a law is broken.
pub fn replay(targets: &[Target], name: &str) {
    let files: Vec<OsString> = std::env::args_os().skip(1).collect();
    if files.is_empty() {
        eprintln!("usage: {name} FILE…   (to fuzz: cargo +nightly fuzz run {name})");
        std::process::exit(2);
    }
    for file in files {
        let data = std::fs::read(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        run(targets, name, &data);
    }
}

/// The `main` of a target, from its library and its name.
#[macro_export]
macro_rules! target {
    ($library:ident, $name:ident) => {
        #[cfg(fuzzing)]
        $crate::libfuzzer_sys::fuzz_target!(|data: &[u8]| {
            $crate::run($library::TARGETS, stringify!($name), data);
        });

        #[cfg(fuzzing)]
        $crate::libfuzzer_sys::fuzz_mutator!(|data: &mut [u8],
                                              size: usize,
                                              max_size: usize,
                                              seed: u32| {
            $crate::mutate($library::TARGETS, stringify!($name), data, size, seed)
                .unwrap_or_else(|| $crate::libfuzzer_sys::fuzzer_mutate(data, size, max_size))
        });

        #[cfg(not(fuzzing))]
        fn main() {
            $crate::replay($library::TARGETS, stringify!($name));
        }
    };
}
