//! Reports: one file a format, each a fold over the events.

pub mod console;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod sarif;

use crate::exit::Error;
use crate::files;
use crate::fold::{Baseline, Run};
use std::path::{Path, PathBuf};

/// Where reports were asked for.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Wanted {
    /// Write the JSON report here.
    #[arg(long)]
    pub report: Option<PathBuf>,
    /// Write a JUnit file here.
    #[arg(long)]
    pub junit: Option<PathBuf>,
    /// Write a SARIF 2.1.0 file here.
    #[arg(long)]
    pub sarif: Option<PathBuf>,
    /// Write a self-contained HTML page here.
    #[arg(long)]
    pub html: Option<PathBuf>,
    /// Write a Markdown summary here.
    #[arg(long)]
    pub markdown: Option<PathBuf>,
    /// Write an in-toto test-result statement here, unsigned.
    #[arg(long)]
    pub attestation: Option<PathBuf>,
    /// Say by how much the fuel of each step has changed since this JSON
    /// report of an earlier run.
    #[arg(long, alias = "since", value_name = "REPORT.JSON")]
    pub baseline: Option<PathBuf>,
}

impl Wanted {
    /// The run in the stream at `path`, held against an earlier one where that
    /// was asked for.
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

    /// Every path that was asked for.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        let Self {
            report,
            junit,
            sarif,
            html,
            markdown,
            attestation,
            baseline: _,
        } = self;
        let all = [report, junit, sarif, html, markdown, attestation];
        all.into_iter().flatten().map(PathBuf::as_path)
    }

    /// Writes them all; each is whole, or stays what it was.
    ///
    /// # Errors
    /// The first [`Error`] of reading the stream or of writing a report.
    pub fn write(&self, run: &Run) -> Result<(), Error> {
        let Self {
            report,
            junit,
            sarif,
            html,
            markdown,
            attestation,
            baseline: _,
        } = self;
        if let Some(path) = report {
            files::write_with(path, |out| json::write(run, out))?;
        }
        if let Some(path) = junit {
            files::write_with(path, |out| junit::write(run, out))?;
        }
        if let Some(path) = sarif {
            files::write(path, &files::pretty(&sarif::report(run)?)?)?;
        }
        if let Some(path) = html {
            files::write_with(path, |out| html::write(run, out))?;
        }
        if let Some(path) = markdown {
            files::write(path, markdown::report(run)?.as_bytes())?;
        }
        if let Some(path) = attestation {
            files::write(path, &files::pretty(&crate::attestation::statement(run)?)?)?;
        }
        Ok(())
    }
}
