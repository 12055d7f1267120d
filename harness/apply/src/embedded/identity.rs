//! The key of a store: an age identity in a file, which decrypts its secrets.

use crate::error::StoreError;
use age::secrecy::ExposeSecret;
use age::x25519::{Identity, Recipient};
use provision_core::wizard::SecretBytes;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A key file has two lines; more is not read.
const FILE_BYTES: u64 = 4096;

/// Encrypts and decrypts secrets.
pub(super) struct Sealer {
    identity: Identity,
    recipient: Recipient,
    path: PathBuf,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealer({})", self.recipient)
    }
}

impl Sealer {
    /// Reads the key from `path`.
    pub(super) fn read(path: &Path) -> Result<Self, StoreError> {
        let refuse = |reason: &str| StoreError::Key {
            path: path.to_owned(),
            reason: reason.to_owned(),
        };
        let file = fs::File::open(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => refuse(
                "the file is missing; restore it from a backup, as no other key decrypts the secrets",
            ),
            _ => io("open", path)(error),
        })?;
        let mode = file.metadata().map_err(io("examine", path))?.permissions();
        if mode.mode() & 0o077 != 0 {
            return Err(refuse("other users may use it; set its mode to 0600"));
        }
        let mut text = String::new();
        let read = file.take(FILE_BYTES).read_to_string(&mut text);
        read.map_err(io("read", path))?;
        let mut lines = text.lines().filter(|line| !line.starts_with('#'));
        let identity = lines.find(|line| !line.trim().is_empty());
        let identity = identity.and_then(|line| line.trim().parse::<Identity>().ok());
        let identity = identity.ok_or_else(|| {
            refuse("the file holds no age identity (AGE-SECRET-KEY-1…); restore it from a backup")
        })?;
        Ok(Self {
            recipient: identity.to_public(),
            identity,
            path: path.to_owned(),
        })
    }

    /// Reads the key from `path`, or writes a new one there.
    pub(super) fn read_or_create(path: &Path) -> Result<Self, StoreError> {
        match fs::symlink_metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => create(path)?,
            _ => {}
        }
        Self::read(path)
    }

    /// The public part of the key.
    pub(super) fn recipient(&self) -> String {
        self.recipient.to_string()
    }

    /// Refuses a store whose secrets are encrypted for another key.
    pub(super) fn check_recipient(&self, stored: &str) -> Result<(), StoreError> {
        if stored == self.recipient() {
            return Ok(());
        }
        let stored = provision_core::text::inert(stored, 80);
        Err(self.wrong(format!(
            "it is the key of {}, and the store's secrets are encrypted for {stored}; name the file with that key",
            self.recipient
        )))
    }

    fn wrong(&self, reason: String) -> StoreError {
        StoreError::Key {
            path: self.path.clone(),
            reason,
        }
    }

    /// Encrypts `secret` together with the key of its row, so that no row's bytes can be
    /// put into another row.
    pub(super) fn seal(&self, row: &[u8], secret: &SecretBytes) -> Result<Vec<u8>, StoreError> {
        let mut plain = (row.len() as u64).to_be_bytes().to_vec();
        plain.extend(row);
        plain.extend(secret.reveal());
        age::encrypt(&self.recipient, &plain).map_err(|error| StoreError::Write {
            reason: format!("a secret cannot be encrypted: {error}"),
        })
    }

    /// Decrypts what [`Sealer::seal`] encrypted for this row.
    pub(super) fn unseal(&self, row: &[u8], sealed: &[u8]) -> Result<SecretBytes, StoreError> {
        let damaged = |reason: &str| {
            let row = crate::key::InstallKey::decode_item(row);
            let place = row.map_or_else(
                || "secrets".to_owned(),
                |(install, key)| {
                    let key = provision_core::text::inert(&key, 120);
                    format!("secrets, key `{key}` of {install}")
                },
            );
            StoreError::damaged(place, reason)
        };
        let plain = match age::decrypt(&self.identity, sealed) {
            Ok(plain) => plain,
            Err(age::DecryptError::NoMatchingKeys) => {
                let reason = "a secret is encrypted for another key; restore the key that the store was made with";
                return Err(self.wrong(reason.to_owned()));
            }
            Err(error) => return Err(damaged(&error.to_string())),
        };
        let value = plain.split_at_checked(8).and_then(|(len, rest)| {
            let same = len == (row.len() as u64).to_be_bytes();
            rest.strip_prefix(row).filter(|_| same)
        });
        let value = value.ok_or_else(|| damaged("the value was encrypted for another key"))?;
        Ok(SecretBytes::new(value.to_vec()))
    }
}

/// Writes a new key in one step: a crash leaves no key or a whole one.
fn create(path: &Path) -> Result<(), StoreError> {
    let identity = Identity::generate();
    let recipient = identity.to_public();
    let text = format!(
        "# public key: {recipient}\n{}\n",
        identity.to_string().expose_secret()
    );
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&new).map_err(io("create", &new))?;
    file.write_all(text.as_bytes()).map_err(io("write", &new))?;
    file.sync_all().map_err(io("write", &new))?;
    fs::rename(&new, path).map_err(io("rename", &new))?;
    super::folder::sync_parent(path)
}

/// A random id: the hash of a key that nobody keeps.
pub(super) fn new_id() -> String {
    let recipient = Identity::generate().to_public().to_string();
    let hash = blake3::hash(recipient.as_bytes()).to_hex();
    hash.get(..32).unwrap_or_default().to_owned()
}

fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Io {
        action,
        path,
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provision_core::codes::ApplyCode;

    #[test]
    fn sealed_secret_of_another_row_or_with_a_flipped_bit_is_damage() {
        let identity = Identity::generate();
        let sealer = Sealer {
            recipient: identity.to_public(),
            identity,
            path: PathBuf::from("key.age"),
        };
        let secret = SecretBytes::new(b"canary-4711".to_vec());
        let mut sealed = sealer.seal(b"row", &secret).expect("seals");
        assert_eq!(sealer.unseal(b"row", &sealed).expect("opens"), secret);
        for row in [&b"other"[..], b"ro", b"rowc", b""] {
            let error = sealer.unseal(row, &sealed).expect_err("is refused");
            assert_eq!(error.code(), ApplyCode::StoreDamaged);
        }
        if let Some(last) = sealed.last_mut() {
            *last ^= 1;
        }
        let error = sealer.unseal(b"row", &sealed).expect_err("is refused");
        assert_eq!(error.code(), ApplyCode::StoreDamaged);
        assert!(!error.to_string().contains("canary"), "{error}");
    }
}
