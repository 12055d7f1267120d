//! Where a URL leads: the same host by the WHATWG algorithm and by RFC 3986, below a base.
//! Registrars, proxies and browsers read URLs by one or the other; a URL that they read
//! differently leads to a host of somebody's choice.

use provision_core::codes::CheckCode;
use std::net::{Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

/// Why `url` is no absolute https URL, or one that readers understand differently.
pub(super) fn not_https(url: &str) -> Option<(CheckCode, &'static str)> {
    read(url).err()
}

/// An https URL as the WHATWG algorithm and as RFC 3986 read it, if both find one host.
fn read(url: &str) -> Result<(Url, Parts<'_>), (CheckCode, &'static str)> {
    let malformed = |why| (CheckCode::WebhookUrl, why);
    if let Some(why) = outside_the_grammar(url) {
        return Err(malformed(why));
    }
    let parsed = Url::parse(url).map_err(|_| malformed("not a URL"))?;
    if parsed.scheme() != "https" {
        return Err((CheckCode::WebhookScheme, "not https"));
    }
    let parts = Parts::of(url).ok_or(malformed("not a URL by RFC 3986"))?;
    if parts.authority.contains('@') {
        return Err(malformed("it carries credentials"));
    }
    if !parts.agrees_with(&parsed) {
        return Err(malformed("its host depends on who reads it"));
    }
    Ok((parsed, parts))
}

/// Why `url` is not an https URL at or below `base`.
pub(super) fn not_below(base: &str, url: &str) -> Option<(CheckCode, &'static str)> {
    let malformed = |why| Some((CheckCode::WebhookUrl, why));
    let (parsed, parts) = match read(url) {
        Ok(read) => read,
        Err(why) => return Some(why),
    };
    let Ok(base) = Url::parse(base) else {
        return malformed("the public base URL itself is not a URL");
    };
    // Compared after parsing: `https://base.evil.example` starts with
    // `https://base`, and `/../` is resolved by then.
    let prefix = base.path().trim_end_matches('/');
    let rest = parsed.path().strip_prefix(prefix);
    let below = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if base.origin() != parsed.origin() || !below {
        return Some((CheckCode::WebhookBase, "somewhere else"));
    }
    let leaves = |segment: &str| segment.to_lowercase().replace("%2e", ".") == "..";
    if parts.path.split('/').any(leaves) {
        return malformed("a `..` segment: its path depends on who reads it");
    }
    None
}

/// Why `url` has a character that RFC 3986 does not allow there.
fn outside_the_grammar(url: &str) -> Option<&'static str> {
    let mut query = false;
    let mut authority = true;
    let mut slashes = 0;
    let bytes = url.as_bytes();
    for (i, byte) in bytes.iter().enumerate() {
        match byte {
            b'/' => {
                slashes += 1;
                authority &= slashes < 3;
            }
            b'?' => query = true,
            b'#' if bytes[..i].contains(&b'#') => return Some("two fragments"),
            // An address of IPv6. NB: in a query, the grammar does not allow brackets,
            // but every reader does, and many APIs use them.
            b'[' | b']' if authority || query => {}
            b'%' => {
                let hex = bytes.get(i + 1..i + 3);
                if !hex.is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) {
                    return Some("a percent sign without two hexadecimal digits");
                }
            }
            b'\\' => return Some("a backslash, which some readers take for a slash"),
            0x21 | 0x23..=0x24 | 0x26..=0x3b | 0x3d | 0x40 => {}
            b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'~' => {}
            0..=0x20 | 0x7f => return Some("a blank or a control character"),
            0x80.. => return Some("a character beyond ASCII that is not percent-encoded"),
            _ => return Some("a character that no URL has, not percent-encoded"),
        }
    }
    None
}

/// The parts of an https URL by RFC 3986.
struct Parts<'u> {
    authority: &'u str,
    path: &'u str,
}

impl<'u> Parts<'u> {
    /// `None` if the URL has no authority.
    fn of(url: &'u str) -> Option<Self> {
        let (_, rest) = url.split_once(':')?;
        let rest = rest.strip_prefix("//")?;
        let end = |text: &str, ends: &[char]| text.find(ends).unwrap_or(text.len());
        let (authority, rest) = rest.split_at(end(rest, &['/', '?', '#']));
        let (path, _) = rest.split_at(end(rest, &['?', '#']));
        Some(Self { authority, path })
    }

    /// Whether host and port are those of `parsed`, which the WHATWG algorithm made.
    fn agrees_with(&self, parsed: &Url) -> bool {
        let (host, port) = match self.authority.strip_prefix('[') {
            Some(rest) => match rest.split_once(']') {
                Some((address, port)) => (address, port.strip_prefix(':')),
                None => return false,
            },
            None => match self.authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (self.authority, None),
            },
        };
        let same_host = match parsed.host() {
            Some(Host::Domain(domain)) => domain.eq_ignore_ascii_case(host),
            Some(Host::Ipv4(address)) => host.parse::<Ipv4Addr>() == Ok(address),
            Some(Host::Ipv6(address)) => host.parse::<Ipv6Addr>() == Ok(address),
            None => false,
        };
        let port = match port {
            None | Some("") => Some(443),
            Some(port) => port.parse().ok(),
        };
        same_host && port == parsed.port_or_known_default()
    }
}

