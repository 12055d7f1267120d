//! Runs of each wizard for two tenants, whose steps alternate in one executor and on one
//! store of state.

use super::answer_set::AnswerSet;
use super::conditions::Conditions;
use super::other_installation::OtherInstallation;
use super::threads::together;
use super::turns::{Seat, Turns};
use super::variations::{asks, elsewhere, known_questions, mode};
use crate::secret_scan::is_searchable;
use crate::subject::{Opened, Runs};
use crate::tenants::{TenantRun, TenantWrite, Tenants};
use crate::varied::Variation;
use provision_core::Pack;
use provision_core::limits::STORE_BYTES;
use provision_core::wizard::questions::{Declared, Question};
use provision_core::wizard::{
    RunBy, StepAnswer, StepExecutor, StepRequest, StoreWrite, Task, TenantState, Wizard, WizardRun,
    drive,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The interface through which wizards reach state.
const STATE: &str = "greentic:state/state-store";

/// Drives each wizard that completed for two tenants.
pub(super) fn drive_tenants(
    opened: &mut Opened,
    executor: &dyn StepExecutor,
    conditions: &Conditions,
) {
    let second = OtherInstallation::of(&opened.pack);
    let driver = Driver {
        executor,
        pack: &opened.pack,
        conditions,
        declared: &opened.declared,
        first: second.beside(),
        second,
    };
    for observed in &mut opened.wizards {
        let Ok(runs) = &mut observed.runs else {
            continue;
        };
        if runs.first.completed() && observed.wizard.run_by != RunBy::Author {
            runs.tenants = driver.tenants(&observed.wizard, runs);
        }
    }
}

/// Drives the wizards of one pack for two tenants.
struct Driver<'d> {
    executor: &'d dyn StepExecutor,
    pack: &'d Pack,
    conditions: &'d Conditions,
    declared: &'d [Declared],
    first: OtherInstallation,
    second: OtherInstallation,
}

impl Driver<'_> {
    /// The runs of `wizard`; `None` if it was not run in another installation.
    fn tenants(&self, wizard: &Wizard, runs: &Runs) -> Option<Tenants> {
        let installed = runs.varied(Variation::Installation)?;
        let questions = known_questions(self.declared, wizard, runs, self.conditions);
        let base = AnswerSet::of(wizard, &runs.inputs, &runs.first);
        let (first, first_alone) = self.worded(wizard, &self.first, &base, &questions);
        let keeps_state = asks(&installed.run, STATE) || asks(&first_alone, STATE);
        let (second, second_alone) = if keeps_state {
            // The run in the other installation found no state.
            let (second, run) = self.worded(wizard, &self.second, &base, &questions);
            (second, Some(run))
        } else {
            (self.second.answers(&base, &questions), None)
        };
        let store = Store::default();
        let turns = Turns::default();
        let run = |answers, seat| self.run(wizard, answers, &store, Some(seat));
        let here = || run(&first, turns.seat(false));
        let there = || run(&second, turns.seat(true));
        let (here, there) = together(here, there);
        let secrets = |answers: &AnswerSet| answers.secrets(&questions);
        let (secrets_of_first, secrets_of_second) = (secrets(&first), secrets(&second));
        let of = |answers: &AnswerSet, secrets, own, alone, (beside, writes)| TenantRun {
            tenant: answers.inputs.tenant.tenant_or_default().to_owned(),
            own,
            secrets,
            alone,
            beside,
            writes,
        };
        let own_of_first = own(&first, &secrets_of_first, &second);
        let own_of_second = own(&second, &secrets_of_second, &first);
        Some(Tenants {
            first: of(
                &first,
                secrets_of_first,
                own_of_first,
                Some(first_alone),
                here,
            ),
            second: of(
                &second,
                secrets_of_second,
                own_of_second,
                second_alone,
                there?,
            ),
        })
    }

    /// Answers of a tenant, with texts of its own unless the wizard refuses these, and its
    /// run alone.
    fn worded(
        &self,
        wizard: &Wizard,
        tenant: &OtherInstallation,
        base: &AnswerSet,
        questions: &[Question],
    ) -> (AnswerSet, WizardRun) {
        let plain = tenant.answers(base, questions);
        if let Some(worded) = tenant.worded(&plain, questions) {
            let run = self.alone(wizard, &worded);
            if run.completed() {
                return (worded, run);
            }
        }
        let run = self.alone(wizard, &plain);
        (plain, run)
    }

    fn alone(&self, wizard: &Wizard, answers: &AnswerSet) -> WizardRun {
        self.run(wizard, answers, &Store::default(), None).0
    }

    /// A run on `store`, and what it wrote there. With a seat, each step waits for its
    /// turn.
    fn run(
        &self,
        wizard: &Wizard,
        answers: &AnswerSet,
        store: &Store,
        seat: Option<Seat<'_>>,
    ) -> (WizardRun, Vec<TenantWrite>) {
        let elsewhere = elsewhere(self.executor, Variation::Installation);
        let executor = OnStore {
            executor: &elsewhere,
            store,
            own: TenantState::of(&answers.inputs.tenant),
            seat,
            written: Mutex::default(),
        };
        let task = Task {
            wizard,
            inputs: &answers.inputs,
            mode: mode(Variation::Installation, wizard.kind),
            answers: answers.own.as_ref(),
            stores: None,
        };
        let run = drive(&executor, self.pack, &task, &self.conditions.limits);
        let written = executor.written.into_inner();
        (run, written.unwrap_or_else(PoisonError::into_inner).writes)
    }
}

