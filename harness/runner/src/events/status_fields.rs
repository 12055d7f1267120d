//! The JSON of a status: `status` (`skipped`, `passed`, `excused`, `failed`, `error`) and
//! `applicable`, which distinguishes a blocked check from one that does not apply.

use provision_core::Status;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
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

pub(super) fn serialize<S: Serializer>(status: &Status, serializer: S) -> Result<S::Ok, S::Error> {
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

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Status, D::Error> {
    let Fields { status, applicable } = Fields::deserialize(deserializer)?;
    Ok(match status {
        Name::Skipped if applicable => Status::Blocked,
        Name::Skipped => Status::NotApplicable,
        Name::Passed => Status::Passed,
        Name::Excused => Status::Excused,
        Name::Failed => Status::Failed,
        Name::Error => Status::Error,
    })
}
