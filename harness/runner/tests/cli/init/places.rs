//! Where `init` writes: the pipeline of the service that a repository uses, at its top, and
//! nothing outside of it.

use super::{WRITTEN, files, init, read, repository, write};
use crate::support::{code, run_in, stderr, stdout};
use std::fs;

#[test]
fn platform_is_the_one_of_the_repository_or_the_one_that_is_named() {
    let made = [
        (
            ".gitlab-ci.yml",
            ".gitlab/conformance.yml",
            "  - local: .gitlab/conformance.yml\n",
        ),
        (
            "Jenkinsfile",
            "Jenkinsfile.conformance",
            "script path Jenkinsfile.conformance\n",
        ),
        (
            ".buildkite/x.yml",
            ".buildkite/conformance.yml",
            "pipeline upload .buildkite/conformance.yml\n",
        ),
    ];
    for (sign, file, said) in made {
        let temp = repository();
        fs::remove_dir(temp.path().join(".github")).expect("removes");
        write(temp.path(), sign, "mine");
        let output = init(temp.path(), "");
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        assert!(
            stdout(&output).contains(said),
            "{said}: {}",
            stdout(&output)
        );
        assert!(temp.path().join(file).is_file(), "{file}");
        assert_eq!(read(temp.path(), sign), "mine");
    }
    let temp = repository();
    fs::remove_dir(temp.path().join(".github")).expect("removes");
    let output = init(temp.path(), "");
    let said =
        "no pipeline: the repository has none of .github, .gitlab-ci.yml, Jenkinsfile, .buildkite";
    assert!(stdout(&output).contains(said), "{}", stdout(&output));
    let output = init(temp.path(), "--platform gitlab --platform github");
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    for file in [".gitlab/conformance.yml", WRITTEN[0]] {
        assert!(temp.path().join(file).is_file(), "{file}");
    }
}

#[test]
fn folder_below_the_top_gets_the_settings_and_the_top_the_pipeline() {
    let temp = repository();
    let output = init(temp.path(), "dist");
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let settings = read(temp.path(), "dist/conformance.toml");
    assert!(settings.contains("packs = [\"packs\"]\n"), "{settings}");
    let pipeline = read(temp.path(), WRITTEN[0]);
    assert!(
        pipeline.contains(" --config dist/conformance.toml "),
        "{pipeline}"
    );
    let args = [
        "conformance",
        "--isolation",
        "none",
        "--config",
        "dist/conformance.toml",
    ];
    let run = run_in(temp.path(), &args);
    assert_eq!(code(&run), 0, "{}{}", stdout(&run), stderr(&run));
}

#[test]
#[cfg(unix)]
fn link_of_a_checkout_leads_no_file_elsewhere() {
    use std::os::unix::fs::symlink;
    let temp = repository();
    let outside = tempfile::tempdir().expect("a folder");
    fs::remove_dir(temp.path().join(".github")).expect("removes");
    symlink(outside.path(), temp.path().join(".github")).expect("links");
    let output = init(temp.path(), "");
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(
        stderr(&output).contains(".github: no folder"),
        "{}",
        stderr(&output)
    );
    assert!(!temp.path().join("conformance.toml").exists());
    fs::remove_file(temp.path().join(".github")).expect("removes");
    // The settings of a stranger name no file that init then writes.
    let away = outside.path().join("e.toml");
    for named in [away.to_str().expect("UTF-8"), "../e.toml"] {
        let text = format!("packs = [\"dist\"]\nexpectations = \"{named}\"\n");
        write(temp.path(), "conformance.toml", &text);
        let output = init(temp.path(), "");
        assert!(
            stdout(&output).contains("no file has them"),
            "{}",
            stdout(&output)
        );
        assert!(!away.exists() && !temp.path().join("../e.toml").exists());
    }
    assert!(files(outside.path()).is_empty());
}
