//! Runs the binary as scripts do, and tests flags, JSON and exit codes.
#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

mod annotated;
mod apply;
mod apply_modes;
#[cfg(target_os = "linux")]
mod apply_signals;
#[cfg(target_os = "linux")]
mod apply_terminal;
mod archives;
#[path = "../common/blessing.rs"]
mod blessing;
#[cfg(target_os = "linux")]
mod bounded;
mod bundles;
mod cache;
mod causes;
mod colors;
mod compare;
mod config;
mod conformance;
mod contract;
mod contradictions;
#[cfg(target_os = "linux")]
mod documents;
mod dry_run;
#[cfg(target_os = "linux")]
mod errors;
mod fix;
mod fuzz;
mod history;
mod html;
mod inert_output;
mod init;
mod normalised;
mod outputs;
mod pipelines;
mod play;
mod plurals;
mod previous;
mod recordings;
mod red_reports;
#[cfg(all(target_os = "linux", feature = "registry"))]
mod registries;
mod reports;
mod sarif;
mod scenario;
mod shards;
mod spans;
mod streams;
mod support;
#[cfg(target_os = "linux")]
mod terminal;
mod traces;
mod untrusted_bundles;
mod untrusted_files;
#[cfg(target_os = "linux")]
mod watch;
#[cfg(target_os = "linux")]
mod widths;
mod workers;
