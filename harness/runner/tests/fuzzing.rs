//! `fuzz` as a library: counting coverage changes no answer, equal seeds give equal
//! campaigns, and coverage leads to a hidden trap.
#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

mod packs;

use greentic_provision::discover::PackRef;
use greentic_provision::executors::Isolation;
use greentic_provision::fuzz::{Options, Outcome, conditions, fuzz};
use greentic_provision::source;
use packs::packs;
use provision_core::codes::CheckCode;
use provision_core::wizard::{WizardRun, wizards};
use provision_core::{FindingCode, Limits};
use provision_exec::WasmtimeExecutor;
use provision_oracle::fuzzing::input_specs;
use provision_oracle::generators::defects::{Defect, Wizard, defects};
use provision_oracle::observe;
use provision_registry::Registries;
use std::fs;
use std::path::Path;

fn outcome(pack: &str, options: &Options) -> Outcome {
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let pack = PackRef {
        reference: None,
        label: pack.into(),
        path: packs.join(pack),
    };
    fuzz(&pack, &Registries::default(), options, &|_, _| {}).expect("fuzzes")
}

fn options(runs: u64, coverage: bool) -> Options {
    Options {
        time: None,
        runs: Some(runs),
        seed: 7,
        jobs: 1,
        coverage,
        only: None,
        place: Isolation::InProcess,
    }
}

fn codes(outcome: &Outcome) -> Vec<&str> {
    let found = outcome.found.iter();
    found.map(|f| f.finding.code.as_str()).collect()
}

/// The output and the failure code of each step.
fn said(run: &WizardRun) -> Vec<(Option<Vec<u8>>, Option<&'static str>)> {
    let steps = run.steps.iter();
    steps
        .map(|s| (s.raw.clone(), s.failure().map(|f| f.code.code())))
        .collect()
}

#[test]
fn guest_that_counts_coverage_answers_as_without() {
    let limits = Limits::default();
    let plain = WasmtimeExecutor::new(&limits.step).expect("an executor");
    let covering = WasmtimeExecutor::covering(&limits.step).expect("an executor");
    let mut counting = 0;
    for path in packs("conforming")
        .into_iter()
        .chain(packs("nonconforming"))
    {
        let source = source::load(&path, &limits.archive);
        let conditions = conditions(&limits, 0, None);
        let subject = observe(source, &plain, &conditions);
        let Ok(opened) = &subject.opened else {
            continue;
        };
        let wizards = wizards(&opened.pack);
        for spec in input_specs(&subject, &conditions) {
            let run = |executor| {
                let run = spec.base.run(executor, &opened.pack, &wizards, &limits);
                run.expect("the wizard is there")
            };
            let (as_is, counted) = (run(&plain), run(&covering));
            let place = format!("{} {}", path.display(), spec.base.wizard);
            assert_eq!(said(&counted), said(&as_is), "{place}");
            let hits = covering.take_hits();
            run(&covering);
            assert_eq!(
                covering.take_hits(),
                hits,
                "{place}: a repeated run reaches other code"
            );
            if as_is.completed() && as_is.executed() > 0 {
                assert!(!hits.is_empty(), "{place} counts no code");
                counting += 1;
            }
        }
    }
    assert!(counting > 20, "only {counting} wizards count");
}

#[test]
fn one_job_with_equal_seeds_gives_equal_campaigns() {
    let of = |seed| {
        let options = Options {
            seed,
            ..options(300, true)
        };
        let outcome = outcome("conforming/demo-messaging-telegram", &options);
        let found = format!("{:?}", outcome.found);
        (outcome.progress, outcome.answered, found)
    };
    assert_eq!(of(1), of(1));
    assert_ne!(of(1).1, of(2).1);
}

#[test]
fn trap_is_found_and_its_answers_are_shrunk() {
    let outcome = outcome("nonconforming/answers-break", &options(600, true));
    assert_eq!(codes(&outcome), ["E_TRAP"]);
    let answers = &outcome.found[0].input.inputs.answers;
    let config = answers["config"].as_object().expect("a config");
    assert_eq!(config.len(), 1, "{answers}");
    assert!(outcome.functions.iter().any(|(_, hit)| *hit > 0));
}

