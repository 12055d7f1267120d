//! [`CheckFinished`]: the result of a check. In JSON its status is `status` (`skipped`, `passed`,
//! `excused`, `failed`, `error`) and `applicable`, which distinguishes a blocked check from one
//! that does not apply.

use provision_core::{Finding, Status};
use provision_oracle::Level;
use serde::{Deserialize, Serialize, Serializer};

/// See [`Event::CheckFinished`](super::Event::CheckFinished).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "Written")]
pub struct CheckFinished {
    /// The pack's label.
    pub pack: String,
    /// The wizard's name, or `pack`.
    pub scope: String,
    /// The check's id.
    pub check: String,
    /// The check's level.
    pub level: Level,
    /// The status. In JSON it is two fields, `status` and `applicable`.
    #[serde(flatten, serialize_with = "serialize")]
    pub status: Status,
    /// Why it was skipped or excused.
    pub reason: Option<String>,
    /// The violations.
    pub findings: Vec<Finding>,
    /// The command that reproduces a failure or an error.
    pub reproduce: Option<String>,
}

#[derive(Serialize)]
struct Fields {
    status: Name,
    applicable: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Name {
    Skipped,
    Passed,
    Excused,
    Failed,
    Error,
}

fn serialize<S: Serializer>(status: &Status, serializer: S) -> Result<S::Ok, S::Error> {
    let name = match status {
        Status::NotApplicable | Status::Blocked => Name::Skipped,
        Status::Passed => Name::Passed,
        Status::Excused => Name::Excused,
        Status::Failed => Name::Failed,
        Status::Error => Name::Error,
    };
    let applicable = *status != Status::NotApplicable;
    let fields = Fields {
        status: name,
        applicable,
    };
    fields.serialize(serializer)
}

/// The members of a [`CheckFinished`].
///
/// NB: serde copies all members of a type with a flattened one before it reads them.
#[derive(Deserialize)]
struct Written {
    pack: String,
    scope: String,
    check: String,
    level: Level,
    status: Name,
    applicable: bool,
    reason: Option<String>,
    findings: Vec<Finding>,
    reproduce: Option<String>,
}

impl From<Written> for CheckFinished {
    fn from(written: Written) -> Self {
        let status = match written.status {
            Name::Skipped if written.applicable => Status::Blocked,
            Name::Skipped => Status::NotApplicable,
            Name::Passed => Status::Passed,
            Name::Excused => Status::Excused,
            Name::Failed => Status::Failed,
            Name::Error => Status::Error,
        };
        Self {
            pack: written.pack,
            scope: written.scope,
            check: written.check,
            level: written.level,
            status,
            reason: written.reason,
            findings: written.findings,
            reproduce: written.reproduce,
        }
    }
}
