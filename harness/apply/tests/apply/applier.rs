//! Applies plans to the store in memory.

use crate::common::{answers, answers_of, commit, key, operations, request, setup};
use provision_apply::{
    ApplyError, ChangeKind, Contents, InstallKey, MemoryStore, OperationState, Part, Store, outbox,
    verify,
};
use provision_core::wizard::{ProvisionMode, SecretBytes, StoreWrite, TenantContext};
use serde_json::json;

#[test]
fn install_writes_all_parts_and_a_second_one_changes_nothing() {
    let store = MemoryStore::default();
    let first = commit(&store, &setup()).expect("applies");
    assert_eq!(first.config_changes, ["log", "room"]);
    assert_eq!(first.secret_set_keys, ["BOT_TOKEN"]);
    let kinds: Vec<_> = first
        .operations
        .iter()
        .map(|o| o.action.verb.as_str())
        .collect();
    assert_eq!(kinds, ["register", "subscribe", "start"]);
    let record = first.install_record.expect("a record");
    assert_eq!(record.subscriptions[0].resource.as_deref(), Some("/users"));
    assert_eq!(record.revision, 1);
    let read = store.read().expect("reads");
    let secret = read.get_secret(&key("i"), "BOT_TOKEN").expect("reads");
    assert_eq!(secret.expect("is set").reveal(), b"canary-4711");
    assert_eq!(verify(&*read).expect("verifies"), []);
    let before = store.clone();
    let second = commit(&store, &setup()).expect("applies");
    assert!(!second.changed && second.diff.is_empty() && second.operations.is_empty());
    assert!(store == before, "the second apply wrote something");
}

#[test]
fn redacted_secret_without_a_value_is_refused_before_anything_is_written() {
    let store = MemoryStore::default();
    let mut unanswered = setup();
    unanswered.secrets.clear();
    let error = commit(&store, &unanswered).expect_err("is refused");
    assert_eq!(
        error.code().expect("a code").as_str(),
        "E_SECRET_UNRESOLVED"
    );
    assert!(error.to_string().contains("`BOT_TOKEN`"), "{error}");
    assert!(store == MemoryStore::default());
    // The value that a plan shows is no way to the store.
    unanswered.plan.secrets_patch = serde_json::from_value(json!({
        "set": {"BOT_TOKEN": "canary-4711"}
    }))
    .expect("a patch");
    assert!(matches!(
        commit(&store, &unanswered),
        Err(ApplyError::SecretUnresolved { .. })
    ));
    // A value that the store has already is one.
    commit(&store, &setup()).expect("applies");
    unanswered.plan = setup().plan;
    assert!(!commit(&store, &unanswered).expect("applies").changed);
}

#[test]
fn answers_match_by_exact_name_then_by_canonical_name_and_never_by_two() {
    let token = |names: &[&str]| {
        let store = MemoryStore::default();
        let mut request = setup();
        request.secrets = answers_of(names);
        let applied = commit(&store, &request);
        let read = store.read().expect("reads");
        let value = read.get_secret(&key("i"), "BOT_TOKEN").expect("reads");
        applied.map(|_| value.expect("is set").reveal().to_vec())
    };
    assert_eq!(token(&["bot-token"]).expect("applies"), b"bot-token");
    assert_eq!(
        token(&["BOT_TOKEN", "bot_token"]).expect("applies"),
        b"BOT_TOKEN"
    );
    assert!(token(&["bot-token", "bot_token"]).is_err());
    assert!(token(&["other"]).is_err());
}

