//! Where `watch` listens: folders that go and come back, links, polling.

use super::{Place, plans, replace};
use crate::support::fixture;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

#[test]
fn folder_that_is_removed_is_judged_when_it_is_back() {
    let place = Place::new();
    let mut watching = place.watch("");
    let (here, away) = (place.at(""), place.folder().join("away"));
    fs::rename(&here, &away).expect("renames");
    let round = watching.round();
    assert_eq!(
        round[..3],
        [
            "0 packs left",
            "  gone pack  greeter",
            "  gone pack  noop.gtpack"
        ]
    );
    assert!(watching.said().contains("w is gone"), "{}", watching.said());
    fs::rename(&away, &here).expect("renames");
    assert_eq!(
        watching.round()[0],
        "judged 2 of 2 packs: greeter, noop.gtpack"
    );
    fs::remove_dir_all(&here).expect("removes");
    while !watching.round()[0].starts_with("0 packs") {}
    fs::create_dir(&here).expect("creates");
    place.add("conforming/noop-archive.gtpack", "deep/er/p.gtpack");
    let round = watching.round();
    assert_eq!(
        round[1], "  new pack   deep/er/p.gtpack: pass",
        "{round:#?}"
    );
    fs::remove_dir_all(place.folder().join("reports")).expect("removes");
    replace(&place.at("deep/er/p.gtpack"), b"no pack");
    let round = watching.round();
    assert_eq!(
        round[1], "  worse      deep/er/p.gtpack: pass → fail",
        "{round:#?}"
    );
    assert_eq!(
        watching.end("-INT").0,
        4,
        "no archive, as `conformance` says"
    );
}

#[test]
fn link_that_leads_elsewhere_changes_the_pack() {
    let place = Place::empty();
    place.add("conforming/noop-archive.gtpack", "1/p.gtpack");
    place.add("nonconforming/golden-mismatch", "2/p.gtpack");
    symlink("1", place.at("current")).expect("links");
    symlink("w/current/p.gtpack", place.folder().join("p.gtpack")).expect("links");
    let mut watching = place.start("p.gtpack");
    watching.until("Ctrl-C ends");
    symlink("2", place.at("next")).expect("links");
    fs::rename(place.at("next"), place.at("current")).expect("renames");
    let round = watching.round();
    assert_eq!(round[1], "  worse      p.gtpack: pass → fail", "{round:#?}");
}

#[test]
fn pack_whose_folder_is_the_current_one_is_judged_once_a_change() {
    let place = Place::empty();
    place.add("conforming/greeter", "");
    let mut command = Command::new(env!("CARGO_BIN_EXE_greentic-provision"));
    command.args(["watch", ".", "--settle", "50ms"]);
    // NB: the output folder is a part of the pack then, and no change of it.
    let mut watching = place.spawn_in(&mut command, "w");
    watching.until("Ctrl-C ends");
    for notes in ["a", "b"] {
        fs::write(place.at("notes.txt"), notes).expect("writes");
        assert_eq!(watching.round()[0], "judged 1 of 1 pack: w");
    }
}

#[test]
fn polling_sees_the_same_changes() {
    let place = Place::new();
    let mut watching = place.watch("--poll=100ms");
    let (plan, right, wrong) = plans(&place);
    fs::write(&plan, &wrong).expect("writes");
    assert_eq!(watching.round()[1], "  worse      greeter: pass → fail");
    replace(&plan, &right);
    assert_eq!(watching.round()[1], "  better     greeter: fail → pass");
    fs::remove_file(place.at("noop.gtpack")).expect("removes");
    assert_eq!(
        watching.round()[..2],
        ["1 pack left", "  gone pack  noop.gtpack"]
    );
    assert_eq!(watching.end("-INT").0, 0);
}

/// NB: the kernel has limits for each user namespace, which a test can lower.
#[test]
fn limit_of_the_system_is_named_and_polling_takes_over() {
    let may = Command::new("unshare").args(["-U", "-r", "true"]).output();
    if !may.is_ok_and(|may| may.status.success()) {
        eprintln!("not tested: this machine allows no user namespaces");
        return;
    }
    for (limit, value, named) in [
        ("max_inotify_watches", 2, "fs.inotify.max_user_watches"),
        ("max_inotify_instances", 0, "fs.inotify.max_user_instances"),
    ] {
        let place = Place::new();
        let set = format!("echo {value} > /proc/sys/user/{limit} && exec \"$@\"");
        let mut command = Command::new("unshare");
        command.args(["-U", "-r", "sh", "-c", &set, "sh"]);
        command.arg(env!("CARGO_BIN_EXE_greentic-provision"));
        command.args(["watch", "w", "--settle", "50ms"]);
        let mut watching = place.spawn(&mut command);
        watching.until("Ctrl-C ends");
        let said = watching.said();
        assert!(said.contains(named) && said.contains("--poll"), "{said}");
        let (plan, _, wrong) = plans(&place);
        replace(&plan, &wrong);
        assert_eq!(watching.round()[1], "  worse      greeter: pass → fail");
        assert_eq!(watching.end("-INT").0, 1);
    }
}

#[test]
fn empty_folder_is_watched_until_a_pack_appears() {
    let place = Place::empty();
    let mut watching = place.watch("");
    let archive = fs::read(fixture("conforming/noop-archive.gtpack")).expect("reads");
    replace(&place.at("new.gtpack"), &archive);
    watching.until("1 pack: 1 pass");
    fs::remove_file(place.at("new.gtpack")).expect("removes");
    assert_eq!(watching.round()[0], "0 packs left");
    assert_eq!(watching.end("-INT").0, 5, "nothing is judged");
}

#[test]
fn file_of_settings_names_packs_and_profile() {
    let place = Place::new();
    let settings = place.folder().join("conformance.toml");
    fs::write(
        &settings,
        "packs = [\"w/noop.gtpack\"]\nprofile = \"publish\"\n",
    )
    .expect("writes");
    let mut watching = place.start("");
    let lines = watching.until("Ctrl-C ends");
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("1 pack: 0 pass, 1 fail")),
        "an unsigned pack fails `publish`: {lines:#?}"
    );
    let said = watching.said();
    assert!(
        said.contains("conformance.toml sets packs, profile"),
        "{said}"
    );
    assert_eq!(watching.end("-INT").0, 1);
    let mut flags = place.start("w --profile core");
    flags.until("Ctrl-C ends");
    let said = flags.said();
    assert!(said.contains("flags override packs, profile"), "{said}");
    assert_eq!(flags.end("-INT").0, 0);
}

#[test]
fn folders_that_are_left_out_are_named_but_for_git_and_the_own_output() {
    let place = Place::new();
    fs::create_dir_all(place.folder().join(".git/objects")).expect("creates");
    let mut watching = place.start(".");
    watching.until("Ctrl-C ends");
    assert_eq!(watching.said(), "");
    assert_eq!(watching.end("-INT").0, 0);
    fs::create_dir_all(place.folder().join("node_modules")).expect("creates");
    // The output of another run may hold packs that somebody misses.
    let mut elsewhere = place.start(". --out other");
    elsewhere.until("Ctrl-C ends");
    let said = elsewhere.said();
    assert!(
        said.starts_with("skipped: ./node_modules and 1 more: "),
        "{said}"
    );
    assert_eq!(elsewhere.end("-INT").0, 0);
}
