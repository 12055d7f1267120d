//! secrets.*: does a secret leak, and is each secret declared?

use super::plan::on_plan;
use crate::check::{Applies, Bite, Check, Conclusion, Findings, Level, Run, ScopeKind, Stage};
use crate::probe_outcome::asked;
use crate::secret_scan::{Leak, is_searchable};
use crate::subject::{Observed, Opened, Runs, Subject};
use provision_core::Finding;
use provision_core::codes::CheckCode;
use provision_core::text::{counted, inert};
use provision_core::wizard::questions::{Question, secret_requirements};
use provision_core::wizard::{Driver, ProvisionPlan, WizardKind, WizardRun};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "secrets.redacted",
        stage: Stage::Secrets,
        level: Level::Must,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Setup,
        host: "No host refuses it, but hosts show and store plans: everybody who reads one has the secret.",
        requirement: "Values in the secrets patch are redacted.",
        why: "Plans are shown, logged and stored; a secret in a plan is no longer secret.",
        fix: "Set `redacted: true` and `value: null`; the host has the value already.",
        run: Run::OfPack(|subject, findings| {
            on_plan(subject, findings, |planned| redacted(planned.plan));
        }),
    },
    Check {
        id: "secrets.contained",
        stage: Stage::Secrets,
        level: Level::Must,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Setup,
        host: "No host refuses it, but hosts show and store config, notes and logs: everybody who reads them has the secret.",
        requirement: "No secret shows in config, plan, questions, notes, diagnostics, logs or errors, in plain, in part, reversed, split over values, keys or steps, as UTF-16, base32, base64, ascii85, hex, numbers, or with percent, backslash or HTML escapes, also compressed or encoded up to three times. Ciphers, hashes, arithmetic, other encodings and splits into parts shorter than half are not looked for. The check is blocked if a run leaves more text than is decoded: 2 MiB, of which one compressed text may inflate to 64 KiB.",
        why: "People without access to the secret read all of these, and can decode every one of these forms.",
        fix: "Never copy an answer to a secret question into config, notes, messages or logs, encoded or not.",
        run: Run::OfPack(contained),
    },
    Check {
        id: "secrets.in-config",
        stage: Stage::Secrets,
        level: Level::Should,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Nowhere,
        host: "Hosts strip an answer from the config if a file of the pack marks it as secret.",
        requirement: "A component does not return the answer to a secret question in its config.",
        why: "A host that does not know the mark stores the secret where people read it.",
        fix: "Leave secret answers out of the config; hosts keep them in the secret store.",
        run: Run::OfPack(in_config),
    },
    Check {
        id: "secrets.declared",
        stage: Stage::Secrets,
        level: Level::Should,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Setup,
        host: "Secret stores are filled by the declared requirements.",
        requirement: "Every secret that the plan sets is among the pack's secret requirements, and every required one is set. A secret that setup asks for and requires is set or declared.",
        why: "Operators provide the secrets that are declared; one that is not is missing at run time.",
        fix: "List every secret in assets/secret-requirements.json (or the manifest), and set each required one.",
        run: Run::OfPack(|subject, findings| {
            findings.each_wizard(subject, |opened, observed| {
                declared(subject, opened, observed)
            });
        }),
    },
];

