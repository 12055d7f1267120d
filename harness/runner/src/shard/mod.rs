//! Shards: the parts of a run that several machines judge, and how packs are cut into them.

pub mod cut;
pub mod engines;
pub mod listing;

use crate::events::{CutDigests, Shard};
use engines::EngineError;
use std::str::FromStr;

/// The text is not a shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a shard is I/N with 1 ≤ I ≤ N, for example 2/5, or `auto`")]
pub struct ShardError;

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let parts = text
            .split_once('/')
            .and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        match parts {
            Some((index, count)) if 1 <= index && index <= count => Ok(Self { index, count }),
            _ => Err(ShardError),
        }
    }
}

/// Which shard a run judges, as the user names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShardChoice {
    /// This one.
    Named(Shard),
    /// The one that the variables of the engine name.
    Auto,
}

impl FromStr for ShardChoice {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        match text {
            "auto" => Ok(Self::Auto),
            text => text.parse().map(Self::Named),
        }
    }
}

impl ShardChoice {
    /// The shard; `variable` returns the value of an environment variable.
    ///
    /// # Errors
    /// [`EngineError`] if the variables of the engines name no shard.
    pub fn shard(self, variable: impl Fn(&str) -> Option<String>) -> Result<Shard, EngineError> {
        match self {
            Self::Named(shard) => Ok(shard),
            Self::Auto => engines::shard(variable),
        }
    }
}

/// A shard of a run, and the cut that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The shard.
    pub shard: Shard,
    /// The cut.
    pub cut: CutDigests,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shard_outside_its_count_is_refused() {
        let shard = |text: &str| text.parse::<ShardChoice>();
        let named = ShardChoice::Named(Shard { index: 2, count: 5 });
        assert_eq!(shard("2/5"), Ok(named));
        assert_eq!(shard("auto"), Ok(ShardChoice::Auto));
        for text in ["0/5", "6/5", "1", "1/", "a/b", "1/0", "Auto", ""] {
            assert_eq!(shard(text), Err(ShardError), "{text}");
        }
    }
}
