//! The flags by which the commands name a store, an installation and a wizard.

use crate::exit::Error;
use crate::read_file::regular_or_absent;
use clap::ValueEnum;
use provision_apply::embedded::Options;
use provision_apply::{EmbeddedStore, InstallKey};
use provision_core::wizard::{ProvisionMode, TenantContext, WizardKind};
use std::path::{Path, PathBuf};

/// Where the store is.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct StoreFlags {
    /// The folder of the store.
    #[arg(long, value_name = "DIR", default_value = ".greentic/provision")]
    store: PathBuf,
    /// The file with the age identity that decrypts the secrets; by default key.age in
    /// the folder of the store.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

impl StoreFlags {
    fn options(&self) -> Options {
        Options {
            key: self.key.clone(),
            waiting: Some(|path| {
                let path = crate::exit::show(path);
                anstream::eprintln!("another process has the store open; waiting for {path}");
            }),
        }
    }

    /// Refuses a store or a key that is a pipe or a device.
    fn check_files(&self) -> Result<(), Error> {
        let parts = ["key.age", "lock", "store.redb"].map(|name| self.store.join(name));
        for path in self.key.iter().chain(&parts) {
            regular_or_absent(path)?;
        }
        Ok(())
    }

    /// Opens the store for writing, and makes it if there is none.
    pub(super) fn open(&self) -> Result<EmbeddedStore, Error> {
        make_parent(&self.store)?;
        self.check_files()?;
        Ok(EmbeddedStore::open(&self.store, &self.options())?)
    }

    /// Opens the store for reading.
    pub(in crate::cli) fn read(&self) -> Result<EmbeddedStore, Error> {
        self.check_files()?;
        Ok(EmbeddedStore::open_read(&self.store, &self.options())?)
    }
}

fn make_parent(folder: &Path) -> Result<(), Error> {
    let parent = folder.parent().filter(|p| !p.as_os_str().is_empty());
    match parent {
        Some(parent) => std::fs::create_dir_all(parent).map_err(|e| Error::io("create", parent, e)),
        None => Ok(()),
    }
}

/// Whose installation it is.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct TenantFlags {
    /// The deployment environment, for example `dev`.
    #[arg(long)]
    environment: Option<String>,
    /// The tenant.
    #[arg(long)]
    tenant: Option<String>,
    /// The team of the tenant.
    #[arg(long)]
    team: Option<String>,
    /// The user of the tenant.
    #[arg(long)]
    user: Option<String>,
}

impl TenantFlags {
    pub(super) fn tenant(&self) -> TenantContext {
        let Self {
            environment,
            tenant,
            team,
            user,
        } = self;
        TenantContext {
            environment: environment.clone(),
            tenant: tenant.clone(),
            team: team.clone(),
            user: user.clone(),
        }
    }

    /// The key of the installation `install_id` of `provider_id`.
    pub(in crate::cli) fn install(&self, provider_id: &str, install_id: &str) -> InstallKey {
        InstallKey {
            tenant: self.tenant(),
            provider_id: provider_id.to_owned(),
            install_id: install_id.to_owned(),
        }
    }
}

/// What an apply does to an installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Mode {
    /// Drive the setup wizard, and set up what it plans.
    Install,
    /// Drive the update wizard on what is set up.
    Update,
    /// Drive the remove wizard, if there is one, and take everything back.
    Delete,
}

impl Mode {
    pub(super) fn kind(self) -> WizardKind {
        match self {
            Self::Install => WizardKind::Setup,
            Self::Update => WizardKind::Update,
            Self::Delete => WizardKind::Remove,
        }
    }
}

impl From<Mode> for ProvisionMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Install => Self::Install,
            Mode::Update => Self::Update,
            Mode::Delete => Self::Delete,
        }
    }
}

/// Which wizard is driven, and what it is given.
#[derive(Debug, clap::Args)]
pub(super) struct WizardFlags {
    /// What to do to the installation; by default, install.
    #[arg(long, value_enum)]
    mode: Option<Mode>,
    /// The wizard to drive; by default the one that the operator runs, or else the one
    /// that belongs to the pack's setup entry.
    #[arg(long)]
    pub(super) wizard: Option<String>,
    /// The URL at which webhooks reach the installation.
    #[arg(long)]
    pub(super) public_base_url: Option<String>,
    /// A JSON file with the answers: {"config": {…}, "secrets": {…}}.
    #[arg(long)]
    pub(super) answers: Option<PathBuf>,
}

impl WizardFlags {
    pub(super) fn mode(&self) -> Mode {
        self.mode.unwrap_or(Mode::Install)
    }
}
