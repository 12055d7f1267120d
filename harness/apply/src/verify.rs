//! Checks a store against its records.

use crate::error::StoreError;
use crate::key::InstallKey;
use crate::operation::{Operation, OperationState};
use crate::record::InstallRecord;
use crate::store::{Content, Transaction};
use provision_core::codes::ApplyCode;
use provision_core::text::inert;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;

/// Something that is wrong with a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The code.
    pub code: ApplyCode,
    /// The installation, if the problem is that of one.
    pub install: Option<InstallKey>,
    /// Where: `config/KEY`, `secrets/KEY`, `state/KEY`, `outbox/ID`, or a table.
    pub at: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub fix: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            code,
            install,
            at,
            message,
            fix,
        } = self;
        write!(f, "{} at {at}", code.code())?;
        if let Some(install) = install {
            write!(f, " of {install}")?;
        }
        write!(f, ": {message}; {fix}")
    }
}

const KINDS: [Content; 3] = [Content::Config, Content::Secret, Content::State];

/// All problems of the store that `tx` reads, sorted by installation within each kind.
/// Every secret is decrypted once. One record is in memory at a time.
///
/// # Errors
/// If the machine cannot read the store. Damage is a problem, not an error.
pub fn verify(tx: &dyn Transaction) -> Result<Vec<Problem>, StoreError> {
    let mut problems = Vec::new();
    damage(tx.revision().map(|_| ()), None, "meta", &mut problems)?;
    let listed = tx.list_installs(None, &mut |record| dangling(tx, &record, &mut problems));
    damage(listed, None, "installs", &mut problems)?;
    for content in KINDS {
        let mut owner = Owner::default();
        let listed = tx.list_content(content, &mut |(install, key)| {
            orphaned(tx, content, &mut owner, (install, key), &mut problems)
        });
        damage(listed, None, table(content), &mut problems)?;
    }
    let mut owner = Owner::default();
    let listed = tx.list_operations(None, &mut |operation| {
        operation_left(tx, &mut owner, operation, &mut problems)
    });
    damage(listed, None, "outbox", &mut problems)?;
    Ok(problems)
}

/// Turns damage into a problem; other errors stay errors.
fn damage(
    result: Result<(), StoreError>,
    install: Option<&InstallKey>,
    at: &str,
    problems: &mut Vec<Problem>,
) -> Result<(), StoreError> {
    let Err(error) = result else {
        return Ok(());
    };
    let fix = match &error {
        StoreError::Damaged { .. } => "restore the store from a backup",
        StoreError::Key { .. } => "restore the key, or set the secret again",
        StoreError::Io { .. } | StoreError::Write { .. } | StoreError::Format { .. } => {
            return Err(error);
        }
    };
    problems.push(Problem {
        code: error.code(),
        install: install.cloned(),
        at: at.to_owned(),
        message: error.to_string(),
        fix: fix.to_owned(),
    });
    Ok(())
}

/// Finds content that the record names and the store lacks, and secrets that do not
/// decrypt.
fn dangling(
    tx: &dyn Transaction,
    record: &InstallRecord,
    problems: &mut Vec<Problem>,
) -> Result<(), StoreError> {
    let install = record.key();
    for content in KINDS {
        let present: BTreeSet<String> = match content {
            Content::Config => match tx.get_config(&install) {
                Ok(config) => config.into_keys().collect(),
                Err(error) => {
                    damage(Err(error), Some(&install), "config", problems)?;
                    continue;
                }
            },
            Content::Secret => tx.list_secrets(&install)?,
            Content::State => tx.get_state(&install)?.into_keys().collect(),
        };
        for key in keys(record, content).difference(&present) {
            problems.push(Problem {
                code: ApplyCode::StoreDangling,
                install: Some(install.clone()),
                at: place(content, key),
                message: "the record names it, and the store does not have it".to_owned(),
                fix: "apply the setup again".to_owned(),
            });
        }
    }
    for key in &tx.list_secrets(&install)? {
        let read = tx.get_secret(&install, key).map(|_| ());
        let at = place(Content::Secret, key);
        damage(read, Some(&install), &at, problems)?;
    }
    Ok(())
}

/// The record of the installation that was looked up last: content is sorted by
/// installation, so that each record is read once.
#[derive(Default)]
struct Owner {
    install: Option<InstallKey>,
    record: Option<InstallRecord>,
}

impl Owner {
    fn of(
        &mut self,
        tx: &dyn Transaction,
        install: &InstallKey,
    ) -> Result<Option<&InstallRecord>, StoreError> {
        if self.install.as_ref() != Some(install) {
            self.record = tx.get_install(install)?;
            self.install = Some(install.clone());
        }
        Ok(self.record.as_ref())
    }
}

fn orphaned(
    tx: &dyn Transaction,
    content: Content,
    owner: &mut Owner,
    (install, key): (InstallKey, String),
    problems: &mut Vec<Problem>,
) -> Result<(), StoreError> {
    let message = match owner.of(tx, &install)? {
        Some(record) if keys(record, content).contains(&key) => return Ok(()),
        Some(_) => "the store has it, and the record does not name it",
        None => "the store has it, and no record of its installation",
    };
    problems.push(Problem {
        code: ApplyCode::StoreOrphaned,
        at: place(content, &key),
        message: message.to_owned(),
        fix: "install the same installation again, and delete it if nobody needs it".to_owned(),
        install: Some(install),
    });
    Ok(())
}

/// Finds operations that are done and whose installation is gone.
fn operation_left(
    tx: &dyn Transaction,
    owner: &mut Owner,
    operation: Operation,
    problems: &mut Vec<Problem>,
) -> Result<(), StoreError> {
    let gone = owner.of(tx, &operation.install)?.is_none();
    if gone && operation.state == OperationState::Done {
        problems.push(Problem {
            code: ApplyCode::StoreOrphaned,
            at: format!("outbox/{}", operation.id),
            message: "the operation is done, and its installation is gone".to_owned(),
            fix: "install the same installation again, and delete it if nobody needs it".to_owned(),
            install: Some(operation.install),
        });
    }
    Ok(())
}

fn keys(record: &InstallRecord, content: Content) -> &BTreeSet<String> {
    match content {
        Content::Config => &record.config_keys,
        Content::Secret => &record.secret_keys,
        Content::State => &record.state_keys,
    }
}

fn table(content: Content) -> &'static str {
    match content {
        Content::Config => "config",
        Content::Secret => "secrets",
        Content::State => "state",
    }
}

fn place(content: Content, key: &str) -> String {
    format!("{}/{}", table(content), inert(key, 120))
}
