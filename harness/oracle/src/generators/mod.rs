//! Generators: what is judged, made up. They never judge.

pub mod archive;
pub mod pack;
