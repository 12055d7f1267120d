//! Sequences of patches: the last value of a key wins, merging loses nothing, and no
//! secret is both set and deleted.

use crate::target::{Attacker, Seeds, Target};
use arbitrary::{Arbitrary, Unstructured};
use provision_core::wizard::{
    InstalledState, ProvisionPlan, ProvisionPlanPatch, RedactedValue, SecretsPatch,
};
use serde_json::json;
use std::collections::BTreeMap;

pub(crate) const TARGET: Target = Target {
    name: "plan_merge",
    attacker: Attacker::GuestOutput,
    boundary: "the merging of plans",
    oracle: "the last value of a key wins; merging loses no key and no note; no secret is both set and deleted; merging is associative; applying the merged plan equals applying its patches in sequence",
    max_len: 1024,
    seeds: Seeds::Random(60),
    body,
    show: crate::as_made::<Vec<Patch>>,
    mutator: None,
};

/// One step's patch over five keys, so that patches often change the same key.
#[derive(Debug)]
struct Patch {
    config: Vec<(u8, u8)>,
    set: Vec<u8>,
    delete: Vec<u8>,
    notes: u8,
}

impl<'a> Arbitrary<'a> for Patch {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(Self {
            config: u.arbitrary()?,
            set: u.arbitrary()?,
            delete: u.arbitrary()?,
            notes: u.arbitrary()?,
        })
    }
}

fn key(n: u8) -> String {
    format!("k{}", n % 5)
}

impl Patch {
    fn of_plan(&self) -> ProvisionPlanPatch {
        let set: BTreeMap<_, _> = self
            .set
            .iter()
            .map(|n| {
                (
                    key(*n),
                    RedactedValue {
                        redacted: true,
                        value: None,
                    },
                )
            })
            .collect();
        let delete = self
            .delete
            .iter()
            .map(|n| key(*n))
            .filter(|k| !set.contains_key(k));
        ProvisionPlanPatch {
            config_patch: Some(
                self.config
                    .iter()
                    .map(|(k, v)| (key(*k), json!(v)))
                    .collect(),
            ),
            secrets_patch: Some(SecretsPatch {
                delete: delete.collect(),
                set,
            }),
            notes: Some((0..self.notes % 3).map(|n| n.to_string()).collect()),
            ..ProvisionPlanPatch::default()
        }
    }
}

fn body(data: &[u8]) {
    let Ok(patches) = Vec::<Patch>::arbitrary(&mut Unstructured::new(data)) else {
        return;
    };
    let patches: Vec<ProvisionPlanPatch> = patches.iter().map(Patch::of_plan).collect();
    let plan = sum(&patches);
    assert_eq!(plan, sum(&patches), "two sums differ");
    grouped(&patches, &plan);
    applied(&patches, &plan);
    for n in 0..5 {
        let key = key(n);
        let config = patches
            .iter()
            .rev()
            .find_map(|p| p.config_patch.as_ref()?.get(&key));
        assert_eq!(
            plan.config_patch.get(&key),
            config,
            "{key}: not the last value"
        );
        let secret = patches.iter().rev().find_map(|p| {
            let secrets = p.secrets_patch.as_ref()?;
            if secrets.set.contains_key(&key) {
                Some(true)
            } else {
                secrets.delete.contains(&key).then_some(false)
            }
        });
        let secrets = &plan.secrets_patch;
        assert_eq!(
            secrets.set.contains_key(&key),
            secret == Some(true),
            "{key}: set"
        );
        let deleted = secrets.delete.iter().filter(|k| **k == key).count();
        assert_eq!(
            deleted,
            usize::from(secret == Some(false)),
            "{key}: deleted"
        );
    }
    let notes: usize = patches
        .iter()
        .filter_map(|p| Some(p.notes.as_ref()?.len()))
        .sum();
    assert_eq!(plan.notes.len(), notes, "merging lost a note");
}

fn sum(patches: &[ProvisionPlanPatch]) -> ProvisionPlan {
    let mut plan = ProvisionPlan::default();
    for patch in patches {
        plan.merge(patch.clone());
    }
    plan
}

/// A plan as one patch.
fn as_patch(plan: ProvisionPlan) -> ProvisionPlanPatch {
    let value = serde_json::to_value(plan).expect("a plan is JSON");
    serde_json::from_value(value).expect("a plan is a patch")
}

/// Merging is associative: the sums of any head and tail of the patches merge to the
/// sum of all.
fn grouped(patches: &[ProvisionPlanPatch], plan: &ProvisionPlan) {
    for cut in 0..=patches.len() {
        let (head, tail) = patches.split_at(cut);
        let mut both = sum(head);
        both.merge(as_patch(sum(tail)));
        // Grouping changes the order of deleted keys: that of their last deletion.
        let sorted = |mut plan: ProvisionPlan| {
            plan.secrets_patch.delete.sort();
            plan
        };
        assert_eq!(sorted(both), sorted(plan.clone()), "cut at {cut}");
    }
}

/// Applying the sum gives the same state as applying the patches in sequence.
fn applied(patches: &[ProvisionPlanPatch], plan: &ProvisionPlan) {
    let mut at_once = InstalledState::default();
    at_once.apply(plan);
    let mut in_turn = InstalledState::default();
    for patch in patches {
        in_turn.apply(&sum(std::slice::from_ref(patch)));
    }
    assert_eq!(
        at_once, in_turn,
        "the sum and its patches give different states"
    );
}
