//! Replaces the reports of an earlier run before a run can fail: a report that stays where
//! it was looks like the result of the run that failed.

use super::attestation::FLAG;
use super::{FORMATS, Format, Wanted};
use crate::apart::{Outputs, is_of_a_pack};
use crate::events::RunStarted;
use crate::exit::{Error, show};
use crate::files;
use crate::fold::Run;
use std::ffi::OsString;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

/// What a report says until the run begins.
const NOT_BEGUN: &str = "it ended before it judged anything";

impl Wanted {
    /// Replaces the reports that exist by reports of a run that did not begin. Pipes and
    /// devices hold nothing of an earlier run.
    ///
    /// # Errors
    /// [`Error::Usage`] for a report that would replace one of `inputs`, the baseline or a
    /// pack, which stays as it is; [`Error::Io`] for one that cannot be replaced. The other
    /// reports are replaced all the same.
    pub(crate) fn invalidate<'p>(
        &'p self,
        inputs: impl Iterator<Item = &'p Path> + Clone,
    ) -> Result<(), Error> {
        let run = Run::not_begun(NOT_BEGUN.into());
        let mut done = Ok(());
        for (format, path) in &self.files {
            let is_old = || fs::metadata(path).is_ok_and(|m| m.is_file());
            let one = self.check_output(path, inputs.clone());
            let one = one.and_then(|()| {
                if is_old() {
                    put(format, path, &run)
                } else {
                    Ok(())
                }
            });
            done = done.and(one);
        }
        done
    }

    /// Writes reports of a run that did not begin because of `why`, where they can be
    /// written: the error that the process ends with is the one to report.
    pub(crate) fn fail<'p>(
        &'p self,
        inputs: impl Iterator<Item = &'p Path> + Clone,
        why: &dyn Display,
    ) {
        let run = Run::not_begun(why.to_string());
        for (format, path) in &self.files {
            let is_special = fs::metadata(path).is_ok_and(|m| !m.is_file());
            if !is_special && self.check_output(path, inputs.clone()).is_ok() {
                drop(put(format, path, &run));
            }
        }
    }

    /// Refuses a report that would replace one of `inputs`, the baseline or a pack.
    fn check_output<'p>(
        &'p self,
        path: &'p Path,
        inputs: impl Iterator<Item = &'p Path> + Clone,
    ) -> Result<(), Error> {
        if is_of_a_pack(path) {
            let why = "has the name of a pack or of a file of one, so it cannot be a report";
            return Err(Error::Usage(format!(
                "{}: {why}; name another file",
                show(path)
            )));
        }
        let baseline = self.baseline.iter().chain(&self.sign).map(PathBuf::as_path);
        Outputs::of([path].into_iter())?.apart_from(inputs.chain(baseline))
    }

    /// Refuses a statement about a run of which `part` says that it judged only a part:
    /// its result would be taken for that of the whole profile.
    ///
    /// # Errors
    /// [`Error::Usage`] says what to leave out.
    pub(crate) fn check_whole(&self, part: bool) -> Result<(), Error> {
        let states = self.files.iter().any(|(format, _)| format.flag == FLAG);
        if states && part {
            let why = "--attestation states the result of the whole profile, and --filter and \
                       --shard judge only a part; leave one of them out, or merge the shards \
                       with `report merge --attestation`";
            return Err(Error::Usage(why.into()));
        }
        Ok(())
    }

    /// The same for the run that a stream begins with.
    ///
    /// # Errors
    /// See [`Wanted::check_whole`].
    pub(crate) fn check_whole_run(&self, started: &RunStarted) -> Result<(), Error> {
        self.check_whole(started.filter.is_some() || started.shard.is_some())
    }
}

/// The reports that an unusable command line names, and its other words and values, which
/// may be files that the user keeps. NB: the flags that cannot be parsed decide nothing
/// here; a word that looks like a flag is no value.
fn named(args: &[OsString]) -> (Wanted, Vec<PathBuf>) {
    let (mut files, mut kept) = (Vec::new(), Vec::new());
    let mut words = args.iter().peekable();
    while let Some(word) = words.next() {
        let flag = word.to_str().and_then(|w| w.strip_prefix("--"));
        let (flag, value) = match flag.and_then(|f| f.split_once('=')) {
            Some((flag, value)) => (Some(flag), Some(OsString::from(value))),
            None => (flag, None),
        };
        let is_value = |word: &&OsString| !word.to_string_lossy().starts_with('-');
        match FORMATS.iter().find(|format| flag == Some(format.flag)) {
            Some(format) => {
                let value = value.or_else(|| words.next_if(is_value).cloned());
                files.extend(value.map(|value| (format, PathBuf::from(value))));
            }
            None => kept.extend([Some(word.clone()), value].into_iter().flatten()),
        }
    }
    let wanted = Wanted {
        files,
        baseline: None,
        sign: None,
    };
    (wanted, kept.into_iter().map(PathBuf::from).collect())
}

/// Invalidates the reports that the arguments of this process name, if they are those of a
/// command with reports. For a command line that cannot be parsed because of `why`.
pub(crate) fn invalidate_named(args: &[OsString], why: &dyn Display) {
    let command = args.get(1).and_then(|word| word.to_str());
    if !matches!(command, Some("conformance" | "report")) {
        return;
    }
    let (wanted, kept) = named(args);
    let kept = || kept.iter().map(PathBuf::as_path);
    // NB: an error here is not the one that the process ends with.
    drop(wanted.invalidate(kept()));
    wanted.fail(kept(), why);
}

fn put(format: &Format, path: &Path, run: &Run) -> Result<(), Error> {
    files::write_with(path, |out| (format.write)(run, out))
}
