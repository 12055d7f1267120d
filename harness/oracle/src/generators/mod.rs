//! Generators: what is judged, made up. They never judge.

pub mod answers;
pub mod archive;
pub mod pack;
