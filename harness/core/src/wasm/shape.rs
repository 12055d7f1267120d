//! What compiles in more than linear time, found before anything compiles it.
//!
//! Kilobytes of Wasm can cost a compiler gigabytes and minutes. The bounds are
//! some ten times what real components have, and for each shape there is a
//! bound on the sum over all functions: many small bad ones add up.

use std::fmt;
use wasmparser::{
    BlockType, ContType, FrameKind, FuncType, FunctionBody, ModuleArity, Operator, Parser, Payload,
    RefType, SubType, TypeRef,
};

/// Nested loops × locals of one function; register allocation is quadratic in it.
const LOOPED_LOCALS: u64 = 2_500;
/// Nested blocks of one function.
const NESTING: u64 = 1_000;
/// Values on the stack of one function.
const OPERANDS: u64 = 1_000;
/// Locals of one function.
const LOCALS: u64 = 2_000;
/// Bytes of one function.
const BODY: u64 = 1024 * 1024;
/// Targets of a `br_table` × values that each takes.
const BRANCHES: u64 = 20_000;
/// Calls of one function.
const CALLS: u64 = 10_000;
/// Functions of all modules.
const FUNCTIONS: u64 = 100_000;
/// Types of all modules and components.
const TYPES: u64 = 20_000;
/// Parameters, results or fields of one type.
const FIELDS: u64 = 1_000;
/// Modules and components, nested ones included.
const MODULES: u64 = 100;
/// Levels of components in components.
const COMPONENTS_DEEP: usize = 8;
/// Elements that all tables have from the start.
const TABLE: u64 = 100_000;
/// Bytes between the data segments of one module, all gaps together.
const DATA_GAP: u64 = 1024 * 1024;
/// Sums over all functions; the first two are of squares, because one such
/// function costs the square of its measure.
const ALL_LOOPED_LOCALS: u64 = 60_000_000;
const ALL_HEIGHTS: u64 = 20_000_000;
const ALL_BRANCHES: u64 = 400_000;

/// A shape that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{measure}: {value}, bound {limit}{}", At(*.function))]
pub struct ShapeError {
    /// What was measured.
    pub measure: &'static str,
    /// How much of it there is.
    pub value: u64,
    /// How much of it there may be.
    pub limit: u64,
    /// The function, by its place in its module; `None` for sums.
    pub function: Option<u64>,
}

struct At(Option<u64>);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(function) => write!(f, " (the module's own function {function})"),
            None => Ok(()),
        }
    }
}

/// Measures `binary`, a module or a component. What cannot be parsed is left
/// to the validator, which says more about it.
///
/// # Errors
/// [`ShapeError`] names the first measure that is over its bound.
pub fn check(binary: &[u8]) -> Result<(), ShapeError> {
    let mut totals = Totals::default();
    let mut stack: Vec<Module> = Vec::new();
    for payload in Parser::new(0).parse_all(binary) {
        let Ok(payload) = payload else { break };
        match payload {
            Payload::Version { .. } => {
                totals.modules += 1;
                bound("modules and components", totals.modules, MODULES, None)?;
                stack.push(Module::default());
                bound(
                    "levels of components",
                    stack.len() as u64,
                    COMPONENTS_DEEP as u64,
                    None,
                )?;
            }
            Payload::End(_) => {
                if let Some(done) = stack.pop() {
                    done.finish()?;
                }
            }
            other => {
                let Some(module) = stack.last_mut() else {
                    break;
                };
                if module.payload(other, &mut totals)?.is_none() {
                    break;
                }
            }
        }
    }
    Ok(())
}

fn bound(
    measure: &'static str,
    value: u64,
    limit: u64,
    function: Option<u64>,
) -> Result<(), ShapeError> {
    match value > limit {
        true => Err(ShapeError {
            measure,
            value,
            limit,
            function,
        }),
        false => Ok(()),
    }
}

/// Sums over everything in the binary.
#[derive(Default)]
struct Totals {
    modules: u64,
    types: u64,
    functions: u64,
    tables: u64,
    looped_locals: u64,
    heights: u64,
    branches: u64,
}

/// What functions of one module are measured against.
#[derive(Default)]
struct Module {
    types: Vec<SubType>,
    /// The type of each function, imported ones first.
    functions: Vec<u32>,
    imported: u64,
    bodies: u64,
    data_bytes: u64,
    data_span: Option<(u64, u64)>,
}

