//! The script of the GitHub action, with an environment as GitHub makes it.

use super::{Place, VERSION, code, fs, project, said};
use crate::support::{read, stderr, stdout};
use std::path::PathBuf;
use std::process::{Command, Output};

impl Place {
    /// A variable with a file of GitHub, below the temporary folder of the job.
    fn github(&self, name: &str) -> PathBuf {
        self.temp.path().join(name)
    }

    fn written(&self, name: &str) -> String {
        fs::read_to_string(self.github(name)).unwrap_or_default()
    }

    /// The step `step` of the action on the packs in `dist`.
    fn step(&self, step: &str, more: &[(&str, &str)]) -> Output {
        let script = project().join("ci/action/run.sh");
        let script = script.canonicalize().expect("a file of the project");
        let mut command = self.shell("bash");
        command.arg(script).arg(step);
        // What the steps before wrote.
        let path = self
            .written("PATH")
            .lines()
            .rev()
            .collect::<Vec<_>>()
            .join(":");
        command.env("PATH", format!("{path}:/usr/bin:/bin"));
        for name in ["PATH", "OUTPUT", "STEP_SUMMARY"] {
            command.env(format!("GITHUB_{name}"), self.github(name));
        }
        command
            .env("RUNNER_TEMP", self.temp.path().join("runner"))
            .env("VERSION", VERSION)
            .env("SHA256", self.sum(VERSION))
            .env("REPOSITORY", "nobody/nowhere")
            .env("BASE_URL", format!("{}/v{VERSION}", self.address()))
            .env("PACKS", " dist\n")
            .env("PROFILE", "core")
            .env("EXPECTATIONS", "")
            .env("TRUST", "")
            .env("OUT", "conformance")
            .envs(more.iter().copied());
        command.output().expect("a shell")
    }

    fn install(&self, more: &[(&str, &str)]) -> Output {
        fs::create_dir_all(self.temp.path().join("runner")).expect("creates");
        self.step("install", more)
    }

    /// An output of a step.
    fn output(&self, name: &str) -> String {
        let all = self.written("OUTPUT");
        let mut lines = all.lines().filter_map(|line| line.split_once('='));
        let found = lines.rfind(|(n, _)| *n == name);
        found.expect("an output").1.to_owned()
    }

    /// Whether anything of an archive was unpacked or kept.
    fn is_clean(&self) -> bool {
        let tools = self.temp.path().join("runner/greentic-provision");
        self.written("PATH").is_empty()
            && fs::read_dir(tools).into_iter().flatten().next().is_none()
    }
}

#[test]
fn action_installs_judges_annotates_and_summarises() {
    let place = Place::with_release();
    place.pack("nonconforming/trap-apply");
    fs::create_dir(place.job().join(".git")).expect("creates");
    let installed = place.install(&[]);
    assert_eq!(code(&installed), 0, "{}", said(&installed));
    assert_eq!(code(&place.step("key", &[])), 0);
    let (key, prefix) = (place.output("key"), place.output("prefix"));
    assert!(
        key.starts_with(&prefix) && prefix.contains(VERSION),
        "{key}"
    );
    let cache = place.output("folder");
    let judge = || place.step("judge", &[("CACHE", &cache)]);
    let first = judge();
    assert_eq!(code(&first), 1, "{}", said(&first));
    assert_eq!(place.output("exit-code"), "1");
    let annotation = "\n::error file=dist/trap-apply/pack.json,line=1,title=";
    assert!(stdout(&first).contains(annotation), "{}", said(&first));
    assert!(place.written("STEP_SUMMARY").contains("E_TRAP"));
    let report = place.job().join("conformance/report.json");
    let expected = fs::read(&report).expect("a report");
    assert!(fs::read_dir(&cache).expect("a folder").count() > 1);
    // The platform unpacks a cache with modes of its own. The second run compiles nothing,
    // and judges again.
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&cache, open).expect("sets");
    fs::remove_file(&report).expect("removes");
    let second = judge();
    assert_eq!(code(&second), 1, "{}", said(&second));
    assert!(!stdout(&second).contains("the restored cache is unusable"));
    assert_eq!(fs::read(&report).expect("a report"), expected);
    let steps = &read(&report)["packs"][0]["steps_executed"];
    assert!(steps.as_u64() > Some(0), "{steps}");
    // Other bytes, another key.
    place.pack("conforming/greeter");
    assert_eq!(code(&place.step("key", &[])), 0);
    assert_ne!(place.output("key"), key);
    assert_eq!(place.output("prefix"), prefix);
}

