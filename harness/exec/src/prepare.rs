//! From a step's file to something that can be instantiated again and again.

use crate::abi::{Exports, core_json};
use crate::coverage::{Counters, Coverage};
use crate::failure::{LimitHit, fail, of_machine};
use crate::host;
use crate::store::Sandbox;
use provision_core::limits::StepLimits;
use provision_core::wasm::{WasmKind, kind, shape};
use provision_core::wizard::{StepCode, StepFailure};
use std::borrow::Cow;
use wasmparser::Payload;
use wasmtime::component::{self, Component};
use wasmtime::{InstancePre, Linker, Module, ResourcesRequired};

/// Bytes of a page of memory.
const PAGE: u64 = 64 * 1024;

/// A compiled step.
pub(crate) struct Prepared {
    pub(crate) step: Step,
    /// Where its counters stand, where it counts what runs.
    pub(crate) counters: Option<Counters>,
}

/// A compiled step's code, its imports and exports checked.
pub(crate) enum Step {
    /// A core module with `run(ptr, len) -> (ptr, len)`.
    Core(Box<(InstancePre<Sandbox>, core_json::Exports)>),
    /// A component, its imports linked.
    Component(Box<(component::InstancePre<Sandbox>, Exports)>),
}

impl Prepared {
    /// Linear memories that an instance has.
    pub(crate) fn memories(&self) -> usize {
        self.required().map_or(0, |r| r.num_memories as usize)
    }

    /// Holds the largest memory that an instance begins with to its bound. The
    /// pool makes it accessible before the limiter of the store is asked, and
    /// what is accessible counts against the process, for good.
    pub(crate) fn begins_within(&self, limits: &StepLimits) -> Result<(), StepFailure> {
        let pages = self.required().and_then(|r| r.max_initial_memory_size);
        let asked = pages.unwrap_or_default().saturating_mul(PAGE);
        let asked = usize::try_from(asked).unwrap_or(usize::MAX);
        let limit = limits.memory_bytes;
        match asked > limit {
            true => Err(fail(
                StepCode::Memory,
                LimitHit::Memory { asked, limit }.to_string(),
            )),
            false => Ok(()),
        }
    }

    fn required(&self) -> Option<ResourcesRequired> {
        match &self.step {
            Step::Core(parts) => Some(parts.0.module().resources_required()),
            Step::Component(parts) => parts.0.component().resources_required(),
        }
    }
}

/// What a step is made with; all of one engine.
pub(crate) struct CompileContext<'b> {
    /// Links imports.
    pub(crate) base: &'b component::Linker<Sandbox>,
    /// What guests count, where they count.
    pub(crate) coverage: Option<&'b Coverage>,
    pub(crate) limits: &'b StepLimits,
}

/// A step's code, not yet linked.
pub(crate) enum Code {
    Module(Module),
    Component(Component),
}

/// Compiles `bytes`, which the pack holds under `name`; `keep` gets the code
/// if it is that of the bytes as they are.
pub(crate) fn prepare(
    bench: &CompileContext<'_>,
    name: &str,
    bytes: &[u8],
    keep: impl FnOnce(&Code),
) -> Result<Prepared, StepFailure> {
    let CompileContext { limits, .. } = *bench;
    bounded(bytes.len() as u64, limits)?;
    let engine = bench.base.engine();
    let binary = binary(name, bytes)?;
    bounded(binary.len() as u64, limits)?;
    // NB: before anything is validated or compiled; either can take minutes.
    shape::check(&binary).map_err(|e| fail(StepCode::CompileLimit, e.to_string()))?;
    counted_in_modules(&binary, limits)?;
    let counting = bench.coverage;
    let counting = counting.and_then(|coverage| coverage.rewrite(name, &binary));
    let (binary, counters) = match counting {
        Some((binary, counters)) => (Cow::Owned(binary), Some(counters)),
        None => (binary, None),
    };
    let code = match kind(&binary) {
        WasmKind::Module => Module::from_binary(engine, &binary).map(Code::Module),
        WasmKind::Component => Component::from_binary(engine, &binary).map(Code::Component),
        WasmKind::Precompiled | WasmKind::Other => return Err(not_wasm(name)),
    };
    let code = code.map_err(|e| compile_error(&e))?;
    if counters.is_none() {
        keep(&code);
    }
    linked(bench, code, counters)
}

/// Links `code`, once its imports and exports are checked.
pub(crate) fn linked(
    bench: &CompileContext<'_>,
    code: Code,
    counters: Option<Counters>,
) -> Result<Prepared, StepFailure> {
    let step = match code {
        Code::Module(module) => core(&module, bench.limits),
        Code::Component(code) => component(bench.base, &code, bench.limits),
    };
    Ok(Prepared {
        step: step?,
        counters,
    })
}