#[test]
fn writes_of_guests_reach_all_stores_and_the_last_one_wins() {
    let store = MemoryStore::default();
    let secret = |value: &str| SecretBytes::new(value.as_bytes().to_vec());
    let mut request = setup();
    let (mut set, mut state) = (Vec::new(), Vec::new());
    for value in ["first", "last"] {
        set.push(StoreWrite::SetSecret {
            key: "BOT_TOKEN".into(),
            value: secret(value),
        });
        state.push(StoreWrite::SetState {
            key: "cursor".into(),
            value: value.into(),
        });
    }
    request.writes = set.into_iter().chain(state).collect();
    request.writes.extend([
        StoreWrite::SetState {
            key: "gone".into(),
            value: vec![1],
        },
        StoreWrite::DeleteState { key: "gone".into() },
        StoreWrite::Subscriptions {
            wanted: r#"{"topics": ["a"]}"#.into(),
        },
        StoreWrite::OAuth {
            provider: "hub".into(),
        },
    ]);
    let applied = commit(&store, &request).expect("applies");
    let read = store.read().expect("reads");
    let token = read.get_secret(&key("i"), "BOT_TOKEN").expect("reads");
    assert_eq!(token.expect("is set"), secret("last"));
    let contents = Contents::read(&*read, &key("i")).expect("reads");
    assert_eq!(
        contents.state,
        [("cursor".to_owned(), b"last".to_vec())].into()
    );
    assert!(contents.installed.oauth.contains_key("hub"));
    assert_eq!(contents.installed.subscriptions.len(), 2);
    assert_eq!(
        applied.diff.keys(Part::State, ChangeKind::Added),
        ["cursor"]
    );
    assert!(!commit(&store, &request).expect("applies").changed);
}

#[test]
fn update_keeps_what_it_does_not_change() {
    let store = MemoryStore::default();
    commit(&store, &setup()).expect("applies");
    let update = request(
        ProvisionMode::Update,
        json!({
            "config_patch": {"room": "red", "log": null},
            "webhook_ops": [{"op": "update", "id": "w", "url": "https://a.invalid/y"}],
        }),
    );
    let applied = commit(&store, &update).expect("applies");
    assert_eq!(applied.config_changes, ["log", "room"]);
    let read = store.read().expect("reads");
    let contents = Contents::read(&*read, &key("i")).expect("reads");
    assert_eq!(
        contents.installed.config,
        [("room".to_owned(), json!("red"))].into()
    );
    assert!(contents.installed.secrets.contains("BOT_TOKEN"));
    assert!(contents.installed.subscriptions.contains_key("s"));
    let reverse = applied.operations[0].reverse.as_ref().expect("has one");
    assert_eq!(reverse.content["url"], "https://a.invalid/x");
    assert_eq!(contents.record.expect("a record").revision, 2);
}

#[test]
fn update_and_delete_of_nothing_are_refused() {
    for mode in [ProvisionMode::Update, ProvisionMode::Delete] {
        let error = commit(&MemoryStore::default(), &request(mode, json!({})));
        let error = error.expect_err("is refused");
        assert_eq!(error.code().expect("a code").as_str(), "E_NOT_INSTALLED");
    }
    let dry = request(ProvisionMode::DryRun, json!({}));
    let error = commit(&MemoryStore::default(), &dry);
    assert!(matches!(error, Err(ApplyError::Mode { mode: "dry_run" })));
}

#[test]
fn delete_before_a_host_took_anything_leaves_an_empty_store() {
    let store = MemoryStore::default();
    commit(&store, &setup()).expect("applies");
    let applied = commit(&store, &request(ProvisionMode::Delete, json!({})));
    let applied = applied.expect("applies");
    assert_eq!(applied.secret_deleted_keys, ["BOT_TOKEN"]);
    assert_eq!((applied.operations.len(), applied.dropped.len()), (0, 3));
    assert_eq!(applied.install_record, None);
    assert!(store.is_empty(), "something of the installation is left");
}

