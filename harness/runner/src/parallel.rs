//! Applies a function to each item of a slice, on all processors.

use rayon_core::{ThreadPool, ThreadPoolBuilder};
use std::sync::LazyLock;

/// Threads, at most: more of them wait for memory instead of making anything faster.
const MOST: usize = 64;
/// The fewest items for which another thread saves more than it costs.
const FEW: usize = 16;

/// The threads. A pool of our own, because environment variables set the size of rayon's
/// global one. `None` if the system starts no threads.
static POOL: LazyLock<Option<ThreadPool>> = LazyLock::new(|| {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let pool = ThreadPoolBuilder::new().num_threads(threads.min(MOST));
    pool.build().ok()
});

/// The results of `make` for `items`, in the order of `items`.
pub(crate) fn par_map<T: Sync, R: Send>(items: &[T], make: &(impl Fn(&T) -> R + Sync)) -> Vec<R> {
    match POOL.as_ref() {
        Some(pool) if items.len() >= 2 * FEW => pool.install(|| halves(items, make)),
        _ => items.iter().map(make).collect(),
    }
}

fn halves<T: Sync, R: Send>(items: &[T], make: &(impl Fn(&T) -> R + Sync)) -> Vec<R> {
    if items.len() < 2 * FEW {
        return items.iter().map(make).collect();
    }
    let (left, right) = items.split_at(items.len() / 2);
    let (mut done, rest) = rayon_core::join(|| halves(left, make), || halves(right, make));
    done.extend(rest);
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_items() {
        for count in [0, 1, FEW, 2 * FEW - 1, 2 * FEW, 1000] {
            let items: Vec<usize> = (0..count).collect();
            let doubled = par_map(&items, &|item| item * 2);
            assert!(doubled.into_iter().eq(items.iter().map(|item| item * 2)));
        }
    }

    #[test]
    fn environment_does_not_set_the_number_of_threads() {
        const NAME: &str = "RAYON_NUM_THREADS";
        let pool = POOL.as_ref().expect("threads");
        let processors = std::thread::available_parallelism().expect("a number");
        assert!(pool.current_num_threads() <= processors.get());
        if std::env::var_os(NAME).is_some() {
            return;
        }
        // The variable is read once in a process, so another process has to read it.
        let this = std::env::current_exe().expect("a path");
        let test = "parallel::tests::environment_does_not_set_the_number_of_threads";
        let mut again = std::process::Command::new(this);
        let again = again.args(["--exact", test]).env(NAME, "500");
        let output = again.output().expect("it starts");
        assert!(output.status.success(), "{output:?}");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains("1 passed"), "{said}");
    }
}
