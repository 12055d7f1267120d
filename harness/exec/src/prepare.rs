//! From a step's file to something that can be instantiated again and again.

use crate::abi::{core_json, provision_step};
use crate::failure::fail;
use crate::store::Sandbox;
use provision_core::limits::StepLimits;
use provision_core::wasm::{WasmKind, kind};
use provision_core::wizard::{StepCode, StepFailure};
use std::borrow::Cow;
use wasmtime::component::{self, Component};
use wasmtime::{Engine, InstancePre, Linker, Module, ResourcesRequired};

/// A compiled step, its imports and exports checked.
pub(crate) enum Prepared {
    /// A core module with `run(ptr, len) -> (ptr, len)`.
    Core(InstancePre<Sandbox>),
    /// A component of the world `greentic:provision-step`.
    Component(component::InstancePre<Sandbox>),
}

/// Compiles `bytes`, which the pack holds under `name`.
pub(crate) fn prepare(
    engine: &Engine,
    name: &str,
    bytes: &[u8],
    limits: &StepLimits,
) -> Result<Prepared, StepFailure> {
    bounded(bytes.len(), limits)?;
    let binary = binary(name, bytes)?;
    bounded(binary.len(), limits)?;
    match kind(&binary) {
        WasmKind::Module => core(engine, &binary, limits),
        WasmKind::Component => component(engine, &binary, limits),
        WasmKind::Precompiled | WasmKind::Other => Err(not_wasm(name)),
    }
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
    fail(StepCode::Compile, format!("{error:#}"))
}

fn core(engine: &Engine, binary: &[u8], limits: &StepLimits) -> Result<Prepared, StepFailure> {
    let module = Module::from_binary(engine, binary).map_err(|e| compile_error(&e))?;
    let imports = module
        .imports()
        .map(|i| format!("{}.{}", i.module(), i.name()));
    refuse_imports(imports.collect())?;
    counted(Some(module.resources_required()), limits)?;
    core_json::check(&module)?;
    let linker = Linker::new(engine);
    let pre = linker.instantiate_pre(&module);
    pre.map(Prepared::Core).map_err(|e| compile_error(&e))
}

fn component(engine: &Engine, binary: &[u8], limits: &StepLimits) -> Result<Prepared, StepFailure> {
    let component = Component::from_binary(engine, binary).map_err(|e| compile_error(&e))?;
    let ty = component.component_type();
    refuse_imports(
        ty.imports(engine)
            .map(|(name, _)| name.to_owned())
            .collect(),
    )?;
    counted(component.resources_required(), limits)?;
    provision_step::check(&component)?;
    let linker = component::Linker::new(engine);
    let pre = linker.instantiate_pre(&component);
    pre.map(Prepared::Component).map_err(|e| compile_error(&e))
}

/// Nothing is granted, so any import is one too many.
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
