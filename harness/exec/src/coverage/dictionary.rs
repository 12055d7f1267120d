//! The dictionary of a guest, read from its code and data: numbers that it
//! compares with, and texts, also those that were compiled into comparisons.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use wasmparser::Operator;

/// Entries of each kind that are kept.
const CAPACITY: usize = 4096;

/// The values that guests compare with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dictionary {
    /// Integers in comparisons.
    pub numbers: BTreeSet<i64>,
    /// Texts that the code compares with, one machine word at a time.
    pub compared: BTreeSet<String>,
    /// Texts in data segments.
    pub texts: BTreeSet<String>,
}

/// The state of following the code of one function.
#[derive(Default)]
pub(super) struct Follow {
    /// The constant that the previous operator pushed.
    constant: Option<i64>,
    /// The constant that was added to an address before the next load.
    added: u64,
    /// The last load: offset, and number of bytes.
    loaded: Option<(u64, usize)>,
    /// Parts of a text that is compared with: offsets, and bytes.
    parts: Vec<(u64, Vec<u8>)>,
}

impl Dictionary {
    /// Adds the entries of another dictionary.
    pub fn add(&mut self, other: Self) {
        fn add<T: Ord>(to: &mut BTreeSet<T>, from: BTreeSet<T>) {
            let room = CAPACITY.saturating_sub(to.len());
            to.extend(from.into_iter().take(room));
        }
        add(&mut self.numbers, other.numbers);
        add(&mut self.compared, other.compared);
        add(&mut self.texts, other.texts);
    }

    /// Adds the printable runs of `data`.
    pub(super) fn texts_in(&mut self, data: &[u8]) {
        for run in data.split(|b| !is_printable(*b)) {
            if self.texts.len() < CAPACITY
                && (2..=64).contains(&run.len())
                && let Ok(text) = std::str::from_utf8(run)
            {
                self.texts.insert(text.to_owned());
            }
        }
    }

    /// Adds the entries that follow from `operator`, the next one of a function.
    pub(super) fn follow(&mut self, operator: &Operator<'_>, at: &mut Follow) {
        let constant = at.constant.take();
        match operator {
            Operator::I32Const { value } => at.constant = Some((*value).into()),
            Operator::I64Const { value } => at.constant = Some(*value),
            Operator::F64Const { value } => at.constant = whole(f64::from_bits(value.bits())),
            Operator::I32Add => at.added = constant.map_or(0, |c| c.unsigned_abs()),
            other => match (load(other), constant) {
                (Some((offset, width)), _) => {
                    at.loaded = Some((offset + std::mem::take(&mut at.added), width));
                }
                (None, Some(constant)) => self.compared_with(constant, other, at),
                (None, None) => {}
            },
        }
        if matches!(
            operator,
            Operator::BrIf { .. } | Operator::If { .. } | Operator::End
        ) {
            self.assemble(at);
        }
    }

    fn compared_with(&mut self, constant: i64, operator: &Operator<'_>, at: &mut Follow) {
        let equals = matches!(
            operator,
            Operator::I32Eq | Operator::I32Ne | Operator::I64Eq | Operator::I64Ne
        );
        // Compilers compare long texts by an xor of each word, and one comparison
        // of the result with zero.
        let xors = matches!(operator, Operator::I32Xor | Operator::I64Xor);
        if ((equals && constant != 0) || xors)
            && let Some((offset, width)) = at.loaded.take()
        {
            let bytes = constant.to_le_bytes();
            let part = bytes.get(..width).unwrap_or_default().to_vec();
            at.parts.push((offset, part));
        }
        if (equals || orders(operator)) && self.numbers.len() < CAPACITY {
            self.numbers.insert(constant);
        }
    }

    /// Assembles the parts so far to a text, and adds it if it is printable.
    fn assemble(&mut self, at: &mut Follow) {
        let parts = std::mem::take(&mut at.parts);
        let Some(first) = parts.iter().map(|(offset, _)| *offset).min() else {
            return;
        };
        let mut text: Vec<u8> = Vec::new();
        for (offset, part) in &parts {
            let start = usize::try_from(offset - first).unwrap_or(usize::MAX);
            let end = start.saturating_add(part.len());
            if end > 64 {
                return;
            }
            text.resize(text.len().max(end), 0);
            text[start..end].copy_from_slice(part);
        }
        let readable = text.len() >= 2 && text.iter().all(|b| is_printable(*b));
        if readable && self.compared.len() < CAPACITY {
            self.compared.extend(String::from_utf8(text));
        }
    }
}

fn is_printable(byte: u8) -> bool {
    (0x20..0x7f).contains(&byte)
}

fn whole(value: f64) -> Option<i64> {
    let fits = value.fract() == 0.0 && value.abs() < 9e15;
    fits.then_some(value as i64)
}

/// The offset of a load, and its number of bytes.
fn load(operator: &Operator<'_>) -> Option<(u64, usize)> {
    Some(match operator {
        Operator::I64Load { memarg } => (memarg.offset, 8),
        Operator::I32Load { memarg } | Operator::I64Load32U { memarg } => (memarg.offset, 4),
        Operator::I32Load16U { memarg } | Operator::I64Load16U { memarg } => (memarg.offset, 2),
        Operator::I32Load8U { memarg } | Operator::I64Load8U { memarg } => (memarg.offset, 1),
        _ => return None,
    })
}

/// Whether an operator compares the order of two numbers, or compares floats.
fn orders(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::I32LtS
            | Operator::I32LtU
            | Operator::I32GtS
            | Operator::I32GtU
            | Operator::I32LeS
            | Operator::I32LeU
            | Operator::I32GeS
            | Operator::I32GeU
            | Operator::I64LtS
            | Operator::I64LtU
            | Operator::I64GtS
            | Operator::I64GtU
            | Operator::I64LeS
            | Operator::I64LeU
            | Operator::I64GeS
            | Operator::I64GeU
            | Operator::F64Eq
            | Operator::F64Ne
            | Operator::F64Lt
            | Operator::F64Gt
            | Operator::F64Le
            | Operator::F64Ge
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coverage::module::rewrite;

    fn dictionary(body: &str) -> Dictionary {
        let text = format!("(module (memory 1) (func (param $p i32) (result i32) {body}))");
        let binary = wat::parse_str(text).expect("a module");
        let mut dictionary = Dictionary::default();
        rewrite(&binary, &mut dictionary).expect("rewrites");
        dictionary
    }

    #[test]
    fn text_compiled_into_comparisons_is_found() {
        // "maintenance", as LLVM compares it: the first eight bytes, and eight
        // bytes from the fourth on.
        let found = dictionary(
            "(i64.ne (i64.or
               (i64.xor (i64.load align=1 (local.get $p)) (i64.const 7020660419860193645))
               (i64.xor (i64.load align=1 (i32.add (local.get $p) (i32.const 3))) (i64.const 7305804385268102254)))
               (i64.const 0))
             (br_if 0 (i32.const 1)) drop (i32.const 0)",
        );
        assert_eq!(found.compared, ["maintenance".to_owned()].into());
    }

    #[test]
    fn only_compared_numbers_are_found() {
        let found = dictionary(
            "(drop (i64.eq (i64.extend_i32_u (local.get $p)) (i64.const 31337)))
             (drop (i32.lt_u (local.get $p) (i32.const 99)))
             (i32.mul (local.get $p) (i32.const 12345))",
        );
        assert_eq!(found.numbers, [99, 31_337].into());
    }
}
