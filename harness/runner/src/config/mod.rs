//! [`Config`]: the settings of `conformance` that a publisher keeps beside the packs, in
//! `conformance.toml`.
//!
//! A file of settings comes with a checkout, so a stranger may have written it. It chooses
//! what is judged and by which rules. No key names an output, changes the sandbox or the
//! credentials, or leaves a check out.

mod error;
mod parse;

pub use error::{ConfigError, Fault};
pub use parse::parse;

use provision_oracle::Level;
use provision_oracle::normalise::Rule;
use std::path::PathBuf;

/// The file that `conformance` reads if it is in the current folder.
pub const FILE_NAME: &str = "conformance.toml";

/// The JSON Schema of the file, for editors.
pub const SCHEMA: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../reports/schemas/conformance-toml.schema.json"
));

/// Settings with every key, from which tests and fuzzing start.
#[doc(hidden)]
pub const EVERY_KEY: &str = r#"#:schema ./conformance.schema.json
packs = ["packs", "oci://a.example/p:1"]
previous = ["auto"]
profile = "strict"
trust = ["k.pem"]
expectations = "e.toml"
answers = "a.json"
normalise = ["uuid", "path=/notes/*"]
shards = 3
"#;

/// Shards of one run, at most.
pub const SHARDS: u64 = 1_000;

/// A key of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// The packs: paths, references and lists, as `--packs` takes them.
    Packs,
    /// The releases before the packs, as `--previous` takes them.
    Previous,
    /// The levels of checks that a pack must pass.
    Profile,
    /// The files of trusted keys.
    Trust,
    /// The file of expected failures.
    Expectations,
    /// The file of answers.
    Answers,
    /// The rules that replace what differs from run to run.
    Normalise,
    /// The number of parts that a run is cut into.
    Shards,
}

impl Key {
    /// All keys, in the order of the documents.
    pub const ALL: [Self; 8] = [
        Self::Packs,
        Self::Previous,
        Self::Profile,
        Self::Trust,
        Self::Expectations,
        Self::Answers,
        Self::Normalise,
        Self::Shards,
    ];

    /// Its name, which is that of the flag that overrides it, except for `shards`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Packs => "packs",
            Self::Previous => "previous",
            Self::Profile => "profile",
            Self::Trust => "trust",
            Self::Expectations => "expectations",
            Self::Answers => "answers",
            Self::Normalise => "normalise",
            Self::Shards => "shards",
        }
    }

    /// What it takes.
    #[must_use]
    pub fn takes(self) -> &'static str {
        match self {
            Self::Packs | Self::Previous | Self::Trust | Self::Normalise => "an array of strings",
            Self::Profile | Self::Expectations | Self::Answers => "a string",
            Self::Shards => "a whole number",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == name)
    }
}

/// A value and the place in the file where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Its line; the first is 1.
    pub line: usize,
    /// Its column in characters; the first is 1.
    pub column: usize,
}

/// The settings. What the file leaves out is `None`. Paths are as the file has them.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// See [`Key::Packs`].
    pub packs: Option<Vec<At<String>>>,
    /// See [`Key::Previous`].
    pub previous: Option<Vec<At<String>>>,
    /// See [`Key::Profile`].
    pub profile: Option<Level>,
    /// See [`Key::Trust`].
    pub trust: Option<Vec<PathBuf>>,
    /// See [`Key::Expectations`].
    pub expectations: Option<PathBuf>,
    /// See [`Key::Answers`].
    pub answers: Option<PathBuf>,
    /// See [`Key::Normalise`].
    pub normalise: Option<Vec<Rule>>,
    /// See [`Key::Shards`].
    pub shards: Option<u64>,
}

impl Config {
    /// The keys that the file has, in the order of the documents.
    #[must_use]
    pub fn keys(&self) -> Vec<Key> {
        let has = |key: &Key| match key {
            Key::Packs => self.packs.is_some(),
            Key::Previous => self.previous.is_some(),
            Key::Profile => self.profile.is_some(),
            Key::Trust => self.trust.is_some(),
            Key::Expectations => self.expectations.is_some(),
            Key::Answers => self.answers.is_some(),
            Key::Normalise => self.normalise.is_some(),
            Key::Shards => self.shards.is_some(),
        };
        Key::ALL.into_iter().filter(has).collect()
    }
}

#[cfg(test)]
mod tests;
