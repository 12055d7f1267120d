//! plan.*: is the plan well-formed, within bounds, and as expected?

mod changes;
mod golden;
mod state;

pub(crate) use state::unsettled;

use crate::check::{Applies, Bite, Check, Conclusion, Findings, Level, ScopeKind, Stage};
use crate::generators::answers::ProbeKind;
use crate::subject::{Observed, ProbedPlan, Subject, Variation, Varied};
use provision_core::Finding;
use provision_core::codes::{CheckCode, StepCode};
use provision_core::text::inert;
use provision_core::wizard::ProvisionPlan;
use provision_core::wizard::plan::{OAUTH_VERBS, SUBSCRIPTION_VERBS, WEBHOOK_VERBS};
use serde_json::Value;
use std::collections::BTreeSet;
use url::Url;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "plan.shape",
        stage: Stage::Plan,
        level: Level::Must,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Setup,
        host: "A host that carries the plan out cannot read the operation.",
        requirement: "Config and secret patches, webhook, subscription and OAuth operations are \
                      well-formed: known verbs, unique ids, no unresolved template.",
        why: "A host executes a plan literally: it ignores an unknown verb, or takes an unresolved template for a value.",
        fix: "Use the verbs that the finding lists, ids that are unique, and resolve every template.",
        run: |subject, findings| {
            on_plan(subject, findings, &[ProbeKind::Valid], |_, plan| {
                shape(plan)
            })
        },
    },
    Check {
        id: "plan.webhooks",
        stage: Stage::Plan,
        level: Level::Must,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Setup,
        host: "The provider refuses the webhook, or sends events to another host.",
        requirement: "Webhook URLs are https, below the given public base URL.",
        why: "A webhook elsewhere sends the user's messages elsewhere; one without TLS shows them to everybody on the way.",
        fix: "Build webhook URLs from the public base URL that the wizard is given.",
        run: webhooks,
    },
    Check {
        id: "plan.golden",
        stage: Stage::Plan,
        level: Level::Must,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Nowhere,
        host: "No host compares plans; publishers' own scripts compare this fixture with the plan.",
        requirement: "The plan equals `fixtures/setup.expected.plan.json`, and its subscription \
                      operations equal `subscriptions.expected(.ops).json`.",
        why: "A user approves the plan, so each change of it must be on purpose.",
        fix: "Correct the wizard, or update the expected plan if the change is meant.",
        run: |subject, findings| {
            findings.each_wizard(subject, |opened, observed| {
                golden::judge(subject, opened, observed)
            });
        },
    },
    Check {
        id: "plan.config-valid",
        stage: Stage::Plan,
        level: Level::Must,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Setup,
        host: "The operator validates the config strictly and refuses it.",
        requirement: "The resulting config is valid under the pack's own config schema.",
        why: "A config that the pack's own schema refuses is refused by the first component that reads it.",
        fix: "Let the wizard make what the schema asks for, or correct the schema.",
        run: state::config_valid,
    },
    Check {
        id: "plan.idempotent",
        stage: Stage::Plan,
        level: Level::Should,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Nowhere,
        host: "No host runs setup twice by itself.",
        requirement: "Setup run again on the state it would have left changes nothing.",
        why: "Setup is repeated after failures; a second run that adds everything again leaves duplicates.",
        fix: "Look at `existing_state`, and use stable ids.",
        run: state::idempotent,
    },
    Check {
        id: "plan.removable",
        stage: Stage::Plan,
        level: Level::Should,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Nowhere,
        host: "No host runs the remove wizard by itself.",
        requirement: "The remove wizard takes back every key and operation that setup added.",
        why: "What remains keeps the secrets of a removed installation, and keeps receiving its events.",
        fix: "Let the remove wizard take back each key, secret, webhook, subscription and authorisation.",
        run: state::removable,
    },
];

/// Findings on the plans of other accepted answers; one for each code and place.
pub(super) fn on_probed_plans(
    observed: &Observed,
    probes: &[ProbeKind],
    judge: impl Fn(&ProvisionPlan) -> Vec<Finding>,
) -> Vec<Finding> {
    let probed = observed.runs.as_ref().ok().and_then(|r| r.probed.as_ref());
    let plans = probed.into_iter().flat_map(|probed| &probed.plans);
    let mut known = BTreeSet::new();
    let mut found = Vec::new();
    for ProbedPlan { what, plan, .. } in plans.filter(|p| probes.contains(&p.kind)) {
        for mut finding in judge(plan) {
            if known.insert((finding.code.to_string(), finding.at.clone())) {
                finding.at = format!("{}, with {what}", finding.at);
                found.push(finding);
            }
        }
    }
    found
}

