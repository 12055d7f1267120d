//! The class of each rule, stated a second time: a wrong classification fails here.

use super::pairs::QUESTIONS;
use super::{Parts, compared};
use provision_oracle::comparison::{Class, Rule};

/// Something that worked fails, or is lost.
const BREAKING: [&str; 63] = [
    "question.removed",
    "question.added-required",
    "question.renamed",
    "question.required",
    "question.type-changed",
    "question.type-narrowed",
    "question.choices-narrowed",
    "question.bounds-narrowed",
    "question.pattern-added",
    "question.pattern-changed",
    "question.secret-made-plain",
    "plan.answers-refused",
    "plan.config-removed",
    "plan.config-renamed",
    "plan.config-type-changed",
    "plan.secret-removed",
    "plan.secret-renamed",
    "plan.secret-deleted",
    "plan.config-deleted",
    "plan.webhook-removed",
    "plan.webhook-url-changed",
    "plan.webhook-method-changed",
    "plan.subscription-removed",
    "plan.oauth-removed",
    "plan.oauth-redirect-changed",
    "schema.config-refused",
    "schema.property-removed",
    "schema.property-added-required",
    "schema.required",
    "schema.type-changed",
    "schema.type-narrowed",
    "schema.enum-narrowed",
    "schema.bounds-narrowed",
    "schema.pattern-added",
    "schema.pattern-changed",
    "schema.closed",
    "schema.branch-removed",
    "schema.branches-added",
    "schema.secret-made-plain",
    "secret.required",
    "secret.renamed",
    "requirement.base-url-needed",
    "requirement.added",
    "dependency.added",
    "dependency.version-changed",
    "pack.id-changed",
    "pack.role-changed",
    "capability.removed",
    "provider.removed",
    "provider.operation-removed",
    "extension.removed",
    "component.removed",
    "component.renamed",
    "component.export-removed",
    "component.export-replaced",
    "component.operation-removed",
    "flow.removed",
    "flow.renamed",
    "flow.kind-changed",
    "flow.entry-removed",
    "flow.emptied",
    "wizard.removed",
    "wizard.renamed",
];

/// Everything works, and something is new or different.
const COMPATIBLE: [&str; 60] = [
    "question.added",
    "question.optional",
    "question.type-widened",
    "question.choices-widened",
    "question.bounds-widened",
    "question.pattern-removed",
    "question.plain-made-secret",
    "question.default-changed",
    "question.condition-changed",
    "plan.answers-accepted",
    "plan.config-added",
    "plan.config-value-changed",
    "plan.secret-added",
    "plan.secret-kept",
    "plan.config-kept",
    "plan.removal-clears-more",
    "plan.removal-clears-less",
    "plan.webhook-added",
    "plan.webhook-details-changed",
    "plan.subscription-added",
    "plan.subscription-details-changed",
    "plan.oauth-added",
    "plan.oauth-details-changed",
    "schema.added",
    "schema.removed",
    "schema.property-added",
    "schema.optional",
    "schema.type-widened",
    "schema.format-changed",
    "schema.enum-widened",
    "schema.bounds-widened",
    "schema.pattern-removed",
    "schema.opened",
    "schema.branch-added",
    "schema.branches-removed",
    "schema.plain-made-secret",
    "schema.default-changed",
    "secret.not-required",
    "secret.optional-added",
    "secret.optional-removed",
    "requirement.base-url-not-needed",
    "requirement.removed",
    "requirement.details-changed",
    "dependency.removed",
    "capability.added",
    "provider.added",
    "provider.operation-added",
    "extension.added",
    "extension.changed",
    "component.added",
    "component.export-added",
    "component.export-updated",
    "component.operation-added",
    "flow.added",
    "flow.entry-added",
    "flow.graph-changed",
    "flow.filled",
    "wizard.added",
    "text.language-removed",
    "text.language-added",
];

/// Nobody's answers, config or calls behave differently.
const INTERNAL: [&str; 16] = [
    "question.label-changed",
    "question.help-changed",
    "plan.notes-changed",
    "schema.text-changed",
    "component.inner-renamed",
    "component.inner-removed",
    "component.inner-added",
    "component.inner-changed",
    "component.version-changed",
    "wizard.unrun-removed",
    "wizard.unrun-added",
    "wizard.unrun-changed",
    "wizard.driver-changed",
    "text.keys-removed",
    "text.keys-added",
    "text.changed",
];

fn class_of(slug: &str) -> Option<Class> {
    let classes = [
        (&BREAKING[..], Class::Breaking),
        (&COMPATIBLE[..], Class::Compatible),
        (&INTERNAL[..], Class::Internal),
    ];
    let found = classes.into_iter().find(|(all, _)| all.contains(&slug));
    found.map(|(_, class)| class)
}

#[test]
fn each_rule_has_the_class_that_is_stated_here() {
    for rule in Rule::ALL {
        assert_eq!(Some(rule.class()), class_of(rule.slug()), "{rule}");
    }
    let stated = BREAKING.len() + COMPATIBLE.len() + INTERNAL.len();
    assert_eq!(stated, Rule::ALL.len());
}

#[test]
fn worst_class_of_a_pair_is_that_of_its_only_difference() {
    for (name, rule, change) in QUESTIONS {
        let base = Parts::base();
        let mut changed = base.clone();
        change(&mut changed);
        assert_eq!(compared(&base, &changed).worst, class_of(rule), "{name}");
    }
}
