//! Application packs of few nodes: each function of the runner and each form of
//! routing gets its verdict and its codes.

mod bounds;
mod functions;
mod plans;
mod routing;
mod support;
