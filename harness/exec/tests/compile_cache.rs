//! The compile cache: valid artifacts are loaded, changed ones are compiled again.
#![cfg(unix)]
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

use provision_core::limits::StepLimits;
use provision_core::wizard::{Call, StepAnswer, StepExecutor, StepOutcome, StepRequest};
use provision_core::{Limits, Pack, Source};
use provision_exec::{CacheError, CompileCache, Compilers, WasmtimeExecutor};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Barrier};

const PLENTY: u64 = 1 << 30;

/// A module that answers `number`.
fn module(number: u32) -> String {
    format!(
        r#"(module (memory (export "memory") 1) (data (i32.const 0) "{number:08}")
        (func (export "run") (param i32 i32) (result i32 i32) (i32.const 0) (i32.const 8)))"#
    )
}

fn pack(number: u32) -> Pack {
    let files = [("pack.json", "{}".to_owned()), ("step.wat", module(number))];
    let files = files.map(|(name, text)| (name.to_owned(), text.into_bytes()));
    let source = Source::Folder {
        files: files.into(),
        manifest: None,
    };
    Pack::open(source, &Limits::default()).expect("opens")
}

fn step(executor: &WasmtimeExecutor, pack: &Pack) -> StepAnswer {
    let input = b"{}".to_vec();
    executor.execute(pack, &StepRequest::new("step.wat", Call::Step { input }))
}

fn answer(executor: &WasmtimeExecutor, number: u32) -> String {
    match step(executor, &pack(number)).result {
        Ok(StepOutcome::Json(bytes)) => String::from_utf8(bytes).expect("UTF-8"),
        other => panic!("{other:?}"),
    }
}

fn over(folder: &Path, limits: &StepLimits) -> WasmtimeExecutor {
    let cache = CompileCache::open(folder, PLENTY).expect("a cache");
    WasmtimeExecutor::over(limits, Compilers::One, Some(&Arc::new(cache))).expect("an executor")
}

fn executor(folder: &Path) -> WasmtimeExecutor {
    over(folder, &Limits::default().step)
}

/// How many steps a fresh executor compiles and loads to run `number`.
fn made(folder: &Path, number: u32) -> (u64, u64) {
    let executor = executor(folder);
    assert_eq!(answer(&executor, number), format!("{number:08}"));
    let compile_stats = executor.compile_stats();
    (compile_stats.compiled, compile_stats.loaded)
}

fn artifacts(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|e| e.expect("an entry").path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|p| p.extension().is_some_and(|e| e == "artifact"))
        .collect();
    paths.sort();
    paths
}

fn scratch() -> (tempfile::TempDir, PathBuf) {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path().join("cache");
    (scratch, folder)
}

#[test]
fn compiled_step_is_loaded_in_the_next_run() {
    let (_scratch, folder) = scratch();
    assert_eq!(made(&folder, 1), (1, 0));
    assert_eq!(made(&folder, 1), (0, 1));
    assert_eq!(made(&folder, 2), (1, 0));
    let mode = fs::metadata(&folder)
        .expect("a folder")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn loaded_code_gives_the_answer_and_fuel_of_a_fresh_compile() {
    let (_scratch, folder) = scratch();
    let plain = WasmtimeExecutor::new(&Limits::default().step).expect("an executor");
    let same = |answer: &StepAnswer| (answer.result.clone(), answer.meters.fuel);
    let fresh = step(&plain, &pack(7));
    for _ in 0..2 {
        assert_eq!(same(&step(&executor(&folder), &pack(7))), same(&fresh));
    }
}

#[test]
fn changed_artifact_is_compiled_again() {
    let (_scratch, folder) = scratch();
    assert_eq!(made(&folder, 1), (1, 0));
    let path = artifacts(&folder).remove(0);
    let valid = fs::read(&path).expect("an artifact");
    let half = valid.len() / 2;
    let mut flipped = valid.clone();
    flipped[half] ^= 1;
    let longer = [&valid[..], b"x"].concat();
    for changed in [flipped, longer, valid[..half].to_vec(), Vec::new()] {
        fs::write(&path, changed).expect("written");
        assert_eq!(made(&folder, 1), (1, 0));
        assert_eq!(
            made(&folder, 1),
            (0, 1),
            "the cache stores the valid artifact again"
        );
    }
}

#[test]
fn artifact_under_another_name_or_secret_is_refused() {
    let (_scratch, folder) = scratch();
    made(&folder, 1);
    let first = artifacts(&folder).remove(0);
    made(&folder, 2);
    let both = artifacts(&folder);
    let second = both.iter().find(|p| **p != first).expect("another");
    fs::copy(&first, second).expect("copied");
    assert_eq!(made(&folder, 2), (1, 0), "the code of another step");

    let (_scratch, other) = scratch();
    assert_eq!(made(&other, 3), (1, 0));
    let name = first.file_name().expect("a name");
    fs::copy(&first, other.join(name)).expect("copied");
    assert_eq!(made(&other, 1), (1, 0), "a MAC with another secret");
}

#[test]
fn artifact_of_other_bounds_is_not_loaded() {
    let (_scratch, folder) = scratch();
    made(&folder, 1);
    let mut limits = Limits::default().step;
    limits.component_bytes -= 1;
    let executor = over(&folder, &limits);
    answer(&executor, 1);
    assert_eq!(executor.compile_stats().compiled, 1);
}

#[test]
fn folder_that_others_may_enter_is_refused() {
    let (_scratch, folder) = scratch();
    made(&folder, 1);
    let set = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("allowed");
    };
    let refused = || {
        matches!(
            CompileCache::open(&folder, PLENTY),
            Err(CacheError::NotPrivate { .. })
        )
    };
    for mode in [0o755, 0o770, 0o701] {
        set(&folder, mode);
        assert!(refused(), "{mode:o}");
        let cleaned = CompileCache::clean(&folder);
        assert!(matches!(cleaned, Err(CacheError::NotPrivate { .. })));
    }
    set(&folder, 0o700);
    set(&folder.join("secret"), 0o644);
    assert!(refused(), "a secret that others may read");
    set(&folder.join("secret"), 0o600);
    assert_eq!(made(&folder, 1), (0, 1));
}

