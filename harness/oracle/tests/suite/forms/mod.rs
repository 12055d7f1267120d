//! Forms of questions: which answers are made for them, what is tried, and what is
//! judged of the forms themselves.
#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

mod agreement;
mod authored;
mod conditional;
mod constraints;
mod made_up;
mod masks;
mod support;
mod words;
