//! Reports: one module per format, each a fold over the events.

pub mod annotations;
pub mod attestation;
pub mod code_quality;
pub mod console;
pub mod html;
mod invalidate;
pub mod json;
pub mod junit;
mod located;
pub mod markdown;
pub mod sarif;

use crate::apart::Outputs;
use crate::exit::{Error, show};
use crate::files;
use crate::fold::{Baseline, Run};
use crate::read_file;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, value_parser};
pub(crate) use invalidate::invalidate_named;
use provision_core::integrity::dsse::SigningKey;
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A format of report files.
pub struct Format {
    /// The flag that requests such a report, without its hyphens.
    pub flag: &'static str,
    /// The flag's value in the help text.
    pub value: &'static str,
    /// The flag's help text.
    pub help: &'static str,
    /// Writes the report of a run.
    pub write: fn(&Run, &mut dyn Write) -> Result<(), Error>,
}

/// All formats, in the order of the help text.
pub const FORMATS: &[Format] = &[
    Format {
        flag: "report",
        value: "REPORT",
        help: "Write the JSON report to this file",
        write: json::write,
    },
    Format {
        flag: "junit",
        value: "JUNIT",
        help: "Write a JUnit XML report to this file",
        write: junit::write,
    },
    Format {
        flag: "sarif",
        value: "SARIF",
        help: "Write a SARIF 2.1.0 report to this file",
        write: sarif::write,
    },
    Format {
        flag: "html",
        value: "HTML",
        help: "Write a self-contained HTML page to this file",
        write: html::write,
    },
    Format {
        flag: "markdown",
        value: "MARKDOWN",
        help: "Write a Markdown summary to this file",
        write: markdown::write,
    },
    Format {
        flag: "annotations",
        value: "ANNOTATIONS",
        help: "Write GitHub workflow commands to this file: printed by a job, they annotate files",
        write: annotations::write,
    },
    Format {
        flag: "code-quality",
        value: "CODE_QUALITY",
        help: "Write a GitLab Code Quality report to this file",
        write: code_quality::write,
    },
    Format {
        flag: attestation::FLAG,
        value: "ATTESTATION",
        help: "Write an in-toto test-result statement to this file; unsigned without --sign",
        write: attestation::write,
    },
];

const BASELINE: &str = "baseline";
const SIGN: &str = "sign";

/// The reports that the flags request, with their paths.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    files: Vec<(&'static Format, PathBuf)>,
    /// The JSON report of an earlier run, to compare the fuel with.
    baseline: Option<PathBuf>,
    /// The key that signs the statement.
    sign: Option<PathBuf>,
}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.flag)
    }
}

impl FromArgMatches for Wanted {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let path = |flag: &str| matches.get_one::<PathBuf>(flag).cloned();
        let files = FORMATS.iter().filter_map(|f| Some((f, path(f.flag)?)));
        Ok(Self {
            files: files.collect(),
            baseline: path(BASELINE),
            sign: path(SIGN),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Wanted {
    fn augment_args(command: Command) -> Command {
        let flag = |id| {
            let arg = Arg::new(id).long(id);
            arg.value_parser(value_parser!(PathBuf))
        };
        let baseline = flag(BASELINE)
            .alias("since")
            .value_name("REPORT.JSON")
            .help(
                "Print how much the fuel of each step has changed since this JSON report of an \
             earlier run",
            );
        let formats = FORMATS.iter();
        let formats = formats.map(|f| flag(f.flag).value_name(f.value).help(f.help));
        let sign = flag(SIGN)
            .value_name("KEY.PEM")
            .requires(attestation::FLAG)
            .help("Sign the statement with this Ed25519 private key (PKCS #8), in a DSSE envelope");
        command.args(formats).arg(baseline).arg(sign)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl Wanted {
    /// The run in the stream at `path`, compared with the baseline if the flags
    /// name one.
    ///
    /// # Errors
    /// Those of [`Run::read`] and of [`Baseline::read`].
    pub fn read(&self, path: &Path) -> Result<Run, Error> {
        let mut run = Run::read(path)?;
        if let Some(baseline) = &self.baseline {
            run.baseline = Some(Baseline::read(baseline)?);
        }
        Ok(run)
    }

    /// The reports and the other outputs `others` of a command. Refuses those that are the
    /// same file, and those that would replace one of `inputs`, or the baseline.
    ///
    /// # Errors
    /// [`Error::Usage`] names the first such output.
    pub(crate) fn outputs<'p>(
        &'p self,
        inputs: impl IntoIterator<Item = &'p PathBuf>,
        others: impl IntoIterator<Item = &'p PathBuf>,
    ) -> Result<Outputs<'p>, Error> {
        let others = others.into_iter().map(PathBuf::as_path);
        let outputs = Outputs::of(others.chain(self.paths()))?;
        let inputs = inputs.into_iter().chain(&self.baseline).chain(&self.sign);
        outputs.apart_from(inputs.map(PathBuf::as_path))?;
        Ok(outputs)
    }

    /// The path of every requested report.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|(_, path)| path.as_path())
    }

    /// Writes every requested report, whole or not at all.
    ///
    /// # Errors
    /// The first [`Error`] of reading the stream or of writing a report.
    pub fn write(&self, run: &Run) -> Result<(), Error> {
        let key = self.key()?;
        for (format, path) in &self.files {
            match key.as_ref().filter(|_| format.flag == attestation::FLAG) {
                Some(key) => {
                    let mut statement = Vec::new();
                    (format.write)(run, &mut statement)?;
                    files::write(path, &files::pretty(&key.sign(&statement))?)?;
                }
                None => files::write_with(path, |out| (format.write)(run, out))?,
            }
        }
        Ok(())
    }

    /// The key that signs the statement, if the flags name one.
    ///
    /// # Errors
    /// [`Error::Usage`] for a file that holds no such key.
    pub(crate) fn key(&self) -> Result<Option<SigningKey>, Error> {
        let Some(path) = &self.sign else {
            return Ok(None);
        };
        let text = read_file::read_text(path, read_file::SIGNING_KEY).map_err(Error::File)?;
        let key = SigningKey::from_pem(&text);
        let wrong = |why| Error::Usage(format!("--sign {}: {why}", show(path)));
        key.map(Some).map_err(wrong)
    }
}
