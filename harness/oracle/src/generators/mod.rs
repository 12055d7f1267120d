//! Generators of packs, guests, answers and archives. They never judge.

pub mod answers;
pub mod archive;
pub mod defects;
pub mod guests;
pub mod host_calls;
pub mod json;
pub mod outputs;
pub mod pack;
pub mod wizard_cases;
