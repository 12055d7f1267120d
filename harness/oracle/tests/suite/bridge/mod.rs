//! The bridge from `arbitrary` to proptest: fuzz targets and property tests use the
//! same generators. Proptest shrinks the bytes that a generator reads.

use arbitrary::{Arbitrary, Unstructured};
use proptest::collection::vec;
use proptest::prelude::*;
use std::fmt::Debug;

/// A `T` that its generator makes of at most `len` bytes.
pub(crate) fn generated<T>(len: usize) -> impl Strategy<Value = T>
where
    T: for<'a> Arbitrary<'a> + Debug,
{
    vec(any::<u8>(), 0..len).prop_filter_map("too few bytes", |bytes| {
        T::arbitrary(&mut Unstructured::new(&bytes)).ok()
    })
}
