//! `expect.toml`: which checks of a pack must fail, with which codes, and which must be
//! blocked. No other check may fail or be blocked.
//!
//! If `wizard.completes` must fail, the checks that need a complete wizard must be
//! blocked, and `expect.toml` does not list them.

use greentic_provision::exit::show;
use provision_core::{FindingCode, Status, Verdict};
use provision_oracle::normalise::{Rule, Rules};
use provision_oracle::{CheckResult, Level, NO_HOST, Scope, checks};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The results that one pack must have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expectation {
    pub(crate) verdict: Option<Verdict>,
    /// The level up to which the harness judges checks.
    #[serde(default = "must")]
    pub(crate) level: Level,
    /// The codes of the causes that no other cause explains, most important first.
    pub(crate) causes: Option<Vec<String>>,
    /// Whether the wizards complete and have goldens although the pack must fail.
    #[serde(default)]
    pub(crate) golden: bool,
    /// What is replaced before a result is compared with a golden: places by kind.
    #[serde(default)]
    normalise: BTreeMap<String, Vec<String>>,
    /// The folder in `packs/previous` with the release before it.
    pub(crate) previous: Option<String>,
    #[serde(default)]
    pack: ScopeExpectation,
    #[serde(default)]
    pub(crate) wizards: BTreeMap<String, ScopeExpectation>,
}

fn must() -> Level {
    Level::Must
}

/// The results that the pack as a whole, or one wizard, must have.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScopeExpectation {
    /// For each check that must fail, by its id: the exact codes.
    #[serde(default)]
    fails: BTreeMap<String, BTreeSet<String>>,
    /// Checks that must be blocked; `stage.*` stands for all checks of a stage that
    /// do not fail.
    #[serde(default)]
    blocked: BTreeSet<String>,
    /// Checks that must pass; *not applicable* is not enough.
    #[serde(default)]
    passes: BTreeSet<String>,
}

/// Whether check `id` belongs to `stage`.
fn is_of(id: &str, stage: &str) -> bool {
    id.split_once('.').is_some_and(|(s, _)| s == stage)
}

/// Stages whose checks judge only wizards that complete.
const AFTER_COMPLETION: [&str; 5] = ["plan", "apply", "determinism", "tenant", "answers"];
/// Checks that apply to each wizard, and are blocked if it does not complete.
const UNJUDGED: [&str; 14] = [
    "wizard.output",
    "wizard.questions",
    "plan.shape",
    "plan.webhooks",
    "secrets.redacted",
    "secrets.contained",
    "sandbox.within-limits",
    "sandbox.no-effects",
    "determinism.repeat",
    "determinism.isolated",
    "tenant.isolated",
    "answers.missing-refused",
    "answers.types-refused",
    "answers.hostile",
];

impl ScopeExpectation {
    /// Whether the wizard is expected not to complete.
    fn fails_to_complete(&self) -> bool {
        self.fails.contains_key("wizard.completes")
    }

    /// Whether check `id` must be blocked because the wizard does not complete.
    fn leaves_unjudged(&self, id: &str) -> bool {
        self.fails_to_complete() && UNJUDGED.contains(&id)
    }

    /// Whether check `id` must be blocked or not applicable because the wizard does not
    /// complete.
    fn ends_before(&self, id: &str) -> bool {
        self.fails_to_complete() && AFTER_COMPLETION.iter().any(|stage| is_of(id, stage))
    }

    fn blocks(&self, id: &str) -> bool {
        let matches = |pattern: &String| match pattern.strip_suffix(".*") {
            Some(stage) => is_of(id, stage),
            None => pattern == id,
        };
        self.blocked.iter().any(matches)
    }
}

impl Expectation {
    /// Reads the expectation of the pack at `pack`: beside an archive, inside
    /// a folder.
    pub(crate) fn of(pack: &Path) -> Result<Self, String> {
        let path = if pack.is_dir() {
            pack.join("expect.toml")
        } else {
            PathBuf::from(format!("{}.expect.toml", pack.display()))
        };
        let text = std::fs::read_to_string(&path).map_err(|e| {
            format!(
                "{}: {e}; every pack of the project says what must be found",
                show(&path)
            )
        })?;
        Self::parse(&text).map_err(|e| format!("{}: {e}", show(&path)))
    }

