//! Paths of the machine that built the pack.

use super::patterns::broken;
use crate::check::{Conclusion, Findings};
use crate::subject::Subject;
use provision_core::Finding;
use provision_core::codes::CheckCode;
use provision_core::text::{counted, inert};
use regex::bytes::Regex;
use std::sync::LazyLock;

/// A folder of a user or a build, or a `file:` URL with an absolute path. The letter of a
/// drive is not in the pattern: each alternative begins with fixed text, which the search
/// skips to.
static LOCAL_PATH: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let pattern = r"(?-u)(?:/home|/Users|/root|/projects|/workspace|/builds)/[A-Za-z0-9._-]+/|:\\{1,2}Users\\{1,2}[A-Za-z0-9._-]+\\|file:///[A-Za-z0-9._-]+/";
    Regex::new(pattern).ok()
});

/// Where local paths begin in `bytes`. `None` if the pattern does not compile.
fn starts(bytes: &[u8]) -> Option<impl Iterator<Item = usize>> {
    let mut addresses = WebAddresses {
        bytes,
        at: 0,
        inside: false,
    };
    let found = LOCAL_PATH.as_ref()?.find_iter(bytes);
    Some(found.filter_map(move |found| {
        let start = found.start();
        match bytes.get(start)? {
            b':' => {
                let drive = start.checked_sub(1)?;
                bytes[drive].is_ascii_alphabetic().then_some(drive)
            }
            b'/' => (!addresses.hold(start)).then_some(start),
            _ => Some(start),
        }
    }))
}

/// Schemes of addresses whose host is never a person's machine.
const SCHEMES: [&[u8]; 5] = [b"http", b"https", b"ws", b"wss", b"oci"];

/// Web addresses in a file: `/projects/NAME/` in `https://HOST/v1/projects/NAME/topics` is
/// a folder of no machine.
struct WebAddresses<'b> {
    bytes: &'b [u8],
    at: usize,
    inside: bool,
}

impl WebAddresses<'_> {
    /// The longest start of an address that is looked at.
    const LONGEST: usize = 1024;

    /// Whether byte `start` is in an address. Each call has a later start than the one
    /// before, so that no byte is looked at twice.
    fn hold(&mut self, start: usize) -> bool {
        if start - self.at > Self::LONGEST {
            (self.at, self.inside) = (start - Self::LONGEST, false);
        }
        for at in self.at..start {
            let byte = self.bytes[at];
            let is_part =
                byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`');
            self.inside = is_part && (self.inside || self.begins(at));
        }
        self.at = start;
        self.inside
    }

    /// Whether the colon of a scheme is at `at`.
    fn begins(&self, at: usize) -> bool {
        let (before, rest) = self.bytes.split_at(at);
        let ends = |scheme: &[u8]| {
            let near = before.len().checked_sub(scheme.len());
            near.is_some_and(|near| before[near..].eq_ignore_ascii_case(scheme))
        };
        rest.starts_with(b"://") && SCHEMES.into_iter().any(ends)
    }
}

/// Where the first local path in `text` begins, in bytes.
pub(crate) fn local_path(text: &str) -> Option<usize> {
    starts(text.as_bytes())?.next()
}

pub(super) fn no_local_paths(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    let mut found = Vec::new();
    for name in opened.pack.files() {
        let Some(bytes) = opened.pack.read(name) else {
            continue;
        };
        let Some(mut starts) = starts(&bytes) else {
            return findings.pack(broken());
        };
        let Some(first) = starts.next() else {
            continue;
        };
        let count = counted(1 + starts.count(), "path", "paths");
        // Show the whole path, not only the matched part.
        let rest = &bytes[first..bytes.len().min(first + 120)];
        let is_path = |b: &u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'\'' | b'<' | b'>');
        let shown: Vec<u8> = rest.iter().copied().take_while(|b| is_path(b)).collect();
        let shown = inert(&String::from_utf8_lossy(&shown), 120);
        found.push(Finding::new(
            CheckCode::LocalPath,
            format!("`{}`, byte {first}", inert(name, 120)),
            "no path of a person's or a build machine's folders",
            format!("{count}, first `{shown}`"),
        ));
    }
    findings.pack(Conclusion::of(found));
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn path_of_a_machine_is_found_where_it_begins() {
        for (text, at) in [
            ("/home/somebody/x", 0),
            ("at /projects/pack/src/lib.rs:3", 3),
            ("https://example.invalid/a,/home/b/c `/home/somebody/x`", 37),
            (r"D:\Users\somebody\pack", 0),
            (r#"{"from": "C:\\Users\\somebody\\pack"}"#, 10),
            ("file:///srv/pack/x.wasm", 0),
            ("file://localhost/home/somebody/x.wasm", 16),
            ("ssh://build.invalid/home/somebody/x", 19),
            // Compilers write texts one behind the other.
            ("on a None value/root/.cargo/registry/src/lib.rs", 15),
            ("<https://example.invalid> /home/somebody/x", 26),
            ("https://example.invalid/projects/a/\n/builds/b/c", 36),
        ] {
            assert_eq!(local_path(text), Some(at), "{text}");
        }
        let far = format!("https://{}/home/somebody/x", "a".repeat(2_000));
        assert_eq!(
            local_path(&far),
            Some(2_008),
            "no address is as long as this"
        );
    }

    #[test]
    fn path_of_a_web_address_is_no_path_of_a_machine() {
        for text in [
            "https://pubsub.example.invalid/v1/projects/demo/topics/t",
            "oci://registry.example.invalid/projects/demo/step:1.0.0",
            "wss://example.invalid/workspace/demo/events",
            "POST HTTPS://example.invalid:8443/workspace/demo/x?y=1",
            "[docs](http://example.invalid/home/page/one.html)",
            "/home/ /Users/x file:/// file:///x",
            r"::\Users\x\y",
        ] {
            assert_eq!(local_path(text), None, "{text}");
        }
    }
}
