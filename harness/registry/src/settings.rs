//! How registries are asked.

use crate::credentials::Credentials;
use crate::names::Host;
use provision_core::limits::ArchiveLimits;
use std::path::PathBuf;
use std::time::Duration;

/// How registries are asked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who the user is.
    pub credentials: Credentials,
    /// Speak plain HTTP to registries on this machine. All others are asked over TLS.
    pub plain_http: bool,
    /// Hosts of token services that get the credentials of registries which ask for it.
    pub auth_hosts: Vec<Host>,
    /// How long an answer may take. Blobs get a second more for each 256 KiB.
    pub timeout: Duration,
    /// The folder that keeps what was fetched; `None` keeps nothing.
    pub cache: Option<PathBuf>,
    /// The bounds of archives.
    pub limits: ArchiveLimits,
}

impl Default for Settings {
    /// Anonymous, over TLS, and nothing is kept.
    fn default() -> Self {
        Self {
            credentials: Credentials::default(),
            plain_http: false,
            auth_hosts: Vec::new(),
            timeout: Duration::from_secs(30),
            cache: None,
            limits: provision_core::Limits::default().archive,
        }
    }
}
