//! A component that the harness calls: its exports, and its only instance.

use crate::failure::{fail, of_component, of_instantiation};
use crate::host::Written;
use crate::reflect::{self, Data};
use crate::store::Sandbox;
use provision_core::json::text;
use provision_core::limits::StepLimits;
use provision_core::text::{counted, inert};
use provision_core::wizard::{StepCode, StepFailure, StepOutcome};
use std::collections::BTreeMap;
use wasmtime::Store;
use wasmtime::component::types::{ComponentItem, Type};
use wasmtime::component::{
    Component, ComponentExportIndex, ComponentNamedList, ComponentType, Func, Instance,
    InstancePre, Lift, Lower, Val,
};

/// Exported functions by interface; the component's root is the interface "".
#[derive(Default)]
pub(crate) struct Exports(BTreeMap<String, BTreeMap<String, ComponentExportIndex>>);

impl Exports {
    /// The exports of `component`.
    pub(crate) fn of(component: &Component) -> Self {
        let engine = component.engine();
        let mut exports: BTreeMap<String, BTreeMap<_, _>> = BTreeMap::new();
        for (name, item) in component.component_type().exports(engine) {
            let Some(index) = component.get_export_index(None, name) else {
                continue;
            };
            match item.ty {
                ComponentItem::ComponentFunc(_) => {
                    let root = exports.entry(String::new()).or_default();
                    root.insert(name.to_owned(), index);
                }
                ComponentItem::ComponentInstance(instance) => {
                    let functions = instance.exports(engine).filter_map(|(function, item)| {
                        let is_function = matches!(item.ty, ComponentItem::ComponentFunc(_));
                        let found = component.get_export_index(Some(&index), function)?;
                        is_function.then(|| (function.to_owned(), found))
                    });
                    exports.insert(name.to_owned(), functions.collect());
                }
                _ => {}
            }
        }
        Self(exports)
    }
}

/// The result of a call by exact types; `None` if the function has other types, and
/// nothing was called.
pub(crate) type Known<R> = Option<Result<R, StepFailure>>;

/// A component in a store of its own, instantiated by the first call.
pub(crate) struct Target<'a> {
    file: &'a str,
    pre: &'a InstancePre<Sandbox>,
    exports: &'a Exports,
    store: &'a mut Store<Sandbox>,
    limits: &'a StepLimits,
    instance: Option<Instance>,
}

impl<'a> Target<'a> {
    pub(crate) fn new(
        file: &'a str,
        pre: &'a InstancePre<Sandbox>,
        exports: &'a Exports,
        store: &'a mut Store<Sandbox>,
        limits: &'a StepLimits,
    ) -> Self {
        Self {
            file,
            pre,
            exports,
            store,
            limits,
            instance: None,
        }
    }

    /// The instance, if a function was called.
    pub(crate) fn instance(&self) -> Option<Instance> {
        self.instance
    }

    pub(crate) fn file(&self) -> &str {
        self.file
    }

    pub(crate) fn interfaces(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.exports.0.keys().map(String::as_str)
    }

    /// Whether `interface` has `function`.
    pub(crate) fn has(&self, interface: &str, function: &str) -> bool {
        let functions = self.exports.0.get(interface);
        functions.is_some_and(|f| f.contains_key(function))
    }

    fn func(&mut self, interface: &str, function: &str) -> Result<Func, StepFailure> {
        let functions = self.exports.0.get(interface);
        let index = functions.and_then(|f| f.get(function)).ok_or_else(|| {
            let message = format!("the interface has no function `{function}`");
            fail(StepCode::Abi, message)
        })?;
        let instance = match self.instance {
            Some(instance) => instance,
            None => {
                let instance = self
                    .pre
                    .instantiate(&mut *self.store)
                    .map_err(|e| of_instantiation(&e))?;
                *self.instance.insert(instance)
            }
        };
        instance
            .get_func(&mut *self.store, index)
            .ok_or_else(|| fail(StepCode::Abi, format!("`{function}` is not a function")))
    }

    /// Calls `function` of `interface`, if its types are exactly these.
    pub(crate) fn typed<P, R>(&mut self, interface: &str, function: &str, params: P) -> Known<R>
    where
        P: ComponentNamedList + Lower,
        R: ComponentType + Lift + Send + Sync + 'static,
    {
        let func = match self.func(interface, function) {
            Ok(func) => func,
            Err(failure) => return Some(Err(failure)),
        };
        let typed = func.typed::<P, (R,)>(&*self.store).ok()?;
        let done = typed.call(&mut *self.store, params);
        Some(match done {
            Ok((result,)) => Ok(result),
            Err(e) => Err(of_component(&e, self.imports())),
        })
    }

