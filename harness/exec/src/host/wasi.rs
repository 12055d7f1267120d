//! WASI 0.2 without access to the machine.
//!
//! The linker gets all of wasmtime-wasi, and then overrides for the functions that
//! would reach the machine: clocks are virtual, random numbers are a fixed sequence,
//! the environment is empty, and the host denies and records sockets and name look-up
//! before a handle exists. The only file is in memory (`iac.rs`).

use super::state::Host;
use crate::failure::Exited;
use crate::store::{Sandbox, charge};
use provision_core::wizard::HostVerdict::{self, Answered, Denied};
use wasmtime::component::{
    ComponentNamedList, ComponentType, Lift, Linker, LinkerInstance, Lower, Resource,
    ResourceTable, Val,
};
use wasmtime::{Result, StoreContextMut};
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};

/// The version under which wasmtime-wasi defines its interfaces; the linker also
/// uses it for every other version 0.2.
const VERSION: &str = "0.2.12";
/// Nanoseconds by which reading a clock advances the virtual time.
const READING: u64 = 1_000_000;
/// Virtual time starts here: 2020-01-01T00:00:00Z, in seconds since 1970.
const EPOCH: u64 = 1_577_836_800;

/// Overrides the functions of wasmtime-wasi that would reach the machine.
pub(super) fn define(linker: &mut Linker<Sandbox>) -> Result<()> {
    linker.allow_shadowing(true);
    let mut overrides = Overrides(linker);
    environment(&mut overrides)?;
    clocks(&mut overrides)?;
    random(&mut overrides)?;
    denied(&mut overrides)?;
    linker.allow_shadowing(false);
    Ok(())
}

/// Overrides functions of wasmtime-wasi in a linker.
pub(super) struct Overrides<'l>(pub(super) &'l mut Linker<Sandbox>);

pub(super) type Cx<'c> = StoreContextMut<'c, Sandbox>;

impl Overrides<'_> {
    /// The full name of an interface of WASI.
    pub(super) fn name(interface: &str) -> String {
        format!("{interface}@{VERSION}")
    }

    /// The definitions of an interface of WASI.
    pub(super) fn instance(&mut self, interface: &str) -> Result<LinkerInstance<'_, Sandbox>> {
        self.0.instance(&Self::name(interface))
    }

    /// Overrides a function: the host records the call and answers it.
    fn typed<P, R>(
        &mut self,
        interface: &str,
        function: &'static str,
        answer: fn(&mut Host, P) -> Result<(R, HostVerdict)>,
    ) -> Result<()>
    where
        P: ComponentNamedList + Lift + Shown + 'static,
        R: ComponentType + Lower + Send + Sync + 'static,
    {
        let name = format!("{interface}@{VERSION}");
        let mut instance = self.0.instance(&name)?;
        instance.func_wrap(function, move |mut cx: Cx<'_>, params: P| -> Result<(R,)> {
            let shown = params.shown();
            cx.data_mut().host_mut().check_bytes(params.bytes())?;
            charge(&mut cx, params.bytes())?;
            let host = cx.data_mut().host_mut();
            let (result, verdict) = answer(host, params)?;
            host.record(&name, function, &shown, verdict)?;
            Ok((result,))
        })
    }

    /// Overrides a function: the host records the call and denies it with `error`.
    pub(super) fn denied(
        &mut self,
        interface: &str,
        function: &'static str,
        error: &'static str,
    ) -> Result<()> {
        let name = format!("{interface}@{VERSION}");
        let mut instance = self.0.instance(&name)?;
        instance.func_new(function, move |mut cx: Cx<'_>, _, params, results| {
            charge(&mut cx, params.iter().map(super::state::size).sum())?;
            let host = cx.data_mut().host_mut();
            host.check_bytes(params.iter().map(super::state::size).sum())?;
            host.record(&name, function, params, Denied)?;
            // The ABI counts a borrow that the host does not drop as an error of the
            // guest.
            for param in params {
                if let Val::Resource(borrowed) = param {
                    borrowed.resource_drop(&mut cx)?;
                }
            }
            if let Some(result) = results.first_mut() {
                *result = Val::Result(Err(Some(Box::new(Val::Enum(error.into())))));
            }
            Ok(())
        })
    }
}

/// Arguments that can be recorded.
trait Shown {
    fn shown(&self) -> Vec<Val>;

    /// The bytes that the guest requests.
    fn bytes(&self) -> usize {
        0
    }
}

impl Shown for () {
    fn shown(&self) -> Vec<Val> {
        Vec::new()
    }
}

impl Shown for (u64,) {
    fn shown(&self) -> Vec<Val> {
        vec![Val::U64(self.0)]
    }