#[test]
fn truncated_secret_is_replaced() {
    let (_scratch, folder) = scratch();
    made(&folder, 1);
    fs::write(folder.join("secret"), b"short").expect("written");
    assert_eq!(made(&folder, 1), (1, 0));
    assert_eq!(made(&folder, 1), (0, 1));
}

#[test]
fn least_recently_used_artifact_is_evicted_first() {
    let (_scratch, folder) = scratch();
    made(&folder, 0);
    let size = fs::metadata(&artifacts(&folder)[0]).expect("a file").len();
    let limit = size * 8;
    let cache = Arc::new(CompileCache::open(&folder, limit).expect("a cache"));
    let limits = Limits::default().step;
    let executor = WasmtimeExecutor::over(&limits, Compilers::One, Some(&cache));
    let executor = executor.expect("an executor");
    for number in 1..40 {
        answer(&executor, number);
        let bytes = cache.usage().expect("usage").bytes;
        assert!(bytes <= limit, "{bytes} of {limit} after {number}");
    }
    assert_eq!(made(&folder, 39), (0, 1), "the newest is kept");
    assert_eq!(made(&folder, 1), (1, 0), "the oldest is gone");
}

#[test]
fn cleaning_removes_only_files_of_the_cache() {
    let (_scratch, folder) = scratch();
    made(&folder, 1);
    fs::write(folder.join("notes.txt"), b"mine").expect("written");
    fs::write(folder.join("unfinished-1-2-3"), b"half").expect("written");
    let removed = CompileCache::clean(&folder).expect("cleaned");
    assert_eq!(removed.artifacts, 1);
    let left = fs::read_dir(&folder).expect("a folder");
    let left: Vec<_> = left.map(|e| e.expect("an entry").file_name()).collect();
    assert_eq!(left, ["notes.txt"]);
    fs::remove_file(folder.join("notes.txt")).expect("removed");
    CompileCache::clean(&folder).expect("cleaned");
    assert!(!folder.exists());
}

#[test]
fn step_that_many_threads_need_is_compiled_once() {
    let (_scratch, folder) = scratch();
    let executor = executor(&folder);
    let start = Barrier::new(8);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                start.wait();
                assert_eq!(answer(&executor, 5), "00000005");
            });
        }
    });
    assert_eq!(executor.compile_stats().compiled, 1);
}

#[test]
fn several_caches_can_share_a_folder() {
    let (_scratch, folder) = scratch();
    let start = Barrier::new(6);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                // Each thread creates the folder and the secret, or finds them.
                start.wait();
                let executor = executor(&folder);
                for number in 0..20 {
                    assert_eq!(answer(&executor, number), format!("{number:08}"));
                }
            });
        }
    });
    for number in 0..20 {
        assert_eq!(made(&folder, number), (0, 1));
    }
}
