//! Annotations for GitHub: workflow commands, one a line, which a job prints so that the
//! causes stand beside the files of a pull request.
//!
//! Source: GitHub, "Workflow commands for GitHub Actions". A step shows ten annotations of a
//! kind, so the worst come first, and the job decides which of them it prints.

use super::located::{self, Location, Weight};
use crate::exit::Error;
use crate::fold::Run;
use provision_core::text::counted;
use std::io::Write;
use std::path::Path;

/// Annotations in the file, at most.
const MOST: usize = 1_000;
/// Characters of a message, at most.
const CHARS: usize = 1_500;

/// Writes the annotations of `run`.
///
/// # Errors
/// [`Error::Io`] of the stream or of `out`.
pub fn write(run: &Run, out: &mut dyn Write) -> Result<(), Error> {
    let done = out.write_all(report(run)?.as_bytes());
    done.map_err(|e| Error::io("write", Path::new("the annotations"), e))
}

fn report(run: &Run) -> Result<String, Error> {
    let (mut lines, left_out) = located::worst_first(run, MOST, |shown| {
        let place = Location::of(shown.pack, shown.cause);
        let rule = located::rule(shown.cause);
        let file = place.in_repository()?;
        Some(line(shown.weight, file, &place, rule, &shown.text()))
    })?;
    if let Some(why) = run.cut().or_else(|| run.shortfall()) {
        lines.insert(0, of_run(Weight::Error, &why));
    }
    if left_out > 0 {
        let more = counted(left_out, "more cause", "more causes");
        let why = format!("{more}; see the JSON report");
        lines.push(of_run(Weight::Note, &why));
    }
    Ok(lines.concat())
}

fn line(weight: Weight, file: &str, place: &Location, rule: &str, text: &str) -> String {
    let column = place.column.map(|column| format!(",col={column}"));
    format!(
        "::{} file={},line={}{},title={}::{}\n",
        name(weight),
        property(file),
        place.line,
        column.unwrap_or_default(),
        property(rule),
        data(text)
    )
}

/// An annotation of the whole run, which has no file.
fn of_run(weight: Weight, text: &str) -> String {
    format!("::{} title=conformance::{}\n", name(weight), data(text))
}

fn name(weight: Weight) -> &'static str {
    match weight {
        Weight::Error => "error",
        Weight::Warning => "warning",
        Weight::Note => "notice",
    }
}

/// The message of a command: it ends with its line.
fn data(text: &str) -> String {
    let mut shown: String = text.chars().take(CHARS).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    let shown = shown.replace('%', "%25");
    shown.replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property: it also ends with a comma or a colon.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_pack_ends_neither_its_property_nor_its_line() {
        let place = Location::of_pack("a,line=9::b%/p.gtpack");
        let file = place.file.as_str();
        let line = line(Weight::Error, file, &place, "x.y", "one\n::warning::two");
        assert_eq!(
            line,
            "::error file=a%2Cline=9%3A%3Ab%25/p.gtpack,line=1,title=x.y::one%0A::warning::two\n"
        );
        assert!(data(&"é".repeat(10_000)).chars().count() == CHARS + 1);
    }
}
