//! Measures one function: nesting, values on the stack, locals, branches, calls.

use super::bounds::{ShapeError, Totals, bound};
use super::cost::{self, Cost};
use super::module::Module;
use wasmparser::{
    BlockType, ContType, FrameKind, FuncType, FunctionBody, ModuleArity, Operator, RefType, SubType,
};

/// Nested loops × locals of one function. Register allocation is quadratic in it.
const LOOPED_LOCALS: u64 = 2_500;
/// Nested blocks of one function.
const NESTING: u64 = 1_000;
/// Values on the stack of one function.
const OPERANDS: u64 = 1_000;
/// Locals of one function.
const LOCALS: u64 = 2_000;
/// Bytes of one function.
const BODY: u64 = 1024 * 1024;
/// Targets of a `br_table` × values that each target takes.
const BRANCHES: u64 = 20_000;
/// Calls of one function.
const CALLS: u64 = 10_000;
/// Sums over all functions. The first two sum squares, because the cost of a function
/// is the square of its measure.
const ALL_LOOPED_LOCALS: u64 = 60_000_000;
const ALL_HEIGHTS: u64 = 20_000_000;
const ALL_BRANCHES: u64 = 400_000;
/// Blocks × locals, summed over all functions. The compiler keeps the value of each
/// local for each block. Published components have up to 1 233 800.
const ALL_BLOCK_LOCALS: u64 = 20_000_000;

/// All bounds of this file.
pub(super) const BOUNDS: [u64; 11] = [
    LOOPED_LOCALS,
    NESTING,
    OPERANDS,
    LOCALS,
    BODY,
    BRANCHES,
    CALLS,
    ALL_LOOPED_LOCALS,
    ALL_HEIGHTS,
    ALL_BRANCHES,
    ALL_BLOCK_LOCALS,
];

/// The measures of one function.
#[derive(Default)]
pub(super) struct Measure {
    bytes: u64,
    locals: u64,
    loops: u64,
    nesting: u64,
    operands: u64,
    branches: u64,
    calls: u64,
    blocks: u64,
    /// Branches and indirect calls.
    jumps: u64,
    cost: Cost,
}

impl Measure {
    /// Measures `body`; `None` if it cannot be read.
    pub(super) fn of(module: &Module, body: &FunctionBody<'_>, at: u64) -> Option<Self> {
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
        if let Some((params, results)) = walk.block_type_arity(BlockType::FuncType(ty)) {
            measure.cost.values(u64::from(params) + u64::from(results));
        }
        let mut operators = body.get_operators_reader().ok()?;
        while !operators.eof() {
            let operator = operators.read().ok()?;
            walk.operator(&operator, &mut measure)?;
            // A bound is exceeded already, and the rest of the body could take long.
            if measure.over() {
                break;
            }
        }
        Some(measure)
    }

    fn over(&self) -> bool {
        self.branches > BRANCHES || self.operands > OPERANDS || self.nesting > NESTING
    }

    pub(super) fn judge(&self, totals: &mut Totals, at: u64) -> Result<(), ShapeError> {
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
        // The measures of an ordinary function cost almost nothing.
        let square = |value: u64, ordinary: u64| if value > ordinary { value * value } else { 0 };
        totals.looped_locals += square(looped, 300);
        totals.heights += square(self.operands, 100) + square(self.nesting, 200);
        totals.branches += self.branches;
        let block_locals = self.blocks.saturating_add(1).saturating_mul(self.locals);
        totals.block_locals = totals.block_locals.saturating_add(block_locals);
        totals.cost.function(self.cost, block_locals, self.jumps);
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
            (
                "blocks times locals, of all functions",
                totals.block_locals,
                ALL_BLOCK_LOCALS,
            ),
        ] {
            bound(measure, value, limit, None)?;
        }
        Ok(())
    }
}

/// The state of the reader of a function: the open blocks, and the number of values
/// on the stack. Unreachable code can make the number too low, never too high.
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
                // Every `switch` has one value for each target, so these do not count.
                let plain = u64::from(targets.len());
                measure.branches += values.saturating_sub(plain);
                self.pop(1);
            }
            other => {
                if matches!(other, Operator::Call { .. } | Operator::CallIndirect { .. }) {
                    measure.calls += 1;
                }
                let (params, results) = other.operator_arity(self)?;
                let values = u64::from(params) + u64::from(results);
                measure.cost.values(values);
                self.pop(u64::from(params));
                self.height += u64::from(results);
            }
        }
        if let Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } = operator {
            measure.blocks += 1;
        }
        measure.jumps += u64::from(cost::branches(operator));
        measure.cost.operator(operator);
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

    /// The number of values that a branch to the label carries.
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

    // The validator refuses exceptions and continuations, which are off.
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