/// Holds `len` bytes of a step's file to the bound.
pub(crate) fn bounded(len: u64, limits: &StepLimits) -> Result<(), StepFailure> {
    if len <= limits.component_bytes as u64 {
        return Ok(());
    }
    let message = format!("{len} bytes, bound {}", limits.component_bytes);
    Err(fail(StepCode::ComponentSize, message))
}

/// The binary form. Text is read only where the name says that it is text.
fn binary<'a>(name: &str, bytes: &'a [u8]) -> Result<Cow<'a, [u8]>, StepFailure> {
    match kind(bytes) {
        WasmKind::Module | WasmKind::Component => Ok(Cow::Borrowed(bytes)),
        WasmKind::Precompiled => {
            let message = format!("`{name}` is a precompiled artifact; ship the .wasm");
            Err(fail(StepCode::Precompiled, message))
        }
        WasmKind::Other if name.ends_with(".wat") => wat::parse_bytes(bytes)
            .map_err(|e| fail(StepCode::NotWasm, format!("`{name}` is not Wasm text: {e}"))),
        WasmKind::Other => Err(not_wasm(name)),
    }
}

fn not_wasm(name: &str) -> StepFailure {
    fail(StepCode::NotWasm, format!("`{name}` is no Wasm binary"))
}

fn compile_error(error: &wasmtime::Error) -> StepFailure {
    let shown = match cfg!(planted_bug = "component_raw") {
        true => std::env::current_dir().unwrap_or_default(),
        false => Default::default(),
    };
    let code = match of_machine(error) {
        true => StepCode::Harness,
        false => StepCode::Compile,
    };
    fail(code, format!("{}{error:#}", shown.display()))
}

fn core(module: &Module, limits: &StepLimits) -> Result<Step, StepFailure> {
    let imports = module
        .imports()
        .map(|i| format!("{}.{}", i.module(), i.name()));
    refuse_imports(imports.collect())?;
    counted(Some(module.resources_required()), limits)?;
    let exports = core_json::Exports::of(module)?;
    let linker = Linker::new(module.engine());
    let pre = linker.instantiate_pre(module);
    pre.map(|pre| Step::Core(Box::new((pre, exports))))
        .map_err(|e| compile_error(&e))
}

fn component(
    base: &component::Linker<Sandbox>,
    component: &Component,
    limits: &StepLimits,
) -> Result<Step, StepFailure> {
    let pre = host::link(base, component)?;
    counted(component.resources_required(), limits)?;
    let exports = Exports::of(component);
    Ok(Step::Component(Box::new((pre, exports))))
}

/// A core module is granted nothing, so any import is one too many.
fn refuse_imports(mut imports: Vec<String>) -> Result<(), StepFailure> {
    if imports.is_empty() {
        return Ok(());
    }
    imports.sort();
    imports.dedup();
    let message = format!("imports that are not granted: {}", imports.join(", "));
    Err(fail(StepCode::Import, message))
}

/// Counts of memories and tables of each module, before the pool refuses a
/// module that has too many with an error that has no type.
fn counted_in_modules(binary: &[u8], limits: &StepLimits) -> Result<(), StepFailure> {
    let mut open: Vec<(usize, usize)> = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(binary) {
        // What cannot be parsed is left to the validator.
        let Ok(payload) = payload else { break };
        match (&payload, open.last_mut()) {
            (Payload::Version { .. }, _) => open.push((0, 0)),
            (Payload::End(_), _) => drop(open.pop()),
            (Payload::MemorySection(section), Some((memories, _))) => {
                *memories += section.count() as usize;
                few("memories", *memories, limits.memories)?;
            }
            (Payload::TableSection(section), Some((_, tables))) => {
                *tables += section.count() as usize;
                few("tables", *tables, limits.tables)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn few(what: &str, count: usize, limit: usize) -> Result<(), StepFailure> {
    match count > limit {
        true => Err(fail(
            StepCode::Instances,
            format!("{count} {what}, bound {limit}"),
        )),
        false => Ok(()),
    }
}

/// Counts of memories and tables, before anything is allocated.
fn counted(required: Option<ResourcesRequired>, limits: &StepLimits) -> Result<(), StepFailure> {
    let Some(required) = required else {
        let message = "the component takes modules or components as arguments";
        return Err(fail(StepCode::Instances, message));
    };
    few("memories", required.num_memories as usize, limits.memories)?;
    few("tables", required.num_tables as usize, limits.tables)
}
