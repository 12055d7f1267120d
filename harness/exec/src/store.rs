//! The store of one step: its bounds as totals, and its meters.

use crate::failure::LimitHit;
use crate::ticker;
use provision_core::limits::StepLimits;
use provision_core::wizard::Meters;
use wasmtime::{Engine, ResourceLimiter, Result, Store};

/// What the bounds of one store have left, and what was used of them.
pub(crate) struct Sandbox {
    memory_limit: usize,
    table_limit: usize,
    instance_limit: usize,
    memory_total: usize,
    memory_peak: usize,
    table_total: usize,
}

/// A fresh store with `limits` applied.
pub(crate) fn open(engine: &Engine, limits: &StepLimits) -> Result<Store<Sandbox>> {
    let StepLimits {
        fuel,
        deadline_ms,
        memory_bytes,
        table_elements,
        instances,
        // Applied where modules are prepared and answers are read.
        component_bytes: _,
        memories: _,
        tables: _,
        input_bytes: _,
        output_bytes: _,
        // Applied to the engine.
        stack_bytes: _,
    } = *limits;
    let mut store = Store::new(
        engine,
        Sandbox {
            memory_limit: memory_bytes,
            table_limit: table_elements,
            instance_limit: instances,
            memory_total: 0,
            memory_peak: 0,
            table_total: 0,
        },
    );
    store.limiter(|sandbox| sandbox);
    store.set_fuel(fuel)?;
    store.epoch_deadline_trap();
    store.set_epoch_deadline(ticker::ticks(deadline_ms));
    Ok(store)
}

/// What was consumed so far; wall time and output are the caller's to fill in.
pub(crate) fn meters(store: &Store<Sandbox>, limits: &StepLimits) -> Meters {
    Meters {
        fuel: limits.fuel - store.get_fuel().unwrap_or(0).min(limits.fuel),
        memory_bytes: store.data().memory_peak as u64,
        ..Meters::default()
    }
}

impl ResourceLimiter for Sandbox {
    /// NB: an error traps. A guest that is told "no" by a failing `memory.grow`
    /// goes on in a way that nobody tested, and its verdict would mean little.
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            // Beyond the module's own maximum: that is the guest's business.
            return Ok(false);
        }
        let total = self
            .memory_total
            .saturating_add(desired.saturating_sub(current));
        if total > self.memory_limit {
            return Err(LimitHit::Memory {
                asked: total,
                limit: self.memory_limit,
            }
            .into());
        }
        self.memory_total = total;
        self.memory_peak = self.memory_peak.max(total);
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let total = self
            .table_total
            .saturating_add(desired.saturating_sub(current));
        if total > self.table_limit {
            return Err(LimitHit::Table {
                asked: total,
                limit: self.table_limit,
            }
            .into());
        }
        self.table_total = total;
        Ok(true)
    }

    fn instances(&self) -> usize {
        self.instance_limit
    }

    // Both are counted before instantiation, with a typed error.
    fn tables(&self) -> usize {
        usize::MAX
    }

    fn memories(&self) -> usize {
        usize::MAX
    }
}