#[test]
fn delete_reverses_what_was_done_and_waits_for_what_was_taken() {
    let store = MemoryStore::default();
    commit(&store, &setup()).expect("applies");
    let mut tx = store.begin().expect("begins");
    let first = outbox::take(&mut *tx).expect("reads").expect("one");
    outbox::done(&mut *tx, &first.install, &first.id).expect("was taken");
    let second = outbox::take(&mut *tx).expect("reads").expect("one");
    tx.commit().expect("commits");
    assert_eq!(
        (first.action.verb.as_str(), second.action.verb.as_str()),
        ("register", "subscribe")
    );

    commit(&store, &request(ProvisionMode::Delete, json!({}))).expect("applies");
    let left: Vec<_> = operations(&store)
        .into_iter()
        .map(|o| (o.action.verb, o.state))
        .collect();
    let expected = [
        ("subscribe".to_owned(), OperationState::Taken),
        ("unregister".to_owned(), OperationState::Pending),
        ("unsubscribe".to_owned(), OperationState::Pending),
    ];
    assert_eq!(left, expected);

    let mut tx = store.begin().expect("begins");
    let taken = outbox::take(&mut *tx).expect("reads").expect("one");
    assert_eq!(taken.action.verb, "unregister");
    assert_eq!(
        outbox::take(&mut *tx).expect("reads"),
        None,
        "subscribe is not reported"
    );
    outbox::done(&mut *tx, &second.install, &second.id).expect("was taken");
    let last = outbox::take(&mut *tx).expect("reads").expect("one");
    assert_eq!(last.action.verb, "unsubscribe");
    for operation in [taken, last] {
        outbox::done(&mut *tx, &operation.install, &operation.id).expect("was taken");
    }
    tx.commit().expect("commits");
    assert!(store.is_empty(), "something of the installation is left");
}

#[test]
fn removal_of_what_was_done_has_the_registration_as_its_reverse() {
    let store = MemoryStore::default();
    commit(&store, &setup()).expect("applies");
    let mut tx = store.begin().expect("begins");
    let done = outbox::take(&mut *tx).expect("reads").expect("one");
    outbox::done(&mut *tx, &done.install, &done.id).expect("was taken");
    tx.commit().expect("commits");
    let removal = json!({"webhook_ops": [{"op": "unregister", "id": "w"}]});
    let applied = commit(&store, &request(ProvisionMode::Update, removal)).expect("applies");
    let removal = &applied.operations[0];
    assert_eq!(removal.action.verb, "unregister");
    let reverse = removal.reverse.as_ref().expect("has one");
    assert_eq!(reverse.verb, "register");
    assert_eq!(reverse.content["url"], "https://a.invalid/x");
}

#[test]
fn failed_operation_is_pending_again_after_the_same_plan() {
    let store = MemoryStore::default();
    commit(&store, &setup()).expect("applies");
    let mut tx = store.begin().expect("begins");
    let taken = outbox::take(&mut *tx).expect("reads").expect("one");
    outbox::failed(&mut *tx, &taken.install, &taken.id, "no route").expect("was taken");
    assert!(outbox::done(&mut *tx, &taken.install, &taken.id).is_err());
    tx.commit().expect("commits");
    let applied = commit(&store, &setup()).expect("applies");
    let again: Vec<_> = applied.operations.iter().map(|o| &o.id).collect();
    assert_eq!(again, [&taken.id]);
    assert_eq!(applied.operations[0].state, OperationState::Pending);
}

#[test]
fn remove_wizard_and_delete_make_each_reverse_operation_once() {
    let store = MemoryStore::default();
    commit(&store, &setup()).expect("applies");
    let mut tx = store.begin().expect("begins");
    while let Some(taken) = outbox::take(&mut *tx).expect("reads") {
        outbox::done(&mut *tx, &taken.install, &taken.id).expect("was taken");
    }
    tx.commit().expect("commits");
    let remove = request(
        ProvisionMode::Delete,
        json!({
            "config_patch": {"room": null},
            "secrets_patch": {"delete": ["BOT_TOKEN"]},
            "webhook_ops": [{"op": "delete", "id": "w"}],
        }),
    );
    let applied = commit(&store, &remove).expect("applies");
    let verbs: Vec<_> = applied
        .operations
        .iter()
        .map(|o| o.action.verb.as_str())
        .collect();
    assert_eq!(verbs, ["delete", "unsubscribe", "revoke"]);
}

