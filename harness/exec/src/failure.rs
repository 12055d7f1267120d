//! From Wasmtime's errors to the harness's codes, by type and never by text.

use provision_core::text::inert;
use provision_core::wizard::{StepCode, StepFailure};
use wasmtime::{Error, Trap};

/// Characters of a guest's or a tool's message that are kept.
const MESSAGE: usize = 400;

/// A bound of the store was hit.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LimitHit {
    /// Linear memory, in bytes.
    #[error("{asked} bytes of memory asked for, bound {limit}")]
    Memory { asked: usize, limit: usize },
    /// Table elements.
    #[error("{asked} table elements asked for, bound {limit}")]
    Table { asked: usize, limit: usize },
}

/// A failure of `code`; `message` may hold a stranger's text.
pub(crate) fn fail(code: StepCode, message: impl AsRef<str>) -> StepFailure {
    StepFailure::new(code, inert(message.as_ref(), MESSAGE))
}

/// The failure behind an error of a running guest, or `None` where the error
/// is neither a trap nor a bound.
pub(crate) fn of_guest(error: &Error) -> Option<StepFailure> {
    if let Some(hit) = error.downcast_ref::<LimitHit>() {
        let code = match hit {
            LimitHit::Memory { .. } => StepCode::Memory,
            LimitHit::Table { .. } => StepCode::Table,
        };
        return Some(fail(code, hit.to_string()));
    }
    let trap = error.downcast_ref::<Trap>()?;
    let code = match trap {
        Trap::OutOfFuel => StepCode::Fuel,
        Trap::Interrupt => StepCode::Deadline,
        Trap::StackOverflow => StepCode::Stack,
        _ => StepCode::Trap,
    };
    Some(fail(code, trap.to_string()))
}

/// The failure of an instantiation.
///
/// Imports, memories and tables were all checked before. What is left of
/// untyped errors is the count of instances, unless the machine is at fault.
pub(crate) fn of_instantiation(error: &Error) -> StepFailure {
    of_guest(error).unwrap_or_else(|| {
        let machine = error.is::<std::io::Error>() || error.is::<wasmtime::OutOfMemory>();
        let code = if machine {
            StepCode::Harness
        } else {
            StepCode::Instances
        };
        fail(code, format!("instantiation: {error:#}"))
    })
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
