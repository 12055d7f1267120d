//! A store, the outside that its operations reach, and what both have to agree on.
//! Tests and a fuzz target drive it.

use provision_apply::{
    Applier, Contents, InstallKey, MemoryStore, Operation, OperationState, PackIdentity, Request,
    Store, outbox, verify,
};
use provision_core::wizard::state::Effect;
use provision_core::wizard::{
    InstalledState, ProvisionMode, SecretBytes, StoreWrite, TenantContext,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How many installations there are.
pub(crate) const INSTALLS: usize = 2;
/// How many kinds of edits there are.
pub(crate) const EDITS: usize = 8;

/// What hosts outside of the machine have registered, by installation, kind and target.
type Outside = BTreeMap<(String, &'static str, String), Value>;
/// An edit of a plan: which kind below [`EDITS`], of which of two keys, to which of two
/// values.
pub(crate) type Edit = (usize, usize, usize);

/// One event.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    /// A plan is applied to an installation.
    Apply(usize, ProvisionMode, Vec<Edit>),
    /// A host takes an operation.
    Take,
    /// A host carries a taken operation out and reports it.
    Report,
}

/// Runs `actions`, and panics where the store, its records and the outside disagree.
pub(crate) fn run(actions: &[Action]) {
    let store = MemoryStore::default();
    let mut outside = Outside::new();
    for action in actions {
        match action {
            Action::Apply(install, mode, edits) => {
                apply(&store, &plan_of(*install, *mode, edits));
            }
            Action::Take => drop(take(&store)),
            Action::Report => report(&store, &mut outside),
        }
        let problems = verify(&*store.read().expect("reads")).expect("verifies");
        assert_eq!(problems, []);
    }
    let drained = store.clone();
    let mut then = outside.clone();
    drain(&drained, &mut then);
    assert_eq!(then, registered(&drained), "the outside differs");
    for install in 0..INSTALLS {
        let delete = plan_of(install, ProvisionMode::Delete, &[]);
        let exists = store.read().expect("reads").get_install(&delete.install);
        let deleted = Applier::commit(&store, &delete);
        assert_eq!(deleted.is_ok(), exists.expect("reads").is_some());
    }
    drain(&store, &mut outside);
    assert_eq!(outside, Outside::new(), "something stays registered");
    assert!(store.is_empty(), "{:?} is left", operations(&store));
}

/// All operations of a store, by sequence.
fn operations(store: &MemoryStore) -> Vec<Operation> {
    let mut found = Vec::new();
    let read = store.read().expect("reads");
    let mut push = |operation| {
        found.push(operation);
        Ok(())
    };
    read.list_operations(None, &mut push).expect("lists");
    found.sort_by_key(|operation| operation.sequence);
    found
}

/// A plan of small edits: what, of which key, to which value.
fn plan_of(install: usize, mode: ProvisionMode, edits: &[Edit]) -> Request {
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
        install: InstallKey {
            tenant: TenantContext::default(),
            provider_id: "demo".into(),
            install_id: format!("i{install}"),
        },
        mode,
        pack: PackIdentity {
            digest: "sha256:00".into(),
            name: "demo".into(),
            version: "1.0.0".into(),
        },
        plan: serde_json::from_value(plan).expect("a plan"),
        writes,
        secrets,
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
fn apply(store: &MemoryStore, request: &Request) {
    let before = Contents::read(&*store.read().expect("reads"), &request.install).expect("reads");
    let exists = before.record.is_some();
    if request.mode != ProvisionMode::Install && !exists {
        assert!(Applier::commit(store, request).is_err());
        return;
    }
    let applied = Applier::commit(store, request).expect("applies");
    let after = Contents::read(&*store.read().expect("reads"), &request.install).expect("reads");
    if request.mode == ProvisionMode::Delete {
        assert_eq!(&after.installed, &InstalledState::default());
        assert_eq!(after.record, None);
        return;
    }
    let mut model = before.installed.clone();
    model.apply(&request.plan);
    assert_eq!(&after.installed, &model);
    assert_eq!(applied.install_record, after.record);
    let copy = store.clone();
    assert!(
        !Applier::commit(&copy, request).expect("applies").changed,
        "a second time changes"
    );
    assert!(&copy == store);
}
