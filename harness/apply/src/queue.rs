//! Which operations of a plan enter the outbox, and which pending ones are cancelled.

use crate::key::InstallKey;
use crate::operation::{Action, Operation, OperationKind, OperationState};
use provision_core::wizard::state::{Effect, oauth, subscription, webhook};
use provision_core::wizard::{InstalledState, OAuthOp, ProvisionPlan, StoreWrite, SubscriptionOp};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Verbs that act on what is registered already, without changing the registration.
const REPEATING_VERBS: [&str; 2] = ["renew", "refresh"];
/// The id of the subscriptions that a guest asks for: each call replaces all of them.
const GUEST_SUBSCRIPTIONS: &str = "guest:wanted";

/// Changes of the outbox.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Queue {
    /// Operations to write. The store gives them their sequence.
    pub(crate) put: Vec<Operation>,
    /// Ids of operations to delete.
    pub(crate) drop: BTreeSet<String>,
}

/// The plan with the operations that guests asked for in apply mode.
pub(crate) fn with_writes(plan: &ProvisionPlan, writes: &[StoreWrite]) -> ProvisionPlan {
    let mut plan = plan.clone();
    for write in writes {
        match write {
            StoreWrite::Subscriptions { wanted } => {
                let content = serde_json::from_str(wanted);
                let content = content.unwrap_or_else(|_| Value::String(wanted.clone()));
                plan.subscription_ops.push(SubscriptionOp {
                    op: "sync".into(),
                    id: Some(GUEST_SUBSCRIPTIONS.into()),
                    metadata: BTreeMap::new(),
                    extra: BTreeMap::from([("wanted".to_owned(), content)]),
                });
            }
            StoreWrite::OAuth { provider } => plan.oauth_ops.push(OAuthOp {
                op: "start".into(),
                provider: Some(provider.clone()),
                scopes: Vec::new(),
                redirect_url: None,
                extra: BTreeMap::new(),
            }),
            StoreWrite::SetSecret { .. }
            | StoreWrite::SetState { .. }
            | StoreWrite::DeleteState { .. } => {}
        }
    }
    plan
}

/// The registrations of one kind in a state.
fn registered(state: &InstalledState, kind: OperationKind) -> &BTreeMap<String, Value> {
    match kind {
        OperationKind::Webhook => &state.webhooks,
        OperationKind::Subscription => &state.subscriptions,
        OperationKind::OAuth => &state.oauth,
    }
}

/// One operation of a plan.
struct Planned {
    kind: OperationKind,
    target: String,
    action: Action,
}

fn planned(plan: &ProvisionPlan) -> Vec<Planned> {
    let of = |kind, verb: &str, (target, content): (String, Value)| Planned {
        kind,
        target,
        action: Action {
            verb: verb.to_owned(),
            content,
        },
    };
    let webhooks = plan.webhook_ops.iter();
    let webhooks = webhooks.map(|op| of(OperationKind::Webhook, &op.op, webhook(op)));
    let subscriptions = plan.subscription_ops.iter();
    let subscriptions =
        subscriptions.map(|op| of(OperationKind::Subscription, &op.op, subscription(op)));
    let flows = plan.oauth_ops.iter();
    let flows = flows.map(|op| of(OperationKind::OAuth, &op.op, oauth(op)));
    webhooks.chain(subscriptions).chain(flows).collect()
}

/// What takes `action` back, on a target that had the content `previous`.
fn reverse(kind: OperationKind, action: &Action, previous: Option<&Value>) -> Option<Action> {
    let restore = |verb: &str| {
        previous.map(|content| Action {
            verb: verb.to_owned(),
            content: content.clone(),
        })
    };
    let (create, change) = match kind {
        OperationKind::Webhook => ("register", "update"),
        OperationKind::Subscription => ("subscribe", "update"),
        OperationKind::OAuth => ("start", "start"),
    };
    match Effect::of(&action.verb) {
        Effect::Reads => None,
        Effect::Removes => restore(create),
        Effect::Registers => {
            restore(change).or_else(|| Some(removal(kind, action.content.clone())))
        }
    }
}

/// What removes a registration.
fn removal(kind: OperationKind, content: Value) -> Action {
    let verb = match kind {
        OperationKind::Webhook => "unregister",
        OperationKind::Subscription => "unsubscribe",
        OperationKind::OAuth => "revoke",
    };
    Action {
        verb: verb.to_owned(),
        content,
    }
}

/// Builds a [`Queue`] against the outbox of one installation.
pub(crate) struct Queuer<'a> {
    install: &'a InstallKey,
    existing: &'a [Operation],
    queue: Queue,
}

impl<'a> Queuer<'a> {
    pub(crate) fn new(install: &'a InstallKey, existing: &'a [Operation]) -> Self {
        Self {
            install,
            existing,
            queue: Queue::default(),
        }
    }

