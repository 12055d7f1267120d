//! Which shard `--shard` names.

use crate::events::Shard;
use crate::exit::Error;
use crate::shard::{ShardChoice, ShardError};
use std::str::FromStr;

/// One argument of `--shard`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum WantedShard {
    /// A shard with its count, or the one that the engine names.
    Whole(ShardChoice),
    /// The shard of this number; the file of settings says of how many.
    Index(u64),
}

impl FromStr for WantedShard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        match text.parse() {
            Ok(index) if index >= 1 => Ok(Self::Index(index)),
            _ => text.parse().map(Self::Whole),
        }
    }
}

impl WantedShard {
    /// The shard, once the settings have said its count.
    pub(super) fn choice(&self) -> Option<ShardChoice> {
        match *self {
            Self::Whole(choice) => Some(choice),
            Self::Index(_) => None,
        }
    }

    /// The shard, of `count`.
    pub(super) fn of(self, count: Option<u64>) -> Result<Self, Error> {
        let Self::Index(index) = self else {
            return Ok(self);
        };
        match count {
            Some(count) if index <= count => {
                let shard = ShardChoice::Named(Shard { index, count });
                Ok(Self::Whole(shard))
            }
            Some(count) => Err(Error::Usage(format!(
                "--shard {index}: the file of settings has `shards = {count}`; name one of \
                 1 to {count}"
            ))),
            None => Err(Error::Usage(format!(
                "--shard {index}: of how many is not known; write {index}/N, or `shards = N` in \
                 conformance.toml"
            ))),
        }
    }
}
