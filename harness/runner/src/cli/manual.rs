//! The commands `completions` and `man`: what a shell and the manual know of this command
//! line. They are part of the program, so that `cargo install` brings them too.

use super::output::print_own;
use crate::exit::{Error, Exit, show};
use clap::Command;
use clap_complete::Shell;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Completions {
    /// The shell that reads the script.
    shell: Shell,
}

#[derive(Debug, clap::Args)]
pub(super) struct Man {
    /// The folder for the pages, which must not exist: one page a command, in section 1.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub(super) fn completions(mut command: Command, args: &Completions) -> Result<Exit, Error> {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    print_own(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Conforms)
}

pub(super) fn man(command: Command, args: &Man) -> Result<Exit, Error> {
    let folder = &args.folder;
    // NB: the generator replaces files that exist, so it gets a folder of its own.
    fs::create_dir(folder).map_err(|e| match e.kind() {
        ErrorKind::AlreadyExists => Error::Usage(format!(
            "{} exists; `man` writes into a new folder only, so name another one",
            show(folder)
        )),
        _ => Error::io("create", folder, e),
    })?;
    clap_mangen::generate_to(command, folder).map_err(|e| Error::io("write below", folder, e))?;
    Ok(Exit::Conforms)
}
