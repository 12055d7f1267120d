//! Flows that handle messages and events: how the runner resolves their nodes and
//! routes, and walking them with its own rules.

mod again;
mod builtins;
mod cards;
mod component;
mod host;
mod laps;
mod node;
mod resolve;
pub mod routing;
mod run;
mod state;
mod walk;
mod walker;

pub use again::{Again, RecordedRun, again};
pub use builtins::{Builtin, KINDS, Kind, Needs};
pub use resolve::{Recorded, Target, entry, recorded, target};
pub use run::{Message, NodeResult, NodeRun, Walk, WalkOutcome, WalkedFlow};
pub use walk::{app_flows, walk};
