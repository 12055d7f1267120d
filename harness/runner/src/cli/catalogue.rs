//! The commands `checks list`, `checks markdown` and `explain`.

use super::output::{print, print_broken};
use crate::advice::nearest;
use crate::catalogue::{self, MARKDOWN, level, section};
use crate::exit::{Error, Exit};
use crate::reports::console::columns;
use crate::reports::console::lines::{wrap, wrap_below};
use provision_core::FindingCode;
use provision_core::text::inert;
use provision_oracle::checks;
use provision_oracle::comparison::Rule;

#[derive(Debug, clap::Args)]
pub(super) struct Explain {
    /// The id of a check, for example `plan.golden`; a stage, for all of its
    /// checks; a finding code, for example `E_TRAP`; or a rule of `compare`, for example
    /// `question.removed`.
    id: String,
}

/// Columns of a check's id and level in a list.
const LEFT: usize = 38;
/// Columns for the requirement beside them, at least.
const NARROWEST: usize = 30;

pub(super) fn list() -> Result<Exit, Error> {
    let mut out = String::new();
    for check in checks::catalogue() {
        let level = level(check.level);
        let head = format!("{:<28} {level:<8} ", check.id);
        out += &match columns().map(|columns| (columns, columns.saturating_sub(head.len()))) {
            None => format!("{head}{}\n", check.requirement),
            Some((_, room @ NARROWEST..)) => {
                let lines = wrap(check.requirement, room);
                head + &lines.join(&format!("\n{:LEFT$}", "")) + "\n"
            }
            Some((columns, _)) => {
                let lines = wrap_below(check.requirement, 2, columns);
                format!("{}\n{}\n", head.trim_end(), lines.join("\n"))
            }
        };
    }
    print(&out)?;
    Ok(Exit::Conforms)
}

pub(super) fn markdown() -> Result<Exit, Error> {
    print(MARKDOWN)?;
    Ok(Exit::Conforms)
}

pub(super) fn explain(args: &Explain) -> Result<Exit, Error> {
    if let Some(code) = FindingCode::parse(&args.id) {
        print_broken(&catalogue::code(&code))?;
        return Ok(Exit::Conforms);
    }
    if let Some(rule) = Rule::ALL.iter().find(|rule| rule.slug() == args.id) {
        let (class, why) = (rule.class(), rule.why());
        print_broken(&format!(
            "## {rule}\n\nA difference between two packs: {class}.\n\n{why}\n"
        ))?;
        return Ok(Exit::Conforms);
    }
    let stage = format!("{}.", args.id);
    let wanted = checks::catalogue().filter(|c| c.id == args.id || c.id.starts_with(&stage));
    let sections: Vec<&str> = wanted.filter_map(|c| section(c.id)).collect();
    if sections.is_empty() {
        let id = inert(&args.id, 80);
        let why = format!(
            "no check, stage, finding code or rule `{id}`{}; `greentic-provision checks markdown` \
             lists the checks and codes",
            nearest(&args.id, checks::catalogue().map(|check| check.id))
        );
        return Err(Error::Usage(why));
    }
    print_broken(&sections.join("\n"))?;
    Ok(Exit::Conforms)
}
