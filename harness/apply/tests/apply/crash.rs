//! Eight processes apply to one store and are killed at random moments. Afterwards each
//! installation is wholly old or wholly new, and what was reported is there.
//!
//! `GREENTIC_CRASH_KILLS` and `GREENTIC_CRASH_INSTALLS` make the run longer;
//! `ci/nightly.sh` kills 500 processes that apply 50 installs each.

use crate::common::{key, setup};
use crate::embedded::{open, private};
use provision_apply::{Applier, Contents, Request, Store, outbox, verify, view};
use provision_core::rng::Rng;
use provision_core::wizard::{SecretBytes, StoreWrite};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

const PROCESSES: usize = 8;
const CHILD: &str = "GREENTIC_CRASH_CHILD";

fn number(name: &str, default: usize) -> usize {
    let text = std::env::var(name).ok();
    text.map_or(default, |text| text.parse().expect("a number"))
}

fn url(round: usize) -> String {
    format!("https://a.invalid/{}", round % 7)
}

/// An install in which every part says which round it is of.
fn install(process: usize, index: usize, round: usize) -> Request {
    let mut request = setup();
    request.install = key(&format!("{process}-{index}"));
    let text = format!("round-{round}");
    let plan = &mut request.plan;
    let long = format!("{text} {}", "x".repeat(round * 97 % 5000));
    plan.config_patch = BTreeMap::from([
        ("room".to_owned(), json!(text)),
        ("long".to_owned(), json!(long)),
    ]);
    // NB: the outbox keeps an operation for each URL that a webhook ever had.
    plan.webhook_ops[0].url = Some(url(round));
    let secret = SecretBytes::new(format!("key-{text}").into_bytes());
    request.secrets.insert("bot_token".into(), secret);
    request.writes.push(StoreWrite::SetState {
        key: "round".into(),
        value: text.into_bytes(),
    });
    request
}

/// What a child process runs; without its variable, it checks that installs of two
/// rounds differ in every part.
///
/// A child opens the store for a few installs at a time, as each opening verifies every
/// page, and so that most kills hit a process that writes. After each report it waits for
/// a byte of its parent: on a busy machine, it would end before the parent kills it.
#[test]
fn child_applies_installs_and_reports_each() {
    let Ok(task) = std::env::var(CHILD) else {
        let (old, new) = (install(0, 0, 1), install(0, 0, 2));
        assert_ne!(old.plan, new.plan);
        assert_ne!((old.writes, old.secrets), (new.writes, new.secrets));
        return;
    };
    let [folder, process, round, installs] = task.split('|').collect::<Vec<_>>()[..] else {
        panic!("a task of four parts: {task}");
    };
    let number = |text: &str| text.parse::<usize>().expect("a number");
    let (process, round, installs) = (number(process), number(round), number(installs));
    let mut rng = Rng::new((round * PROCESSES + process) as u64);
    let mut index = 0;
    while index < installs {
        let store = open(Path::new(folder)).expect("opens");
        for _ in 0..=rng.below(8) {
            if index < installs {
                Applier::commit(&store, &install(process, index, round)).expect("applies");
                // The test harness captures `println!`.
                let mut out = std::io::stderr().lock();
                writeln!(out, "applied {index}").expect("the parent reads");
                let mut goes_on = [0];
                std::io::stdin()
                    .read_exact(&mut goes_on)
                    .expect("the parent lives");
                index += 1;
            }
        }
    }
}

fn start(folder: &Path, process: usize, round: usize, installs: usize) -> Child {
    let task = format!("{}|{process}|{round}|{installs}", folder.display());
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command
        .args([
            "--exact",
            "crash::child_applies_installs_and_reports_each",
            "--nocapture",
        ])
        .env(CHILD, task)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command.spawn().expect("starts")
}