    /// Calls `function` of `interface` by reflection: converts the arguments to the
    /// types of the component.
    pub(crate) fn call(
        &mut self,
        interface: &str,
        function: &str,
        arguments: &[Data],
    ) -> Result<Vec<Val>, StepFailure> {
        let func = self.func(interface, function)?;
        let ty = func.ty(&*self.store);
        let types: Vec<Type> = ty.params().map(|(_, ty)| ty).collect();
        if types.len() != arguments.len() {
            let message = format!(
                "`{function}` takes {}; the interface has {}",
                counted(types.len(), "argument", "arguments"),
                arguments.len()
            );
            return Err(fail(StepCode::Abi, message));
        }
        let lowered = types.iter().zip(arguments).map(|(ty, data)| {
            reflect::lower(ty, data)
                .map_err(|e| fail(StepCode::Abi, format!("`{function}`: {e:#}")))
        });
        let lowered = lowered.collect::<Result<Vec<Val>, _>>()?;
        let mut results = vec![Val::Bool(false); ty.results().len()];
        func.call(&mut *self.store, &lowered, &mut results)
            .map_err(|e| of_component(&e, self.imports()))?;
        Ok(results)
    }

    /// What the component wrote to its folder.
    pub(crate) fn written(&mut self) -> Written {
        self.store.data_mut().host_mut().written()
    }

    fn imports(&self) -> bool {
        let component = self.pre.component();
        let ty = component.component_type();
        ty.imports(component.engine()).next().is_some()
    }

    /// The cases of the enum that is parameter `at` of `function`.
    pub(crate) fn cases(
        &mut self,
        interface: &str,
        function: &str,
        at: usize,
    ) -> Result<Vec<String>, StepFailure> {
        let func = self.func(interface, function)?;
        let ty = func.ty(&*self.store);
        match ty.params().nth(at) {
            Some((_, Type::Enum(cases))) => Ok(cases.names().map(str::to_owned).collect()),
            _ => Ok(Vec::new()),
        }
    }

    /// Checks the length of an answer against the bound.
    pub(crate) fn bounded(&self, mut bytes: Vec<u8>) -> Result<Vec<u8>, StepFailure> {
        if cfg!(planted_bug = "step_input") {
            bytes.truncate(200);
        }
        let limit = self.limits.output_bytes;
        if bytes.len() <= limit {
            return Ok(bytes);
        }
        let message = format!("an answer of {} bytes, bound {limit}", bytes.len());
        Err(fail(StepCode::Output, message))
    }

    /// The only result of a call, a string that holds JSON.
    pub(crate) fn text(&self, results: &[Val]) -> Result<StepOutcome, StepFailure> {
        match results {
            [Val::String(text)] => {
                let bytes = text.clone().into_bytes();
                self.bounded(bytes).map(StepOutcome::Json)
            }
            _ => Err(wrong_type("string")),
        }
    }

    /// The only result of a call, as bytes.
    pub(crate) fn bytes(&self, results: &[Val]) -> Result<Vec<u8>, StepFailure> {
        let bytes = results.first().and_then(reflect::bytes);
        self.bounded(bytes.ok_or_else(|| wrong_type("list<u8>"))?)
    }

    /// The only result of a call, converted to JSON.
    pub(crate) fn value(&self, results: &[Val]) -> Result<StepOutcome, StepFailure> {
        let result = results.first().ok_or_else(|| wrong_type("one value"))?;
        let answer = text(&reflect::json(result));
        self.bounded(answer.into_bytes()).map(StepOutcome::Json)
    }
}

/// The failure of a call whose result has another type than the interface's.
pub(crate) fn wrong_type(expected: &str) -> StepFailure {
    fail(StepCode::Abi, format!("the result is not {expected}"))
}

/// The failure of a call that the guest answered with an error.
pub(crate) fn guest_error(error: &serde_json::Value) -> StepFailure {
    let text = |key: &str| error.get(key).and_then(serde_json::Value::as_str);
    let message = match (text("code"), text("message")) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        _ => error.to_string(),
    };
    fail(
        StepCode::Step,
        format!("the step answered an error: {}", inert(&message, 300)),
    )
}
