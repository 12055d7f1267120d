//! Compares a whole run with its floor. The bench records the calls of the run and
//! repeats them on bare Wasmtime with the same safety settings: that is the floor.
//!
//! Both sides are measured as processor time. The run is warm; the floor loads each
//! component once from compiled code, as the run does. The harness's executor repeats
//! calls of interfaces other than the step contract, and calls that need answers of the
//! host; the bench `step` measures what the executor adds to a call.
#![expect(clippy::expect_used, reason = "a bench fails as a test does")]

mod bare;
#[path = "../../runner/benches/made/mod.rs"]
mod made;

use bare::{Code, Guest};
use made::Made;
use provision_core::wizard::{Call, StepAnswer, StepExecutor, StepOutcome, StepRequest};
use provision_core::{Limits, Pack, Source};
use provision_exec::WasmtimeExecutor;
use provision_oracle::{Conditions, observe};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often both sides run in turn. The bench judges the median of the ratios.
const ROUNDS: usize = 7;
/// The largest ratio of a run to its floor that passes.
const BAR: f64 = 1.5;

/// Forwards steps, and records them with their answers.
struct Recording<'e> {
    executor: &'e WasmtimeExecutor,
    calls: Mutex<Vec<(StepRequest, StepAnswer)>>,
}

impl StepExecutor for Recording<'_> {
    fn execute(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        let answer = self.executor.execute(pack, request);
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push((request.clone(), answer.clone()));
        answer
    }
}

/// One recorded call.
struct Recorded {
    pack: usize,
    request: StepRequest,
    /// The digest of the component, if bare Wasmtime gives the recorded answer.
    bare: Option<blake3::Hash>,
}

/// A pack as the bench reads it: an archive, or a folder of files.
fn source(path: &Path) -> Source {
    if path.is_file() {
        return Source::Archive(Arc::new(std::fs::read(path).expect("a pack")));
    }
    let mut files = BTreeMap::new();
    for entry in walkdir::WalkDir::new(path) {
        let entry = entry.expect("a file of a pack");
        let name = entry.path().strip_prefix(path).expect("below it");
        let name = name.to_str().expect("UTF-8").to_owned();
        if entry.file_type().is_file() && name != "expect.toml" {
            files.insert(name, std::fs::read(entry.path()).expect("a file"));
        }
    }
    Source::Folder {
        files,
        manifest: None,
    }
}

/// The packs in `folder`.
fn packs(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut packs: Vec<PathBuf> = entries.map(|e| e.expect("an entry").path()).collect();
    packs.retain(|p| p.is_dir() || p.extension().is_some_and(|e| e == "gtpack"));
    packs.sort();
    packs
}

/// The calls of a run, ready to be repeated.
struct Floor {
    executor: WasmtimeExecutor,
    engine: wasmtime::Engine,
    packs: Vec<Pack>,
    calls: Vec<Recorded>,
    /// Compiled code, by the digest of the component.
    code: HashMap<blake3::Hash, Code>,
}

impl Floor {
    fn record(folder: &Path) -> Self {
        let limits = Limits::default();
        // As in the profile `core`, which is the default.
        let conditions = Conditions {
            second_runs: false,
            ..Conditions::default()
        };
        let mut floor = Self {
            executor: WasmtimeExecutor::new(&limits.step).expect("an executor"),
            engine: bare::engine(),
            packs: Vec::new(),
            calls: Vec::new(),
            code: HashMap::new(),
        };
        for path in packs(folder) {
            let recording = Recording {
                executor: &floor.executor,
                calls: Mutex::default(),
            };
            drop(observe(Ok(source(&path)), &recording, &conditions));
            let calls = recording.calls.into_inner();
            let calls = calls.unwrap_or_else(PoisonError::into_inner);
            let Ok(pack) = Pack::open(source(&path), &limits) else {
                continue;
            };
            for (request, answer) in calls {
                let bare = floor.bare(&pack, &request, &answer);
                let pack = floor.packs.len();
                floor.calls.push(Recorded {
                    pack,
                    request,
                    bare,
                });
            }
            floor.packs.push(pack);
        }
        floor
    }

    /// The digest of the component if bare Wasmtime gives the same answer.
    fn bare(
        &mut self,
        pack: &Pack,
        request: &StepRequest,
        answer: &StepAnswer,
    ) -> Option<blake3::Hash> {
        let (Call::Step { input }, Ok(StepOutcome::Json(expected))) =
            (&request.call, &answer.result)
        else {
            return None;
        };
        let digest = pack.info(&request.component)?.blake3;
        if !self.code.contains_key(&digest) {
            let bytes = pack.read(&request.component)?;
            let binary = wat::parse_bytes(&bytes).ok()?;
            let code = Code::compile(&self.engine, &binary).ok()?;
            self.code.insert(digest, code);
        }
        let guest = Guest::load(&self.engine, &self.code[&digest]).ok()?;
        let same = guest.run(&self.engine, input).ok()? == *expected;
        same.then_some(digest)
    }

