//! The WASI context of a store: captures output, and has no access to the machine.

use super::state::Host;
use wasmtime_wasi::WasiCtx;

/// The context that wasmtime-wasi uses in a store.
pub(crate) fn context(host: &Host) -> WasiCtx {
    WasiCtx::builder()
        .stdout(host.stdout.clone())
        .stderr(host.stderr.clone())
        .insecure_random_seed(0)
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .build()
}