    fn bytes(&self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

fn environment(overrides: &mut Overrides<'_>) -> Result<()> {
    let interface = "wasi:cli/environment";
    overrides.typed::<(), Vec<(String, String)>>(interface, "get-environment", |_, ()| {
        Ok((Vec::new(), Answered))
    })?;
    overrides.typed::<(), Vec<String>>(interface, "get-arguments", |_, ()| {
        Ok((Vec::new(), Answered))
    })?;
    overrides
        .typed::<(), Option<String>>(interface, "initial-cwd", |_, ()| Ok((None, Answered)))?;
    let name = format!("wasi:cli/exit@{VERSION}");
    let mut exit = overrides.0.instance(&name)?;
    for function in ["exit", "exit-with-code"] {
        let name = name.clone();
        exit.func_new(function, move |mut cx: Cx<'_>, _, params, _| {
            let host = cx.data_mut().host_mut();
            host.record(&name, function, params, Denied)?;
            let status = match params.first() {
                Some(Val::U8(code)) => i32::from(*code),
                Some(Val::Result(Ok(_))) => 0,
                _ => 1,
            };
            Err(Exited { status }.into())
        })?;
    }
    Ok(())
}

fn clocks(overrides: &mut Overrides<'_>) -> Result<()> {
    #[derive(ComponentType, Lower)]
    #[component(record)]
    struct Datetime {
        seconds: u64,
        nanoseconds: u32,
    }
    let wall = "wasi:clocks/wall-clock";
    overrides.typed::<(), Datetime>(wall, "now", |host, ()| {
        let elapsed = host.tick(READING);
        let start = EPOCH.saturating_add(host.surroundings.later);
        let seconds = start.saturating_add(elapsed / 1_000_000_000);
        let nanoseconds = (elapsed % 1_000_000_000) as u32;
        let now = Datetime {
            seconds,
            nanoseconds,
        };
        Ok((now, Answered))
    })?;
    overrides.typed::<(), Datetime>(wall, "resolution", |_, ()| {
        let resolution = Datetime {
            seconds: 0,
            nanoseconds: READING as u32,
        };
        Ok((resolution, Answered))
    })?;
    let monotonic = "wasi:clocks/monotonic-clock";
    overrides.typed::<(), u64>(monotonic, "now", |host, ()| {
        let start = host.surroundings.later.saturating_mul(1_000);
        Ok((start.saturating_add(host.tick(READING)), Answered))
    })?;
    overrides.typed::<(), u64>(monotonic, "resolution", |_, ()| Ok((READING, Answered)))?;
    sleep(
        overrides,
        monotonic,
        "subscribe-duration",
        |_, nanoseconds| nanoseconds,
    )?;
    sleep(overrides, monotonic, "subscribe-instant", |now, instant| {
        instant.saturating_sub(now)
    })
}

/// Overrides a subscription to a moment: the pollable is ready at once, and the
/// virtual clock advances to that moment instead.
fn sleep(
    overrides: &mut Overrides<'_>,
    interface: &str,
    function: &'static str,
    nanoseconds: fn(u64, u64) -> u64,
) -> Result<()> {
    let name = format!("{interface}@{VERSION}");
    let mut instance = overrides.0.instance(&name)?;
    instance.func_wrap(
        function,
        move |mut cx: Cx<'_>, (when,): (u64,)| -> Result<(Resource<DynPollable>,)> {
            charge(&mut cx, 0)?;
            let host = cx.data_mut().host_mut();
            host.record(&name, function, &[Val::U64(when)], Answered)?;
            let now = host.tick(0);
            host.tick(nanoseconds(now, when));
            let table: &mut ResourceTable = cx.data_mut().table_mut();
            let ready = table.push(AlwaysReady)?;
            Ok((subscribe(table, ready)?,))
        },
    )
}

/// A pollable that is always ready.
struct AlwaysReady;

#[async_trait]
impl Pollable for AlwaysReady {
    async fn ready(&mut self) {}
}

fn random(overrides: &mut Overrides<'_>) -> Result<()> {
    fn bytes(host: &mut Host, (len,): (u64,)) -> Result<(Vec<u8>, HostVerdict)> {
        let len = usize::try_from(len)?;
        let words = (0..len.div_ceil(8)).map(|_| host.random().to_le_bytes());
        let mut bytes: Vec<u8> = words.flatten().collect();
        bytes.truncate(len);
        Ok((bytes, Answered))
    }
    fn word(host: &mut Host, (): ()) -> Result<(u64, HostVerdict)> {
        Ok((host.random(), Answered))
    }
    overrides.typed("wasi:random/random", "get-random-bytes", bytes)?;
    overrides.typed("wasi:random/random", "get-random-u64", word)?;
    let insecure = "wasi:random/insecure";
    overrides.typed(insecure, "get-insecure-random-bytes", bytes)?;
    overrides.typed(insecure, "get-insecure-random-u64", word)?;
    overrides.typed::<(), (u64, u64)>("wasi:random/insecure-seed", "insecure-seed", |host, ()| {
        let seed = host.surroundings.seed;
        Ok(((seed, seed), Answered))
    })
}

fn denied(overrides: &mut Overrides<'_>) -> Result<()> {
    for (interface, function) in [
        ("wasi:sockets/tcp-create-socket", "create-tcp-socket"),
        ("wasi:sockets/udp-create-socket", "create-udp-socket"),
        ("wasi:sockets/ip-name-lookup", "resolve-addresses"),
    ] {
        overrides.denied(interface, function, "access-denied")?;
    }
    Ok(())
}
