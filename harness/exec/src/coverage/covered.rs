//! Functions and files of guests whose coverage is counted.

use super::dictionary::Dictionary;
use serde::{Deserialize, Serialize};

/// A function of a guest whose coverage is counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoveredFunction {
    /// The file of the pack that holds it.
    pub file: String,
    /// Its name, or its index if it has none.
    pub name: String,
    /// Whether its module exports it.
    pub exported: bool,
    /// The number of its first counter.
    pub first: u32,
    /// How many counters it has.
    pub blocks: u32,
}

/// A file of a guest whose coverage is counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoveredFile {
    /// SHA-256 of the file.
    pub digest: [u8; 32],
    /// The number of its first counter.
    pub first: u32,
    /// How many counters it has.
    pub counters: u32,
    /// Its functions.
    pub functions: Vec<CoveredFunction>,
    /// The values that it compares with.
    pub dictionary: Dictionary,
}
