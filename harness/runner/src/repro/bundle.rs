//! The form of bundles, and their decoder.

use super::error::{BundleError, FORMAT};
use super::limits::lowered;
use super::pack::BundledPack;
use crate::exit::Error;
use crate::read_file;
use provision_core::json::{self, JsonError};
use provision_core::{Finding, Limits};
use provision_oracle::fuzzing::Input;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::Path;

/// Most levels of nesting in a bundle: those of the deepest answers that a pack may
/// take, and of the members of the bundle around them.
const DEPTH: usize = 64 + 8;

/// The `kind` of bundles with a violation that fuzzing found.
pub const FUZZ: &str = "fuzz";

/// One failed check, to replay.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// Version of this form: 1.
    pub format: u32,
    /// The harness's version.
    pub version: String,
    /// The pack.
    pub pack: BundledPack,
    /// The release before it, if the check compares the two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<BundledPack>,
    /// The check's id.
    pub check: String,
    /// The wizard's name, or `pack`.
    pub scope: String,
    /// Profile of the run.
    pub profile: String,
    /// The public base URL that wizards received.
    pub public_base_url: String,
    /// Selects the probes if there are more than the limit.
    pub seed: u64,
    /// Bounds.
    pub limits: Limits,
    /// What was replaced before a result was compared with its golden. Bundles of earlier
    /// versions have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub normalise: Vec<String>,
    /// The answers of the wizard, shrunk while it fails.
    pub answers: Option<Value>,
    /// The requirement.
    pub expected: String,
    /// The violations.
    pub observed: Vec<Finding>,
}

/// One violation that fuzzing found, to replay.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FuzzBundle {
    /// Version of this form: 1.
    pub format: u32,
    /// [`FUZZ`].
    pub kind: String,
    /// The harness's version.
    pub version: String,
    /// The pack.
    pub pack: BundledPack,
    /// The campaign's seed.
    pub seed: u64,
    /// Bounds.
    pub limits: Limits,
    /// The input of the wizard, shrunk while it shows the violation.
    pub input: Input,
    /// The violation.
    pub observed: Finding,
}

/// A bundle of either kind.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum AnyBundle {
    /// A failed check.
    Check(Box<Bundle>),
    /// A violation that fuzzing found.
    Fuzz(Box<FuzzBundle>),
}

/// A decoded bundle, with bounds that a run may have.
#[derive(Debug, Clone)]
pub struct Decoded {
    /// The bundle. No bound is larger than that of this harness.
    pub bundle: AnyBundle,
    /// The bounds that were larger in the file, such as `step.fuel`.
    pub lowered: Vec<&'static str>,
}

/// Why bytes are not a bundle.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// They are not strict JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// They lack a member, or have one too many.
    #[error(transparent)]
    Shape(#[from] serde_json::Error),
    /// They have another form.
    #[error("form {0}")]
    Format(u32),
}

impl AnyBundle {
    /// Reads the bundle at `path`.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::File`] if it cannot be read; [`Error::Bundle`] if it
    /// is not a bundle.
    pub fn read(path: &Path) -> Result<Decoded, Error> {
        let bytes = read_file::read(path, read_file::BUNDLE)?;
        let path = path.to_owned();
        let decoded = Self::parse(&bytes).map_err(|why| match why {
            DecodeError::Json(why) => BundleError::Json { path, why },
            DecodeError::Shape(why) => BundleError::Shape { path, why },
            DecodeError::Format(found) => BundleError::Format { path, found },
        });
        Ok(decoded?)
    }

    /// Decodes a bundle, and lowers its bounds to those of this harness.
    ///
    /// # Errors
    /// `DecodeError` if the bytes are not a bundle.
    pub fn parse(bytes: &[u8]) -> Result<Decoded, DecodeError> {
        let value = json::parse(bytes, DEPTH)?;
        let mut bundle = if value.get("kind").is_some_and(|kind| kind == FUZZ) {
            Self::Fuzz(Box::new(serde_json::from_value(value)?))
        } else {
            Self::Check(Box::new(serde_json::from_value(value)?))
        };
        let (format, limits) = match &mut bundle {
            Self::Check(bundle) => (bundle.format, &mut bundle.limits),
            Self::Fuzz(bundle) => (bundle.format, &mut bundle.limits),
        };
        if format != FORMAT {
            return Err(DecodeError::Format(format));
        }
        let (allowed, lowered) = lowered(limits, &Limits::default());
        *limits = allowed;
        Ok(Decoded { bundle, lowered })
    }

    /// Its pack.
    #[must_use]
    pub fn pack(&self) -> &BundledPack {
        match self {
            Self::Check(bundle) => &bundle.pack,
            Self::Fuzz(bundle) => &bundle.pack,
        }
    }

    /// Its bounds.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        match self {
            Self::Check(bundle) => &bundle.limits,
            Self::Fuzz(bundle) => &bundle.limits,
        }
    }
}
