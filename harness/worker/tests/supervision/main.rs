//! What the supervisor reports when its workers misbehave.
//!
//! This program is also the worker. Started under a name of [`MODES`], it fails
//! in that way. It implements as much of the protocol as this needs, from the
//! protocol's description and without the crate's own code.
#![cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "the trials run on Linux only")
)]
#![expect(clippy::expect_used, reason = "tests fail so")]

mod bombs;
mod replaced;
mod stores;

use libtest_mimic::{Arguments, Failed, Trial};
use provision_core::wizard::{Call, StepAnswer, StepCode, StepExecutor, StepOutcome, StepRequest};
use provision_core::{Limits, Pack, Source};
use provision_exec::{Compilers, WasmtimeExecutor};
use provision_worker::{Bounded, CompileTimeout, Isolated, Setup, WORKER_MEMORY};
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

#[global_allocator]
static ALLOCATOR: Bounded = Bounded;

/// The ways in which a worker fails, each with the code and a part of the message that
/// must result.
const MODES: &[(&str, StepCode, &str)] = &[
    ("abort", StepCode::WorkerCrash, "signal 6 (SIGABRT)"),
    ("overflow", StepCode::WorkerCrash, "signal 6 (SIGABRT)"),
    ("segv", StepCode::WorkerCrash, "signal 11 (SIGSEGV)"),
    ("exit", StepCode::WorkerCrash, "status 3"),
    ("silent-end", StepCode::WorkerCrash, "status 0"),
    ("memory", StepCode::WorkerMemory, "memory"),
    ("noise", StepCode::WorkerProtocol, "expected"),
    ("huge", StepCode::WorkerProtocol, "4294967295 bytes"),
    ("cut", StepCode::WorkerCrash, "status 0"),
    ("other-answer", StepCode::WorkerProtocol, "asked"),
    (
        "too-much",
        StepCode::WorkerProtocol,
        "more bytes than it may",
    ),
    ("closes", StepCode::WorkerProtocol, "did not end"),
    ("stops", StepCode::WorkerCrash, "SIGSTOP"),
];

type Test = fn() -> Result<(), Failed>;

fn main() -> ExitCode {
    let mut args = std::env::args();
    let name = args.next().map(PathBuf::from);
    let name = name.as_ref().and_then(|n| n.file_name()?.to_str());
    if args.next().as_deref() == Some("worker") {
        return worker(name.unwrap_or_default());
    }
    let args = Arguments::from_args();
    if cfg!(not(target_os = "linux")) {
        eprintln!("skipped: these tests need Linux");
        return ExitCode::SUCCESS;
    }
    let mut trials: Vec<Trial> = MODES
        .iter()
        .map(|mode| {
            Trial::test(format!("worker_failure_is_reported::{}", mode.0), || {
                fails(mode)
            })
        })
        .collect();
    let more: [(&str, Test); 12] = [
        ("step_is_run_again_after_one_crash", once),
        ("answers_equal_those_of_the_in_process_executor", same),
        (
            "writes_equal_those_of_the_in_process_executor",
            stores::same_writes,
        ),
        ("killed_worker_loses_all_writes", stores::lost),
        (
            "slow_module_exceeds_the_bounds_of_the_compiler",
            bombs::slow,
        ),
        (
            "compile_that_is_slow_twice_is_the_packs_failure",
            bombs::confirmed,
        ),
        (
            "compile_that_is_slow_once_is_no_failure",
            bombs::unconfirmed,
        ),
        ("compile_that_waits_is_an_error_of_the_harness", bombs::idle),
        ("large_compile_ends_with_worker_memory", bombs::large),
        ("program_that_is_not_a_worker_is_refused", no_worker),
        ("workers_are_replaced_and_none_is_left", none_left),
        ("worker_that_holds_much_memory_is_replaced", replaced::large),
    ];
    trials.extend(more.map(|(name, test)| Trial::test(name, test)));
    libtest_mimic::run(&args, trials).exit_code()
}

/// Reads a frame and returns its head.
fn frame() -> Vec<u8> {
    let mut lengths = [0; 8];
    let mut input = std::io::stdin().lock();
    if input.read_exact(&mut lengths).is_err() {
        std::process::exit(0);
    }
    let length = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|i| lengths[at + i])) as usize;
    let mut rest = vec![0; length(0) + length(4)];
    input.read_exact(&mut rest).expect("a whole frame");
    rest.truncate(length(0));
    rest
}

fn answer(head: &str, body: &[u8]) {
    let mut out = std::io::stdout().lock();
    for part in [head.as_bytes(), body] {
        let length = u32::try_from(part.len()).expect("a short answer");
        out.write_all(&length.to_le_bytes()).expect("writes");
    }
    out.write_all(head.as_bytes()).expect("writes");
    out.write_all(body).expect("writes");
    out.flush().expect("writes");
}

