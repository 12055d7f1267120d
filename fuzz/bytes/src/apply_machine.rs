//! Sequences of plans and of hosts' reports, applied to the store in memory.

use crate::apply_model::{Action, EDITS, Edit, INSTALLS, run};
use crate::target::{Attacker, Seeds, Target};
use arbitrary::{Arbitrary, Unstructured};
use provision_core::wizard::ProvisionMode;

pub(crate) const TARGET: Target = Target {
    name: "apply_machine",
    attacker: Attacker::GuestOutput,
    boundary: "the applying of plans",
    oracle: "the store agrees with the dry run's model, its records and, once a host has carried everything out, the outside; applying a plan twice changes nothing; deleting everything leaves nothing",
    max_len: 512,
    seeds: Seeds::Random(60),
    body,
    show: crate::as_made::<Actions>,
    mutator: None,
};

#[derive(Debug)]
struct Actions(Vec<Action>);

impl<'a> Arbitrary<'a> for Actions {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let mut actions = Vec::new();
        while !u.is_empty() {
            actions.push(action(u)?);
        }
        Ok(Self(actions))
    }
}

fn action(u: &mut Unstructured<'_>) -> arbitrary::Result<Action> {
    let mode = match u.int_in_range(0..=5)? {
        0 | 1 => ProvisionMode::Install,
        2 => ProvisionMode::Update,
        3 => ProvisionMode::Delete,
        4 => return Ok(Action::Take),
        _ => return Ok(Action::Report),
    };
    let install = u.choose_index(INSTALLS)?;
    let count = u.int_in_range(0..=4)?;
    let edits: arbitrary::Result<Vec<Edit>> = (0..count)
        .map(|_| {
            Ok((
                u.choose_index(EDITS)?,
                u.choose_index(2)?,
                u.choose_index(2)?,
            ))
        })
        .collect();
    Ok(Action::Apply(install, mode, edits?))
}

fn body(data: &[u8]) {
    if let Ok(Actions(actions)) = Actions::arbitrary(&mut Unstructured::new(data)) {
        run(&actions);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provision_core::rng::Rng;
    use std::collections::BTreeSet;

    #[test]
    fn random_bytes_make_every_mode_and_every_edit() {
        let mut rng = Rng::new(22);
        let (mut modes, mut kinds) = (BTreeSet::new(), BTreeSet::new());
        for _ in 0..50 {
            let bytes = rng.bytes(60);
            let made = Actions::arbitrary(&mut Unstructured::new(&bytes)).expect("makes");
            for action in made.0 {
                match action {
                    Action::Apply(_, mode, edits) => {
                        modes.insert(mode.name());
                        kinds.extend(edits.iter().map(|(kind, ..)| *kind));
                    }
                    Action::Take => drop(modes.insert("take")),
                    Action::Report => drop(modes.insert("report")),
                }
            }
        }
        assert_eq!((modes.len(), kinds.len()), (5, EDITS));
    }
}
