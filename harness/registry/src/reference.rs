//! References to packs: `oci://host/repository:tag`, `oci://host/repository@sha256:…`,
//! `oci-layout:PATH[:tag]`.

use crate::digest::Digest;
use crate::names::{
    Host, Image, LAYOUT, Layout, REGISTRY, Reference, Which, repository_name, tag_name,
};
use crate::pattern::Pattern;
use provision_core::text::inert;
use std::path::PathBuf;

/// Bytes of a reference, at most. Source: a repository has 255, a tag 128, a digest 71.
const LONGEST: usize = 4096;

/// The text is no reference. The message never shows a user name or password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ReferenceError(pub(crate) String);

/// What a text names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// One pack.
    One(Reference),
    /// All packs that a pattern matches.
    Many(Pattern),
}

impl Named {
    /// Reads a reference or a pattern; `None` if the text is the path of a file.
    ///
    /// # Errors
    /// [`ReferenceError`] says what is wrong and what a reference looks like.
    pub fn parse(text: &str) -> Option<Result<Self, ReferenceError>> {
        if let Some(rest) = text.strip_prefix(LAYOUT) {
            return Some(layout(rest).map(|layout| Self::One(Reference::Layout(layout))));
        }
        let rest = text.strip_prefix(REGISTRY)?;
        Some(in_registry(rest))
    }
}

fn in_registry(rest: &str) -> Result<Named, ReferenceError> {
    let shape = "oci://HOST[:PORT]/REPOSITORY:TAG or oci://HOST[:PORT]/REPOSITORY@sha256:DIGEST";
    if rest.len() > LONGEST {
        return Err(ReferenceError(format!(
            "a reference of {} bytes; at most {LONGEST}, as in {shape}",
            rest.len()
        )));
    }
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    // NB: not shown, because what stands before the `@` may be a password.
    if host.contains('@') {
        return Err(ReferenceError(
            "a reference in a registry holds no user name or password; use --username and \
             --password-stdin, or Docker's config"
                .into(),
        ));
    }
    let wrong = |why: &str| ReferenceError(format!("oci://{}: {why}", inert(rest, 300)));
    let host = Host::parse(host).map_err(|why| wrong(&why))?;
    if let Some((named, digest)) = path.split_once('@') {
        let digest = Digest::parse(digest).map_err(|why| wrong(&why))?;
        // A tag beside a digest only tells people where the digest comes from.
        let repository = named.split_once(':').map_or(named, |(name, _)| name);
        let repository = repository_name(repository).map_err(|why| wrong(&why))?;
        let which = Which::Digest(digest);
        return Ok(Named::One(Reference::Registry(Image {
            host,
            repository,
            which,
        })));
    }
    let Some((repository, tag)) = path.rsplit_once(':') else {
        return Err(wrong(&format!("neither a tag nor a digest; give {shape}")));
    };
    if repository.ends_with('*') || tag == "*" {
        let pattern = Pattern::parse(host, repository, tag).map_err(|why| wrong(&why))?;
        return Ok(Named::Many(pattern));
    }
    let repository = repository_name(repository).map_err(|why| wrong(&why))?;
    let which = Which::Tag(tag_name(tag).map_err(|why| wrong(&why))?);
    Ok(Named::One(Reference::Registry(Image {
        host,
        repository,
        which,
    })))
}

fn layout(rest: &str) -> Result<Layout, ReferenceError> {
    let wrong = |why: &str| ReferenceError(format!("oci-layout:{}: {why}", inert(rest, 300)));
    let (path, which) = match rest.split_once("@sha256:") {
        Some((path, _)) => {
            let digest = rest.get(path.len() + 1..).unwrap_or_default();
            let digest = Digest::parse(digest).map_err(|why| wrong(&why))?;
            (path, Some(Which::Digest(digest)))
        }
        None => match rest.rsplit_once(':') {
            // NB: a colon before the last slash belongs to the path.
            Some((path, tag)) if !tag.contains(['/', '\\']) => {
                let tag = tag_name(tag).map_err(|why| wrong(&why))?;
                (path, Some(Which::Tag(tag)))
            }
            _ => (rest, None),
        },
    };
    if path.is_empty() {
        return Err(wrong(
            "no folder; give oci-layout:FOLDER or oci-layout:FOLDER:TAG",
        ));
    }
    let path = PathBuf::from(path);
    Ok(Layout { path, which })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Named, String> {
        let named = Named::parse(text).expect("a reference");
        named.map_err(|e| e.to_string())
    }

    #[test]
    fn references_are_read_and_shown_as_they_were() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        for text in [
            "oci://ghcr.io/greentic/packs/telegram:0.4.2".to_owned(),
            "oci://localhost:5000/p:latest".into(),
            "oci://[::1]:5000/p:latest".into(),
            format!("oci://ghcr.io/a/b__c@{digest}"),
            "oci-layout:some/folder".into(),
            "oci-layout:some/folder:v1".into(),
            "oci-layout:a:b/folder.tar".into(),
            format!("oci-layout:/tmp/x@{digest}"),
        ] {
            let Ok(Named::One(reference)) = parse(&text) else {
                panic!("{text} is not a reference");
            };
            assert_eq!(reference.to_string(), text);
        }
        assert_eq!(Named::parse("packs/a.gtpack"), None);
        assert_eq!(Named::parse("./oci://x"), None);
    }

    #[test]
    fn text_that_is_no_reference_is_refused_with_its_fault() {
        for (text, fault) in [
            ("oci://ghcr.io/a/b", "neither a tag nor a digest"),
            ("oci://ghcr.io/A/b:1", "is not a repository"),
            ("oci://ghcr.io/../b:1", "is not a repository"),
            ("oci://ghcr.io/a//b:1", "is not a repository"),
            ("oci://ghcr.io/a:-1", "is not a tag"),
            ("oci://ghcr.io/a@sha512:00", "algorithm other than sha256"),
            (
                "oci://ghcr.io/a@sha256:00",
                "64 lower-case hexadecimal digits",
            ),
            ("oci://gh cr.io/a:1", "is not a host"),
            ("oci://ghcr.io:0/a:1", "is not a host"),
            ("oci://ghcr.io:99999/a:1", "is not a host"),
            ("oci:///a:1", "is not a host"),
            ("oci-layout::v1", "no folder"),
        ] {
            let refused = parse(text).expect_err(text);
            assert!(refused.contains(fault), "{text}: {refused}");
        }
    }

    #[test]
    fn password_in_a_reference_is_refused_and_not_shown() {
        let refused = parse("oci://me:hunter2@ghcr.io/a:1").expect_err("a password");
        assert!(refused.contains("--password-stdin"), "{refused}");
        assert!(!refused.contains("hunter2"), "{refused}");
    }
}