/// Judges the plan of each wizard, and those of accepted probes of these kinds. A violation in the plan of an incomplete wizard
/// counts; without violations, an incomplete wizard blocks the check.
pub(super) fn on_plan(
    subject: &Subject,
    findings: &mut Findings,
    probes: &[ProbeKind],
    judge: impl Fn(&Subject, &ProvisionPlan) -> Vec<Finding>,
) {
    on_observed(subject, findings, probes, judge, |_| Vec::new());
}

/// The same, with findings on other runs of the wizard where its plans have none.
fn on_observed(
    subject: &Subject,
    findings: &mut Findings,
    probes: &[ProbeKind],
    judge: impl Fn(&Subject, &ProvisionPlan) -> Vec<Finding>,
    others: impl Fn(&Observed) -> Vec<Finding>,
) {
    findings.each_wizard(subject, |_, observed| {
        let Some(run) = observed.run() else {
            return Conclusion::Blocked("the wizard was not driven".into());
        };
        let mut found = judge(subject, &run.plan);
        if found.is_empty() {
            found = on_probed_plans(observed, probes, |plan| judge(subject, plan));
        }
        if found.is_empty() {
            found = others(observed);
        }
        if found.is_empty() && !run.completed() {
            Conclusion::Blocked("the wizard did not complete".into())
        } else {
            Conclusion::of(found).about(observed.component())
        }
    });
}

fn shape(plan: &ProvisionPlan) -> Vec<Finding> {
    let mut found = verbs(plan);
    let ids = |ops: &mut dyn Iterator<Item = &Option<String>>, list: &str| {
        let mut seen = BTreeSet::new();
        let repeated = ops.flatten().filter(|id| !seen.insert(id.as_str()));
        let finding = |id| {
            let actual = format!("`{}` twice", inert(id, 80));
            Finding::new(
                CheckCode::OpId,
                format!("/{list}"),
                "ids that are unique",
                actual,
            )
        };
        repeated.map(|id| finding(id)).collect::<Vec<_>>()
    };
    found.extend(ids(
        &mut plan.webhook_ops.iter().map(|op| &op.id),
        "webhook_ops",
    ));
    found.extend(ids(
        &mut plan.subscription_ops.iter().map(|op| &op.id),
        "subscription_ops",
    ));
    let secrets = &plan.secrets_patch;
    for key in secrets
        .delete
        .iter()
        .filter(|key| secrets.set.contains_key(*key))
    {
        let at = format!("/secrets_patch/delete ({})", inert(key, 80));
        let expected = "a secret is either set or deleted";
        found.push(Finding::new(CheckCode::SecretBoth, at, expected, "both"));
    }
    let keys = plan
        .config_patch
        .keys()
        .chain(secrets.set.keys())
        .chain(&secrets.delete);
    if keys.into_iter().any(|key| key.trim().is_empty()) {
        found.push(Finding::new(
            CheckCode::EmptyKey,
            "plan",
            "keys with a name",
            "an empty key",
        ));
    }
    let value = serde_json::to_value(plan).unwrap_or_default();
    templates(&value, String::new(), &mut found);
    found
}

fn verbs(plan: &ProvisionPlan) -> Vec<Finding> {
    let webhooks = plan
        .webhook_ops
        .iter()
        .map(|op| (&op.op, "webhook_ops", &WEBHOOK_VERBS[..]));
    let subscriptions = plan
        .subscription_ops
        .iter()
        .map(|op| (&op.op, "subscription_ops", &SUBSCRIPTION_VERBS[..]));
    let oauth = plan
        .oauth_ops
        .iter()
        .map(|op| (&op.op, "oauth_ops", &OAUTH_VERBS[..]));
    let mut found: Vec<Finding> = webhooks
        .chain(subscriptions)
        .chain(oauth)
        .filter(|(verb, _, known)| !known.contains(&verb.as_str()))
        .map(|(verb, list, known)| {
            let expected = format!("one of {}", known.join(", "));
            let actual = format!("`{}`", inert(verb, 80));
            Finding::new(CheckCode::OpVerb, format!("/{list}"), expected, actual)
        })
        .collect();
    for op in plan.oauth_ops.iter().filter(|op| op.provider.is_none()) {
        let actual = format!("`{}` without `provider`", inert(&op.op, 80));
        found.push(Finding::new(
            CheckCode::OpField,
            "/oauth_ops",
            "an OAuth provider",
            actual,
        ));
    }
    found
}

/// Whether `text` has a placeholder or a template expression. `{{i18n:KEY}}` is none:
/// hosts replace it when they show the text.
fn is_unresolved(text: &str) -> bool {
    let is_expression = |rest: &str| {
        let key = rest.strip_prefix("i18n:").and_then(|r| r.split_once("}}"));
        key.is_none_or(|(key, _)| key.is_empty() || key.contains(['{', '}', ' ']))
    };
    text.split("{{").skip(1).any(is_expression)
        || ["<value>", "<redacted>", "<public_base_url>"]
            .iter()
            .any(|placeholder| text.contains(placeholder))
}

