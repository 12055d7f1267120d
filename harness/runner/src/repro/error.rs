//! Why a bundle cannot be replayed.

use crate::paths::show;
use provision_core::json::JsonError;
use provision_core::text::inert;
use std::path::PathBuf;

/// Version of the form of bundles.
pub(super) const FORMAT: u32 = 1;

/// Why a bundle cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It is not strict JSON.
    #[error("{}: not a bundle: {}", show(path), inert(&why.to_string(), 300))]
    Json {
        /// The bundle.
        path: PathBuf,
        /// What the parser says.
        why: JsonError,
    },
    /// It is JSON, but has not the members of a bundle.
    #[error("{}: not a bundle: {}", show(path), inert(&why.to_string(), 300))]
    Shape {
        /// The bundle.
        path: PathBuf,
        /// Which member is wrong.
        why: serde_json::Error,
    },
    /// It has another form.
    #[error(
        "{}: a bundle of form {found}; this version reads form {FORMAT}",
        show(path)
    )]
    Format {
        /// The bundle.
        path: PathBuf,
        /// The form.
        found: u32,
    },
    /// The pack that it carries is not base64.
    #[error("the pack in the bundle: {0}")]
    PackBytes(#[from] base64::DecodeError),
    /// Nothing is where the pack was.
    #[error("{}: no pack is there; name the pack with --pack", show(.0))]
    NoPack(PathBuf),
    /// What the bundle names was never a pack.
    #[error("{}: not a .gtpack file, a pack folder or a manifest; name the pack with --pack", show(.0))]
    NotAPack(PathBuf),
    /// The pack is not the one that failed.
    #[error(
        "another pack: its SHA-256 is {actual}, the bundle is of {}; name the pack with --pack",
        inert(expected, 80)
    )]
    OtherPack {
        /// The digest of what was read.
        actual: String,
        /// The digest in the bundle.
        expected: String,
    },
    /// This version has no such check.
    #[error("there is no check `{}` any more", inert(.0, 80))]
    NoCheck(String),
    /// The check concluded nothing about what failed.
    #[error("check {check} says nothing of `{}` any more", inert(scope, 200))]
    NoResult {
        /// The check.
        check: &'static str,
        /// The wizard, or `pack`.
        scope: String,
    },
}
