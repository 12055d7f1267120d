//! How many stores there are at a time: no more than the pool has room for.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A number of stores that may be open.
pub(crate) struct StoreSemaphore {
    state: Mutex<State>,
    freed: Condvar,
}

struct State {
    free: usize,
    waiting: usize,
}

/// The right to one store, given back when it is dropped.
pub(crate) struct StorePermit<'p>(&'p StoreSemaphore);

impl StoreSemaphore {
    pub(crate) fn of(stores: usize) -> Self {
        Self {
            state: Mutex::new(State {
                free: stores,
                waiting: 0,
            }),
            freed: Condvar::new(),
        }
    }

    /// Waits until there is room for one more store.
    ///
    /// NB: whoever has a permit must not ask for another one.
    pub(crate) fn take(&self) -> StorePermit<'_> {
        let mut state = self.state();
        state.waiting += 1;
        let none = |state: &mut State| state.free == 0;
        let waited = self.freed.wait_while(state, none);
        state = waited.unwrap_or_else(PoisonError::into_inner);
        state.waiting -= 1;
        state.free -= 1;
        drop(state);
        StorePermit(self)
    }
}

impl StoreSemaphore {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for StorePermit<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.free += 1;
        // NB: telling takes a system call, and is seldom of use.
        let wanted = state.waiting > 0;
        drop(state);
        if wanted {
            self.0.freed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn no_more_are_out_than_there_are() {
        let permits = StoreSemaphore::of(2);
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        let permit = permits.take();
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        std::thread::yield_now();
                        now.fetch_sub(1, Ordering::SeqCst);
                        drop(permit);
                    }
                });
            }
        });
        assert!((1..=2).contains(&most.into_inner()));
        assert_eq!(permits.state().free, 2);
    }
}
