//! All tests of the crate that use its public interface, in one program: a program for
//! each file would link the executor as often as there are files.
#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

mod answers;
mod bridge;
mod bytes;
mod causes;
mod comparison;
mod conditions;
mod deployments;
mod executor_invariants;
mod fix;
mod flows;
mod folder;
mod forms;
mod fuzzing;
mod hosts;
mod judging;
mod languages;
mod manifest_rules;
mod mutations;
mod plans;
mod project;
mod properties;
mod reach;
mod recordings;
mod registry;
mod roles;
mod rules;
mod scenarios;
mod secrets;
mod setup;
mod spans;
mod steps;
mod tenants;
mod upgrades;
