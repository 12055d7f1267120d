//! References to packs: `oci://host/repository:tag`, `oci://host/repository@sha256:…`,
//! `oci-layout:PATH[:tag]`.

use crate::digest::Digest;
use crate::pattern::Pattern;
use provision_core::text::inert;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

/// What a reference in a registry begins with.
const REGISTRY: &str = "oci://";
/// What a reference to a layout begins with.
const LAYOUT: &str = "oci-layout:";
/// Bytes of a reference, at most. Source: a repository has 255, a tag 128, a digest 71.
const LONGEST: usize = 4096;

/// The text is no reference. The message never shows a user name or password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ReferenceError(pub(crate) String);

/// The name of a registry: a host name or address, and a port if it is not the usual one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Host(String);

/// Which manifest of a repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Which {
    /// The one that the tag names now.
    Tag(String),
    /// The one with this digest.
    Digest(Digest),
}

/// A manifest in a registry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Image {
    /// The registry.
    pub host: Host,
    /// The repository.
    pub repository: String,
    /// Tag or digest.
    pub which: Which,
}

/// A manifest in an OCI layout, which is a folder or a tar of one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Layout {
    /// The folder or the tar.
    pub path: PathBuf,
    /// Tag or digest; `None` if the layout has one manifest.
    pub which: Option<Which>,
}

/// A reference to one pack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// In a registry.
    Registry(Image),
    /// In a layout.
    Layout(Layout),
}

/// What a text names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// One pack.
    One(Reference),
    /// All packs that a pattern matches.
    Many(Pattern),
}

impl Reference {
    /// The only manifest of the layout at `path`.
    #[must_use]
    pub fn of_layout(path: PathBuf) -> Self {
        Self::Layout(Layout { path, which: None })
    }
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

/// A tag. Source: OCI Distribution Specification, "Pulling manifests".
pub(crate) fn tag_name(text: &str) -> Result<String, String> {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let rest = |b: u8| is_word(b) || b == b'.' || b == b'-';
    let first = text.bytes().next().is_some_and(is_word);
    if first && text.len() <= 128 && text.bytes().all(rest) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "`{}` is not a tag: letters, digits, `_`, `.` and `-`, at most 128, the first neither \
         `.` nor `-`",
        inert(text, 130)
    ))
}

/// A repository. Source: as for [`tag_name`].
pub(crate) fn repository_name(text: &str) -> Result<String, String> {
    let part = |part: &str| {
        let words = part.split(['.', '_', '-']);
        let is_word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let edge = |b: Option<u8>| b.is_some_and(is_word);
        let ends = edge(part.bytes().next()) && edge(part.bytes().last());
        let dots = !part.contains("..") && !part.contains("___");
        let mixed = ["._", ".-", "_.", "_-", "-.", "-_"];
        let mixed = mixed.iter().any(|pair| part.contains(pair));
        ends && dots && !mixed && words.into_iter().all(|word| word.bytes().all(is_word))
    };
    if text.len() <= 255 && text.split('/').all(part) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "`{}` is not a repository: lower-case letters and digits, joined by `.`, `_`, `-` or \
         `/`, at most 255",
        inert(text, 260)
    ))
}

impl Host {
    /// Reads `HOST` or `HOST:PORT`.
    ///
    /// # Errors
    /// Says what is wrong, for a message.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lower = text.to_ascii_lowercase();
        let (name, port) = match lower
            .strip_prefix('[')
            .and_then(|rest| rest.split_once(']'))
        {
            Some((address, rest)) if address.parse::<std::net::Ipv6Addr>().is_ok() => {
                let port = rest.strip_prefix(':');
                (
                    lower.get(..address.len() + 2),
                    port.or((!rest.is_empty()).then_some("")),
                )
            }
            _ => match lower.split_once(':') {
                Some((name, port)) => (Some(name), Some(port)),
                None => (Some(lower.as_str()), None),
            },
        };
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'-';
        let is_name = |n: &str| !n.is_empty() && n.len() <= 253 && n.bytes().all(is_plain);
        let named = name.is_some_and(|n| n.starts_with('[') || is_name(n));
        let is_port = |p: &str| {
            p.bytes().all(|b| b.is_ascii_digit()) && p.parse::<u16>().is_ok_and(|n| n > 0)
        };
        if named && port.is_none_or(is_port) {
            return Ok(Self(lower));
        }
        Err(format!(
            "`{}` is not a host, as in registry.example.com or localhost:5000",
            inert(text, 260)
        ))
    }

    /// As references show it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host that answers for it. Docker Hub has one name in references and another
    /// one for requests.
    #[must_use]
    pub fn answering(&self) -> &str {
        match self.0.as_str() {
            "docker.io" | "index.docker.io" => "registry-1.docker.io",
            other => other,
        }
    }

    /// Whether it is this machine, so that nobody else hears what is sent there.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let bare = match self
            .0
            .strip_prefix('[')
            .and_then(|rest| rest.split_once(']'))
        {
            Some((address, _)) => address,
            None => self
                .0
                .split_once(':')
                .map_or(self.0.as_str(), |(name, _)| name),
        };
        bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Which {
    /// With the sign that stands before it in a reference.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => write!(f, ":{tag}"),
            Self::Digest(digest) => write!(f, "@{digest}"),
        }
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{REGISTRY}{}/{}{}",
            self.host, self.repository, self.which
        )
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry(image) => image.fmt(f),
            Self::Layout(Layout { path, which }) => {
                let path = inert(&path.to_string_lossy(), 400);
                write!(f, "{LAYOUT}{path}")?;
                which.iter().try_for_each(|which| which.fmt(f))
            }
        }
    }
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

    #[test]
    fn loopback_is_this_machine_alone() {
        let is = |text: &str| Host::parse(text).expect(text).is_loopback();
        for text in [
            "localhost",
            "LOCALHOST:5000",
            "127.0.0.1:5000",
            "127.9.9.9",
            "[::1]:80",
        ] {
            assert!(is(text), "{text}");
        }
        for text in [
            "localhost.example.com",
            "127.0.0.1.nip.io",
            "10.0.0.1",
            "[::2]",
            "0.0.0.0",
        ] {
            assert!(!is(text), "{text}");
        }
    }
}
