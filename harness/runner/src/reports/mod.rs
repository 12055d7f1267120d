//! Reports: one file a format, each a fold over the events.

pub mod console;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod sarif;
