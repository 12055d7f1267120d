//! Takes packs from OCI registries and OCI layouts, and attaches evidence to them.
//!
//! Everything that a registry, a layout or a file of credentials says is untrusted. Each
//! answer has a bound in bytes and in time, bytes are hashed before anybody looks at them,
//! and credentials go to the host that they belong to and to no other.
//! Sources: OCI Distribution Specification 1.1, OCI Image Specification 1.1, and Docker's
//! documentation of token authentication and of credential helpers.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(feature = "http"),
    expect(dead_code, reason = "only requests need credentials and a cache")
)]

mod attached;
mod cache;
mod credentials;
mod digest;
mod error;
mod files;
#[cfg(feature = "http")]
mod http;
mod layout;
mod manifest;
mod names;
mod pattern;
mod pull;
mod reference;
#[cfg(feature = "http")]
mod referrers;
mod registries;
mod settings;
#[cfg(feature = "http")]
mod with_http;
#[cfg(not(feature = "http"))]
mod without_http;
mod zip_probe;

pub use attached::{ATTESTATION_TYPE, Attached};
pub use credentials::{Credentials, Given, Secret};
pub use digest::Digest;
pub use error::RegistryError;
pub use manifest::{Descriptor, Document, Manifest};
pub use names::{Host, Image, Layout, Reference, Which};
pub use pattern::{Pattern, Repositories, Tags};
pub use pull::{Blobs, Pulled, Puller};
pub use reference::{Named, ReferenceError};

pub use registries::Registries;
pub use settings::Settings;
