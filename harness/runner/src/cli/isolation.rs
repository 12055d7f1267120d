//! The flags that select the process in which steps run.

use crate::executors::Isolation;
use crate::exit::Error;
use clap::ValueEnum;
use provision_worker::CompileTimeout;
use std::time::Duration;

#[derive(Debug, Clone, clap::Args)]
pub(super) struct IsolationFlags {
    /// The process in which steps run.
    #[arg(long, value_enum, default_value_t = IsolationArg::Auto)]
    isolation: IsolationArg,
    /// Seconds of processor time that a worker may take to compile a component, plus
    /// half as many for each MiB of the component.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(1..=3600)
    )]
    compile_deadline: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum IsolationArg {
    /// In workers, with every restriction that this machine supports.
    Auto,
    /// In this process, for debugging; a crash of the engine ends the run.
    None,
    /// In workers; exit 6 unless every restriction holds.
    Require,
}

impl IsolationFlags {
    pub(super) fn place(&self) -> Result<Isolation, Error> {
        let base = Duration::from_secs(self.compile_deadline.into());
        let mib = base / 2;
        match self.isolation {
            IsolationArg::None => Ok(Isolation::InProcess),
            IsolationArg::Auto => Isolation::workers(CompileTimeout { base, mib }, false),
            IsolationArg::Require => Isolation::workers(CompileTimeout { base, mib }, true),
        }
    }
}
