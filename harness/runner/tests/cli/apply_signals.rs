//! SIGINT and SIGTERM during `apply`: the store is wholly old, or wholly new where the
//! command says so.

use crate::apply::Place;
use crate::support::{caches, code, copy, fixture, json, stderr, text};
use crate::workers::{kill, workers};
use provision_apply::EmbeddedStore;
use provision_apply::embedded::Options;
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

const SIGNALS: [&str; 2] = ["INT", "TERM"];
const SLOW: &str = "--provider-id p --install-id slow --answers a.json --yes";

/// A store with an installation, and a pack each of whose steps takes most of its fuel,
/// so that a signal finds one of them.
fn place() -> Place {
    let mut place = Place::new();
    let applied = place.on_install("apply", "--yes");
    assert_eq!(code(&applied), 0, "{}", stderr(&applied));
    let answers = json!({"secrets": {"api_key": "not-so-secret"}});
    fs::write(place.path().join("a.json"), answers.to_string()).expect("writes");
    let pack = place.path().join("slow");
    copy(&fixture("conforming/noop-provision"), &pack);
    for entry in fs::read_dir(pack.join("components")).expect("lists") {
        let file = entry.expect("lists").path();
        let text = fs::read_to_string(&file).expect("reads");
        let looped = "(local $left i32)
            (local.set $left (i32.const 20000000))
            (loop $again
              (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
            (i32.const 0)";
        let slow = text.replacen(
            "(i32.const 0)\n    (i32.const",
            &format!("{looped}\n    (i32.const"),
            1,
        );
        assert_ne!(slow, text);
        fs::write(&file, slow).expect("writes");
    }
    place.pack = pack;
    // Compiles the pack, so that the workers below run steps.
    let warm = place.on_pack(
        "plan",
        &format!("--store warm {}", SLOW.replace("--yes", "")),
    );
    assert_eq!(code(&warm), 0, "{}", stderr(&warm));
    place
}

fn start(place: &Place, more: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_greentic-provision"));
    command
        .current_dir(place.path())
        .env("XDG_CACHE_HOME", caches())
        .args(["apply", "--pack", text(&place.pack)])
        .args(SLOW.split_whitespace())
        .args(more.split_whitespace())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().expect("the binary runs")
}

/// The whole store as the commands show it.
fn contents(place: &Place) -> Value {
    let verified = place.installs("verify --json");
    assert_eq!(code(&verified), 0, "{}", stderr(&verified));
    assert_eq!(json(&verified), json!([]));
    let shown = place.installs("show --provider-id p --install-id i --json");
    json!([json(&place.installs("list --json")), json(&shown)])
}

/// Processor time of the process `pid`, in ticks of the kernel.
pub(crate) fn ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
    let user = after.split_whitespace().nth(11);
    user.map_or(0, |user| user.parse().expect("a number"))
}

/// The most bytes that a core dump of the process `pid` can ever have.
/// NB: the hard limit. The soft one is often 0 already.
fn core_bytes(pid: u32) -> String {
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).expect("runs");
    let mut lines = limits.lines();
    let core = lines.find_map(|line| line.strip_prefix("Max core file size"));
    let hard = core.and_then(|numbers| numbers.split_whitespace().nth(1));
    hard.expect("a number").to_owned()
}

/// Stops a worker of `apply` in a step: by then it has used processor time, of which its
/// start takes little.
/// NB: never before that. A process that is stopped before it becomes the worker keeps
/// `apply` in the system call that starts it.
fn stopped_worker(apply: &mut Child) -> u32 {
    loop {
        let running = workers(apply.id()).into_iter().find(|&pid| ticks(pid) >= 3);
        if let Some(worker) = running {
            kill(worker, "-STOP");
            return worker;
        }
        let ended = apply.try_wait().expect("is known");
        assert!(ended.is_none(), "apply ended before a worker was seen");
        std::thread::yield_now();
    }
}

#[test]
fn signal_in_a_step_leaves_the_old_store_and_no_worker() {
    let place = place();
    let old = contents(&place);
    for signal in SIGNALS {
        let mut apply = start(&place, "");
        let worker = stopped_worker(&mut apply);
        for process in [apply.id(), worker] {
            assert_eq!(core_bytes(process), "0", "it holds secrets");
        }
        kill(apply.id(), &format!("-{signal}"));
        let ended = apply.wait_with_output().expect("ends");
        assert_eq!(code(&ended), 6, "{}", stderr(&ended));
        let said = format!("SIG{signal}; nothing was changed");
        assert!(stderr(&ended).contains(&said), "{}", stderr(&ended));
        let alive = std::path::Path::new(&format!("/proc/{worker}")).exists();
        assert!(!alive, "a worker is left");
        assert_eq!(contents(&place), old);
    }
    let applied = start(&place, "").wait_with_output().expect("ends");
    assert_eq!(code(&applied), 0, "{}", stderr(&applied));
    assert_eq!(contents(&place)[0].as_array().map(Vec::len), Some(2));
}

#[test]
fn signal_while_apply_waits_for_another_process_leaves_the_old_store() {
    let place = place();
    let old = contents(&place);
    for signal in SIGNALS {
        let folder = place.path().join(".greentic/provision");
        let other = EmbeddedStore::open(&folder, &Options::default()).expect("opens");
        let mut apply = start(&place, "");
        let mut errors = BufReader::new(apply.stderr.take().expect("a pipe")).lines();
        let line = errors.next().expect("a line").expect("reads");
        assert!(
            line.contains("another process has the store open"),
            "{line}"
        );
        kill(apply.id(), &format!("-{signal}"));
        let rest: Vec<String> = errors.map_while(Result::ok).collect();
        let ended = apply.wait_with_output().expect("ends");
        drop(other);
        assert_eq!(code(&ended), 6, "{rest:?}");
        assert_eq!(rest, [format!("error: SIG{signal}; nothing was changed")]);
        assert_eq!(contents(&place), old);
    }
}

/// NB: without a worker, nothing can stop the command in a step, so the signal comes at
/// any moment after the command has opened the store.
#[test]
fn signal_without_workers_leaves_the_old_store_or_the_new_one_that_is_reported() {
    for signal in SIGNALS {
        let place = place();
        let old = contents(&place);
        let lock = place.path().join("store/lock");
        let mut apply = start(&place, "--isolation none --store store");
        while !lock.exists() {
            let ended = apply.try_wait().expect("is known");
            assert!(ended.is_none(), "apply ended before it opened the store");
            std::thread::yield_now();
        }
        kill(apply.id(), &format!("-{signal}"));
        let ended = apply.wait_with_output().expect("ends");
        let listed = json(&place.installs("list --store store --json"));
        let count = listed.as_array().expect("a list").len();
        match code(&ended) {
            0 => assert_eq!(count, 1),
            6 => {
                let said = format!("SIG{signal}; nothing was changed");
                assert!(stderr(&ended).contains(&said), "{}", stderr(&ended));
                assert_eq!(count, 0);
            }
            other => panic!("exit {other}: {}", stderr(&ended)),
        }
        let verified = place.installs("verify --store store --json");
        assert_eq!((code(&verified), json(&verified)), (0, json!([])));
        assert_eq!(contents(&place), old, "another store has changed");
    }
}
