//! The flags of `watch`.

use crate::cli::config::ConfigFlags;
use crate::cli::conformance::Judging;
use crate::cli::conformance::settings::packs;
use crate::cli::conformance::wanted::{self, WantedPacks};
use crate::cli::parsed::time;
use crate::config::Key;
use crate::events::ConfigFile;
use crate::exit::Error;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Packs, folders to search for packs, and @FILE with one of these a line, relative to the
    /// current folder. Packs that appear in a folder are judged, too. Required, unless the file of
    /// settings names packs.
    #[arg(value_parser = wanted::parser())]
    pub(super) packs: Vec<WantedPacks>,
    #[command(flatten)]
    pub(super) config: ConfigFlags,
    #[command(flatten)]
    pub(super) judging: Judging,
    /// Look at the packs every TIME instead of asking the system what changes: for network file
    /// systems, which do not say. Without TIME, every 2 seconds.
    #[arg(
        long,
        value_name = "TIME",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "2s",
        value_parser = interval
    )]
    pub(super) poll: Option<Duration>,
    /// Judge when nothing has changed for TIME: a build may write a pack in pieces. What goes
    /// on changing is judged after ten seconds as it is, and again later.
    #[arg(long, value_name = "TIME", default_value = "300ms", value_parser = settling)]
    pub(super) settle: Duration,
    /// The output folder, for the events and the artifacts of the last judgement.
    #[arg(long, default_value = "reports/watch")]
    pub(super) out: PathBuf,
    /// Print one JSON object a line: for each judgement, each error, and the end.
    #[arg(long)]
    pub(super) json: bool,
    /// Print all causes of each pack that was judged, with all places, and every failed check.
    #[arg(long, short)]
    pub(super) verbose: bool,
    /// Clear the terminal before each judgement. The lines above are lost.
    #[arg(long, conflicts_with = "json")]
    pub(super) clear: bool,
    /// The file of settings, once it is read.
    #[arg(skip)]
    pub(super) settings: Option<ConfigFile>,
}

impl Args {
    /// Reads the file of settings, and takes from it what no flag says. Releases and shards
    /// are not of this command.
    ///
    /// # Errors
    /// Those of the file, and [`Error::Usage`] if neither says what is judged.
    pub(super) fn settle(&mut self) -> Result<(), Error> {
        if let Some(settings) = self.config.read()? {
            let given = |key: &Key| match key {
                Key::Packs => !self.packs.is_empty(),
                Key::Previous | Key::Shards => true,
                key => self.judging.overrides(*key),
            };
            settings.announce(&Key::ALL.into_iter().filter(given).collect::<Vec<_>>());
            if self.packs.is_empty() {
                self.packs = packs(&settings)?;
            }
            self.judging.complete(&settings);
            self.settings = Some(settings.digest());
        }
        if self.packs.is_empty() {
            let why = "no packs are named; name files or folders, or `packs` in conformance.toml, \
                       which `greentic-provision init` writes";
            return Err(Error::Usage(why.into()));
        }
        Ok(())
    }
}

/// A shorter interval would read the packs all the time.
const SHORTEST_POLL: Duration = Duration::from_millis(100);
/// How long a change may have to wait, at most.
const LONGEST: Duration = Duration::from_secs(3600);

fn interval(text: &str) -> Result<Duration, String> {
    within(text, SHORTEST_POLL, "100ms")
}

fn settling(text: &str) -> Result<Duration, String> {
    within(text, Duration::ZERO, "0s")
}

fn within(text: &str, shortest: Duration, named: &str) -> Result<Duration, String> {
    let time = time(text)?;
    if (shortest..=LONGEST).contains(&time) {
        return Ok(time);
    }
    Err(format!("give a time between {named} and 1h"))
}
