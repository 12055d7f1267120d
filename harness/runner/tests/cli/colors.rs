//! `--color`, `NO_COLOR` and `CLICOLOR_FORCE`.

use crate::support::{caches, fixture};
use std::process::Command;

/// Whether the console report of a run has colours.
fn is_coloured(flags: &[&str], variable: &str) -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_greentic-provision"));
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR"] {
        command.env_remove(name);
    }
    if !variable.is_empty() {
        command.env(variable, "1");
    }
    let output = command
        .current_dir(folder.path())
        .env("XDG_CACHE_HOME", caches())
        .args(["conformance", "--isolation", "none", "--packs"])
        .arg(fixture("conforming/noop-provision"))
        .args(flags)
        .output()
        .expect("the binary runs");
    assert_eq!(output.status.code(), Some(0));
    output.stdout.contains(&0x1b)
}

#[test]
fn flag_decides_over_the_variables_and_these_over_the_terminal() {
    for (flags, variable, coloured) in [
        (&[][..], "", false),
        (&[][..], "CLICOLOR_FORCE", true),
        (&[][..], "NO_COLOR", false),
        (&["--color", "always"][..], "", true),
        (&["--color", "always"][..], "NO_COLOR", true),
        (&["--color", "never"][..], "CLICOLOR_FORCE", false),
        (&["--color", "auto"][..], "CLICOLOR_FORCE", true),
    ] {
        assert_eq!(
            is_coloured(flags, variable),
            coloured,
            "{flags:?} {variable}"
        );
    }
}

#[test]
fn json_has_no_colours() {
    assert!(!is_coloured(&["--color", "always", "--json"], ""));
}
