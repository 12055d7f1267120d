//! [`Proposal`]: what a wizard wants for an installation, from a run on its stores.

use super::flags::{Mode, WizardFlags};
use super::phase;
use crate::cli::cache::CacheFlags;
use crate::cli::dry_run;
use crate::cli::isolation::IsolationFlags;
use crate::cli::open::{open, without_wizard};
use crate::cli::output::complain;
use crate::cli::registry::RegistryFlags;
use crate::exit::{Error, Exit};
use crate::interrupt;
use crate::place::Place;
use provision_apply::{Contents, InstallKey, PackIdentity, Request, Revision, Transaction, view};
use provision_core::wizard::{
    Driver, ProvisionInputs, ProvisionPlan, StepExecutor, StoreView, Task, Wizard, WizardKind,
    WizardRun, drive, wizards,
};
use provision_core::{Limits, Pack};
use provision_exec::Compilers;
use provision_oracle::secret_scan::Secrets;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// What a wizard wants for an installation.
pub(super) struct Proposal {
    pub(super) request: Request,
    pub(super) inputs: ProvisionInputs,
    /// The state of the store that the wizard saw.
    pub(super) seen: Revision,
}

/// Drives wizards of one pack.
pub(super) struct Proposer<'p> {
    pub(super) path: &'p Path,
    pub(super) pack: &'p Pack,
    pub(super) limits: &'p Limits,
    pub(super) executor: &'p dyn StepExecutor,
}

/// Calls `then` with what drives the wizards of the pack at `place`. The process ends soon
/// after a signal, and the store is as it was.
pub(super) fn with_proposer(
    place: &Place,
    registries: &RegistryFlags,
    cache: &CacheFlags,
    isolation: &IsolationFlags,
    then: impl FnOnce(&Proposer<'_>) -> Result<Exit, Error>,
) -> Result<Exit, Error> {
    super::hold_secrets()?;
    let limits = Limits::default();
    let pack = match open(place, &registries.open(&place.reference)?, &limits)? {
        Ok(pack) => pack,
        Err(exit) => return Ok(exit),
    };
    let failed = |e| Error::io("listen for", Path::new("signals"), e);
    let _watch = interrupt::watch(phase::late).map_err(failed)?;
    let cache = cache.open()?;
    let executor = isolation
        .place()?
        .steps(&limits, Compilers::One, cache.as_ref(), 1)?;
    then(&Proposer {
        path: &place.path,
        pack: &pack,
        limits: &limits,
        executor: &executor,
    })
}

impl Proposer<'_> {
    /// What the wizard that `flags` name wants for `install`, on what `tx` sees; or,
    /// after error messages, the exit code.
    pub(super) fn propose(
        &self,
        tx: &dyn Transaction,
        install: &InstallKey,
        flags: &WizardFlags,
    ) -> Result<Result<Proposal, Exit>, Error> {
        let answers = match &flags.answers {
            Some(path) => dry_run::answers(path, self.limits)?,
            None => Value::Object(Map::new()),
        };
        let contents = Contents::read(tx, install)?;
        let installed = contents.record.as_ref();
        let mode = flags.mode();
        if mode != Mode::Install && installed.is_none() {
            let install = Box::new(install.clone());
            return Err(provision_apply::ApplyError::NotInstalled { install }.into());
        }
        let inputs = ProvisionInputs {
            tenant: install.tenant.clone(),
            provider_id: install.provider_id.clone(),
            install_id: install.install_id.clone(),
            public_base_url: flags.public_base_url.clone(),
            answers,
            existing_state: installed.map(|_| contents.installed.existing()),
        };
        let found = wizards(self.pack);
        let name = flags.wizard.as_deref();
        let (plan, writes, secrets) = match choose(&found, name, mode)? {
            Some(wizard) => match self.run(wizard, &inputs, mode, &view(tx, install)?) {
                Ok(run) => (run.plan, run.writes, run.secret_answers),
                Err(exit) => return Ok(Err(exit)),
            },
            None if mode != Mode::Delete => {
                let exit = without_wizard(self.pack, self.path, mode.kind());
                return Ok(Err(exit));
            }
            // NB: a delete takes everything back that the store has, wizard or not.
            None => (ProvisionPlan::default(), Vec::new(), BTreeMap::new()),
        };
        let request = Request {
            install: install.clone(),
            mode: mode.into(),
            pack: identity(self.pack),
            plan,
            writes,
            secrets,
        };
        Ok(Ok(Proposal {
            request,
            inputs,
            seen: tx.revision()?,
        }))
    }

    /// Runs `wizard` to its end; or, after error messages, the exit code.
    pub(super) fn run(
        &self,
        wizard: &Wizard,
        inputs: &ProvisionInputs,
        mode: Mode,
        stores: &StoreView,
    ) -> Result<WizardRun, Exit> {
        let task = Task {
            wizard,
            inputs,
            mode: mode.into(),
            answers: None,
            stores: Some(stores),
        };
        let run = drive(self.executor, self.pack, &task, self.limits);
        if let Some(signal) = interrupt::asked() {
            return Err(interrupted(signal));
        }
        if run.completed() {
            return Ok(run);
        }
        let secrets = known(wizard, inputs, stores);
        let problems = dry_run::problems(&run).into_iter().map(|problem| {
            let problem = secrets.without(&problem);
            format!("error: wizard {}: {problem}", wizard.name)
        });
        complain(&problems.collect::<Vec<_>>());
        anstream::eprintln!(
            "nothing was changed, because the wizard did not complete; `wizard play` asks its \
             questions, and --answers FILE answers them"
        );
        Err(dry_run::exit(&run))
    }
}

