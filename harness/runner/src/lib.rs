//! The conformance harness for Greentic packs: discovery, the pipeline, events,
//! reports and the command line. All IO of the harness is here.

mod apart;
mod below;
mod bundle_packs;
pub mod catalogue;
pub mod cli;
pub mod discover;
pub mod doctor;
pub mod events;
pub mod evidence;
pub mod examine;
pub mod excusal;
pub mod executors;
pub mod exit;
pub mod expectations;
pub mod files;
pub mod fold;
pub mod fuzz;
pub mod gate;
pub mod interrupt;
pub mod out_folder;
pub mod pack_events;
mod parallel;
mod paths;
pub mod place;
pub mod progress;
pub mod read_file;
pub mod recordings;
mod repo_path;
pub mod reports;
pub mod repro;
pub mod run;
mod schedule;
pub mod shard;
pub mod shrink;
pub mod source;
pub mod timings;
