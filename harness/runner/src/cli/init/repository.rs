//! The repository that `init` finds itself in: its top, its CI services, its main branch.
//!
//! NB: no git runs. The configuration of a checkout may name programs that git starts.

use super::platform::Platform;
use crate::exit::{Error, show};
use crate::read_file::{self, FileKind};
use std::path::{Path, PathBuf};

/// A file that git or its user wrote.
const GIT_FILE: FileKind = FileKind::new("a file of git", 256 * 1024, "shorten it");

/// A repository.
pub(super) struct Repository {
    /// Its top: the nearest folder with `.git`, else the folder of `init` itself.
    pub(super) top: PathBuf,
    /// The folder of `init` below the top, with `/` between the names; empty if it is the top.
    pub(super) below: String,
}

impl Repository {
    /// The repository of `folder`.
    ///
    /// # Errors
    /// [`Error::Usage`] if it is no folder, or if the name of one above it is no text that a
    /// pipeline can have.
    pub(super) fn of(folder: &Path) -> Result<Self, Error> {
        let refuse = |why: &str| Error::Usage(format!("{}: {why}", show(folder)));
        if !folder.is_dir() {
            return Err(refuse("no such folder; name the one with the packs"));
        }
        let absolute = folder.canonicalize();
        let absolute = absolute.map_err(|e| Error::io("read", folder, e))?;
        let has_git = |folder: &&Path| folder.join(".git").symlink_metadata().is_ok();
        let top = absolute.ancestors().find(has_git).unwrap_or(&absolute);
        let below = absolute.strip_prefix(top).unwrap_or(Path::new(""));
        let names = below.components();
        let names = names.map(|c| c.as_os_str().to_str().filter(|name| is_plain(name)));
        let names: Option<Vec<&str>> = names.collect();
        let why = "the path from the top of the repository has other characters than letters, \
                   digits and `._-`, which a pipeline cannot have in a command; run init in the \
                   top";
        let below = names.ok_or_else(|| refuse(why))?.join("/");
        // The folder as the user names it, so that messages are short.
        let top = if below.is_empty() {
            short(folder)
        } else {
            top.to_owned()
        };
        Ok(Self { top, below })
    }

    /// The path of the file of settings from the top.
    pub(super) fn config(&self) -> String {
        match self.below.as_str() {
            "" => crate::config::FILE_NAME.to_owned(),
            below => format!("{below}/{}", crate::config::FILE_NAME),
        }
    }

    /// The CI services that the repository uses: by their files, else by where it is hosted.
    pub(super) fn platforms(&self) -> Vec<Platform> {
        let has = |sign: &str| self.top.join(sign).symlink_metadata().is_ok();
        let services = Platform::SERVICES.into_iter();
        let seen: Vec<Platform> = services.filter(|p| p.sign().is_some_and(has)).collect();
        if !seen.is_empty() {
            return seen;
        }
        let config = self.read(".git/config");
        let urls = config.lines().filter_map(|line| {
            let url = line.trim().strip_prefix("url")?.trim_start();
            url.strip_prefix('=')
        });
        let hosts: Vec<&str> = urls.filter_map(host).collect();
        let at = |name: &str| hosts.iter().any(|host| host.split('.').any(|l| l == name));
        let hosted = [(Platform::Github, "github"), (Platform::Gitlab, "gitlab")];
        let hosted = hosted.into_iter().filter(|(_, name)| at(name));
        hosted.map(|(platform, _)| platform).collect()
    }

    /// The main branch: that of the remote, else the one that is checked out, else `main`.
    pub(super) fn branch(&self) -> String {
        let named = |file: &str, prefix: &str| {
            let text = self.read(file);
            let name = text.trim().strip_prefix("ref: ")?.strip_prefix(prefix)?;
            let is_name = name.split('/').all(is_plain) && name.len() <= 100;
            is_name.then(|| name.to_owned())
        };
        let remote = named(".git/refs/remotes/origin/HEAD", "refs/remotes/origin/");
        let branch = remote.or_else(|| named(".git/HEAD", "refs/heads/"));
        branch.unwrap_or_else(|| "main".into())
    }

    /// Whether the attributes put packs into Git LFS.
    pub(super) fn has_lfs(&self) -> bool {
        let attributes = self.read(".gitattributes");
        let mut lines = attributes.lines();
        lines.any(|line| line.contains("gtpack") && line.contains("filter=lfs"))
    }

