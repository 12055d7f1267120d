//! What runs the harness in other people's pipelines: the script of the GitHub action, the
//! GitLab template and the recipes, each as it stands, on a release in a local folder.

mod action;
mod recipes;
mod release;

use crate::support::{caches, code, copy, fixture, project, stderr, stdout};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The targets of releases, by system and processor.
const TARGETS: [(&str, &str, &str); 3] = [
    ("linux", "x86_64", "x86_64-unknown-linux-gnu"),
    ("linux", "aarch64", "aarch64-unknown-linux-gnu"),
    ("macos", "aarch64", "aarch64-apple-darwin"),
];

/// The target of the release for this machine.
fn target() -> &'static str {
    let here = (std::env::consts::OS, std::env::consts::ARCH);
    let mut targets = TARGETS.iter();
    let found = targets.find(|(system, processor, _)| (*system, *processor) == here);
    found.expect("a release for this machine").2
}

/// The name of the archive of a version, without its ending.
fn name(version: &str) -> String {
    format!("greentic-provision-{version}-{}", target())
}

/// A folder with releases, and a folder in which a job runs.
struct Place {
    temp: tempfile::TempDir,
}

impl Place {
    /// With the release of this version, whose program is a script that runs the binary of
    /// this build: an archive of the binary itself takes seconds to make.
    fn with_release() -> Self {
        let place = Self {
            temp: tempfile::tempdir().expect("a folder"),
        };
        fs::create_dir(place.job()).expect("creates");
        let binary = env!("CARGO_BIN_EXE_greentic-provision");
        place.release(VERSION, &format!("#!/bin/sh\nexec '{binary}' \"$@\"\n"));
        place
    }

    /// Makes the release of `version` with this program.
    fn release(&self, version: &str, program: &str) {
        let tree = self.temp.path().join("tree").join(name(version));
        let releases = self.releases().join(format!("v{version}"));
        fs::create_dir_all(&tree).expect("creates");
        fs::create_dir_all(&releases).expect("creates");
        let file = tree.join("greentic-provision");
        fs::write(&file, program).expect("writes");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("sets");
        let mut tar = Command::new("tar");
        tar.arg("-czf").arg(self.archive(version));
        let made = tar.arg("-C").arg(self.temp.path().join("tree"));
        assert!(made.arg(name(version)).status().expect("tar").success());
    }

    fn releases(&self) -> PathBuf {
        self.temp.path().join("releases")
    }

    fn archive(&self, version: &str) -> PathBuf {
        let folder = self.releases().join(format!("v{version}"));
        folder.join(name(version) + ".tar.gz")
    }

    /// The SHA-256 of the archive of a version; of nothing if there is none.
    fn sum(&self, version: &str) -> String {
        let bytes = fs::read(self.archive(version)).unwrap_or_default();
        provision_core::pack::digest(&bytes)
    }

    /// The address of the folder with all releases.
    fn address(&self) -> String {
        format!("file://{}", self.releases().display())
    }

    fn job(&self) -> PathBuf {
        self.temp.path().join("job")
    }

    /// Puts a pack into the folder `dist` of the job.
    fn pack(&self, pack: &str) {
        let name = Path::new(pack).file_name().expect("a name");
        copy(&fixture(pack), &self.job().join("dist").join(name));
    }

    /// A shell in the job's folder, with nothing of this process's environment but tools.
    fn shell(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.job())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.temp.path())
            .env("XDG_CACHE_HOME", caches());
        command
    }
}

/// The lines of a block of YAML that begins below the line `head`, without their indentation.
fn block(text: &str, head: &str) -> String {
    let mut lines = text.lines().skip_while(|line| line.trim() != head);
    let begin = lines.next().expect("the line above the block");
    let outer = begin.len() - begin.trim_start().len();
    let mut block = String::new();
    for line in lines {
        let indentation = line.len() - line.trim_start().len();
        if !line.trim().is_empty() && indentation <= outer {
            break;
        }
        block += line.trim_start_matches(' ');
        block.push('\n');
    }
    assert!(!block.is_empty(), "`{head}` has no block");
    block
}

/// What a job printed, for messages of tests.
fn said(output: &Output) -> String {
    format!("{}{}", stdout(output), stderr(output))
}