#[test]
fn every_failing_write_leaves_the_store_as_it_was() {
    let store = MemoryStore::default();
    commit(&store, &setup()).expect("applies");
    for mode in [ProvisionMode::Update, ProvisionMode::Delete] {
        let mut change = request(mode, json!({"config_patch": {"room": "red", "log": null}}));
        change.secrets = answers();
        let mut write = 0;
        loop {
            write += 1;
            let faulty = store.failing_at(write);
            match commit(&faulty, &change) {
                Ok(_) => break,
                Err(error) => assert!(error.is_store(), "{error}"),
            }
            assert!(
                faulty == store,
                "write {write} of {} left something",
                mode.name()
            );
        }
        assert!(write > 4, "{} writes {write} times", mode.name());
    }
}

#[test]
fn tenants_with_names_made_to_collide_never_see_each_other() {
    let name = |text: &str| Some(text.to_owned());
    let long = "n".repeat(1000);
    let tenants: Vec<TenantContext> = [
        [None, name("a:b"), None, None],
        [None, name("a"), name("b"), None],
        [None, name("a"), None, name("b")],
        [name("a"), name("b"), None, None],
        [None, name(""), None, None],
        [None, None, None, None],
        [None, name(".."), None, None],
        [None, name("\u{430}"), None, None],
        [None, name("a"), None, None],
        [None, name("a\0"), None, None],
        [None, name("A"), None, None],
        [None, name(&long), None, None],
        [None, name(&format!("{long}n")), None, None],
    ]
    .into_iter()
    .map(|[environment, tenant, team, user]| TenantContext {
        environment,
        tenant,
        team,
        user,
    })
    .collect();
    let store = MemoryStore::default();
    let install = |tenant: &TenantContext| InstallKey {
        tenant: tenant.clone(),
        ..key("i")
    };
    for (index, tenant) in tenants.iter().enumerate() {
        let mut request = setup();
        request.install = install(tenant);
        request
            .plan
            .config_patch
            .insert("owner".into(), json!(index));
        commit(&store, &request).expect("applies");
    }
    let names: std::collections::BTreeSet<_> =
        tenants.iter().map(|t| install(t).namespace()).collect();
    assert_eq!(names.len(), tenants.len());
    for (index, tenant) in tenants.iter().enumerate() {
        let read = store.read().expect("reads");
        let contents = Contents::read(&*read, &install(tenant)).expect("reads");
        assert_eq!(contents.installed.config["owner"], json!(index));
        let mut listed = 0;
        read.list_installs(Some(tenant), &mut |record| {
            assert_eq!(&record.tenant, tenant);
            listed += 1;
            Ok(())
        })
        .expect("lists");
        assert_eq!(listed, 1);
        drop(read);
        let mut delete = request(ProvisionMode::Delete, json!({}));
        delete.install = install(tenant);
        commit(&store, &delete).expect("applies");
    }
    assert!(store.is_empty());
}

#[test]
fn plan_that_shows_a_secret_outside_of_the_secret_store_is_refused() {
    let mut in_config = setup();
    let url = json!(["https://a.invalid/?t=canary-4711"]);
    in_config.plan.config_patch.insert("urls".into(), url);
    let mut in_operation = setup();
    let metadata = &mut in_operation.plan.webhook_ops[0].metadata;
    metadata.insert("token".into(), json!("canary-4711"));
    let mut by_guest = setup();
    let wanted = r#"{"auth": "canary-4711"}"#.to_owned();
    by_guest.writes.push(StoreWrite::Subscriptions { wanted });
    for (request, place) in [
        (in_config, "/config_patch/urls/0"),
        (in_operation, "/webhook_ops/0/metadata/token"),
        (by_guest, "/subscription_ops/1/wanted/auth"),
    ] {
        let store = MemoryStore::default();
        let error = commit(&store, &request).expect_err("is refused");
        let text = error.to_string();
        assert_eq!(error.code().expect("a code").as_str(), "E_SECRET_SHOWN");
        assert!(text.contains(place) && !text.contains("4711"), "{text}");
        assert!(store == MemoryStore::default());
    }
}
