//! Exit codes, and the errors that lead to them.

pub use crate::paths::show;

use crate::advice;
use crate::config::ConfigError;
use crate::expectations::ExpectationsError;
use crate::read_file::ReadError;
use crate::repro::BundleError;
use provision_apply::{ApplyError, StoreError};
use provision_core::OpenError;
use provision_registry::RegistryError;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The exit code of the process. NB: the CI of other projects depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Every required check of the profile ran and passed.
    Conforms = 0,
    /// A pack does not conform, a dry run did not complete, or the version of a release
    /// does not announce its differences.
    Fails = 1,
    /// Usage or configuration.
    Usage = 2,
    /// An expectation is stale: unexpected pass, unused, expired. Or the pack or the
    /// store has changed since a plan was made.
    Stale = 3,
    /// An archive or sandbox violation.
    Violation = 4,
    /// Nothing selected, nothing executed, a required check could not run, or not
    /// everything was compared.
    Nothing = 5,
    /// The harness or the machine failed.
    Harness = 6,
}

impl Exit {
    /// `worse` if this is [`Self::Conforms`] or [`Self::Nothing`], else this.
    #[must_use]
    pub fn max_with(self, worse: Self) -> Self {
        match self {
            Self::Conforms | Self::Nothing => worse,
            other => other,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line, or a file that it names, is invalid.
    #[error("{0}")]
    Usage(String),
    /// A file could not be read or written.
    #[error(
        "cannot {action} {}: {source}{}",
        show(path),
        advice::of_system(action, source)
    )]
    Io {
        /// The operation, for example `write`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// A file that the command line names is refused.
    #[error(transparent)]
    File(ReadError),
    /// A bundle cannot be replayed.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// An expectations file is refused.
    #[error("expectations {}: {}; correct the file, whose entries `expect add` writes", show(path), why.to_string().trim_end())]
    Expectations {
        /// The file.
        path: PathBuf,
        /// Why it is refused.
        why: ExpectationsError,
    },
    /// A file of settings is refused.
    #[error("{}: {why}", show(path))]
    Config {
        /// The file.
        path: PathBuf,
        /// Why it is refused.
        why: ConfigError,
    },
    /// A stream of events has a format that this version does not read.
    #[error(
        "{}: event format {format}, written by greentic-provision {version}; this is \
         greentic-provision {}, which reads event format {reads}; read it with the version that wrote it",
        show(path),
        env!("CARGO_PKG_VERSION")
    )]
    StreamFormat {
        /// The stream.
        path: PathBuf,
        /// Its format.
        format: u32,
        /// The version that wrote it.
        version: String,
        /// The format that this version reads.
        reads: u32,
    },
    /// A pack cannot be opened.
    #[error("{pack}: {why}; `greentic-provision explain {}` says what to do", why.code())]
    Refused {
        /// The pack.
        pack: String,
        /// Why not.
        why: OpenError,
    },
    /// A report cannot be encoded in its format.
    #[error("cannot write {format}: {detail}")]
    Format {
        /// The report's format.
        format: &'static str,
        /// The error of the format's library.
        detail: String,
    },
    /// The executor does not start on this machine.
    #[error("cannot start the executor: {0}")]
    Executor(#[from] provision_exec::ExecError),
    /// The supervisor cannot start workers.
    #[error("cannot start workers: {0}")]
    Workers(#[from] provision_worker::WorkerError),
    /// A registry does not answer as it should.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A plan is not applied, or the store cannot be used.
    #[error("{}{}{}", coded(.0), .0, by_flag(.0))]
    Apply(#[from] ApplyError),
}

impl Error {
    /// The error of `action`, which failed on `path`.
    pub fn io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }

    /// The error of a path that the user named and that does not exist.
    pub(crate) fn missing(path: &Path) -> Self {
        Self::Usage(advice::missing(path))
    }

    /// The code that the process ends with.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Usage(_)
            | Self::StreamFormat { .. }
            | Self::File(_)
            | Self::Bundle(_)
            | Self::Config { .. }
            | Self::Expectations { .. } => Exit::Usage,
            Self::Refused { why, .. } => exit_of(why),
            Self::Apply(error) => exit_of_apply(error),
            Self::Registry(error) if error.is_of_content() => Exit::Fails,
            Self::Io { .. }
            | Self::Format { .. }
            | Self::Executor(_)
            | Self::Workers(_)
            | Self::Registry(_) => Exit::Harness,
        }
    }
}

impl From<ReadError> for Error {
    /// A system error is the machine's failure; every other error is the user's, who named a
    /// file that does not exist or is no file.
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Io { path, source } if source.kind() == ErrorKind::NotFound => {
                Self::missing(&path)
            }
            ReadError::Io { path, source } => Self::Io {
                action: "read",
                path,
                source,
            },
            error => Self::File(error),
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Apply(error.into())
    }
}

/// The code of `error` before its words.
fn coded(error: &ApplyError) -> String {
    let code = error.code();
    code.map_or_else(String::new, |code| format!("{code}: "))
}

/// The flag of the commands that helps, after the words of `error`.
fn by_flag(error: &ApplyError) -> &'static str {
    match error {
        ApplyError::SecretUnresolved { .. } => {
            r#"; answers are a file, --answers FILE, with {"secrets": {"NAME": "value"}}"#
        }
        ApplyError::Stale { .. }
        | ApplyError::PlanUnreadable { .. }
        | ApplyError::SecretShown { .. }
        | ApplyError::NotInstalled { .. }
        | ApplyError::Mode { .. }
        | ApplyError::Export { .. }
        | ApplyError::Operation { .. } => "",
        ApplyError::Store(StoreError::Io { .. }) => "; --store names the folder of the store",
        ApplyError::Store(_) => "",
    }
}

fn exit_of_apply(error: &ApplyError) -> Exit {
    match error {
        ApplyError::SecretUnresolved { .. }
        | ApplyError::SecretShown { .. }
        | ApplyError::Export { .. } => Exit::Fails,
        ApplyError::Stale { .. } => Exit::Stale,
        ApplyError::PlanUnreadable { .. }
        | ApplyError::NotInstalled { .. }
        | ApplyError::Mode { .. }
        | ApplyError::Operation { .. } => Exit::Usage,
        ApplyError::Store(_) => Exit::Harness,
    }
}

/// The exit that an unreadable or refused pack leads to.
#[must_use]
pub fn exit_of(error: &OpenError) -> Exit {
    match error {
        OpenError::Unread(_) => Exit::Harness,
        OpenError::Registry { code, .. } if code.is_of_content() => Exit::Fails,
        OpenError::Registry { .. } => Exit::Harness,
        OpenError::Archive(_) => Exit::Violation,
        OpenError::Manifest(_) => Exit::Fails,
    }
}
