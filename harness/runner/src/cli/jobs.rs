//! How many packs or inputs are examined at once.

use std::num::NonZeroUsize;

/// Jobs per processor, at most. Each job may hold the memory of a whole pack.
const PER_PROCESSOR: usize = 4;

/// The jobs that `--jobs` asks for, within the bound of this machine; by default one per
/// processor.
pub(super) fn bounded(asked: Option<NonZeroUsize>) -> usize {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    of(asked.map(usize::from), processors)
}

fn of(asked: Option<usize>, processors: usize) -> usize {
    // A few jobs are harmless on a machine with one processor.
    let most = processors.saturating_mul(PER_PROCESSOR).max(8);
    asked.unwrap_or(processors).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_jobs_than_the_machine_can_hold_are_not_started() {
        assert_eq!(of(None, 3), 3);
        assert_eq!(of(Some(7), 1), 7);
        assert_eq!(of(Some(400), 1), 8);
        assert_eq!(of(Some(400), 4), 16);
    }
}
