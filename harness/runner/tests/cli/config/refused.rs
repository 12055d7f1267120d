//! Files of settings that are refused, and what their messages show.

use super::{folder, judged, write};
use crate::support::{code, run_in, stderr};
use std::fs;

/// The reports of an earlier run would be taken for those of this one.
#[test]
fn refused_file_is_an_error_of_usage_with_its_place_and_invalidates_reports() {
    let temp = folder();
    let run = |flags: &str| judged(temp.path(), flags);
    assert_eq!(run("--packs packs/passing").0, 0);
    for (text, said) in [
        (
            "packs = [\"packs\"]\nprofil = \"core\"\n",
            "error: conformance.toml: line 2, column 1: there is no key `profil`; did you mean `profile`?",
        ),
        (
            "profile = \"stric\"\n",
            "line 1, column 11: there is no profile `stric`; did you mean `strict`?",
        ),
        (
            "packs = [\"oci://\"]\n",
            "line 1, column 10: `packs` has `oci://`: ",
        ),
        (
            "packs = 1\n",
            "`packs` takes an array of strings, and this is a whole number",
        ),
        ("packs = [\n", "line 1, column 10: not TOML: "),
        (
            "# nothing\n",
            "no packs are named; name them with --packs, or with `packs` in conformance.toml",
        ),
    ] {
        write(temp.path(), "conformance.toml", text);
        let (exit, stderr, report) = run("");
        assert_eq!(exit, 2, "{text}: {stderr}");
        assert!(stderr.contains(said), "{text}: {stderr}");
        assert_eq!(report["finished"], false, "{text}");
        assert_ne!(report["exit_code"], 0, "{text}");
    }
    let output = run_in(
        temp.path(),
        &["conformance", "--packs", "packs", "--config", "gone"],
    );
    assert_eq!(code(&output), 2);
    let both = [
        "conformance",
        "--packs",
        "packs",
        "--config",
        "gone",
        "--no-config",
    ];
    assert_eq!(code(&run_in(temp.path(), &both)), 2);
}

#[test]
fn file_names_no_output_and_is_never_one() {
    let temp = folder();
    let text = "packs = [\"packs/passing\"]\n";
    for key in [
        "out",
        "report",
        "junit",
        "cache",
        "isolation",
        "filter",
        "seed",
        "plain_http",
    ] {
        write(
            temp.path(),
            "conformance.toml",
            &format!("{text}{key} = \"x\"\n"),
        );
        let (exit, said, _) = judged(temp.path(), "");
        assert!(
            exit == 2 && said.contains(&format!("there is no key `{key}`")),
            "{said}"
        );
    }
    for bad in ["", "profil = 1\n"] {
        let text = format!("{text}{bad}");
        write(temp.path(), "conformance.toml", &text);
        for flag in ["--report", "--junit", "--sarif"] {
            let args = [
                "conformance",
                "--isolation",
                "none",
                flag,
                "conformance.toml",
            ];
            let output = run_in(temp.path(), &args);
            assert_eq!(code(&output), 2, "{}", stderr(&output));
            let kept = fs::read_to_string(temp.path().join("conformance.toml")).expect("reads");
            assert_eq!(kept, text, "{flag}");
        }
    }
}

#[test]
#[cfg(unix)]
fn what_is_no_regular_file_or_too_large_is_refused_without_its_text() {
    use std::os::unix::fs::symlink;
    let temp = folder();
    let path = temp.path().join("conformance.toml");
    let refused = |said: &str| {
        let (exit, stderr, _) = judged(temp.path(), "--packs packs/passing");
        assert!(
            exit == 2 && stderr.contains(said),
            "{said}: {exit} {stderr}"
        );
        assert!(!stderr.contains("hunter2"), "{stderr}");
        assert!(stderr.len() < 2_000, "{stderr}");
    };
    fs::create_dir(&path).expect("creates");
    refused("conformance.toml: a folder, but only a regular file");
    fs::remove_dir(&path).expect("removes");
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.expect("mkfifo runs").success());
    refused("a named pipe");
    fs::remove_file(&path).expect("removes");
    symlink("gone", &path).expect("links");
    refused("cannot read conformance.toml");
    fs::remove_file(&path).expect("removes");
    // A link to a file with a secret: no message quotes a value or a line.
    write(
        temp.path(),
        "token",
        "[remote \"x\"]\nurl = https://me:hunter2@a.example\n",
    );
    symlink("token", &path).expect("links");
    refused("not TOML");
    write(temp.path(), "token", "password = \"hunter2\"\n");
    refused("there is no key `password`");
    fs::remove_file(&path).expect("removes");
    for hostile in [
        format!("profile = \"{}\"", "a".repeat(1 << 20)),
        format!("packs = {}", "[".repeat(200_000)),
        "\u{1b}[2J = 1".into(),
        "\"::error::x\\n::error::y\" = 1".into(),
    ] {
        fs::write(&path, hostile).expect("writes");
        refused("conformance.toml");
    }
    fs::write(&path, b"packs = [\"\xff\"]").expect("writes");
    refused("not UTF-8 at byte 10");
}
