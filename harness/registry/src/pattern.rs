//! Patterns that match many packs of a registry: all tags of a repository, or the
//! repositories of its catalogue.

use crate::names::{Host, Image, Which, repository_name, tag_name};
use std::cmp::Reverse;

/// Which repositories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repositories {
    /// The one of this name.
    One(String),
    /// Those of the registry's catalogue whose names begin so.
    Prefix(String),
}

/// Which tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tags {
    /// The one of this name.
    One(String),
    /// All.
    All,
}

/// `oci://host/repository:*`, `oci://host/prefix*:tag` or `oci://host/prefix*:*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// The registry.
    pub host: Host,
    /// Which repositories.
    pub repositories: Repositories,
    /// Which tags.
    pub tags: Tags,
}

impl Pattern {
    /// Reads the parts of a pattern.
    pub(crate) fn parse(host: Host, repository: &str, tag: &str) -> Result<Self, String> {
        let repositories = match repository.strip_suffix('*') {
            Some(prefix) => {
                // NB: a prefix may end within a name, so only what it begins is checked.
                let begun = prefix.trim_end_matches(['.', '_', '-', '/']);
                if !begun.is_empty() {
                    repository_name(begun)?;
                }
                Repositories::Prefix(prefix.to_owned())
            }
            None => Repositories::One(repository_name(repository)?),
        };
        let tags = match tag {
            "*" => Tags::All,
            tag => Tags::One(tag_name(tag)?),
        };
        Ok(Self {
            host,
            repositories,
            tags,
        })
    }

    /// The images of `repository` with `tags`, the newest version first, at most `latest`.
    /// Tags that are no versions come after those that are. Tags of referrers
    /// (`sha256-<digest>`) name no packs.
    pub(crate) fn images(
        &self,
        repository: &str,
        tags: &[String],
        latest: Option<usize>,
    ) -> Vec<Image> {
        let mut tags: Vec<&String> = tags.iter().filter(|tag| !is_of_referrers(tag)).collect();
        let version = |tag: &str| {
            let bare = tag.strip_prefix('v').unwrap_or(tag);
            semver::Version::parse(bare).ok()
        };
        tags.sort_by_cached_key(|tag| Reverse((version(tag), (*tag).clone())));
        tags.dedup();
        let image = |tag: &String| Image {
            host: self.host.clone(),
            repository: repository.to_owned(),
            which: Which::Tag(tag.clone()),
        };
        let images = tags.into_iter().take(latest.unwrap_or(usize::MAX));
        images.map(image).collect()
    }
}

/// Source: OCI Distribution Specification 1.1, "Referrers Tag Schema".
fn is_of_referrers(tag: &str) -> bool {
    let digits = tag.strip_prefix("sha256-").unwrap_or_default();
    // Other tools append `.sig` or `.att`.
    digits.len() >= 64 && digits.bytes().take(64).all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::Named;

    fn pattern(text: &str) -> Pattern {
        match Named::parse(text) {
            Some(Ok(Named::Many(pattern))) => pattern,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn newest_version_comes_first_and_tags_of_referrers_are_left_out() {
        let all = pattern("oci://localhost:5000/p:*");
        let referrers = format!("sha256-{}", "0".repeat(64));
        let tags = [
            "1.9.0",
            "latest",
            "1.10.0",
            "v2.0.0-rc.1",
            &referrers,
            "1.10.0",
        ];
        let tags = tags.map(str::to_owned);
        let shown = |latest| {
            let images = all.images("p", &tags, latest).into_iter();
            images.map(|i| i.which.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(
            shown(None),
            [":v2.0.0-rc.1", ":1.10.0", ":1.9.0", ":latest"]
        );
        assert_eq!(shown(Some(2)), [":v2.0.0-rc.1", ":1.10.0"]);
    }

    #[test]
    fn catalogue_patterns_have_a_prefix_and_tags() {
        let all = pattern("oci://localhost:5000/team/*:stable");
        assert_eq!(all.repositories, Repositories::Prefix("team/".into()));
        assert_eq!(all.tags, Tags::One("stable".into()));
        let every = pattern("oci://localhost:5000/*:*");
        assert_eq!(every.repositories, Repositories::Prefix(String::new()));
        assert!(matches!(Named::parse("oci://localhost/T*:1"), Some(Err(_))));
        assert!(matches!(
            Named::parse("oci://localhost/a*b:*"),
            Some(Err(_))
        ));
    }
}