    /// The processor time of repeating all calls.
    fn measure(&self) -> f64 {
        let started = own_time();
        let mut guests: HashMap<blake3::Hash, Guest> = HashMap::new();
        for call in &self.calls {
            match (call.bare, &call.request.call) {
                (Some(digest), Call::Step { input }) => {
                    let load = || Guest::load(&self.engine, &self.code[&digest]).expect("loads");
                    let guest = guests.entry(digest).or_insert_with(load);
                    let answer = guest.run(&self.engine, input).expect("runs as before");
                    std::hint::black_box(answer);
                }
                _ => {
                    let pack = &self.packs[call.pack];
                    std::hint::black_box(self.executor.execute(pack, &call.request));
                }
            }
        }
        own_time() - started
    }
}

/// Seconds of processor time of this process.
fn own_time() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(time)
        .expect("not negative")
        .as_secs_f64()
}

/// Seconds of processor time of all children that ended, and of their children.
fn time_of_children() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let (_, fields) = stat.rsplit_once(')').expect("a name in parentheses");
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |at: usize| fields[at].parse::<f64>().expect("a number");
    // These are fields 16 and 17 of proc(5), because `fields` starts with field 3.
    (ticks(13) + ticks(14)) / rustix::param::clock_ticks_per_second() as f64
}

/// The release binary, which `ci/bench.sh` builds before it runs this bench.
fn binary() -> PathBuf {
    let bench = std::env::current_exe().expect("a path");
    let profile = bench
        .parent()
        .and_then(Path::parent)
        .expect("target/release");
    let binary = profile.join("greentic-provision");
    assert!(
        binary.is_file(),
        "{} is missing: cargo build --release --bin greentic-provision",
        binary.display()
    );
    binary
}

/// Processor time of a whole run of the binary over `packs`.
fn whole(out: &Path, packs: &Path, flags: &[&str]) -> f64 {
    let before = time_of_children();
    let mut command = Command::new(binary());
    command.current_dir(out).args(["conformance", "--packs"]);
    command
        .arg(packs)
        .args(["--out", "out", "--cache", "cache"]);
    command
        .args(flags)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let status = command.status().expect("the binary runs");
    // One of the packs depends on the clock, and fails.
    let judged = matches!(status.code(), Some(0 | 1));
    assert!(judged, "the run ended with {status}");
    time_of_children() - before
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

/// Whether the run stays below the bar.
fn compare(label: &str, out: &Path, packs: &Path) -> bool {
    let floor = Floor::record(packs);
    let bare = floor.calls.iter().filter(|c| c.bare.is_some()).count();
    // The first run of each side compiles and loads.
    whole(out, packs, &[]);
    floor.measure();
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let run = whole(out, packs, &[]);
        let floor = floor.measure();
        let alone = whole(out, packs, &["--isolation", "none"]);
        rounds.push((run, alone, floor));
    }
    // Each ratio is of one round, so that a slow minute of the machine is on both sides.
    let of_rounds = |of: fn(&(f64, f64, f64)) -> f64| median(rounds.iter().map(of).collect());
    let ratio = of_rounds(|(run, _, floor)| run / floor);
    println!(
        "{label}: {} calls, {bare} of them on bare Wasmtime\n  \
         floor {:.3} s, run {:.3} s, run in one process {:.3} s\n  \
         run / floor {ratio:.2} (bar {BAR}), in one process {:.2}",
        floor.calls.len(),
        of_rounds(|(_, _, floor)| *floor),
        of_rounds(|(run, _, _)| *run),
        of_rounds(|(_, alone, _)| *alone),
        of_rounds(|(_, alone, floor)| alone / floor),
    );
    ratio <= BAR
}

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let published = folder.path().join("published");
    std::fs::create_dir(&published).expect("a folder");
    for i in 0..50 {
        let id = format!("published-{i:03}");
        let pack = Made {
            large: true,
            ..Made::of(made::REAL[i % made::REAL.len()], &id)
        };
        std::fs::write(published.join(format!("{id}.gtpack")), pack.archive()).expect("a pack");
    }
    let conforming = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/conforming");
    let _runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let _entered = _runtime.enter();
    let held = [
        compare("packs/conforming", folder.path(), &conforming),
        compare("50 packs of published size", folder.path(), &published),
    ];
    if held.contains(&false) {
        eprintln!("error: a run takes more than {BAR} times its floor");
        std::process::exit(1);
    }
}