    pub(crate) fn finish(self) -> Queue {
        self.queue
    }

    /// Queues the operations of `plan`, which leads from `before` to `after`.
    pub(crate) fn plan(
        &mut self,
        plan: &ProvisionPlan,
        before: &InstalledState,
        after: &InstalledState,
    ) {
        let mut now = before.clone();
        for one in planned(plan) {
            let Planned {
                kind,
                target,
                action,
            } = one;
            let previous = registered(&now, kind).get(&target).cloned();
            let changes =
                registered(before, kind).get(&target) != registered(after, kind).get(&target);
            if self.is_due(kind, &action, previous.as_ref(), changes) {
                self.enqueue(kind, &target, action.clone(), previous);
            }
            let map = match kind {
                OperationKind::Webhook => &mut now.webhooks,
                OperationKind::Subscription => &mut now.subscriptions,
                OperationKind::OAuth => &mut now.oauth,
            };
            Effect::of(&action.verb).apply(map, &target, action.content);
        }
        for kind in KINDS {
            for target in registered(before, kind).keys() {
                if !registered(after, kind).contains_key(target) {
                    self.cancel(kind, target);
                }
            }
        }
    }

    /// Queues what takes back everything that `left` has registered, and forgets the
    /// operations that no host is carrying out.
    pub(crate) fn remove_all(&mut self, left: &InstalledState) {
        for operation in self.existing {
            if operation.state != OperationState::Taken {
                self.queue.drop.insert(operation.id.clone());
            }
        }
        for kind in KINDS {
            for (target, content) in registered(left, kind) {
                // Nothing outside knows a target whose operations were never taken,
                // or had no effect.
                let known = self.of_target(kind, target);
                let reached = known.is_empty()
                    || known
                        .iter()
                        .any(|o| matches!(o.state, OperationState::Taken | OperationState::Done));
                if reached {
                    let action = removal(kind, content.clone());
                    self.enqueue(kind, target, action, Some(content.clone()));
                } else {
                    self.unqueue(kind, target);
                }
            }
        }
    }

    fn of_target(&self, kind: OperationKind, target: &str) -> Vec<&'a Operation> {
        let existing = self.existing.iter();
        let same = existing.filter(|o| o.kind == kind && o.target == target);
        same.collect()
    }

    /// Whether an operation has to be carried out: it changes its target, or the outbox
    /// does not have it yet and it is one that repeats or reads.
    fn is_due(
        &self,
        kind: OperationKind,
        action: &Action,
        previous: Option<&Value>,
        changes: bool,
    ) -> bool {
        let id = Operation::id_of(self.install, kind, action);
        let known = self.existing.iter().find(|o| o.id == id);
        if known.is_some_and(|o| matches!(o.state, OperationState::Failed { .. })) {
            return true;
        }
        if changes {
            return true;
        }
        let repeats = REPEATING_VERBS.contains(&action.verb.as_str());
        let registers = Effect::of(&action.verb) == Effect::Registers;
        known.is_none() && (repeats || !registers || previous.is_none())
    }

    fn enqueue(
        &mut self,
        kind: OperationKind,
        target: &str,
        action: Action,
        previous: Option<Value>,
    ) {
        let id = Operation::id_of(self.install, kind, &action);
        let known = self.existing.iter().find(|o| o.id == id);
        if known.is_some_and(|o| o.state == OperationState::Taken) {
            // A host carries the same operation out: what would follow it on this
            // target and is not taken yet is dropped instead.
            let later = self.of_target(kind, target);
            let later = later.iter().filter(|o| o.state == OperationState::Pending);
            self.queue.drop.extend(later.map(|o| o.id.clone()));
            return;
        }
        self.queue.drop.remove(&id);
        self.queue.put.retain(|operation| operation.id != id);
        self.queue.put.push(Operation {
            reverse: reverse(kind, &action, previous.as_ref()),
            creates: previous.is_none(),
            id,
            install: self.install.clone(),
            sequence: 0,
            kind,
            target: target.to_owned(),
            action,
            state: OperationState::Pending,
        });
    }

    /// Drops the operations of a target that a plan removes, if none was ever taken and
    /// the first one would have created it: then there is nothing to remove.
    fn cancel(&mut self, kind: OperationKind, target: &str) {
        let existing = self.of_target(kind, target);
        let pending = existing.iter().all(|o| o.state == OperationState::Pending);
        if pending && existing.first().is_some_and(|o| o.creates) {
            self.queue
                .drop
                .extend(existing.iter().map(|o| o.id.clone()));
            self.unqueue(kind, target);
        }
    }

    fn unqueue(&mut self, kind: OperationKind, target: &str) {
        let put = &mut self.queue.put;
        put.retain(|o| o.kind != kind || o.target != target);
    }
}

const KINDS: [OperationKind; 3] = [
    OperationKind::Webhook,
    OperationKind::Subscription,
    OperationKind::OAuth,
];
