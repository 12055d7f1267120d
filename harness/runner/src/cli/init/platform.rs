//! [`Platform`]: the CI services for which `init` writes a pipeline.

use clap::ValueEnum;

/// A CI service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(super) enum Platform {
    /// GitHub Actions.
    Github,
    /// GitLab CI.
    Gitlab,
    /// Jenkins.
    Jenkins,
    /// Buildkite.
    Buildkite,
    /// No pipeline.
    None,
}

impl Platform {
    /// Those that run pipelines.
    pub(super) const SERVICES: [Self; 4] =
        [Self::Github, Self::Gitlab, Self::Jenkins, Self::Buildkite];

    /// A file or folder at the top of a repository that uses the service.
    pub(super) fn sign(self) -> Option<&'static str> {
        match self {
            Self::Github => Some(".github"),
            Self::Gitlab => Some(".gitlab-ci.yml"),
            Self::Jenkins => Some("Jenkinsfile"),
            Self::Buildkite => Some(".buildkite"),
            Self::None => None,
        }
    }

    /// Where the pipeline goes, from the top of the repository.
    pub(super) fn file(self) -> Option<&'static str> {
        match self {
            Self::Github => Some(".github/workflows/conformance.yml"),
            Self::Gitlab => Some(".gitlab/conformance.yml"),
            Self::Jenkins => Some("Jenkinsfile.conformance"),
            Self::Buildkite => Some(".buildkite/conformance.yml"),
            Self::None => None,
        }
    }

    /// What is left to do for a person, beside filling in which harness is installed.
    pub(super) fn remedy(self) -> Option<&'static str> {
        match self {
            Self::Github | Self::None => None,
            Self::Gitlab => Some(
                "add these two lines to .gitlab-ci.yml:\n\
                 include:\n  - local: .gitlab/conformance.yml",
            ),
            Self::Jenkins => Some(
                "make a Pipeline job of this repository with the script path \
                 Jenkinsfile.conformance",
            ),
            Self::Buildkite => Some(
                "add this step to the pipeline:\n\
                 \x20 - command: buildkite-agent pipeline upload .buildkite/conformance.yml",
            ),
        }
    }
}
