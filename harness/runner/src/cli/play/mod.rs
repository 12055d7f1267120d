//! The command `wizard play`: asks the questions of a wizard on the terminal, as a
//! user would see them, and shows the plan that follows from the answers.

mod answer;
mod form;
mod input;

use super::cache;
use super::dry_run;
use super::output::print;
use crate::exit::{Error, Exit, exit_of, show};
use crate::source;
use form::{Asked, ask};
use input::Lines;
use provision_core::text::inert;
use provision_core::wizard::questions::{Question, declared};
use provision_core::wizard::{
    ProvisionInputs, ProvisionMode, StepExecutor, Task, TenantContext, Wizard, WizardRun, drive,
    wizards,
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
    /// A .gtpack file, a pack folder, or a manifest beside its components.
    pack: PathBuf,
    /// The wizard to play; by default the one that the pack's setup entry names,
    /// or else its first setup wizard.
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
    if !args.pack.exists() {
        let message = format!("no such file or folder: {}", show(&args.pack));
        return Err(Error::Usage(message));
    }
    let given = match &args.answers {
        Some(path) => dry_run::answers(path, &limits)?,
        None => json!({}),
    };
    let opened =
        source::load(&args.pack, &limits.archive).and_then(|source| Pack::open(source, &limits));
    let pack = match opened {
        Ok(pack) => pack,
        Err(error) => {
            anstream::eprintln!("error: {}: {error}", show(&args.pack));
            return Ok(exit_of(&error));
        }
    };
    let found = wizards(&pack);
    let Some(wizard) = dry_run::choose(&found, args.wizard.as_deref())? else {
        anstream::eprintln!("error: {}: the pack has no setup wizard", show(&args.pack));
        return Ok(Exit::Nothing);
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
            counted(questions.len())
        ))?;
        let Asked { answers, secrets } = ask(&questions, given, lines)?;
        let run = self.drive(answers);
        let text = dry_run::text(self.wizard, &run) + &config(&run);
        let secrets = Secrets::new(&secrets);
        for problem in dry_run::problems(&run) {
            let problem = secrets.without(&problem);
            anstream::eprintln!("error: wizard {}: {problem}", self.wizard.name);
        }
        print(&secrets.without(&text))?;
        Ok(dry_run::exit(&run))
    }

    /// The questions that a user of this wizard sees, and where they come from.
    fn questions(&self) -> (Vec<Question>, String) {
        let own = asked(&self.drive(json!({})), self.limits);
        let files = declared(self.pack, self.limits).into_iter();
        let mut files = files.filter_map(|d| Some((d.questions.ok()?, d.file)));
        // Hosts ask what the pack's files say, for the wizard that the setup entry names.
        let form = if self.wizard.primary {
            files.find(|(questions, _)| !questions.is_empty())
        } else {
            None
        };
        match (form, own) {
            (Some((questions, file)), _) => (questions, inert(&file, 120)),
            (None, Some(questions)) => (questions, "from the wizard".into()),
            (None, None) => (Vec::new(), "the wizard asks none".into()),
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
        };
        drive(self.executor, self.pack, &task, self.limits)
    }
}

fn counted(questions: usize) -> String {
    match questions {
        1 => "1 question".to_owned(),
        n => format!("{n} questions"),
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
