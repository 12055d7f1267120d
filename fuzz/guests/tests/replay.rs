//! Runs the body of a target on each file of `corpus/`: one trial for each file.
#![expect(clippy::expect_used, reason = "a failed set-up must stop the trials")]

use libtest_mimic::{Arguments, Trial};
use provision_fuzz_guests::all;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus");
    libtest_mimic::run(&Arguments::from_args(), trials(&corpus)).exit_code()
}

/// One trial for each file, one for the seeds of each target, and one for each folder.
fn trials(corpus: &Path) -> Vec<Trial> {
    let mut trials = Vec::new();
    for target in all() {
        let seeds = files(&corpus.join("seeds").join(target.name));
        let none = seeds.is_empty();
        trials.push(Trial::test(
            format!("{}::has_seeds", target.name),
            move || {
                if none {
                    Err("no seed; ci/bless.sh writes them".into())
                } else {
                    Ok(())
                }
            },
        ));
        for kind in ["seeds", "regress"] {
            for file in files(&corpus.join(kind).join(target.name)) {
                let name = file
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned();
                let body = target.body;
                let name = format!("{}::{kind}::{name}", target.name);
                trials.push(Trial::test(name, move || {
                    body(&fs::read(&file)?);
                    Ok(())
                }));
            }
        }
    }
    for kind in ["seeds", "regress"] {
        for folder in files(&corpus.join(kind)).into_iter().filter(|f| f.is_dir()) {
            let name = folder
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let known = all().any(|t| t.name == name);
            trials.push(Trial::test(
                format!("{kind}::{name}::is_a_target"),
                move || {
                    if known {
                        Ok(())
                    } else {
                        Err("no target has this name".into())
                    }
                },
            ));
        }
    }
    trials
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<_> = entries.map(|e| e.expect("readable").path()).collect();
    files.sort();
    files
}
