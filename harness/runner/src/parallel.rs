//! Applies a function to each item of a slice, on all processors.

/// The fewest items for which another thread saves more than it costs.
const FEW: usize = 16;

/// The results of `make` for `items`, in the order of `items`.
pub(crate) fn par_map<T: Sync, R: Send>(items: &[T], make: &(impl Fn(&T) -> R + Sync)) -> Vec<R> {
    if items.len() < 2 * FEW {
        return items.iter().map(make).collect();
    }
    let (left, right) = items.split_at(items.len() / 2);
    let (mut done, rest) = rayon_core::join(|| par_map(left, make), || par_map(right, make));
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
}
