//! Bundles that show one failure again, offline: which pack, which check,
//! which answers, under which conditions, and what was found.

use crate::discover::PackRef;
use crate::evidence::folder_name;
use crate::examine::{Examined, examine_source};
use crate::exit::{Error, show};
use crate::files;
use crate::fuzz::{self, Prepared};
use crate::shrink::{ShrunkAnswers, failed};
use crate::source;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use provision_core::wizard::StepExecutor;
use provision_core::{Finding, Limits, OpenError, Source, Status};
use provision_exec::WasmtimeExecutor;
use provision_oracle::fuzzing::Input;
use provision_oracle::{CheckResult, Conditions, Level, checks};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes of an archive up to which a bundle carries it along.
const CARRIED: u64 = 256 * 1024;

/// One failure, ready to be shown again.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// Version of this form: 1.
    pub format: u32,
    /// The harness's version.
    pub version: String,
    /// The pack.
    pub pack: BundledPack,
    /// The check's id.
    pub check: String,
    /// The wizard's name, or `pack`.
    pub scope: String,
    /// Profile up to which checks were judged.
    pub profile: String,
    /// The public base URL that wizards were given.
    pub public_base_url: String,
    /// Decides which answers are tried where not all can be.
    pub seed: u64,
    /// Bounds.
    pub limits: Limits,
    /// The answers that the wizard was given, as few as still fail.
    pub answers: Option<Value>,
    /// The requirement.
    pub expected: String,
    /// The violations.
    pub observed: Vec<Finding>,
}

/// The pack of a bundle.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundledPack {
    /// Its label in the run.
    pub label: String,
    /// Where it was read.
    pub path: String,
    /// Lower-case hex SHA-256.
    pub digest: String,
    /// The archive in base64, where it is small; else it is read at `path`.
    pub bytes: Option<String>,
}

impl BundledPack {
    /// The pack's bytes: those of the bundle, or of the pack where it was, or
    /// where it is now.
    fn read(&self, at: Option<&Path>, limits: &Limits) -> Result<Loaded, Error> {
        Ok(match (at, &self.bytes) {
            (None, Some(bytes)) => {
                let bytes = STANDARD.decode(bytes);
                let bytes = bytes.map_err(|e| Error::Usage(format!("the bundle's pack: {e}")))?;
                Ok(Source::Archive(Arc::from(bytes)))
            }
            (at, _) => {
                let path = at.map_or_else(|| PathBuf::from(&self.path), Path::to_owned);
                if !path.exists() {
                    let why = "is not there; name the pack with --pack";
                    return Err(Error::Usage(format!("{}: {why}", show(&path))));
                }
                source::load(&path, &limits.archive)
            }
        })
    }

    /// Refuses a pack of another `digest`.
    fn same(&self, digest: &str) -> Result<(), Error> {
        match digest == self.digest {
            true => Ok(()),
            false => Err(Error::Usage(format!(
                "another pack: its SHA-256 is {digest}, the bundle is of {}",
                self.digest
            ))),
        }
    }
}

/// A pack that was read, or why it could not be.
type Loaded = Result<Source, OpenError>;

/// The kind of bundles of what fuzzing found.
pub const FUZZ: &str = "fuzz";

/// One violation that fuzzing found, ready to be shown again.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FuzzBundle {
    /// Version of this form: 1.
    pub format: u32,
    /// [`FUZZ`].
    pub kind: String,
    /// The harness's version.
    pub version: String,
    /// The pack.
    pub pack: BundledPack,
    /// The campaign's seed.
    pub seed: u64,
    /// Bounds.
    pub limits: Limits,
    /// What the wizard was given, as little as still shows it.
    pub input: Input,
    /// The violation.
    pub observed: Finding,
}

/// Tries the input of `bundle` once more; `at` is where the pack is now, if not
/// where it was. The violation, where it still shows.
///
/// # Errors
/// [`Error::Usage`] where the bundle is no bundle, or the pack another one.
pub fn replay_input(bundle: &FuzzBundle, at: Option<&Path>) -> Result<Option<Finding>, Error> {
    let FuzzBundle {
        pack,
        seed,
        limits,
        input,
        observed,
        ..
    } = bundle;
    let plain = WasmtimeExecutor::new(&limits.step)?;
    let only = Some(input.wizard.clone());
    let conditions = fuzz::conditions(limits, *seed, only);
    let source = pack.read(at, limits)?;
    let prepared = Prepared::of(&pack.label, source, &plain, &conditions)?;
    pack.same(prepared.digest())?;
    Ok(prepared.shows(&plain, limits, input, observed))
}

