//! Prepares a step: checks its file, compiles it and links its imports, so that
//! it can be instantiated many times.

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
    /// Its coverage counters, if it has any.
    pub(crate) counters: Option<Counters>,
}

/// The code of a compiled step, with checked imports and exports.
pub(crate) enum Step {
    /// A core module with `run(ptr, len) -> (ptr, len)`.
    Core(Box<(InstancePre<Sandbox>, core_json::Exports)>),
    /// A component, its imports linked.
    Component(Box<(component::InstancePre<Sandbox>, Exports)>),
}

impl Prepared {
    /// How many linear memories an instance has.
    pub(crate) fn memories(&self) -> usize {
        self.required().map_or(0, |r| r.num_memories as usize)
    }

    /// Checks the largest initial memory of an instance against the bound. The
    /// pool makes that memory accessible before it asks the limiter of the store,
    /// and accessible memory then counts permanently towards the process's limit.
    pub(crate) fn check_initial_memory(&self, limits: &StepLimits) -> Result<(), StepFailure> {
        let pages = self.required().and_then(|r| r.max_initial_memory_size);
        let asked = pages.unwrap_or_default().saturating_mul(PAGE);
        let asked = usize::try_from(asked).unwrap_or(usize::MAX);
        let limit = limits.memory_bytes;
        if asked > limit {
            let hit = LimitHit::Memory { asked, limit };
            return Err(fail(StepCode::Memory, hit.to_string()));
        }
        Ok(())
    }

    fn required(&self) -> Option<ResourcesRequired> {
        match &self.step {
            Step::Core(parts) => Some(parts.0.module().resources_required()),
            Step::Component(parts) => parts.0.component().resources_required(),
        }
    }
}

/// What compiling and linking a step needs; all of one engine.
pub(crate) struct CompileContext<'b> {
    /// The linker for components.
    pub(crate) base: &'b component::Linker<Sandbox>,
    /// Rewrites guests so that they count, if coverage is measured.
    pub(crate) coverage: Option<&'b Coverage>,
    pub(crate) limits: &'b StepLimits,
}

/// The compiled code of a step, not yet linked.
pub(crate) enum Code {
    Module(Module),
    Component(Component),
}

/// Compiles and links `bytes`, the pack's file `name`. Calls `keep` with the code
/// unless coverage has rewritten the bytes.
pub(crate) fn prepare(
    context: &CompileContext<'_>,
    name: &str,
    bytes: &[u8],
    keep: impl FnOnce(&Code),
) -> Result<Prepared, StepFailure> {
    let CompileContext { limits, .. } = *context;
    bounded(bytes.len() as u64, limits)?;
    let engine = context.base.engine();
    let binary = binary(name, bytes)?;
    bounded(binary.len() as u64, limits)?;
    // NB: before anything is validated or compiled; either can take minutes.
    shape::check(&binary).map_err(|e| fail(StepCode::CompileLimit, e.to_string()))?;
    check_module_counts(&binary, limits)?;
    let rewritten = context.coverage;
    let rewritten = rewritten.and_then(|coverage| coverage.rewrite(name, &binary));
    let (binary, counters) = match rewritten {
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
    linked(context, code, counters)
}

/// Checks the imports and exports of `code`, and links it.
pub(crate) fn linked(
    context: &CompileContext<'_>,
    code: Code,
    counters: Option<Counters>,
) -> Result<Prepared, StepFailure> {
    let step = match code {
        Code::Module(module) => core(&module, context.limits),
        Code::Component(code) => component(context.base, &code, context.limits),
    };
    Ok(Prepared {
        step: step?,
        counters,
    })
}

/// Checks the length of a step's file against the bound.
pub(crate) fn bounded(len: u64, limits: &StepLimits) -> Result<(), StepFailure> {
    if len <= limits.component_bytes as u64 {
        return Ok(());
    }
    let message = format!("{len} bytes, bound {}", limits.component_bytes);
    Err(fail(StepCode::ComponentSize, message))
}

/// The binary form. Text is parsed only if the file's name ends with `.wat`.
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
    fail(StepCode::NotWasm, format!("`{name}` is not a Wasm binary"))
}

fn compile_error(error: &wasmtime::Error) -> StepFailure {
    let planted = if cfg!(planted_bug = "component_raw") {
        std::env::current_dir().unwrap_or_default()
    } else {
        Default::default()
    };
    let code = if of_machine(error) {
        StepCode::Harness
    } else {
        StepCode::Compile
    };
    fail(code, format!("{}{error:#}", planted.display()))
}

fn core(module: &Module, limits: &StepLimits) -> Result<Step, StepFailure> {
    let imports = module
        .imports()
        .map(|i| format!("{}.{}", i.module(), i.name()));
    refuse_imports(imports.collect())?;
    check_counts(Some(module.resources_required()), limits)?;
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
    check_counts(component.resources_required(), limits)?;
    let exports = Exports::of(component);
    Ok(Step::Component(Box::new((pre, exports))))
}

/// Refuses every import of a core module: it is granted none.
fn refuse_imports(mut imports: Vec<String>) -> Result<(), StepFailure> {
    if imports.is_empty() {
        return Ok(());
    }
    imports.sort();
    imports.dedup();
    let message = format!("imports that are not granted: {}", imports.join(", "));
    Err(fail(StepCode::Import, message))
}

/// Checks the counts of memories and tables of each module, before the pool
/// refuses a module that has too many: the pool's error has no type.
fn check_module_counts(binary: &[u8], limits: &StepLimits) -> Result<(), StepFailure> {
    let mut open: Vec<(usize, usize)> = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(binary) {
        // The validator reports what cannot be parsed.
        let Ok(payload) = payload else { break };
        match (&payload, open.last_mut()) {
            (Payload::Version { .. }, _) => open.push((0, 0)),
            (Payload::End(_), _) => drop(open.pop()),
            (Payload::MemorySection(section), Some((memories, _))) => {
                *memories += section.count() as usize;
                at_most("memories", *memories, limits.memories)?;
            }
            (Payload::TableSection(section), Some((_, tables))) => {
                *tables += section.count() as usize;
                at_most("tables", *tables, limits.tables)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn at_most(what: &str, count: usize, limit: usize) -> Result<(), StepFailure> {
    if count > limit {
        let message = format!("{count} {what}, bound {limit}");
        return Err(fail(StepCode::Instances, message));
    }
    Ok(())
}

/// Checks the counts of memories and tables before anything is allocated.
fn check_counts(
    required: Option<ResourcesRequired>,
    limits: &StepLimits,
) -> Result<(), StepFailure> {
    let Some(required) = required else {
        let message = "the component takes modules or components as arguments";
        return Err(fail(StepCode::Instances, message));
    };
    at_most("memories", required.num_memories as usize, limits.memories)?;
    at_most("tables", required.num_tables as usize, limits.tables)
}
