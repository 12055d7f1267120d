//! Ratios of the times of whole runs of the binary to the times of their lower limits,
//! for example of hashing the same files, each with a bar.
//!
//! `ci/bench.sh` runs the criterion benches first. This bench then prints one table of
//! ratios, with the median and the middle half of each, and fails if a median is beyond
//! its bar. Both sides of a ratio are measured alternately, so that a busy machine slows
//! both.
#![expect(clippy::expect_used, reason = "a bench fails as a test does")]

mod made;
mod table;

use made::Made;
use provision_core::wizard::StepExecutor;
use provision_core::{Limits, Pack, Source};
use provision_exec::WasmtimeExecutor;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use table::{Row, Table};

/// The number of measurements of each ratio.
const ROUNDS: usize = 7;

struct Bench {
    root: PathBuf,
}

impl Bench {
    /// Runs the binary, and returns the time that it took.
    fn run(&self, args: &[&str]) -> Duration {
        let mut command = Command::new(env!("CARGO_BIN_EXE_greentic-provision"));
        command.current_dir(&self.root).args(args);
        command.env("XDG_CACHE_HOME", self.root.join("cache"));
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let started = Instant::now();
        let status = command.status().expect("the binary runs");
        let took = started.elapsed();
        // One of the packs depends on the clock, and fails.
        let judged = matches!(status.code(), Some(0 | 1));
        assert!(judged, "{args:?} ended with {status}");
        took
    }

    fn conformance(&self, packs: &str, more: &[&str]) -> Duration {
        let base = ["conformance", "--packs", packs, "--out", "out"];
        self.run(&[&base, more].concat())
    }

    /// Writes `packs` as archives into a folder.
    fn folder(&self, name: &str, packs: impl Iterator<Item = (String, Vec<u8>)>) {
        let folder = self.root.join(name);
        fs::create_dir_all(&folder).expect("a folder");
        for (id, bytes) in packs {
            fs::write(folder.join(format!("{id}.gtpack")), bytes).expect("a pack");
        }
    }

    /// The `pack_finished` events of the last run, one for each pack.
    fn finished(&self) -> Vec<Value> {
        let events = fs::read_to_string(self.root.join("out/events.jsonl")).expect("events");
        let events = events.lines().map(serde_json::from_str);
        let events = events.map(|event: Result<Value, _>| event.expect("JSON"));
        events.filter(|e| e["event"] == "pack_finished").collect()
    }

    /// Peak memory of the last run, in bytes.
    fn peak(&self) -> f64 {
        let peaks = self.finished().into_iter();
        let peaks = peaks.filter_map(|e| e["resident_peak"].as_u64());
        peaks.max().expect("a peak") as f64
    }
}

fn noops(bench: &Bench, name: &str, count: usize) {
    let noop = |i: usize| {
        let id = format!("noop-{i:05}");
        let made = Made {
            distinct: true,
            ..Made::of("noop-provision", &id)
        };
        let bytes = made.archive();
        (id, bytes)
    };
    bench.folder(name, (0..count).map(noop));
}

/// `count` packs with real guests under other ids, as large as published packs.
fn published(bench: &Bench, name: &str, count: usize) {
    let pack = |i: usize| {
        let id = format!("published-{i:03}");
        let fixture = made::REAL[i % made::REAL.len()];
        let made = Made {
            large: true,
            ..Made::of(fixture, &id)
        };
        let bytes = made.archive();
        (id, bytes)
    };
    bench.folder(name, (0..count).map(pack));
}

fn secs(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

/// Seconds to read all files of a folder and hash them with BLAKE3, in one thread.
fn hashing(folder: &Path) -> f64 {
    let started = Instant::now();
    for entry in fs::read_dir(folder).expect("a folder") {
        let bytes = fs::read(entry.expect("an entry").path()).expect("a pack");
        std::hint::black_box(blake3::hash(&bytes));
    }
    secs(started.elapsed())
}

/// Seconds to compile the distinct components on all processors, the largest first.
fn compiling() -> f64 {
    let limits = Limits::default();
    let mut packs: Vec<(Pack, String, u64)> = Vec::new();
    for fixture in made::REAL {
        let bytes = Made::of(fixture, "compile").archive();
        let pack = Pack::open(Source::Archive(Arc::new(bytes)), &limits).expect("opens");
        let wasm = pack.files().find(|f| f.ends_with(".wasm"));
        let wasm = wasm.expect("a component").to_owned();
        let size = pack.size(&wasm).expect("a size");
        packs.push((pack, wasm, size));
    }
    packs.sort_by_key(|(_, _, size)| *size);
    let executor = WasmtimeExecutor::new(&limits.step).expect("an executor");
    let left = Mutex::new(packs);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let next = left.lock().expect("no panic").pop();
                    let Some((pack, wasm, _)) = next else { break };
                    executor.compile(&pack, &wasm);
                }
            });
        }
    });
    secs(started.elapsed())
}

fn clean(bench: &Bench) {
    bench.run(&["cache", "clean"]);
}