/// Kills the child while it applies the install after `after` reported ones, or soon after
/// that: how many it has reported.
fn kill_after(mut child: Child, after: usize, more: usize) -> usize {
    let mut lines = BufReader::new(child.stderr.take().expect("is piped")).lines();
    let mut next = || {
        let line = lines.next()?.expect("reads");
        assert!(line.starts_with("applied "), "a child says: {line}");
        Some(())
    };
    let mut goes_on = child.stdin.take().expect("is piped");
    for _ in 0..after {
        next().expect("a report of each install");
        goes_on.write_all(b"\n").expect("the child reads");
    }
    // The moment is where the scheduler puts it: nothing depends on which one it is.
    for _ in 0..more {
        std::thread::yield_now();
    }
    child.kill().expect("is killed");
    let mut reported = after;
    while next().is_some() {
        reported += 1;
    }
    let status = child.wait().expect("ends");
    assert_eq!(status.signal(), Some(9), "{status}");
    reported
}

/// The round that each part of an installation says; `None` if there is none.
fn round_of(store: &dyn Store, process: usize, index: usize) -> Option<usize> {
    let install = key(&format!("{process}-{index}"));
    let snapshot = store.read().expect("reads");
    let contents = Contents::read(&*snapshot, &install).expect("reads");
    if contents.record.is_none() {
        assert_eq!(contents, Contents::default(), "content without a record");
        return None;
    }
    let view = view(&*snapshot, &install).expect("reads");
    let text = view.config["room"].as_str().expect("text").to_owned();
    let long = view.config["long"].as_str().expect("text");
    assert_eq!(long.split(' ').next(), Some(text.as_str()));
    let secret = format!("key-{text}");
    assert_eq!(view.secrets["BOT_TOKEN"].reveal(), secret.as_bytes());
    assert_eq!(view.state["round"], text.as_bytes());
    let round = text.strip_prefix("round-").expect("a round");
    let round = round.parse().expect("a number");
    let url = url(round);
    assert_eq!(contents.installed.webhooks["w"]["url"], json!(url));
    let operations = outbox::of_install(&*snapshot, &install).expect("reads");
    let last = operations
        .iter()
        .rfind(|o| o.target == "w")
        .expect("is queued");
    assert_eq!(last.action.content["url"], json!(url));
    Some(round)
}

/// What the store has of each installation, by process and index.
type Found = BTreeMap<(usize, usize), Option<usize>>;

/// Checks the whole store after a round: each installation has what it had `before`, or
/// all of this round; those that were `reported` have this round. How many have it.
fn check(
    folder: &Path,
    round: usize,
    installs: usize,
    reported: &[usize],
    before: &mut Found,
) -> usize {
    let store = open(folder).expect("opens");
    let problems = verify(&*store.read().expect("reads")).expect("verifies");
    assert_eq!(problems, []);
    let mut new = 0;
    for (process, &reported) in reported.iter().enumerate() {
        for index in 0..installs {
            let found = round_of(&store, process, index);
            let was = before.insert((process, index), found).flatten();
            assert!(found == Some(round) || found == was, "neither old nor new");
            assert!(
                found == Some(round) || index >= reported,
                "a reported install is lost"
            );
            new += usize::from(found == Some(round));
        }
    }
    new
}

#[test]
fn killed_processes_leave_each_install_old_or_new_and_lose_none_they_reported() {
    let kills = number("GREENTIC_CRASH_KILLS", 16);
    let installs = number("GREENTIC_CRASH_INSTALLS", 4);
    let folder = private();
    let mut rng = Rng::new(22);
    let mut before = Found::new();
    let rounds = kills.div_ceil(PROCESSES);
    let (mut new, mut unreported) = (0, 0);
    for round in 0..rounds {
        let children: Vec<_> = (0..PROCESSES)
            .map(|process| {
                let child = start(folder.path(), process, round, installs);
                let (after, more) = (rng.below(installs), rng.below(200));
                std::thread::spawn(move || kill_after(child, after, more))
            })
            .collect();
        let reported: Vec<usize> = children
            .into_iter()
            .map(|thread| thread.join().expect("a child does as expected"))
            .collect();
        let found = check(folder.path(), round, installs, &reported, &mut before);
        unreported += found - reported.iter().sum::<usize>();
        new += found;
    }
    assert!(new > 0, "no install was applied");
    let killed = rounds * PROCESSES;
    println!("{killed} kills, {new} installs applied, {unreported} of them not reported");
}
