//! Outputs that point at what cannot or must not be written.

use super::inputs::sound;
use super::{bounded, faults, words};
use std::fs;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

/// The outputs that are files, `@`.
const FILES: [&str; 17] = [
    "compare --isolation none PACK PACK --markdown @",
    "report render EVENTS --report @",
    "report render EVENTS --junit @",
    "report render EVENTS --sarif @",
    "report render EVENTS --html @",
    "report render EVENTS --markdown @",
    "report render EVENTS --attestation @",
    "report render EVENTS --annotations @",
    "report render EVENTS --code-quality @",
    "report merge --out @ EVENTS",
    "conformance --isolation none --out o --packs PACK --report @",
    "conformance --isolation none --out o --packs PACK --junit @",
    "conformance --isolation none --out o --packs PACK --attestation @",
    "expect add --expectations @ --reason r --issue i --owner o --from-last-run EVENTS",
    "pack repack PROVIDER @",
    "pack fix --isolation none PROVIDER @",
    "plan --isolation none --provider-id p --install-id i --store s --pack PROVIDER --answers ANSWERS \
     --public-base-url https://a.example --out @",
];

/// The outputs that are folders, `@`.
pub(super) const FOLDERS: [&str; 7] = [
    "man @",
    "conformance --isolation none --packs PACK --out @",
    "init --isolation none @",
    "fuzz --isolation none --runs 1 --jobs 1 PACK --out @",
    "apply --yes --isolation none --provider-id p --install-id i --pack PROVIDER --answers ANSWERS \
     --public-base-url https://a.example --store @",
    "conformance --isolation none --out o --packs PACK --cache @",
    "installs export --layout greentic-setup --store STORE --pack PROVIDER --out @",
];

/// Makes the destinations below `folder`, and returns their names.
fn hostile(folder: &Path) -> [&'static str; 6] {
    fs::create_dir_all(folder.join("full/of")).expect("creates");
    fs::write(folder.join("full/of/files"), "mine").expect("writes");
    let made = Command::new("mkfifo").arg(folder.join("pipe")).status();
    assert!(made.expect("mkfifo runs").success());
    symlink("/dev/full", folder.join("link")).expect("links");
    fs::write(folder.join("file"), "mine").expect("writes");
    [
        "full",
        "/dev/full",
        "pipe",
        "link",
        "file/below",
        "absent/below",
    ]
}

/// Runs each command on each destination. Returns what is wrong; `code` says which exit
/// codes are right.
fn run(folder: &Path, commands: &[&str], code: fn(i32) -> bool) -> Vec<String> {
    let mut wrong = Vec::new();
    for destination in hostile(folder) {
        for command in commands {
            let args = words(command, destination);
            let output = bounded(folder, &args, Stdio::null());
            let mut faults = faults(&output);
            if !output.status.code().is_some_and(code) {
                faults.push(format!("{}", output.status));
            }
            if !faults.is_empty() {
                let said = String::from_utf8_lossy(&output.stderr);
                wrong.push(format!("{args:?}: {}\n  {said:?}", faults.join("; ")));
            }
        }
    }
    let kept = |name: &str| fs::read(folder.join(name)).is_ok_and(|bytes| bytes == b"mine");
    assert!(kept("full/of/files") && kept("file"), "a file is replaced");
    let kind = |name: &str| {
        fs::symlink_metadata(folder.join(name))
            .expect("exists")
            .file_type()
    };
    assert!(kind("pipe").is_fifo() && kind("link").is_symlink());
    wrong
}

#[test]
fn file_that_cannot_be_written_is_an_error_of_usage_or_of_the_machine() {
    let temp = tempfile::tempdir().expect("a folder");
    sound(temp.path());
    let wrong = run(temp.path(), &FILES, |code| code == 2 || code == 6);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn folder_that_is_none_keeps_the_bounds_and_what_is_there() {
    let temp = tempfile::tempdir().expect("a folder");
    sound(temp.path());
    let wrong = run(temp.path(), &FOLDERS, |_| true);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
