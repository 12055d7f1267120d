//! Sequences of plans and reports against a model of the outside: whatever the order,
//! the store agrees with its records, the outside has what is registered, and deleting
//! everything leaves nothing.

use crate::common::{commit, key, operations, request};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use provision_apply::{
    Contents, MemoryStore, Operation, OperationState, Request, Store, outbox, verify,
};
use provision_core::wizard::state::Effect;
use provision_core::wizard::{ProvisionMode, SecretBytes, StoreWrite};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What hosts outside of the machine have registered, by installation, kind and target.
type Outside = BTreeMap<(String, &'static str, String), Value>;

#[derive(Debug, Clone)]
enum Action {
    Apply(usize, ProvisionMode, Vec<(usize, usize, usize)>),
    Take,
    Report,
}

fn action() -> impl Strategy<Value = Action> {
    let modes = vec![
        ProvisionMode::Install,
        ProvisionMode::Install,
        ProvisionMode::Update,
        ProvisionMode::Delete,
    ];
    let edits = proptest::collection::vec((0..8_usize, 0..2_usize, 0..2_usize), 0..5);
    let apply = (0..2_usize, proptest::sample::select(modes), edits);
    prop_oneof![
        3 => apply.prop_map(|(install, mode, edits)| Action::Apply(install, mode, edits)),
        1 => Just(Action::Take),
        1 => Just(Action::Report),
    ]
}

/// A plan of small edits: what, of which key, to which value.
fn plan_of(install: usize, mode: ProvisionMode, edits: &[(usize, usize, usize)]) -> Request {
    let (mut config, mut set) = (serde_json::Map::new(), serde_json::Map::new());
    let (mut hooks, mut subscriptions, mut flows) = (Vec::new(), Vec::new(), Vec::new());
    let (mut delete, mut writes, mut secrets) = (Vec::new(), Vec::new(), BTreeMap::new());
    for &(what, item, value) in edits {
        let name = format!("k{item}");
        match what {
            0 => drop(config.insert(name, json!(value))),
            1 => drop(config.insert(name, Value::Null)),
            2 => {
                let secret = SecretBytes::new(format!("secret-{value}").into_bytes());
                secrets.insert(name.clone(), secret);
                set.insert(name, json!("<redacted>"));
            }
            3 => delete.push(name),
            4 => {
                let url = format!("https://a.invalid/{value}");
                hooks.push(json!({"op": "register", "id": name, "url": url}));
            }
            5 => hooks.push(json!({"op": "unregister", "id": name})),
            6 => {
                let verb = ["subscribe", "unsubscribe"][value];
                subscriptions.push(json!({"op": verb, "id": name}));
                let verb = ["start", "revoke"][value];
                flows.push(json!({"op": verb, "provider": name}));
            }
            _ => writes.push(StoreWrite::SetState {
                key: name,
                value: vec![u8::from(value == 1)],
            }),
        }
    }
    delete.retain(|name| !set.contains_key(name));
    let plan = json!({
        "config_patch": config, "secrets_patch": {"set": set, "delete": delete},
        "webhook_ops": hooks, "subscription_ops": subscriptions, "oauth_ops": flows,
    });
    Request {
        install: key(&format!("i{install}")),
        writes,
        secrets,
        ..request(mode, plan)
    }
}

/// Carries an operation out, as a host does.
fn carry_out(outside: &mut Outside, operation: &Operation) {
    let target = (
        operation.install.install_id.clone(),
        operation.kind.name(),
        operation.target.clone(),
    );
    match Effect::of(&operation.action.verb) {
        Effect::Registers => outside.insert(target, operation.action.content.clone()),
        Effect::Removes => outside.remove(&target),
        Effect::Reads => None,
    };
}

fn take(store: &MemoryStore) -> Option<Operation> {
    let mut tx = store.begin().expect("begins");
    let taken = outbox::take(&mut *tx).expect("reads");
    tx.commit().expect("commits");
    taken
}

/// Reports the first taken operation, after it was carried out.
fn report(store: &MemoryStore, outside: &mut Outside) {
    let taken = operations(store);
    let taken = taken.iter().find(|o| o.state == OperationState::Taken);
    if let Some(operation) = taken {
        carry_out(outside, operation);
        let mut tx = store.begin().expect("begins");
        outbox::done(&mut *tx, &operation.install, &operation.id).expect("was taken");
        tx.commit().expect("commits");
    }
}

/// Lets the host carry everything out.
fn drain(store: &MemoryStore, outside: &mut Outside) {
    loop {
        report(store, outside);
        let open = operations(store);
        if !open.iter().any(Operation::is_open) {
            return;
        }
        if !open.iter().any(|o| o.state == OperationState::Taken) {
            take(store).expect("a pending operation waits for none that is taken");
        }
    }
}

/// What the records say is registered.
fn registered(store: &MemoryStore) -> Outside {
    let mut found = Outside::new();
    let snapshot = store.read().expect("reads");
    snapshot
        .list_installs(None, &mut |record| {
            let registered = record.registered;
            let kinds = [
                ("webhook", registered.webhooks),
                ("subscription", registered.subscriptions),
                ("oauth", registered.oauth),
            ];
            for (kind, map) in kinds {
                let rows = map.into_iter();
                found.extend(rows.map(|(t, v)| ((record.install_id.clone(), kind, t), v)));
            }
            Ok(())
        })
        .expect("lists");
    found
}

/// Applies, and holds the result against the dry run's model of it.
fn apply(store: &MemoryStore, request: &Request) -> Result<(), TestCaseError> {
    let before = Contents::read(&*store.read().expect("reads"), &request.install).expect("reads");
    let exists = before.record.is_some();
    if request.mode != ProvisionMode::Install && !exists {
        prop_assert!(commit(store, request).is_err());
        return Ok(());
    }
    let applied = commit(store, request).expect("applies");
    let after = Contents::read(&*store.read().expect("reads"), &request.install).expect("reads");
    if request.mode == ProvisionMode::Delete {
        prop_assert_eq!(
            &after.installed,
            &provision_core::wizard::InstalledState::default()
        );
        prop_assert_eq!(after.record, None);
        return Ok(());
    }
    let mut model = before.installed.clone();
    model.apply(&request.plan);
    prop_assert_eq!(&after.installed, &model);
    prop_assert_eq!(applied.install_record, after.record);
    let copy = store.clone();
    prop_assert!(
        !commit(&copy, request).expect("applies").changed,
        "a second time changes"
    );
    prop_assert!(&copy == store);
    Ok(())
}

proptest! {
    #[test]
    fn store_agrees_with_the_model_and_the_outside_and_deletes_leave_nothing(
        actions in proptest::collection::vec(action(), 1..14)
    ) {
        let store = MemoryStore::default();
        let mut outside = Outside::new();
        for action in &actions {
            match action {
                Action::Apply(install, mode, edits) => {
                    apply(&store, &plan_of(*install, *mode, edits))?;
                }
                Action::Take => drop(take(&store)),
                Action::Report => report(&store, &mut outside),
            }
            let problems = verify(&*store.read().expect("reads")).expect("verifies");
            prop_assert_eq!(problems, []);
        }
        let drained = store.clone();
        let mut then = outside.clone();
        drain(&drained, &mut then);
        prop_assert_eq!(&then, &registered(&drained));
        for install in 0..2 {
            let _ = commit(&store, &plan_of(install, ProvisionMode::Delete, &[]));
        }
        drain(&store, &mut outside);
        prop_assert_eq!(&outside, &Outside::new());
        prop_assert!(store.is_empty(), "{:?} is left", operations(&store));
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
    assert_eq!(kinds.len(), 8, "{kinds:?}");
}
