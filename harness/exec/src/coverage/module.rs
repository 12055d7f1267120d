//! Rewrites a core module: adds a counter at the start of every basic block, in a
//! memory of its own that the host reads.

use super::covered::CoveredFunction;
use super::dictionary::{Dictionary, Follow};
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, Instruction, MemArg, MemorySection,
    MemoryType, Module, SectionId,
};
use wasmparser::{Operator, Parser, Payload, TypeRef};

/// The name under which a module exports its counters.
pub(super) const COUNTERS: &str = "provision:coverage";
/// Counters in a page of memory.
const PAGE: u32 = 64 * 1024;
/// Bytes before the first counter. A component's reader stores the address and the
/// length of the counters there.
pub(super) const HEAD: u32 = 8;

/// A rewritten module.
pub(super) struct Counting {
    pub(super) binary: Vec<u8>,
    pub(super) counters: u32,
    pub(super) functions: Vec<CoveredFunction>,
}

/// Rewrites the module `binary`, and adds the values that it compares with to
/// `dictionary`. `None` if the module cannot be rewritten.
pub(super) fn rewrite(binary: &[u8], dictionary: &mut Dictionary) -> Option<Counting> {
    let shape = Shape::of(binary, dictionary)?;
    let mut rewriter = Rewriter {
        pages: (HEAD + shape.blocks).div_ceil(PAGE).into(),
        memory: shape.memories,
        has_memory: false,
        has_exports: false,
        next: 0,
        functions: Vec::new(),
        shape: &shape,
    };
    let mut module = Module::new();
    let parsed = rewriter.parse_core_module(&mut module, Parser::new(0), binary);
    parsed.ok()?;
    Some(Counting {
        binary: module.finish(),
        counters: rewriter.next,
        functions: rewriter.functions,
    })
}

/// The facts about a module that rewriting needs.
struct Shape {
    memories: u32,
    imported_functions: u32,
    /// Index and name of functions, and whether the name is that of an export;
    /// exports come first.
    names: Vec<(u32, String, bool)>,
    /// An upper bound on its counters.
    blocks: u32,
}

impl Shape {
    fn of(binary: &[u8], dictionary: &mut Dictionary) -> Option<Self> {
        let mut shape = Self {
            memories: 0,
            imported_functions: 0,
            names: Vec::new(),
            blocks: 0,
        };
        for payload in Parser::new(0).parse_all(binary) {
            match payload.ok()? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        match import.ok()?.ty {
                            TypeRef::Memory(_) => shape.memories += 1,
                            TypeRef::Func(_) | TypeRef::FuncExact(_) => {
                                shape.imported_functions += 1;
                            }
                            _ => {}
                        }
                    }
                }
                Payload::MemorySection(section) => shape.memories += section.count(),
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export.ok()?;
                        if export.kind == wasmparser::ExternalKind::Func {
                            shape
                                .names
                                .push((export.index, export.name.to_owned(), true));
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    let mut reader = body.get_operators_reader().ok()?;
                    shape.blocks += 1;
                    let mut follow = Follow::default();
                    while !reader.eof() {
                        let operator = reader.read().ok()?;
                        shape.blocks += u32::from(ends_block(&operator));
                        dictionary.follow(&operator, &mut follow);
                    }
                }
                Payload::DataSection(section) => {
                    for data in section {
                        dictionary.texts_in(data.ok()?.data);
                    }
                }
                Payload::CustomSection(section) => {
                    if let wasmparser::KnownCustom::Name(names) = section.as_known() {
                        shape.named(names);
                    }
                }
                _ => {}
            }
        }
        Some(shape)
    }

    fn named(&mut self, names: wasmparser::NameSectionReader<'_>) {
        for name in names.into_iter().flatten() {
            if let wasmparser::Name::Function(map) = name {
                let named = map.into_iter().flatten();
                self.names
                    .extend(named.map(|n| (n.index, n.name.to_owned(), false)));
            }
        }
    }
}

/// Whether a basic block starts after `operator`: control can also reach the next
/// operator in another way, or leave before it.
fn ends_block(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::Else
            | Operator::End
            | Operator::BrIf { .. }
    )
}

struct Rewriter<'s> {
    shape: &'s Shape,
    pages: u64,
    /// Index of the memory that holds the counters.
    memory: u32,
    has_memory: bool,
    has_exports: bool,
    next: u32,
    functions: Vec<CoveredFunction>,
}

impl Rewriter<'_> {
    fn add_memory(&mut self, memories: &mut MemorySection) {
        self.has_memory = true;
        memories.memory(MemoryType {
            minimum: self.pages,
            maximum: Some(self.pages),
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
    }

    fn add_export(&mut self, exports: &mut ExportSection) {
        self.has_exports = true;
        exports.export(COUNTERS, ExportKind::Memory, self.memory);
    }

    /// Adds one to the next counter.
    fn count(&mut self, function: &mut Function) {
        let at = MemArg {
            offset: (HEAD + self.next).into(),
            align: 0,
            memory_index: self.memory,
        };
        self.next += 1;
        for instruction in [
            Instruction::I32Const(0),
            Instruction::I32Const(0),
            Instruction::I32Load8U(at),
            Instruction::I32Const(1),
            Instruction::I32Add,
            Instruction::I32Store8(at),
        ] {
            function.instruction(&instruction);
        }
    }
}

impl Reencode for Rewriter<'_> {
    type Error = std::convert::Infallible;

    fn parse_memory_section(
        &mut self,
        memories: &mut MemorySection,
        section: wasmparser::MemorySectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        utils::parse_memory_section(self, memories, section)?;
        self.add_memory(memories);
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        utils::parse_export_section(self, exports, section)?;
        self.add_export(exports);
        Ok(())
    }

    /// Adds the memory and export sections if they are missing, in section order.
    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        _after: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Result<(), Error<Self::Error>> {
        use SectionId::{Custom, Export, Function, Global, Import, Memory, Table, Tag, Type};
        let early = [Custom, Type, Import, Function, Table, Memory];
        let is = |ids: &[SectionId]| before.is_some_and(|b| ids.contains(&b));
        if !self.has_memory && !is(&early) {
            let mut memories = MemorySection::new();
            self.add_memory(&mut memories);
            module.section(&memories);
        }
        if !self.has_exports && !is(&early) && !is(&[Tag, Global, Export]) {
            let mut exports = ExportSection::new();
            self.add_export(&mut exports);
            module.section(&exports);
        }
        Ok(())
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: wasmparser::FunctionBody<'_>,
    ) -> Result<(), Error<Self::Error>> {
        let index = self.shape.imported_functions + code.len();
        let first = self.next;
        let mut function = self.new_function_with_parsed_locals(&body)?;
        let mut reader = body.get_operators_reader()?;
        self.count(&mut function);
        while !reader.eof() {
            let operator = reader.read()?;
            let ends_block = ends_block(&operator);
            function.instruction(&self.instruction(operator)?);
            // After the function's last `end` there is no code to count.
            if ends_block && !reader.eof() {
                self.count(&mut function);
            }
        }
        code.function(&function);
        let name = self.shape.names.iter().find(|(at, ..)| *at == index);
        self.functions.push(CoveredFunction {
            name: name.map_or_else(|| format!("#{index}"), |(_, name, _)| name.clone()),
            exported: name.is_some_and(|(.., exported)| *exported),
            first,
            blocks: self.next - first,
            file: String::new(),
        });
        Ok(())
    }
}
