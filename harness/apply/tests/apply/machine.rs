//! Sequences of plans and reports against the model.

use crate::model::{Action, EDITS, INSTALLS, run};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use provision_core::wizard::ProvisionMode;
use std::collections::BTreeSet;

fn action() -> impl Strategy<Value = Action> {
    let modes = vec![
        ProvisionMode::Install,
        ProvisionMode::Install,
        ProvisionMode::Update,
        ProvisionMode::Delete,
    ];
    let edits = proptest::collection::vec((0..EDITS, 0..2_usize, 0..2_usize), 0..5);
    let apply = (0..INSTALLS, proptest::sample::select(modes), edits);
    prop_oneof![
        3 => apply.prop_map(|(install, mode, edits)| Action::Apply(install, mode, edits)),
        1 => Just(Action::Take),
        1 => Just(Action::Report),
    ]
}

proptest! {
    #[test]
    fn store_agrees_with_the_model_and_the_outside_and_deletes_leave_nothing(
        actions in proptest::collection::vec(action(), 1..14)
    ) {
        run(&actions);
    }
}

/// The generator reaches what the property is about.
#[test]
fn generator_makes_every_mode_and_reports_and_all_edits() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut modes, mut kinds) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..200 {
        let made = action().new_tree(&mut runner).expect("makes").current();
        match made {
            Action::Apply(_, mode, edits) => {
                modes.insert(mode.name());
                kinds.extend(edits.iter().map(|(what, ..)| *what));
            }
            Action::Take => drop(modes.insert("take")),
            Action::Report => drop(modes.insert("report")),
        }
    }
    assert_eq!(modes.len(), 5, "{modes:?}");
    assert_eq!(kinds.len(), EDITS, "{kinds:?}");
}