    /// What is replaced before a result is compared with a golden.
    pub(crate) fn rules(&self) -> Result<Rules, String> {
        let rules = self
            .normalise
            .iter()
            .flat_map(|(kind, places)| places.iter().map(move |place| format!("{kind}={place}")));
        let rules = rules.map(|rule| {
            let parsed = rule.parse::<Rule>();
            parsed.map_err(|why| format!("`normalise`, {rule}: {why}"))
        });
        rules.collect::<Result<_, _>>().map(Rules::new)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let expectation: Self = toml::from_str(text).map_err(|e| e.to_string())?;
        if expectation.verdict.is_none() {
            return Err("`verdict` is missing".into());
        }
        drop(expectation.rules()?);
        let mut causes = expectation.causes.iter().flatten();
        if let Some(code) = causes.find(|code| FindingCode::parse(code).is_none()) {
            return Err(format!("unknown code `{code}`"));
        }
        for scope in expectation.wizards.values().chain([&expectation.pack]) {
            let known = |id: &&String| match id.strip_suffix(".*") {
                Some(stage) => checks::all().any(|c| is_of(c.id, stage)),
                None => checks::by_id(id).is_some(),
            };
            if let Some(id) = scope.passes.iter().find(|id| checks::by_id(id).is_none()) {
                return Err(format!("unknown check `{id}`"));
            }
            let mut ids = scope.fails.keys().chain(&scope.blocked);
            if let Some(id) = ids.find(|id| !known(id)) {
                return Err(format!("unknown check `{id}`"));
            }
            if let Some((id, _)) = scope.fails.iter().find(|(_, codes)| codes.is_empty()) {
                return Err(format!("`{id}` fails with no code"));
            }
        }
        Ok(expectation)
    }

    /// The codes with which check `id` must fail, in the first scope that has some.
    pub(crate) fn codes(&self, id: &str) -> Option<Vec<String>> {
        let mut scopes = self.wizards.values().chain([&self.pack]);
        let codes = scopes.find_map(|scope| scope.fails.get(id))?;
        Some(codes.iter().cloned().collect())
    }

    fn scope(&self, scope: &Scope) -> Option<&ScopeExpectation> {
        match scope {
            Scope::Pack | Scope::Recording => Some(&self.pack),
            Scope::Wizard(name) => self.wizards.get(name),
        }
    }

    /// How `result` differs from the expectation.
    pub(crate) fn objection(&self, result: &CheckResult) -> Option<String> {
        let none = ScopeExpectation::default();
        let expected = self.scope(&result.scope).unwrap_or(&none);
        let found: BTreeSet<String> = result.findings.iter().map(|f| f.code.to_string()).collect();
        let (wanted, fine) = match expected.fails.get(result.check) {
            Some(codes) => {
                let fine = result.status >= Status::Failed && found == *codes;
                (format!("fails with {}", list(codes)), fine)
            }
            None if expected.passes.contains(result.check) => (
                "is judged, and passes".to_owned(),
                result.status == Status::Passed,
            ),
            None if expected.blocks(result.check) || expected.leaves_unjudged(result.check) => {
                let by_nobody = result.reason.as_deref() == Some(NO_HOST);
                let fine = result.status == Status::Blocked || by_nobody;
                ("cannot be judged".to_owned(), fine)
            }
            None if expected.ends_before(result.check) => {
                ("is not judged".to_owned(), result.status.is_skipped())
            }
            None => {
                let fine = result.status <= Status::Passed;
                ("passes, or does not apply".into(), fine)
            }
        };
        if fine {
            return None;
        }
        let mut said = format!("expected: {wanted}\nactual:   {}", result.status);
        if let Some(reason) = &result.reason {
            said += &format!(" ({reason})");
        }
        for f in &result.findings {
            said += &format!(
                "\n  {} at {}: expected {}, found {}",
                f.code, f.at, f.expected, f.actual
            );
        }
        Some(said)
    }
}

