//! Calls by exact types. They avoid the cost of reflection, which makes a value of
//! every byte.

use super::target::Known;
use super::target::Target;
use crate::reflect::Data;
use provision_core::wizard::StepFailure;
use wasmtime::component::{ComponentNamedList, ComponentType, Lower};

/// Calls `function`, which takes `params` and returns a list of bytes: by exact types if the
/// function has these, else by reflection with the same arguments.
pub(super) fn bytes<P: ComponentNamedList + Lower>(
    target: &mut Target<'_>,
    interface: &str,
    function: &str,
    params: P,
    arguments: impl FnOnce() -> Vec<Data>,
) -> Result<Vec<u8>, StepFailure> {
    if let Some(answer) = target.typed::<P, Vec<u8>>(interface, function, params) {
        return answer.and_then(|bytes| target.bounded(bytes));
    }
    let results = target.call(interface, function, &arguments())?;
    target.bytes(&results)
}

/// The modes of `qa` and `component-qa` in newer packs.
#[derive(Debug, Clone, Copy, ComponentType, Lower)]
#[component(enum)]
#[repr(u8)]
enum Mode {
    #[component(name = "default")]
    Default,
    #[component(name = "setup")]
    Setup,
    #[component(name = "update")]
    Update,
    #[component(name = "remove")]
    Remove,
}

/// The modes of `qa` and `component-qa` in older packs.
#[derive(Debug, Clone, Copy, ComponentType, Lower)]
#[component(enum)]
#[repr(u8)]
enum OldMode {
    #[component(name = "default")]
    Default,
    #[component(name = "setup")]
    Setup,
    #[component(name = "upgrade")]
    Upgrade,
    #[component(name = "remove")]
    Remove,
}

/// Calls `function`, which takes a mode and these lists of bytes, and returns a
/// list of bytes.
pub(super) fn by_mode(
    target: &mut Target<'_>,
    interface: &str,
    function: &str,
    mode: &str,
    lists: &[&[u8]],
) -> Known<Vec<u8>> {
    let (new, old) = match mode {
        "default" => (Mode::Default, OldMode::Default),
        "setup" => (Mode::Setup, OldMode::Setup),
        "update" => (Mode::Update, OldMode::Upgrade),
        "remove" => (Mode::Remove, OldMode::Remove),
        _ => return None,
    };
    let bytes = with(target, interface, function, new, lists)
        .or_else(|| with(target, interface, function, old, lists))?;
    Some(bytes.and_then(|bytes| target.bounded(bytes)))
}

fn with<M: ComponentType + Lower + Copy + Send + Sync + 'static>(
    target: &mut Target<'_>,
    interface: &str,
    function: &str,
    mode: M,
    lists: &[&[u8]],
) -> Known<Vec<u8>> {
    match *lists {
        [] => target.typed(interface, function, (mode,)),
        [a] => target.typed(interface, function, (mode, a)),
        [a, b] => target.typed(interface, function, (mode, a, b)),
        _ => None,
    }
}
