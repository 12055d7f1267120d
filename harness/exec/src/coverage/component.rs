//! A component whose core modules count, with a function for each of their
//! instances that hands the counters to the host.

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

/// The name of the function that hands over the counters of the instance `n`.
pub(super) fn reader(n: usize) -> String {
    format!("provision-coverage-{n}")
}

/// A component that counts.
#[derive(Default)]
pub(super) struct Counted {
    pub(super) binary: Vec<u8>,
    /// For each of its readers: where the counters begin that it reads, and
    /// how many they are.
    pub(super) instances: Vec<(u32, u32)>,
    pub(super) counters: u32,
    pub(super) functions: Vec<CoveredFunction>,
}

impl Counted {
    /// Takes the functions and counters of a part, and says from where on they
    /// are counted here.
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

/// Who is to be asked for counters.
enum Counting {
    /// A core instance, in whose memory they are.
    Core { instance: u32, first: u32, len: u32 },
    /// The reader `name` of a component's instance.
    Inner {
        instance: u32,
        name: usize,
        first: u32,
        len: u32,
    },
}

/// Index spaces of a component, as far as it was copied. What stands in one of
/// the first two is what a part of it became.
#[derive(Default)]
struct Walk {
    modules: Vec<Option<(u32, u32)>>,
    components: Vec<Vec<(u32, u32)>>,
    core_instances: u32,
    instances: u32,
    counting: Vec<Counting>,
}

/// Rewrites the core modules of `binary`, those of components inside it
/// included. `None` where nothing could be rewritten.
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
    /// A core module, rewritten where it can be.
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

    /// A component inside this one, likewise.
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

    /// Follows what `section` adds to the index spaces.
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
            // NB: an export is a thing of its own.
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

/// How many things of each kind the component has already.
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

/// Adds a reader for everything that counts.
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
                core_reader(component, (*instance, *len), ty, &mut at);
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

/// Adds a function that hands over the counters of the core `instance`.
fn core_reader(
    component: &mut wasm_encoder::Component,
    (instance, len): (u32, u32),
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

/// A module that says where the counters of another one's memory stand.
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
