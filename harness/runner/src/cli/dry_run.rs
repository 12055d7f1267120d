//! The command `dry-run setup`.

use super::cache;
use super::open::{open, without_wizard};
use super::output::{complain, print_bounded, print_json};
use super::registry::{self, RegistryFlags};
use crate::exit::{Error, Exit, show};
use crate::pack_events::outcome;
use crate::place::Place;
use crate::read_file;
use clap::ValueEnum;
use provision_core::Limits;
use provision_core::json;
use provision_core::text::inert;
use provision_core::wizard::{
    NoopExecutor, Outcome, ProvisionInputs, ProvisionMode, StepExecutor, Task, TenantContext,
    Wizard, WizardKind, WizardRun, drive, wizards,
};
use provision_exec::{Compilers, WasmtimeExecutor};
use serde_json::{Map, Value, json};
use std::fmt::Write;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A .gtpack file, a pack folder, a manifest beside its components, oci://HOST/REPOSITORY:TAG
    /// (or @sha256:DIGEST), or oci-layout:FOLDER[:TAG].
    #[arg(long, value_parser = registry::place())]
    pack: Place,
    #[command(flatten)]
    registries: RegistryFlags,
    /// The id of the provider to set up.
    #[arg(long)]
    provider_id: String,
    /// The id of the installation to set up.
    #[arg(long)]
    install_id: String,
    /// The URL at which webhooks reach the installation.
    #[arg(long)]
    public_base_url: Option<String>,
    /// A JSON file with the answers.
    #[arg(long)]
    answers: Option<PathBuf>,
    /// The wizard to drive; by default the one that the pack's setup entry names,
    /// or else its first setup wizard.
    #[arg(long)]
    wizard: Option<String>,
    /// The mode that the wizard receives. In every mode this is a dry run.
    #[arg(long, default_value = "dry_run")]
    mode: Mode,
    /// The executor of the steps; `noop` runs no step.
    #[arg(long, default_value = "wasm")]
    executor: Executor,
    #[command(flatten)]
    cache: cache::CacheFlags,
    /// Print {plan, diagnostics, step_results} as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Executor {
    Wasm,
    Noop,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Mode {
    Install,
    Update,
    Delete,
    #[value(name = "dry_run", alias = "dry-run")]
    DryRun,
}

impl From<Mode> for ProvisionMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Install => Self::Install,
            Mode::Update => Self::Update,
            Mode::Delete => Self::Delete,
            Mode::DryRun => Self::DryRun,
        }
    }
}

pub(super) fn run(args: &Args) -> Result<Exit, Error> {
    let limits = Limits::default();
    let opened = open(
        &args.pack,
        &args.registries.open(&args.pack.reference)?,
        &limits,
    )?;
    let inputs = inputs(args, &limits)?;
    let pack = match opened {
        Ok(pack) => pack,
        Err(exit) => return Ok(exit),
    };
    let found = wizards(&pack);
    let Some(wizard) = choose(&found, args.wizard.as_deref())? else {
        return Ok(without_wizard(&pack, &args.pack.path, WizardKind::Setup));
    };
    let executor: Box<dyn StepExecutor> = match args.executor {
        Executor::Wasm => {
            let cache = args.cache.open()?;
            let executor = WasmtimeExecutor::over(&limits.step, Compilers::One, cache.as_ref());
            Box::new(executor?)
        }
        Executor::Noop => Box::new(NoopExecutor),
    };
    let task = Task {
        wizard,
        inputs: &inputs,
        mode: args.mode.into(),
        answers: None,
        stores: None,
    };
    let run = drive(&*executor, &pack, &task, &limits);
    report(args, wizard, &run)
}

fn inputs(args: &Args, limits: &Limits) -> Result<ProvisionInputs, Error> {
    Ok(ProvisionInputs {
        tenant: TenantContext::default(),
        provider_id: args.provider_id.clone(),
        install_id: args.install_id.clone(),
        public_base_url: args.public_base_url.clone(),
        answers: match &args.answers {
            Some(path) => answers(path, limits)?,
            None => Value::Object(Map::new()),
        },
        existing_state: None,
    })
}

pub(super) fn answers(path: &Path, limits: &Limits) -> Result<Value, Error> {
    let bytes = read_file::read(path, read_file::ANSWERS).map_err(Error::File)?;
    json::parse(&bytes, limits.depth).map_err(|e| {
        let why = inert(&e.to_string(), 300);
        Error::Usage(format!(
            "answers {}: {why}; answers are JSON: {{\"config\": {{…}}, \"secrets\": {{…}}}}",
            show(path)
        ))
    })
}

