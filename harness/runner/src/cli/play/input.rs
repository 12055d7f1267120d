//! Where the lines of a user come from: a terminal, or a pipe.

use crate::exit::Error;
use console::Term;
use std::io::{BufRead, IsTerminal, Read, Write};
use std::path::Path;

/// Bytes of a line, at most. A pipe may never end one.
const LONGEST: u64 = 64 * 1024;

/// Reads what a user types.
pub(in crate::cli) trait Lines {
    /// Shows text to the user.
    fn show(&mut self, text: &str) -> Result<(), Error>;

    /// Shows `prompt` and reads a line; `None` at the end of the input. The terminal
    /// does not show a hidden line.
    fn line(&mut self, prompt: &str, hidden: bool) -> Result<Option<String>, Error>;
}

/// The lines of standard input, with prompts on standard error, so that the plan alone is
/// on standard output.
pub(in crate::cli) fn of_terminal() -> Console {
    Console {
        term: Term::stderr(),
        is_terminal: std::io::stdin().is_terminal(),
    }
}

pub(in crate::cli) struct Console {
    term: Term,
    is_terminal: bool,
}

impl Lines for Console {
    fn show(&mut self, text: &str) -> Result<(), Error> {
        let shown = self.term.write_all(text.as_bytes());
        shown.and_then(|()| self.term.flush()).map_err(failed)
    }

    fn line(&mut self, prompt: &str, hidden: bool) -> Result<Option<String>, Error> {
        self.show(prompt)?;
        if hidden && self.is_terminal {
            return self.term.read_secure_line().map(Some).map_err(failed);
        }
        let mut line = String::new();
        let mut bounded = std::io::stdin().lock().take(LONGEST + 1);
        let read = bounded.read_line(&mut line).map_err(failed)?;
        if read == 0 {
            return Ok(None);
        }
        if read as u64 > LONGEST {
            return Err(Error::Usage(format!(
                "a line of standard input is longer than {LONGEST} bytes; give long answers in \
                 a file, with --answers"
            )));
        }
        Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
    }
}

fn failed(error: std::io::Error) -> Error {
    Error::io("use", Path::new("the terminal"), error)
}
