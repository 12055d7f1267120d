//! WASI 0.2 with nothing behind it.
//!
//! wasmtime-wasi is linked whole, and whatever it would take from the machine
//! is defined once more on top of it: clocks are virtual, randomness is a
//! sequence, the environment is empty, and sockets, name look-up and files are
//! denied and recorded before a handle exists.

use super::state::Host;
use crate::failure::Exited;
use crate::store::{Sandbox, charge};
use provision_core::wizard::HostVerdict::{self, Answered, Denied};
use wasmtime::component::{
    ComponentNamedList, ComponentType, Lift, Linker, Lower, Resource, ResourceTable, Val,
};
use wasmtime::{Result, StoreContextMut};
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};

/// The version under which wasmtime-wasi defines its interfaces; the linker
/// takes it for every other 0.2.
const VERSION: &str = "0.2.12";
/// Nanoseconds that a look at a clock takes.
const LOOK: u64 = 1_000_000;
/// Virtual time starts here: 2020-01-01T00:00:00Z, in seconds since 1970.
const EPOCH: u64 = 1_577_836_800;

/// Defines on top of wasmtime-wasi what must not come from the machine.
pub(super) fn define(linker: &mut Linker<Sandbox>) -> Result<()> {
    linker.allow_shadowing(true);
    let mut over = Over(linker);
    environment(&mut over)?;
    clocks(&mut over)?;
    random(&mut over)?;
    denied(&mut over)?;
    linker.allow_shadowing(false);
    Ok(())
}

/// Puts functions over those of wasmtime-wasi.
struct Over<'l>(&'l mut Linker<Sandbox>);

type Cx<'c> = StoreContextMut<'c, Sandbox>;

impl Over<'_> {
    /// A function that is recorded, and then answered from the host alone.
    fn typed<P, R>(
        &mut self,
        (interface, function): (&str, &'static str),
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
            cx.data_mut().host_mut().carries(params.bytes())?;
            charge(&mut cx, params.bytes())?;
            let host = cx.data_mut().host_mut();
            let (result, verdict) = answer(host, params)?;
            host.record((&name, function), &shown, verdict)?;
            Ok((result,))
        })
    }

    /// A function that is recorded and denied with `error`.
    fn denied(
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
            host.carries(params.iter().map(super::state::size).sum())?;
            host.record((&name, function), params, Denied)?;
            // A borrow that is not given back is the guest's fault by the ABI.
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

/// Arguments as they are recorded.
trait Shown {
    fn shown(&self) -> Vec<Val>;

    /// Bytes that are asked for.
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

fn environment(over: &mut Over<'_>) -> Result<()> {
    let interface = "wasi:cli/environment";
    over.typed::<(), Vec<(String, String)>>((interface, "get-environment"), |_, ()| {
        Ok((Vec::new(), Answered))
    })?;
    over.typed::<(), Vec<String>>((interface, "get-arguments"), |_, ()| {
        Ok((Vec::new(), Answered))
    })?;
    over.typed::<(), Option<String>>((interface, "initial-cwd"), |_, ()| Ok((None, Answered)))?;
    let name = format!("wasi:cli/exit@{VERSION}");
    let mut exit = over.0.instance(&name)?;
    for function in ["exit", "exit-with-code"] {
        let name = name.clone();
        exit.func_new(function, move |mut cx: Cx<'_>, _, params, _| {
            let host = cx.data_mut().host_mut();
            host.record((&name, function), params, Denied)?;
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

fn clocks(over: &mut Over<'_>) -> Result<()> {
    #[derive(ComponentType, Lower)]
    #[component(record)]
    struct Datetime {
        seconds: u64,
        nanoseconds: u32,
    }
    let wall = "wasi:clocks/wall-clock";
    over.typed::<(), Datetime>((wall, "now"), |host, ()| {
        let elapsed = host.tick(LOOK);
        let seconds = EPOCH + elapsed / 1_000_000_000;
        let nanoseconds = (elapsed % 1_000_000_000) as u32;
        let now = Datetime {
            seconds,
            nanoseconds,
        };
        Ok((now, Answered))
    })?;
    over.typed::<(), Datetime>((wall, "resolution"), |_, ()| {
        let resolution = Datetime {
            seconds: 0,
            nanoseconds: LOOK as u32,
        };
        Ok((resolution, Answered))
    })?;
    let monotonic = "wasi:clocks/monotonic-clock";
    over.typed::<(), u64>((monotonic, "now"), |host, ()| {
        Ok((host.tick(LOOK), Answered))
    })?;
    over.typed::<(), u64>((monotonic, "resolution"), |_, ()| Ok((LOOK, Answered)))?;
    sleep(over, monotonic, "subscribe-duration", |_, nanoseconds| {
        nanoseconds
    })?;
    sleep(over, monotonic, "subscribe-instant", |now, instant| {
        instant.saturating_sub(now)
    })
}

/// A pollable for a moment to come, which is there at once: nothing is ever
/// waited for, and the virtual clock advances instead.
fn sleep(
    over: &mut Over<'_>,
    interface: &str,
    function: &'static str,
    nanoseconds: fn(u64, u64) -> u64,
) -> Result<()> {
    let name = format!("{interface}@{VERSION}");
    let mut instance = over.0.instance(&name)?;
    instance.func_wrap(
        function,
        move |mut cx: Cx<'_>, (when,): (u64,)| -> Result<(Resource<DynPollable>,)> {
            charge(&mut cx, 0)?;
            let host = cx.data_mut().host_mut();
            host.record((&name, function), &[Val::U64(when)], Answered)?;
            let now = host.tick(0);
            host.tick(nanoseconds(now, when));
            let table: &mut ResourceTable = cx.data_mut().table_mut();
            let over = table.push(Moment)?;
            Ok((subscribe(table, over)?,))
        },
    )
}

/// A moment that is over.
struct Moment;

#[async_trait]
impl Pollable for Moment {
    async fn ready(&mut self) {}
}

fn random(over: &mut Over<'_>) -> Result<()> {
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
    over.typed(("wasi:random/random", "get-random-bytes"), bytes)?;
    over.typed(("wasi:random/random", "get-random-u64"), word)?;
    let insecure = "wasi:random/insecure";
    over.typed((insecure, "get-insecure-random-bytes"), bytes)?;
    over.typed((insecure, "get-insecure-random-u64"), word)?;
    over.typed::<(), (u64, u64)>(("wasi:random/insecure-seed", "insecure-seed"), |_, ()| {
        Ok(((0, 0), Answered))
    })
}

fn denied(over: &mut Over<'_>) -> Result<()> {
    for (interface, function) in [
        ("wasi:sockets/tcp-create-socket", "create-tcp-socket"),
        ("wasi:sockets/udp-create-socket", "create-udp-socket"),
        ("wasi:sockets/ip-name-lookup", "resolve-addresses"),
    ] {
        over.denied(interface, function, "access-denied")?;
    }
    // Without a directory no function of wasi:filesystem/types can be called:
    // asking for directories is the attempt.
    type Preopens = Vec<(Resource<wasmtime_wasi::filesystem::Descriptor>, String)>;
    over.typed::<(), Preopens>(("wasi:filesystem/preopens", "get-directories"), |_, ()| {
        Ok((Vec::new(), Denied))
    })
}
