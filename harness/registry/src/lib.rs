//! Takes packs from OCI registries and OCI layouts, and attaches evidence to them.
//!
//! Everything that a registry, a layout or a file of credentials says is untrusted. Each
//! answer has a bound in bytes and in time, bytes are hashed before anybody looks at them,
//! and credentials go to the host that they belong to and to no other.
//! Sources: OCI Distribution Specification 1.1, OCI Image Specification 1.1, and Docker's
//! documentation of token authentication and of credential helpers.
#![forbid(unsafe_code)]

mod cache;
mod credentials;
mod digest;
mod error;
mod files;
#[cfg(feature = "http")]
mod http;
mod layout;
mod manifest;
mod pattern;
mod pull;
mod reference;
mod referrers;
mod registries;
mod zip_probe;

pub use credentials::{Credentials, Given, Secret};
pub use digest::Digest;
pub use error::RegistryError;
pub use manifest::{Descriptor, Document, Manifest};
pub use pattern::{Pattern, Repositories, Tags};
pub use pull::{Blobs, Pulled, Puller};
pub use reference::{Host, Image, Layout, Named, Reference, ReferenceError, Which};
pub use referrers::{ATTESTATION_TYPE, Attached};
pub use registries::{Registries, Settings};
