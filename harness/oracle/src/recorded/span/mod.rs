//! Exported spans: OTLP JSON, and the spans that the runner exports. Spans stream; of each
//! one, a record of fixed size is kept for the trees.

mod attributes;
mod conventions;
mod identity;
mod keys;
mod loose;
mod otlp;
mod owner;
mod place;
mod private;
mod reader;
mod spans;
mod stream;
mod tree;
mod value;

pub(super) use loose::{Loose, items};
pub(super) use otlp::resource_spans;
pub use private::Canaries;
pub(crate) use private::redact;
pub(super) use reader::{Reader, SPANS};
pub(crate) use spans::Part;
pub use spans::Spans;
