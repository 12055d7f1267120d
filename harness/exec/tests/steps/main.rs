//! Single steps: their bounds, coverage, determinism, host and stores.
#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

mod bounds;
mod coverage;
mod determinism;
mod host;
mod stores;
mod support;
mod traps;
