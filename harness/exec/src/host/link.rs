//! Links a component: defines exactly the host functions that it imports.

use super::state::{Arguments, Capability, size};
use super::{CAPABILITIES, iac, wasi};
use crate::failure::fail;
use crate::reflect;
use crate::store::Sandbox;
use crate::store::charge;
use provision_core::wasm::is_interface;
use provision_core::wizard::{StepCode, StepFailure};
use std::sync::Arc;
use wasmtime::component::types::{ComponentFunc, ComponentInstance, ComponentItem};
use wasmtime::component::{Component, InstancePre, Linker, LinkerInstance, Val};
use wasmtime::{Engine, Result, StoreContextMut};

/// Packages of WASI 0.2 that a component may import.
const WASI: [&str; 6] = [
    "wasi:cli/",
    "wasi:clocks/",
    "wasi:filesystem/",
    "wasi:io/",
    "wasi:random/",
    "wasi:sockets/",
];

/// The part of a linker that is the same for every component.
pub(crate) fn base(engine: &Engine) -> Result<Linker<Sandbox>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
    wasi::define(&mut linker)?;
    iac::define(&mut linker)?;
    Ok(linker)
}

/// Links `component`. Refuses it if an import is not granted.
pub(crate) fn link(
    base: &Linker<Sandbox>,
    component: &Component,
) -> Result<InstancePre<Sandbox>, StepFailure> {
    let mut linker = base.clone();
    let engine = component.engine();
    let mut refused = Vec::new();
    for (name, import) in component.component_type().imports(engine) {
        match import.ty {
            ComponentItem::ComponentInstance(_) if is_wasi(name) => {}
            ComponentItem::ComponentInstance(instance) => {
                if let Err(why) = grant(&mut linker, engine, name, &instance) {
                    refused.push(why);
                }
            }
            ComponentItem::Type(_) => {}
            _ => refused.push(name.to_owned()),
        }
    }
    if !refused.is_empty() {
        refused.sort();
        let message = format!("imports that are not granted: {}", refused.join(", "));
        return Err(fail(StepCode::Import, message));
    }
    // Linking now only fails for a WASI function that does not exist or has another
    // type.
    linker.instantiate_pre(component).map_err(|e| {
        fail(
            StepCode::Import,
            format!("imports that are not granted: {e:#}"),
        )
    })
}

fn is_wasi(name: &str) -> bool {
    let version = name.split_once('@').map_or("", |(_, version)| version);
    WASI.iter().any(|package| name.starts_with(package)) && version.starts_with("0.2.")
}

/// Defines the functions of one imported interface, or returns why it is not granted.
fn grant(
    linker: &mut Linker<Sandbox>,
    engine: &Engine,
    name: &str,
    instance: &ComponentInstance,
) -> Result<(), String> {
    let mut functions = Vec::new();
    for (function, item) in instance.exports(engine) {
        match item.ty {
            ComponentItem::ComponentFunc(_) => functions.push(function),
            // Types are structural, so an imported type name needs no definition.
            ComponentItem::Type(_) => {}
            _ => return Err(format!("{name} ({function} is not a function)")),
        }
    }
    if functions.is_empty() {
        return Ok(());
    }
    let found = CAPABILITIES.into_iter().find(|capability| {
        let mut versions = capability.versions.iter();
        versions.any(|version| is_interface(name, capability.interface, version))
    });
    let Some(capability) = found else {
        return Err(name.to_owned());
    };
    let mut instance = linker
        .instance(name)
        .map_err(|e| format!("{name}: {e:#}"))?;
    for function in functions {
        define(&mut instance, capability, name, function).map_err(|e| format!("{name}: {e:#}"))?;
    }
    Ok(())
}

fn define(
    instance: &mut LinkerInstance<'_, Sandbox>,
    capability: &'static Capability,
    interface: &str,
    function: &str,
) -> Result<()> {
    let names: Arc<(String, String)> = Arc::new((interface.to_owned(), function.to_owned()));
    instance.func_new(function, move |cx, ty, params, results| {
        answer(cx, capability, &names.0, &names.1, &ty, params, results)
    })
}

fn answer(
    mut cx: StoreContextMut<'_, Sandbox>,
    capability: &Capability,
    interface: &str,
    function: &str,
    ty: &ComponentFunc,
    params: &[Val],
    results: &mut [Val],
) -> Result<()> {
    let bytes = params.iter().map(size).sum();
    charge(&mut cx, bytes)?;
    let host = cx.data_mut().host_mut();
    host.check_bytes(bytes)?;
    let reply = (capability.answer)(host, function, &Arguments(params));
    host.record(interface, function, params, reply.verdict)?;
    if let (Some(slot), Some(ty)) = (results.first_mut(), ty.results().next()) {
        *slot = reflect::lower(&ty, &reply.data)?;
        let bytes = size(slot);
        charge(&mut cx, bytes)?;
    }
    Ok(())
}
