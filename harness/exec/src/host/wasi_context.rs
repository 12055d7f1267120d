//! The WASI context of a store: captured output, and nothing of the machine.

use super::state::Host;
use wasmtime_wasi::WasiCtx;

/// The part of a store that wasmtime-wasi works on.
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