/// A worker that fails when it is asked for the first step.
fn worker(mode: &str) -> ExitCode {
    let marker = std::env::args().next().map(|n| PathBuf::from(n + ".broke"));
    let marker = marker.expect("a name");
    if mode == "healthy" || (mode.ends_with("once") && marker.exists()) {
        return provision_worker::serve();
    }
    if matches!(mode, "small" | "large") {
        return replaced::serve(mode, &marker);
    }
    frame();
    answer(r#"{"ready":{"version":3,"locks":[]}}"#, b"");
    loop {
        let head = String::from_utf8(frame()).expect("JSON");
        if head.starts_with(r#"{"compile""#) {
            match mode {
                "compiles-for-ever" => spin(),
                "compiles-for-ever-once" => {
                    fs::write(&marker, "").expect("writes");
                    spin();
                }
                // The supervisor sends nothing else, and keeps the pipe open.
                "compiles-never" => drop(frame()),
                _ => {}
            }
            answer(r#"{"compiled":{"failure":null,"oversized":true}}"#, b"");
        }
        if head.starts_with(r#"{"step""#) {
            break;
        }
    }
    fs::write(marker, "").expect("writes");
    go_wrong(mode)
}

/// Uses processor time until it is killed.
fn spin() -> ! {
    loop {
        std::hint::spin_loop();
    }
}

#[expect(unsafe_code, reason = "it makes this process fail")]
fn go_wrong(mode: &str) -> ExitCode {
    let done = r#"{"step":{"result":{"Ok":"json"},"output":OUT,"reads":true,"meters":{"fuel":1,
        "memory_bytes":0,"table_elements":0,"host_calls":0,"host_bytes":0,"output_bytes":0,
        "wall_micros":0},"attempts":{"calls":[],"stdout":[],"stderr":[],"logs":[],
        "truncated":false},"writes":[],"loaded":0,"files":[]}}"#;
    let mut out = std::io::stdout();
    match mode {
        "abort" | "once" => std::process::abort(),
        "overflow" => {
            fn deep(n: u64) -> u64 {
                let kept = std::hint::black_box([n; 512]);
                match n {
                    u64::MAX => 0,
                    _ => deep(n + 1) + kept[(n % 512) as usize],
                }
            }
            std::hint::black_box(deep(0));
        }
        // SAFETY: the signal kills this process, as intended.
        "segv" => unsafe {
            libc::signal(libc::SIGSEGV, libc::SIG_DFL);
            libc::raise(libc::SIGSEGV);
        },
        // SAFETY: the signal stops this process until it is killed, as intended.
        "stops" => unsafe {
            libc::raise(libc::SIGSTOP);
        },
        "exit" => return ExitCode::from(3),
        "memory" => return ExitCode::from(86),
        "noise" => answer("no JSON at all", b""),
        "huge" => out.write_all(&[255; 64]).expect("writes"),
        "cut" => out.write_all(&[9, 0, 0, 0, 1]).expect("writes"),
        "other-answer" => answer(r#""lacks""#, b""),
        "too-much" => answer(&done.replace("OUT", "5"), b"{}"),
        "closes" => {
            // SAFETY: nothing uses standard output after this.
            unsafe { libc::close(1) };
            loop {
                std::thread::park();
            }
        }
        _ => {}
    }
    out.flush().expect("writes");
    // The supervisor must read the reply before it sees that this process ended.
    if ["noise", "huge", "other-answer", "too-much"].contains(&mode) {
        frame();
        if mode == "other-answer" {
            answer(r#"{"compiled":{"failure":null,"oversized":true}}"#, b"");
            frame();
            answer(r#""lacks""#, b"");
            frame();
        }
    }
    ExitCode::SUCCESS
}

/// This program under another name.
fn program(folder: &Path, mode: &str) -> PathBuf {
    let path = folder.join(mode);
    let this = std::env::current_exe().expect("a path");
    std::os::unix::fs::symlink(this, &path).expect("a link");
    path
}

fn setup(program: PathBuf, messages: &Arc<Mutex<Vec<String>>>) -> Setup {
    let messages = Arc::clone(messages);
    Setup {
        program,
        limits: Limits::default(),
        compilers: Compilers::One,
        jobs: 1,
        cache: None,
        compiling: CompileTimeout::default(),
        memory: WORKER_MEMORY,
        require_restrictions: false,
        warn: Box::new(move |text| messages.lock().expect("no panic").push(text.to_owned())),
    }
}

/// A pack with these files of Wasm text.
fn pack(files: &[(&str, &str)]) -> Pack {
    let manifest = br#"{"id":"p","version":"1.0.0"}"#.to_vec();
    let files = files
        .iter()
        .map(|(n, t)| ((*n).to_owned(), t.as_bytes().to_vec()));
    let mut files: BTreeMap<String, Vec<u8>> = files.collect();
    files.insert("pack.json".into(), manifest);
    let source = Source::Folder {
        files,
        manifest: None,
    };
    Pack::open(source, &Limits::default()).expect("opens")
}

const ECHO: &str = r#"(module (memory (export "memory") 1)
    (func (export "run") (param i32 i32) (result i32 i32) (local.get 0) (local.get 1)))"#;

fn step(executor: &dyn StepExecutor, pack: &Pack, file: &str) -> StepAnswer {
    let input = br#"{"a":1}"#.to_vec();
    executor.execute(pack, &StepRequest::new(file, Call::Step { input }))
}

fn fails((mode, code, message): &(&str, StepCode, &str)) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let messages = Arc::default();
    let executor = Isolated::new(setup(program(folder.path(), mode), &messages))?;
    let pack = pack(&[("s.wat", ECHO)]);
    // The first failure must not change the result of the next step.
    for _ in 0..2 {
        let failure = step(&executor, &pack, "s.wat").result;
        let failure = failure.err().ok_or("it answered")?;
        assert_eq!(failure.code, *code, "{failure}");
        assert!(failure.code.is_error(), "the pack is not blamed");
        assert!(failure.message.contains(message), "{failure}");
        assert!(failure.message.contains("tried again"), "{failure}");
    }
    let messages = messages.lock().expect("no panic");
    // The pack is named.
    let is_retry = |m: &&String| m.starts_with("p: s.wat: ") && m.contains("once more");
    let retries = messages.iter().filter(is_retry).count();
    assert_eq!(retries, 2, "{messages:?}");
    Ok(())
}