/// Findings on unresolved placeholders and template expressions.
fn templates(value: &Value, at: String, found: &mut Vec<Finding>) {
    match value {
        Value::String(text) if is_unresolved(text) => {
            let expected = "text with every template resolved";
            found.push(Finding::new(
                StepCode::Template,
                inert(&at, 200),
                expected,
                inert(text, 120),
            ));
        }
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                templates(item, format!("{at}/{i}"), found);
            }
        }
        Value::Object(map) => {
            for (key, item) in map {
                templates(item, format!("{at}/{key}"), found);
            }
        }
        _ => {}
    }
}

/// `plan.webhooks`
fn webhooks(subject: &Subject, findings: &mut Findings) {
    let usual = |subject: &Subject, plan: &ProvisionPlan| below(&subject.public_base_url, plan);
    on_observed(subject, findings, &ProbeKind::ALL, usual, |observed| {
        let runs = observed.runs.as_ref().ok();
        let varied = runs.and_then(|runs| runs.varied(Variation::BaseUrl));
        let Some(Varied { base_url, run, .. }) = varied else {
            return Vec::new();
        };
        let mut found = below(base_url.as_deref().unwrap_or_default(), &run.plan);
        for finding in &mut found {
            finding.at = format!("{}, {}", finding.at, Variation::BaseUrl.words());
        }
        found
    });
}

/// Findings on webhooks that are not below `base`.
fn below(base: &str, plan: &ProvisionPlan) -> Vec<Finding> {
    let judge = |(i, op): (usize, &provision_core::wizard::WebhookOp)| {
        let at = format!("/webhook_ops/{i}/url");
        let needed = WEBHOOK_VERBS[..2].contains(&op.op.as_str());
        match &op.url {
            None if needed => Some(Finding::new(
                CheckCode::WebhookUrl,
                at,
                format!("a URL to {}", inert(&op.op, 40)),
                "none",
            )),
            None => None,
            Some(url) => not_below(base, url).map(|(code, why)| {
                let expected = format!("an https URL below {base}");
                Finding::new(code, at, expected, format!("`{}`: {why}", inert(url, 200)))
            }),
        }
    };
    plan.webhook_ops
        .iter()
        .enumerate()
        .filter_map(judge)
        .collect()
}

/// Why `url` is not an https URL at or below `base`.
fn not_below(base: &str, url: &str) -> Option<(CheckCode, &'static str)> {
    let Ok(parsed) = Url::parse(url) else {
        return Some((CheckCode::WebhookUrl, "not a URL"));
    };
    if parsed.scheme() != "https" {
        return Some((CheckCode::WebhookScheme, "not https"));
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Some((CheckCode::WebhookUrl, "it carries credentials"));
    }
    let Ok(base) = Url::parse(base) else {
        return Some((
            CheckCode::WebhookUrl,
            "the public base URL itself is not a URL",
        ));
    };
    // Compared after parsing: `https://base.evil.example` starts with
    // `https://base`, and `/../` is resolved by then.
    let prefix = base.path().trim_end_matches('/');
    let rest = parsed.path().strip_prefix(prefix);
    let below = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if base.origin() == parsed.origin() && below {
        None
    } else {
        Some((CheckCode::WebhookBase, "somewhere else"))
    }
}

#[cfg(test)]
mod tests {
    use super::{is_unresolved, not_below};

    #[test]
    fn text_key_of_a_host_is_not_an_unresolved_template() {
        for text in [
            "",
            "plain",
            "{{i18n:qa.label}}",
            "a {{i18n:x}} b {{i18n:y-z}}",
        ] {
            assert!(!is_unresolved(text), "{text}");
        }
        for text in [
            "{{name}}",
            "{{i18n:}}",
            "{{i18n:a b}}",
            "{{i18n:open",
            "{{i18n:x}} {{name}}",
            "{{{i18n:x}}}",
            "<value>",
        ] {
            assert!(is_unresolved(text), "{text}");
        }
    }

    #[test]
    fn webhook_outside_the_base_url_is_refused_with_its_code() {
        let base = "https://hooks.example/tenant";
        for below in [
            "https://hooks.example/tenant",
            "https://hooks.example/tenant/a?x=1",
            "HTTPS://HOOKS.example:443/tenant/",
        ] {
            assert_eq!(not_below(base, below), None, "{below}");
        }
        for (bad, code) in [
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
            ("https://u@hooks.example/tenant/a", "E_WEBHOOK_URL"),
            ("/tenant/a", "E_WEBHOOK_URL"),
        ] {
            assert_eq!(
                not_below(base, bad).map(|(c, _)| c.code()),
                Some(code),
                "{bad}"
            );
        }
    }
}
