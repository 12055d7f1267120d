//! What is done with each of many things, on all processors, in their order.

use std::panic::resume_unwind;
use std::thread::{available_parallelism, scope};

/// Things below which a thread costs more than it saves.
const FEW: usize = 16;

/// What `make` makes of each of `items`, in their order.
pub(crate) fn par_map<T: Sync, R: Send>(items: &[T], make: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let processors = available_parallelism().map_or(1, usize::from);
    let parts = processors.min(items.len() / FEW);
    if parts < 2 {
        return items.iter().map(make).collect();
    }
    let make = &make;
    scope(|scope| {
        let parts = items.chunks(items.len().div_ceil(parts)).map(|part| {
            let part = move || part.iter().map(make).collect::<Vec<R>>();
            scope.spawn(part)
        });
        let parts: Vec<_> = parts.collect();
        let done = parts.into_iter().map(|part| match part.join() {
            Ok(done) => done,
            Err(panic) => resume_unwind(panic),
        });
        done.flatten().collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_kept_however_many_there_are() {
        for count in [0, 1, FEW, 2 * FEW - 1, 2 * FEW, 1000] {
            let items: Vec<usize> = (0..count).collect();
            let doubled = par_map(&items, |item| item * 2);
            assert!(doubled.into_iter().eq(items.iter().map(|item| item * 2)));
        }
    }
}
