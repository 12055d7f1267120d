//! The store of one step: its bounds as totals, and its meters.

use crate::failure::{LimitHit, NoRoom, of_machine};
use crate::host::{Host, wasi_context};
use crate::ticker;
use provision_core::limits::StepLimits;
use provision_core::wizard::{Grants, HostActivity, Meters};
use std::sync::Arc;
use wasmtime::component::{ResourceTable, Val};
use wasmtime::{CallHook, Engine, Error, ResourceLimiter, Result, Store, StoreContextMut, Trap};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// Fuel for leaving the guest: a host call costs the machine about as much as
/// a thousand instructions.
const EXIT_FUEL: u64 = 1_000;
/// Fuel for a byte that is carried between guest and host.
const BYTE_FUEL: u64 = 16;

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

/// What the bounds of one store have left, what was used of them, and what
/// the guest may ask of its host.
pub(crate) struct Sandbox {
    memory: Total,
    table: Total,
    instances: usize,
    host: Host,
    /// Made by the first call to WASI; most steps make none.
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

/// A fresh store with `limits` applied, whose guest may read `grants`.
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
        // Applied where modules are prepared and answers are read.
        component_bytes: _,
        memories: _,
        tables: _,
        input_bytes: _,
        output_bytes,
        // Applied by the host.
        stdio_bytes: _,
        log_lines: _,
        log_bytes: _,
        host_calls: _,
        host_call_bytes,
        // Applied to the engine.
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
    store.epoch_deadline_trap();
    store.set_epoch_deadline(ticker::ticks(deadline_ms));
    store.set_max_component_handles(handles);
    // A byte is a whole `Val` while it is lifted. One quarter more, so that
    // what is a little over the bound gets the bound's own message.
    let lifted = output_bytes.max(host_call_bytes);
    store.set_hostcall_fuel(lifted.saturating_mul(size_of::<Val>()) / 4 * 5);
    store.call_hook(|mut cx, hook| match hook {
        // Every exit costs, also those into wasmtime-wasi that nobody counts.
        CallHook::CallingHost => charge(&mut cx, 0),
        _ => Ok(()),
    });
    Ok(store)
}

/// What was consumed so far; wall time and output are the caller's to fill in.
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

/// What the guest did towards its host.
pub(crate) fn attempts(store: Store<Sandbox>) -> HostActivity {
    store.into_data().host.into_attempts()
}

fn refused_by_machine(error: &Error) -> Result<()> {
    match of_machine(error) {
        true => Err(NoRoom(format!("{error:#}")).into()),
        false => Ok(()),
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
        // NB: the pool has a maximum for tables without one of their own, which
        // lies beyond the bound; it must not be told as theirs.
        let own = maximum.filter(|maximum| *maximum <= self.table.limit);
        self.table.grow((current, desired, own), hit)
    }

    // NB: what lies beyond a maximum of the guest's own is told to the guest.
    // A guest whose growing the machine refuses is not to be judged by what it
    // does then.
    fn memory_grow_failed(&mut self, error: Error) -> Result<()> {
        refused_by_machine(&error)
    }

    fn table_grow_failed(&mut self, error: Error) -> Result<()> {
        refused_by_machine(&error)
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

/// Takes the fuel for an exit from the guest that carries `bytes`.
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
