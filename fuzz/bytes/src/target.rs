//! [`Target`]: a body with its description, and the `main` around it.

use arbitrary::{Arbitrary, Unstructured};
use std::ffi::OsString;
use std::fmt::Debug;

/// The kind of bytes that a target reads, which says who controls them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attacker {
    /// The bytes of a `.gtpack`.
    Archive,
    /// A manifest, an SBOM, a lock or a signature.
    Manifest,
    /// A module or a component.
    Component,
    /// The answers of users, and the prior state.
    Answers,
    /// The output of a guest.
    GuestOutput,
    /// The arguments with which a guest calls its host.
    HostCall,
    /// An expectations file.
    Expectations,
    /// A file of settings.
    Settings,
    /// A repro bundle.
    Bundle,
    /// What a registry answers.
    Registry,
    /// What runners and collectors record.
    Recording,
    /// The file of a store.
    Store,
    /// Text of packs and guests that reports show.
    Report,
}

impl Attacker {
    /// All of them, in the order of the threat model.
    pub const ALL: [Self; 13] = [
        Self::Archive,
        Self::Manifest,
        Self::Component,
        Self::Answers,
        Self::GuestOutput,
        Self::HostCall,
        Self::Expectations,
        Self::Settings,
        Self::Bundle,
        Self::Registry,
        Self::Recording,
        Self::Store,
        Self::Report,
    ];

    /// The bytes, and who controls them.
    #[must_use]
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Archive => ("a `.gtpack`", "the publisher of a pack"),
            Self::Manifest => ("manifest, SBOM, lock, signature", "the publisher of a pack"),
            Self::Component => ("Wasm modules and components", "the publisher of a pack"),
            Self::Answers => (
                "answers, inputs, prior state",
                "the operator who sets up a provider",
            ),
            Self::GuestOutput => ("output of steps", "a guest that runs"),
            Self::HostCall => ("arguments of calls to the host", "a guest that runs"),
            Self::Expectations => ("an expectations file", "the author of a change to it"),
            Self::Settings => (
                "a file of settings",
                "the author of a change to it, or of the checkout that it is in",
            ),
            Self::Bundle => ("a repro bundle", "the author of an issue"),
            Self::Registry => (
                "manifests, indexes and layers",
                "a registry, or who else can write to it",
            ),
            Self::Recording => (
                "traces, cases, fault cases, spans",
                "the operator of a runner, and anyone who can write to the file",
            ),
            Self::Store => (
                "the file of a store",
                "a failing disk, or who else can write it",
            ),
            Self::Report => ("findings, events, guest text", "a pack that is reported on"),
        }
    }
}

/// One fuzz target.
pub struct Target {
    /// Name of the target, of its binary and of its corpus folders.
    pub name: &'static str,
    /// The kind of bytes that it reads.
    pub attacker: Attacker,
    /// The code under test.
    pub boundary: &'static str,
    /// What the target checks in addition to crashes.
    pub oracle: &'static str,
    /// Bytes of the longest input that libFuzzer tries.
    pub max_len: usize,
    /// Where its first inputs come from.
    pub seeds: Seeds,
    /// Checks every invariant on one input.
    pub body: fn(&[u8]),
    /// An input as readable text.
    pub show: fn(&[u8]) -> String,
    /// Changes an input in its format, where changed bytes would only make it invalid.
    pub mutator: Option<Mutator>,
}

/// Where the first inputs of a target come from. Files that were made by hand may be beside
/// them in `corpus/seeds`.
#[derive(Debug, Clone, Copy)]
pub enum Seeds {
    /// The packs of this project, or files that were made by hand.
    Files,
    /// These texts.
    Texts(&'static [&'static str]),
    /// So many random bytes: the input only directs a generator, so that each one is valid.
    Random(usize),
}

/// Makes another input from an input, the largest number of bytes, and a seed.
pub type Mutator = fn(&[u8], usize, u32) -> Option<Vec<u8>>;

