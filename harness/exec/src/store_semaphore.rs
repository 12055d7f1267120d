//! Bounds the number of open stores to the capacity of the pool.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A counting semaphore over the stores of a pool.
pub(crate) struct StoreSemaphore {
    state: Mutex<State>,
    freed: Condvar,
}

struct State {
    free: usize,
    waiting: usize,
}

/// A permit for one store; dropping it gives it back.
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

    /// Waits until the pool has room for one more store.
    ///
    /// NB: a thread that holds a permit must not take another one, or it may
    /// wait forever.
    pub(crate) fn take(&self) -> StorePermit<'_> {
        let mut state = self.state();
        state.waiting += 1;
        let is_full = |state: &mut State| state.free == 0;
        let waited = self.freed.wait_while(state, is_full);
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
        // NB: notifying takes a system call, so it is left out if nobody waits.
        let notify = state.waiting > 0;
        drop(state);
        if notify {
            self.0.freed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn open_permits_never_exceed_the_capacity() {
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
