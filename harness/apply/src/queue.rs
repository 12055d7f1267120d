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
    /// Ids of operations to delete, before `put` is written.
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

fn registered_mut(state: &mut InstalledState, kind: OperationKind) -> &mut BTreeMap<String, Value> {
    match kind {
        OperationKind::Webhook => &mut state.webhooks,
        OperationKind::Subscription => &mut state.subscriptions,
        OperationKind::OAuth => &mut state.oauth,
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

    /// Queues the operations of `plan`, which leads from `before` to `after`. If one
    /// operation on a target is due, all of the plan on that target are, in its order.
    pub(crate) fn plan(
        &mut self,
        plan: &ProvisionPlan,
        before: &InstalledState,
        after: &InstalledState,
    ) {
        let (mut now, mut steps, mut due) = (before.clone(), Vec::new(), BTreeSet::new());
        for one in planned(plan) {
            let map = registered_mut(&mut now, one.kind);
            let previous = map.get(&one.target).cloned();
            let content = one.action.content.clone();
            Effect::of(&one.action.verb).apply(map, &one.target, content);
            let of = |state| registered(state, one.kind).get(&one.target);
            if of(before) != of(after) || self.is_due(&one, previous.as_ref()) {
                due.insert((one.kind, one.target.clone()));
            }
            steps.push((one, previous));
        }
        for (one, previous) in steps {
            if due.contains(&(one.kind, one.target.clone())) {
                self.enqueue(one.kind, &one.target, one.action, previous);
            }
        }
    }

    /// Queues what takes back everything that was registered `before` the plan or is
    /// `left` after it, and forgets the operations that have become useless.
    pub(crate) fn remove_all(&mut self, before: &InstalledState, left: &InstalledState) {
        for operation in self.existing {
            let removes = Effect::of(&operation.action.verb) == Effect::Removes;
            // An earlier removal that no host has carried out still has to be.
            let useful = removes && operation.state != OperationState::Done;
            if operation.state != OperationState::Taken && !useful {
                self.queue.drop.insert(operation.id.clone());
            }
        }
        for kind in KINDS {
            let (before, left) = (registered(before, kind), registered(left, kind));
            let targets: BTreeSet<&String> = before.keys().chain(left.keys()).collect();
            for target in targets {
                if !self.is_outside(kind, target) {
                    self.unqueue(kind, target);
                    let pending = self.of_target(kind, target);
                    self.queue.drop.extend(pending.iter().map(|o| o.id.clone()));
                } else if let Some(content) = left.get(target) {
                    let action = removal(kind, content.clone());
                    self.enqueue(kind, target, action, Some(content.clone()));
                }
            }
        }
    }

    /// Whether the outside may know a target: a host took one of its operations, or it
    /// was there before the first of them. Without operations it was, too.
    fn is_outside(&self, kind: OperationKind, target: &str) -> bool {
        let known = self.of_target(kind, target);
        let reached =
            |o: &&Operation| matches!(o.state, OperationState::Taken | OperationState::Done);
        known.iter().any(reached) || known.first().is_none_or(|first| !first.creates)
    }

    fn of_target(&self, kind: OperationKind, target: &str) -> Vec<&'a Operation> {
        let existing = self.existing.iter();
        let same = existing.filter(|o| o.kind == kind && o.target == target);
        same.collect()
    }

    /// Whether an operation on a target that the plan leaves as it was has to be carried
    /// out: it failed before, or the outbox does not have it yet and it is no repeated
    /// registration.
    fn is_due(&self, one: &Planned, previous: Option<&Value>) -> bool {
        let mut existing = self.existing.iter();
        let known = existing.rfind(|o| o.kind == one.kind && o.action == one.action);
        match known.map(|o| &o.state) {
            Some(OperationState::Failed { .. }) => true,
            Some(_) => false,
            None => {
                let verb = one.action.verb.as_str();
                let registers = Effect::of(verb) == Effect::Registers;
                REPEATING_VERBS.contains(&verb) || !registers || previous.is_none()
            }
        }
    }

    fn enqueue(
        &mut self,
        kind: OperationKind,
        target: &str,
        action: Action,
        previous: Option<Value>,
    ) {
        let stable = Operation::id_of(self.install, kind, &action);
        let mut id = stable.clone();
        // A host carries the same operation out: the new one follows it.
        let is_taken = |id: &str| {
            let mut taken = self
                .existing
                .iter()
                .filter(|o| o.state == OperationState::Taken);
            taken.any(|o| o.id == id)
        };
        for again in 2_u32.. {
            if !is_taken(&id) {
                break;
            }
            id = format!("{stable}-{again}");
        }
        self.queue.drop.remove(&id);
        self.queue.put.retain(|operation| operation.id != id);
        self.queue.put.push(Operation {
            reverse: reverse(kind, &action, previous.as_ref()),
            creates: previous.is_none() && Effect::of(&action.verb) == Effect::Registers,
            id,
            install: self.install.clone(),
            sequence: 0,
            kind,
            target: target.to_owned(),
            action,
            state: OperationState::Pending,
        });
    }

    /// Takes back what was queued for a target.
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
