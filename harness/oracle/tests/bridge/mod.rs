//! The bridge from `arbitrary` to proptest: one generator for fuzzing with
//! coverage and for properties on stable. What proptest makes small is the
//! bytes that the generator reads.

use arbitrary::{Arbitrary, Unstructured};
use proptest::collection::vec;
use proptest::prelude::*;
use std::fmt::Debug;

/// Whatever at most `len` bytes make of a `T`.
pub(crate) fn made<T>(len: usize) -> impl Strategy<Value = T>
where
    T: for<'a> Arbitrary<'a> + Debug,
{
    vec(any::<u8>(), 0..len).prop_filter_map("the bytes make none", |bytes| {
        T::arbitrary(&mut Unstructured::new(&bytes)).ok()
    })
}
