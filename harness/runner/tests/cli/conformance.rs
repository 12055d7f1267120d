//! `conformance`: exit codes, reports, artifacts.

use crate::support::{
    caches, code, conformance, copy, fixture, hostile_packs, run_in, stderr, stdout, text,
};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Runs `conformance` in a folder with invalid files; the exit code and all output.
fn exit(args: &[&str]) -> (i32, String) {
    let temp = tempfile::tempdir().expect("a folder");
    fs::create_dir(temp.path().join("empty")).expect("creates");
    fs::write(temp.path().join("file"), "").expect("writes");
    fs::write(temp.path().join("junk.gtpack"), "{}").expect("writes");
    let output = run_in(temp.path(), &[&["conformance"], args].concat());
    (code(&output), stderr(&output).to_owned() + stdout(&output))
}

#[test]
fn verdict_decides_the_exit_code() {
    let conforming = fixture("conforming");
    let fine = fixture("conforming/noop-provision");
    let trap = fixture("nonconforming/trap-all");
    let looping = fixture("hostile/loop-in-run");
    let nothing = fixture("conforming/provisioning-none");
    let cases: [(&[&str], i32, &str); 9] = [
        (
            &["--packs", text(&conforming)],
            0,
            " pass, 0 fail, 0 partial, 0 error, ",
        ),
        (
            &["--packs", text(&fine), text(&trap)],
            1,
            "E_TRAP, setup, 4 places",
        ),
        (
            &["--packs", text(&fine), text(&trap), "--verbose"],
            1,
            "E_TRAP at step summary",
        ),
        (&["--packs", text(&trap), text(&looping)], 4, "E_FUEL"),
        (&["--packs", "junk.gtpack"], 4, "E_ZIP_NOT_ZIP"),
        (&["--packs", "empty"], 5, "no packs selected"),
        (
            &["--packs", text(&nothing)],
            5,
            "this result proves nothing",
        ),
        (
            &["--packs", text(&fine), "--provider", "other"],
            5,
            "no packs selected",
        ),
        (
            &["--packs", text(&fine), "--filter", "no such check"],
            5,
            "not everything",
        ),
    ];
    for (args, expected, said) in cases {
        let (code, text) = exit(args);
        assert_eq!(code, expected, "{args:?}: {text}");
        assert!(text.contains(said), "{args:?}: {text}");
    }
}

#[test]
fn partial_pack_makes_run_exit_5() {
    let fine = fixture("conforming/noop-provision");
    let trap = fixture("nonconforming/trap-all");
    // `trap-all` is partial with both filters: the first check is blocked, and the
    // second passes, but no step answers.
    for (filter, passed) in [
        ("determinism.repeat", "1 check passed"),
        ("archive.bounded", "2 checks passed"),
    ] {
        let (code, said) = exit(&["--packs", text(&fine), text(&trap), "--filter", filter]);
        assert_eq!(code, 5, "{said}");
        let tally =
            format!("2 packs: 1 pass, 0 fail, 1 partial, 0 error, 0 not applicable; {passed}");
        assert!(said.contains(&tally), "{said}");
    }
}

#[test]
fn usage_errors_exit_2_and_unwritable_outputs_exit_6() {
    let fine = fixture("conforming/noop-provision");
    let cases: [(&[&str], i32, &str); 9] = [
        (&["--packs", text(&fine), "--shard", "0/2"], 2, "a shard is"),
        (
            &["--packs", text(&fine), "--trust", "file"],
            2,
            "no certificate",
        ),
        (&["--packs", text(&fine), "--frobnicate"], 2, "--frobnicate"),
        (
            &["--packs", "nowhere"],
            2,
            "no such file or folder: nowhere",
        ),
        (&[], 2, "--packs"),
        (
            &["--packs", text(&fine), "--report", "file/r.json"],
            6,
            "file",
        ),
        (
            &["--packs", text(&fine), "--report", "missing/r.json"],
            6,
            "No such file or directory",
        ),
        (&["--packs", text(&fine), "--junit", "empty"], 6, "empty"),
        (&["--packs", text(&fine), "--out", "file"], 6, "file"),
    ];
    for (args, expected, said) in cases {
        let (code, text) = exit(args);
        assert_eq!(code, expected, "{args:?}: {text}");
        assert!(text.contains(said), "{args:?}: {text}");
    }
}

#[test]
fn report_has_the_fields_of_earlier_versions() {
    let temp = tempfile::tempdir().expect("a folder");
    for pack in ["conforming/noop-provision", "nonconforming/trap-all"] {
        let folder = temp.path().join("packs").join(pack);
        fs::create_dir_all(folder.parent().expect("a parent")).expect("creates");
        copy(&fixture(pack), &folder);
    }
    let output = conformance(temp.path(), Path::new("packs"), "--report r.json");
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let report = fs::read(temp.path().join("r.json")).expect("a report");
    let value: Value = serde_json::from_slice(&report).expect("JSON");
    let packs = value["packs"].as_array().expect("a list");
    let of = |label: &str| packs.iter().find(|p| p["pack"] == label).expect("the pack");
    let noop = of("conforming/noop-provision");
    assert_eq!(
        (&noop["ok"], &noop["version"]),
        (&Value::from(true), &Value::from("0.1.0"))
    );
    assert_eq!(
        (&noop["plan_notes"], noop["errors"].as_array().map(Vec::len)),
        (&Value::from(1), Some(0))
    );
    assert_eq!(noop["secret_keys"], serde_json::json!(["api_key"]));
    let trap = of("nonconforming/trap-all");
    assert_eq!(trap["ok"], false);
    assert_eq!(
        trap["errors"].as_array().map(Vec::len),
        Some(4),
        "one error for each step"
    );
    assert_eq!(value["summary"]["packs"], packs.len());
}

