//! `fuzz`, and `repro` of its findings.

use crate::support::{
    check, code, fixture, json, packed, read, run_in, schema, stderr, stdout, text,
};
use std::path::Path;

fn fuzz(folder: &Path, pack: &Path, flags: &str) -> std::process::Output {
    let base = ["fuzz", text(pack), "--jobs", "1", "--out", "found"];
    let flags = flags.split_whitespace();
    run_in(folder, &base.into_iter().chain(flags).collect::<Vec<_>>())
}

#[test]
fn finding_is_printed_bundled_and_reproduced() {
    let folder = tempfile::tempdir().expect("a folder");
    let pack = folder.path().join("breaks.gtpack");
    packed(&fixture("nonconforming/answers-break"), &pack);
    let output = fuzz(folder.path(), &pack, "--runs 400 --json");
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let output = json(&output);
    check(&schema("fuzz.schema.json"), &output);
    assert_eq!(output["runs"], 400);
    assert_eq!(output["findings"][0]["code"], "E_TRAP");
    let bundle = output["findings"][0]["bundle"].as_str().expect("a path");
    check(
        &schema("fuzz-bundle.schema.json"),
        &read(&folder.path().join(bundle)),
    );
    // The bundle contains the pack, so `repro` does not need the file.
    std::fs::remove_file(&pack).expect("removes");
    let shown = run_in(folder.path(), &["repro", bundle]);
    assert_eq!(code(&shown), 1, "{}", stderr(&shown));
    assert!(stdout(&shown).contains("E_TRAP (setup_default) of breaks.gtpack shows again"));
    // `repro` refuses a pack that is not the bundle's.
    let other = fixture("conforming/noop-provision");
    let other = run_in(folder.path(), &["repro", bundle, "--pack", text(&other)]);
    assert_eq!(code(&other), 2, "{}", stdout(&other));
    assert!(stderr(&other).contains("another pack"));
}

#[test]
fn conforming_pack_has_no_finding_and_output_has_tables() {
    let folder = tempfile::tempdir().expect("a folder");
    let pack = fixture("conforming/demo-messaging-telegram");
    let output = fuzz(folder.path(), &pack, "--runs 400 --wizard setup_default");
    assert_eq!(code(&output), 0, "{}", stdout(&output));
    let output = stdout(&output);
    for part in [
        "400 runs",
        "exported function",
        "bot_token  setup_default",
        "no finding",
    ] {
        assert!(output.contains(part), "{part} in {output}");
    }
    assert!(
        !folder.path().join("found").exists(),
        "a campaign without findings made a folder"
    );
}

#[test]
fn fuzz_without_a_wizard_or_with_bad_flags_exits_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let gone = folder.path().join("gone.gtpack");
    for (pack, flags, says) in [
        (gone, "", "no such file or folder"),
        (fixture("conforming/provisioning-none"), "", "no wizard"),
        (
            fixture("conforming/noop-provision"),
            "--for tomorrow",
            "invalid value",
        ),
        (
            fixture("conforming/noop-provision"),
            "--wizard nobody",
            "no wizard",
        ),
    ] {
        let refused = fuzz(folder.path(), &pack, flags);
        assert_eq!(code(&refused), 2, "{}", stdout(&refused));
        assert!(stderr(&refused).contains(says), "{}", stderr(&refused));
    }
}

/// As with every command, a refused archive is a violation, and a folder without a
/// manifest does not conform.
#[test]
fn fuzz_of_a_refused_pack_exits_as_other_commands_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let bomb = fixture("hostile/archive-bomb.gtpack");
    for (pack, exit, says) in [
        (bomb.as_path(), 4, "archive-bomb.gtpack: E_INFLATE"),
        (Path::new("."), 1, ".: E_MANIFEST_MISSING"),
    ] {
        let refused = fuzz(folder.path(), pack, "--runs 1");
        assert_eq!(code(&refused), exit, "{}", stderr(&refused));
        assert!(stderr(&refused).contains(says), "{}", stderr(&refused));
    }
}
