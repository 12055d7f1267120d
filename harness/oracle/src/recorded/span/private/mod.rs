//! What a recording of spans must not contain: secrets, credentials, e-mail addresses and
//! phone numbers.

mod canaries;
mod email;
mod forms;
mod phone;

pub use canaries::Canaries;
pub(crate) use forms::{Private, redact};