/// The state of all tenants.
#[derive(Default)]
struct Store(Mutex<BTreeMap<String, Vec<u8>>>);

/// What the steps of one run wrote.
#[derive(Default)]
struct Written {
    writes: Vec<TenantWrite>,
    bytes: usize,
}

/// Runs the steps of one tenant on the store, each when its turn comes.
struct OnStore<'e> {
    executor: &'e dyn StepExecutor,
    store: &'e Store,
    own: TenantState,
    seat: Option<Seat<'e>>,
    written: Mutex<Written>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl StepExecutor for OnStore<'_> {
    fn execute(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        let _turn = self.seat.as_ref().map(Seat::turn);
        let mut state = TenantState {
            values: std::mem::take(&mut *locked(&self.store.0)),
            ..self.own.clone()
        };
        let mut request = request.clone();
        Arc::make_mut(&mut request.grants).tenant_state = Some(state.clone());
        let mut answer = self.executor.execute(pack, &request);
        let mut written = locked(&self.written);
        for write in std::mem::take(&mut answer.writes) {
            // Half of what a step may find, so that two tenants together have room.
            written.bytes = written.bytes.saturating_add(write.bytes());
            if written.bytes <= STORE_BYTES / 2 {
                state.apply(&write);
                written.writes.extend(named(&request.component, write));
            }
        }
        *locked(&self.store.0) = state.values;
        answer
    }
}

/// A write of a step of `file`, with the tenant whose state it is.
fn named(file: &str, write: StoreWrite) -> Option<TenantWrite> {
    let (place, value) = match write {
        StoreWrite::SetState { key, value } => (key, Some(value)),
        StoreWrite::DeleteState { key } => (key, None),
        StoreWrite::SetSecret { .. }
        | StoreWrite::Subscriptions { .. }
        | StoreWrite::OAuth { .. } => return None,
    };
    let (tenant, key) = TenantState::parts(&place)?;
    Some(TenantWrite {
        file: file.to_owned(),
        tenant: tenant.to_owned(),
        key: key.to_owned(),
        value,
    })
}

/// What `answers` hold that `others` do not, by what it is: ids, secrets, and answers
/// that are long enough to be searched for.
fn own(
    answers: &AnswerSet,
    secrets: &BTreeMap<String, String>,
    others: &AnswerSet,
) -> BTreeMap<String, String> {
    let inputs = &answers.inputs;
    let ids = [
        ("tenant", &inputs.tenant.tenant),
        ("team", &inputs.tenant.team),
        ("user", &inputs.tenant.user),
        ("public base URL", &inputs.public_base_url),
    ];
    let ids = ids.into_iter();
    let ids = ids.filter_map(|(what, id)| Some((format!("the {what}"), id.clone()?)));
    let secrets = secrets
        .iter()
        .map(|(key, value)| (format!("the secret `{key}`"), value.clone()));
    let texts = answers.by_question().into_iter();
    let texts = texts.filter_map(|(key, value)| match value {
        Value::String(text) => Some((format!("the answer to `{key}`"), text)),
        _ => None,
    });
    let elsewhere = serde_json::to_string(&others.inputs).unwrap_or_default();
    let elsewhere = format!("{elsewhere}{:?}", others.own).to_lowercase();
    // NB: the later of two with one name counts, and a secret is an answer as well.
    let all = texts.chain(secrets).chain(ids);
    let mut own: BTreeMap<String, String> = all
        .filter(|(_, text)| is_searchable(text) && !elsewhere.contains(&text.to_lowercase()))
        .collect();
    let known: Vec<String> = own
        .iter()
        .filter(|(what, _)| what.starts_with("the secret"))
        .map(|(_, text)| text.clone())
        .collect();
    own.retain(|what, text| !what.starts_with("the answer") || !known.contains(text));
    own
}