#[test]
fn failure_leaves_evidence_and_a_reproducing_command() {
    let temp = tempfile::tempdir().expect("a folder");
    let pack = temp.path().join("my pack");
    copy(&fixture("nonconforming/webhook-http"), &pack);
    let flags = "--report r.json";
    let output = conformance(temp.path(), &pack, flags);
    assert_eq!(code(&output), 1);
    let artifacts = temp.path().join("reports/out/artifacts");
    let folder = fs::read_dir(&artifacts)
        .expect("artifacts")
        .next()
        .expect("a pack")
        .expect("readable");
    let folder = folder.path().join("setup_default");
    for file in [
        "inputs.json",
        "steps.json",
        "diagnostics.json",
        "findings.json",
        "pack.json",
    ] {
        let bytes = fs::read(folder.join(file)).expect(file);
        serde_json::from_slice::<Value>(&bytes).expect(file);
    }
    let command = fs::read_to_string(folder.join("reproduce.txt")).expect("a command");
    assert!(stdout(&output).contains(command.trim()), "{command}");
    let args = command
        .trim()
        .strip_prefix("greentic-provision ")
        .expect("the binary's name");
    let script = format!("exec {} {args}", env!("CARGO_BIN_EXE_greentic-provision"));
    let again = Command::new("sh")
        .current_dir(temp.path())
        .env("XDG_CACHE_HOME", caches())
        .args(["-c", &script])
        .output()
        .expect("runs");
    assert_eq!(code(&again), 1, "{script}: {}", stderr(&again));
    assert!(
        stdout(&again).contains("E_WEBHOOK_SCHEME"),
        "{}",
        stdout(&again)
    );
    assert!(
        stdout(&again).contains("  0 checks passed, 1 failed"),
        "{}",
        stdout(&again)
    );
    // When the pack passes, the run removes its old evidence.
    copy(&fixture("conforming/noop-provision"), &pack);
    assert_eq!(code(&conformance(temp.path(), &pack, "")), 0);
    let left = fs::read_dir(&artifacts).expect("artifacts").flatten();
    assert_eq!(left.filter(|entry| entry.path().is_dir()).count(), 0);
}

#[test]
fn pack_after_a_hostile_one_passes() {
    let temp = tempfile::tempdir().expect("a folder");
    fs::create_dir(temp.path().join("packs")).expect("creates");
    for (i, hostile) in hostile_packs().iter().enumerate() {
        let ending = if hostile.is_dir() { "" } else { ".gtpack" };
        let target = temp.path().join(format!("packs/{i:02}-hostile{ending}"));
        copy(hostile, &target);
        copy(
            &fixture("conforming/noop-provision"),
            &temp.path().join(format!("packs/{i:02}-noop")),
        );
    }
    let flags = "--report r.json --jobs 1";
    let output = conformance(temp.path(), Path::new("packs"), flags);
    assert_eq!(code(&output), 4);
    let report: Value =
        serde_json::from_slice(&fs::read(temp.path().join("r.json")).expect("a report"))
            .expect("JSON");
    for pack in report["packs"].as_array().expect("a list") {
        let label = pack["pack"].as_str().expect("a label");
        if label.ends_with("noop") {
            assert_eq!(pack["verdict"], "pass", "{label}");
        }
    }
}

#[test]
#[cfg(unix)]
fn link_in_a_pack_folder_is_refused() {
    let temp = tempfile::tempdir().expect("a folder");
    let pack = temp.path().join("pack");
    copy(&fixture("conforming/noop-provision"), &pack);
    std::os::unix::fs::symlink("/etc/hostname", pack.join("components/extra")).expect("links");
    let output = conformance(temp.path(), &pack, "");
    assert_eq!(code(&output), 4);
    assert!(
        stdout(&output).contains("E_ZIP_TYPE"),
        "{}",
        stdout(&output)
    );
}

#[test]
#[cfg(unix)]
fn report_can_go_to_standard_output() {
    let fine = fixture("conforming/noop-provision");
    let temp = tempfile::tempdir().expect("a folder");
    let output = conformance(temp.path(), &fine, "--report /dev/stdout");
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("\"exit_code\": 0"));
}

#[test]
fn packed_fixture_equals_its_source_folder() {
    let archive = fs::File::open(fixture("conforming/noop-archive.gtpack")).expect("opens");
    let mut archive = zip::ZipArchive::new(archive).expect("a zip");
    let source = fixture("conforming/noop-provision");
    for i in 0..archive.len() {
        let mut entry = archive.by_index(i).expect("an entry");
        let name = entry.name().expect("a name").into_owned();
        if name == "sbom.json" {
            continue;
        }
        let mut packed = Vec::new();
        std::io::copy(&mut entry, &mut packed).expect("reads");
        assert_eq!(
            packed,
            fs::read(source.join(&name)).expect("the source"),
            "{name}"
        );
    }
    assert_eq!(
        archive.len(),
        7,
        "a manifest, four steps, the secrets and the SBOM"
    );
}

#[test]
fn run_of_many_packs_tells_each_tenth_of_them() {
    let temp = tempfile::tempdir().expect("a folder");
    let run = conformance(temp.path(), &fixture("conforming"), "");
    assert_eq!(code(&run), 0);
    let lines = stderr(&run).lines().filter(|l| l.contains(" packs, "));
    let lines: Vec<&str> = lines.collect();
    assert_eq!(lines.len(), 10, "{lines:#?}");
    let last = lines.last().expect("ten");
    let (done, rest) = last.split_once(" of ").expect("a count");
    assert!(rest.starts_with(&format!("{done} packs, ")), "{last}");
}
