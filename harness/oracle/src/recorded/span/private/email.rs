//! E-mail addresses and URLs with the name of a user.

use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// A local part, and a domain with at least one dot.
static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let local = r"[A-Za-z0-9][A-Za-z0-9._%+'-]{0,63}";
    let domain = r"(?:[A-Za-z0-9][A-Za-z0-9-]{0,62}\.){1,8}[A-Za-z]{2,24}";
    Regex::new(&format!("({local})@({domain})")).ok()
});

/// A scheme, the name of a user, perhaps a password, and a host.
static USER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"[A-Za-z][A-Za-z0-9+.-]{1,20}://([^\s/?#@\x22]{1,200})@[^\s@]").ok()
});

/// Last parts of names that are no domains: endings of files, and names that are valid inside
/// of a network alone.
const NO_DOMAINS: &str = " cjs class cpp css dll exe go html internal invalid java jpeg jpg js json jsx kt lan local \
     localdomain localhost map mjs mount php png rb scope service slice socket svc svg target timer tmp toml ts tsx \
     txt wasm wat xml yaml yml ";

/// Users that are names of services, not of people.
const SERVICES: [&str; 2] = ["git", "hg"];

/// The first e-mail address in `text`.
pub(super) fn address(text: &str) -> Option<Range<usize>> {
    if !text.contains('@') {
        return None;
    }
    let all = ADDRESS.as_ref()?.captures_iter(text);
    let mut found = all.filter_map(|found| {
        let whole = found.get(0)?;
        let local = found.get(1)?.as_str();
        let domain = found.get(2)?.as_str();
        let before = text[..whole.start()].chars().next_back();
        let after = text[whole.end()..].chars().next();
        let is_whole = before.is_none_or(|c| !c.is_alphanumeric() && c != '@')
            && after.is_none_or(|c| !c.is_alphanumeric() && c != '@');
        let is_address = is_whole && is_domain(domain) && !SERVICES.contains(&local);
        is_address.then(|| whole.range())
    });
    found.next()
}

/// Whether `domain` is no version, no file and no name of a cluster.
fn is_domain(domain: &str) -> bool {
    let mut parts = domain.rsplit('.');
    let last = parts.next().unwrap_or_default().to_ascii_lowercase();
    let first = domain.split('.').next().unwrap_or_default();
    let digits = first.trim_start_matches(['v', 'V']);
    // `package@1.2.3-rc.one` and `icon@2x.ico`.
    let is_version = digits
        .trim_end_matches('x')
        .bytes()
        .all(|b| b.is_ascii_digit());
    !is_version && !NO_DOMAINS.contains(&format!(" {last} "))
}

/// The first URL in `text` with the name of a user.
pub(super) fn user(text: &str) -> Option<Range<usize>> {
    if !text.contains("://") {
        return None;
    }
    let all = USER.as_ref()?.captures_iter(text);
    let mut found = all.filter_map(|found| {
        let user = found.get(1)?.as_str();
        let name = user.split(':').next().unwrap_or_default();
        let hidden = ["***", "xxxxx", "redacted", "%2A%2A%2A"];
        let is_hidden = hidden.iter().any(|h| user.eq_ignore_ascii_case(h));
        let is_private = !is_hidden && (user.contains(':') || !SERVICES.contains(&name));
        is_private.then(|| found.get(0)).flatten()
    });
    found.next().map(|found| found.range())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_found_and_what_has_its_sign_is_not() {
        for text in [
            "alice@example.org",
            "from <bob.lee+tag@mail.example.co.uk>",
            "mailto:o'neil@example.com?subject=x",
            "user=carol@example.rs;",
        ] {
            assert!(address(text).is_some(), "{text}");
        }
        for text in [
            "greentic.pack@1.2.3",
            "demo@1.2.3-rc.one",
            "lodash@v4.17.21-beta.next",
            "@scope/package",
            "@scope/package@latest",
            "ghcr.io/acme/app@sha256:0123456789abcdef",
            "service@namespace",
            "billing@prod.svc",
            "billing@prod.svc.cluster.local",
            "git@github.com:acme/app.git",
            "icon@2x.png",
            "run@main.js:12:3",
            "getty@tty1.service",
            "a @ b.com",
            "@alice.example.com",
        ] {
            assert_eq!(address(text), None, "{text}");
        }
    }

    #[test]
    fn user_of_a_url_is_found_unless_it_is_hidden_or_a_service() {
        for text in [
            "https://alice@host/path",
            "postgres://app:pw@db:5432/x",
            "see ssh://root@10.0.0.1",
            "https://git:pw@host/x",
        ] {
            assert!(user(text).is_some(), "{text}");
        }
        for text in [
            "https://host/path",
            "https://host/@alice",
            "https://host/?to=a@b",
            "ssh://git@github.com/acme/app",
            "https://***@host/",
            "https://host:8080/a",
        ] {
            assert_eq!(user(text), None, "{text}");
        }
    }
}
