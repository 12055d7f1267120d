//! Standard output of a command.

use crate::exit::Error;
use crate::files;
use crate::reports::console::{Layout, broken};
use provision_core::text::{counted, inert_json, without_commands};
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Lines that a command prints of a text, at most. What a pack holds can be of any
/// length.
const LINES: usize = 1_000;
/// How many of them are the last ones: a text may end with what it comes to.
const LAST: usize = 50;
/// Lines of a JSON document, beyond which it is printed without line breaks.
const JSON_LINES: usize = 2_000;
/// Messages of one kind on standard error, at most.
const MESSAGES: usize = 50;

/// Prints `text` to standard output, without commands of CI systems. A closed pipe is
/// no error, because the reader, for example `head`, may have read enough.
pub(super) fn print(text: &str) -> Result<(), Error> {
    write(&without_commands(text))
}

/// Prints `text` of this program's own as it stands.
pub(super) fn print_own(text: &str) -> Result<(), Error> {
    write(text)
}

/// The same. Says whether anybody reads standard output, for a command that ends when
/// nobody does.
pub(super) fn print_while_read(text: &str) -> Result<Reader, Error> {
    written(&without_commands(text))
}

/// Whether anybody reads an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// It is open.
    Reads,
    /// It is a closed pipe.
    Gone,
}

fn write(text: &str) -> Result<(), Error> {
    written(text).map(drop)
}

fn written(text: &str) -> Result<Reader, Error> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(e) => Err(Error::io("write", Path::new("standard output"), e)),
        Ok(()) => Ok(Reader::Reads),
    }
}

/// Prints `text` to standard output. Of a long text, the middle is left out.
pub(super) fn print_bounded(text: &str) -> Result<(), Error> {
    print(&bounded(text))
}

/// The same for text that people read: on a terminal, lines that are too long are broken
/// between words, below their beginning.
pub(super) fn print_broken(text: &str) -> Result<(), Error> {
    let layout = Layout::of(false);
    let lines = text.lines().flat_map(|line| broken(line, layout));
    print_bounded(&lines.map(|line| line + "\n").collect::<String>())
}

fn bounded(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    if lines.len() <= LINES {
        return text.to_owned();
    }
    let (first, rest) = lines.split_at(LINES - LAST);
    let (middle, last) = rest.split_at(rest.len() - LAST);
    let note = counted(middle.len(), "line is", "lines are");
    let note = format!("… {note} left out here");
    [first, &[&note], last].concat().join("\n") + "\n"
}

/// Prints the first of `messages` to standard error, and how many more there are.
pub(super) fn complain(messages: &[String]) {
    for message in messages.iter().take(MESSAGES) {
        anstream::eprintln!("{message}");
    }
    if messages.len() > MESSAGES {
        anstream::eprintln!("… and {} more", messages.len() - MESSAGES);
    }
}

/// Prints `value` to standard output as JSON, indented unless that takes too many lines.
/// Characters that act on a terminal are escaped.
pub(super) fn print_json(value: &impl serde::Serialize) -> Result<(), Error> {
    let bytes = files::pretty(value)?;
    let document = String::from_utf8_lossy(&bytes);
    if document.lines().nth(JSON_LINES).is_none() {
        return write(&inert_json(&document));
    }
    let compact = serde_json::to_string(value).map_err(|e| Error::Format {
        format: "JSON",
        detail: e.to_string(),
    })?;
    write(&(inert_json(&compact) + "\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_keeps_its_beginning_its_end_and_a_count() {
        let text: String = (0..5_000).map(|i| format!("line {i}\n")).collect();
        let shown = bounded(&text);
        assert_eq!(shown.lines().count(), LINES + 1);
        assert!(shown.starts_with("line 0\n") && shown.ends_with("\nline 4999\n"));
        assert!(shown.contains("\nline 949\n… 4000 lines are left out here\nline 4950\n"));
        let short: String = (0..LINES).map(|i| format!("{i}\n")).collect();
        assert_eq!(bounded(&short), short);
    }
}
