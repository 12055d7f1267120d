//! Maps Wasmtime's errors to the harness's codes: by type, and by text only for
//! the two bounds whose errors have no public type.

use provision_core::text::inert;
use provision_core::wizard::{StepCode, StepFailure};
use wasmtime::component::ResourceTableError;
use wasmtime::{Error, FrameInfo, Trap, WasmBacktrace};

/// Characters of a message that are kept; a guest or a tool may have written it.
const MESSAGE: usize = 400;
/// Functions of a backtrace that are named.
const NAMES: usize = 6;
/// Characters of the name of a function that are kept.
const NAME: usize = 80;

/// A bound of the store was hit.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LimitHit {
    /// Linear memory, in bytes.
    #[error("{asked} bytes of memory requested, bound {limit}")]
    Memory { asked: usize, limit: usize },
    /// Table elements.
    #[error("{asked} table elements requested, bound {limit}")]
    Table { asked: usize, limit: usize },
    /// Calls to the host.
    #[error("more than {limit} calls to the host")]
    HostCalls { limit: u64 },
    /// Bytes of one call to the host.
    #[error("a call to the host with {bytes} bytes, bound {limit}")]
    HostCallBytes { bytes: usize, limit: usize },
    /// Bytes of the stores and of what was written there.
    #[error("the stores of the installation and the step's writes have more than {limit} bytes")]
    StoreBytes { limit: usize },
}

/// The machine lacks memory that the bounds allow a guest.
#[derive(Debug, thiserror::Error)]
#[error("this machine has too little memory for a guest: {0}")]
pub(crate) struct NoRoom(pub(crate) String);

/// The guest ended its process.
#[derive(Debug, thiserror::Error)]
#[error("the guest exited with status {status} instead of answering")]
pub(crate) struct Exited {
    pub(crate) status: i32,
}

/// A write was refused, and the interface has no result that says so.
#[derive(Debug, thiserror::Error)]
#[error("the store refuses `{function}` ({reason}), which has no result that says so")]
pub(crate) struct Unreported {
    pub(crate) function: &'static str,
    pub(crate) reason: &'static str,
}

/// Texts of Wasmtime's errors for two bounds that have no public type. A test
/// provokes both errors, so that it fails if an upgrade changes the texts.
const LIFTED_TOO_MUCH: &str = "too much data is being copied between the host and the guest";
const TOO_MANY_HANDLES: &str = "store handle limit exceeded";

/// A failure with `code`. `message` may hold a guest's text, so it is escaped and
/// cut.
pub(crate) fn fail(code: StepCode, message: impl AsRef<str>) -> StepFailure {
    StepFailure::new(code, inert(message.as_ref(), MESSAGE))
}

/// The failure for an error of a running guest; `None` if the error is neither a
/// trap nor a violated bound.
pub(crate) fn of_guest(error: &Error) -> Option<StepFailure> {
    if let Some(hit) = error.downcast_ref::<LimitHit>() {
        let code = match hit {
            LimitHit::Memory { .. } => StepCode::Memory,
            LimitHit::Table { .. } => StepCode::Table,
            LimitHit::HostCalls { .. } => StepCode::HostCalls,
            LimitHit::HostCallBytes { .. } => StepCode::HostCallBytes,
            LimitHit::StoreBytes { .. } => StepCode::StoreBytes,
        };
        return Some(fail(code, hit.to_string()));
    }
    if let Some(no_room) = error.downcast_ref::<NoRoom>() {
        return Some(fail(StepCode::Harness, no_room.to_string()));
    }
    if let Some(exited) = error.downcast_ref::<Exited>() {
        return Some(fail(StepCode::Exit, exited.to_string()));
    }
    if let Some(unreported) = error.downcast_ref::<Unreported>() {
        return Some(fail(StepCode::StoreRefused, unreported.to_string()));
    }
    let root = error.root_cause().to_string();
    if root.starts_with(LIFTED_TOO_MUCH) {
        return Some(fail(StepCode::HostCallBytes, root));
    }
    let full = matches!(error.downcast_ref(), Some(ResourceTableError::Full));
    if full || root.contains(TOO_MANY_HANDLES) {
        return Some(fail(
            StepCode::Handles,
            "more resource handles than the bound",
        ));
    }
    let trap = error.downcast_ref::<Trap>()?;
    let code = match trap {
        Trap::OutOfFuel => StepCode::Fuel,
        Trap::Interrupt => StepCode::Deadline,
        Trap::StackOverflow => StepCode::Stack,
        Trap::InvalidChar
        | Trap::StringOutOfBounds
        | Trap::ListOutOfBounds
        | Trap::InvalidDiscriminant
        | Trap::UnalignedPointer
        | Trap::CannotEnterComponent
        | Trap::CannotLeaveComponent => StepCode::CanonicalAbi,
        _ => StepCode::Trap,
    };
    let names = names(error);
    Some(match code {
        // Where a bound ends a guest depends on the bound.
        StepCode::Trap if !names.is_empty() => {
            fail(code, format!("{trap}, in `{}`", names.join(" < ")))
        }
        _ => fail(code, trap.to_string()),
    })
}

/// The functions in which a guest trapped, the innermost first, as far as its name
/// section names them. Paths and hashes of a build are no part of a name.
fn names(error: &Error) -> Vec<String> {
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else {
        return Vec::new();
    };
    let names = backtrace.frames().iter().filter_map(FrameInfo::func_name);
    let names = names.take(NAMES).map(|name| {
        let name = format!("{:#}", rustc_demangle::demangle(name));
        inert(&name.replace('`', "'"), NAME)
    });
    names.collect()
}

/// Whether the machine lacks memory or refuses a system call: such an error does
/// not blame the pack.
pub(crate) fn of_machine(error: &Error) -> bool {
    error.is::<wasmtime::OutOfMemory>()
        || error
            .chain()
            .any(|e| e.is::<std::io::Error>() || e.is::<rustix::io::Errno>())
}

/// The failure of an instantiation.
///
/// Imports, memories and tables were all checked before. So an untyped error is
/// the bound on instances, unless the machine is at fault.
pub(crate) fn of_instantiation(error: &Error) -> StepFailure {
    of_guest(error).unwrap_or_else(|| {
        let code = if of_machine(error) {
            StepCode::Harness
        } else {
            StepCode::Instances
        };
        fail(code, format!("instantiation: {error:#}"))
    })
}

/// The failure of a call into a component. An error that is neither a trap nor a
/// bound is a value that cannot be lifted. That value is the answer, unless the
/// component `imports` something: then it may also be an argument of a host call.
pub(crate) fn of_component(error: &Error, imports: bool) -> StepFailure {
    match of_guest(error) {
        Some(failure) => failure,
        None if imports => {
            let message = format!("a value cannot be read: {error:#}");
            fail(StepCode::CanonicalAbi, message)
        }
        None => of_call(error),
    }
}

/// The failure of a call whose answer could not be lifted.
pub(crate) fn of_call(error: &Error) -> StepFailure {
    of_guest(error).unwrap_or_else(|| {
        let utf8 = error.is::<std::str::Utf8Error>() || error.is::<std::string::FromUtf16Error>();
        let code = if utf8 {
            StepCode::OutputUtf8
        } else {
            StepCode::OutputRange
        };
        fail(code, format!("the answer cannot be read: {error:#}"))
    })
}
