//! Estimates how long the compiler takes, from the operators of each function.
//!
//! A bound on bytes does not bound time: of the same bytes, some operators cost the
//! compiler a hundred times as much as others. The weights are nanoseconds that
//! Cranelift took without optimisation on a machine of 2024, rounded up. An estimate is
//! a function of the bytes alone, so that it refuses the same binaries on all machines.

use wasmparser::Operator;

/// Estimated milliseconds of any binary, and in addition of each MiB. Published
/// components have at most a quarter of their bound.
const BASE: u64 = 4_000;
const MIB: u64 = 3_000;

/// A function of its own, whatever it holds.
const FUNCTION: u64 = 64_000;
/// A data segment: the compiler makes code of it.
const SEGMENT: u64 = 300_000;
/// The value of one local in one block.
const BLOCK_LOCAL: u64 = 60;
/// A parameter or result of a call, a function or a type that has many of them.
const VALUE: u64 = 5_000;
/// The same, times the number of all these parameters and results.
const VALUES_SQUARED: u64 = 25;
/// Parameters and results that cost no more than the call itself.
const FEW_VALUES: u64 = 8;
/// A target of a `br_table`.
const TARGET: u64 = 700;
/// The square of the number of branches and indirect calls of one function.
const BRANCHES_SQUARED: u64 = 4;

/// What a change of the estimate changes in [`super::bounds`].
pub(super) const BOUNDS: [u64; 10] = [
    BASE,
    MIB,
    FUNCTION,
    SEGMENT,
    BLOCK_LOCAL,
    VALUE,
    VALUES_SQUARED,
    FEW_VALUES,
    TARGET,
    BRANCHES_SQUARED,
];

/// An estimate, in nanoseconds of the machine of the weights.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Cost(u64);

impl Cost {
    fn add(&mut self, nanos: u64) {
        self.0 = self.0.saturating_add(nanos);
    }

    /// Adds one operator, without its values.
    pub(super) fn operator(&mut self, operator: &Operator<'_>) {
        self.add(weight(operator));
        if let Operator::BrTable { targets } = operator {
            self.add(u64::from(targets.len()).saturating_mul(TARGET));
        }
    }

    /// Adds what so many parameters and results of a call, a function or a type cost.
    pub(super) fn values(&mut self, count: u64) {
        if count <= FEW_VALUES {
            return;
        }
        let each = VALUE.saturating_add(VALUES_SQUARED.saturating_mul(count));
        self.add(each.saturating_mul(count));
    }

    /// Adds what depends on a whole function: the locals of its blocks, and its branches.
    pub(super) fn function(&mut self, of: Self, block_locals: u64, branches: u64) {
        let squared = branches.saturating_mul(branches);
        self.add(of.0);
        self.add(FUNCTION);
        self.add(block_locals.saturating_mul(BLOCK_LOCAL));
        self.add(squared.saturating_mul(BRANCHES_SQUARED));
    }

    /// Adds a data segment.
    pub(super) fn segment(&mut self) {
        self.add(SEGMENT);
    }

    /// The estimate in milliseconds.
    pub(super) fn millis(self) -> u64 {
        self.0 / 1_000_000
    }
}

/// The most milliseconds that a binary of so many bytes may be estimated at.
#[must_use]
pub fn most(bytes: usize) -> u64 {
    BASE + (bytes as u64).saturating_mul(MIB) / (1024 * 1024)
}

/// Whether the compiler takes the square of the number of such operators in a function.
pub(super) fn branches(operator: &Operator<'_>) -> bool {
    use Operator::{Br, BrIf, BrTable, CallIndirect, ReturnCallIndirect, TableGet, TableSet};
    matches!(
        operator,
        Br { .. }
            | BrIf { .. }
            | BrTable { .. }
            | CallIndirect { .. }
            | ReturnCallIndirect { .. }
            | TableGet { .. }
            | TableSet { .. }
    )
}

