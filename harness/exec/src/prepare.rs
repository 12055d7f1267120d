//! From a step's file to something that can be instantiated again and again.

use crate::abi::{Exports, core_json};
use crate::coverage::{Counters, Coverage};
use crate::failure::fail;
use crate::host;
use crate::store::Sandbox;
use provision_core::limits::StepLimits;
use provision_core::wasm::{WasmKind, kind, shape};
use provision_core::wizard::{StepCode, StepFailure};
use std::borrow::Cow;
use wasmtime::component::{self, Component};
use wasmtime::{Engine, InstancePre, Linker, Module, ResourcesRequired};

/// A compiled step.
pub(crate) struct Prepared {
    pub(crate) step: Step,
    /// Where its counters stand, where it counts what runs.
    pub(crate) counters: Option<Counters>,
}

/// A compiled step's code, its imports and exports checked.
pub(crate) enum Step {
    /// A core module with `run(ptr, len) -> (ptr, len)`.
    Core(InstancePre<Sandbox>),
    /// A component, its imports linked.
    Component(Box<(component::InstancePre<Sandbox>, Exports)>),
}

impl Prepared {
    /// Linear memories that an instance has.
    pub(crate) fn memories(&self) -> usize {
        let required = match &self.step {
            Step::Core(pre) => Some(pre.module().resources_required()),
            Step::Component(parts) => parts.0.component().resources_required(),
        };
        required.map_or(0, |r| r.num_memories as usize)
    }
}

/// Compiles `bytes`, which the pack holds under `name`, so that it counts for
/// `coverage`, where there is that. Its imports are linked by `base`, which
/// belongs to the same engine.
pub(crate) fn prepare(
    (base, coverage): (&component::Linker<Sandbox>, Option<&Coverage>),
    name: &str,
    bytes: &[u8],
    limits: &StepLimits,
) -> Result<Prepared, StepFailure> {
    bounded(bytes.len(), limits)?;
    let engine = base.engine();
    let binary = binary(name, bytes)?;
    bounded(binary.len(), limits)?;
    // NB: before anything is validated or compiled; either can take minutes.
    shape::check(&binary).map_err(|e| fail(StepCode::CompileLimit, e.to_string()))?;
    let counting = coverage.and_then(|coverage| coverage.rewrite(name, &binary));
    let (binary, counters) = match counting {
        Some((binary, counters)) => (Cow::Owned(binary), Some(counters)),
        None => (binary, None),
    };
    let step = match kind(&binary) {
        WasmKind::Module => core(engine, &binary, limits),
        WasmKind::Component => component(base, &binary, limits),
        WasmKind::Precompiled | WasmKind::Other => Err(not_wasm(name)),
    };
    Ok(Prepared {
        step: step?,
        counters,
    })
}

fn bounded(len: usize, limits: &StepLimits) -> Result<(), StepFailure> {
    if len <= limits.component_bytes {
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
    fail(StepCode::Compile, format!("{}{error:#}", shown.display()))
}

fn core(engine: &Engine, binary: &[u8], limits: &StepLimits) -> Result<Step, StepFailure> {
    let module = Module::from_binary(engine, binary).map_err(|e| compile_error(&e))?;
    let imports = module
        .imports()
        .map(|i| format!("{}.{}", i.module(), i.name()));
    refuse_imports(imports.collect())?;
    counted(Some(module.resources_required()), limits)?;
    core_json::check(&module)?;
    let linker = Linker::new(engine);
    let pre = linker.instantiate_pre(&module);
    pre.map(Step::Core).map_err(|e| compile_error(&e))
}

fn component(
    base: &component::Linker<Sandbox>,
    binary: &[u8],
    limits: &StepLimits,
) -> Result<Step, StepFailure> {
    let component = Component::from_binary(base.engine(), binary).map_err(|e| compile_error(&e))?;
    let pre = host::link(base, &component)?;
    counted(component.resources_required(), limits)?;
    let exports = Exports::of(&component);
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

/// Counts of memories and tables, before anything is allocated.
fn counted(required: Option<ResourcesRequired>, limits: &StepLimits) -> Result<(), StepFailure> {
    let Some(required) = required else {
        let message = "the component takes modules or components as arguments";
        return Err(fail(StepCode::Instances, message));
    };
    for (count, limit, what) in [
        (required.num_memories as usize, limits.memories, "memories"),
        (required.num_tables as usize, limits.tables, "tables"),
    ] {
        if count > limit {
            return Err(fail(
                StepCode::Instances,
                format!("{count} {what}, bound {limit}"),
            ));
        }
    }
    Ok(())
}
