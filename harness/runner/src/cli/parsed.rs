//! Arguments that are parsed, and refused without their raw text: clap would print what may
//! hold control characters, or lines that a CI service obeys.

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Command, Error};
use std::ffi::{OsStr, OsString};
use std::num::NonZeroUsize;
use std::time::Duration;

/// A number of things, of which there is at least one.
pub(super) fn positive(text: &str) -> Result<NonZeroUsize, String> {
    text.parse()
        .map_err(|_| "give a whole number from 1".to_owned())
}

/// A time with its unit.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|e| format!("{e}; give a time such as 30s or 5min"))
}

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
            let message = format!("invalid value for '{arg}': {why}\n");
            Error::raw(ErrorKind::ValueValidation, message).with_cmd(command)
        })
    }
}