#[test]
fn text_of_packs_is_printed_between_stopped_commands() {
    let place = Place::with_release();
    place.pack("conforming/noop-provision");
    assert_eq!(code(&place.install(&[])), 0);
    let run = place.step("judge", &[]);
    assert_eq!(code(&run), 0, "{}", said(&run));
    let lines: Vec<&str> = stdout(&run).lines().collect();
    let stop = lines
        .iter()
        .find_map(|l| l.strip_prefix("::stop-commands::"));
    let token = stop.expect("commands are stopped");
    assert_eq!(token.len(), 32, "{token}");
    let again = place.step("judge", &[]);
    assert!(!stdout(&again).contains(token), "a token is used once");
    let at = |line: &str| lines.iter().position(|l| *l == line);
    let end = at(&format!("::{token}::")).expect("commands go on");
    let shown = lines.iter().position(|l| l.contains("noop-provision"));
    assert!(at(&format!("::stop-commands::{token}")) < shown && shown < Some(end));
}

#[test]
fn archive_of_another_sum_is_refused_before_anything_is_unpacked() {
    let place = Place::with_release();
    let mark = place.github("RAN");
    place.release(VERSION, &format!("#!/bin/sh\ntouch '{}'\n", mark.display()));
    let (wrong, right) = ("0".repeat(64), place.sum(VERSION));
    let run = place.install(&[("SHA256", &wrong)]);
    assert_eq!(code(&run), 2, "{}", said(&run));
    let why = stderr(&run);
    assert!(why.starts_with("::error title=conformance::"), "{why}");
    assert!(why.contains(&wrong) && why.contains(&right), "{why}");
    assert!(place.is_clean() && !mark.exists());
}

#[test]
fn download_that_fails_or_is_cut_is_refused() {
    let place = Place::with_release();
    let (sum, archive) = (place.sum(VERSION), place.archive(VERSION));
    let bytes = fs::read(&archive).expect("an archive");
    fs::write(&archive, &bytes[..bytes.len() / 2]).expect("writes");
    let cut = place.install(&[("SHA256", &sum)]);
    assert_eq!(code(&cut), 2, "{}", said(&cut));
    assert!(stderr(&cut).contains("nothing of it was unpacked"));
    assert!(place.is_clean());
    fs::remove_file(&archive).expect("removes");
    let absent = place.install(&[("SHA256", &sum)]);
    assert_eq!(code(&absent), 2, "{}", said(&absent));
    assert!(stderr(&absent).contains("cannot download file://"));
    assert!(place.is_clean());
    // A curl that ends as after a connection that breaks, with a part of the file.
    let tools = place.github("tools");
    fs::create_dir(&tools).expect("creates");
    let script = "#!/bin/sh\nwhile [ \"$1\" != --output ]; do shift; done\nhead -c 9 /dev/zero >\"$2\"\nexit 18\n";
    fs::write(tools.join("curl"), script).expect("writes");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(tools.join("curl"), mode).expect("sets");
    let path = format!("{}:/usr/bin:/bin", tools.display());
    let broken = place.install(&[("SHA256", &sum), ("PATH", &path)]);
    assert_eq!(code(&broken), 2, "{}", said(&broken));
    assert!(stderr(&broken).contains("cannot download"));
    assert!(place.is_clean());
}

#[test]
fn input_that_names_no_release_is_refused() {
    let place = Place::with_release();
    let sum = place.sum(VERSION).to_uppercase();
    for (name, value, why) in [
        ("VERSION", "", "the inputs version and sha256"),
        ("SHA256", "", "the inputs version and sha256"),
        ("VERSION", "../0.1.0", "no version like 1.2.3"),
        ("VERSION", "0.1.0\n::warning::x", "%0A::warning::x"),
        ("SHA256", &sum, "in lower case"),
        ("SHA256", "0123", "64 hexadecimal digits"),
        ("BASE_URL", "http://127.0.0.1:9", "cannot download http://"),
    ] {
        let run = place.install(&[(name, value)]);
        assert_eq!(code(&run), 2, "{name}={value}: {}", said(&run));
        assert!(stderr(&run).contains(why), "{name}={value}: {}", said(&run));
        assert!(!said(&run).contains("\n::warning"), "{}", said(&run));
        assert!(place.is_clean(), "{name}={value}");
    }
    let run = place.step("judge", &[("PACKS", " \n")]);
    assert_eq!(code(&run), 2, "{}", said(&run));
}

#[test]
fn archive_with_another_version_is_refused() {
    let place = Place::with_release();
    place.release(VERSION, "#!/bin/sh\necho greentic-provision 0.0.9\n");
    let run = place.install(&[]);
    assert_eq!(code(&run), 2, "{}", said(&run));
    assert!(
        stderr(&run).contains("holds greentic-provision 0.0.9"),
        "{}",
        said(&run)
    );
    assert!(place.written("PATH").is_empty());
}

