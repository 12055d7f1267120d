//! Single steps: what bounds them, and that they answer the same every time.
#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

mod bounds;
mod coverage;
mod determinism;
mod host;
mod support;
