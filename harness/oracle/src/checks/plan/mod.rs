//! plan.*: is the plan well-formed, within bounds, and as expected?

mod changes;
mod golden;
mod planned;
mod redirects;
mod shape;
mod state;
mod urls;
mod webhooks;
mod without_base;

pub(super) use planned::on_plan;
pub(crate) use state::unsettled;
pub(super) use state::{incomplete, not_applied};

use crate::check::{Applies, Bite, Check, Level, Run, ScopeKind, Stage};

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
        run: Run::OfPack(|subject, findings| on_plan(subject, findings, shape::shape)),
    },
    Check {
        id: "plan.webhooks",
        stage: Stage::Plan,
        level: Level::Must,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Setup,
        host: "The provider refuses the webhook, or sends events to another host.",
        requirement: "Webhook URLs are https, below the given public base URL, and within the grammar of RFC 3986, so that every reader finds the same host.",
        why: "A webhook elsewhere sends the user's messages elsewhere; one without TLS shows them to everybody on the way.",
        fix: "Build webhook URLs from the public base URL that the wizard is given, and percent-encode what an answer adds.",
        run: Run::OfPack(|subject, findings| on_plan(subject, findings, webhooks::webhooks)),
    },
    Check {
        id: "plan.redirects",
        stage: Stage::Plan,
        level: Level::Must,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Setup,
        host: "The provider refuses the URL, or sends authorisation codes and events to another host.",
        requirement: "Redirect URLs of OAuth operations and notification URLs of subscriptions follow the rules of webhooks: https, below the given public base URL, within the grammar of RFC 3986. A URL that the user gave as an answer is the user's own.",
        why: "The host that receives the redirect can redeem the authorisation code; one that receives notifications reads the user's messages.",
        fix: "Build these URLs from the public base URL that the wizard is given, and percent-encode what an answer adds.",
        run: Run::OfPack(redirects::redirects),
    },
    Check {
        id: "plan.without-base",
        stage: Stage::Plan,
        level: Level::Should,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Setup,
        host: "The provider refuses the relative URL, after setup said that it is complete.",
        requirement: "Without a public base URL, a wizard either refuses to run or plans no webhook, redirect and notification URL that is not an absolute https URL.",
        why: "A base URL is optional in setup; with an empty or missing one put in front, `/hook` or `null/hook` leads nowhere.",
        fix: "Return an error diagnostic if the base URL is missing, leave the operations out, or set `meta.requires_public_base_url`.",
        run: Run::OfPack(without_base::without_base),
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
        run: Run::OfPack(|subject, findings| {
            findings.each_wizard(subject, |opened, observed| {
                golden::judge(subject, opened, observed)
            });
        }),
    },
    Check {
        id: "plan.config-valid",
        stage: Stage::Plan,
        level: Level::Must,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Setup,
        host: "The operator validates the config strictly and refuses it.",
        requirement: "The config that the wizard makes of any answers that it accepts is valid under the pack's own config schema.",
        why: "A config that the pack's own schema refuses is refused by the first component that reads it.",
        fix: "Let the wizard make what the schema asks for, or correct the schema.",
        run: Run::OfPack(state::config_valid),
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
        run: Run::OfPack(state::idempotent),
    },
    Check {
        id: "plan.update-keeps",
        stage: Stage::Plan,
        level: Level::Should,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Setup,
        host: "The operator writes the config that the update returns, and the provider runs without what it lost.",
        requirement: "The update wizard, run with the answers of setup on the state that setup left, drops no config and no secret.",
        why: "People update to change one answer; what they did not touch has to stay.",
        fix: "Start from the existing config, and change only what the answers change.",
        run: Run::OfPack(state::update_keeps),
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
        run: Run::OfPack(state::removable),
    },
];