/// The trap is behind four comparisons, and a guest reaches each only with the right
/// answer to the one before: coverage leads there, and guessing does not.
#[test]
fn hidden_trap_is_found_with_coverage_and_not_without() {
    let of = |coverage| {
        let options = Options {
            seed: 1,
            ..options(4_000, coverage)
        };
        outcome("conforming/rust-hidden-trap", &options)
    };
    let found = of(true);
    assert_eq!(codes(&found), ["E_TRAP"]);
    let config = &found.found[0].input.inputs.answers["config"];
    let hidden = serde_json::json!({
        "port": 31_337, "mode": "maintenance", "retries": 4_097, "region": "eu-north-9",
    });
    assert_eq!(*config, hidden);
    assert_eq!(codes(&of(false)), [""; 0]);
}

/// Whether fuzzing answers can show the defect: a trap, a bound or a leak.
fn is_shown_by_answers(defect: &Defect) -> bool {
    let (check, code) = &defect.found;
    let breaks = check.starts_with("answers.") && matches!(code, FindingCode::Step(_));
    // An answer alone shows nothing of a defect that also needs a tenant.
    let breaks = breaks && !defect.id.ends_with("-for-tenant");
    breaks || *code == FindingCode::Check(CheckCode::SecretShown)
}

/// Writes the files of the pack into `folder`.
fn written(wizard: &Wizard, folder: &Path) {
    for (name, bytes) in wizard.all_files() {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("creates");
        fs::write(path, bytes).expect("writes");
    }
}

/// The first runs take a few seconds in the binary that users install.
#[test]
fn each_planted_trap_and_leak_is_found_among_the_first_runs() {
    let mut missed = Vec::new();
    for (at, defect) in defects().filter(is_shown_by_answers).enumerate() {
        let temp = tempfile::tempdir().expect("a folder");
        written(&defect.planted(at as u64), temp.path());
        let pack = PackRef {
            reference: None,
            label: defect.id.into(),
            path: temp.path().into(),
        };
        let outcome = fuzz(
            &pack,
            &Registries::default(),
            &options(800, true),
            &|_, _| {},
        )
        .expect("fuzzes");
        println!("{} {:?} {:?}", defect.id, outcome.elapsed, codes(&outcome));
        if !codes(&outcome).contains(&defect.found.1.as_str()) {
            missed.push(format!("{}: {:?}", defect.id, codes(&outcome)));
        }
    }
    assert!(missed.is_empty(), "missed: {missed:#?}");
}

/// A hidden secret is found whether the harness makes the secret up, or replaces the one in
/// the pack's fixture: the wizards that carry these defects have either.
#[test]
fn hidden_secret_is_found_whoever_gives_it() {
    let hides = |defect: &Defect| ["secret-as-bytes", "other-secret-shown"].contains(&defect.id);
    let rows: Vec<Defect> = defects().filter(hides).collect();
    assert_eq!(rows.len(), 2);
    let mut with_fixture = 0;
    for (defect, seed) in rows
        .iter()
        .flat_map(|row| (0..6).map(move |seed| (row, seed)))
    {
        let temp = tempfile::tempdir().expect("a folder");
        written(&defect.planted(seed), temp.path());
        let has_fixture = temp.path().join("fixtures/setup.input.json").exists();
        with_fixture += usize::from(has_fixture);
        let pack = PackRef {
            reference: None,
            label: defect.id.into(),
            path: temp.path().into(),
        };
        let registries = Registries::default();
        let outcome = fuzz(&pack, &registries, &options(100, true), &|_, _| {}).expect("fuzzes");
        let found = codes(&outcome);
        let id = defect.id;
        assert!(
            found.contains(&"E_SECRET_SHOWN"),
            "{id}, seed {seed}: {found:?}"
        );
    }
    assert!((1..12).contains(&with_fixture), "{with_fixture} fixtures");
}
