//! Reports: one file a format, each a fold over the events.

pub mod console;
pub mod json;
pub mod junit;
