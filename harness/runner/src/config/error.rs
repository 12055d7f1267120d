//! Why a file of settings is refused, and where.

use super::{Key, SHARDS};
use provision_core::text::inert;
use std::fmt;

/// Characters of a quoted key or value, at most.
///
/// NB: the file may be a link to another one. A message quotes keys, and values of keys
/// that exist, but never a line.
const QUOTED: usize = 80;

/// Why a file of settings is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {fault}")]
pub struct ConfigError {
    /// The line of the fault; the first is 1.
    pub line: usize,
    /// Its column in characters; the first is 1.
    pub column: usize,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong in a file of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It is not TOML; the parser says why.
    Toml(String),
    /// There is no such key.
    UnknownKey(String),
    /// The value of a key has another type.
    Type(Key, &'static str),
    /// An item of a key's array is no string.
    Item(Key, &'static str),
    /// A required text or list is empty.
    Empty(Key),
    /// There is no such profile.
    Profile(String),
    /// A value is refused, for this reason.
    Value(Key, String, String),
    /// The number of shards is out of its range.
    Shards(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Toml(why) => {
                let why = inert(why, 200);
                write!(f, "not TOML: {why}; `greentic-provision init` writes one")
            }
            Self::UnknownKey(key) => {
                let names = Key::ALL.map(Key::name);
                write!(f, "there is no key `{}`", inert(key, QUOTED))?;
                meant(f, key, &names)?;
                write!(f, "; the keys are {}", names.join(", "))
            }
            Self::Type(key, found) => {
                let (name, takes) = (key.name(), key.takes());
                write!(f, "`{name}` takes {takes}, and this is {found}")
            }
            Self::Item(key, found) => {
                let name = key.name();
                write!(f, "`{name}` takes strings, and this item is {found}")
            }
            Self::Empty(key) => write!(f, "`{}` is empty; fill it or remove it", key.name()),
            Self::Profile(name) => {
                let names = ["core", "publish", "strict"];
                write!(f, "there is no profile `{}`", inert(name, QUOTED))?;
                meant(f, name, &names)?;
                write!(f, "; the profiles are {}", names.join(", "))
            }
            Self::Value(key, value, why) => {
                let (value, why) = (inert(value, QUOTED), inert(why, 300));
                write!(f, "`{}` has `{value}`: {why}", key.name())
            }
            Self::Shards(number) => write!(
                f,
                "`shards` is {}; a run has 1 to {SHARDS} shards",
                inert(number, QUOTED)
            ),
        }
    }
}

/// Names the one of `names` that `name` probably stands for.
fn meant(f: &mut fmt::Formatter<'_>, name: &str, names: &[&str]) -> fmt::Result {
    // NB: the distance costs the product of the lengths.
    let name: String = name.chars().take(QUOTED).collect::<String>().to_lowercase();
    let distance = |other: &&&str| strsim::damerau_levenshtein(&name, other);
    let is_near = |other: &&&str| {
        distance(other) <= 2 || (name.len() >= 4 && other.starts_with(name.as_str()))
    };
    let near = names.iter().filter(is_near).min_by_key(distance);
    match near {
        Some(near) => write!(f, "; did you mean `{near}`?"),
        None => Ok(()),
    }
}
