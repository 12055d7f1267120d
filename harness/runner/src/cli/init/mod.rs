//! The command `init`: what a publisher's repository needs so that its packs are judged.
//!
//! It writes files that are not there, and changes none.

mod conclusion;
mod known;
mod new_file;
mod pipeline;
mod platform;
mod repository;
mod settings;

use super::config::Settings;
use super::conformance::quiet::RunFlags;
use super::output::{print, print_bounded};
use super::profile::Profile;
use crate::config::{FILE_NAME, SCHEMA, SHARDS};
use crate::discover::{Discovered, Marker, PackRef, discover, say_skipped};
use crate::events::RunKind;
use crate::exit::{Error, Exit, show};
use crate::interrupt;
use crate::shard::cut::Cut;
use crate::shard::listing::list;
use known::Known;
use new_file::{Found, NewFile};
use pipeline::Pipeline;
use platform::Platform;
use provision_core::Limits;
use provision_core::manifest;
use provision_core::text::inert;
use repository::Repository;
use settings::{Listed, NewSettings, SCHEMA_FILE};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder that is searched for packs, and gets the files.
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// The CI service that gets a pipeline; may be given more than once. By default those
    /// whose files the repository has, or else the one that hosts it.
    #[arg(long, value_enum)]
    platform: Vec<Platform>,
    /// The levels of checks that the packs must pass.
    #[arg(long, default_value = "core")]
    profile: Profile,
    /// A PEM file with a trusted public key or certificate, relative to FOLDER; may be given
    /// more than once.
    #[arg(long, value_name = "KEY.PEM")]
    trust: Vec<String>,
    /// The number of parts into which the pipelines of GitHub and GitLab cut a run.
    #[arg(long, value_name = "N", default_value_t = 1,
        value_parser = clap::value_parser!(u64).range(1..=SHARDS))]
    shards: u64,
    /// Name in `packs` only those that pass with the expectations. The others stand in
    /// comments, with the reason of each.
    #[arg(long)]
    passing_only: bool,
    /// Print what would be written, and write nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    run: RunFlags,
}

pub(super) fn run(args: &Args) -> Result<Exit, Error> {
    let repository = Repository::of(&args.folder)?;
    let Some(packs) = find(args)? else {
        return Ok(Exit::Nothing);
    };
    let base = repository::short(&args.folder);
    let mut settings = settings(args, &base, &packs)?;
    // NB: before minutes of judging.
    let mut files = files(args, &repository, &base, &packs, &settings);
    let mut found: Vec<Found> = files.iter().map(NewFile::found).collect::<Result<_, _>>()?;
    for (file, found) in files.iter().zip(&found) {
        if *found == Found::Absent && !file.name.contains('/') && !args.dry_run {
            crate::files::check_writable(&file.path())?;
        }
    }
    anstream::eprintln!("judging the packs; this takes a while");
    let mut known = judge(args, &settings)?;
    let is_new = found.first() == Some(&Found::Absent);
    if args.passing_only && is_new && interrupt::asked().is_none() {
        if let Some(text) = passing(args, &settings, &known)? {
            settings = Settings::parse(settings.path, &text)?;
            known = judge(args, &settings)?;
            files[0].text = text;
        }
    } else if args.passing_only {
        anstream::eprintln!(
            "warning: --passing-only is for a new conformance.toml, and it is there"
        );
    }
    if let Some(signal) = interrupt::asked() {
        anstream::eprintln!("error: interrupted by {signal}; nothing was written");
        return Ok(Exit::Harness);
    }
    if let (Some(text), Some(name)) = (&known.text, known::expectations(&settings)) {
        let file = NewFile {
            base,
            name,
            text: text.clone(),
        };
        found.push(file.found()?);
        files.push(file);
    }
    for (file, found) in files.iter().zip(&found) {
        put(args, file, found)?;
    }
    if let Some(kept) = &known.kept {
        print(&format!("kept       {kept}\n"))?;
    }
    let platforms = platforms(args, &repository);
    conclusion::conclude(&platforms, &settings, &packs, &known)
}

/// The packs of the folder; `None` if there are none.
fn find(args: &Args) -> Result<Option<Vec<PackRef>>, Error> {
    let Discovered { packs, skipped } =
        discover(std::slice::from_ref(&args.folder), Marker::Manifest)?;
    say_skipped(&skipped, "in `packs` of conformance.toml");
    if packs.is_empty() {
        let names = manifest::FILE_NAMES.join(", ");
        anstream::eprintln!(
            "error: no packs in {}: a pack is a .gtpack file or a folder with one of {names}. If a \
             build makes them, run it first; nothing was written",
            show(&args.folder)
        );
        return Ok(None);
    }
    if packs.iter().any(|pack| pack.path == args.folder) {
        return Err(Error::Usage(format!(
            "{}: a pack itself, which the files of init would change; run init in the folder above",
            show(&args.folder)
        )));
    }
    check_shards(args, &packs)?;
    Ok(Some(packs))
}