/// Runs the body of the target `name` of `targets` on `data`.
///
/// # Panics
/// If there is no such target, or an invariant is violated.
pub fn run(targets: &[Target], name: &str, data: &[u8]) {
    (find(targets, name).body)(data);
}

fn find<'t>(targets: &'t [Target], name: &str) -> &'t Target {
    let target = targets.iter().find(|t| t.name == name);
    target.expect("the target is in its table")
}

/// An input of the target `name` of `targets` as readable text.
///
/// # Panics
/// If there is no such target.
#[must_use]
pub fn show(targets: &[Target], name: &str, data: &[u8]) -> String {
    (find(targets, name).show)(data)
}

/// Bytes as text if they are text, else sixteen a line in hexadecimal.
#[must_use]
pub fn as_text(data: &[u8]) -> String {
    let plain = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    match std::str::from_utf8(data) {
        Ok(text) if text.chars().all(plain) => text.to_owned(),
        _ => {
            let lines = data.chunks(16).enumerate().map(|(line, bytes)| {
                let hex: String = bytes.iter().map(|b| format!("{b:02x} ")).collect();
                let letters = bytes.iter().map(|b| match b {
                    0x20..0x7f => char::from(*b),
                    _ => '.',
                });
                let letters: String = letters.collect();
                format!("{:08x}  {hex:<48} {letters}\n", line * 16)
            });
            lines.collect()
        }
    }
}

/// The value that a generator makes of `data`.
pub fn as_made<T: for<'a> Arbitrary<'a> + Debug>(data: &[u8]) -> String {
    match T::arbitrary(&mut Unstructured::new(data)) {
        Ok(made) => format!("{made:#?}"),
        Err(why) => format!("nothing is made of it: {why}"),
    }
}

/// Changes `data`, of which the first `size` bytes are the input, with the target's own
/// mutator, and returns the new size. `None` asks the caller to let libFuzzer change
/// the bytes.
#[must_use]
pub fn mutate(
    targets: &[Target],
    name: &str,
    data: &mut [u8],
    size: usize,
    seed: u32,
) -> Option<usize> {
    // Every fourth time libFuzzer changes the bytes: it reaches malformed inputs, which
    // no mutator makes.
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
/// If a file cannot be read, or an invariant is violated.
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

/// The `main` of a target, from the table that lists it and its name.
#[macro_export]
macro_rules! target {
    ($library:ident, $name:ident) => {
        $crate::target!($library::TARGETS, $name);
    };
    ($table:path, $name:ident) => {
        /// All bytes of an input, which `cargo fuzz fmt` prints as readable text.
        #[cfg(fuzzing)]
        struct Input<'a>(&'a [u8]);

        #[cfg(fuzzing)]
        impl<'a> $crate::arbitrary::Arbitrary<'a> for Input<'a> {
            fn arbitrary(
                u: &mut $crate::arbitrary::Unstructured<'a>,
            ) -> $crate::arbitrary::Result<Self> {
                Ok(Self(u.bytes(u.len())?))
            }

            fn arbitrary_take_rest(
                u: $crate::arbitrary::Unstructured<'a>,
            ) -> $crate::arbitrary::Result<Self> {
                Ok(Self(u.take_rest()))
            }
        }

        #[cfg(fuzzing)]
        impl std::fmt::Debug for Input<'_> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&$crate::show($table, stringify!($name), self.0))
            }
        }

        #[cfg(fuzzing)]
        $crate::libfuzzer_sys::fuzz_target!(|input: Input<'_>| {
            $crate::run($table, stringify!($name), input.0);
        });

        #[cfg(fuzzing)]
        $crate::libfuzzer_sys::fuzz_mutator!(|data: &mut [u8],
                                              size: usize,
                                              max_size: usize,
                                              seed: u32| {
            $crate::mutate($table, stringify!($name), data, size, seed)
                .unwrap_or_else(|| $crate::libfuzzer_sys::fuzzer_mutate(data, size, max_size))
        });

        #[cfg(not(fuzzing))]
        fn main() {
            $crate::replay($table, stringify!($name));
        }
    };
}
