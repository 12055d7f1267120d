//! What a reference is made of: hosts, repositories, tags and digests.

use crate::digest::Digest;
use provision_core::text::inert;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

/// What a reference in a registry begins with.
pub(crate) const REGISTRY: &str = "oci://";
/// What a reference to a layout begins with.
pub(crate) const LAYOUT: &str = "oci-layout:";

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

impl Reference {
    /// The only manifest of the layout at `path`.
    #[must_use]
    pub fn of_layout(path: PathBuf) -> Self {
        Self::Layout(Layout { path, which: None })
    }
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
