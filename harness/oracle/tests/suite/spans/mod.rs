//! Recordings of spans: each break is found by exactly the right check, no harmless
//! variation fails, and reading does not depend on the size of reads.

mod breaks;
mod good;
mod harmless;
mod reading;
mod secrets;