fn contained(subject: &Subject, findings: &mut Findings) {
    findings.each_wizard(subject, |opened, observed| {
        let Ok(runs) = &observed.runs else {
            return Conclusion::Blocked("the wizard was not driven".into());
        };
        let expected = "no trace of the secret";
        let finding = |leak: &Leak, at: String| {
            let actual = format!("the secret `{}`, {}", inert(&leak.key, 80), leak.form);
            Finding::new(CheckCode::SecretShown, at, expected, actual)
        };
        let shown = |leak: &&Leak| !is_stripped(opened, observed, leak);
        let leaks = runs.leaks.iter().filter(shown);
        let mut found: Vec<Finding> = leaks.map(|leak| finding(leak, leak.at.clone())).collect();
        if found.is_empty() {
            found = elsewhere(runs, shown, finding);
        }
        if !found.is_empty() {
            return Conclusion::Failed(found);
        }
        match &runs.probed {
            _ if !runs.first.completed() => {
                Conclusion::Blocked("the wizard did not complete".into())
            }
            None => Conclusion::Blocked("other answers were not tried".into()),
            Some(probed) if probed.leaks.unsearched.is_some() => {
                let why = probed.leaks.unsearched.clone();
                Conclusion::Blocked(why.unwrap_or_default())
            }
            Some(probed) if !probed.secrets.is_empty() => {
                let short = |(key, secret): &(&String, &String)| {
                    !is_searchable(secret) && !probed.masked.contains(*key)
                };
                match probed.secrets.iter().find(short) {
                    None => Conclusion::Passed,
                    Some((key, _)) => Conclusion::Blocked(format!(
                        "the answer to `{}` is too short to tell it from other text",
                        inert(key, 80)
                    )),
                }
            }
            Some(_) => {
                let wizard = &observed.wizard;
                // A pass without a secret to look for would prove nothing.
                if wizard.kind == WizardKind::Setup && wizard.form.has_secrets() {
                    let reason = "the pack declares secrets, and the wizard received none";
                    Conclusion::Blocked(reason.into())
                } else {
                    Conclusion::NotApplicable("the wizard is given no secret".into())
                }
            }
        }
    });
}

/// The first leak of each secret that shows only under another condition.
fn elsewhere(
    runs: &Runs,
    shown: impl Fn(&&Leak) -> bool,
    finding: impl Fn(&Leak, String) -> Finding,
) -> Vec<Finding> {
    let mut known = BTreeSet::new();
    let mut found = Vec::new();
    for varied in &runs.varied {
        for leak in varied.leaks.iter().filter(&shown) {
            if known.insert(&leak.key) {
                let at = format!("{}, {}", leak.at, varied.variation.words());
                found.push(finding(leak, at));
            }
        }
    }
    found
}

/// Whether hosts strip the secret from the config before anybody sees it: a component
/// returned it under the key that a file of the pack marks as secret.
fn is_stripped(opened: &Opened, observed: &Observed, leak: &Leak) -> bool {
    let is_qa = matches!(
        observed.wizard.driver,
        Driver::Operator { .. } | Driver::ComponentQa { .. }
    );
    let key = inert(&leak.key, 80);
    let ends = |part: &str| leak.at.ends_with(&format!("{part}/{key}"));
    is_qa
        && opened.form.declares_secret(&leak.key)
        && (ends("/config") || ends("plan/config_patch"))
}

fn in_config(subject: &Subject, findings: &mut Findings) {
    findings.each_wizard(subject, |opened, observed| {
        let Ok(runs) = &observed.runs else {
            return Conclusion::Blocked("the wizard was not driven".into());
        };
        let leaks = runs.leaks.iter();
        let keys: BTreeSet<&str> = leaks
            .filter(|leak| is_stripped(opened, observed, leak))
            .map(|leak| leak.key.as_str())
            .collect();
        let finding = |key: &str| {
            let key = inert(key, 80);
            let expected = "the answer in the secret store alone";
            let at = format!("config/{key}");
            let actual = format!("the answer to the secret question `{key}`");
            Finding::new(CheckCode::SecretInConfig, at, expected, actual)
        };
        let found: Vec<Finding> = keys.into_iter().map(finding).collect();
        if found.is_empty() && !runs.first.completed() {
            Conclusion::Blocked("the wizard did not complete".into())
        } else {
            Conclusion::of(found)
        }
    });
}

