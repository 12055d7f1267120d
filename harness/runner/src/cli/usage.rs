//! Makes the arguments inert that an error of the command line quotes: a script may pass a
//! file's name, and a line of it that starts with `::` would be a command for CI services.

use clap::error::{ContextKind, ContextValue};
use provision_core::text::inert;

/// Characters of a quoted argument, at most.
const ARGUMENT: usize = 200;

/// The same error with inert arguments.
pub(super) fn with_inert_arguments(mut error: clap::Error) -> clap::Error {
    let quoted: Vec<(ContextKind, ContextValue)> = error
        .context()
        .filter_map(|(kind, value)| Some((kind, inert_value(value)?)))
        .collect();
    for (kind, value) in quoted {
        error.insert(kind, value);
    }
    error
}

/// The value, if it can quote an argument. The usage has several lines and quotes none.
fn inert_value(value: &ContextValue) -> Option<ContextValue> {
    Some(match value {
        ContextValue::String(text) => ContextValue::String(inert(text, ARGUMENT)),
        ContextValue::Strings(texts) => {
            let inert = texts.iter().map(|text| inert(text, ARGUMENT));
            ContextValue::Strings(inert.collect())
        }
        // Suggestions, which quote what they suggest to quote.
        ContextValue::StyledStrs(texts) => {
            let inert = texts.iter().map(|text| {
                let text = inert(&text.to_string(), 2 * ARGUMENT);
                clap::builder::StyledStr::from(text)
            });
            ContextValue::StyledStrs(inert.collect())
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::with_inert_arguments;
    use crate::cli::Cli;
    use clap::Parser;

    #[test]
    fn quoted_argument_is_one_inert_line() {
        let hostile = "x\u{202e}\n::error::y";
        for arguments in [
            vec![hostile],
            vec![hostile, "--help"],
            vec!["--x\n::error::y"],
            vec!["explain", "plan.golden", "--x\n::error::y"],
            vec!["completions", hostile],
            vec!["conformance", "--packs", "p", "--profile", hostile],
            vec!["conformance", "--packs", "p", "--jobs", hostile],
            vec!["conformance", "--packs", "p", "--shard", hostile],
            vec!["--color", hostile],
            vec!["report", hostile],
        ] {
            let all = std::iter::once("greentic-provision").chain(arguments.iter().copied());
            let error = match Cli::try_parse_from(all) {
                Err(error) if error.use_stderr() => with_inert_arguments(error),
                _ => panic!("{arguments:?} is accepted"),
            };
            let shown = error.render().to_string();
            let commands = shown.lines().filter(|line| line.starts_with("::")).count();
            assert_eq!(commands, 0, "{arguments:?}: {shown}");
            assert!(!shown.contains('\u{202e}'), "{arguments:?}: {shown}");
        }
    }
}
