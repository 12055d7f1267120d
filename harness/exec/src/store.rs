//! The store of one step: enforces the bounds as totals, and meters usage.

use crate::deadline;
use crate::failure::{LimitHit, NoRoom, of_machine};
use crate::host::{Host, wasi_context};
use provision_core::limits::StepLimits;
use provision_core::wizard::{Grants, HostActivity, Meters, StoreWrite};
use std::sync::Arc;
use std::time::Duration;
use wasmtime::component::{ResourceTable, Val};
use wasmtime::{CallHook, Engine, Error, ResourceLimiter, Result, Store, StoreContextMut, Trap};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// Fuel for a host call: it takes about as long as a thousand instructions.
const EXIT_FUEL: u64 = 1_000;
/// Fuel for a byte that is copied between guest and host.
const BYTE_FUEL: u64 = 16;

/// A bounded sum over all memories, or all tables, of a store.
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

    /// Grows one memory or table from `current` to `desired`. Returns `Ok(false)`
    /// beyond its own `maximum`: the guest then sees that growing failed.
    fn grow(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
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

/// The data of one store: the bounds and their usage, and the host that the guest
/// calls.
pub(crate) struct Sandbox {
    memory: Total,
    table: Total,
    instances: usize,
    host: Host,
    /// Created by the first call to WASI; most steps make none.
    wasi: Option<WasiCtx>,
    resources: ResourceTable,
}

impl Sandbox {
    pub(crate) fn host_mut(&mut self) -> &mut Host {
        &mut self.host
    }

    pub(crate) fn table_mut(&mut self) -> &mut ResourceTable {
        &mut self.resources
    }
}

impl WasiView for Sandbox {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: self.wasi.get_or_insert_with(|| wasi_context(&self.host)),
            table: &mut self.resources,
        }
    }
}

/// A fresh store that enforces `limits`, and whose guest may read `grants`.
pub(crate) fn open(
    engine: &Engine,
    limits: &StepLimits,
    grants: Arc<Grants>,
) -> Result<Store<Sandbox>> {
    let StepLimits {
        fuel,
        deadline_ms,
        memory_bytes,
        table_elements,
        instances,
        handles,
        // Enforced when steps are prepared and answers are read.
        component_bytes: _,
        memories: _,
        tables: _,
        input_bytes: _,
        output_bytes,
        // Enforced by the host.
        stdio_bytes: _,
        log_lines: _,
        log_bytes: _,
        host_calls: _,
        host_call_bytes,
        // Set on the engine.
        stack_bytes: _,
    } = *limits;
    let host = Host::new(limits, grants);
    let mut resources = ResourceTable::new();
    resources.set_max_capacity(handles);
    let mut store = Store::new(
        engine,
        Sandbox {
            memory: Total::up_to(memory_bytes),
            table: Total::up_to(table_elements),
            instances,
            wasi: None,
            host,
            resources,
        },
    );
    store.limiter(|sandbox| sandbox);
    store.set_fuel(fuel)?;
    deadline::set(&mut store, Duration::from_millis(deadline_ms));
    store.set_max_component_handles(handles);
    // Wasmtime charges a whole `Val` for each byte that it lifts. One quarter
    // more, so that a value slightly over the bound gets the harness's own message.
    let lifted = output_bytes.max(host_call_bytes);
    store.set_hostcall_fuel(lifted.saturating_mul(size_of::<Val>()) / 4 * 5);
    store.call_hook(|mut cx, hook| match hook {
        // Charges every exit, also those into wasmtime-wasi, which the host does
        // not count.
        CallHook::CallingHost => charge(&mut cx, 0),
        _ => Ok(()),
    });
    Ok(store)
}

/// The usage so far; the caller fills in wall time and output.
pub(crate) fn meters(store: &Store<Sandbox>, limits: &StepLimits) -> Meters {
    let (host_calls, host_bytes) = store.data().host.meters();
    Meters {
        fuel: limits.fuel - store.get_fuel().unwrap_or(0).min(limits.fuel),
        memory_bytes: store.data().memory.peak as u64,
        table_elements: store.data().table.peak as u64,
        host_calls,
        host_bytes,
        ..Meters::default()
    }
}

/// Takes what the guest wrote to its stores.
pub(crate) fn take_writes(store: &mut Store<Sandbox>) -> Vec<StoreWrite> {
    store.data_mut().host.take_writes()
}

/// The guest's calls to its host, and its output and logs.
pub(crate) fn attempts(store: Store<Sandbox>) -> HostActivity {
    store.into_data().host.into_attempts()
}

fn refused_by_machine(error: &Error) -> Result<()> {
    if of_machine(error) {
        return Err(NoRoom(format!("{error:#}")).into());
    }
    Ok(())
}

impl ResourceLimiter for Sandbox {
    // NB: an error traps. If `memory.grow` returned -1 instead, the guest would
    // continue on an untested path, and its verdict would mean little.
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        let hit = |asked, limit| LimitHit::Memory { asked, limit };
        self.memory.grow(current, desired, maximum, hit)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        let hit = |asked, limit| LimitHit::Table { asked, limit };
        // NB: for a table without a maximum the pool passes its own maximum,
        // which is over the bound. It must not count as the table's.
        let own = maximum.filter(|maximum| *maximum <= self.table.limit);
        self.table.grow(current, desired, own, hit)
    }

    // NB: beyond its own maximum the guest sees the failure and continues. But
    // if the machine refuses, the step ends with an error of the harness,
    // because what the guest does then must not be judged.
    fn memory_grow_failed(&mut self, error: Error) -> Result<()> {
        refused_by_machine(&error)
    }

    fn table_grow_failed(&mut self, error: Error) -> Result<()> {
        refused_by_machine(&error)
    }

    fn instances(&self) -> usize {
        self.instances
    }

    // Tables and memories are counted before instantiation, with a typed error.
    fn tables(&self) -> usize {
        usize::MAX
    }

    fn memories(&self) -> usize {
        usize::MAX
    }
}

/// Charges the fuel for an exit from the guest that copies `bytes`.
pub(crate) fn charge(cx: &mut StoreContextMut<'_, Sandbox>, bytes: usize) -> Result<()> {
    let cost = EXIT_FUEL.saturating_add((bytes as u64).saturating_mul(BYTE_FUEL));
    match cx.get_fuel()?.checked_sub(cost) {
        Some(left) => cx.set_fuel(left),
        None => {
            cx.set_fuel(0)?;
            Err(Trap::OutOfFuel.into())
        }
    }
}
