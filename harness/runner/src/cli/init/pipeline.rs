//! The text of a pipeline: the template of a CI service around scripts that all share.

use super::platform::Platform;

/// Actions of GitHub, each by the commit of a release.
const CHECKOUT: &str = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1";
const UPLOAD: &str = "actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0";
const DOWNLOAD: &str =
    "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1";

/// What a pipeline is about.
pub(super) struct Pipeline<'p> {
    pub(super) platform: Platform,
    /// The path of the file of settings from the top of the repository.
    pub(super) config: &'p str,
    /// The branch whose pushes are judged.
    pub(super) branch: &'p str,
    /// Whether packs are in Git LFS.
    pub(super) has_lfs: bool,
    pub(super) shards: u64,
    /// The address of this project's repository; empty if it is not known.
    pub(super) project: &'p str,
}

impl Pipeline<'_> {
    /// The text; `None` for a platform without pipelines.
    pub(super) fn text(&self) -> Option<String> {
        let has_shards = self.shards > 1;
        let (template, indent) = match (self.platform, has_shards) {
            (Platform::Github, false) => (include_str!("templates/github.yml"), 10),
            (Platform::Github, true) => (include_str!("templates/github-shards.yml"), 10),
            (Platform::Gitlab, false) => (include_str!("templates/gitlab.yml"), 6),
            (Platform::Gitlab, true) => (include_str!("templates/gitlab-shards.yml"), 6),
            (Platform::Jenkins, _) => (include_str!("templates/jenkins.groovy"), 20),
            (Platform::Buildkite, _) => (include_str!("templates/buildkite.yml"), 6),
            (Platform::None, _) => return None,
        };
        let is_cut = has_shards && matches!(self.platform, Platform::Github | Platform::Gitlab);
        let judge = if is_cut {
            include_str!("templates/judge-shard.sh")
        } else {
            include_str!("templates/judge.sh")
        };
        let mut out = String::new();
        for line in template.lines() {
            match line {
                "@DIR@" => self.add(&mut out, &format!("{}\n", self.folder()), indent),
                "@INSTALL@" => self.add(&mut out, include_str!("templates/install.sh"), indent),
                "@JUDGE@" => self.add(&mut out, judge, indent),
                "@MERGE@" => self.add(&mut out, include_str!("templates/merge.sh"), indent),
                "@RELEASES@" => out += &self.releases(),
                "@LFS@" if self.has_lfs => self.add(&mut out, "lfs: true\n", indent),
                "@LFS@" => {}
                line => self.add(&mut out, &format!("{line}\n"), 0),
            }
        }
        Some(out)
    }

    /// The comment on where releases are.
    fn releases(&self) -> String {
        let (indent, mark) = match self.platform {
            Platform::Github | Platform::Buildkite => (2, "#"),
            Platform::Gitlab => (4, "#"),
            Platform::Jenkins | Platform::None => (8, "//"),
        };
        match self.project {
            "" => String::new(),
            project => format!("{:indent$}{mark} Releases: {project}/releases\n", ""),
        }
    }

    /// The line that sets the folder of the program: outside of the checkout, so that it is
    /// not searched for packs.
    fn folder(&self) -> &'static str {
        match self.platform {
            Platform::Github => "export HARNESS_DIR=\"$RUNNER_TEMP/harness\"",
            Platform::Gitlab => "export HARNESS_DIR=\"/tmp/harness-$CI_JOB_ID\"",
            Platform::Jenkins => "export HARNESS_DIR=\"$WORKSPACE_TMP/harness\"",
            Platform::Buildkite | Platform::None => {
                "export HARNESS_DIR=\"/tmp/harness-$BUILDKITE_JOB_ID\""
            }
        }
    }

    /// Adds the lines of `text`, indented and filled in.
    fn add(&self, out: &mut String, text: &str, indent: usize) {
        for line in text.lines() {
            let line = self.filled(line);
            // NB: `pipeline upload` replaces variables, unless `$` is doubled.
            let line = match self.platform {
                Platform::Buildkite if indent > 0 => line.replace('$', "$$"),
                _ => line,
            };
            *out += &format!("{:indent$}{line}", "");
            out.push('\n');
        }
    }

    fn filled(&self, line: &str) -> String {
        let (shard, out, events) = match self.platform {
            Platform::Github => (
                "\"$SHARD\"",
                "conformance-shard",
                "conformance-shards/*/events.jsonl",
            ),
            _ => (
                "auto",
                "\"conformance-shards/$CI_NODE_INDEX\"",
                "conformance-shards/*/events.jsonl",
            ),
        };
        let numbers: Vec<String> = (1..=self.shards).map(|n| n.to_string()).collect();
        let words = [
            ("@CONFIG@", self.config),
            ("@PIPELINE@", self.platform.file().unwrap_or_default()),
            ("@BRANCH@", self.branch),
            ("@CHECKOUT@", CHECKOUT),
            ("@UPLOAD@", UPLOAD),
            ("@DOWNLOAD@", DOWNLOAD),
            ("@RUST@", env!("CARGO_PKG_RUST_VERSION")),
            ("@SHARDS@", &self.shards.to_string()),
            ("@NUMBERS@", &numbers.join(", ")),
            ("@SHARD@", shard),
            ("@OUT@", out),
            ("@EVENTS@", events),
        ];
        let fill = |line: String, (word, value): &(&str, &str)| line.replace(word, value);
        words.iter().fold(line.to_owned(), fill)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn template_has_no_word_that_is_not_filled_in() {
        for platform in Platform::SERVICES {
            for (shards, has_lfs) in [(1, false), (3, true)] {
                let pipeline = Pipeline {
                    platform,
                    config: "sub/conformance.toml",
                    branch: "main",
                    has_lfs,
                    shards,
                    project: if has_lfs { "https://a.example/p" } else { "" },
                };
                let text = pipeline.text().expect("a pipeline");
                let words = text.split('@').map(|after| {
                    let is_end = |c: char| !c.is_ascii_uppercase();
                    after.find(is_end).unwrap_or(after.len())
                });
                // A word that is not filled in is all capitals up to the next `@`.
                assert_eq!(words.max(), Some(0), "{text}");
                assert!(text.contains("--config sub/conformance.toml"), "{text}");
                let releases = text.contains(" Releases: https://a.example/p/releases\n");
                assert_eq!(releases, has_lfs, "{text}");
                assert!(text.lines().all(|line| line.trim_end() == line), "{text}");
                let has_matrix = text.contains("shard: [1, 2, 3]") || text.contains("parallel: 3");
                let can_cut = matches!(platform, Platform::Github | Platform::Gitlab);
                assert_eq!(has_matrix, can_cut && shards == 3, "{text}");
            }
        }
        let pins = [CHECKOUT, UPLOAD, DOWNLOAD];
        for pin in pins {
            let commit = pin.split(['@', ' ']).nth(1).expect("a commit");
            assert_eq!(commit.len(), 40, "{pin}");
        }
    }
}
