//! The store of one step: its bounds as totals, and its meters.

use crate::failure::LimitHit;
use crate::ticker;
use provision_core::limits::StepLimits;
use provision_core::wizard::Meters;
use wasmtime::{Engine, ResourceLimiter, Result, Store};

/// A bounded sum over everything of one kind in a store.
struct Total {
    limit: usize,
    now: usize,
    peak: usize,
}

impl Total {
    fn up_to(limit: usize) -> Self {
        Self {
            limit,
            now: 0,
            peak: 0,
        }
    }

    /// Grows one of the things from `current` to `desired`. `Ok(false)` refuses
    /// what lies beyond the thing's own maximum: that is the guest's business.
    fn grow(
        &mut self,
        (current, desired, maximum): (usize, usize, Option<usize>),
        hit: fn(usize, usize) -> LimitHit,
    ) -> Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let total = self.now.saturating_add(desired.saturating_sub(current));
        if total > self.limit {
            return Err(hit(total, self.limit).into());
        }
        self.now = total;
        self.peak = self.peak.max(total);
        Ok(true)
    }
}

/// What the bounds of one store have left, and what was used of them.
pub(crate) struct Sandbox {
    memory: Total,
    table: Total,
    instances: usize,
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
            memory: Total::up_to(memory_bytes),
            table: Total::up_to(table_elements),
            instances,
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
        memory_bytes: store.data().memory.peak as u64,
        ..Meters::default()
    }
}

impl ResourceLimiter for Sandbox {
    // NB: an error traps. A guest that is told "no" by a failing `memory.grow`
    // goes on in a way that nobody tested, and its verdict would mean little.
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        let hit = |asked, limit| LimitHit::Memory { asked, limit };
        self.memory.grow((current, desired, maximum), hit)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        let hit = |asked, limit| LimitHit::Table { asked, limit };
        self.table.grow((current, desired, maximum), hit)
    }

    fn instances(&self) -> usize {
        self.instances
    }

    // Both are counted before instantiation, with a typed error.
    fn tables(&self) -> usize {
        usize::MAX
    }

    fn memories(&self) -> usize {
        usize::MAX
    }
}
