//! Runs of a wizard under other conditions than the first: another time, other random
//! numbers, a tenant, another base URL, or none, the mode of an installation, another
//! language, and all of another installation.

use super::answer_set::{AnswerSet, replace};
use super::conditions::Conditions;
use super::other_installation::OtherInstallation;
use crate::probe_outcome::asked;
use crate::secret_scan::{Secrets, of_canaries};
use crate::subject::{Opened, Runs};
use crate::varied::{Variation, Varied};
use provision_core::Pack;
use provision_core::wizard::questions::{Declared, Question};
use provision_core::wizard::{
    Call, Driver, ProvisionInputs, ProvisionMode, RunBy, StepAnswer, StepExecutor, StepRequest,
    Surroundings, Task, TenantContext, Wizard, WizardKind, WizardRun, drive,
};
use std::sync::Arc;

/// Another base URL, with a path of its own.
const OTHER_BASE: &str = "https://other.conformance.invalid/tenants/7";

/// Another time by almost twenty years, which 32 bits of seconds do not hold, and other
/// random numbers.
const LATER: u64 = 630_123_457;
const SEED: u64 = 0x5eed_0f07_4e25;
/// Further seeds for a wizard that asks for random numbers: what one of them decides may
/// happen rarely.
const OTHER_SEEDS: u64 = 15;

/// Another language, with a region, other digits and the other direction of writing.
pub(super) const OTHER_LOCALE: &str = "ar-EG";

/// Runs steps under other surroundings.
pub(super) struct Elsewhere<'e> {
    executor: &'e dyn StepExecutor,
    surroundings: Surroundings,
    locale: Option<&'static str>,
}

impl StepExecutor for Elsewhere<'_> {
    fn execute(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        let mut request = request.clone();
        if let Call::Invoke { context, .. } = &mut request.call {
            context.locale = self.locale.map(str::to_owned);
        }
        Arc::make_mut(&mut request.grants).surroundings = self.surroundings;
        self.executor.execute(pack, &request)
    }
}

/// Runs each wizard that completed under each other condition that can matter to it.
pub(super) fn vary(opened: &mut Opened, executor: &dyn StepExecutor, conditions: &Conditions) {
    if conditions.probes == 0 {
        return;
    }
    let varying = Varying {
        executor,
        pack: &opened.pack,
        conditions,
        declared: &opened.declared,
        other: OtherInstallation::of(&opened.pack),
    };
    for observed in &mut opened.wizards {
        let Ok(runs) = &mut observed.runs else {
            continue;
        };
        if runs.first.completed() && observed.wizard.run_by != RunBy::Author {
            runs.varied = varying.all(&observed.wizard, runs);
        }
    }
}

/// Runs the wizards of one pack under other conditions.
struct Varying<'v> {
    executor: &'v dyn StepExecutor,
    pack: &'v Pack,
    conditions: &'v Conditions,
    declared: &'v [Declared],
    other: OtherInstallation,
}

impl Varying<'_> {
    fn all(&self, wizard: &Wizard, runs: &Runs) -> Vec<Varied> {
        let needs_base = self.pack.manifest().requires_public_base_url;
        let wanted = Variation::ALL.into_iter();
        let wanted = wanted.filter(|variation| match variation {
            Variation::Time => asks(&runs.first, "wasi:clocks/"),
            Variation::Chance => asks(&runs.first, "wasi:random/"),
            Variation::NoBaseUrl => !needs_base,
            Variation::Locale => matches!(wizard.driver, Driver::FlowGraph { .. }),
            Variation::Tenant | Variation::BaseUrl | Variation::Mode | Variation::Installation => {
                true
            }
        });
        let questions = known_questions(self.declared, wizard, runs, self.conditions);
        let varied = wanted.map(|variation| {
            let varied = |seed| self.varied((variation, seed), wizard, runs, &questions);
            if variation != Variation::Chance {
                return varied(SEED);
            }
            // Hash maps ask for a seed as well, and their order shows in every other run.
            let decides = ["wasi:random/random@", "wasi:random/insecure@"];
            let decides = decides.iter().any(|name| asks(&runs.first, name));
            let further = if decides { OTHER_SEEDS } else { 0 };
            let is_same = |varied: &Varied| {
                let (first, run) = (&runs.first, &varied.run);
                let said = |run: &WizardRun| {
                    let raw = run.steps.iter().map(|step| step.raw.clone());
                    raw.collect::<Vec<_>>()
                };
                first.outcome == run.outcome && said(first) == said(run)
            };
            let mut others = (SEED..SEED + further).map(varied);
            let differs = others.find(|varied| !is_same(varied));
            differs.unwrap_or_else(|| varied(SEED + further))
        });
        varied.collect()
    }

    /// One run under another condition, of which random numbers have this seed.
    fn varied(
        &self,
        (variation, seed): (Variation, u64),
        wizard: &Wizard,
        runs: &Runs,
        questions: &[Question],
    ) -> Varied {
        let answers = match variation {
            Variation::Installation => {
                let first = AnswerSet::of(wizard, &runs.inputs, &runs.first);
                self.other.answers(&first, questions)
            }
            _ => AnswerSet::new(inputs(variation, &runs.inputs, self.conditions), None),
        };
        let task = Task {
            wizard,
            inputs: &answers.inputs,
            mode: mode(variation, wizard.kind),
            answers: answers.own.as_ref(),
            stores: None,
        };
        let executor = Elsewhere {
            surroundings: surroundings(variation, seed),
            ..elsewhere(self.executor, variation)
        };
        let run = drive(&executor, self.pack, &task, &self.conditions.limits);
        let received = AnswerSet::of(wizard, &answers.inputs, &run);
        let secrets = received.secrets(questions);
        let mut leaks = Secrets::new(&secrets).of_run(&run);
        if variation == Variation::Installation {
            let mut made_up = secrets.clone();
            made_up.retain(|key, value| runs.secrets.get(key) != Some(value));
            leaks.extend(of_canaries(&made_up, &run).leaks);
        }
        Varied {
            variation,
            base_url: answers.inputs.public_base_url,
            given: received.given(),
            run,
            secrets,
            leaks,
        }
    }
}