/// The exit code of a command that `signal` ended, after an error message.
pub(super) fn interrupted(signal: &str) -> Exit {
    anstream::eprintln!("error: {signal}; nothing was changed");
    Exit::Harness
}

/// What the store and saved plans call the pack.
pub(super) fn identity(pack: &Pack) -> PackIdentity {
    let manifest = pack.manifest();
    PackIdentity {
        digest: format!("sha256:{}", pack.digest()),
        name: manifest.id.clone().unwrap_or_default(),
        version: manifest.version.clone().unwrap_or_default(),
    }
}

/// The wizard of `mode` that `name` names, or else that hosts run.
/// `None` if the pack has none.
pub(super) fn choose<'w>(
    found: &'w [Wizard],
    name: Option<&str>,
    mode: Mode,
) -> Result<Option<&'w Wizard>, Error> {
    // The operator sets a pack with a QA contract up through that contract alone.
    let by_contract = |w: &&Wizard| matches!(w.driver, Driver::Operator { mode: "setup", .. });
    let setup = match found.iter().find(by_contract) {
        Some(wizard) => Some(wizard),
        None => dry_run::choose(found, None)?,
    };
    let chosen = match (name, mode.kind()) {
        (Some(_), _) => return dry_run::choose(found, name),
        (None, WizardKind::Setup) => setup,
        (None, kind) => {
            let mut others = found.iter().filter(|wizard| wizard.kind == kind);
            others.find(|wizard| setup.is_none_or(|setup| wizard.belongs_to(setup)))
        }
    };
    Ok(chosen)
}

/// The secrets that a guest was given, so that no message quotes one.
fn known(wizard: &Wizard, inputs: &ProvisionInputs, stores: &StoreView) -> Secrets {
    let stored = stores.secrets.iter().map(|(key, value)| {
        let text = String::from_utf8_lossy(value.reveal()).into_owned();
        (key.clone(), text)
    });
    let mut all: BTreeMap<String, String> = stored.collect();
    let parts = [Some(&inputs.answers), inputs.answers.get("config")];
    let given = parts.into_iter().flatten().filter_map(Value::as_object);
    let marked = given
        .flatten()
        .filter(|(key, _)| wizard.form.is_secret(key));
    let secrets = inputs.answers.get("secrets").and_then(Value::as_object);
    for (key, value) in marked.chain(secrets.into_iter().flatten()) {
        if let Some(text) = value.as_str() {
            all.insert(key.clone(), text.to_owned());
        }
    }
    Secrets::new(&all)
}
