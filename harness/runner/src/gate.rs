//! Whether a signed statement lets a pack pass: who signed it, about which bytes, with
//! which result, by which profile, and when.

use provision_core::integrity::dsse::Envelope;
use provision_core::integrity::signature::TrustedKey;
use provision_core::json;
use provision_core::text::inert;
use provision_oracle::Level;
use serde_json::Value;
use std::time::Duration;

/// Seconds by which the clocks of two machines may differ.
const CLOCKS: u64 = 300;

/// What a gate asks for.
#[derive(Debug)]
pub struct Wanted<'w> {
    /// The keys whose statements count.
    pub trusted: &'w [TrustedKey],
    /// SHA-256 of the pack's bytes, in lower-case hexadecimal digits.
    pub content: &'w str,
    /// The profile that the pack must pass, or a stricter one.
    pub level: Level,
    /// How old a statement may be.
    pub max_age: Option<Duration>,
    /// Seconds of Unix time.
    pub now: u64,
}

/// What a trusted key says about the pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The result of the run: `PASSED`, `WARNED` or `FAILED`.
    pub result: String,
    /// The profile of the run.
    pub profile: String,
    /// When the run began, in seconds of Unix time.
    pub judged_at: u64,
}

impl Wanted<'_> {
    /// The statement in `envelope`, if a trusted key signed it and it is about the pack.
    ///
    /// # Errors
    /// Says why the statement does not count.
    pub fn read(&self, envelope: &[u8]) -> Result<Statement, String> {
        let envelope = Envelope::decode(envelope).map_err(|e| e.to_string())?;
        let payload = envelope.verified(self.trusted, self.now)?;
        let statement = json::parse(payload, 16).map_err(|e| inert(&e.to_string(), 200))?;
        if !names(&statement, self.content) {
            return Err(format!(
                "it is about other bytes than sha256:{}",
                self.content
            ));
        }
        let text = |pointer: &str| {
            let text = statement.pointer(pointer).and_then(Value::as_str);
            let text = text.map(|text| inert(text, 80));
            text.ok_or_else(|| format!("it is a statement without {pointer}"))
        };
        let harness = |name: &str| text(&format!("/predicate/configuration/0/annotations/{name}"));
        let judged_at = harness("judged_at")?.parse();
        Ok(Statement {
            result: text("/predicate/result")?,
            profile: harness("profile")?,
            judged_at: judged_at.map_err(|_| "`judged_at` is no number of seconds")?,
        })
    }

    /// Why `statement` does not let the pack pass; empty if it does.
    #[must_use]
    pub fn objections(&self, statement: &Statement) -> Vec<String> {
        let Statement {
            result,
            profile,
            judged_at,
        } = statement;
        let mut found = Vec::new();
        if !matches!(result.as_str(), "PASSED" | "WARNED") {
            found.push(format!("the pack did not pass: {result}"));
        }
        if Level::of_profile(profile).is_none_or(|level| level < self.level) {
            let wanted = self.level.profile();
            found.push(format!(
                "it was judged by profile {profile}, and not by {wanted}"
            ));
        }
        if *judged_at > self.now.saturating_add(CLOCKS) {
            found.push("it was judged in the future, by the clock of this machine".into());
        }
        let age = Duration::from_secs(self.now.saturating_sub(*judged_at));
        if let Some(max_age) = self.max_age.filter(|max_age| age > *max_age) {
            let (age, bound) = (
                humantime::format_duration(age),
                humantime::format_duration(max_age),
            );
            found.push(format!("it is {age} old; at most {bound}"));
        }
        found
    }
}

/// Whether a subject of `statement`, an in-toto test result, is the pack with this digest.
pub fn names(statement: &Value, content: &str) -> bool {
    let is = |pointer: &str, text: &str| {
        statement.pointer(pointer).and_then(Value::as_str) == Some(text)
    };
    let subjects = statement.get("subject").and_then(Value::as_array);
    let mut digests = subjects
        .into_iter()
        .flatten()
        .filter_map(|s| s.pointer("/digest/sha256"));
    is("/_type", "https://in-toto.io/Statement/v1")
        && is(
            "/predicateType",
            "https://in-toto.io/attestation/test-result/v0.1",
        )
        && digests.any(|digest| digest.as_str() == Some(content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_condition_is_an_objection_of_its_own() {
        let wanted = Wanted {
            trusted: &[],
            content: "",
            level: Level::Publish,
            max_age: Some(Duration::from_secs(100)),
            now: 10_000,
        };
        let statement = |result: &str, profile: &str, judged_at| Statement {
            result: result.into(),
            profile: profile.into(),
            judged_at,
        };
        for passing in [
            statement("PASSED", "publish", 9_900),
            statement("WARNED", "strict", 10_300),
        ] {
            assert_eq!(wanted.objections(&passing), Vec::<String>::new());
        }
        for (bad, why) in [
            (statement("FAILED", "publish", 10_000), "did not pass"),
            (statement("passed", "publish", 10_000), "did not pass"),
            (statement("PASSED", "core", 10_000), "profile core"),
            (statement("PASSED", "all", 10_000), "profile all"),
            (statement("PASSED", "publish", 9_899), "1m 41s old"),
            (statement("PASSED", "publish", 10_301), "in the future"),
        ] {
            let found = wanted.objections(&bad);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].contains(why), "{found:?}");
        }
    }
}
