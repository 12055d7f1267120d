//! All tests of the crate that use its public interface, in one program, which is
//! quicker to build than one for each file.
#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

mod archive;
mod component_qa;
mod flows;
mod operator;
mod packs;
mod roles;
mod signature;
mod signature_paths;
mod walks;
