//! What each release makes of installations of the other one, for the reports of a
//! comparison.

use provision_core::Finding;
use provision_core::text::inert;
use provision_core::wizard::RunBy;
use provision_oracle::checks::{Way, ways};
use provision_oracle::secret_scan::Secrets;
use provision_oracle::{Compared, Conclusion};
use serde_json::{Value, json};

/// Findings that are listed of one way, at most.
const LISTED: usize = 100;

/// Upgrades and downgrades, without secrets.
pub(super) struct Ways {
    pub(super) upgrades: Vec<ShownWay>,
    pub(super) downgrades: Vec<ShownWay>,
}

/// What one wizard makes of one installation.
pub(super) struct ShownWay {
    pub(super) setup: String,
    pub(super) wizard: String,
    run_by: RunBy,
    pub(super) status: &'static str,
    pub(super) findings: Vec<Finding>,
    pub(super) reason: Option<String>,
}

impl Ways {
    pub(super) fn of(compared: &Compared) -> Self {
        let secrets = Secrets::new(&compared.secrets);
        let ways_shown = |all: Vec<Way>| {
            let all = all.into_iter();
            all.map(|way| ShownWay::of(way, &secrets)).collect()
        };
        let downgrades = compared.downgrades.as_deref().unwrap_or_default();
        Self {
            upgrades: ways_shown(ways(&compared.upgrades)),
            downgrades: ways_shown(ways(downgrades)),
        }
    }

    /// Both directions with their titles.
    pub(super) fn titled(&self) -> [(&'static str, &[ShownWay]); 2] {
        [
            (
                "what the new pack makes of installations of the old one",
                &self.upgrades,
            ),
            (
                "what the old pack makes of installations of the new one",
                &self.downgrades,
            ),
        ]
    }

    /// The upgrades that a host runs and that lose something, in words.
    pub(super) fn broken(&self) -> impl Iterator<Item = String> {
        let run = self.upgrades.iter().filter(|p| p.run_by == RunBy::Operator);
        let failed = run.filter(|way| way.status == "failed");
        failed.map(|way| {
            let (wizard, count) = (&way.wizard, way.findings.len());
            let code = way.findings.first().map_or("", |f| f.code.as_str());
            let more = match count {
                0 | 1 => String::new(),
                count => format!(", and {} more", count - 1),
            };
            format!(
                "{code}{more}: {wizard} does not take over what {} installed",
                way.setup
            )
        })
    }

    /// Whether the harness failed over one.
    pub(super) fn has_errors(&self) -> bool {
        let mut all = self.upgrades.iter().chain(&self.downgrades);
        all.any(|way| way.status == "error")
    }

    /// Both directions as members of the JSON document.
    pub(super) fn json(&self) -> [Value; 2] {
        [&self.upgrades, &self.downgrades].map(|all| {
            let all = all.iter().map(|way| {
                let findings = way.findings.iter().map(|f| {
                    json!({ "code": f.code, "at": f.at, "expected": f.expected, "actual": f.actual })
                });
                json!({
                    "setup": way.setup, "wizard": way.wizard, "status": way.status,
                    "findings": findings.collect::<Vec<_>>(), "reason": way.reason,
                })
            });
            all.collect()
        })
    }
}

impl ShownWay {
    fn of(way: Way, secrets: &Secrets) -> Self {
        let text = |text: &str| inert(&secrets.without(text), 300);
        let (status, findings, reason) = match way.conclusion {
            Conclusion::Passed => ("passed", Vec::new(), None),
            Conclusion::Failed(findings) => ("failed", findings, None),
            Conclusion::Error(findings) => ("error", findings, None),
            Conclusion::Blocked(why) => ("blocked", Vec::new(), Some(text(&why))),
            Conclusion::NotApplicable(why) => ("not_applicable", Vec::new(), Some(text(&why))),
        };
        let findings = findings.into_iter().take(LISTED).map(|finding| Finding {
            at: text(&finding.at),
            expected: text(&finding.expected),
            actual: text(&finding.actual),
            ..finding
        });
        Self {
            setup: text(&way.setup),
            wizard: text(&way.taker.name),
            run_by: way.taker.run_by,
            status,
            findings: findings.collect(),
            reason,
        }
    }

    /// The way in a line.
    pub(super) fn line(&self) -> String {
        let reason = self
            .reason
            .as_ref()
            .map_or_else(String::new, |why| format!(": {why}"));
        format!("{} by {}: {}{reason}", self.setup, self.wizard, self.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provision_core::codes::CompareCode;
    use provision_oracle::Taker;
    use std::collections::BTreeMap;

    #[test]
    fn secret_of_either_release_is_in_no_text() {
        let secret = "hunter2-of-a-release";
        let way = |conclusion| Way {
            setup: "setup".into(),
            taker: Taker {
                name: "update".into(),
                run_by: RunBy::Operator,
            },
            conclusion,
        };
        let said = || format!("it says {secret}");
        let finding = Finding::new(CompareCode::Lost, said(), said(), said());
        let secrets = Secrets::new(&BTreeMap::from([("key".into(), secret.into())]));
        for conclusion in [
            Conclusion::Failed(vec![finding]),
            Conclusion::Blocked(said()),
        ] {
            let shown = ShownWay::of(way(conclusion), &secrets);
            let texts = format!("{} {:?}", shown.line(), shown.findings);
            assert!(!texts.contains(secret), "{texts}");
            assert!(texts.contains("<secret key"), "{texts}");
        }
    }
}
