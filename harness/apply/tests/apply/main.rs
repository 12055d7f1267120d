//! Plans, applied to stores: one binary, so that the tests share their requests.

#[cfg(test)]
mod applier;
#[cfg(test)]
mod common;
