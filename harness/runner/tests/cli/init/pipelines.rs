//! The commands of each pipeline, run as its service runs them.

use super::{init, repository, write};
use crate::support::{caches, code, read, stderr};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// The archive of a release, and its SHA-256. The program in it hands over to the one that
/// is tested.
fn release(folder: &Path) -> (String, String) {
    let program = env!("CARGO_BIN_EXE_greentic-provision");
    let script = format!("#!/bin/sh\nexec '{program}' \"$@\"\n");
    write(folder, "v1/bin/greentic-provision", &script);
    // As the completions of bash, which have the name of the program.
    write(folder, "v1/completions/greentic-provision", "complete\n");
    let made = Command::new("sh")
        .current_dir(folder)
        .args([
            "-c",
            "chmod 755 v1/bin/greentic-provision && tar -czf r.tar.gz v1",
        ])
        .status();
    assert!(made.expect("tar runs").success());
    let bytes = fs::read(folder.join("r.tar.gz")).expect("an archive");
    let digest = provision_core::pack::digest(&bytes);
    let path = folder.join("r.tar.gz").canonicalize().expect("a path");
    (format!("file://{}", path.display()), digest)
}

/// The scripts of a pipeline: what stands below a line that ends with `marker`, and is
/// indented more than it.
fn scripts(pipeline: &str, marker: &str) -> Vec<String> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let lines: Vec<&str> = pipeline.lines().collect();
    let starts = lines.iter().enumerate();
    let starts = starts.filter(|(_, line)| line.ends_with(marker));
    let script = |(at, line): (usize, &&str)| {
        let body = lines[at + 1..].iter();
        let body = body.take_while(|l| l.is_empty() || indent(l) > indent(line));
        body.map(|l| format!("{}\n", l.trim_start())).collect()
    };
    starts.map(script).collect()
}

/// Runs a script in `folder` as a pipeline would.
fn shell(folder: &Path, script: &str, variables: &[(&str, &str)]) -> Output {
    let temp = folder.join(".temp");
    fs::create_dir_all(&temp).expect("creates");
    let mut command = Command::new("sh");
    command
        .args(["-e", "-c", script])
        .current_dir(folder)
        .env("XDG_CACHE_HOME", caches())
        .env("RUNNER_TEMP", &temp)
        .env("WORKSPACE_TMP", &temp)
        .env("GITHUB_STEP_SUMMARY", temp.join("summary"))
        .env_remove("HARNESS_URL")
        .env_remove("HARNESS_GIT");
    command
        .envs(variables.iter().copied())
        .output()
        .expect("sh runs")
}

#[test]
fn commands_of_the_workflow_install_a_release_and_judge_the_packs() {
    let temp = repository();
    let releases = tempfile::tempdir().expect("a folder");
    let (url, digest) = release(releases.path());
    assert_eq!(code(&init(temp.path(), "")), 0);
    let pipeline = temp.path().join(".github/workflows/conformance.yml");
    let pipeline = fs::read_to_string(pipeline).expect("a pipeline");
    let scripts = scripts(&pipeline, " run: |");
    let [install, judge, summary] = &scripts[..] else {
        panic!("{scripts:#?}");
    };
    let wrong = "0".repeat(64);
    for (variables, said) in [
        (
            vec![],
            "error: fill in HARNESS_URL and HARNESS_SHA256 of a release",
        ),
        (
            vec![("HARNESS_URL", url.as_str())],
            "error: HARNESS_SHA256 is empty",
        ),
        (
            vec![("HARNESS_URL", url.as_str()), ("HARNESS_SHA256", &wrong)],
            "did NOT match",
        ),
        (
            vec![("HARNESS_GIT", "https://a.example/x")],
            "error: HARNESS_COMMIT is empty",
        ),
    ] {
        let output = shell(temp.path(), install, &variables);
        assert_ne!(code(&output), 0, "{variables:?}");
        assert!(
            stderr(&output).contains(said),
            "{said}: {}",
            stderr(&output)
        );
    }
    let release = [("HARNESS_URL", url.as_str()), ("HARNESS_SHA256", &digest)];
    for script in [install, judge, summary] {
        let output = shell(temp.path(), script, &release);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
    }
    let report = read(&temp.path().join("conformance-reports/report.json"));
    assert_eq!(report["summary"]["packs"], 2);
    assert_eq!(report["exit_code"], 0);
    let summary = fs::read_to_string(temp.path().join(".temp/summary")).expect("a summary");
    assert!(summary.contains("# Conformance"), "{summary}");
    // The reports are no packs, and the next run judges the same.
    assert_eq!(code(&init(temp.path(), "")), 0);
}

