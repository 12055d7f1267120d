//! The code of guests that is counted: functions and files.

use super::dictionary::Dictionary;
use serde::{Deserialize, Serialize};

/// A function of a guest whose code is counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoveredFunction {
    /// The file of the pack that holds it.
    pub file: String,
    /// Its name, as far as it has one; else its index.
    pub name: String,
    /// Whether its module exports it.
    pub exported: bool,
    /// Its first counter.
    pub first: u32,
    /// How many counters it has.
    pub blocks: u32,
}

/// A file of a guest whose code is counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoveredFile {
    /// SHA-256 of the file.
    pub digest: [u8; 32],
    /// Its first counter.
    pub first: u32,
    /// How many counters it has.
    pub counters: u32,
    /// Its functions.
    pub functions: Vec<CoveredFunction>,
    /// What it looks for.
    pub dictionary: Dictionary,
}