fn declared(subject: &Subject, opened: &Opened, observed: &Observed) -> Conclusion {
    let Some(run) = observed.run() else {
        return Conclusion::Blocked("the wizard was not driven".into());
    };
    let set = &run.plan.secrets_patch.set;
    let requirements = requirements(subject, opened);
    let mut found: Vec<Finding> = set
        .keys()
        .filter(|key| !requirements.contains_key(*key) && !opened.form.declares_secret(key))
        .map(|key| {
            let at = format!("/secrets_patch/set/{}", inert(key, 80));
            let expected = "a secret that the pack declares";
            Finding::new(
                CheckCode::SecretUndeclared,
                at,
                expected,
                "it declares no such secret",
            )
        })
        .collect();
    if observed.wizard.kind == WizardKind::Setup && observed.wizard.primary {
        let missing = requirements
            .iter()
            .filter(|(key, required)| **required && !set.contains_key(*key));
        found.extend(missing.map(|(key, _)| {
            let at = format!("/secrets_patch/set/{}", inert(key, 80));
            let expected = "the secret that the pack requires";
            Finding::new(CheckCode::SecretUnset, at, expected, "not set")
        }));
    }
    match (found.is_empty(), run.completed()) {
        (_, false) => Conclusion::Blocked("the wizard did not complete".into()),
        (true, true) if set.is_empty() && requirements.is_empty() => {
            let lost = lost(subject, opened, observed, run);
            if lost.is_empty() {
                Conclusion::NotApplicable("there are no secrets".into())
            } else {
                Conclusion::Failed(lost)
            }
        }
        _ => Conclusion::of(found),
    }
}

/// Findings on the secrets that a setup asks for and requires, if its plan sets none and
/// no file of the pack knows of any: nobody stores the answers.
fn lost(subject: &Subject, opened: &Opened, observed: &Observed, run: &WizardRun) -> Vec<Finding> {
    if observed.wizard.kind != WizardKind::Setup || opened.form.has_secrets() {
        return Vec::new();
    }
    let asked = asked(run, &subject.limits).unwrap_or_default();
    let secrets = asked.iter().filter(|q| q.secret && q.required);
    let finding = |question: &Question| {
        let at = format!("question `{}`", inert(&question.id, 80));
        let expected = "a secret that the plan sets, or that the pack declares";
        Finding::new(CheckCode::SecretUnset, at, expected, "neither")
    };
    secrets.map(finding).collect()
}

/// The pack's requirements: its files, its manifest, and its requirements step.
fn requirements(subject: &Subject, opened: &Opened) -> BTreeMap<String, bool> {
    let mut all = secret_requirements(&opened.pack, subject.limits.depth).unwrap_or_default();
    let is = |o: &&Observed| o.wizard.kind == WizardKind::Requirements;
    let run = opened.wizards.iter().find(is).and_then(Observed::run);
    let steps = run.map(|r| r.steps.as_slice()).unwrap_or_default();
    let said = steps
        .iter()
        .find_map(|s| s.output()?.answer("requirements"));
    for (list, required) in [("secret_required", true), ("secret_optional", false)] {
        let keys = said.and_then(|s| s.get(list)).and_then(Value::as_array);
        for key in keys.into_iter().flatten().filter_map(Value::as_str) {
            *all.entry(key.to_owned()).or_insert(false) |= required;
        }
    }
    all
}

fn redacted(plan: &ProvisionPlan) -> Vec<Finding> {
    let shown = plan
        .secrets_patch
        .set
        .iter()
        .filter(|(_, v)| !v.is_redacted());
    shown
        .map(|(key, value)| {
            // NB: never the value itself; reports travel further than secrets may.
            let actual = match &value.value {
                Some(text) => format!(
                    "a value of {} in plain text",
                    counted(text.len(), "byte", "bytes")
                ),
                None => "not marked as redacted".into(),
            };
            let at = format!("/secrets_patch/set/{}", inert(key, 80));
            Finding::new(
                CheckCode::SecretPlain,
                at,
                "{\"redacted\": true, \"value\": null}",
                actual,
            )
        })
        .collect()
}
