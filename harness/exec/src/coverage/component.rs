//! Rewrites a component: its core modules count, and for each of their instances
//! it exports a reader, a function that returns the counters to the host.

use super::covered::CoveredFunction;
use super::dictionary::Dictionary;
use super::module::{COUNTERS, HEAD, rewrite};
use std::borrow::Cow;
use wasm_encoder::{
    Alias, CanonicalFunctionSection, CanonicalOption, CodeSection, ComponentAliasSection,
    ComponentExportKind, ComponentExportSection, ComponentTypeSection, ComponentValType,
    EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection,
    InstanceSection, Instruction, MemArg, MemoryType, Module, ModuleArg, ModuleSection,
    PrimitiveValType, RawSection, TypeSection, ValType,
};
use wasmparser::{
    Chunk, ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind,
    ComponentTypeRef, Instance, Parser, Payload, Validator, WasmFeatures,
};

/// The name of the reader of the counting instance `n`.
pub(super) fn reader(n: usize) -> String {
    format!("provision-coverage-{n}")
}

/// A rewritten component.
#[derive(Default)]
pub(super) struct Counted {
    pub(super) binary: Vec<u8>,
    /// For each reader: the number of the first counter that it reads, and the
    /// count of its counters.
    pub(super) instances: Vec<(u32, u32)>,
    pub(super) counters: u32,
    pub(super) functions: Vec<CoveredFunction>,
}

impl Counted {
    /// Adds the functions and counters of a nested module or component. Returns
    /// the number of its first counter in this component.
    fn take(&mut self, functions: Vec<CoveredFunction>, counters: u32) -> u32 {
        let base = self.counters;
        let moved = functions.into_iter().map(|f| CoveredFunction {
            first: base + f.first,
            ..f
        });
        self.functions.extend(moved);
        self.counters += counters;
        base
    }
}

/// Where a reader gets counters from.
enum Counting {
    /// The memory of a core instance.
    Core { instance: u32, first: u32, len: u32 },
    /// The reader `name` of a nested component's instance.
    Inner {
        instance: u32,
        name: usize,
        first: u32,
        len: u32,
    },
}

/// The index spaces of a component, up to the section that was copied last.
#[derive(Default)]
struct Walk {
    /// For each core module, the number of its first counter and the count of its
    /// counters; `None` if it does not count.
    modules: Vec<Option<(u32, u32)>>,
    /// For each nested component, the same for each of its readers.
    components: Vec<Vec<(u32, u32)>>,
    core_instances: u32,
    instances: u32,
    counting: Vec<Counting>,
}

/// Rewrites the core modules of `binary`, those of nested components included.
/// `None` if nothing could be rewritten.
pub(super) fn rewrite_component(binary: &[u8], dictionary: &mut Dictionary) -> Option<Counted> {
    let mut component = wasm_encoder::Component::new();
    let mut counted = Counted::default();
    let mut walk = Walk::default();
    let mut rest = binary;
    let mut parser = Parser::new(0);
    while !rest.is_empty() {
        let Chunk::Parsed { consumed, payload } = parser.parse(rest, true).ok()? else {
            return None;
        };
        rest = rest.get(consumed..)?;
        let (id, bytes) = match &payload {
            Payload::Version { .. } | Payload::End(_) => continue,
            Payload::ModuleSection {
                unchecked_range, ..
            } => {
                let bytes = binary.get(unchecked_range.clone())?;
                rest = rest.get(bytes.len()..)?;
                let bytes = walk.module(bytes, dictionary, &mut counted);
                (1, bytes)
            }
            Payload::ComponentSection {
                unchecked_range, ..
            } => {
                let bytes = binary.get(unchecked_range.clone())?;
                rest = rest.get(bytes.len()..)?;
                let bytes = walk.component(bytes, dictionary, &mut counted);
                (4, bytes)
            }
            other => {
                walk.section(other)?;
                let (id, range) = other.as_section()?;
                (id, Cow::Borrowed(binary.get(range)?))
            }
        };
        component.section(&RawSection { id, data: &bytes });
    }
    readers(&mut component, &walk.counting, Spaces::of(binary)?);
    counted.instances = walk.counting.iter().map(Counting::range).collect();
    counted.binary = component.finish();
    (!counted.instances.is_empty()).then_some(counted)
}

