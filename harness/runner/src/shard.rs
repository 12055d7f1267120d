//! Which packs are in a shard of a run.

use crate::discover::PackRef;
use crate::events::Shard;
use provision_core::pack::digest;
use std::str::FromStr;

/// The text is not a shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a shard is I/N with 1 ≤ I ≤ N, for example 2/5")]
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

impl Shard {
    /// Whether `pack` is in this shard. A hash of the label decides, so that a
    /// new pack does not move other packs to other shards.
    #[must_use]
    pub fn has(self, pack: &PackRef) -> bool {
        self.has_label(&pack.label)
    }

    /// Whether the pack with this label is in this shard.
    ///
    /// NB: the count is not 0.
    pub(crate) fn has_label(self, label: &str) -> bool {
        let digest = digest(label.as_bytes());
        let number = u64::from_str_radix(&digest[..15], 16).unwrap_or_default();
        number % self.count == self.index.wrapping_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shard_outside_its_count_is_refused() {
        let shard = |text: &str| text.parse::<Shard>();
        assert_eq!(shard("2/5"), Ok(Shard { index: 2, count: 5 }));
        for text in ["0/5", "6/5", "1", "1/", "a/b", "1/0"] {
            assert_eq!(shard(text), Err(ShardError), "{text}");
        }
    }
}
