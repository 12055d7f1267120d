//! A core module with `run(ptr, len) -> (ptr, len)` and exported `memory`.

use crate::failure::{fail, of_call, of_instantiation};
use crate::store::Sandbox;
use provision_core::limits::StepLimits;
use provision_core::wizard::{StepCode, StepFailure};
use wasmtime::{ExternType, Instance, InstancePre, Memory, Module, Store, ValType};

const PAGE: u64 = 64 * 1024;

/// Whether `module` exports what the contract asks for.
pub(crate) fn check(module: &Module) -> Result<(), StepFailure> {
    if !matches!(module.get_export("memory"), Some(ExternType::Memory(_))) {
        return Err(fail(StepCode::Abi, "no exported memory `memory`"));
    }
    let Some(ExternType::Func(run)) = module.get_export("run") else {
        return Err(fail(StepCode::Abi, "no exported function `run`"));
    };
    let pair = |types: Vec<ValType>| matches!(types[..], [ValType::I32, ValType::I32]);
    if pair(run.params().collect()) && pair(run.results().collect()) {
        return Ok(());
    }
    let message = format!("`run` is {run}; the contract is (i32, i32) -> (i32, i32)");
    Err(fail(StepCode::Abi, message))
}

/// Instantiates the module.
pub(crate) fn instantiate(
    pre: &InstancePre<Sandbox>,
    store: &mut Store<Sandbox>,
) -> Result<Instance, StepFailure> {
    pre.instantiate(store).map_err(|e| of_instantiation(&e))
}

/// Hands `input` to the instance and reads its answer.
pub(crate) fn call(
    instance: &Instance,
    store: &mut Store<Sandbox>,
    input: &[u8],
    limits: &StepLimits,
) -> Result<Vec<u8>, StepFailure> {
    let memory = instance
        .get_memory(&mut *store, "memory")
        .ok_or_else(|| fail(StepCode::Abi, "no exported memory `memory`"))?;
    // What reactors of C compilers want before anything else is called.
    if let Ok(initialize) = instance.get_typed_func::<(), ()>(&mut *store, "_initialize") {
        initialize.call(&mut *store, ()).map_err(|e| of_call(&e))?;
    }
    let at = place(instance, &memory, store, input)?;
    let run = instance
        .get_typed_func::<(u32, u32), (u32, u32)>(&mut *store, "run")
        .map_err(|e| fail(StepCode::Abi, format!("{e:#}")))?;
    let (ptr, len) = run
        .call(&mut *store, (at, input.len() as u32))
        .map_err(|e| of_call(&e))?;
    if len as usize > limits.output_bytes && !cfg!(planted_bug = "step_core") {
        let message = format!("an answer of {len} bytes, bound {}", limits.output_bytes);
        return Err(fail(StepCode::Output, message));
    }
    let answer = memory
        .data(&*store)
        .get(ptr as usize..)
        .and_then(|m| m.get(..len as usize));
    answer.map(<[u8]>::to_vec).ok_or_else(|| {
        let message = format!("an answer of {len} bytes at {ptr} lies outside memory");
        fail(StepCode::OutputRange, message)
    })
}

/// Writes `input` where the guest wants it, else into fresh pages: what the
/// guest has in its memory is never overwritten.
fn place(
    instance: &Instance,
    memory: &Memory,
    store: &mut Store<Sandbox>,
    input: &[u8],
) -> Result<u32, StepFailure> {
    let len = input.len() as u32;
    let at = if let Ok(alloc) = instance.get_typed_func::<u32, u32>(&mut *store, "alloc") {
        alloc.call(&mut *store, len).map_err(|e| of_call(&e))?
    } else if let Ok(realloc) =
        instance.get_typed_func::<(u32, u32, u32, u32), u32>(&mut *store, "cabi_realloc")
    {
        realloc
            .call(&mut *store, (0, 0, 1, len))
            .map_err(|e| of_call(&e))?
    } else {
        fresh_pages(memory, store, input.len() as u64)?
    };
    memory.write(&mut *store, at as usize, input).map_err(|_| {
        let message = format!("the guest's allocator gave {at}, where {len} bytes have no room");
        fail(StepCode::Input, message)
    })?;
    Ok(at)
}

fn fresh_pages(memory: &Memory, store: &mut Store<Sandbox>, len: u64) -> Result<u32, StepFailure> {
    let before = memory
        .grow(&mut *store, len.div_ceil(PAGE).max(1))
        .map_err(|e| {
            crate::failure::of_guest(&e).unwrap_or_else(|| {
                let message = "the memory cannot grow for the input, and there is no `alloc`";
                fail(StepCode::Input, message)
            })
        })?;
    u32::try_from(before * PAGE).map_err(|_| fail(StepCode::Input, "the memory is full"))
}