/// All questions of which the harness knows for `wizard`, each once.
pub(super) fn known_questions(
    declared: &[Declared],
    wizard: &Wizard,
    runs: &Runs,
    conditions: &Conditions,
) -> Vec<Question> {
    let own = asked(&runs.first, &conditions.limits);
    let declared = declared.iter().filter_map(|d| d.questions.as_ref().ok());
    let of_files = wizard.form.questions.iter().chain(declared.flatten());
    let mut questions = own.unwrap_or_default();
    for question in of_files {
        if !questions.iter().any(|known| known.id == question.id) {
            questions.push(question.clone());
        }
    }
    wizard.form.mark_secrets(&mut questions);
    questions
}

/// An executor under the surroundings of this condition.
pub(super) fn elsewhere(executor: &dyn StepExecutor, variation: Variation) -> Elsewhere<'_> {
    Elsewhere {
        executor,
        surroundings: surroundings(variation, SEED),
        locale: match variation {
            Variation::Locale | Variation::Installation => Some(OTHER_LOCALE),
            _ => None,
        },
    }
}

/// Whether a step of `run` called an interface of this name.
pub(super) fn asks(run: &WizardRun, interface: &str) -> bool {
    let calls = run.steps.iter().flat_map(|step| &step.attempts.calls);
    calls
        .into_iter()
        .any(|call| call.interface.starts_with(interface))
}

fn surroundings(variation: Variation, seed: u64) -> Surroundings {
    let usual = Surroundings::default();
    match variation {
        Variation::Time => Surroundings {
            later: LATER,
            ..usual
        },
        Variation::Chance => Surroundings { seed, ..usual },
        Variation::Installation => Surroundings { later: LATER, seed },
        _ => usual,
    }
}

pub(super) fn mode(variation: Variation, kind: WizardKind) -> ProvisionMode {
    match (variation, kind) {
        (Variation::Mode | Variation::Installation, kind) => match kind {
            WizardKind::Update => ProvisionMode::Update,
            WizardKind::Remove => ProvisionMode::Delete,
            _ => ProvisionMode::Install,
        },
        _ => ProvisionMode::DryRun,
    }
}

pub(super) fn inputs(
    variation: Variation,
    inputs: &ProvisionInputs,
    conditions: &Conditions,
) -> ProvisionInputs {
    let mut inputs = inputs.clone();
    match variation {
        Variation::Tenant => {
            inputs.tenant = TenantContext {
                environment: Some("prod".into()),
                tenant: Some("acme".into()),
                team: Some("support".into()),
                user: Some("lee".into()),
            };
        }
        Variation::BaseUrl => {
            replace(&mut inputs.answers, &conditions.public_base_url, OTHER_BASE);
            inputs.public_base_url = Some(OTHER_BASE.into());
        }
        Variation::NoBaseUrl => inputs.public_base_url = None,
        Variation::Time | Variation::Chance | Variation::Mode => {}
        Variation::Locale | Variation::Installation => {}
    }
    inputs
}
