//! What `init` says at its end: what is left to do, and how a run with the files ends.

use super::known::{self, Known};
use super::platform::Platform;
use crate::cli::config::Settings;
use crate::cli::output::{complain, print};
use crate::discover::PackRef;
use crate::events::RunKind;
use crate::exit::{Error, Exit, show};
use crate::expectations::UNFILLED;
use provision_core::text::counted;
use std::fmt::Write;

/// Says what is left to do, and how a run with the files ends.
pub(super) fn conclude(
    platforms: &[Platform],
    settings: &Settings,
    packs: &[PackRef],
    known: &Known,
) -> Result<Exit, Error> {
    let mut out = format!("\n{}\n", known.tally);
    if !known.entries.is_empty() {
        let (entries, packs) = (known.entries.len(), known.excused.len());
        _ = writeln!(
            out,
            "to do: write an owner and an issue in place of {UNFILLED} into each entry that excuses \
             what fails today: {} for {}",
            counted(entries, "expectation", "expectations"),
            RunKind::Packs.counted(packs)
        );
        if known::expectations(settings).is_none() {
            _ = writeln!(
                out,
                "to do: no file has them, because conformance.toml names {} as `expectations`; name \
                 a file beside it, and run init again",
                known::shown(settings)
            );
        }
    }
    for platform in platforms {
        if let Some(file) = platform.file() {
            _ = writeln!(
                out,
                "to do: at the top of {file}, fill in which harness it installs"
            );
        }
        if let Some(remedy) = platform.remedy() {
            _ = writeln!(out, "to do: {remedy}");
        }
    }
    if platforms.is_empty() {
        let signs = Platform::SERVICES.iter().filter_map(|p| p.sign());
        let signs: Vec<&str> = signs.collect();
        _ = writeln!(
            out,
            "no pipeline: the repository has none of {}; --platform names a service",
            signs.join(", ")
        );
    }
    print(&out)?;
    if known.packs < packs.len() {
        anstream::eprintln!(
            "warning: {} here, and `packs` of conformance.toml selects {}",
            counted(packs.len(), "pack is", "packs are"),
            known.packs
        );
    }
    left(settings, known);
    Ok(known.exit)
}

/// Says what keeps a run from passing.
fn left(settings: &Settings, known: &Known) {
    if known.exit != Exit::Conforms {
        let file = show(&settings.path);
        anstream::eprintln!("a run with {file} exits with {}:", known.exit as u8);
    }
    if !known.new.is_empty() {
        anstream::eprintln!(
            "new failures and stale expectations, which init leaves to you: mend the packs, or run \
             `greentic-provision conformance`, and then `greentic-provision expect add` or `expect \
             prune`"
        );
        complain(&known.new);
    }
    if !known.left.is_empty() {
        anstream::eprintln!(
            "no expectation can excuse these: mend the packs, or name in `packs` only others, as \
             --passing-only does for a new conformance.toml"
        );
        complain(&known.left);
    }
}