/// Writes a bundle for each failed check of `examined` below `root`.
///
/// # Errors
/// [`Error::Io`] names the file.
pub fn write(
    root: &Path,
    pack: &PackRef,
    conditions: &Conditions,
    level: Level,
    examined: &Examined,
    shrunk: &ShrunkAnswers,
) -> Result<(), Error> {
    let subject = &examined.subject;
    for (scope, of_scope) in failed(&examined.results) {
        let folder = root.join(folder_name(&pack.label));
        let folder = folder.join(folder_name(&scope.to_string())).join("repro");
        std::fs::create_dir_all(&folder).map_err(|e| Error::io("create", &folder, e))?;
        for result in of_scope {
            let bundle = Bundle {
                format: 1,
                version: env!("CARGO_PKG_VERSION").into(),
                pack: bundled(pack, &subject.digest),
                check: result.check.into(),
                scope: result.scope.to_string(),
                profile: level.profile().into(),
                public_base_url: conditions.public_base_url.clone(),
                seed: conditions.seed,
                limits: conditions.limits.clone(),
                answers: shrunk.of(result, subject),
                expected: checks::by_id(result.check)
                    .map_or("", |c| c.requirement)
                    .into(),
                observed: result.findings.clone(),
            };
            let path = folder.join(format!("{}.json", result.check));
            files::write_evidence(&path, &files::pretty(&bundle)?)?;
        }
    }
    Ok(())
}

/// The pack at `pack.path`, whose SHA-256 is `digest`, for a bundle.
#[must_use]
pub fn bundled(pack: &PackRef, digest: &str) -> BundledPack {
    let is_small = |m: std::fs::Metadata| m.is_file() && m.len() <= CARRIED;
    let is_archive = pack.path.extension().is_some_and(|e| e == "gtpack");
    let bytes = match is_archive && std::fs::metadata(&pack.path).is_ok_and(is_small) {
        true => std::fs::read(&pack.path).ok().map(|b| STANDARD.encode(b)),
        false => None,
    };
    BundledPack {
        label: pack.label.clone(),
        path: pack.path.to_string_lossy().into_owned(),
        digest: digest.to_owned(),
        bytes,
    }
}

/// What came of showing a failure again.
#[derive(Debug, Clone)]
pub enum Shown {
    /// The check fails with the same codes.
    Again(CheckResult),
    /// The check fails otherwise.
    Differently(CheckResult),
    /// The check no longer fails.
    NoLonger(CheckResult),
}

/// Judges the pack of `bundle` once more, under the bundle's conditions; `at`
/// is where the pack is now, if not where it was.
///
/// # Errors
/// [`Error::Usage`] where the bundle is no bundle, or the pack another one.
pub fn replay(
    bundle: &Bundle,
    at: Option<&Path>,
    executor: impl FnOnce(&Limits, Level) -> Result<Box<dyn StepExecutor>, Error>,
) -> Result<Shown, Error> {
    let Bundle {
        pack,
        check,
        scope,
        seed,
        limits,
        ..
    } = bundle;
    let known = checks::by_id(check);
    let known =
        known.ok_or_else(|| Error::Usage(format!("there is no check `{check}` any more")))?;
    let level = known.level;
    let conditions = Conditions {
        limits: limits.clone(),
        public_base_url: bundle.public_base_url.clone(),
        seed: *seed,
        answers: bundle.answers.clone(),
        ..Conditions::default()
    };
    let source = pack.read(at, limits)?;
    let executor = executor(limits, level)?;
    let examined = examine_source(source, &*executor, &conditions, level);
    pack.same(&examined.subject.digest)?;
    let mut results = examined.results.into_iter();
    let result = results.find(|r| r.check == check && r.scope.to_string() == *scope);
    let result = result.ok_or_else(|| {
        let why = format!("check {check} says nothing of `{scope}` any more");
        Error::Usage(why)
    })?;
    let codes = |findings: &[Finding]| -> BTreeSet<String> {
        findings.iter().map(|f| f.code.clone()).collect()
    };
    Ok(match result.status >= Status::Failed {
        false => Shown::NoLonger(result),
        true if codes(&result.findings) == codes(&bundle.observed) => Shown::Again(result),
        true => Shown::Differently(result),
    })
}
