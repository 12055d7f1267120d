//! A core module with `run(ptr, len) -> (ptr, len)` and exported `memory`.

use crate::failure::{fail, of_call, of_instantiation};
use crate::store::Sandbox;
use provision_core::limits::StepLimits;
use provision_core::text::counted;
use provision_core::wizard::{StepCode, StepFailure};
use wasmtime::{
    Extern, ExternType, Instance, InstancePre, Memory, Module, ModuleExport, Store, WasmParams,
    WasmResults,
};

const PAGE: u64 = 64 * 1024;

/// The contract's exports, looked up once for each module instead of each step.
pub(crate) struct Exports {
    memory: ModuleExport,
    run: ModuleExport,
    /// `_initialize`, which reactors of C compilers expect to be called first.
    initialize: Option<ModuleExport>,
    allocator: Allocator,
}

/// How the host allocates guest memory for the input.
enum Allocator {
    /// Calls the guest's `alloc(len)`.
    Alloc(ModuleExport),
    /// Calls the guest's `cabi_realloc(0, 0, 1, len)`.
    Realloc(ModuleExport),
    /// Grows the memory by fresh pages, so that no data of the guest is overwritten.
    Pages,
}

impl Exports {
    /// The exports of `module`, if it fulfils the contract.
    pub(crate) fn of(module: &Module) -> Result<Self, StepFailure> {
        if !matches!(module.get_export("memory"), Some(ExternType::Memory(_))) {
            return Err(no_memory());
        }
        let Some(ExternType::Func(ty)) = module.get_export("run") else {
            return Err(no_run());
        };
        let run = function(module, "run", 2, 2).ok_or_else(|| {
            let message = format!("`run` is {ty}; the contract is (i32, i32) -> (i32, i32)");
            fail(StepCode::Abi, message)
        })?;
        let alloc = function(module, "alloc", 1, 1).map(Allocator::Alloc);
        let realloc = || function(module, "cabi_realloc", 4, 1).map(Allocator::Realloc);
        Ok(Self {
            memory: module.get_export_index("memory").ok_or_else(no_memory)?,
            run,
            initialize: function(module, "_initialize", 0, 0),
            allocator: alloc.or_else(realloc).unwrap_or(Allocator::Pages),
        })
    }
}

/// The export `name`, if it is a function with so many `i32` parameters and
/// results.
fn function(module: &Module, name: &str, params: usize, results: usize) -> Option<ModuleExport> {
    let Some(ExternType::Func(ty)) = module.get_export(name) else {
        return None;
    };
    let ints = ty.params().chain(ty.results()).all(|ty| ty.is_i32());
    let fits = ints && ty.params().len() == params && ty.results().len() == results;
    fits.then(|| module.get_export_index(name)).flatten()
}

fn no_memory() -> StepFailure {
    fail(StepCode::Abi, "no exported memory `memory`")
}

fn no_run() -> StepFailure {
    fail(StepCode::Abi, "no exported function `run`")
}

/// Instantiates the module.
pub(crate) fn instantiate(
    pre: &InstancePre<Sandbox>,
    store: &mut Store<Sandbox>,
) -> Result<Instance, StepFailure> {
    pre.instantiate(store).map_err(|e| of_instantiation(&e))
}

/// An instance and its store.
struct Guest<'g> {
    instance: &'g Instance,
    store: &'g mut Store<Sandbox>,
}

impl Guest<'_> {
    fn call<P: WasmParams, R: WasmResults>(
        &mut self,
        export: &ModuleExport,
        params: P,
    ) -> Result<R, StepFailure> {
        let export = self.instance.get_module_export(&mut *self.store, export);
        let function = export.and_then(Extern::into_func).ok_or_else(no_run)?;
        let function = function
            .typed::<P, R>(&*self.store)
            .map_err(|e| fail(StepCode::Abi, format!("{e:#}")))?;
        function
            .call(&mut *self.store, params)
            .map_err(|e| of_call(&e))
    }
}

/// Passes `input` to the instance and reads its answer.
pub(crate) fn call(
    instance: &Instance,
    exports: &Exports,
    store: &mut Store<Sandbox>,
    input: &[u8],
    limits: &StepLimits,
) -> Result<Vec<u8>, StepFailure> {
    let memory = instance
        .get_module_export(&mut *store, &exports.memory)
        .and_then(Extern::into_memory)
        .ok_or_else(no_memory)?;
    let mut guest = Guest { instance, store };
    if let Some(initialize) = &exports.initialize {
        guest.call::<(), ()>(initialize, ())?;
    }
    let at = place(&mut guest, &exports.allocator, &memory, input)?;
    let (ptr, len): (u32, u32) = guest.call(&exports.run, (at, input.len() as u32))?;
    if len as usize > limits.output_bytes && !cfg!(planted_bug = "step_core") {
        let message = format!("an answer of {len} bytes, bound {}", limits.output_bytes);
        return Err(fail(StepCode::Output, message));
    }
    let answer = memory
        .data(&*guest.store)
        .get(ptr as usize..)
        .and_then(|m| m.get(..len as usize));
    answer.map(<[u8]>::to_vec).ok_or_else(|| {
        let message = format!(
            "an answer of {} at {ptr} lies outside memory",
            counted(len, "byte", "bytes")
        );
        fail(StepCode::OutputRange, message)
    })
}

/// Allocates guest memory and writes `input` there.
fn place(
    guest: &mut Guest<'_>,
    allocator: &Allocator,
    memory: &Memory,
    input: &[u8],
) -> Result<u32, StepFailure> {
    let len = input.len() as u32;
    let at = match allocator {
        Allocator::Alloc(alloc) => guest.call(alloc, (len,))?,
        Allocator::Realloc(realloc) => guest.call(realloc, (0u32, 0u32, 1u32, len))?,
        Allocator::Pages => fresh_pages(memory, guest.store, input.len() as u64)?,
    };
    memory
        .write(&mut *guest.store, at as usize, input)
        .map_err(|_| {
            let message = format!(
                "the guest's allocator returned {at}, and {len} bytes there lie outside memory"
            );
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