fn list(codes: &BTreeSet<String>) -> String {
    codes
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Trials of this file; libtest-mimic does not run `#[test]` functions.
pub(crate) mod tests {
    use super::*;
    use provision_core::Finding;

    pub(crate) const ALL: [(&str, fn()); 2] = [
        (
            "failure_with_another_code_fails_the_trial",
            failure_with_another_code_fails_the_trial,
        ),
        (
            "incomplete_or_unknown_expectation_is_refused",
            incomplete_or_unknown_expectation_is_refused,
        ),
    ];

    const TRAPS: &str = r#"
        verdict = "fail"
        [wizards.w]
        passes = []
        [wizards.w.fails]
        "wizard.completes" = ["E_TRAP"]
    "#;

    fn finding(code: &str) -> Finding {
        let code = FindingCode::parse(code).expect("a known code");
        Finding::new(code, "", "", "")
    }

    fn result(check: &'static str, status: Status, codes: &[&str]) -> CheckResult {
        CheckResult {
            check,
            level: Level::Must,
            scope: Scope::Wizard("w".into()),
            status,
            findings: codes.iter().map(|c| finding(c)).collect(),
            reason: None,
        }
    }

    fn failure_with_another_code_fails_the_trial() {
        let expectation = Expectation::parse(TRAPS).expect("parses");
        let objects = |r: &CheckResult| expectation.objection(r).is_some();
        let completes = |status, codes: &[&str]| result("wizard.completes", status, codes);
        assert!(!objects(&completes(Status::Failed, &["E_TRAP"])));
        assert!(!objects(&completes(Status::Failed, &["E_TRAP", "E_TRAP"])));
        assert!(objects(&completes(Status::Failed, &["E_FUEL"])));
        assert!(objects(&completes(Status::Failed, &["E_TRAP", "E_FUEL"])));
        assert!(objects(&completes(Status::Passed, &[])));
        assert!(objects(&completes(Status::Blocked, &[])));
        assert!(!objects(&result("plan.shape", Status::Blocked, &[])));
        assert!(objects(&result("plan.shape", Status::NotApplicable, &[])));
        assert!(objects(&result("plan.shape", Status::Passed, &[])));
        assert!(!objects(&result("plan.golden", Status::Blocked, &[])));
        assert!(objects(&result("plan.golden", Status::Passed, &[])));
        assert!(objects(&result("abi.recognised", Status::Blocked, &[])));
        let completes = TRAPS.replace("wizard.completes", "plan.webhooks");
        let completes = Expectation::parse(&completes).expect("parses");
        let blocked = result("plan.shape", Status::Blocked, &[]);
        assert!(completes.objection(&blocked).is_some());
        let wanted = TRAPS.replace("passes = []", "passes = [\"plan.golden\"]");
        let wanted = Expectation::parse(&wanted).expect("parses");
        let golden = |status| result("plan.golden", status, &[]);
        assert!(wanted.objection(&golden(Status::Passed)).is_none());
        assert!(wanted.objection(&golden(Status::NotApplicable)).is_some());
        assert!(!objects(&result("plan.golden", Status::NotApplicable, &[])));
        assert!(objects(&result(
            "plan.golden",
            Status::Error,
            &["E_HARNESS"]
        )));
    }

    fn incomplete_or_unknown_expectation_is_refused() {
        for bad in [
            "",
            "verdict = \"fine\"",
            "verdict = \"fail\"\ncauses = [\"E_NO_SUCH_CODE\"]",
            "verdict = \"pass\"\nblocked = []",
            "verdict = \"fail\"\n[pack.fails]\n\"no.such-check\" = [\"E_X\"]",
            "verdict = \"fail\"\n[pack.fails]\n\"archive.readable\" = []",
            "verdict = \"fail\"\n[pack]\nblocked = [\"nothing.*\"]",
        ] {
            assert!(Expectation::parse(bad).is_err(), "{bad}");
        }
    }
}
