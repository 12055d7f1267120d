//! The header in which a registry says how to authorise a request.
//!
//! Source: RFC 9110, 11.6.1, and Docker's token authentication specification.

use std::collections::BTreeMap;

/// Bytes of the header that are read, at most.
const LONGEST: usize = 4096;

/// How a request is to be authorised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// With name and password.
    Basic,
    /// With a token that the service at `realm` gives.
    Bearer {
        realm: String,
        service: Option<String>,
    },
}

impl Challenge {
    /// The first challenge of a header that this program can meet.
    pub(super) fn parse(header: &str) -> Option<Self> {
        let header = header.get(..header.len().min(LONGEST))?;
        let (scheme, rest) = header.split_once(' ').unwrap_or((header, ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return Some(Self::Basic);
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let mut parameters = parameters(rest);
        Some(Self::Bearer {
            realm: parameters.remove("realm")?,
            service: parameters.remove("service"),
        })
    }
}

/// `a="x", b=y`. A text in quotes may hold commas and escaped quotes.
fn parameters(mut rest: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    while let Some((name, value)) = rest.split_once('=') {
        let name = name.trim_matches([' ', ',', '\t']).to_ascii_lowercase();
        let mut text = String::new();
        let mut characters = value.char_indices();
        let mut end = value.len();
        if value.starts_with('"') {
            characters.next();
            while let Some((at, c)) = characters.next() {
                match c {
                    '"' => {
                        end = at + 1;
                        break;
                    }
                    '\\' => text.extend(characters.next().map(|(_, c)| c)),
                    c => text.push(c),
                }
            }
        } else {
            end = value.find(',').unwrap_or(value.len());
            text = value.get(..end).unwrap_or_default().trim().to_owned();
        }
        found.entry(name).or_insert(text);
        rest = value.get(end..).unwrap_or_default();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_of_registries_are_read() {
        let bearer = |realm: &str, service: Option<&str>| {
            Some(Challenge::Bearer {
                realm: realm.into(),
                service: service.map(str::to_owned),
            })
        };
        let header = r#"Bearer realm="https://a.example/token",service="r, \"x\"",scope="repository:a:pull,push""#;
        assert_eq!(
            Challenge::parse(header),
            bearer("https://a.example/token", Some("r, \"x\""))
        );
        assert_eq!(
            Challenge::parse("bearer realm=https://b, x=1"),
            bearer("https://b", None)
        );
        assert_eq!(
            Challenge::parse("Basic realm=\"x\""),
            Some(Challenge::Basic)
        );
        for header in [
            "",
            "Bearer",
            "Bearer service=x",
            "Negotiate abc",
            "Bearer realm",
        ] {
            assert_eq!(Challenge::parse(header), None, "{header}");
        }
    }
}
