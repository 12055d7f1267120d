//! Single steps: their bounds, coverage, determinism and host.
#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

mod bounds;
mod coverage;
mod determinism;
mod host;
mod support;
mod traps;
