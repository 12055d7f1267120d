//! The flags that choose the file of settings, and the file once it is read.

use crate::config::{At, Config, ConfigError, FILE_NAME, Fault, Key, parse};
use crate::events::ConfigFile;
use crate::exit::{Error, show};
use crate::read_file;
use provision_core::pack::digest;
use std::path::{Path, PathBuf};

/// Which file of settings a command reads.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct ConfigFlags {
    /// The file of settings; by default conformance.toml in the current folder, if it is
    /// there. Each flag overrides the key of its name. Paths in the file are relative to
    /// its folder.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Read no file of settings.
    #[arg(long, conflicts_with = "config")]
    no_config: bool,
    /// The file that is read, once the command has looked for it.
    #[arg(skip)]
    path: Option<PathBuf>,
}

/// A file of settings that was read.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) path: PathBuf,
    /// SHA-256 of its bytes.
    pub(super) sha256: String,
    pub(super) config: Config,
}

impl ConfigFlags {
    /// Reads the file; `None` if there is none.
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be read, [`Error::Config`] if it is refused.
    pub(super) fn read(&mut self) -> Result<Option<Settings>, Error> {
        // NB: a link without a target is there too.
        let here = || Path::new(FILE_NAME).symlink_metadata().is_ok();
        let default = || (!self.no_config && here()).then(|| PathBuf::from(FILE_NAME));
        self.path = self.config.clone().or_else(default);
        let Some(path) = &self.path else {
            return Ok(None);
        };
        Settings::read(path).map(Some)
    }

    /// The file that the command reads.
    pub(super) fn path(&self) -> Option<&PathBuf> {
        self.path.as_ref()
    }

    /// The flag that makes another command independent of the file of settings, if this
    /// command knows of one.
    pub(super) fn flags(&self) -> &'static str {
        if self.no_config || self.path.is_some() {
            " --no-config"
        } else {
            ""
        }
    }
}

impl Settings {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// As [`ConfigFlags::read`].
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let text = read_file::read_text(path, read_file::CONFIG).map_err(Error::File)?;
        Self::parse(path.to_owned(), &text)
    }

    /// The settings in `text`, the text of the file at `path`.
    ///
    /// # Errors
    /// [`Error::Config`] if it is refused.
    pub(super) fn parse(path: PathBuf, text: &str) -> Result<Self, Error> {
        match parse(text) {
            Ok(config) => Ok(Self {
                path,
                sha256: digest(text.as_bytes()),
                config,
            }),
            Err(why) => Err(Error::Config { path, why }),
        }
    }

    /// What a run records of the file.
    pub(super) fn digest(&self) -> ConfigFile {
        ConfigFile {
            name: "config".into(),
            sha256: self.sha256.clone(),
        }
    }

    /// `path` of the file as a path from the current folder.
    pub(super) fn locate(&self, path: &Path) -> PathBuf {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        folder.join(path)
    }

    /// The error for a value of `key` that is refused because of `why`.
    pub(super) fn refuse(&self, key: Key, at: &At<String>, why: String) -> Error {
        let &At { line, column, .. } = at;
        let fault = Fault::Value(key, at.value.clone(), why);
        let why = ConfigError {
            line,
            column,
            fault,
        };
        let path = self.path.clone();
        Error::Config { path, why }
    }

    /// Says on standard error that the file is used, and which of its keys flags override.
    pub(super) fn announce(&self, overridden: &[Key]) {
        let keys = self.config.keys();
        let names = |wanted: bool| {
            let keys = keys.iter();
            let keys = keys.filter(|key| overridden.contains(key) == wanted);
            keys.map(|key| key.name()).collect::<Vec<_>>().join(", ")
        };
        let (used, left) = (names(false), names(true));
        let used = if used.is_empty() { "nothing" } else { &used };
        let left = match left.as_str() {
            "" => String::new(),
            left => format!("; flags override {left}"),
        };
        anstream::eprintln!("settings: {} sets {used}{left}", show(&self.path));
    }
}