/// Judges what the settings name, with the expectations that they name, or makes these.
fn judge(args: &Args, settings: &Settings) -> Result<Known, Error> {
    let scratch = tempfile::tempdir().map_err(|e| Error::io("create", &std::env::temp_dir(), e))?;
    let there = settings.config.expectations.as_deref();
    let there = there.map(|path| settings.locate(path));
    let there = there.filter(|path| path.symlink_metadata().is_ok());
    known::judge(settings, there, scratch.path(), &args.run)
}

/// The text of new settings that name only the packs that pass; `None` if all pass, or none.
fn passing(args: &Args, settings: &Settings, known: &Known) -> Result<Option<String>, Error> {
    if known.failing.is_empty() {
        return Ok(None);
    }
    // The labels of a run begin at the roots that it searches.
    let roots = settings.config.packs.iter().flatten();
    let roots: Vec<PathBuf> = roots
        .map(|at| settings.locate(Path::new(&at.value)))
        .collect();
    let base = repository::short(&args.folder);
    let Discovered { packs, .. } = discover(&roots, Marker::Manifest)?;
    let listed = settings::each(&base, &packs, &known.failing);
    if listed.iter().all(|listed| listed.left_out.is_some()) {
        anstream::eprintln!("warning: --passing-only would leave no pack, so `packs` names all");
        return Ok(None);
    }
    let passing = packs.into_iter();
    let passing = passing.filter(|pack| !known.failing.contains_key(&pack.label));
    check_shards(args, &passing.collect::<Vec<_>>())?;
    Ok(Some(new_settings(args, &listed)))
}

/// Refuses shards that would have no pack: such a shard judges nothing, and ends with 5.
fn check_shards(args: &Args, packs: &[PackRef]) -> Result<(), Error> {
    let cut = Cut::of(&list(packs, &Limits::default()), args.shards);
    let shards: BTreeSet<u64> = cut.packs.iter().map(|pack| pack.shard).collect();
    if shards.len() as u64 == args.shards {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "--shards {}: {} are cut into {} shards that have any; name fewer",
        args.shards,
        RunKind::Packs.counted(packs.len()),
        shards.len()
    )))
}

/// The settings in the folder, or new ones.
fn settings(args: &Args, base: &Path, packs: &[PackRef]) -> Result<Settings, Error> {
    let path = base.join(FILE_NAME);
    if path.symlink_metadata().is_ok() {
        return Settings::read(&path);
    }
    let packs = settings::roots(&args.folder, packs);
    Settings::parse(path, &new_settings(args, &packs))
}

fn new_settings(args: &Args, packs: &[Listed]) -> String {
    let new = NewSettings {
        packs,
        profile: args.profile,
        trust: &args.trust,
        shards: args.shards,
    };
    new.text()
}

/// The platforms of `args`, or those that the repository uses.
fn platforms(args: &Args, repository: &Repository) -> Vec<Platform> {
    match args.platform.as_slice() {
        [] => repository.platforms(),
        named => named.to_vec(),
    }
}

/// The files, except for the expectations.
fn files(
    args: &Args,
    repository: &Repository,
    base: &Path,
    packs: &[PackRef],
    settings: &Settings,
) -> Vec<NewFile> {
    let file = |base: &Path, name: &str, text: String| NewFile {
        base: base.to_owned(),
        name: name.to_owned(),
        text,
    };
    let packs = settings::roots(&args.folder, packs);
    let mut files = vec![
        file(base, FILE_NAME, new_settings(args, &packs)),
        file(base, SCHEMA_FILE, SCHEMA.to_owned()),
    ];
    let (config, branch) = (repository.config(), repository.branch());
    for platform in platforms(args, repository) {
        let pipeline = Pipeline {
            platform,
            config: &config,
            branch: &branch,
            has_lfs: repository.has_lfs(),
            shards: settings.config.shards.unwrap_or(1),
            project: env!("CARGO_PKG_REPOSITORY"),
        };
        if let (Some(name), Some(text)) = (platform.file(), pipeline.text()) {
            files.push(file(&repository.top, name, text));
        }
    }
    files
}

/// Writes a file that is not there, or says why not.
fn put(args: &Args, file: &NewFile, found: &Found) -> Result<(), Error> {
    let path = show(&file.path());
    match found {
        Found::Same => print(&format!("unchanged  {path}\n")),
        Found::Other(difference) if args.dry_run => {
            print(&format!("kept       {path}: {difference}\n"))?;
            print_bounded(&format!(
                "init would write {path}:\n{}\n",
                shown(&file.text)
            ))
        }
        Found::Other(difference) => print(&format!(
            "kept       {path}: {difference}; --dry-run shows the rest\n"
        )),
        Found::Absent if args.dry_run => {
            print_bounded(&format!("would write {path}:\n{}\n", shown(&file.text)))
        }
        Found::Absent => {
            file.write()?;
            print(&format!("wrote      {path}\n"))
        }
    }
}

fn shown(text: &str) -> String {
    text.lines().map(|line| inert(line, 400) + "\n").collect()
}
