//! Arguments that are parsed, and refused without their raw text: clap would print what may
//! hold control characters, or lines that a CI service obeys.

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Command, Error};
use std::ffi::{OsStr, OsString};

/// Parses an argument with a function. Its message names the value, escaped.
#[derive(Clone)]
pub(super) struct Parsed<T>(pub(super) fn(OsString) -> Result<T, String>);

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Parsed<T> {
    type Value = T;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Self::Value, Error> {
        (self.0)(value.to_owned()).map_err(|why| {
            let arg = arg.map_or_else(String::new, ToString::to_string);
            let message = format!("invalid value for '{arg}': {why}");
            Error::raw(ErrorKind::ValueValidation, message).with_cmd(command)
        })
    }
}