    /// The text of a file of the repository; empty if it cannot be read.
    fn read(&self, name: &str) -> String {
        read_file::read_text(&self.top.join(name), GIT_FILE).unwrap_or_default()
    }
}

/// `folder` without a dot that stands for the current one.
pub(super) fn short(folder: &Path) -> PathBuf {
    if folder == Path::new(".") {
        PathBuf::new()
    } else {
        folder.to_owned()
    }
}

/// Whether `name` means itself in a shell, in YAML and in a pipeline's expressions.
fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !name.is_empty() && !name.starts_with('-') && name.chars().all(plain)
}

/// The host of the URL of a remote, `https://HOST/…` or `git@HOST:…`.
fn host(url: &str) -> Option<&str> {
    let url = url.trim();
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    // NB: the name of a user may come with a password, which a colon precedes.
    let authority = rest.split('/').next()?;
    authority.rsplit('@').next()?.split(':').next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn repository(files: &[(&str, &str)]) -> (tempfile::TempDir, Repository) {
        let temp = tempfile::tempdir().expect("a folder");
        fs::create_dir(temp.path().join(".git")).expect("creates");
        for (name, text) in files {
            let path = temp.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("creates");
            fs::write(path, text).expect("writes");
        }
        let repository = Repository::of(temp.path()).expect("a repository");
        (temp, repository)
    }

    #[test]
    fn platforms_are_those_of_the_files_and_else_of_the_remotes() {
        use Platform::{Buildkite, Github, Gitlab, Jenkins};
        let github = "[remote \"origin\"]\n\turl = https://user:pw@github.com/a/b\n";
        let ssh = "[remote \"origin\"]\n\turl = git@gitlab.example.com:a/github.git\n";
        for (files, expected) in [
            (vec![(".github/x", "")], vec![Github]),
            (
                vec![("Jenkinsfile", ""), (".buildkite/p.yml", "")],
                vec![Jenkins, Buildkite],
            ),
            (
                vec![(".gitlab-ci.yml", ""), (".git/config", github)],
                vec![Gitlab],
            ),
            (vec![(".git/config", github)], vec![Github]),
            (vec![(".git/config", ssh)], vec![Gitlab]),
            (
                vec![(".git/config", "url = https://example.com/github.com")],
                vec![],
            ),
            (vec![], vec![]),
        ] {
            let (_temp, repository) = repository(&files);
            assert_eq!(repository.platforms(), expected, "{files:?}");
        }
    }

    #[test]
    fn branch_is_that_of_the_remote_and_else_the_current_one() {
        let remote = (
            ".git/refs/remotes/origin/HEAD",
            "ref: refs/remotes/origin/trunk\n",
        );
        let head = (".git/HEAD", "ref: refs/heads/feature/x\n");
        let bad = (".git/HEAD", "ref: refs/heads/a'${{ x }}\n");
        for (files, expected) in [
            (vec![remote, head], "trunk"),
            (vec![head], "feature/x"),
            (vec![bad], "main"),
            (vec![], "main"),
        ] {
            let (_temp, repository) = repository(&files);
            assert_eq!(repository.branch(), expected, "{files:?}");
        }
    }

    #[test]
    fn packs_are_in_lfs_only_if_an_attribute_filters_them() {
        for (attributes, expected) in [
            ("*.gtpack filter=lfs diff=lfs merge=lfs -text\n", true),
            ("*.gtpack binary\n*.psd filter=lfs\n", false),
            ("*.psd filter=lfs\n", false),
        ] {
            let (_temp, repository) = repository(&[(".gitattributes", attributes)]);
            assert_eq!(repository.has_lfs(), expected, "{attributes}");
        }
        assert!(!repository(&[]).1.has_lfs());
    }

    #[test]
    fn folder_below_the_top_is_named_from_the_top() {
        let (temp, repository) = repository(&[("sub/dir/x", ""), ("a b/x", "")]);
        assert_eq!(repository.config(), "conformance.toml");
        let below = Repository::of(&temp.path().join("sub/dir")).expect("a repository");
        assert_eq!(below.config(), "sub/dir/conformance.toml");
        let top = below.top.canonicalize().expect("a folder");
        assert_eq!(top, temp.path().canonicalize().expect("a folder"));
        assert!(Repository::of(&temp.path().join("a b")).is_err());
        assert!(Repository::of(&temp.path().join("gone")).is_err());
    }
}
