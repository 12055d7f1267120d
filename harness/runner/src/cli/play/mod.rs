//! The command `wizard play`: asks the questions of a wizard on the terminal, as a
//! user would see them, and shows the plan that follows from the answers.

mod answer;
mod form;
pub(super) mod input;

use super::cache;
use super::dry_run;
use super::open::{open, without_wizard};
use super::output::{complain, print_bounded};
use super::registry::{self, RegistryFlags};
use crate::exit::{Error, Exit};
use crate::place::Place;
use form::{Asked, ask};
use input::Lines;
use provision_core::text::{counted, inert};
use provision_core::wizard::questions::Question;
use provision_core::wizard::{
    Driver, ProvisionInputs, ProvisionMode, RunBy, StepExecutor, Task, TenantContext, Wizard,
    WizardKind, WizardRun, drive, wizards,
};
use provision_core::{Limits, Pack};
use provision_exec::{Compilers, WasmtimeExecutor};
use provision_oracle::asked;
use provision_oracle::secret_scan::Secrets;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A .gtpack file, a pack folder, a manifest beside its components, oci://HOST/REPOSITORY:TAG
    /// (or @sha256:DIGEST), or oci-layout:FOLDER[:TAG].
    #[arg(value_parser = registry::place())]
    pack: Place,
    #[command(flatten)]
    registries: RegistryFlags,
    /// The wizard to play; by default the setup that the operator runs.
    #[arg(long)]
    wizard: Option<String>,
    /// The id of the provider; by default the id of the pack.
    #[arg(long)]
    provider_id: Option<String>,
    /// The id of the installation.
    #[arg(long, default_value = "play")]
    install_id: String,
    /// The URL at which webhooks reach the installation.
    #[arg(long)]
    public_base_url: Option<String>,
    /// A JSON file with answers, which are offered as defaults.
    #[arg(long)]
    answers: Option<PathBuf>,
    #[command(flatten)]
    cache: cache::CacheFlags,
}

pub(super) fn run(args: &Args) -> Result<Exit, Error> {
    let limits = Limits::default();
    let opened = open(
        &args.pack,
        &args.registries.open(&args.pack.reference)?,
        &limits,
    )?;
    let given = match &args.answers {
        Some(path) => dry_run::answers(path, &limits)?,
        None => json!({}),
    };
    let pack = match opened {
        Ok(pack) => pack,
        Err(exit) => return Ok(exit),
    };
    let found = wizards(&pack);
    let Some(wizard) = choose(&found, args.wizard.as_deref())? else {
        return Ok(without_wizard(&pack, &args.pack.path, WizardKind::Setup));
    };
    let cache = args.cache.open()?;
    let executor = WasmtimeExecutor::over(&limits.step, Compilers::One, cache.as_ref())?;
    let player = Player {
        args,
        pack: &pack,
        wizard,
        executor: &executor,
        limits: &limits,
    };
    player.play(&given, &mut input::of_terminal())
}

/// The wizard that a user meets: one that the operator runs, if the user names none.
fn choose<'w>(found: &'w [Wizard], name: Option<&str>) -> Result<Option<&'w Wizard>, Error> {
    let is_met = |w: &&Wizard| w.kind == WizardKind::Setup && w.run_by == RunBy::Operator;
    let met = || found.iter().filter(is_met);
    let first = met().find(|w| w.primary).or_else(|| met().next());
    match (name, first) {
        (None, Some(wizard)) => Ok(Some(wizard)),
        _ => dry_run::choose(found, name),
    }
}

/// Plays one wizard of a pack.
struct Player<'p> {
    args: &'p Args,
    pack: &'p Pack,
    wizard: &'p Wizard,
    executor: &'p dyn StepExecutor,
    limits: &'p Limits,
}

impl Player<'_> {
    fn play(&self, given: &Value, lines: &mut dyn Lines) -> Result<Exit, Error> {
        let (questions, source) = self.questions();
        lines.show(&format!(
            "{} asks {} ({source}). Empty takes the default, < goes back, ? explains.\n",
            inert(&self.wizard.name, 120),
            counted(questions.len(), "question", "questions")
        ))?;
        let Asked { answers, secrets } = ask(&questions, given, &self.wizard.form, lines)?;
        let run = self.drive(answers);
        let text = dry_run::text(self.wizard, &run) + &config(&run);
        let secrets = Secrets::new(&secrets);
        let problems = dry_run::problems(&run).into_iter().map(|problem| {
            let problem = secrets.without(&problem);
            format!("error: wizard {}: {problem}", self.wizard.name)
        });
        complain(&problems.collect::<Vec<String>>());
        print_bounded(&secrets.without(&text))?;
        Ok(dry_run::exit(&run))
    }

    /// The questions that a user of this wizard sees, and where they come from.
    fn questions(&self) -> (Vec<Question>, String) {
        let form = &self.wizard.form;
        // Hosts show the form for a setup that they run.
        let is_met = self.wizard.kind == WizardKind::Setup
            && self.wizard.run_by == RunBy::Operator
            && (self.wizard.primary || matches!(self.wizard.driver, Driver::Operator { .. }));
        if is_met && !form.questions.is_empty() {
            let file = form.file.as_deref().unwrap_or("the secret requirements");
            return (form.questions.clone(), inert(file, 120));
        }
        match asked(&self.drive(json!({})), self.limits) {
            Some(questions) => (questions, "from the wizard".into()),
            None => (Vec::new(), "the wizard asks none".into()),
        }
    }

    fn drive(&self, answers: Value) -> WizardRun {
        let pack_id = || self.pack.manifest().id.clone();
        let provider = self.args.provider_id.clone().or_else(pack_id);
        let inputs = ProvisionInputs {
            tenant: TenantContext::default(),
            provider_id: provider.unwrap_or_else(|| "pack".into()),
            install_id: self.args.install_id.clone(),
            public_base_url: self.args.public_base_url.clone(),
            answers,
            existing_state: None,
        };
        let task = Task {
            wizard: self.wizard,
            inputs: &inputs,
            mode: ProvisionMode::DryRun,
            answers: None,
            stores: None,
        };
        drive(self.executor, self.pack, &task, self.limits)
    }
}

/// The config that the plan sets, a key a line.
fn config(run: &WizardRun) -> String {
    if !run.completed() {
        return String::new();
    }
    let patch: &BTreeMap<String, Value> = &run.plan.config_patch;
    let lines = patch.iter().map(|(key, value)| {
        let value = inert(&value.to_string(), 200);
        format!("  {} = {value}\n", inert(key, 80))
    });
    lines.collect()
}
