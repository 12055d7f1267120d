//! How `watch` ends: by signals, without a reader, by errors of the command line.

use super::{Place, plans};
use crate::apply_signals::ticks;
use crate::support::{caches, code, fixture, run_in, stderr, text};
use crate::terminal::OnTerminal;
use crate::workers::{kill, workers};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

#[test]
fn signal_in_a_judgement_leaves_no_worker_and_no_result() {
    for signal in ["INT", "TERM"] {
        let place = Place::new();
        let mut watching = place.watch("--jobs 1");
        let idle = workers(watching.child.id());
        let before: Vec<u64> = idle.iter().map(|pid| ticks(*pid)).collect();
        place.add("hostile/loop-in-run", "loop");
        // A worker that takes processor time is in a step.
        let pid = watching.child.id();
        let running = loop {
            let at_work = |pid: &u32| match idle.iter().position(|i| i == pid) {
                Some(i) => ticks(*pid) >= before[i] + 3,
                None => ticks(*pid) >= 3,
            };
            if let Some(worker) = workers(pid).into_iter().find(at_work) {
                break worker;
            }
            let ended = watching.child.try_wait().expect("is known");
            assert!(ended.is_none(), "ended before a worker was seen");
            std::thread::yield_now();
        };
        kill(running, "-STOP");
        let all = workers(pid);
        let (code, rest) = watching.end(&format!("-{signal}"));
        assert_eq!(code, 6, "{rest:#?}");
        let rest = rest.join("\n");
        assert!(rest.contains("2 packs: 2 pass, 0 fail"), "{rest}");
        assert!(
            rest.contains("without a result, because their run was ended: 1 pack"),
            "{rest}"
        );
        assert!(
            rest.ends_with(&format!("ended by SIG{signal}, exit 6")),
            "{rest}"
        );
        for worker in all {
            let alive = Path::new(&format!("/proc/{worker}")).exists();
            assert!(!alive, "a worker is left");
        }
        let left = leftovers(&place.folder().join("reports"));
        assert!(left.is_empty(), "{left:?}");
    }
}

/// The temporary files below a folder.
fn leftovers(folder: &Path) -> Vec<std::path::PathBuf> {
    let all = walkdir::WalkDir::new(folder).into_iter();
    let all = all.map(|entry| entry.expect("readable").into_path());
    all.filter(|path| path.extension().is_some_and(|e| e == "part"))
        .collect()
}

#[test]
fn signal_between_judgements_gives_the_code_of_the_last_state() {
    let place = Place::new();
    let (plan, _, wrong) = plans(&place);
    fs::write(plan, wrong).expect("writes");
    for signal in ["-INT", "-TERM"] {
        let watching = place.watch("");
        let all = workers(watching.child.id());
        assert!(!all.is_empty());
        let (code, rest) = watching.end(signal);
        assert_eq!(code, 1, "{rest:#?}");
        assert_eq!(rest.len(), 2, "{rest:#?}");
        for worker in all {
            assert!(
                !Path::new(&format!("/proc/{worker}")).exists(),
                "a worker is left"
            );
        }
    }
}

#[test]
fn reader_that_leaves_ends_the_command_also_between_judgements() {
    let place = Place::new();
    let mut watching = place.watch("");
    watching.close();
    let (code, _) = watching.ended();
    assert_eq!((code, watching.said()), (0, String::new()));
    let mut watching = place.start("w");
    watching.close();
    let (code, _) = watching.ended();
    assert!([0, 6].contains(&code), "{code}: {}", watching.said());
    assert!(!watching.said().contains("panicked"), "{}", watching.said());
}

#[test]
fn full_standard_output_is_an_error() {
    let place = Place::new();
    let full = fs::File::options().write(true).open("/dev/full");
    let output = Command::new(env!("CARGO_BIN_EXE_greentic-provision"))
        .current_dir(place.folder())
        .env("XDG_CACHE_HOME", caches())
        .args(["watch", "w"])
        .stdout(Stdio::from(full.expect("opens")))
        .output()
        .expect("the binary runs");
    assert_eq!(code(&output), 6, "{}", stderr(&output));
    assert!(stderr(&output).contains("cannot write standard output"));
}

#[test]
fn what_is_wrong_on_the_command_line_ends_the_command_at_once() {
    let place = Place::new();
    let key = fixture("trusted/root.pem");
    fs::write(place.folder().join("bad.toml"), "[[x").expect("writes");
    for (args, said) in [
        ("nowhere", "no such file or folder: nowhere"),
        (
            "oci://127.0.0.1:1/a/b:1",
            "only files and folders of this machine can be watched",
        ),
        (
            "oci://127.0.0.1:1/a/b:*",
            "only files and folders of this machine can be watched",
        ),
        ("w --trust nowhere.pem", "cannot read nowhere.pem"),
        ("w --expectations bad.toml", "expectations bad.toml: "),
        ("w --answers bad.toml", "bad.toml"),
        ("w --poll=1ms", "give a time between 100ms and 1h"),
        ("w --settle 1", "give a time such as 30s or 5min"),
        ("w --profile cor", "core"),
        ("w --out w/noop.gtpack", "w/noop.gtpack"),
    ] {
        let args: Vec<&str> = ["watch"].into_iter().chain(args.split(' ')).collect();
        let refused = run_in(place.folder(), &args);
        let expected = if args.contains(&"--out") { 6 } else { 2 };
        assert_eq!(code(&refused), expected, "{args:?}: {}", stderr(&refused));
        assert!(
            stderr(&refused).contains(said),
            "{args:?}: {}",
            stderr(&refused)
        );
    }
    let first = place.watch(&format!("--trust {}", text(&key)));
    let second = run_in(place.folder(), &["watch", "w"]);
    assert_eq!(code(&second), 2);
    assert!(stderr(&second).contains("another run writes into this folder"));
    assert_eq!(first.end("-INT").0, 0);
}

#[test]
fn lines_fit_the_terminal_and_control_c_ends_the_command() {
    let place = Place::new();
    place.add(
        "nonconforming/golden-mismatch",
        "a-pack-with-a-long-name-that-fails",
    );
    for columns in [40, 80, 200] {
        let args = ["watch", "w", "--settle", "50ms"];
        let mut terminal = OnTerminal::start_wide(place.folder(), &args, columns);
        terminal.wait_for("watching 3 packs");
        let (plan, right, wrong) = plans(&place);
        fs::write(&plan, wrong).expect("writes");
        terminal.wait_for("new cause");
        terminal.wait_for("3 packs: 1 pass");
        fs::write(&plan, right).expect("writes");
        terminal.wait_for("gone cause");
        terminal.wait_for("gone cause");
        terminal.type_in(b"\x03");
        let (status, shown) = terminal.end();
        assert_eq!(status.code(), Some(1), "{shown}");
        assert!(shown.contains("ended by SIGINT"), "{shown}");
        crate::widths::require_fit(&shown, columns, &["  again: "]);
    }
}