/// The weight of one operator without its values.
fn weight(operator: &Operator<'_>) -> u64 {
    if is_move(operator) || is_integer(operator) {
        return 400;
    }
    if is_access(operator) {
        return 5_000;
    }
    match operator {
        Operator::Call { .. } | Operator::ReturnCall { .. } => 10_000,
        Operator::Block { .. } | Operator::Loop { .. } | Operator::Else => 3_000,
        Operator::If { .. }
        | Operator::Br { .. }
        | Operator::BrIf { .. }
        | Operator::BrTable { .. } => 16_000,
        Operator::CallIndirect { .. }
        | Operator::ReturnCallIndirect { .. }
        | Operator::TableGet { .. }
        | Operator::TableSet { .. } => 40_000,
        // Floats, whose NaN are made canonical; divisions, which trap; vectors; and what
        // calls into the runtime.
        _ => 12_000,
    }
}

/// Moves values, and computes nothing.
fn is_move(operator: &Operator<'_>) -> bool {
    use Operator::{
        Drop, End, F32Const, F64Const, GlobalGet, GlobalSet, I32Const, I64Const, LocalGet,
        LocalSet, LocalTee, Nop, Return, Select, Unreachable,
    };
    matches!(
        operator,
        Drop | End
            | Nop
            | Return
            | Select
            | Unreachable
            | I32Const { .. }
            | I64Const { .. }
            | F32Const { .. }
            | F64Const { .. }
            | LocalGet { .. }
            | LocalSet { .. }
            | LocalTee { .. }
            | GlobalGet { .. }
            | GlobalSet { .. }
    )
}

/// Reads or writes memory.
fn is_access(operator: &Operator<'_>) -> bool {
    use Operator::{
        F32Load, F32Store, F64Load, F64Store, I32Load, I32Load8S, I32Load8U, I32Load16S,
        I32Load16U, I32Store, I32Store8, I32Store16, I64Load, I64Load8S, I64Load8U, I64Load16S,
        I64Load16U, I64Load32S, I64Load32U, I64Store, I64Store8, I64Store16, I64Store32,
    };
    matches!(
        operator,
        I32Load { .. }
            | I64Load { .. }
            | F32Load { .. }
            | F64Load { .. }
            | I32Load8S { .. }
            | I32Load8U { .. }
            | I32Load16S { .. }
            | I32Load16U { .. }
            | I64Load8S { .. }
            | I64Load8U { .. }
            | I64Load16S { .. }
            | I64Load16U { .. }
            | I64Load32S { .. }
            | I64Load32U { .. }
            | I32Store { .. }
            | I64Store { .. }
            | F32Store { .. }
            | F64Store { .. }
            | I32Store8 { .. }
            | I32Store16 { .. }
            | I64Store8 { .. }
            | I64Store16 { .. }
            | I64Store32 { .. }
    )
}

/// Computes with integers, and cannot trap.
fn is_integer(operator: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        operator,
        O::I32Eqz
            | O::I32Eq
            | O::I32Ne
            | O::I32LtS
            | O::I32LtU
            | O::I32GtS
            | O::I32GtU
            | O::I32LeS
            | O::I32LeU
            | O::I32GeS
            | O::I32GeU
            | O::I64Eqz
            | O::I64Eq
            | O::I64Ne
            | O::I64LtS
            | O::I64LtU
            | O::I64GtS
            | O::I64GtU
            | O::I64LeS
            | O::I64LeU
            | O::I64GeS
            | O::I64GeU
            | O::I32Add
            | O::I32Sub
            | O::I32Mul
            | O::I32And
            | O::I32Or
            | O::I32Xor
            | O::I32Shl
            | O::I32ShrS
            | O::I32ShrU
            | O::I64Add
            | O::I64Sub
            | O::I64Mul
            | O::I64And
            | O::I64Or
            | O::I64Xor
            | O::I64Shl
            | O::I64ShrS
            | O::I64ShrU
            | O::I32WrapI64
            | O::I64ExtendI32S
            | O::I64ExtendI32U
    )
}
