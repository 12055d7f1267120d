//! The packs that traces are compared with, and whose steps are run again.

use crate::cli::cache::CacheFlags;
use crate::cli::isolation::IsolationFlags;
use crate::cli::open::open;
use crate::cli::registry::{self, RegistryFlags};
use crate::events::ConfigFile;
use crate::evidence::quoted;
use crate::exit::{Error, Exit};
use crate::place::Place;
use crate::recordings::{Aids, Executing};
use provision_core::{Limits, Pack};
use provision_exec::Compilers;
use provision_oracle::recorded::PackFacts;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct PackFlags {
    /// The pack whose flows ran: a .gtpack file, a pack folder, oci://HOST/REPOSITORY:TAG (or
    /// @sha256:DIGEST), or oci-layout:FOLDER[:TAG]. Digest, flow and steps of traces are
    /// compared with it; by default with the pack of --replay, if that is given.
    #[arg(long, value_parser = registry::place())]
    pack: Option<Place>,
    /// The pack whose components run recorded steps again, with the recorded inputs and in a
    /// dry run; the hashes of their outputs are compared.
    #[arg(long, value_name = "PACK", value_parser = registry::place())]
    replay: Option<Place>,
    #[command(flatten)]
    registries: RegistryFlags,
    #[command(flatten)]
    isolation: IsolationFlags,
    #[command(flatten)]
    cache: CacheFlags,
}

/// The packs, opened.
pub(super) struct Opened {
    pub(super) aids: Aids,
    /// Their digests.
    pub(super) configuration: Vec<ConfigFile>,
}

impl PackFlags {
    /// Opens the packs; or the exit code if one is no usable pack, after an error message.
    pub(super) fn open(&self, jobs: usize) -> Result<Result<Opened, Exit>, Error> {
        let limits = Limits::default();
        let (pack, replayed) = match (
            self.read(&self.pack, &limits)?,
            self.read(&self.replay, &limits)?,
        ) {
            (Ok(pack), Ok(replayed)) => (pack, replayed),
            (Err(exit), _) | (_, Err(exit)) => return Ok(Err(exit)),
        };
        let configuration = [("pack", &pack), ("replay", &replayed)]
            .into_iter()
            .filter_map(|(name, pack)| {
                let pack = pack.as_ref()?;
                Some(ConfigFile {
                    name: name.into(),
                    sha256: pack.digest().to_owned(),
                })
            })
            .collect();
        let facts = pack.as_ref().or(replayed.as_ref()).map(PackFacts::of);
        let replay = replayed.map(|pack| self.executing(pack, limits, jobs));
        let aids = Aids {
            pack: facts,
            replay: replay.transpose()?,
            ..Aids::default()
        };
        Ok(Ok(Opened {
            aids,
            configuration,
        }))
    }

    fn read(
        &self,
        place: &Option<Place>,
        limits: &Limits,
    ) -> Result<Result<Option<Pack>, Exit>, Error> {
        let Some(place) = place else {
            return Ok(Ok(None));
        };
        let registries = self.registries.open(&place.reference)?;
        Ok(open(place, &registries, limits)?.map(Some))
    }

    fn executing(&self, pack: Pack, limits: Limits, jobs: usize) -> Result<Executing, Error> {
        let cache = self.cache.open()?;
        let isolation = self.isolation.place()?;
        let executor = isolation.steps(&limits, Compilers::One, cache.as_ref(), jobs)?;
        Ok(Executing {
            pack,
            executor,
            limits,
        })
    }

    /// Where the packs are.
    pub(super) fn paths(&self) -> impl Iterator<Item = &PathBuf> + Clone {
        let places = self.pack.iter().chain(&self.replay);
        places.map(|place| &place.path)
    }

    /// The flags that name the packs again.
    pub(super) fn flags(&self) -> String {
        let given = [("--pack", &self.pack), ("--replay", &self.replay)];
        let given = given.into_iter().filter_map(|(flag, place)| {
            let path = place.as_ref()?.path.to_string_lossy();
            Some(format!(" {flag} {}", quoted(&path)))
        });
        given.collect()
    }
}