#[cfg(test)]
mod tests {
    use super::not_below;

    const BASE: &str = "https://hooks.example/tenant";

    fn code(base: &str, url: &str) -> Option<&'static str> {
        not_below(base, url).map(|(code, _)| code.code())
    }

    #[test]
    fn harmless_urls_below_the_base_are_accepted() {
        for below in [
            "https://hooks.example/tenant",
            "https://hooks.example/tenant/a?x=1",
            "HTTPS://HOOKS.example:443/tenant/",
            "https://hooks.example:/tenant/a/",
            "https://hooks.example/tenant/a%20b/%C3%A4/%2F..%2Fx",
            "https://hooks.example/tenant/rooms/@x:1;v=1,2/(a)*'!$&+=~-_.",
            "https://hooks.example/tenant/..a/.../.well-known/./x",
            "https://hooks.example/tenant?updates[]=message&a=%5B",
            "https://hooks.example/tenant#part",
        ] {
            assert_eq!(code(BASE, below), None, "{below}");
        }
        for (base, below) in [
            ("https://[2001:db8::1]", "https://[2001:db8::1]/hook"),
            (
                "https://[2001:db8::1]:8443",
                "https://[2001:DB8:0:0::1]:8443/hook",
            ),
            ("https://192.0.2.7", "https://192.0.2.7:443/hook"),
            ("https://hooks.example/", "https://hooks.example"),
            (
                "https://xn--bcher-kva.example",
                "https://xn--bcher-kva.example/a",
            ),
        ] {
            assert_eq!(code(base, below), None, "{below}");
        }
    }

    #[test]
    fn url_elsewhere_or_without_tls_is_refused_with_its_code() {
        for (bad, expected) in [
            ("http://hooks.example/tenant/a", "E_WEBHOOK_SCHEME"),
            ("https://hooks.example/tenantx", "E_WEBHOOK_BASE"),
            ("https://hooks.example/tenant/../other", "E_WEBHOOK_BASE"),
            (
                "https://hooks.example/tenant/%2e%2e/other",
                "E_WEBHOOK_BASE",
            ),
            (
                "https://hooks.example.evil.example/tenant/a",
                "E_WEBHOOK_BASE",
            ),
            ("https://hooks.example:8443/tenant/a", "E_WEBHOOK_BASE"),
            ("https://hooks.example./tenant/a", "E_WEBHOOK_BASE"),
            ("https://u@hooks.example/tenant/a", "E_WEBHOOK_URL"),
            ("/tenant/a", "E_WEBHOOK_URL"),
        ] {
            assert_eq!(code(BASE, bad), Some(expected), "{bad}");
        }
    }

    #[test]
    fn credentials_in_a_url_are_named() {
        let why = not_below(BASE, "https://u:p@hooks.example/tenant/a").map(|(_, why)| why);
        assert_eq!(why, Some("it carries credentials"));
    }

    #[test]
    fn url_that_readers_understand_differently_is_refused() {
        for bad in [
            r"https://hooks.example\@evil.example/tenant/a",
            r"https://hooks.example/tenant\a",
            "https://hooks.example/tenant/${room}",
            "https://hooks.example/tenant/{room}",
            "https://hooks.example/tenant/a\u{1}b",
            "https://hooks.example/tenant/a\r\nb",
            "https://hooks.example/tenant/a\tb",
            "https://hooks.example/tenant/a b",
            " https://hooks.example/tenant/a",
            "https://hooks.example/tenant/a\n",
            "https://hooks.example/tenant/%zz",
            "https://hooks.example/tenant/%2",
            "https://hooks.example/tenant/\u{e4}",
            "https://hooks.example/tenant/<x>",
            "https://hooks.example/tenant/\"x",
            "https://hooks.example/tenant/a|b^c`",
            "https://hooks.example/tenant/[a]",
            "https://hooks.example/tenant/a#b#c",
            "https://hooks.example/tenant/a/../b",
            "https://hooks.example/tenant/a/.%2E/b",
            "https://@hooks.example/tenant/a",
            "https:hooks.example/tenant/a",
            "https:/hooks.example/tenant/a",
            "https:///hooks.example/tenant/a",
            "https://hooks%2eexample/tenant/a",
            "https://h\u{f6}oks.example/tenant/a",
        ] {
            assert_eq!(code(BASE, bad), Some("E_WEBHOOK_URL"), "{bad}");
        }
        assert_eq!(
            code("https://127.0.0.1", "https://0x7f.1/hook"),
            Some("E_WEBHOOK_URL")
        );
    }
}