#[test]
fn summary_of_an_earlier_step_is_not_shown_again() {
    let place = Place::with_release();
    place.pack("conforming/noop-provision");
    let out = place.job().join("conformance");
    fs::create_dir(&out).expect("creates");
    for file in ["summary.md", "annotations.txt"] {
        fs::write(out.join(file), "::error file=a::of yesterday\n").expect("writes");
    }
    // No program was installed.
    let run = place.step("judge", &[]);
    assert_eq!(code(&run), 127, "{}", said(&run));
    assert!(!said(&run).contains("of yesterday"), "{}", said(&run));
    assert_eq!(place.written("STEP_SUMMARY"), "");
}

/// What a job saves, later jobs run: a cache holds machine code.
#[test]
fn no_job_that_runs_the_code_of_a_pull_request_saves_the_cache() {
    let action = fs::read_to_string(project().join("ci/action/action.yml")).expect("the action");
    let saves = action
        .split("\n    - ")
        .filter(|step| step.contains("actions/cache/save@"));
    let saves: Vec<&str> = saves.collect();
    assert_eq!(saves.len(), 1);
    let events =
        r#"contains(fromJSON('["push", "schedule", "workflow_dispatch"]'), github.event_name)"#;
    assert!(saves[0].contains(events), "{}", saves[0]);
}

#[test]
fn cache_that_is_unusable_is_left_out_with_a_warning() {
    let place = Place::with_release();
    place.pack("conforming/noop-provision");
    assert_eq!(code(&place.install(&[])), 0);
    let cache = place.github("cache");
    fs::write(&cache, "a file").expect("writes");
    let run = place.step("judge", &[("CACHE", cache.to_str().expect("UTF-8"))]);
    assert_eq!(code(&run), 0, "{}", said(&run));
    assert!(stdout(&run).contains("::warning title=conformance::the restored cache"));
}

/// Runs git in the folder of the job.
fn git(place: &Place, args: &[&str]) {
    let mut git = Command::new("git");
    git.current_dir(place.job())
        .args(["-c", "user.name=a", "-c", "user.email=a@a.example"]);
    let done = git.args(args).output().expect("git");
    assert!(done.status.success(), "{args:?}: {}", said(&done));
}

#[test]
fn annotations_of_changed_packs_come_first_and_ten_of_a_kind_are_printed() {
    let place = Place::with_release();
    let dist = place.job().join("dist");
    for number in 10..22 {
        crate::support::copy(
            &crate::support::fixture("nonconforming/trap-apply"),
            &dist.join(format!("p{number}")),
        );
    }
    git(&place, &["init", "--quiet"]);
    git(&place, &["add", "dist"]);
    git(&place, &["commit", "--quiet", "-m", "a"]);
    fs::write(dist.join("p21/note.txt"), "changed").expect("writes");
    git(&place, &["add", "dist"]);
    git(&place, &["commit", "--quiet", "-m", "b"]);
    assert_eq!(code(&place.install(&[])), 0);
    let run = place.step("judge", &[("GITHUB_EVENT_NAME", "pull_request")]);
    assert_eq!(code(&run), 1, "{}", said(&run));
    let shown: Vec<&str> = stdout(&run)
        .lines()
        .filter(|l| l.starts_with("::error "))
        .collect();
    assert_eq!(shown.len(), 10, "{}", said(&run));
    assert!(
        shown[0].contains(" file=dist/p21/pack.json,"),
        "{}",
        shown[0]
    );
    assert!(
        shown[1].contains(" file=dist/p10/pack.json,"),
        "{}",
        shown[1]
    );
    let all = fs::read_to_string(place.job().join("conformance/annotations.txt")).expect("reads");
    assert!(all.lines().filter(|l| l.starts_with("::error ")).count() >= 12);
}

#[test]
fn program_of_another_platform_is_not_taken() {
    let place = Place::with_release();
    let tools = place.github("tools");
    fs::create_dir(&tools).expect("creates");
    fs::write(tools.join("uname"), "#!/bin/sh\necho Plan9\n").expect("writes");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(tools.join("uname"), mode).expect("sets");
    let path = format!("{}:/usr/bin:/bin", tools.display());
    let run = place.install(&[("PATH", &path)]);
    assert_eq!(code(&run), 2, "{}", said(&run));
    assert!(
        stderr(&run).contains("there is no release for Plan9"),
        "{}",
        said(&run)
    );
    assert!(place.is_clean());
}
