//! Refuses Wasm that takes more than linear time to compile, before the compiler
//! sees it.
//!
//! Kilobytes of Wasm can cost a compiler gigabytes and minutes. The bounds are
//! about ten times the measures of real components. Most measures also have a bound
//! on the sum over all functions, because many functions just below a bound add up.

mod bounds;
mod cost;
mod function;
mod module;
mod nesting;
#[cfg(test)]
mod tests;

pub use bounds::ShapeError;
pub use cost::most;

use bounds::{Totals, bound};
use function::Measure;
use module::Module;
use wasmparser::{Operator, Parser, Payload, SubType, TypeRef};

/// Functions of all modules together. Published components have up to 5 293.
const FUNCTIONS: u64 = 25_000;
/// Types of all modules and components together.
const TYPES: u64 = 20_000;
/// Parameters, results or fields of one type.
const FIELDS: u64 = 1_000;
/// Modules and components, nested ones included.
const MODULES: u64 = 100;
/// Levels of components in components.
const COMPONENTS_DEEP: usize = 8;
/// Initial elements of all tables together.
pub const TABLE: usize = 100_000;
/// Data segments of all modules together.
const SEGMENTS: u64 = 10_000;
/// Bytes in all gaps between the data segments of one module.
const DATA_GAP: u64 = 1024 * 1024;

/// Every bound, in a fixed order. A binary that was accepted under other bounds has
/// to be checked against these.
#[must_use]
pub fn bounds() -> Vec<u64> {
    let own = [
        FUNCTIONS,
        TYPES,
        FIELDS,
        MODULES,
        COMPONENTS_DEEP as u64,
        TABLE as u64,
        SEGMENTS,
        DATA_GAP,
        nesting::TYPES_DEEP,
    ];
    let own = own.into_iter().chain(function::BOUNDS);
    own.chain(cost::BOUNDS).collect()
}

/// Measures `binary`, a module or a component. It stops without an error at what it
/// cannot parse, because the validator reports that in more detail. Returns how many
/// milliseconds the compiler is estimated to take.
///
/// # Errors
/// [`ShapeError`] names the first measure above its bound.
pub fn check(binary: &[u8]) -> Result<u64, ShapeError> {
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
                if module.payload(binary, other, &mut totals)?.is_none() {
                    break;
                }
            }
        }
    }
    let millis = totals.cost.millis();
    let limit = most(binary.len());
    bound("estimated milliseconds to compile", millis, limit, None)?;
    Ok(millis)
}

impl Module {
    /// Measures one payload; `None` if it cannot be read.
    fn payload(
        &mut self,
        binary: &[u8],
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
                        let fields = fields(&ty);
                        bound("fields of a type", fields, FIELDS, None)?;
                        totals.cost.values(fields);
                        self.types.push(ty);
                    }
                }
            }
            Payload::ComponentTypeSection(section) => {
                let items = binary.get(section.original_position()..section.range().end);
                let most = TYPES.saturating_sub(totals.types);
                let measured = nesting::types(items.unwrap_or_default(), section.count(), most)?;
                totals.types += measured.types;
                bound("types", totals.types, TYPES, None)?;
                if !measured.whole {
                    return Ok(None);
                }
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
                    bound("table elements", totals.tables, TABLE as u64, None)?;
                }
            }
            Payload::DataSection(section) => {
                return self.data_section(section, totals);
            }
            Payload::CodeSectionEntry(body) => {
                let at = self.bodies;
                self.bodies += 1;
                // NB: goes on after a body that cannot be read. The compiler reads
                // the sections behind it before it reads any body.
                if let Some(measure) = Measure::of(self, &body, at) {
                    measure.judge(totals, at)?;
                }
            }
            _ => {}
        }
        Ok(Some(()))
    }

    fn data_section(
        &mut self,
        section: wasmparser::DataSectionReader<'_>,
        totals: &mut Totals,
    ) -> Result<Option<()>, ShapeError> {
        totals.segments += u64::from(section.count());
        bound("data segments", totals.segments, SEGMENTS, None)?;
        for data in section {
            let Ok(data) = data else { return Ok(None) };
            totals.cost.segment();
            self.data(&data);
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
