//! [`Layout`]: how much the report shows, and in how many columns.

use super::lines::WIDTH;
use std::io::IsTerminal;

/// A narrower terminal gets lines that it breaks itself.
const NARROWEST: usize = 40;

/// How much the report shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// The most important causes of each pack.
    Brief,
    /// All causes with all places, and every failed check.
    Verbose,
}

/// How the report is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    pub(super) detail: Detail,
    /// The columns of the terminal; `None` for a file or a pipe, whose lines are not
    /// broken: scripts read them.
    terminal: Option<usize>,
}

impl From<Detail> for Layout {
    /// For a file or a pipe.
    fn from(detail: Detail) -> Self {
        Self {
            detail,
            terminal: None,
        }
    }
}

impl Layout {
    /// For standard output, with the detail that the flag `--verbose` asks for.
    #[must_use]
    pub fn of(verbose: bool) -> Self {
        let detail = if verbose {
            Detail::Verbose
        } else {
            Detail::Brief
        };
        Self {
            detail,
            terminal: columns(),
        }
    }

    /// The columns of a line, at most.
    pub(super) fn columns(self) -> usize {
        self.terminal.unwrap_or(WIDTH)
    }

    /// The columns of the terminal, if there is one.
    pub(super) fn terminal(self) -> Option<usize> {
        self.terminal
    }
}

/// The columns of the terminal that standard output is; `None` if it is none, or does not
/// say how wide it is.
#[must_use]
pub fn columns() -> Option<usize> {
    if !std::io::stdout().is_terminal() {
        return None;
    }
    let (_, columns) = console::Term::stdout().size_checked()?;
    let columns = usize::from(columns);
    (columns > 0).then(|| columns.max(NARROWEST))
}