fn processes(bench: &Bench, table: &mut Table) {
    noops(bench, "one", 1);
    let pack = "one/noop-00000.gtpack";
    let setup = [
        "dry-run",
        "setup",
        "--pack",
        pack,
        "--provider-id",
        "p",
        "--install-id",
        "i",
        "--json",
    ];
    bench.run(&setup);
    let ratio = |_: usize| {
        let mut version = Vec::new();
        let mut dry = Vec::new();
        for _ in 0..15 {
            version.push(secs(bench.run(&["--version"])));
            dry.push(secs(bench.run(&setup)));
        }
        table::median(&mut dry) / table::median(&mut version)
    };
    let samples = (0..ROUNDS).map(ratio).collect();
    table.add(Row::new("dry-run setup of noop, warm / --version", samples).at_most(3.0));
}

fn thousand(bench: &Bench, table: &mut Table) {
    noops(bench, "hundred", 100);
    noops(bench, "thousand", 1000);
    let cold = secs(bench.conformance("thousand", &["--no-cache"]));
    bench.conformance("thousand", &[]);
    bench.conformance("hundred", &[]);
    let processors = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    let (mut times, mut peaks) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let took = secs(bench.conformance("thousand", &[]));
        times.push(took * processors * 1000.0 / 1000.0);
        let thousand = bench.peak();
        bench.conformance("hundred", &[]);
        peaks.push(thousand / bench.peak());
    }
    let warm = table::median(&mut times.clone()) / processors;
    let label = "1 000 distinct noop packs, warm: ms of a processor a pack";
    table.add(Row::new(label, times).at_most(3.0));
    let label = "peak memory, 1 000 packs / 100 packs";
    table.add(Row::new(label, peaks).at_most(1.1));
    let label = "1 000 distinct noop packs, cold / warm";
    table.add(Row::new(label, vec![cold / warm]));
}

/// The cost of running steps in workers.
fn isolation(bench: &Bench, table: &mut Table) {
    noops(bench, "five-hundred", 500);
    let run = |isolation| secs(bench.conformance("five-hundred", &["--isolation", isolation]));
    run("none");
    let ratio = |_: usize| {
        let (before, apart, after) = (run("none"), run("auto"), run("none"));
        apart * 2.0 / (before + after)
    };
    let samples = (0..ROUNDS).map(ratio).collect();
    let label = "500 distinct noop packs, warm, in workers / in one process";
    table.add(Row::new(label, samples).at_most(1.25));
}

fn published_size(bench: &Bench, table: &mut Table) {
    published(bench, "published", 50);
    let folder = bench.root.join("published");
    let (mut warm, mut cold) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        clean(bench);
        let took = secs(bench.conformance("published", &[]));
        cold.push(took / compiling());
        let took = secs(bench.conformance("published", &[]));
        warm.push(took / hashing(&folder));
    }
    let label = "50 packs of real languages, warm / BLAKE3 of their files";
    table.add(Row::new(label, warm).at_most(10.0));
    let label = "the same, cold / compiling the distinct components";
    table.add(Row::new(label, cold).at_most(1.3));
}

/// The cost of a comparison, which observes two packs once, and judges neither.
fn compared(bench: &Bench, table: &mut Table) {
    let pack = |deflate| Made {
        large: true,
        deflate,
        ..Made::of("js-provider", "compared")
    };
    let pack = |deflate| ("compared".to_owned(), pack(deflate).archive());
    // The same files in another archive: neither is read twice.
    bench.folder("older", [pack(false)].into_iter());
    bench.folder("newer", [pack(true)].into_iter());
    let (older, newer) = ("older/compared.gtpack", "newer/compared.gtpack");
    let judge = || secs(bench.conformance(newer, &[]));
    judge();
    let ratio = |_: usize| {
        let before = judge();
        let compared = secs(bench.run(&["compare", older, newer]));
        compared * 2.0 / (before + judge())
    };
    let samples = (0..ROUNDS).map(ratio).collect();
    let label = "compare of two packs of published size, warm / judging one";
    table.add(Row::new(label, samples).at_most(2.2));
}

fn mixed(bench: &Bench, table: &mut Table) {
    published(bench, "mixed", 100);
    noops(bench, "mixed", 100);
    let cold = secs(bench.conformance("mixed", &["--no-cache"]));
    bench.conformance("mixed", &[]);
    let (mut shares, mut times) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        times.push(secs(bench.conformance("mixed", &[])));
        let mut sums: BTreeMap<String, u64> = BTreeMap::new();
        for pack in bench.finished() {
            let micros = pack["micros"].as_object().expect("times");
            for (part, value) in micros {
                *sums.entry(part.clone()).or_default() += value.as_u64().expect("µs");
            }
        }
        let all: u64 = sums.values().sum();
        shares.push((sums["repeat"] + sums["probe"]) as f64 / all as f64);
    }
    let label = "repeat, answers and secrets / all of 200 mixed packs, warm";
    // No bar: every run tries all answers itself, and that is most of its work.
    table.add(Row::new(label, shares));
    let warm = table::median(&mut times);
    table.add(Row::new("200 mixed packs, cold / warm", vec![cold / warm]));
}

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let bench = Bench {
        root: folder.path().to_owned(),
    };
    let mut table = Table::default();
    let criterion = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../criterion");
    table.criterion(&criterion);
    processes(&bench, &mut table);
    thousand(&bench, &mut table);
    isolation(&bench, &mut table);
    published_size(&bench, &mut table);
    compared(&bench, &mut table);
    mixed(&bench, &mut table);
    print!("{table}");
    if table.is_beyond() {
        eprintln!("error: a median is beyond its bar");
        std::process::exit(1);
    }
}
