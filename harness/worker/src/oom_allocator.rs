//! The allocator of a program that may be a worker: if memory runs out, the
//! worker ends with a status of its own.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, Ordering};

/// The status of a worker that used up its memory.
pub(crate) const EXIT_MEMORY: u8 = 86;

/// Whether this process is a worker.
static WORKER: AtomicBool = AtomicBool::new(false);

/// Marks this process as a worker: it ends if memory runs out.
pub(crate) fn end_without_memory() {
    WORKER.store(true, Ordering::SeqCst);
}

/// The system's allocator. In a worker it ends the process with a status of its
/// own if an allocation fails. Otherwise the process would abort, and the
/// supervisor could not distinguish that from other aborts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bounded;

#[expect(unsafe_code, reason = "an allocator is unsafe by contract")]
// SAFETY: `System` does all the work, and its results are returned unchanged.
unsafe impl GlobalAlloc for Bounded {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        checked(unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        checked(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(at, layout) };
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as the caller promises.
        checked(unsafe { System.realloc(at, layout, size) })
    }
}

#[expect(unsafe_code, reason = "ends the process without running any more code")]
fn checked(at: *mut u8) -> *mut u8 {
    if at.is_null() && WORKER.load(Ordering::Relaxed) {
        // SAFETY: ends the process, and takes no pointer.
        unsafe { libc::_exit(EXIT_MEMORY.into()) };
    }
    at
}