fn once() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let messages = Arc::default();
    let executor = Isolated::new(setup(program(folder.path(), "once"), &messages))?;
    let pack = pack(&[("s.wat", ECHO)]);
    let answer = step(&executor, &pack, "s.wat").result;
    assert_eq!(answer, Ok(StepOutcome::Json(br#"{"a":1}"#.to_vec())));
    let messages = messages.lock().expect("no panic").join("\n");
    assert!(
        messages.contains("SIGABRT") && messages.contains("once more"),
        "{messages}"
    );
    Ok(())
}

fn same() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let isolated = Isolated::new(setup(program(folder.path(), "healthy"), &Arc::default()))?;
    let in_process = WasmtimeExecutor::new(&Limits::default().step)?;
    let traps = r#"(module (memory (export "memory") 1)
        (func (export "run") (param i32 i32) (result i32 i32) unreachable))"#;
    let pack = pack(&[
        ("echo.wat", ECHO),
        ("traps.wat", traps),
        ("none.wat", "(module"),
    ]);
    let long: Vec<u8> = (0..400_000u32).map(|i| (i % 251) as u8).collect();
    let longer = [&long[..], b"and more", &long[..10]].concat();
    let beyond = vec![b'1'; 1024 * 1024 + 1];
    for file in ["echo.wat", "traps.wat", "none.wat", "missing.wat"] {
        for input in [&b""[..], b"{}", &long, &longer, &long, &beyond] {
            let input = input.to_vec();
            let request = StepRequest::new(file, Call::Step { input });
            let [a, b] = [&isolated as &dyn StepExecutor, &in_process].map(|executor| {
                let mut answer = executor.execute(&pack, &request);
                answer.meters.wall_micros = 0;
                answer
            });
            assert!(a == b, "{file}: {:?}, {:?}", a.meters, b.meters);
        }
    }
    Ok(())
}

fn no_worker() -> Result<(), Failed> {
    for (program, expected) in [
        (
            "/bin/true",
            "the worker ended with status 0 instead of answering",
        ),
        (
            "/bin/echo",
            "the worker ended with status 0 instead of answering",
        ),
        (
            "/nonexistent/program",
            "a worker cannot be started: No such file or directory (os error 2)",
        ),
    ] {
        let made = Isolated::new(setup(program.into(), &Arc::default()));
        let why = made.err().ok_or("it was accepted as a worker")?;
        assert_eq!(why.to_string(), expected);
    }
    Ok(())
}

fn none_left() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let program = program(folder.path(), "healthy");
    let executor = Isolated::new(setup(program.clone(), &Arc::default()))?;
    let workers = || {
        let all = fs::read_dir("/proc").expect("processes");
        let commands = all.filter_map(|p| fs::read(p.ok()?.path().join("cmdline")).ok());
        let program = program.as_os_str().as_encoded_bytes();
        commands.filter(|c| c.starts_with(program)).count()
    };
    for n in 0..900 {
        let text = format!("{ECHO} ;; {n}");
        let pack = pack(&[("s.wat", &text)]);
        assert!(step(&executor, &pack, "s.wat").result.is_ok(), "{n}");
        // One worker compiles, and one runs guests.
        assert!(workers() <= 2, "{n}");
    }
    drop(executor);
    assert_eq!(workers(), 0);
    Ok(())
}
