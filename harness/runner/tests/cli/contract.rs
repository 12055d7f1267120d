//! Compares the output on which other people's scripts rely with checked-in copies:
//! `--help` of each command, the check list, the schemas, the exit codes and the JSON
//! reports of three packs.
//!
//! The copies are in `tests/contract`; `BLESS=1` writes them.

use crate::support::{code, fixture, project, read, run_in, stdout, text};
use serde_json::Value;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Packs whose reports must not change: one that passes, one that fails, one that
/// attacks its host.
const PACKS: [&str; 3] = [
    "conforming/noop-provision",
    "nonconforming/trap-apply",
    "hostile/wasi-probe",
];

/// Compares `actual` with the checked-in file `name`; with `BLESS=1`, writes the file.
pub(crate) fn same(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/contract")
        .join(name);
    if crate::blessing::blessing().expect("BLESS") {
        fs::create_dir_all(path.parent().expect("a folder")).expect("creates");
        return fs::write(&path, actual).expect("writes");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let differs = expected
        .lines()
        .zip(actual.lines())
        .position(|(e, a)| e != a);
    assert!(
        expected == actual,
        "{name} changed (first at line {differs:?}); other people's scripts rely on it. BLESS=1 accepts the change"
    );
}

#[test]
fn help_of_each_command_is_as_published() {
    let temp = tempfile::tempdir().expect("a folder");
    let mut all = String::new();
    let mut commands = vec![String::new()];
    while let Some(command) = commands.pop() {
        let args = command.split_whitespace().chain(["--help"]);
        let help = run_in(temp.path(), &args.collect::<Vec<_>>());
        assert_eq!(code(&help), 0, "{command}");
        let help = stdout(&help);
        let _ = writeln!(all, "$ greentic-provision {command} --help\n{help}");
        // The last one is taken next, so that the order is that of the help texts.
        let below = below(help).into_iter().rev();
        commands.extend(below.map(|name| format!("{command} {name}").trim().to_owned()));
    }
    same("help.txt", &all);
}

/// The commands below one, which its help text lists.
fn below(help: &str) -> Vec<&str> {
    let Some((_, list)) = help.split_once("\nCommands:\n") else {
        return Vec::new();
    };
    let list = list.split("\n\n").next().unwrap_or_default();
    // What continues a description is further to the right.
    let names = list.lines().filter_map(|line| line.strip_prefix("  "));
    let names = names.filter(|line| !line.starts_with(' '));
    let names = names.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").collect()
}

#[test]
fn check_list_is_as_published() {
    let temp = tempfile::tempdir().expect("a folder");
    let list = run_in(temp.path(), &["checks", "list"]);
    assert_eq!(code(&list), 0);
    same("checks.txt", stdout(&list));
}

#[test]
fn schemas_are_as_published() {
    let mut all = String::new();
    let folder = project().join("reports/schemas");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    for file in files {
        let schema: Value = read(&file);
        let name = file.file_name().expect("a name").to_string_lossy();
        let digest = provision_core::pack::digest(schema.to_string().as_bytes());
        let _ = writeln!(all, "{digest}  {name}");
    }
    same("schemas.txt", &all);
}

#[test]
fn exit_codes_are_as_published() {
    use greentic_provision::exit::Exit;
    let all = [
        Exit::Conforms,
        Exit::Fails,
        Exit::Usage,
        Exit::Stale,
        Exit::Violation,
        Exit::Nothing,
        Exit::Harness,
    ];
    let lines = all.map(|exit| format!("{} {exit:?}\n", exit as u8));
    same("exit-codes.txt", &lines.concat());
}

#[test]
fn json_reports_of_three_packs_are_as_published() {
    let temp = tempfile::tempdir().expect("a folder");
    for pack in PACKS {
        let packs = fixture(pack);
        let run = run_in(
            temp.path(),
            &[
                "conformance",
                "--profile",
                "strict",
                "--packs",
                text(&packs),
                "--report",
                "report.json",
            ],
        );
        let mut report = read(&temp.path().join("report.json"));
        assert_eq!(report["exit_code"], code(&run), "{pack}");
        report["tool"]["version"] = "<version>".into();
        let report = serde_json::to_string_pretty(&report).expect("JSON");
        let place = text(&packs);
        let report = report.replace(place, pack) + "\n";
        same(&format!("{}.json", pack.replace('/', "-")), &report);
    }
}
