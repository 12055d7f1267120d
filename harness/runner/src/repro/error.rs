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
    #[error("{}: not a bundle: {}; name one that `conformance` or `fuzz` wrote", show(path), inert(&why.to_string(), 300))]
    Json {
        /// The bundle.
        path: PathBuf,
        /// The parser's error.
        why: JsonError,
    },
    /// It is JSON, but its members are not those of a bundle.
    #[error("{}: not a bundle: {}; name one that `conformance` or `fuzz` wrote", show(path), inert(&why.to_string(), 300))]
    Shape {
        /// The bundle.
        path: PathBuf,
        /// Which member is wrong.
        why: serde_json::Error,
    },
    /// It has another form.
    #[error(
        "{}: a bundle of form {found}; this version reads form {FORMAT}; use the version that wrote it",
        show(path)
    )]
    Format {
        /// The bundle.
        path: PathBuf,
        /// The form.
        found: u32,
    },
    /// It has too many rules for goldens.
    #[error(
        "the bundle has {found} rules in `normalise`; the bound is {most}; record the failure again"
    )]
    Rules {
        /// How many it has.
        found: usize,
        /// The bound.
        most: usize,
    },
    /// A text of it is no rule for goldens.
    #[error(
        "the bundle has the rule {} in `normalise`: {why}; record the failure again",
        inert(rule, 80)
    )]
    Rule {
        /// The text.
        rule: String,
        /// Why it is none.
        why: String,
    },
    /// The pack that it contains is not base64.
    #[error("the pack in the bundle is not base64: {0}; get the bundle again")]
    PackBytes(#[from] base64::DecodeError),
    /// There is no file or folder where the pack was.
    #[error("{}: no such file or folder; name the pack with --pack", show(.0))]
    NoPack(PathBuf),
    /// The path in the bundle does not name a pack.
    #[error("{}: not a .gtpack file, a pack folder or a manifest; name the pack with --pack", show(.0))]
    NotAPack(PathBuf),
    /// The pack is not the one that failed.
    #[error(
        "another pack: its SHA-256 is {actual}, the bundle needs {}; name the pack with --pack",
        inert(expected, 80)
    )]
    OtherPack {
        /// The digest of what was read.
        actual: String,
        /// The digest in the bundle.
        expected: String,
    },
    /// This version has no such check.
    #[error("this version has no check `{}`; use the version that wrote the bundle", inert(.0, 80))]
    NoCheck(String),
    /// The check has no result for the scope that failed.
    #[error(
        "check {check} has no result for `{}`; record the failure again",
        inert(scope, 200)
    )]
    NoResult {
        /// The check.
        check: &'static str,
        /// The wizard, or `pack`.
        scope: String,
    },
}
