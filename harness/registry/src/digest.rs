//! A SHA-256 digest as OCI writes it: `sha256:` and 64 hexadecimal digits.

use crate::error::RegistryError;
use provision_core::codes::RegistryCode;
use provision_core::text::{hex, inert};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// The digest of some bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

impl Digest {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(hex(&Sha256::digest(bytes)))
    }

    /// Reads `sha256:` and 64 lower-case hexadecimal digits.
    ///
    /// # Errors
    /// Says what is wrong, for a message.
    pub fn parse(text: &str) -> Result<Self, String> {
        let shown = || inert(text, 90);
        let Some((algorithm, digits)) = text.split_once(':') else {
            return Err(format!("`{}` is not a digest, sha256:<64 digits>", shown()));
        };
        if algorithm != "sha256" {
            return Err(format!(
                "`{}` has an algorithm other than sha256, which this program cannot verify",
                shown()
            ));
        }
        let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if digits.len() != 64 || !digits.bytes().all(is_digit) {
            return Err(format!(
                "`{}` is not sha256: and 64 lower-case hexadecimal digits",
                shown()
            ));
        }
        Ok(Self(digits.to_owned()))
    }

    /// The 64 digits.
    #[must_use]
    pub fn hex(&self) -> &str {
        &self.0
    }

    /// Refuses `bytes` that have another digest; `what` names them and their source.
    pub(crate) fn check(&self, bytes: &[u8], what: &str) -> Result<(), RegistryError> {
        let found = Self::of(bytes);
        if found == *self {
            return Ok(());
        }
        let message = format!("{what}: the bytes have digest {found}, and not {self}");
        Err(RegistryError::new(RegistryCode::Digest, message))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.0)
    }
}
