//! Completes the flags of `conformance` with the file of settings.

use super::args::Args;
use super::judging::Judging;
use super::wanted::{WantedPacks, WantedReleases};
use super::wanted_shard::WantedShard;
use crate::cli::config::Settings;
use crate::cli::profile::Profile;
use crate::config::Key;
use crate::exit::Error;

impl Args {
    /// Reads the file of settings, and takes from it what no flag says.
    ///
    /// # Errors
    /// Those of the file, and [`Error::Usage`] if neither says what is judged.
    pub(super) fn settle(&mut self) -> Result<(), Error> {
        let settings = self.config.read()?;
        if let Some(settings) = &settings {
            settings.announce(&self.overridden());
            self.complete(settings)?;
        }
        let count = settings.as_ref().and_then(|s| s.config.shards);
        self.settings = settings;
        self.shard = self.shard.map(|shard| shard.of(count)).transpose()?;
        if self.packs.is_empty() {
            let why = "no packs are named; name them with --packs, or with `packs` in \
                       conformance.toml, which `greentic-provision init` writes";
            return Err(Error::Usage(why.into()));
        }
        Ok(())
    }

    /// The keys that flags override.
    fn overridden(&self) -> Vec<Key> {
        let given = |key: &Key| match key {
            Key::Packs => !self.packs.is_empty(),
            Key::Previous => !self.previous.is_empty(),
            Key::Shards => matches!(self.shard, Some(WantedShard::Whole(_))),
            _ => self.judging.overrides(*key),
        };
        Key::ALL.into_iter().filter(given).collect()
    }

    pub(super) fn complete(&mut self, settings: &Settings) -> Result<(), Error> {
        if self.packs.is_empty() {
            self.packs = packs(settings)?;
        }
        if self.previous.is_empty() {
            self.previous = named(settings, Key::Previous, WantedReleases::parse)?;
        }
        self.judging.complete(settings);
        Ok(())
    }
}

impl Judging {
    /// Whether a flag overrides this key of the settings.
    pub(in crate::cli) fn overrides(&self, key: Key) -> bool {
        match key {
            Key::Profile => self.profile.is_some(),
            Key::Trust => !self.trust.is_empty(),
            Key::Expectations => self.expectations.is_some(),
            Key::Answers => self.answers.is_some(),
            Key::Normalise => !self.normalise.is_empty(),
            Key::Packs | Key::Previous | Key::Shards => false,
        }
    }

    /// Takes from the settings what no flag says.
    pub(in crate::cli) fn complete(&mut self, settings: &Settings) {
        let config = &settings.config;
        self.profile = self.profile.or(config.profile.map(Profile::of));
        if self.trust.is_empty() {
            let keys = config.trust.iter().flatten();
            self.trust = keys.map(|key| settings.locate(key)).collect();
        }
        let located = |path: &Option<_>| path.as_deref().map(|path| settings.locate(path));
        if self.expectations.is_none() {
            self.expectations = located(&config.expectations);
        }
        if self.answers.is_none() {
            self.answers = located(&config.answers);
        }
        if self.normalise.is_empty() {
            self.normalise = config.normalise.clone().unwrap_or_default();
        }
    }
}

/// The packs that the settings name.
pub(in crate::cli) fn packs(settings: &Settings) -> Result<Vec<WantedPacks>, Error> {
    named(settings, Key::Packs, WantedPacks::parse)
}

/// What the array `key` names, by `parse`.
fn named<T: Located>(
    settings: &Settings,
    key: Key,
    parse: fn(std::ffi::OsString) -> Result<T, String>,
) -> Result<Vec<T>, Error> {
    let items = match key {
        Key::Previous => &settings.config.previous,
        _ => &settings.config.packs,
    };
    let item = |at: &crate::config::At<String>| {
        let parsed = parse(at.value.clone().into());
        let parsed = parsed.map_err(|why| settings.refuse(key, at, why))?;
        Ok(parsed.located(settings))
    };
    items.iter().flatten().map(item).collect()
}

/// What may have a path that is relative to the file of settings.
trait Located {
    fn located(self, settings: &Settings) -> Self;
}

impl Located for WantedPacks {
    fn located(self, settings: &Settings) -> Self {
        self.map_path(|path| settings.locate(&path))
    }
}

impl Located for WantedReleases {
    fn located(self, settings: &Settings) -> Self {
        match self {
            Self::Auto => Self::Auto,
            Self::Packs(packs) => Self::Packs(packs.located(settings)),
        }
    }
}
