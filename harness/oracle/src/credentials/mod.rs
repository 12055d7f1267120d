//! The shapes of credentials that well-known services issue.

mod guarded;
mod placeholder;

pub(crate) use guarded::Guarded;
pub(crate) use placeholder::is_placeholder;
use std::ops::Range;
use std::sync::LazyLock;

/// The texts of which one is in every credential. Most texts have none of them, and a
/// search for fixed texts is several times as fast as one for a pattern.
const CREDENTIAL_TEXTS: &str = r"-----BEGIN |AKIA|ASIA|gh[pousr]_|github_pat_|xox[abeprs]-|:AA|AIza|[rs]k_live_|npm_|SG\.|https://hooks\.slack\.com/";

/// Patterns of issued credentials, with their descriptions.
pub(crate) const CREDENTIALS: [(&str, &str); 10] = [
    (
        "a private key",
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----",
    ),
    ("an AWS access key", r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
    (
        "a GitHub token",
        r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})",
    ),
    (
        "a Slack token",
        r"\bxox[abeprs]-[0-9]{8,}-[0-9A-Za-z-]{10,}",
    ),
    (
        "a Telegram bot token",
        r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}\b",
    ),
    ("a Google API key", r"\bAIza[0-9A-Za-z_-]{35}\b"),
    ("a Stripe key", r"\b[rs]k_live_[0-9A-Za-z]{24,}"),
    ("an npm token", r"\bnpm_[A-Za-z0-9]{36}\b"),
    (
        "a SendGrid key",
        r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
    ),
    (
        "a Slack webhook",
        r"https://hooks\.slack\.com/services/T[A-Z0-9]{8,}/B[A-Z0-9]{8,}/[A-Za-z0-9]{24}",
    ),
];

/// The patterns; `None` if one does not compile.
pub(crate) static CREDENTIAL_SHAPES: LazyLock<Option<Guarded>> =
    LazyLock::new(|| Guarded::new(CREDENTIAL_TEXTS, CREDENTIALS.map(|(_, pattern)| pattern)));

/// The live credentials in `text`, by what they are.
pub(crate) fn credentials(text: &str) -> impl Iterator<Item = &'static str> {
    let bytes = text.as_bytes();
    let shapes = CREDENTIAL_SHAPES.iter().flat_map(|all| all.present(bytes));
    shapes.filter_map(|(index, shape)| {
        let mut found = shape.find_iter(bytes);
        let is_live = found.any(|found| !is_placeholder(found.as_bytes()));
        is_live.then(|| CREDENTIALS[index].0)
    })
}

/// The place of the first live credential in `text`.
pub(crate) fn first_credential(text: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let shapes = CREDENTIAL_SHAPES.iter().flat_map(|all| all.present(bytes));
    let mut found = shapes.flat_map(|(_, shape)| shape.find_iter(bytes));
    let live = found.find(|found| !is_placeholder(found.as_bytes()));
    live.map(|found| found.range())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles_and_matches_its_credential() {
        let shapes = CREDENTIAL_SHAPES.as_ref().expect("they compile");
        // Put together here, so that no file of this project looks like one.
        let body = "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5";
        let digits = "12345678901";
        for (i, sample) in [
            format!("-----BEGIN RSA {} KEY-----", "PRIVATE"),
            format!("AKIA{}", "QWERTZUIOPASDF23"),
            format!("ghp_{body}"),
            format!("xoxb-{digits}-{body}"),
            format!("{}:AA{}", &digits[..9], &body[..33]),
            format!("AIza{}", &body[..35]),
            format!("sk_live_{}", &body[..24]),
            format!("npm_{body}"),
            format!("SG.{}.{}{}", &body[..22], body, &body[..7]),
            format!(
                "https://hooks.slack.com/services/T{0}/B{0}/{1}",
                "A1B2C3D4E",
                &body[..24]
            ),
        ]
        .iter()
        .enumerate()
        {
            let present = shapes.present(sample.as_bytes());
            let (at, shape) = present.last().expect(CREDENTIALS[i].0);
            assert_eq!(at, i, "{}", CREDENTIALS[i].0);
            let found = shape.find(sample.as_bytes()).expect(CREDENTIALS[i].0);
            assert_eq!(found.len(), sample.len(), "{}", CREDENTIALS[i].0);
            assert!(!is_placeholder(sample.as_bytes()), "{}", CREDENTIALS[i].0);
        }
        assert!(is_placeholder(b"AKIAIOSFODNN7EXAMPLE"));
        assert!(is_placeholder(b"xoxb-00000000000-0000000000000000"));
    }
}