#[test]
fn shards_of_the_workflow_are_merged_into_one_verdict() {
    let temp = repository();
    let releases = tempfile::tempdir().expect("a folder");
    let (url, digest) = release(releases.path());
    let output = init(temp.path(), "--shards 2");
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let pipeline = temp.path().join(".github/workflows/conformance.yml");
    let pipeline = fs::read_to_string(pipeline).expect("a pipeline");
    assert!(pipeline.contains("shard: [1, 2]\n"), "{pipeline}");
    let scripts = scripts(&pipeline, " run: |");
    let [install, judge, again, merge, _] = &scripts[..] else {
        panic!("{scripts:#?}");
    };
    assert_eq!(install, again);
    let run = |script: &str, shard: &str| {
        let variables = [
            ("HARNESS_URL", url.as_str()),
            ("HARNESS_SHA256", &digest),
            ("SHARD", shard),
        ];
        let output = shell(temp.path(), script, &variables);
        assert_eq!(code(&output), 0, "{shard}: {}", stderr(&output));
    };
    run(install, "");
    for shard in ["1", "2"] {
        run(judge, shard);
        // What the actions do: each artifact becomes a folder of its name.
        let into = temp.path().join("conformance-shards");
        fs::create_dir_all(&into).expect("creates");
        let name = format!("conformance-shard-{shard}");
        fs::rename(temp.path().join("conformance-shard"), into.join(name)).expect("renames");
    }
    run(merge, "");
    let report = read(&temp.path().join("conformance-reports/report.json"));
    assert_eq!(report["summary"]["packs"], 2);
    assert_eq!(report["exit_code"], 0);
}

#[test]
fn commands_of_the_other_services_judge_the_packs_too() {
    let releases = tempfile::tempdir().expect("a folder");
    let (url, digest) = release(releases.path());
    for (platform, file, marker, count) in [
        ("gitlab", ".gitlab/conformance.yml", "- |", 2),
        ("jenkins", "Jenkinsfile.conformance", "sh '''", 2),
        ("buildkite", ".buildkite/conformance.yml", " command: |", 1),
    ] {
        let temp = repository();
        let output = init(temp.path(), &format!("--platform {platform}"));
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let pipeline = fs::read_to_string(temp.path().join(file)).expect("a pipeline");
        let mut scripts = scripts(&pipeline, marker);
        assert_eq!(scripts.len(), count, "{scripts:#?}");
        if platform == "buildkite" {
            scripts = scripts
                .iter()
                .map(|script| script.replace("$$", "$"))
                .collect();
        }
        if platform == "jenkins" {
            // Groovy joins lines that end with a backslash.
            scripts = scripts
                .iter()
                .map(|script| script.replace("\\\n", ""))
                .collect();
        }
        // GitLab runs all of a job in one shell; each `sh` of Jenkins is one.
        let scripts = match platform {
            "gitlab" => vec![scripts.concat()],
            _ => scripts,
        };
        let job = format!("{platform}-{}", std::process::id());
        for script in &scripts {
            let variables = [
                ("HARNESS_URL", url.as_str()),
                ("HARNESS_SHA256", &digest),
                ("CI_JOB_ID", &job),
                ("BUILDKITE_JOB_ID", &job),
            ];
            let output = shell(temp.path(), script, &variables);
            assert_eq!(code(&output), 0, "{platform}: {}", stderr(&output));
        }
        _ = fs::remove_dir_all(format!("/tmp/harness-{job}"));
        let report = read(&temp.path().join("conformance-reports/report.json"));
        assert_eq!(report["exit_code"], 0, "{platform}");
    }
}
