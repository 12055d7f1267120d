//! Forms of questions: which answers are made for them, what is tried, and what is
//! judged of the forms themselves.

mod agreement;
mod authored;
mod conditional;
mod constraints;
mod made_up;
mod masks;
mod support;
mod words;
