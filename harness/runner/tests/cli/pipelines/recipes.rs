//! The GitLab template, and the recipes for Jenkins, Buildkite and make.

use super::{Place, VERSION, block, code, project, said, target};
use serde_json::Value;
use std::fs;
use std::process::{Command, Output};

/// A file of the project with the shell that it runs.
struct Recipe {
    file: &'static str,
    script: fn(&str) -> String,
    /// Its variables for version, sum and releases.
    names: [&'static str; 3],
}

const SHORT: [&str; 3] = ["VERSION", "SHA256", "RELEASES"];

const RECIPES: [Recipe; 4] = [
    Recipe {
        file: "ci/gitlab.yml",
        script: |text| block(text, "- |"),
        names: [
            "GREENTIC_PROVISION_VERSION",
            "GREENTIC_PROVISION_SHA256",
            "GREENTIC_PROVISION_RELEASES",
        ],
    },
    Recipe {
        file: "ci/recipes/buildkite.yml",
        // The agent's variables are escaped once.
        script: |text| block(text, "command: |").replace("$$", "$"),
        names: SHORT,
    },
    Recipe {
        file: "ci/recipes/Jenkinsfile",
        script: |text| {
            let (_, rest) = text.split_once("sh '''").expect("a script");
            let (script, _) = rest.split_once("'''").expect("an end");
            // As Jenkins runs it.
            format!("set -xe\n{script}")
        },
        names: SHORT,
    },
    Recipe {
        file: "ci/recipes/Makefile",
        script: |_| "make -f Makefile conformance".into(),
        names: SHORT,
    },
];

impl Recipe {
    fn text(&self) -> String {
        fs::read_to_string(project().join(self.file)).expect("a file of the project")
    }

    /// Runs the recipe with this sum on the packs in `dist`.
    fn run(&self, place: &Place, sum: &str) -> Output {
        let text = self.text();
        fs::write(place.job().join("Makefile"), &text).expect("writes");
        let address = place.address();
        let mut shell = place.shell("bash");
        shell.arg("-c").arg((self.script)(&text));
        for (name, value) in self.names.iter().zip([VERSION, sum, &address]) {
            shell.env(name, value);
        }
        shell
            .env("GREENTIC_PROVISION_TARGET", target())
            .env("TARGET", target())
            .env("HARNESS_SOURCE", "")
            .env("PACKS", "dist")
            .env("PROFILE", "core")
            .output()
            .expect("a shell")
    }
}

fn has_make() -> bool {
    Command::new("make").arg("--version").output().is_ok()
}

/// The recipes that this machine can run. The names of the archives in two of them are those
/// of one platform.
fn recipes() -> impl Iterator<Item = &'static Recipe> {
    let fits = |recipe: &&Recipe| match recipe.file {
        "ci/gitlab.yml" => true,
        "ci/recipes/Makefile" => has_make(),
        _ => target() == "x86_64-unknown-linux-gnu",
    };
    RECIPES.iter().filter(fits)
}

#[test]
fn recipe_judges_with_the_released_binary() {
    for recipe in recipes() {
        let place = Place::with_release();
        place.pack("nonconforming/trap-apply");
        let run = recipe.run(&place, &place.sum(VERSION));
        assert_ne!(code(&run), 0, "{}: {}", recipe.file, said(&run));
        assert!(
            said(&run).contains("E_TRAP"),
            "{}: {}",
            recipe.file,
            said(&run)
        );
        let folder = match recipe.file {
            "ci/gitlab.yml" => place.job().join("conformance"),
            _ => place.job(),
        };
        let junit = fs::read_to_string(folder.join("junit.xml")).expect("a report");
        assert!(junit.contains("<failure"), "{}: {junit}", recipe.file);
    }
}

#[test]
fn recipe_refuses_an_archive_of_another_sum_before_it_unpacks_it() {
    for recipe in recipes() {
        let place = Place::with_release();
        place.pack("conforming/greeter");
        let run = recipe.run(&place, &"0".repeat(64));
        assert_ne!(code(&run), 0, "{}", recipe.file);
        assert!(
            said(&run).contains("FAILED"),
            "{}: {}",
            recipe.file,
            said(&run)
        );
        for tools in [".tools", ".greentic-provision"] {
            let unpacked = place.job().join(tools);
            let names = fs::read_dir(unpacked).into_iter().flatten();
            let names = names.map(|entry| entry.expect("readable").file_name());
            let other = |name: &std::ffi::OsString| !name.to_string_lossy().ends_with(".tar.gz");
            let found: Vec<_> = names.filter(other).collect();
            assert!(found.is_empty(), "{}: {found:?}", recipe.file);
        }
        assert!(!place.job().join("junit.xml").exists(), "{}", recipe.file);
    }
}

#[test]
fn gitlab_job_keeps_components_and_judges_again() {
    let place = Place::with_release();
    place.pack("nonconforming/trap-apply");
    let recipe = &RECIPES[0];
    let report = place.job().join("conformance/report.json");
    let first = recipe.run(&place, &place.sum(VERSION));
    assert_eq!(code(&first), 1, "{}", said(&first));
    let expected = fs::read(&report).expect("a report");
    let components = place.job().join(".greentic-provision/components");
    let kept = fs::read_dir(&components).expect("a folder").count();
    assert!(kept > 1, "{kept} files");
    // As a cache comes back: open to others.
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&components, mode).expect("sets");
    fs::remove_file(&report).expect("removes");
    let second = recipe.run(&place, &place.sum(VERSION));
    assert_eq!(code(&second), 1, "{}", said(&second));
    assert_eq!(fs::read(&report).expect("a report"), expected);
    let issues = fs::read(place.job().join("conformance/code-quality.json")).expect("a report");
    let issues: Value = serde_json::from_slice(&issues).expect("JSON");
    assert!(issues.as_array().is_some_and(|all| !all.is_empty()));
}

#[test]
fn recipes_name_the_repository_of_the_manifest() {
    let releases = format!("{}/releases/download", env!("CARGO_PKG_REPOSITORY"));
    for recipe in &RECIPES {
        assert!(recipe.text().contains(&releases), "{}", recipe.file);
    }
    let action =
        env!("CARGO_PKG_REPOSITORY").replace("https://github.com/", "uses: ") + "/ci/action@";
    let workflow = fs::read_to_string(project().join("ci/recipes/github.yml"));
    assert!(workflow.expect("a recipe").contains(&action), "{action}");
}
