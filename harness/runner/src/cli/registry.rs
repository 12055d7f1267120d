//! The flags of commands that take packs from registries.

use super::parsed::{Parsed, time};
use crate::exit::Error;
use crate::place::Place;
use clap::builder::TypedValueParser;
use provision_core::Limits;
use provision_registry::{Credentials, Given, Host, Reference, Registries, Secret, Settings};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::Read as _;
use std::path::PathBuf;
use std::time::Duration;

/// Bytes of a password, at most.
const PASSWORD_BYTES: u64 = 64 * 1024;

/// How registries are asked.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Registries")]
pub(super) struct RegistryFlags {
    /// The user name at the registry; without it, Docker's config and its credential
    /// helpers are asked.
    #[arg(long, value_name = "NAME", requires = "password_stdin")]
    username: Option<String>,
    /// Read the password from standard input, up to the end of the line.
    #[arg(long, requires = "username")]
    password_stdin: bool,
    /// Speak plain HTTP to registries on this machine; all others are asked over TLS.
    #[arg(long)]
    plain_http: bool,
    /// A host that may get the credentials of a registry whose token service it is.
    #[arg(long, value_name = "HOST", value_parser = Parsed(host))]
    auth_host: Vec<Host>,
    /// How long an answer of a registry may take; a blob gets a second more for each 256 KiB.
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "30s")]
    registry_timeout: Duration,
    /// The folder that keeps what registries sent, by digest; by default
    /// greentic-provision-registry below XDG_CACHE_HOME or ~/.cache.
    #[arg(long, value_name = "DIR")]
    registry_cache: Option<PathBuf>,
}

fn host(text: OsString) -> Result<Host, String> {
    Host::parse(&text.to_string_lossy())
}

/// Parses an argument that names one pack.
pub(super) fn place() -> impl TypedValueParser<Value = Place> {
    Parsed(Place::parse)
}

impl RegistryFlags {
    /// What asks the registries of `references`.
    ///
    /// # Errors
    /// [`Error::Usage`] if a password is given and there is not one host that it is for.
    pub(super) fn open<'r>(
        &self,
        references: impl IntoIterator<Item = &'r Reference>,
    ) -> Result<Registries, Error> {
        let hosts = references
            .into_iter()
            .filter_map(|reference| match reference {
                Reference::Registry(image) => Some(&image.host),
                Reference::Layout(_) => None,
            });
        self.for_hosts(&hosts.collect())
    }

    /// What asks these hosts.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub(super) fn for_hosts(&self, hosts: &BTreeSet<&Host>) -> Result<Registries, Error> {
        let credentials = Credentials {
            given: self.given(hosts)?,
            docker_config: docker_config(),
        };
        Ok(Registries::new(Settings {
            credentials,
            plain_http: self.plain_http,
            auth_hosts: self.auth_host.clone(),
            timeout: self.registry_timeout,
            cache: self.registry_cache.clone().or_else(default_cache),
            limits: Limits::default().archive,
        }))
    }

    /// The name and the password of the command line.
    fn given(&self, hosts: &BTreeSet<&Host>) -> Result<Option<Given>, Error> {
        let Some(username) = &self.username else {
            return Ok(None);
        };
        let mut hosts = hosts.iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            let message = "--username is for one registry, and the references name none or \
                           several; run `docker login` for each, or name the packs of one";
            return Err(Error::Usage(message.into()));
        };
        Ok(Some(Given {
            host: (*host).clone(),
            username: username.clone(),
            password: Secret::new(password()?),
        }))
    }
}

fn password() -> Result<String, Error> {
    let mut text = String::new();
    let read = std::io::stdin()
        .take(PASSWORD_BYTES + 1)
        .read_to_string(&mut text);
    read.map_err(|e| Error::Usage(format!("--password-stdin: {e}")))?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() || text.len() as u64 > PASSWORD_BYTES {
        let message = format!(
            "--password-stdin: a line of 1 to {PASSWORD_BYTES} bytes has to come on standard input"
        );
        return Err(Error::Usage(message));
    }
    Ok(line.to_owned())
}

/// Source: Docker's documentation of its command line, "Configuration files".
fn docker_config() -> Option<PathBuf> {
    let of = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let folder = of("DOCKER_CONFIG").map(PathBuf::from);
    let folder = folder.or_else(|| Some(PathBuf::from(of("HOME")?).join(".docker")));
    folder.map(|folder| folder.join("config.json"))
}

fn default_cache() -> Option<PathBuf> {
    super::cache::caches().map(|caches| caches.join("greentic-provision-registry"))
}