pub(super) fn choose<'w>(
    found: &'w [Wizard],
    name: Option<&str>,
) -> Result<Option<&'w Wizard>, Error> {
    let Some(name) = name else {
        let setups = || found.iter().filter(|w| w.kind == WizardKind::Setup);
        return Ok(setups().find(|w| w.primary).or_else(|| setups().next()));
    };
    let chosen = found.iter().find(|w| w.name == name);
    chosen.map(Some).ok_or_else(|| {
        let names: Vec<&str> = found.iter().map(|w| w.name.as_str()).collect();
        let name = inert(name, 80);
        Error::Usage(format!(
            "no wizard `{name}`; the pack has: {}",
            names.join(", ")
        ))
    })
}

fn report(args: &Args, wizard: &Wizard, run: &WizardRun) -> Result<Exit, Error> {
    let set = run.plan.secrets_patch.set.iter();
    let shown = set.filter(|(_, value)| !value.is_redacted());
    let warning = |key: &str| {
        let key = inert(key, 80);
        format!("warning: secret `{key}` is not redacted in the plan")
    };
    let warnings: Vec<String> = shown.map(|(key, _)| warning(key)).collect();
    complain(&warnings);
    let problems = problems(run);
    let error = |problem: &String| format!("error: wizard {}: {problem}", wizard.name);
    complain(&problems.iter().map(error).collect::<Vec<String>>());
    if args.json {
        let mut value = serde_json::to_value(run.result()).unwrap_or_default();
        if !problems.is_empty() {
            // The plan is null then; the errors say why, so that no script
            // mistakes it for an empty plan.
            value["errors"] = json!(problems);
        }
        print_json(&value)?;
    } else {
        print_bounded(&text(wizard, run))?;
    }
    Ok(exit(run))
}

/// Every reason why the wizard did not complete.
pub(super) fn problems(run: &WizardRun) -> Vec<String> {
    let failures = run.steps.iter().filter_map(|s| Some((s, s.failure()?)));
    let mut problems: Vec<String> = failures
        .map(|(step, failure)| format!("{}: {failure}", step.name()))
        .collect();
    match &run.outcome {
        Outcome::Completed | Outcome::Failed => {}
        other => problems.push(outcome(other)),
    }
    for d in &run.diagnostics {
        if matches!(run.outcome, Outcome::Refused { .. }) {
            problems.push(format!(
                "{}: {}",
                inert(&d.code, 80),
                inert(&d.message, 200)
            ));
        }
    }
    problems
}

pub(super) fn exit(run: &WizardRun) -> Exit {
    let codes = || run.steps.iter().filter_map(|s| Some(s.failure()?.code));
    match &run.outcome {
        Outcome::Completed => Exit::Conforms,
        Outcome::NothingRan => Exit::Nothing,
        _ if codes().any(|c| c.is_bound()) => Exit::Violation,
        _ if codes().any(|c| c.is_error()) => Exit::Harness,
        _ => Exit::Fails,
    }
}

pub(super) fn text(wizard: &Wizard, run: &WizardRun) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "wizard {}: {}", wizard.name, outcome(&run.outcome));
    for step in &run.steps {
        let status = match (&step.result, step.failure()) {
            (None, _) => "not run".to_owned(),
            (_, Some(failure)) => failure.to_string(),
            _ => "ok".to_owned(),
        };
        let m = step.meters;
        let _ = writeln!(
            out,
            "  {:<13} {status}  (fuel {}, memory {} bytes, {} µs)",
            step.step.name(),
            m.fuel,
            m.memory_bytes,
            m.wall_micros
        );
    }
    if !run.completed() {
        return out;
    }
    let plan = &run.plan;
    let keys = |keys: Vec<&String>| -> String {
        let keys: Vec<String> = keys.into_iter().map(|k| inert(k, 80)).collect();
        if keys.is_empty() {
            "none".into()
        } else {
            keys.join(", ")
        }
    };
    let _ = writeln!(out, "plan");
    let _ = writeln!(
        out,
        "  config        {}",
        keys(plan.config_patch.keys().collect())
    );
    let _ = writeln!(
        out,
        "  secrets set   {}",
        keys(plan.secrets_patch.set.keys().collect())
    );
    let _ = writeln!(
        out,
        "  secrets del   {}",
        keys(plan.secrets_patch.delete.iter().collect())
    );
    let _ = writeln!(
        out,
        "  operations    {} webhook, {} subscription, {} OAuth",
        plan.webhook_ops.len(),
        plan.subscription_ops.len(),
        plan.oauth_ops.len()
    );
    for note in &plan.notes {
        let _ = writeln!(out, "  note          {}", inert(note, 200));
    }
    out
}
