//! Standard output of a command.

use crate::exit::Error;
use crate::files;
use provision_core::text::{json_without_commands, without_commands};
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Prints `text` to standard output, without commands of CI systems. A closed pipe is no error, because the
/// reader, for example `head`, may have read enough.
pub(super) fn print(text: &str) -> Result<(), Error> {
    write(&without_commands(text))
}

fn write(text: &str) -> Result<(), Error> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(e) => Err(Error::io("write", Path::new("standard output"), e)),
        Ok(()) => Ok(()),
    }
}

/// Prints `value` to standard output as indented JSON.
pub(super) fn print_json(value: &impl serde::Serialize) -> Result<(), Error> {
    let bytes = files::pretty(value)?;
    write(&json_without_commands(&String::from_utf8_lossy(&bytes)))
}
