//! The libtest-mimic runner: one trial for each pack, wizard and check.
//!
//! A trial passes if the result of the check is exactly what the `expect.toml` of the
//! pack demands: a pack that fails with another code than expected fails the trial.

use crate::fixture::{Fixture, FixtureRunner};
use crate::record::{Record, TrialResult};
use crate::{catalogue, defects, expect, expectation, golden, malformed, recordings, transcripts};
use greentic_provision::discover::{Marker, discover};
use greentic_provision::exit::{Error, show};
use libtest_mimic::{Arguments, Failed, Trial};
use provision_core::Limits;
use provision_core::integrity::signature::TrustedKey;
use provision_exec::WasmtimeExecutor;
use provision_oracle::{Conditions, checks, scopes};
use std::path::Path;
use std::sync::Arc;

/// Runs the trials of the project at `root` that the command line selects, writes
/// events and JUnit below `reports/out/trials/`, and ends the process.
pub(crate) fn main(root: &Path) -> ! {
    let args = Arguments::from_args();
    let root = &root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let record = Arc::new(Record::default());
    let done = trials(root, &record).and_then(|mut trials| {
        let own = [
            &tests::ALL[..],
            &golden::tests::ALL,
            &expectation::tests::ALL,
        ];
        for (name, test) in own.concat() {
            trials.push(record.trial(format!("trials::{name}"), move || {
                test();
                Ok(())
            }));
        }
        let conclusion = libtest_mimic::run(&args, trials);
        // nextest runs each trial in its own process, which must not overwrite the
        // results of the others.
        if !args.list && !args.exact {
            record.write(&root.join("reports/out/trials"))?;
        }
        Ok(conclusion)
    });
    match done {
        Ok(conclusion) => conclusion.exit(),
        Err(error) => {
            eprintln!("error: {error}");
            std::process::exit(error.exit() as i32)
        }
    }
}

/// All trials of the project at `root`.
fn trials(root: &Path, record: &Arc<Record>) -> Result<Vec<Trial>, Error> {
    let limits = Limits::default();
    let bench = Arc::new(FixtureRunner {
        executor: WasmtimeExecutor::new(&limits.step)?,
        strict: WasmtimeExecutor::with_all_compilers(&limits.step)?,
        conditions: Conditions {
            limits,
            trusted: trusted(&root.join("packs/trusted"))?,
            ..Conditions::default()
        },
    });
    let packs = match root.join("packs") {
        folder if folder.is_dir() => discover(&[folder], Marker::ManifestOrExpectation)?.packs,
        _ => Vec::new(),
    };
    let count = packs.len();
    let mut all = vec![record.trial("packs::found".into(), move || found(count))];
    let fixtures: Vec<Arc<Fixture>> = packs
        .into_iter()
        .map(|pack| Arc::new(Fixture::new(pack, Arc::clone(&bench))))
        .collect();
    for fixture in &fixtures {
        all.extend(of_pack(fixture, root, record));
    }
    all.extend(malformed::trials(record, &bench));
    all.extend(defects::trials(record, &bench));
    all.extend(recordings::trials(root, record));
    let goldens = root.join("golden");
    let expected: Vec<_> = fixtures.iter().flat_map(|f| golden::names(f)).collect();
    all.push(record.trial("golden::orphans".into(), move || {
        golden::orphans(&goldens, &expected)
    }));
    let root = root.to_owned();
    all.push(record.trial("catalogue::fresh".into(), move || {
        if fixtures.is_empty() {
            Ok(())
        } else {
            catalogue::fresh(&root, &fixtures)
        }
    }));
    Ok(all)
}

/// The keys that sign packs of the project, from `folder`.
fn trusted(folder: &Path) -> Result<Vec<TrustedKey>, Error> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Ok(Vec::new());
    };
    let mut keys = Vec::new();
    for entry in entries {
        let path = entry.map_err(|e| Error::io("read", folder, e))?.path();
        let text = std::fs::read_to_string(&path).map_err(|e| Error::io("read", &path, e))?;
        let key = TrustedKey::from_pem(&text);
        keys.push(key.map_err(|e| Error::Usage(format!("{}: {e}", show(&path))))?);
    }
    Ok(keys)
}

/// Fails if there are no packs, because then the trials show nothing.
fn found(packs: usize) -> TrialResult {
    match packs {
        0 => Err("no pack below packs/, so nothing was tried".into()),
        _ => Ok(()),
    }
}

fn of_pack(fixture: &Arc<Fixture>, root: &Path, record: &Arc<Record>) -> Vec<Trial> {
    let label = &fixture.pack.label;
    let shared = Arc::clone(fixture);
    let mut trials = vec![record.trial(format!("{label}::pack::verdict"), move || {
        expect::verdict(&shared)
    })];
    if fixture
        .expectation
        .as_ref()
        .is_ok_and(|e| e.causes.is_some())
    {
        let shared = Arc::clone(fixture);
        let name = format!("{label}::pack::causes");
        trials.push(record.trial(name, move || expect::causes(&shared)));
    }
    let wizards: Vec<&str> = fixture.wizards.iter().map(String::as_str).collect();
    let level = fixture.level();
    for check in checks::all().filter(|c| c.level <= level) {
        for scope in scopes(check, &wizards) {
            let name = format!("{label}::{scope}::{}", check.id);
            let shared = Arc::clone(fixture);
            trials.push(record.trial(name, move || expect::check(&shared, check, &scope)));
        }
    }
    for wizard in golden::wizards(fixture) {
        let (shared, wizard) = (Arc::clone(fixture), wizard.clone());
        let goldens = root.join("golden");
        let name = format!("{label}::{wizard}::golden");
        trials.push(record.trial(name, move || golden::compare(&shared, &wizard, &goldens)));
    }
    if transcripts::are_written(fixture) {
        let shared = Arc::clone(fixture);
        let name = format!("{label}::scenarios::golden");
        trials.push(record.trial(name, move || transcripts::compare(&shared)));
    }
    trials
}

impl Record {
    /// A trial that runs `run`, and keeps the outcome for the reports.
    pub(crate) fn trial(
        self: &Arc<Self>,
        name: String,
        run: impl FnOnce() -> TrialResult + Send + 'static,
    ) -> Trial {
        let record = Arc::clone(self);
        Trial::test(name.clone(), move || {
            let said = record.note(name, run);
            said.map_err(Failed::from)
        })
    }
}

/// Trials of this file; libtest-mimic does not run `#[test]` functions.
pub(crate) mod tests {
    use super::*;

    pub(crate) const ALL: [(&str, fn()); 1] = [(
        "zero_packs_is_a_failing_trial",
        zero_packs_is_a_failing_trial,
    )];

    fn zero_packs_is_a_failing_trial() {
        let root = tempfile::tempdir().expect("a folder");
        let record = Arc::new(Record::default());
        let trials = trials(root.path(), &record).expect("plans");
        let names = trials.iter().map(|t| t.name().to_owned());
        // These need no pack of the project.
        let generated = |n: &String| n.starts_with("malformed::") || n.starts_with("generated::");
        let names: Vec<_> = names.filter(|n| !generated(n)).collect();
        assert_eq!(
            names,
            ["packs::found", "golden::orphans", "catalogue::fresh"]
        );
        assert!(found(names.len() - 3).is_err());
        assert!(found(1).is_ok());
    }
}