impl Module {
    /// `None` where the payload cannot be read.
    fn payload(
        &mut self,
        payload: Payload<'_>,
        totals: &mut Totals,
    ) -> Result<Option<()>, ShapeError> {
        match payload {
            Payload::TypeSection(section) => {
                for group in section {
                    let Ok(group) = group else { return Ok(None) };
                    for ty in group.into_types() {
                        totals.types += 1;
                        bound("types", totals.types, TYPES, None)?;
                        bound("fields of a type", fields(&ty), FIELDS, None)?;
                        self.types.push(ty);
                    }
                }
            }
            Payload::ComponentTypeSection(section) => {
                totals.types += u64::from(section.count());
                bound("types", totals.types, TYPES, None)?;
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let Ok(import) = import else { return Ok(None) };
                    if let TypeRef::Func(ty) | TypeRef::FuncExact(ty) = import.ty {
                        self.functions.push(ty);
                        self.imported += 1;
                    }
                }
            }
            Payload::FunctionSection(section) => {
                totals.functions += u64::from(section.count());
                bound("functions", totals.functions, FUNCTIONS, None)?;
                self.functions.extend(section.into_iter().flatten());
            }
            Payload::TableSection(section) => {
                for table in section {
                    let Ok(table) = table else { return Ok(None) };
                    totals.tables = totals.tables.saturating_add(table.ty.initial);
                    bound("table elements", totals.tables, TABLE, None)?;
                }
            }
            Payload::DataSection(section) => {
                for data in section {
                    let Ok(data) = data else { return Ok(None) };
                    self.data(&data);
                }
            }
            Payload::CodeSectionEntry(body) => {
                let at = self.bodies;
                self.bodies += 1;
                return Measure::of(self, &body, at)
                    .map_or(Ok(None), |m| m.judge(totals, at).map(Some));
            }
            _ => {}
        }
        Ok(Some(()))
    }

    fn data(&mut self, data: &wasmparser::Data<'_>) {
        self.data_bytes += data.data.len() as u64;
        if let wasmparser::DataKind::Active { offset_expr, .. } = &data.kind {
            let mut operators = offset_expr.get_operators_reader();
            if let Ok(Operator::I32Const { value }) = operators.read() {
                let start = u64::from(value as u32);
                let end = start + data.data.len() as u64;
                let (first, last) = self.data_span.unwrap_or((start, end));
                self.data_span = Some((first.min(start), last.max(end)));
            }
        }
    }

    fn finish(self) -> Result<(), ShapeError> {
        let span = self.data_span.map_or(0, |(first, last)| last - first);
        let gaps = span.saturating_sub(self.data_bytes);
        bound("bytes between data segments", gaps, DATA_GAP, None)
    }
}

fn fields(ty: &SubType) -> u64 {
    match &ty.composite_type.inner {
        wasmparser::CompositeInnerType::Func(f) => (f.params().len() + f.results().len()) as u64,
        wasmparser::CompositeInnerType::Struct(s) => s.fields.len() as u64,
        _ => 0,
    }
}

/// One function, measured.
#[derive(Default)]
struct Measure {
    bytes: u64,
    locals: u64,
    loops: u64,
    nesting: u64,
    operands: u64,
    branches: u64,
    calls: u64,
}

impl Measure {
    /// `None` where the body cannot be read.
    fn of(module: &Module, body: &FunctionBody<'_>, at: u64) -> Option<Self> {
        let mut measure = Self {
            bytes: (body.range().end - body.range().start) as u64,
            ..Self::default()
        };
        for local in body.get_locals_reader().ok()? {
            measure.locals = measure.locals.saturating_add(u64::from(local.ok()?.0));
        }
        let index = usize::try_from(module.imported + at).ok()?;
        let ty = module.functions.get(index).copied()?;
        let mut walk = Walk {
            module,
            frames: vec![(BlockType::FuncType(ty), FrameKind::Block, 0)],
            height: 0,
            loops: 0,
        };
        let mut operators = body.get_operators_reader().ok()?;
        while !operators.eof() {
            let operator = operators.read().ok()?;
            walk.operator(&operator, &mut measure)?;
            // Over a bound already, and reading on could take long.
            if measure.over() {
                break;
            }
        }
        Some(measure)
    }

    fn over(&self) -> bool {
        self.branches > BRANCHES || self.operands > OPERANDS || self.nesting > NESTING
    }