impl Counting {
    fn range(&self) -> (u32, u32) {
        match self {
            Self::Core { first, len, .. } | Self::Inner { first, len, .. } => (*first, *len),
        }
    }
}

impl Walk {
    /// Rewrites a core module if possible.
    fn module<'b>(
        &mut self,
        bytes: &'b [u8],
        dictionary: &mut Dictionary,
        counted: &mut Counted,
    ) -> Cow<'b, [u8]> {
        let Some(module) = rewrite(bytes, dictionary) else {
            self.modules.push(None);
            return Cow::Borrowed(bytes);
        };
        let base = counted.take(module.functions, module.counters);
        self.modules.push(Some((base, module.counters)));
        Cow::Owned(module.binary)
    }

    /// Rewrites a nested component if possible.
    fn component<'b>(
        &mut self,
        bytes: &'b [u8],
        dictionary: &mut Dictionary,
        counted: &mut Counted,
    ) -> Cow<'b, [u8]> {
        let Some(inner) = rewrite_component(bytes, dictionary) else {
            self.components.push(Vec::new());
            return Cow::Borrowed(bytes);
        };
        let base = counted.take(inner.functions, inner.counters);
        let readers = inner.instances.iter();
        let readers = readers.map(|(first, len)| (base + first, *len));
        self.components.push(readers.collect());
        Cow::Owned(inner.binary)
    }

    /// Adds the items of `section` to the index spaces.
    fn section(&mut self, section: &Payload<'_>) -> Option<()> {
        match section {
            Payload::InstanceSection(section) => {
                for instance in section.clone() {
                    self.core_instance(&instance.ok()?);
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section.clone() {
                    self.instance(&instance.ok()?);
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section.clone() {
                    match import.ok()?.ty {
                        ComponentTypeRef::Module(_) => self.modules.push(None),
                        ComponentTypeRef::Component(_) => self.components.push(Vec::new()),
                        ComponentTypeRef::Instance(_) => self.instances += 1,
                        _ => {}
                    }
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section.clone() {
                    match alias.ok()? {
                        ComponentAlias::InstanceExport { kind, .. } => self.named(kind),
                        ComponentAlias::Outer { kind, .. } => match kind {
                            ComponentOuterAliasKind::CoreModule => self.modules.push(None),
                            ComponentOuterAliasKind::Component => self.components.push(Vec::new()),
                            _ => {}
                        },
                        ComponentAlias::CoreInstanceExport { .. } => {}
                    }
                }
            }
            // NB: an export adds a new item to its index space.
            Payload::ComponentExportSection(section) => {
                for export in section.clone() {
                    self.named(export.ok()?.kind);
                }
            }
            _ => {}
        }
        Some(())
    }

    fn named(&mut self, kind: ComponentExternalKind) {
        match kind {
            ComponentExternalKind::Module => self.modules.push(None),
            ComponentExternalKind::Component => self.components.push(Vec::new()),
            ComponentExternalKind::Instance => self.instances += 1,
            _ => {}
        }
    }

    fn core_instance(&mut self, instance: &Instance<'_>) {
        if let Instance::Instantiate { module_index, .. } = instance
            && let Some(Some((first, len))) = self.modules.get(*module_index as usize)
        {
            self.counting.push(Counting::Core {
                instance: self.core_instances,
                first: *first,
                len: *len,
            });
        }
        self.core_instances += 1;
    }

    fn instance(&mut self, instance: &ComponentInstance<'_>) {
        if let ComponentInstance::Instantiate {
            component_index, ..
        } = instance
            && let Some(readers) = self.components.get(*component_index as usize)
        {
            let instance = self.instances;
            let inner = readers.iter().enumerate();
            self.counting
                .extend(inner.map(|(name, (first, len))| Counting::Inner {
                    instance,
                    name,
                    first: *first,
                    len: *len,
                }));
        }
        self.instances += 1;
    }
}

/// The sizes of the index spaces of the component.
struct Spaces {
    modules: u32,
    instances: u32,
    core_functions: u32,
    memories: u32,
    types: u32,
    functions: u32,
}

impl Spaces {
    fn of(binary: &[u8]) -> Option<Self> {
        let mut validator = Validator::new_with_features(WasmFeatures::all());
        let types = validator.validate_all(binary).ok()?;
        let types = types.as_ref();
        Some(Self {
            modules: types.module_count(),
            instances: types.core_instance_count(),
            core_functions: types.function_count(),
            memories: types.memory_count(),
            types: types.component_type_count(),
            functions: types.component_function_count(),
        })
    }
}

/// Adds a reader for each counting instance.
fn readers(component: &mut wasm_encoder::Component, counting: &[Counting], mut at: Spaces) {
    let mut types = ComponentTypeSection::new();
    types.defined_type().list(PrimitiveValType::U8);
    types
        .function()
        .params::<[(&str, ComponentValType); 0], _>([])
        .result(Some(ComponentValType::Type(at.types)));
    component.section(&types);
    let ty = at.types + 1;
    let mut functions = Vec::new();
    for one in counting {
        match one {
            Counting::Core { instance, len, .. } => {
                core_reader(component, *instance, *len, ty, &mut at);
            }
            Counting::Inner { instance, name, .. } => {
                let mut aliases = ComponentAliasSection::new();
                aliases.alias(Alias::InstanceExport {
                    instance: *instance,
                    kind: ComponentExportKind::Func,
                    name: &reader(*name),
                });
                component.section(&aliases);
            }
        }
        functions.push(at.functions);
        at.functions += 1;
    }
    let mut exports = ComponentExportSection::new();
    for (n, function) in functions.into_iter().enumerate() {
        exports.export(reader(n), ComponentExportKind::Func, function, None);
    }
    component.section(&exports);
}

/// Adds a reader for the core `instance`.
fn core_reader(
    component: &mut wasm_encoder::Component,
    instance: u32,
    len: u32,
    ty: u32,
    at: &mut Spaces,
) {
    component.section(&ModuleSection(&helper(len)));
    let mut aliases = ComponentAliasSection::new();
    aliases.alias(Alias::CoreInstanceExport {
        instance,
        kind: ExportKind::Memory,
        name: COUNTERS,
    });
    component.section(&aliases);
    let mut instances = InstanceSection::new();
    instances.export_items([(COUNTERS, ExportKind::Memory, at.memories)]);
    instances.instantiate(at.modules, [("m", ModuleArg::Instance(at.instances))]);
    component.section(&instances);
    let mut aliases = ComponentAliasSection::new();
    aliases.alias(Alias::CoreInstanceExport {
        instance: at.instances + 1,
        kind: ExportKind::Func,
        name: "read",
    });
    component.section(&aliases);
    let mut canonical = CanonicalFunctionSection::new();
    canonical.lift(
        at.core_functions,
        ty,
        [CanonicalOption::Memory(at.memories)],
    );
    component.section(&canonical);
    at.modules += 1;
    at.memories += 1;
    at.instances += 2;
    at.core_functions += 1;
}

/// A module whose function `read` returns the address and the length of the
/// counters in an imported memory, as the canonical ABI returns a list.
fn helper(len: u32) -> Module {
    let mut module = Module::new();
    let mut types = TypeSection::new();
    types.ty().function([], [ValType::I32]);
    module.section(&types);
    let mut imports = ImportSection::new();
    let memory = MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    };
    imports.import("m", COUNTERS, EntityType::Memory(memory));
    module.section(&imports);
    let mut functions = FunctionSection::new();
    functions.function(0);
    module.section(&functions);
    let mut exports = ExportSection::new();
    exports.export("read", ExportKind::Func, 0);
    module.section(&exports);
    let mut read = Function::new([]);
    for (offset, value) in [(0, HEAD), (4, len)] {
        let at = MemArg {
            offset,
            align: 2,
            memory_index: 0,
        };
        read.instruction(&Instruction::I32Const(0));
        read.instruction(&Instruction::I32Const(value.cast_signed()));
        read.instruction(&Instruction::I32Store(at));
    }
    read.instruction(&Instruction::I32Const(0));
    read.instruction(&Instruction::End);
    let mut code = CodeSection::new();
    code.function(&read);
    module.section(&code);
    module
}
