//! Plans, applied to stores: one binary, so that the tests share their requests.

#[cfg(test)]
mod applier;
#[cfg(test)]
mod common;
#[cfg(test)]
#[cfg(feature = "embedded")]
mod crash;
#[cfg(test)]
#[cfg(feature = "embedded")]
mod damage;
#[cfg(test)]
#[cfg(feature = "embedded")]
mod disk;
#[cfg(test)]
#[cfg(feature = "embedded")]
mod embedded;
#[cfg(test)]
mod export;
#[cfg(test)]
#[cfg(feature = "embedded")]
mod faults;
#[cfg(test)]
mod machine;
#[cfg(test)]
#[path = "../../../../fuzz/bytes/src/apply_model.rs"]
mod model;
#[cfg(test)]
mod saved;
#[cfg(test)]
mod verify;