    fn judge(&self, totals: &mut Totals, at: u64) -> Result<(), ShapeError> {
        let looped = self.loops.saturating_mul(self.locals);
        for (measure, value, limit) in [
            ("bytes of a function", self.bytes, BODY),
            ("locals of a function", self.locals, LOCALS),
            ("nested blocks of a function", self.nesting, NESTING),
            ("values on a function's stack", self.operands, OPERANDS),
            (
                "br_table targets times their values",
                self.branches,
                BRANCHES,
            ),
            ("calls of a function", self.calls, CALLS),
            (
                "nested loops times locals of a function",
                looped,
                LOOPED_LOCALS,
            ),
        ] {
            bound(measure, value, limit, Some(at))?;
        }
        // What every ordinary function has costs next to nothing.
        let square = |value: u64, ordinary: u64| if value > ordinary { value * value } else { 0 };
        totals.looped_locals += square(looped, 300);
        totals.heights += square(self.operands, 100) + square(self.nesting, 200);
        totals.branches += self.branches;
        for (measure, value, limit) in [
            (
                "nested loops times locals, of all functions",
                totals.looped_locals,
                ALL_LOOPED_LOCALS,
            ),
            (
                "nesting and values on the stack, of all functions",
                totals.heights,
                ALL_HEIGHTS,
            ),
            (
                "br_table targets times their values, of all functions",
                totals.branches,
                ALL_BRANCHES,
            ),
        ] {
            bound(measure, value, limit, None)?;
        }
        Ok(())
    }
}

/// Where the reader of a function is: its blocks, and how many values there
/// are. Unreachable code may make the count too low, never too high.
struct Walk<'m> {
    module: &'m Module,
    frames: Vec<(BlockType, FrameKind, u64)>,
    height: u64,
    loops: u64,
}

impl Walk<'_> {
    fn operator(&mut self, operator: &Operator<'_>, measure: &mut Measure) -> Option<()> {
        match operator {
            Operator::Block { blockty } => self.enter(*blockty, FrameKind::Block),
            Operator::If { blockty } => {
                self.pop(1);
                self.enter(*blockty, FrameKind::If);
            }
            Operator::Loop { blockty } => {
                self.enter(*blockty, FrameKind::Loop);
                self.loops += 1;
            }
            Operator::Else => {
                let (ty, _, base) = *self.frames.last()?;
                self.height = base + u64::from(self.block_type_arity(ty)?.0);
            }
            Operator::End => self.leave()?,
            Operator::BrTable { targets } => {
                let mut values = 0u64;
                for target in targets.targets() {
                    values += self.label(target.ok()?)?.max(1);
                    if values > BRANCHES {
                        break;
                    }
                }
                // One value a target is what every `switch` has.
                let plain = u64::from(targets.len());
                measure.branches += values.saturating_sub(plain);
                self.pop(1);
            }
            other => {
                if matches!(other, Operator::Call { .. } | Operator::CallIndirect { .. }) {
                    measure.calls += 1;
                }
                let (params, results) = other.operator_arity(self)?;
                self.pop(u64::from(params));
                self.height += u64::from(results);
            }
        }
        measure.loops = measure.loops.max(self.loops);
        measure.nesting = measure.nesting.max(self.frames.len() as u64);
        measure.operands = measure.operands.max(self.height);
        Some(())
    }

    fn pop(&mut self, count: u64) {
        let base = self.frames.last().map_or(0, |f| f.2);
        self.height = self.height.saturating_sub(count).max(base);
    }

    fn enter(&mut self, ty: BlockType, kind: FrameKind) {
        let params = self.block_type_arity(ty).map_or(0, |a| u64::from(a.0));
        let base = self.height.saturating_sub(params);
        self.frames.push((ty, kind, base));
    }

    fn leave(&mut self) -> Option<()> {
        let (ty, kind, base) = self.frames.pop()?;
        if kind == FrameKind::Loop {
            self.loops -= 1;
        }
        self.height = base + u64::from(self.block_type_arity(ty)?.1);
        Some(())
    }

    /// Values that a branch to the label takes along.
    fn label(&self, depth: u32) -> Option<u64> {
        let (ty, kind) = self.label_block(depth)?;
        let (params, results) = self.block_type_arity(ty)?;
        Some(u64::from(match kind {
            FrameKind::Loop => params,
            _ => results,
        }))
    }
}

impl ModuleArity for Walk<'_> {
    fn sub_type_at(&self, at: u32) -> Option<&SubType> {
        self.module.types.get(at as usize)
    }

    // Exceptions and continuations are off; the validator refuses them.
    fn tag_type_arity(&self, _: u32) -> Option<(u32, u32)> {
        None
    }

    fn type_index_of_function(&self, function: u32) -> Option<u32> {
        self.module.functions.get(function as usize).copied()
    }

    fn func_type_of_cont_type(&self, _: &ContType) -> Option<&FuncType> {
        None
    }

    fn sub_type_of_ref_type(&self, _: &RefType) -> Option<&SubType> {
        None
    }

    fn control_stack_height(&self) -> u32 {
        self.frames.len() as u32
    }

    fn label_block(&self, depth: u32) -> Option<(BlockType, FrameKind)> {
        let at = self.frames.len().checked_sub(depth as usize + 1)?;
        self.frames.get(at).map(|(ty, kind, _)| (*ty, *kind))
    }
}
